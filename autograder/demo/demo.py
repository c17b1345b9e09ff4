"""A whole class once, from the lessons' source to the feedback: ``make demo``.

Four students hand in every lesson there is: one has everything right, one hands in the
untouched notebook, one makes typical mistakes, one tries to cheat. Twenty classmates hand in two of
the lessons, and some of them the first one again. Real nbgrader, real sandbox, a course folder of
its own that each run makes afresh (``.demo/``).
"""

from __future__ import annotations

import shutil
import sys
import textwrap
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path

import nbformat
from cnnlab.engine.shown import MARK, number

from ..course import ROOT, Course
from ..intake.collect import collect
from ..pages.class_report import report
from ..pages.feedback import feedback
from ..recording.grade import Settled, grade
from ..recording.table import Row, table
from ..releasing.build import NOTEBOOKS, lesson_names, release
from ..students import STUDENTS, filled_in
from .classmates import LESSONS, NAMES, again, answers

FOLDER = ROOT / ".demo"

FOUR = tuple(name.replace(" ", "_") for name in STUDENTS)
"""The ids of those whose points are printed."""

WIDTH = 98


def demo(folder: Path = FOLDER, notebooks: Path = NOTEBOOKS, classmates: int = len(NAMES)) -> int:
    """Run the class and print what happens; gives the exit status, 1 if grading failed.

    folder: made afresh. notebooks: where the lessons are released to. classmates: how many there
    are besides the four.
    """
    shutil.rmtree(folder, ignore_errors=True)
    course = Course(folder / "course")
    _say("release", "solutions/ → the students' notebooks, without solutions and hidden tests")
    for path in release(course, notebooks=notebooks):
        print(f"             {_shown(path)}")

    lessons = lesson_names()
    _say("hand in", "the class, as one download from Moodle for each lesson")
    mates = NAMES[:classmates]
    for lesson in lessons:
        source = nbformat.read(course.source(lesson), as_version=4)
        given = {name: student(source) for name, student in STUDENTS.items()}
        given |= {name: answers(name, source) for name in mates if lesson in LESSONS}
        _hand_in(course, notebooks, lesson, given, folder / "handed_in")
    results = _graded(course, lessons)
    _say("again", f"a part of the class hands in {LESSONS[0]} after the feedback")
    source = nbformat.read(course.source(LESSONS[0]), as_version=4)
    given = {name: changed for name in mates if (changed := again(name, source))}
    _hand_in(course, notebooks, LESSONS[0], given, folder / "handed_in_again")
    results += _graded(course, LESSONS[:1])

    _say("feedback", "a page for each student and lesson")
    feedback(course, lessons)
    _say("report", "the class on one page")
    report(course, lessons)

    for lesson in lessons:
        print()
        rows = table(course, lesson)
        print("\n".join(as_table(lesson, [row for row in rows if row.student in FOUR])))
        if len(rows) > len(FOUR):
            print(f"… and {len(rows) - len(FOUR)} more, who are in the report")
    print()
    _where_to_look(course, lessons)
    return 1 if any(r.status == "fault" for r in results) else 0


def _hand_in(
    course: Course, notebooks: Path, lesson: str, answers: dict[str, dict[str, str]], folder: Path
) -> None:
    """A lesson's notebooks in a download as Moodle makes it, collected.

    answers: by student and exercise. folder: for the download.
    """
    released = nbformat.read(notebooks / lesson / f"{lesson}.ipynb", as_version=4)
    folder.mkdir(exist_ok=True)
    path = folder / f"{lesson}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as download:
        for name, given in answers.items():
            notebook = filled_in(released, given)
            moodle = 1001 + [*STUDENTS, *NAMES].index(name)
            inside = f"{name}_{moodle}_assignsubmission_file_/{lesson}.ipynb"
            download.writestr(inside, nbformat.writes(notebook))
    taken = len(collect(course, [path], lesson).taken)
    print(f"             {_shown(path)}: {taken} notebooks")


def _graded(course: Course, lessons: Sequence[str]) -> list[Settled]:
    """Grade what is new, and say how it went. Of the classmates only how many there were."""
    _say("grade", "each in a sandbox of its own, the judge outside")
    started = time.monotonic()

    def told(result: Settled) -> None:
        if result.student in FOUR or result.status == "fault":
            print(textwrap.indent(str(result), " " * 13))

    results = grade(course, [*lessons], told=told)
    graded = sum(result.status == "graded" for result in results)
    print(f"             {graded} graded in {time.monotonic() - started:.1f} seconds")
    return results


def _say(step: str, what: str) -> None:
    print(f"▸ {step:10} {what}", flush=True)


def _where_to_look(course: Course, lessons: list[str]) -> None:
    page = course.feedback(FOUR[2], lessons[0]) / f"{lessons[0]}.html"
    commands = Path(sys.executable).parent
    print("Where to look")
    print(f"  feedback    {_shown(page)}")
    print("              (open it in a browser; the other students' pages lie beside it)")
    print(f"  report      {_shown(course.root / 'report.html')}")
    print(f"  gradebook   {_shown(course.root / 'gradebook.db')}")
    print("  notebooks   make lab")
    print(f"  formgrader  cd {_shown(course.root)} && jupyter lab, then Nbgrader → Formgrader")
    if not shutil.which("autograder"):
        print(f"  the commands are in {_shown(commands)}, or: source {_shown(commands)}/activate")


def _shown(path: Path) -> Path:
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


# ── the class as a table ────────────────────────────────────────────────────


def as_table(lesson: str, rows: list[Row]) -> list[str]:
    """The marks of a lesson and the mistakes found, as lines of at most 98 columns.

    Students are rows and exercises columns, or the other way round where that is too wide.
    """
    exercises = list(rows[0].exercises) if rows else []
    cells = [["", *exercises, "points"]]
    for row in rows:
        marks = [row.exercises[e] for e in exercises]
        cells.append(
            [
                row.student,
                *(f"{MARK.get(m.status, '?')} {_of(m.points, m.max_points)}" for m in marks),
                _of(row.score, row.max_score),
            ]
        )
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    if sum(widths) + 2 * len(widths) > WIDTH:
        cells = [list(column) for column in zip(*cells, strict=True)]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "  ".join(
            c.ljust(w) if i == 0 else c.rjust(w)
            for i, (c, w) in enumerate(zip(line, widths, strict=True))
        )
        for line in cells
    ]
    rule = "─" * len(lines[0])
    legend = ", ".join(f"{mark} {status}" for status, mark in MARK.items())
    out = [lesson, rule, lines[0], rule, *lines[1:], rule, legend]
    for row in rows:
        found = [f"{e}: {m.mistake}" for e, m in row.exercises.items() if m.mistake]
        found += row.notes
        if found:
            head = f"{row.student}  "
            out += textwrap.wrap(
                "; ".join(found), WIDTH, initial_indent=head, subsequent_indent=" " * len(head)
            )
    return out


def _of(points: float, most: float) -> str:
    return f"{number(points)}/{number(most)}"
