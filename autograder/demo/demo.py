"""A whole class once, from the lessons' source to the feedback: ``make demo``.

Four students hand in every lesson there is: one has everything right, one hands in the
untouched notebook, one makes typical mistakes, one tries to cheat. Real nbgrader, real sandbox,
a course folder of its own that each run makes afresh (``.demo/``).
"""

from __future__ import annotations

import ast
import copy
import inspect
import re
import shutil
import sys
import textwrap
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import nbformat
from cnnlab.engine.exercise import EXERCISES, Exercise
from cnnlab.engine.shown import MARK, number
from nbformat import NotebookNode

from ..course import ROOT, Course
from ..intake.collect import collect
from ..pages.feedback import feedback
from ..recording.grade import Row, grade, table
from ..releasing.build import NOTEBOOKS, lesson_names, release

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
    exercises = list(rows[0].marks) if rows else []
    cells = [["", *exercises, "points"]]
    for row in rows:
        marks = [row.marks[e] for e in exercises]
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
        found = [f"{e}: {m.mistake}" for e, m in row.marks.items() if m.mistake]
        found += row.notes
        if found:
            head = f"{row.student}  "
            out += textwrap.wrap(
                "; ".join(found), WIDTH, initial_indent=head, subsequent_indent=" " * len(head)
            )
    return out


def _of(points: float, most: float) -> str:
    return f"{number(points)}/{number(most)}"


# ── the students ────────────────────────────────────────────────────────────


def filled_in(released: NotebookNode, answers: dict[str, str]) -> NotebookNode:
    """A student's notebook: the released one with answers, by grade_id, put into their cells."""
    notebook = copy.deepcopy(released)
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        cell.source = answers.get(name, cell.source)
    return notebook


def everything_right(source: NotebookNode) -> dict[str, str]:
    """The solutions, from the instructor's notebook."""
    marks = re.compile(r"^.*### (BEGIN|END) SOLUTION.*\n?", re.M)
    return {
        cell.metadata.nbgrader.grade_id: marks.sub("", cell.source)
        for cell in source.cells
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("solution")
    }


def untouched(source: NotebookNode) -> dict[str, str]:
    """Nothing."""
    return {}


def typical_mistakes(source: NotebookNode) -> dict[str, str]:
    """For each exercise the first, most frequent one of its known mistakes."""
    return {
        name: mistaken(EXERCISES[name], right) if EXERCISES[name].mistakes else right
        for name, right in everything_right(source).items()
    }


def mistaken(exercise: Exercise, right: str) -> str:
    """An answer cell that makes a known mistake, on top of a right one."""
    name = exercise.name
    tree = ast.parse(textwrap.dedent(inspect.getsource(exercise.mistakes[0].function)))
    written = tree.body[0]
    # All cells of a notebook share their names, so each exercise gets its own.
    written.name, written.decorator_list, written.returns = f"almost_{name}", [], None
    passed = ", ".join(exercise.signature.parameters)
    if passed:
        ending = f"@fill\ndef {name}{_plain(exercise)}:\n"
        ending += f"    return almost_{name}(right_{name}, {passed})"
    else:  # a value
        ending = f"{name} = almost_{name}(lambda: right_{name})"
    return f"{right.rstrip()}\n\nright_{name} = {name}\n\n{ast.unparse(written)}\n\n{ending}"


def _plain(exercise: Exercise) -> str:
    """An exercise's parameters without their types."""
    bare = [p.replace(annotation=p.empty) for p in exercise.signature.parameters.values()]
    return str(inspect.Signature(bare))


ALWAYS_EQUAL = """\
class Right:  # equal to whatever it is compared with
    def __eq__(self, other):
        return True

    def __array__(self, *args, **kwargs):
        return np.zeros(1)

for name in ("assert_allclose", "assert_array_equal", "assert_array_almost_equal"):
    setattr(np.testing, name, lambda *args, **kwargs: None)
np.allclose = np.isclose = np.array_equal = lambda *args, **kwargs: True
"""

# Each takes another way; {name} and {parameters} are the exercise's.
CHEATS = [
    ALWAYS_EQUAL + "\n@fill\ndef {name}{parameters}:\n    return Right()",
    """\
import glob

@fill
def {name}{parameters}:
    above = ["../" * n + "source/**/*.ipynb" for n in range(6)]
    there = [path for place in above for path in glob.glob(place, recursive=True)]
    solution = open(there[0]).read().partition("def {name}")[2]
    exec("def stolen" + solution.partition("END SOLUTION")[0], globals())
    return stolen()""",
    """\
import ast

class NoTests(ast.NodeTransformer):
    def visit_Call(self, node):
        good = ast.parse("2.0", mode="eval").body
        return good if getattr(node.func, "id", "") == "check" else node

get_ipython().ast_transformers.append(NoTests())

@fill
def {name}{parameters}:
    return None""",
    """\
import os

@fill
def {name}{parameters}:
    print("all tests passed")
    os._exit(0)""",
]


def cheating(source: NotebookNode) -> dict[str, str]:
    """In turn: equal to everything, the solution stolen, the tests rewritten, the grader ended."""
    answers = {"questions": "<script>alert('no')</script><img src=x onerror=alert(1)> Passed?"}
    for i, name in enumerate(everything_right(source)):
        exercise = EXERCISES[name]
        if exercise.signature.parameters:
            cheat = CHEATS[i % len(CHEATS)].replace("{name}", name)
            answers[name] = cheat.replace("{parameters}", _plain(exercise))
        else:  # a value
            answers[name] = f"{ALWAYS_EQUAL}\n{name} = Right()"
    return answers


STUDENTS: dict[str, Callable[[NotebookNode], dict[str, str]]] = {
    "Ada Allright": everything_right,
    "Ben Untouched": untouched,
    "Cleo Mistaken": typical_mistakes,
    "Dan Cheating": cheating,
}
