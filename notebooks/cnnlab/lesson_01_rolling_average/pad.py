"""``pad``: what stands beyond the edges of a series."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch.nn.functional as F

from ..engine.drawing import frozen, sizes, strided
from ..engine.exercise import Case, case, exercise
from ..engine.shared_mistakes import FOR_FLOATS
from ..engine.shown import number
from .series import as_row


@exercise(points=2, minutes=10, difficulty=2, importance=2)
def pad(x: np.ndarray, left: int, right: int, mode: str = "zeros") -> np.ndarray:
    """Put ``left`` values before a series and ``right`` values after it.

    mode "zeros": zeros; "mean": the overall average of x; "edge": the first
    value of x before it and the last value after it.

    x: series, shape (J,), J ≥ 1. left, right: numbers of values, from 0.
    Returns float64, shape (left+J+right,).
    Raises ValueError, with a sentence, for any other mode.
    Lecture 6, "Bias, nonlinearities, padding and stride": edge cases.
    """


@pad.oracle
def _(x, left, right, mode="zeros"):
    row, size = as_row(x), (left, right)
    if mode == "zeros":
        return F.pad(row, size)[0, 0].numpy()
    if mode == "mean":
        return F.pad(row, size, value=row.mean().item())[0, 0].numpy()
    if mode == "edge":
        return F.pad(row, size, mode="replicate")[0, 0].numpy()
    raise ValueError(f"there is no mode {mode!r}: it is 'zeros', 'mean' or 'edge'")


@pad.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    J, left, right = sizes(rng, 2, 9, 3)
    yield case("three days, zeros around", np.array([3.0, 5, 10]), 2, 1)
    yield case("three days, their average around", np.array([3.0, 5, 10]), 2, 1, "mean")
    yield case("three days, edge values around", np.array([3.0, 5, 10]), 2, 1, "edge")
    for mode in ("zeros", "mean", "edge"):
        yield case(f"random sizes, {mode}", rng.normal(size=J), left, right, mode)
    yield case("nothing on the right, edge", rng.normal(size=6), 3, 0, "edge")
    yield case("nothing on the left, mean", rng.normal(size=5), 0, 2, "mean")
    yield case("whole numbers whose average is none", np.array([1, 2, 4, 4]) * J, 1, 3, "mean")
    yield case("numbers of type uint8", rng.integers(0, 256, 7).astype(np.uint8), 2, 3, "zeros")
    yield case("longer padding than series", strided(rng.normal(size=2)), 5, 4, "edge")
    yield case("a series that may not be changed", frozen(rng.normal(size=4)), 1, 2, "zeros")
    yield Case("an unknown mode", (rng.normal(size=4), 1, 2, "reflect"), raises=True)


@pad.working
def _(index, x, left, right, mode="zeros"):
    (i,) = index
    if left <= i < left + len(x):
        return f"entry {i} lies inside the series: it is x[{i} − left] = x[{i - left}]"
    side = "before the first" if i < left else "after the last"
    said = {
        "zeros": "0",
        "mean": f"the mean of x, {number(float(np.mean(x)))}",
        "edge": f"x[0] = {number(x[0])}" if i < left else f"x[-1] = {number(x[-1])}",
    }
    return f"entry {i} lies {side} day: with mode {mode!r} it is {said[mode]}"


pad.hints = [
    "How long is the result? At which index of the result does x[0] stand?",
    "```\n left values │ x[0] … x[J-1] │ right values\n"
    "0 … left-1    left … left+J-1   left+J …\n```\n"
    "What differs between the modes are only the values on the two sides.",
    '```python\nif mode == "zeros":\n    before, after = 0, 0\n'
    'elif mode == "mean":\n    before, after = ...\nelif mode == "edge":\n'
    "    before, after = ...\nelse:\n    raise ValueError(...)\n"
    "return ...   # np.full(left, before), x and np.full(right, after), joined\n```",
]
pad.built = (
    "Three answers to the question of the edges: zeros are what `padding` means in torch's "
    "convolutions, and `np.pad` offers all three. The layer of the next section pads with zeros, "
    "and so does lesson 3 on all sides of a picture."
)


@pad.mistake(
    "left and right are swapped",
    "The values on the left are as many as there should be on the right.",
)
def _(right_answer, x, left, right, mode="zeros"):
    return right_answer(x, right, left, mode)


@pad.mistake("the mode is ignored", "The result is padded with zeros whatever the mode says.")
def _(right_answer, x, left, right, mode="zeros"):
    right_answer(x, left, right, mode)
    return right_answer(x, left, right, "zeros")


@pad.mistake(
    "an unknown mode passes silently",
    "A mode that you do not know must raise a "
    "ValueError: a typing error would go unnoticed otherwise.",
)
def _(right_answer, x, left, right, mode="zeros"):
    return right_answer(x, left, right, mode if mode in ("zeros", "mean") else "edge")


@pad.mistake(
    "the first value on both sides",
    "In the mode “edge” the values after the series repeat its last value, x[-1].",
)
def _(right_answer, x, left, right, mode="zeros"):
    out = right_answer(x, left, right, mode)
    if mode == "edge":
        out[left + len(x) :] = x[0]
    return out


@pad.mistake(
    "mirrors the series",
    "You continue the series with its values in reverse order. "
    "The mode “edge” repeats the first and the last value only.",
)
def _(right_answer, x, left, right, mode="zeros"):
    out = right_answer(x, left, right, mode)
    if mode == "edge":
        out = np.pad(np.asarray(x, dtype=float), (left, right), mode="symmetric")
    return out


@pad.mistake(
    "the average of the padded series",
    "The zeros that were put in first pull the average down. Take the average of x alone.",
)
def _(right_answer, x, left, right, mode="zeros"):
    out = right_answer(x, left, right, mode)
    if mode == "mean":
        value = right_answer(x, left, right).mean()
        out[:left] = value
        out[left + len(x) :] = value
    return out


@pad.mistake(
    "stumbles over right = 0",
    "-0 is 0: when right is 0, out[left:-right] is empty and out[-right:] is all of it. Count both "
    "from the front, from left and left + len(x) on.",
    symptom=True,
)
def _(right_answer, x, left, right, mode="zeros"):
    out = right_answer(x, left, right, mode)
    out[left:-right] = x
    return out


@pad.mistake(
    "goes on from the other end",
    "Beyond the edge you go on with the values at the series' other end, as if it were a circle. "
    "The mode “edge” repeats the nearest one: x[0] before the series, x[-1] after it.",
)
def _(right_answer, x, left, right, mode="zeros"):
    out = right_answer(x, left, right, mode)
    if mode == "edge":
        out = np.pad(np.asarray(x, dtype=float), (left, right), mode="wrap")
    return out


@pad.mistake(
    "the series itself is missing",
    "You return what stands around the series, without the series between the two sides.",
)
def _(right_answer, x, left, right, mode="zeros"):
    out = right_answer(x, left, right, mode)
    return np.concatenate([out[:left], out[left + len(x) :]])


FOR_FLOATS.belongs_to(pad)
