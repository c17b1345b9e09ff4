"""What is in a submission folder: one notebook, and the time at which it was handed in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from nbgrader import utils

from ..paths import open_file, read_file
from ..terminal import visible
from .files import is_junk
from .limits import NoRoomError, Room
from .reading import NOTEBOOK_BYTES
from .times import of_file
from .which import Candidate, Known, choose

STAMP = "timestamp.txt"
"""nbgrader's file with the time at which a submission was handed in."""

STAMP_BYTES = 1000


class Undecided(ValueError):
    """Several notebooks, and nothing says which counts; the message says what to do."""


def notebook_in(
    folder: Path, lesson: str, lessons: Callable[[], dict[str, Known]]
) -> tuple[bytes | None, str, tuple[str, ...]]:
    """The notebook in a submission folder, or why there is none; and a sentence for each one left.

    lessons: what lessons are known by, asked for if there are several notebooks. Links are not
    followed. Raises Undecided.
    """
    try:
        found = sorted(folder.glob("*.ipynb"))
        files = [p for p in found if p.is_file() and not p.is_symlink() and not is_junk(p.name)]
        if not files:
            links = [visible(p.name) for p in found if p.is_symlink()]
            said = f" ({links[0]} is a link, which is not followed)" if links else ""
            return None, f"there is no notebook in the submission{said}", ()
        if len(files) == 1:
            return *_read(files[0]), ()
        room, candidates = Room(), []
        for path in files:
            room.look()
            room.read(path.stat().st_size)
            if (data := _read(path)[0]) is not None:
                written = of_file(path.stat().st_mtime).time
                candidates.append(Candidate(path.name, visible(path.name), data, written))
    except NoRoomError as problem:
        raise Undecided(f"{problem}; leave one of them in {folder}") from None
    except OSError as problem:
        return None, f"the file cannot be read ({problem.strerror})", ()
    if not candidates:
        return *_read(files[0]), ()
    chosen = choose(candidates, lesson, lessons())
    if chosen.one is None and len({c.content for c in candidates}) > 1:
        raise Undecided(f"{chosen.why} in {folder}")
    left = tuple(f"{origin} was left: {why}." for origin, why in chosen.left)
    return (chosen.one or candidates[0]).content, "", left


def _read(path: Path) -> tuple[bytes | None, str]:
    """A notebook's bytes, or why they are not taken."""
    if path.stat().st_size > NOTEBOOK_BYTES:
        return None, f"the file is larger than {NOTEBOOK_BYTES >> 20} MiB"
    with open_file(path) as file:
        return file.read(NOTEBOOK_BYTES + 1), ""


def stamp_in(folder: Path) -> str:
    """The text of a submission folder's time, or ""; it may be no time at all."""
    stamp = read_file(folder / STAMP, STAMP_BYTES)
    return stamp.decode(errors="replace").strip() if stamp else ""


def time_of(stamp: str) -> datetime | None:
    """The time that such a text says, in nbgrader's form: UTC, without saying so."""
    try:
        return utils.parse_utc(stamp) if stamp else None
    except Exception:  # a stranger's text: dateutil also fails in decimal and in files of zones
        return None
