"""``python -m autograder.tests.support.regrade N EXERCISE…``: how many of N runs are right.

Every right answer to the exercises, in every style, is judged N times in the sandbox, each time
with a seed of its own. Load the machine meanwhile: nobody's points may depend on who else computes.
"""

from __future__ import annotations

import sys

from cnnlab.engine.examine import examine
from cnnlab.engine.exercise import EXERCISES

from autograder.judging.order import Cell
from autograder.judging.submission import Sandboxed, Submission
from autograder.sandbox.warm import kept
from autograder.tests.support.students import Answer, right_answers

IMPORTS = """\
import numpy as np
try:
    import torch
    from torch import nn
    import torch.nn.functional as F
except ImportError:
    pass
"""


def points(answer: Answer, seed: int) -> float:
    """What an answer earns in the sandbox, with the cases of a seed."""
    name = answer.exercise.name
    cells = [Cell("imports", IMPORTS), Cell("needs", answer.needs), Cell(name, answer.source)]
    submission = Submission(cells, [name], kept())
    try:
        stand_in = Sandboxed(name, submission)
        stand_in = stand_in if answer.exercise.signature.parameters else stand_in.as_value()
        return examine(answer.exercise, stand_in, seed, hidden=True, search=0).points
    finally:
        submission.close()


def main(count: int, *names: str) -> None:
    """Judge and print, a line for each way to answer."""
    for answer in right_answers():
        if answer.exercise.name in (names or EXERCISES):
            full = answer.exercise.points
            right = sum(points(answer, seed) == full for seed in range(1, count + 1))
            print(f"{answer}: {right} of {count}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
