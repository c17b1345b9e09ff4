"""The judge: runs a lesson's test cells outside the sandbox and writes the verdicts.

In a test cell the names that students define are stand-ins. Calling one, or checking it,
sends arguments into the sandbox and brings data back; what is right is known here alone.
The verdicts go into the test cells as nbgrader expects them, so that its gradebook,
formgrader and feedback need not know that anything is different.
"""

from __future__ import annotations

import re
import secrets
from contextlib import closing

import torch
from nbformat import NotebookNode

from ..cells import STUDENTS_KERNEL, is_test, name_of, points_of, role_of, tested_by
from ..sandbox.inside.limits import TURNS
from ..sandbox.sandbox import SandboxError
from ..sandbox.warm import Sandboxes
from .order import Straight, Time, beginning, to_run
from .record import failed
from .running import Running, run_tests
from .submission import Fault, Submission, Unfinished


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
