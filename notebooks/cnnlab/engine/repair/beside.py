"""A search that goes on beside what else is to do: in a forked child, or here, in turns.

In a child no damaged candidate reaches the student's process: what it allocates, breaks or changes
ends with it. It is forked on Linux, unless CUDA is in use, which does not survive that. Elsewhere
the search runs in this process, under its watcher.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import signal
import sys
import threading
import time
import warnings

from .candidates import as_it_was
from .said import Results, understood
from .search import Search

MOST_BYTES = 40_000
"""So long may the child's message be."""

MEMORY = 1 << 30
"""Bytes that candidates may take beside what the process has already."""

GRACE = 0.5
"""Seconds that the child has to say what it has found after its time is up."""


class Here:
    """The search in this process; ``wait`` is what makes it go on."""

    def __init__(self, search: Search, seconds: float):
        self._search, self._end = search, time.monotonic() + seconds

    def wait(self, until: float) -> Results:
        """What has been found at this moment (of ``time.monotonic``), or at the end."""
        search, until = self._search, min(until, self._end)
        with as_it_was():
            search.run(until)
        results = Results.of(search)
        results.over = results.over or time.monotonic() >= self._end
        return results

    def stop(self) -> None:
        """There is nothing to stop."""


class Forked:
    """The search in a forked child, which ends after ``seconds`` or is killed."""

    def __init__(self, search: Search, seconds: float):
        self._end = time.monotonic() + seconds
        self._results, self._known = Results(), (search.names, search.goals)
        self._read, write = os.pipe()
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # 3.12 warns of threads: the child's first act is theirs
            self._child = os.fork()
        if self._child == 0:
            _be_the_child(search, write, self._end)
        os.close(write)
        self._said = b""

    def wait(self, until: float) -> Results:
        """What has been found at this moment (of ``time.monotonic``), or at the end."""
        until = min(until, self._end + GRACE)
        while not self._results.over:
            left = until - time.monotonic()
            if not select.select([self._read], [], [], max(left, 0))[0]:
                if until >= self._end + GRACE:
                    self.stop()
                break
            more = os.read(self._read, MOST_BYTES)
            self._said += more
            if not more or len(self._said) > MOST_BYTES:
                self.stop()
                self._results = self._understood()
        return self._results

    def _understood(self) -> Results:
        """The child's message; nothing found, if it did not come to its end."""
        try:
            return understood(json.loads(self._said), *self._known)
        except (ValueError, RecursionError):
            return Results(over=True)

    def stop(self) -> None:
        """End the child, whatever it is doing."""
        if self._child:
            os.kill(self._child, signal.SIGKILL)
            os.waitpid(self._child, 0)
            os.close(self._read)
            self._child = 0
        self._results.over = True


def begin(search: Search, seconds: float) -> Here | Forked | None:
    """Begin to search, for so many seconds at most; None: that would not be safe here."""
    torch = sys.modules.get("torch")
    on_a_card = torch is not None and torch.cuda.is_initialized()
    if sys.platform == "linux" and not on_a_card:
        return Forked(search, seconds)
    if threading.current_thread() is not threading.main_thread():
        return None  # elsewhere it cannot be chosen where a candidate is stopped
    return Here(search, seconds)


def _be_the_child(search: Search, write: int, end: float) -> None:
    """What the child does: search, say what it found, and end."""
    try:
        if torch := sys.modules.get("torch"):
            torch.set_num_threads(1)  # first: those of the parent are not there, and are waited for
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        gc.freeze()
        _limit_memory()
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        with contextlib.suppress(Exception):
            search.run(end)
        os.write(write, json.dumps(Results.of(search).as_data()).encode()[:MOST_BYTES])
    finally:
        os._exit(0)


def _limit_memory() -> None:
    import resource

    with open("/proc/self/statm") as file:
        pages = int(file.read().split()[0])
    most = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
