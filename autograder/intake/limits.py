"""How much of one student's uploads is looked at; what is beyond stops nobody else."""

from __future__ import annotations

import dataclasses
import io
from typing import IO

# Far above any honest hand-in, far below what hurts.
STUDENT_BYTES = 64 * 2**20
"""Of all notebooks of one student: they are held in memory to be compared."""
STUDENT_NOTEBOOKS = 500
UPLOAD_BYTES = 256 * 2**20
"""Of a student's zips in zips, which are unpacked for a moment."""
NAME_SHOWN = 200


class NoRoomError(Exception):
    """One student's uploads hold more than is looked at; the message says of what."""


@dataclasses.dataclass
class Room:
    """What may still be unpacked and read for one student, also of what is not taken then."""

    notebooks: int = dataclasses.field(default_factory=lambda: STUDENT_NOTEBOOKS)
    bytes: int = dataclasses.field(default_factory=lambda: STUDENT_BYTES)
    zips: int = dataclasses.field(default_factory=lambda: UPLOAD_BYTES)

    def look(self) -> None:
        """Make room for one more notebook or zip, or raise NoRoomError."""
        self.notebooks -= 1
        if self.notebooks < 0:
            raise NoRoomError(f"more than {STUDENT_NOTEBOOKS} notebooks")

    def read(self, size: int) -> None:
        """Make room for the bytes of a notebook, or raise NoRoomError."""
        self.bytes -= size
        if self.bytes < 0:
            raise NoRoomError(f"more than {STUDENT_BYTES >> 20} MiB of notebooks")

    def unpack(self, size: int) -> None:
        """Make room for the bytes of a zip in a zip, or raise NoRoomError."""
        self.zips -= size
        if self.zips < 0:
            raise NoRoomError(f"more than {UPLOAD_BYTES >> 20} MiB of zips in zips")


def list_size(file: IO[bytes]) -> int:
    """How many bytes a zip's list of its files has at most (APPNOTE 4.3), without reading the list.

    In memory it is many times as large. Looked for where ``zipfile`` does, or a zip could say two
    things; what zip64 says elsewhere is not believed, so all of the file may be its list then.
    """
    end = file.seek(0, io.SEEK_END)
    file.seek(max(end - 2**16 - 22 - 20, 0))
    tail = file.read()
    file.seek(0)
    at = len(tail) - 22
    if not (tail[at : at + 4] == b"PK\5\6" and tail[-2:] == b"\0\0"):  # else a comment follows
        at = tail.rfind(b"PK\5\6")
    if tail[max(at - 20, 0) :].startswith(b"PK\6\7"):
        return end
    return int.from_bytes(tail[at + 12 : at + 16], "little") if at >= 0 else 0


def shown(name: str) -> str:
    """A name as it is told, cut where nobody would read it to its end."""
    half = NAME_SHOWN // 2
    return name if len(name) <= NAME_SHOWN else f"{name[:half]}…{name[-half:]}"
