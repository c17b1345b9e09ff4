"""Which of several notebooks of one student is the one handed in.

What is no notebook, or another lesson's, is left; so is one that was not worked on, if another was.
Of several that were worked on, the newer attempt counts, by what Canvas (``-1``), a browser
(`` (1)``) or Jupyter (``-Copy1``) put behind one name, or by times that are a minute and more
apart. Where nothing says which is newer, none is taken: nobody guesses about a grade.
"""

from __future__ import annotations

import contextlib
import dataclasses
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import nbformat
from nbformat import NotebookNode

from ..cells import bare, exercise_marker, is_answer, is_test, name_of
from ..course import ROOT, Course
from .files import NOTEBOOK
from .lms_names import ATTEMPT, BY_CANVAS, by_lms
from .reading import Unreadable, parse

APART = timedelta(minutes=1)
ZONES = timedelta(hours=14)
"""By so much a clock somewhere may differ from UTC."""
SHOWN = 5
"""Of notebooks of which nobody knows which is newer."""


@dataclasses.dataclass(frozen=True)
class Candidate:
    """A file that may be the one. name: its own. written: when; for order alone.

    exact: whether that is an instant; else it is of a clock somewhere. came: when the person's
    part of the download was written that it is in, if there are several downloads.
    """

    name: str
    origin: str
    content: bytes
    written: datetime
    exact: bool = True
    came: datetime | None = None


@dataclasses.dataclass(frozen=True)
class Chosen:
    """The one that counts, or None and why; and what was left, as (origin, why)."""

    one: Candidate | None
    why: str = ""
    left: tuple[tuple[str, str], ...] = ()


# ── by what lessons are known ───────────────────────────────────────────────


@dataclasses.dataclass(frozen=True)
class Known:
    """A lesson, by what its notebook has in it.

    given: the texts of answer cells as handed out, by grade id. tests: the grade ids of tests.
    """

    given: dict[str, str]
    tests: frozenset[str]

    def share(self, notebook: NotebookNode) -> float:
        """How much of the lesson a notebook has: 1 for all of its tests' cells, or of its answers.

        By marks in the metadata, and by what cells define where those were lost.
        """
        ids = {name_of(c) for c in notebook.cells}
        defined = {n for c in notebook.cells for n in _names(c.source)} & self.given.keys()
        parts = [len(ids & self.tests) / max(len(self.tests), 1)]
        parts += [len(defined) / max(sum(t != "" for t in self.given.values()), 1)]
        return max(parts)

    def worked_on(self, notebook: NotebookNode) -> bool:
        """Whether any answer is not what was handed out."""
        as_given = {*self.given.values(), ""}
        for cell in notebook.cells:
            text = bare(cell.source)
            if text not in as_given and (
                name_of(cell) in self.given
                or not self.given.keys().isdisjoint(_names(text))
                or any(exercise_marker(n).search(text) for n in self.given)
            ):
                return True
        return False


_DEFINES = re.compile(r"(?m)^(?:(?:async )?(?:def|class) (\w+)|(\w+) *+=)")


def _names(text: str) -> Iterator[str]:
    """The names that lines of a text define, whether or not it is Python."""
    return (found[1] or found[2] for found in _DEFINES.finditer(text))


def lessons_known(course: Course) -> dict[str, Known]:
    """The lessons of a course, and those that it has not released yet."""
    paths = {path.stem: path for path in (ROOT / "notebooks").glob("*/*.ipynb")}
    paths |= {lesson: course.released(lesson) for lesson in course.lessons()}
    found = {}
    for lesson, path in sorted(paths.items()):
        try:
            cells = nbformat.read(path, as_version=4).cells
        except (OSError, ValueError):  # of the instructor's own, and not released yet
            continue
        given = {name_of(c): bare(c.source) for c in cells if is_answer(c)}
        found[lesson] = Known(given, frozenset(name_of(c) for c in cells if is_test(c)))
    return found


def another_lesson(notebook: NotebookNode, lesson: str, lessons: dict[str, Known]) -> str:
    """The lesson that a notebook is of, if that is clearly another one, or ""."""
    if lesson not in lessons or lessons[lesson].share(notebook) > 0:
        return ""
    best = max(lessons, key=lambda name: lessons[name].share(notebook))
    return best if lessons[best].share(notebook) > 0.5 else ""


# ── choosing ────────────────────────────────────────────────────────────────


def choose(handed_in: Sequence[Candidate], lesson: str, lessons: dict[str, Known]) -> Chosen:
    """The one notebook among a student's files that is the lesson's, as it was last worked on."""
    files = list({file.content: file for file in handed_in}.values())
    read: dict[bytes, NotebookNode] = {}
    for file in files:
        with contextlib.suppress(Unreadable):
            read[file.content] = parse(file.content)
    others = {data: another_lesson(notebook, lesson, lessons) for data, notebook in read.items()}
    if files and all(others.get(f.content) for f in files):
        names = ", ".join(sorted(set(others.values())))
        return Chosen(None, f"this is the notebook of {names}, not of {lesson}")
    known = lessons.get(lesson, Known({}, frozenset()))
    reasons: list[tuple[str, Callable[[NotebookNode], bool]]] = [
        ("not a notebook that can be read", lambda notebook: True),
        ("another lesson's notebook", lambda n: not another_lesson(n, lesson, lessons)),
        ("nothing of this lesson in it", lambda n: known.share(n) > 0),
        ("not worked on", known.worked_on),
    ]
    left: list[tuple[str, str]] = []
    for why, fits in reasons:
        better = [f for f in files if f.content in read and fits(read[f.content])]
        if better:
            kept = {f.content for f in better}
            left += [(f.origin, why) for f in files if f.content not in kept]
            files = better
    newest = _newest(files)
    if newest is None:
        origins = ", ".join(f.origin for f in files[:SHOWN])
        origins += f" and {len(files) - SHOWN} more" if len(files) > SHOWN else ""
        why = f"{len(files)} different notebooks ({origins}), and nothing says which is newer; "
        return Chosen(None, why + "leave one of them", tuple(left))
    left += [(f.origin, f"older than {newest.origin}") for f in files if f is not newest]
    return Chosen(newest, "", tuple(left))


def _newest(files: Sequence[Candidate]) -> Candidate | None:
    """The newest, if anything says which that is."""
    if len(files) < 2:
        return files[0] if files else None
    apart = APART if len({f.exact for f in files}) == 1 else ZONES
    came = [f.came for f in files if f.came]
    if came and len(late := [f for f in files if f.came and max(came) - f.came < apart]) < len(
        files
    ):
        return _newest(late)
    by_time = sorted(files, key=lambda f: f.written)
    newest = by_time[-1] if by_time[-1].written - by_time[-2].written >= apart else None
    attempts = _attempts(files)
    if len({a.base for a in attempts.values()}) > 1:
        return newest
    # Canvas counts attempts; a copy may be one that was kept as it was.
    if last := _last(files, lambda f: attempts[f.origin].canvas):
        return last
    last = _last(files, lambda f: attempts[f.origin].number)
    if last and len({a.kind for a in attempts.values()} - {""}) == 1:
        return last if newest in (None, last) else None
    return newest


def _attempts(files: Sequence[Candidate]) -> dict[str, Attempt]:
    """The attempts that files are, by origin.

    A -1 that nobody says is Canvas's is an attempt where the file without it is there, too.
    """
    found = {f.origin: attempt(f.name) for f in files}
    bases = {a.base for a in found.values()}
    for origin, one in found.items():
        counted = BY_CANVAS.fullmatch(one.base)
        if counted and not one.kind and counted[1] in bases:
            found[origin] = Attempt(counted[1], one.canvas, "again", int(counted[2]))
    return found


def _last(files: Sequence[Candidate], number: Callable[[Candidate], int]) -> Candidate | None:
    """The file with the highest number, if no other has it, too."""
    most = max(map(number, files))
    highest = [f for f in files if number(f) == most]
    return highest[0] if len(highest) == 1 else None


class Attempt(NamedTuple):
    """What a file's name says. base: what attempts share. canvas: the number that Canvas gave.
    kind: who else numbered it, "copy" (Jupyter), "web" (a browser), "again" or "". number: 0 for
    none.
    """

    base: str
    canvas: int
    kind: str
    number: int


def attempt(name: str) -> Attempt:
    """A file's name, taken apart. A -1 is Canvas's only in a name by Canvas, and stands last."""
    of_lms = by_lms(name)
    stem = NOTEBOOK.sub("", (of_lms.file if of_lms else "") or name)
    counted = 0
    if of_lms and of_lms.kind != "moodle" and (found := BY_CANVAS.fullmatch(stem)):
        stem, counted = found[1], int(found[2])
    match = ATTEMPT.fullmatch(stem)
    for kind in ("copy", "web"):
        if match and match[kind]:
            return Attempt(match["base"], counted, kind, int(match[kind][:9]))
    return Attempt(stem, counted, "", 0)
