"""The house in figures: how large its modules and functions are, and the way of one submission.

    python -m autograder.tests.support.house

``make test`` prints it. The exit status is 1 if a module or function is too large, or if the way
is not the one in the map, ``autograder/__init__``: every arrow there must be a call that is made
when one submission is graded, no more than 15 of them, and the judge is entered once.
"""

from __future__ import annotations

import ast
import contextlib
import io
import itertools
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from types import FrameType
from typing import Any
from unittest.mock import patch

import cnnlab
import nbformat
from cnnlab.engine import calling

import autograder
from autograder import cli
from autograder.course import Course
from autograder.intake import apart
from autograder.judging import worker
from autograder.releasing import build

from . import small_lesson

MODULE_LINES, FUNCTION_LINES = 350, 50
MOST_ARROWS = 15
JUDGE = "autograder.judging.judge"

HOMES = {
    "autograder": Path(autograder.__file__).parent,
    "cnnlab": Path(cnnlab.__file__).parent,
}

ASIDE = (
    *("autograder.cells", "autograder.course", "autograder.settings"),
    *("autograder.paths", "autograder.terminal"),
    *("autograder.mending", "autograder.database"),
    *("autograder.recording.points", "autograder.recording.earlier", "autograder.judging.plugins"),
    *("autograder.sandbox.warm", "autograder.sandbox.sandbox"),
    *("autograder.intake.inert", "autograder.intake.links", "autograder.pages.markdown"),
    *("autograder.intake.files", "autograder.intake.limits"),
    *("autograder.intake.statements", "autograder.intake.python", "autograder.intake.pictures"),
    *("autograder.intake.straight", "autograder.judging.order", "autograder.judging.constants"),
    *("autograder.judging.decides", "autograder.judging.testimony", "autograder.judging.search"),
    *("autograder.judging.replies", "autograder.judging.requests", "autograder.intake.claimed"),
    *("autograder.intake.apart", "autograder.judging.shortcuts", "autograder.sandbox.cgroup"),
    "cnnlab",
)
"""What is looked up on the way, and not followed: the ground floor, arithmetic, the start of what
is warm already, what was graded before, what Markdown and links are kept from, how cells are
understood and put in order, what is known of the lessons, what is looked for when all is recorded,
what is asked and answered as data, the way to a process for reading, what an answer's text shows;
and cnnlab, with a map of its own."""


# ── sizes ───────────────────────────────────────────────────────────────────


def modules() -> Iterator[tuple[str, Path]]:
    """Every module of ours but the tests: its name, and its file."""
    for package, home in HOMES.items():
        for path in sorted(home.rglob("*.py")):
            parts = path.relative_to(home).with_suffix("").parts
            if parts[0] != "tests" and parts[:-1][:1] != ("course",):  # a course is no module
                yield ".".join((package, *parts)).removesuffix(".__init__"), path


def sizes() -> tuple[dict[str, int], dict[str, int]]:
    """Lines of each module, and of each function in it."""
    of_modules, of_functions = {}, {}
    for name, path in modules():
        text = path.read_text(encoding="utf-8")
        of_modules[name] = len(text.splitlines())
        for node in ast.walk(ast.parse(text)):
            # A probe is sent to where answers run, by its source: what it needs is inside it.
            if isinstance(node, ast.FunctionDef) and not name.endswith(".probes"):
                place = f"{name}.{node.name}, line {node.lineno}"
                of_functions[place] = node.end_lineno - node.lineno + 1
    return of_modules, of_functions


def too_large() -> list[str]:
    """What is over the limits, a sentence each."""
    of_modules, of_functions = sizes()
    return [
        f"{name} has {lines} lines, {lines - most} too many"
        for found, most in ((of_modules, MODULE_LINES), (of_functions, FUNCTION_LINES))
        for name, lines in found.items()
        if lines > most
    ]


# ── the way of one submission ───────────────────────────────────────────────


def arrows() -> list[tuple[str, str]]:
    """The way as the map has it: (from, to) for each of its arrows."""
    found = []
    for line in autograder.__doc__.splitlines():
        names = [part.strip().partition(",")[0] for part in re.split("[→⇄]", line)]
        full = [n if n.startswith("cnnlab") else f"autograder.{n}" for n in names]
        found += list(itertools.pairwise(full))
    return found


class Way:
    """Watches which module of ours calls into which other, in this thread, inside the block.

    calls: (from, to, function), as often as it is done.
    """

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, str]] = []
        self._names = {str(path): name for name, path in modules()}

    def __enter__(self) -> Way:
        # Python 3.11 never comes back from a call that is traced after a time limit has been set
        # by PyThreadState_SetAsyncExc; here nothing of ours needs one.
        self._endless = patch.object(calling, "time_limit", lambda seconds: nullcontext())
        self._endless.start()
        # What is done in a process of its own is seen here.
        self._apart = patch.object(worker, "taken_in", apart.take_in)
        self._apart.start()
        sys.settrace(self._look)
        return self

    def __exit__(self, *problem: object) -> None:
        sys.settrace(None)
        self._endless.stop()
        self._apart.stop()

    def _look(self, frame: FrameType, event: str, _: Any) -> None:
        here = self._names.get(frame.f_code.co_filename)
        if here is None or frame.f_code.co_name == "<module>":
            return
        caller = frame.f_back
        # What test cells or others call back counts as done by whoever called them.
        while caller and caller.f_code.co_filename not in self._names:
            caller = caller.f_back
        there = self._names[caller.f_code.co_filename] if caller else ""
        if there != here:
            self.calls.append((there, here, frame.f_code.co_name))


def walk(folder: Path) -> Way:
    """One submission with one answer wrong, from the command line to its page of feedback."""
    course = Course(folder / "course")
    lesson = small_lesson.LESSON
    solutions = small_lesson.write(folder / "solutions")
    build.release(course, [lesson], solutions=solutions, notebooks=folder / "notebooks")
    notebook = nbformat.read(course.source(lesson), as_version=4)
    for cell in notebook.cells:
        cell.source = cell.source.replace("weight * x[", "-weight * x[")
    place = course.submitted("ada", lesson)
    place.mkdir(parents=True)
    nbformat.write(notebook, place / f"{lesson}.ipynb")
    command = ["--course", str(course.root)]
    with Way() as way, contextlib.redirect_stdout(io.StringIO()):
        cli.main([*command, "grade", "--workers", "1"])
        cli.main([*command, "feedback"])
    return way


def within(module: str, place: str) -> bool:
    """Whether a module is the one meant, or in that folder."""
    return module == place or module.startswith(f"{place}.")


def off_the_map(way: Way) -> list[str]:
    """Where the way that was walked is not the one in the map, a sentence each."""

    made = {(there, here) for there, here, _ in way.calls}
    drawn = arrows()
    wrong = [
        f"{there} does not call {here}, as the map says"
        for there, here in drawn
        if not any(within(a, there) and within(b, here) for a, b in made)
    ]
    known = {here for _, here in drawn} | {drawn[0][0], *ASIDE}
    entered = dict.fromkeys(here for _, here, _ in way.calls)
    wrong += [
        f"{module} is entered, and is not in the map"
        for module in entered
        if not any(within(module, place) for place in known)
    ]
    if len(drawn) > MOST_ARROWS:
        wrong.append(f"the map has {len(drawn)} arrows, more than {MOST_ARROWS}")
    into = [f"{there} ({function})" for there, here, function in way.calls if here == JUDGE]
    if len(into) != 1:
        wrong.append(f"the judge is entered {len(into)} times: {', '.join(into)}")
    return wrong


def main() -> int:
    """Print sizes and way; the exit status says whether all is as it should be."""
    of_modules, of_functions = sizes()
    for what, found, most in (
        ("modules", of_modules, MODULE_LINES),
        ("functions", of_functions, FUNCTION_LINES),
    ):
        largest = sorted(found.items(), key=lambda item: -item[1])[:5]
        print(f"{len(found)} {what} of at most {most} lines, the largest:")
        print("\n".join(f"  {lines:4} {name}" for name, lines in largest))
    with tempfile.TemporaryDirectory() as folder:
        way = walk(Path(folder))
    print(f"The way of one submission, {len(arrows())} module changes:")
    for there, here in arrows():
        names = [f for a, b, f in way.calls if within(a, there) and within(b, here)]
        print(f"  {there} → {here} ({', '.join(list(dict.fromkeys(names))[:3])})")
    wrong = [*too_large(), *off_the_map(way)]
    print("\n".join(wrong), file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
