"""The warm sandboxes of this process: starting one takes seconds, a session in it milliseconds."""

from __future__ import annotations

import atexit

from .sandbox import Sandbox


class Sandboxes:
    """A warm process of each flavour, started when it is first needed."""

    def __init__(self, unsafe_local: bool = False):
        self.unsafe_local = unsafe_local
        self._warm: dict[str, Sandbox] = {}

    def __getitem__(self, flavour: str) -> Sandbox:
        if flavour not in self._warm:
            self._warm[flavour] = Sandbox(flavour, self.unsafe_local)
        return self._warm[flavour]

    def close(self) -> None:
        """End them all."""
        for sandbox in self._warm.values():
            sandbox.close()


_kept: dict[bool, Sandboxes] = {}


def kept(unsafe_local: bool = False) -> Sandboxes:
    """This process's sandboxes, kept warm from one submission to the next."""
    if unsafe_local not in _kept:
        _kept[unsafe_local] = Sandboxes(unsafe_local)
    return _kept[unsafe_local]


@atexit.register
def close_kept() -> None:
    """End those that are kept; who asks again gets new ones."""
    for sandboxes in _kept.values():
        sandboxes.close()
    _kept.clear()
