"""What others named is seen on a terminal, and does nothing to it.

A control character in the name of a file moves the cursor, sets colours or the window's title, or
feigns another line; others turn the direction of reading. All that our commands print goes through
``Guard``; ``visible`` is for the parts of a line, where a line break is no line break either.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any, TextIO

_JOINERS = "\u200c\u200d"
"""They join letters, and faces to families."""


def visible(text: str, but: str = "") -> str:
    r"""Text with its control characters written out, as ``\x1b``; but: those that stay."""
    if text.isprintable():
        return text
    return "".join(c if _plain(c) or c in but else ascii(c)[1:-1] for c in text)


def _plain(character: str) -> bool:
    kind = unicodedata.category(character)
    return character in _JOINERS or (kind[0] != "C" and kind not in ("Zl", "Zp"))


class Guard:
    """A stream that shows control characters instead of sending them on; the rest is as it was."""

    def __init__(self, stream: TextIO):
        self.stream = stream

    def write(self, text: str) -> int:
        """Write text; only line breaks and tabs do what they do."""
        self.stream.write(visible(text, but="\n\t"))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write several texts."""
        self.write("".join(lines))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


@contextmanager
def guarded(stdout: TextIO, stderr: TextIO) -> Iterator[None]:
    """Print through guards in the block, logs included."""
    with redirect_stdout(Guard(stdout)), redirect_stderr(Guard(stderr)):
        yield
