"""The judge: runs a lesson's test cells outside the sandbox and writes the verdicts.

In a test cell the names that students define are stand-ins. Calling one, or checking it,
sends arguments into the sandbox and brings data back; what is right is known here alone.
The verdicts go into the test cells as nbgrader expects them, so that its gradebook,
formgrader and feedback need not know that anything is different.
"""

from __future__ import annotations

import ast
import builtins
import functools
import io
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
from ..sandbox.sandbox import SandboxError
from ..sandbox.warm import Sandboxes
from .order import Straight, beginning, to_run
from .record import Judgement, failed, report_output
from .submission import Failed, Fault, Sandboxed, Submission


def judge_twice(
    notebook: NotebookNode, sandboxes: Sandboxes, seed: int | None = None
) -> NotebookNode:
    """Judge; if that fails for our own reasons, once more with a fresh sandbox."""
    try:
        return judge(notebook, sandboxes, seed)
    except Fault:
        sandboxes.close()
        return judge(notebook, sandboxes, seed)


def judge(notebook: NotebookNode, sandboxes: Sandboxes, seed: int | None = None) -> NotebookNode:
    """Run the test cells of a restored notebook and write the verdicts into them.

    seed: of the hidden cases; drawn if None, and noted in the notebook's metadata so
    that a verdict can be looked into. Returns the same notebook. Raises Fault, and then
    every test cell holds an error: nothing counts as passed that was not.
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
        _judge(notebook, tests, sandboxes, seed)
    except SandboxError as problem:
        raise Fault(str(problem)) from problem
    del notebook.metadata["cnnlab"]["straight"]  # not before: after a fault it is needed again
    return notebook


def _judge(
    notebook: NotebookNode, tests: list[NotebookNode], sandboxes: Sandboxes, seed: int
) -> None:
    """Write the verdicts. Answers that are not wholly right are judged in a second order, too."""
    exercises = [name_of(c) for c in notebook.cells if role_of(c) == "answer"]
    wrong = {}
    with closing(Submission(list(to_run(notebook)), exercises, sandboxes)) as first:
        for cell in tests:
            judgement = run_test(cell, first, seed)
            cell.outputs = judgement.outputs()
            if judgement.points(points_of(cell)) < points_of(cell):
                wrong[tested_by(cell)] = (cell, judgement.points(points_of(cell)))
    straight = Straight(notebook.metadata["cnnlab"].setdefault("straight", {}))
    asks = sorted((p, name) for name in wrong for p in straight.places(name, first.cells))
    repairs = notebook.metadata["cnnlab"].setdefault("repairs", [])
    if asks:
        with closing(Submission(straight.cells, exercises, sandboxes, first)) as again:
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
    """
    said: dict[str, str] = {}
    for place, name in asks:
        cell, before = wrong[name]
        if before == points_of(cell):
            continue
        submission.stop_at(place)
        judgement = run_test(cell, submission, seed)
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


def run_test(cell: NotebookNode, submission: Submission, seed: int) -> Judgement:
    """Run one test cell, statement by statement, and say what came of it."""
    reports: list[NotebookNode] = []
    names = _names(submission, reports, seed, cell)
    statement: ast.stmt = ast.Pass(lineno=0)
    value: Any = None
    try:
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            for statement in ast.parse(cell.source).body:
                value = None
                if isinstance(statement, ast.Expr):
                    code = compile(ast.Expression(statement.value), "<test>", "eval")
                    value = eval(code, names)
                else:
                    exec(compile(ast.Module([statement], []), "<test>", "exec"), names)
    except (AssertionError, Failed) as problem:
        return Judgement(tuple(reports), failed=_why(cell, statement, problem))
    except (Fault, SandboxError):
        raise
    except Exception as problem:
        raise Fault(
            f"the test cell {name_of(cell)} failed by itself, {type(problem).__name__}: {problem}"
        ) from problem
    if value is not None:
        points = points_of(cell)
        if not isinstance(value, int | float) or not 0 <= value <= points:
            raise Fault(f"the test cell {name_of(cell)} gave {value!r}, not 0 to {points} points")
        value = float(value)
    return Judgement(tuple(reports), value=value)


def _why(cell: NotebookNode, statement: ast.stmt, problem: Exception) -> NotebookNode:
    """The error of a test that is not passed; a hidden one says nothing of itself."""
    if statement.lineno in hidden_lines(cell.source):
        return error("Failed", "a hidden test is not passed")
    text = ast.get_source_segment(cell.source, statement) or ""
    return error(type(problem).__name__, str(problem)[:1000], text)


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
        about = {"hidden": hidden, "known": known, "worth": worth}
        report = examine(exercise, answer, drawn, search=0, **about)  # the search comes later
        _be_sure(report, known)
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
