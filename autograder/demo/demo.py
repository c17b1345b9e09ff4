"""A whole class once, from the lessons' source to the feedback: ``make demo``.

Four students hand in every lesson there is: one has everything right, one hands in the
untouched notebook, one makes typical mistakes, one tries to cheat. Real nbgrader, real sandbox,
a course folder of its own that each run makes afresh (``.demo/``).
"""

from __future__ import annotations

import shutil
import sys
import textwrap
import time
import zipfile
from pathlib import Path

import nbformat
from cnnlab.engine.shown import MARK, number

from ..course import ROOT, Course
from ..intake.collect import collect
from ..pages.feedback import feedback
from ..recording.grade import grade
from ..recording.table import Row, table
from ..releasing.build import NOTEBOOKS, lesson_names, release
from ..students import STUDENTS, filled_in

FOLDER = ROOT / ".demo"

WIDTH = 98


def demo(folder: Path = FOLDER, notebooks: Path = NOTEBOOKS) -> int:
    """Run the class and print what happens; gives the exit status, 1 if grading failed.

    folder: made afresh. notebooks: where the lessons are released to.
    """
    shutil.rmtree(folder, ignore_errors=True)
    course = Course(folder / "course")
    _say("release", "solutions/ → the students' notebooks, without solutions and hidden tests")
    for path in release(course, notebooks=notebooks):
        print(f"             {_shown(path)}")

    lessons = lesson_names()
    _say("hand in", "four students, as one download from Moodle for each lesson")
    handed_in = folder / "handed_in"
    handed_in.mkdir()
    for lesson in lessons:
        source = nbformat.read(course.source(lesson), as_version=4)
        released = nbformat.read(notebooks / lesson / f"{lesson}.ipynb", as_version=4)
        with zipfile.ZipFile(handed_in / f"{lesson}.zip", "w", zipfile.ZIP_DEFLATED) as download:
            for i, (name, answers) in enumerate(STUDENTS.items()):
                notebook = filled_in(released, answers(source))
                inside = f"{name}_{1001 + i}_assignsubmission_file_/{lesson}.ipynb"
                download.writestr(inside, nbformat.writes(notebook))
        print(f"             {_shown(handed_in / lesson)}.zip")

    collected = [collect(course, [handed_in / f"{lesson}.zip"], lesson) for lesson in lessons]
    taken = sum(len(c.taken) for c in collected)
    _say("collect", f"{taken} notebooks → {_shown(course.root / 'submitted')}/")

    _say("grade", "each in a sandbox of its own, the judge outside")
    started = time.monotonic()
    results = grade(course, lessons, told=lambda r: print(textwrap.indent(str(r), " " * 13)))
    print(f"             {time.monotonic() - started:.1f} seconds")

    _say("feedback", "a page for each student and lesson")
    feedback(course, lessons)

    for lesson in lessons:
        print()
        print("\n".join(as_table(lesson, table(course, lesson))))
    print()
    _where_to_look(course, lessons)
    return 1 if any(r.status == "fault" for r in results) else 0


def _say(step: str, what: str) -> None:
    print(f"▸ {step:10} {what}", flush=True)


def _where_to_look(course: Course, lessons: list[str]) -> None:
    student = course.students(lessons[0])[2]
    page = course.feedback(student, lessons[0]) / f"{lessons[0]}.html"
    commands = Path(sys.executable).parent
    print("Where to look")
    print(f"  feedback    {_shown(page)}")
    print("              (open it in a browser; the other students' pages lie beside it)")
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
