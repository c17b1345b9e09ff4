"""What is in a submission folder: one notebook, and the time at which it was handed in."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from nbgrader import utils

from ..paths import open_file, read_file
from ..terminal import visible
from .reading import NOTEBOOK_BYTES

STAMP = "timestamp.txt"
"""nbgrader's file with the time at which a submission was handed in."""

STAMP_BYTES = 1000


def notebook_in(folder: Path, lesson: str) -> tuple[bytes | None, str]:
    """The notebook in a submission folder, or why there is none. Links are not followed."""
    try:
        found = sorted(folder.glob("*.ipynb"))
        files = [p for p in found if p.is_file() and not p.is_symlink()]
        if not files:
            links = [visible(p.name) for p in found if p.is_symlink()]
            said = f" ({links[0]} is a link, which is not followed)" if links else ""
            return None, f"there is no notebook in the submission{said}"
        named = [p for p in files if p.stem == lesson]
        # Renamed? The one saved last; students hand in "…-Copy1.ipynb" on top of an old one.
        path = named[0] if named else max(files, key=lambda p: p.stat().st_mtime)
        if path.stat().st_size > NOTEBOOK_BYTES:
            return None, f"the file is larger than {NOTEBOOK_BYTES >> 20} MiB"
        with open_file(path) as file:
            return file.read(NOTEBOOK_BYTES + 1), ""
    except OSError as problem:
        return None, f"the file cannot be read ({problem.strerror})"


def stamp_in(folder: Path) -> str:
    """The text of a submission folder's time, or ""; it may be no time at all."""
    stamp = read_file(folder / STAMP, STAMP_BYTES)
    return stamp.decode(errors="replace").strip() if stamp else ""


def time_of(stamp: str) -> datetime | None:
    """The time that such a text says, in nbgrader's form: UTC, without saying so."""
    try:
        return utils.parse_utc(stamp) if stamp else None
    except (ValueError, OverflowError):
        return None
