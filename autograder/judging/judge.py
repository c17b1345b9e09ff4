"""The judge: runs a lesson's test cells outside the sandbox and writes the verdicts.

In a test cell the names that students define are stand-ins. Calling one, or checking it,
sends arguments into the sandbox and brings data back; what is right is known here alone.
The verdicts go into the test cells as nbgrader expects them, so that its gradebook,
formgrader and feedback need not know that anything is different.

A process that has been asked with hidden inputs may tell them in whatever it says next, in the
visible check of another exercise too. So every visible statement of a lesson is run before the
first hidden one, and what is said after that is not shown.
"""

from __future__ import annotations

import ast
import builtins
import functools
import io
import itertools
import re
import secrets
import types
from contextlib import closing, redirect_stderr, redirect_stdout
from typing import Any

import cnnlab
import numpy as np
import torch
from cnnlab.engine.asking import asked
from cnnlab.engine.examine import examine
from cnnlab.engine.exercise import EXERCISES, Exercise
from cnnlab.engine.verdict import Known, Report
from nbformat import NotebookNode

from ..cells import (
    STUDENTS_KERNEL,
    error,
    hidden_lines,
    is_test,
    name_of,
    points_of,
    role_of,
    tested_by,
)
from ..sandbox.inside.limits import TURNS
from ..sandbox.sandbox import SandboxError
from ..sandbox.warm import Sandboxes
from .order import Straight, Time, beginning, to_run
from .record import Judgement, failed, report_output
from .submission import Failed, Fault, Sandboxed, Submission, Unfinished


def judge_twice(
    notebook: NotebookNode,
    sandboxes: Sandboxes,
    seed: int | None = None,
    seconds: float = TURNS[-1],
) -> NotebookNode:
    """Judge; if that fails for our own reasons, once more with a fresh sandbox.

    seconds: what there is for both together. Raises Unfinished if the submission needs more, and
    Fault if that may be because a first try has failed.
    """
    turn = Time(seconds)
    try:
        return judge(notebook, sandboxes, seed, turn)
    except Fault as fault:
        sandboxes.close()
        try:
            return judge(notebook, sandboxes, seed, turn)
        except Unfinished:
            raise fault from None


def judge(
    notebook: NotebookNode,
    sandboxes: Sandboxes,
    seed: int | None = None,
    turn: Time | None = None,
) -> NotebookNode:
    """Run the test cells of a restored notebook and write the verdicts into them.

    seed: of the hidden cases; drawn if None, and noted in the notebook's metadata so
    that a verdict can be looked into. turn: the time that there is. Returns the same notebook.
    Raises Fault or Unfinished, and then every test cell holds an error: nothing counts as passed
    that was not.
    """
    torch.set_num_threads(1)  # cases are small: several threads only wait for each other
    seed = secrets.randbits(32) if seed is None else seed
    notebook.metadata.setdefault("cnnlab", {})["seed"] = seed
    notebook.metadata["kernelspec"] = dict(STUDENTS_KERNEL)  # who opens it can run it
    if sandboxes.unsafe_local:
        notebook.metadata["cnnlab"]["unsafe_local"] = True
    tests = [c for c in notebook.cells if is_test(c)]
    for cell in tests:  # first of all, so that whatever stops us leaves no cell that looks passed
        cell.outputs = failed("NotJudged", "this test has not been run to its end").outputs()
    try:
        _judge(notebook, tests, sandboxes, seed, turn)
    except SandboxError as problem:
        raise Fault(str(problem)) from problem
    del notebook.metadata["cnnlab"]["straight"]  # not before: after a fault it is needed again
    return notebook


def _judge(
    notebook: NotebookNode,
    tests: list[NotebookNode],
    sandboxes: Sandboxes,
    seed: int,
    turn: Time | None,
) -> None:
    """Write the verdicts. Answers that are not wholly right are judged in a second order, too."""
    exercises = [name_of(c) for c in notebook.cells if role_of(c) == "answer"]
    wrong = {}
    with closing(Submission(list(to_run(notebook)), exercises, sandboxes, turn)) as first:
        for cell, judgement in zip(tests, run_tests(tests, first, seed), strict=True):
            cell.outputs = judgement.outputs()
            if judgement.points(points_of(cell)) < points_of(cell):
                wrong[tested_by(cell)] = (cell, judgement.points(points_of(cell)))
    straight = Straight(notebook.metadata["cnnlab"].setdefault("straight", {}))
    asks = sorted((p, name) for name in wrong for p in straight.places(name, first.cells))
    repairs = notebook.metadata["cnnlab"].setdefault("repairs", [])
    if asks:
        with closing(Submission(straight.cells, exercises, sandboxes, turn, first)) as again:
            repairs += _look_again(wrong, asks, again, seed, repairs)
        first.notes = first.notes or again.notes
    repairs += first.notes


def _look_again(
    wrong: dict[str, tuple[NotebookNode, float]],
    asks: list[tuple[int, str]],
    submission: Submission,
    seed: int,
    repairs: list[str],
) -> list[str]:
    """Judge answers once more where the student's own notebook checks them, and say which count.

    wrong: test cells, and the points that each gave. asks: after how many cells an answer is
    asked for. It is the same answer, asked the same: who is wrong gains nothing by it.
    All that is visible comes first here, too, and the hidden inputs go to processes of their own.
    """
    said: dict[str, str] = {}
    running = [(place, name, Running(wrong[name][0], submission, seed)) for place, name in asks]
    for place, _, test in running:
        submission.stop_at(place)
        test.visible()
    for place, name, test in running:
        cell, before = wrong[name]
        if before == points_of(cell):
            continue
        submission.stop_at(place)
        judgement = test.judgement()
        if (points := judgement.points(points_of(cell))) <= before:
            continue
        wrong[name] = (cell, points)
        cell.outputs = judgement.outputs()
        said[name] = (
            f"{name} was judged from top to bottom, as a fresh kernel runs the notebook, up to "
            f"the cell that begins with {beginning(submission.cells[place - 1].source)}."
        )
        copies = rf"There are \d+ cells for {name}: .*"
        repairs[:] = [r for r in repairs if not re.fullmatch(copies, r)]
    return list(said.values())


# ── one test cell ────────────────────────────────────────────────────────────

UNSEEN = "what is said here is not shown: hidden inputs were known by then"


class Running:
    """A test cell in the middle of being run. seed: of the hidden cases.

    ``visible`` runs it up to its first hidden statement, ``judgement`` the rest, and says what
    came of it all.
    """

    def __init__(self, cell: NotebookNode, submission: Submission, seed: int):
        self._cell, self._submission = cell, submission
        self._reports: list[NotebookNode] = []
        self._names = _names(submission, self._reports, seed, cell)
        try:
            self._left = ast.parse(cell.source).body
        except SyntaxError as problem:
            raise self._fault(problem) from problem
        self._value: Any = None
        self._failed: NotebookNode | None = None

    def visible(self) -> None:
        """Run what comes before the first hidden statement."""
        hidden = hidden_lines(self._cell.source)
        seen = itertools.takewhile(
            lambda s: not (s.lineno in hidden or _asks_hidden(s)), self._left
        )
        self._run(len(list(seen)))

    def judgement(self) -> Judgement:
        """Run what is left. Raises Fault where the test itself does not work."""
        if self._left and self._failed is None:
            self._submission.knows_hidden = True
            self._run(len(self._left))
        if self._failed is not None:
            return Judgement(tuple(self._reports), failed=self._failed)
        if self._value is None:
            return Judgement(tuple(self._reports))
        points = points_of(self._cell)
        if not isinstance(self._value, int | float) or not 0 <= self._value <= points:
            name = name_of(self._cell)
            raise Fault(f"the test cell {name} gave {self._value!r}, not 0 to {points} points")
        return Judgement(tuple(self._reports), value=float(self._value))

    def _run(self, count: int) -> None:
        """Run so many statements, unless one has failed."""
        statements, self._left = self._left[:count], self._left[count:]
        for statement in statements:
            self._value = None
            try:
                with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
                    self._value = _do(statement, self._names)
            except (AssertionError, Failed) as problem:
                self._failed = self._why(statement, problem)
                return
            except (Fault, SandboxError, Unfinished):
                raise
            except Exception as problem:
                raise self._fault(problem) from problem

    def _why(self, statement: ast.stmt, problem: Exception) -> NotebookNode:
        """The error of a test that is not passed; a hidden one says nothing of itself."""
        if statement.lineno in hidden_lines(self._cell.source):
            return error("Failed", "a hidden test is not passed")
        text = ast.get_source_segment(self._cell.source, statement) or ""
        if self._submission.knows_hidden:
            return error("Failed", UNSEEN, text)
        return error(type(problem).__name__, str(problem)[:1000], text)

    def _fault(self, problem: Exception) -> Fault:
        name = name_of(self._cell)
        return Fault(f"the test cell {name} failed by itself, {type(problem).__name__}: {problem}")


def run_test(cell: NotebookNode, submission: Submission, seed: int) -> Judgement:
    """Run one test cell, alone, and say what came of it."""
    return run_tests([cell], submission, seed)[0]


def run_tests(cells: list[NotebookNode], submission: Submission, seed: int) -> list[Judgement]:
    """Run test cells, all that is visible in them first."""
    running = [Running(cell, submission, seed) for cell in cells]
    for one in running:
        one.visible()
    return [one.judgement() for one in running]


def _asks_hidden(statement: ast.stmt) -> bool:
    """Whether a statement says ``hidden=…``, as ``check(conv1d, hidden=True)`` does."""
    calls = (node for node in ast.walk(statement) if isinstance(node, ast.Call))
    return any(keyword.arg == "hidden" for call in calls for keyword in call.keywords)


def _do(statement: ast.stmt, names: dict[str, Any]) -> Any:
    """Run one statement; the value of an expression."""
    if isinstance(statement, ast.Expr):
        return eval(compile(ast.Expression(statement.value), "<test>", "eval"), names)
    return exec(compile(ast.Module([statement], []), "<test>", "exec"), names)


def _names(
    submission: Submission, reports: list[NotebookNode], seed: int, cell: NotebookNode
) -> dict[str, Any]:
    """What a test cell finds: stand-ins, our own check, and cnnlab for all else."""

    def check(
        answer: Any = None, *, hidden: bool = False, points: float | None = None, **value: Any
    ) -> float:
        if isinstance(answer, Exercise):  # cnnlab's object, which in this process knows no student
            raise TypeError(f"check cnnlab's {answer.name}? The student's is called {answer.name}")
        exercise, answer = asked(answer, value)
        drawn = seed if hidden else 0
        known = known_values(exercise.name, drawn)
        # The cell and its metadata are the source's. No student has a say in what counts.
        worth = points_of(cell) if tested_by(cell) == exercise.name else points
        submission.knows_hidden |= hidden
        about = {"hidden": submission.knows_hidden, "known": known, "worth": worth}
        report = examine(exercise, answer, drawn, search=0, **about)  # the search comes later
        _be_sure(report, known)
        if report.status == "incorrect":
            submission.wrong.add(exercise.name)
        reports.append(report_output(report))
        return report.points

    lab = types.ModuleType("cnnlab")
    lab.__dict__.update(vars(cnnlab) | {"check": check})
    lab.__getattr__ = lambda name: getattr(cnnlab, name)
    stand_ins = {name: Sandboxed(name, submission) for name in submission.exercises}
    names = {name: getattr(cnnlab, name) for name in cnnlab.__all__}

    def find(name: str, *rest: Any) -> Any:
        return lab if name == "cnnlab" else __import__(name, *rest)

    own = {**vars(builtins), "__import__": find}
    return {"np": np, **names, "check": check, "cnnlab": lab, **stand_ins} | {"__builtins__": own}


@functools.lru_cache(maxsize=64)
def known_values(name: str, seed: int) -> Known:
    """Right and known wrong values, computed once for all submissions that are asked the same."""
    return Known(EXERCISES[name], seed)


def _be_sure(report: Report, known: Known) -> None:
    """Raise Fault if our own right answer to a case could not be computed: nobody loses points."""
    for i, result in enumerate(report.results):
        asked = not (result.case.judge or result.case.raises)
        if asked and (right := known.right[i]).status != "returned":
            known_values.cache_clear()  # for the second try
            raise Fault(
                f"the right answer to {report.exercise.name}, {result.case.name}, could not be "
                f"computed: {right.status} {' '.join(right.errors[:1])} {right.message}"
            )
