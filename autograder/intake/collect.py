"""Take in what students handed in: ``autograder collect PATH… --assignment LESSON``.

A PATH is a notebook, a folder or a zip; zips inside (students who zip their notebook) are
opened too. Whose a notebook is, is read from its name (``lms_names``); two people of one name are
refused, and whatever fits none of the known patterns is listed and left.

Only the notebook is taken, under the lesson's name: a ``numpy.py`` beside it stays behind.
Nothing is unpacked to disk by a name that a student chose. What was there before is kept in
``replaced/``, and each notebook taken gets a line (sha256, time) in ``received.jsonl``.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import shutil
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from ..course import Course
from ..paths import read_file, why_not
from ..terminal import visible
from .files import ARCHIVE_BYTES, Found, files_at
from .lms_names import NOTEBOOK, NobodysError, owner

STUDENT_BYTES = 64 * 2**20
"""Of all notebooks of one student: they are held in memory to be compared."""


class CollectError(ValueError):
    """A path that cannot be collected from at all; the message says why."""


@dataclasses.dataclass(frozen=True)
class Receipt:
    """One notebook taken in.

    origin: where it was found. handed_in: its time, UTC. new: False if it was there already.
    """

    student: str
    lesson: str
    origin: str
    sha256: str
    handed_in: datetime
    new: bool


@dataclasses.dataclass(frozen=True)
class Collected:
    """What came of a collection: notebooks taken, and a sentence for each thing refused."""

    taken: list[Receipt]
    refused: list[str]

    def __str__(self) -> str:
        rows = [
            f"{r.student}: {visible(r.origin)}  sha256 {r.sha256[:12]}…"
            + ("" if r.new else "  (unchanged)")
            for r in self.taken
        ]
        new = sum(r.new for r in self.taken)
        rows.append(f"{new} taken, {len(self.taken) - new} unchanged, {len(self.refused)} refused")
        return "\n".join([*rows, *(f"refused: {visible(said)}" for said in self.refused)])


def collect(course: Course, paths: list[Path], lesson: str) -> Collected:
    """Put every notebook found under ``paths`` into ``submitted/STUDENT/LESSON/``.

    Raises CourseError for an unknown lesson and CollectError for a path that does not exist.
    Whatever else is wrong is refused by itself, with a sentence, and stops nothing.
    """
    course.chosen([lesson])
    for path in paths:
        if not Path(path).exists():
            raise CollectError(f"there is nothing at {path}; name a notebook, a folder or a zip.")
    refused: list[str] = []
    by_student = _by_student(paths, lesson, refused)
    taken = []
    for student, found in sorted(by_student.items()):
        file = _the_one(student, lesson, found, refused)
        if file:
            receipt = _take(course, student, lesson, file, refused)
            taken += [receipt] if receipt else []
    return Collected(taken, refused)


def _by_student(
    paths: list[Path], lesson: str, refused: list[str]
) -> dict[str, list[tuple[str, Found]]]:
    """The notebooks at some paths, and what tells people of one name apart, by student id."""
    by_student: dict[str, list[tuple[str, Found]]] = {}
    sizes: Counter[str] = Counter()
    for file in (file for path in paths for file in files_at(Path(path), refused)):
        if not NOTEBOOK.search(file.inside.name):
            what = "not a notebook, left where it is"
            if b'"cell_type"' in file.content and b'"cells"' in file.content:
                what = "a notebook by its content, but not by its name: rename it to end in .ipynb"
            refused.append(f"{file.origin}: {what}")
            continue
        try:
            student, person = owner(file.inside, lesson)
        except NobodysError as problem:
            refused.append(f"{file.origin}: {problem}")
            continue
        sizes[student] += len(file.content)
        if sizes[student] > STUDENT_BYTES:
            refused.append(
                f"{file.origin}: {student} handed in more than "
                f"{STUDENT_BYTES >> 20} MiB of notebooks; this one is left"
            )
            continue
        by_student.setdefault(student, []).append((person, file))
    return by_student


def _the_one(
    student: str, lesson: str, handed_in: list[tuple[str, Found]], refused: list[str]
) -> Found | None:
    """The one notebook among a student's files that is the lesson's."""
    if len({person for person, _ in handed_in}) > 1:
        origins = ", ".join(file.origin for _, file in handed_in)
        refused.append(
            f"{student}: several people have this name ({origins}); put each notebook into a "
            "folder named by the student's id"
        )
        return None
    found = list({file.content: file for _, file in handed_in}.values())
    named = [file for file in found if NOTEBOOK.sub("", file.inside.name).endswith(lesson)]
    best = found if len(found) == 1 else named
    if len(best) == 1:
        return best[0]
    origins = ", ".join(file.origin for file in found)
    refused.append(f"{student}: {len(found)} different notebooks ({origins}); leave one of them")
    return None


def _take(
    course: Course, student: str, lesson: str, file: Found, refused: list[str]
) -> Receipt | None:
    """Put one notebook into the course, all of it or nothing; keep the one it replaces."""
    place = course.submitted(student, lesson)
    digest = hashlib.sha256(file.content).hexdigest()
    receipt = Receipt(student, lesson, file.origin, digest, file.time, True)
    kept = course.root / "replaced" / student / lesson
    if why := why_not(place, course.root) or why_not(kept, course.root):
        refused.append(f"{student}: {why}")
        return None
    there = read_file(place / f"{lesson}.ipynb", ARCHIVE_BYTES)
    if there is not None:
        if hashlib.sha256(there).hexdigest() == digest:
            return dataclasses.replace(receipt, new=False)
        if _handed_in(place) > file.time:
            refused.append(
                f"{file.origin}: older than what {student} handed in already; to take it all the "
                f"same, remove {place}"
            )
            return None
    fresh = place.with_name(f".{lesson}.{os.getpid()}")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    (fresh / f"{lesson}.ipynb").write_bytes(file.content)
    (fresh / "timestamp.txt").write_text(f"{file.time:%Y-%m-%d %H:%M:%S.%f} UTC")
    if place.exists():
        now = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
        old = kept / now
        old.parent.mkdir(parents=True, exist_ok=True)
        place.rename(old)
    fresh.rename(place)
    line = dataclasses.asdict(receipt) | {
        "origin": visible(file.origin),  # somebody will look at it in a terminal
        "handed_in": file.time.isoformat(),
        "received": datetime.now(UTC).isoformat(),
        "bytes": len(file.content),
    }
    del line["new"]
    with (course.root / "received.jsonl").open("a", encoding="utf-8") as receipts:
        receipts.write(json.dumps(line, ensure_ascii=False) + "\n")
    return receipt


def _handed_in(place: Path) -> datetime:
    """The time of a submission that is there, by its timestamp.txt or its notebook."""
    try:
        stamp = (read_file(place / "timestamp.txt", 1000) or b"").decode().removesuffix(" UTC")
        return datetime.fromisoformat(stamp).replace(tzinfo=UTC)
    except (OSError, ValueError):
        return datetime.fromtimestamp(place.stat().st_mtime, UTC)
