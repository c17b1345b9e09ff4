"""A lesson that has nothing to do with convolution, for the tests: the skeleton, and two exercises.

It is written into a copy of the repository, into the three places of a lesson and nowhere else.
"""

from __future__ import annotations

import re
from pathlib import Path

from autograder.releasing.new_lesson import right_answers

LESSON = "07_sorting"
EXERCISES = ("example_sorting", "ranks", "inversions")

RANKS = '''\
"""``ranks``: the place of each value among all."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from ..engine.drawing import sizes
from ..engine.exercise import Case, case, exercise


@exercise(points=3, minutes=12, difficulty=2, importance=4)
def ranks(x: np.ndarray) -> np.ndarray:
    """Give each value its rank: 1 for the smallest.

    x: values, all different, shape (J,).
    Returns float64, shape (J,).
    Lecture 7, "Ranks".
    """


@ranks.oracle
def _(x):
    return torch.tensor(x).argsort().argsort().double().numpy() + 1


@ranks.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    (J,) = sizes(rng, 6, 12, 1)
    yield case("four values", np.array([30.0, 10, 40, 20]))
    yield case("random values", rng.normal(size=J))
    yield case("more random values", rng.normal(size=J + 3))
    yield case("one value", rng.normal(size=1))


ranks.hints = [
    "How many values are smaller than the smallest one?",
    "The rank is one more than the number of smaller values.",
    "```python\\nfor i in ...:\\n    h[i] = ...\\n```",
]
ranks.built = "Each value knows its place. Next, pairs that stand in the wrong order are counted."


@ranks.mistake("counted from 0", "The smallest value has the rank 1, not 0.")
def _(right, x):
    return right(x) - 1


@ranks.mistake("the largest is first", "The smallest value has the rank 1.")
def _(right, x):
    return len(x) + 1 - right(x)


@ranks.mistake("the order, not the ranks", "You say which value comes first, second, …")
def _(right, x):
    return np.argsort(x) + 1.0


@ranks.mistake("shares, not ranks", "You divide by the number of values.")
def _(right, x):
    return right(x) / len(x)


@ranks.mistake("the sorted values", "The values themselves are not asked for.")
def _(right, x):
    return np.sort(x)
'''

INVERSIONS = '''\
"""``inversions``: how far a series is from being sorted."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from ..engine.drawing import sizes
from ..engine.exercise import Case, case, exercise


@exercise(points=1, minutes=8, difficulty=3, importance=2)
def inversions(x: np.ndarray) -> int:
    """Count the pairs that stand in the wrong order: the larger value before the smaller.

    x: values, shape (J,).
    Returns a whole number.
    Lecture 7, "Inversions".
    """


@inversions.oracle
def _(x):
    t = torch.tensor(x)
    return int(torch.triu(t[:, None] > t[None, :], 1).sum())


@inversions.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    (J,) = sizes(rng, 6, 12, 1)
    yield case("four values", np.array([3.0, 1, 4, 2]))
    yield case("random values", rng.normal(size=J))
    yield case("equal values", rng.permutation([1.0, 1, 1, 2, 2, 5, 7]))
    yield case("more random values", rng.normal(size=J + 5))


inversions.hints = [
    "How many are there in a sorted series?",
    "Look at all pairs of positions i < j.",
    "```python\\nfor i in ...:\\n    for j in ...:\\n        ...\\n```",
]
inversions.built = "A measure of disorder: a sorted series has none. The summary follows."


@inversions.mistake("neighbours only", "Pairs that do not stand side by side count, too.")
def _(right, x):
    return int(np.sum(x[:-1] > x[1:]))


@inversions.mistake("the sorted pairs", "You count the pairs that stand in the right order.")
def _(right, x):
    return right(-x)


@inversions.mistake("each pair twice", "A pair is one pair, whichever comes first.")
def _(right, x):
    return 2 * right(x)


@inversions.mistake("equal values count", "Two equal values are in no wrong order.")
def _(right, x):
    return sum(int(np.sum(x[i] >= x[i + 1 :])) for i in range(len(x)))


@inversions.mistake("one too many", "A sorted series has none.")
def _(right, x):
    return right(x) + 1
'''

SOLUTIONS = {
    "ranks": """\
    h = np.ones(len(x))
    for i, value in enumerate(x):
        for other in x:
            if other < value:
                h[i] += 1
    return h
""",
    "inversions": """\
    count = 0
    for j in range(len(x)):
        count += int(np.count_nonzero(x[:j] > x[j]))
    return count
""",
}

RIGHT = """

def ranks__loops(x):
    h = np.zeros(len(x))
    for i in range(len(x)):
        h[i] = 1 + sum(1 for other in x if other < x[i])
    return h


def ranks__slices(x):
    return np.array([float(np.sum(x <= value)) for value in x])


def ranks__accumulated(x):
    return np.argsort(np.argsort(x)) + 1.0


def inversions__loops(x):
    return sum(1 for j in range(len(x)) for i in range(j) if x[i] > x[j])


def inversions__slices(x):
    return sum(int(np.sum(x[i] > x[i + 1 :])) for i in range(len(x)))


def inversions__accumulated(x):
    return int(np.sum(np.triu(x[:, None] > x[None, :], 1)))
"""


def extend(root: Path) -> None:
    """Make the skeleton of LESSON in a copy of the repository a lesson of three exercises."""
    package = root / f"notebooks/cnnlab/lesson_{LESSON}"
    (package / "ranks.py").write_text(RANKS, encoding="utf-8")
    (package / "inversions.py").write_text(INVERSIONS, encoding="utf-8")
    _change(package / "__init__.py", '"example_sorting",', ", ".join(map(repr, EXERCISES)))
    _change(
        right_answers(root) / "lesson_07.py",
        "return np.maximum.accumulate(x).astype(float)\n",
        RIGHT,
    )
    path = root / f"solutions/{LESSON}.md"
    text = path.read_text(encoding="utf-8")
    first = text[text.index("> **Exercise") : text.index("```{code-cell} ipython3\nhint(")]
    more = ""
    for name, solution in SOLUTIONS.items():
        cells = first.replace("example_sorting", name).replace("x: (J,)  ->", f"{name}:")
        marked = f"### BEGIN SOLUTION\n{solution}    ### END SOLUTION"
        cells = re.sub(
            r"### BEGIN SOLUTION.*### END SOLUTION", lambda _, m=marked: m, cells, flags=re.S
        )
        more += f"## On {name}\n\n{cells}```{{code-cell}} ipython3\nhint({name})\n```\n\n"
    path.write_text(text.replace("## Summary\n", f"{more}## Summary\n"), encoding="utf-8")


def _change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, path
    kept = old if new is RIGHT else ""
    path.write_text(text.replace(old, kept + new), encoding="utf-8")
