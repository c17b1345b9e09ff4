"""``numerical_gradient``: slopes by trying, the honest check."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from ..engine.drawing import sizes
from ..engine.exercise import Case, exercise
from ..engine.shown import number


@exercise(points=3, minutes=12, difficulty=3, importance=3)
def numerical_gradient(
    loss: Callable[[np.ndarray], float], p: np.ndarray, eps: float = 1e-6
) -> np.ndarray:
    """The gradient of a function, by trying: central differences.

    For each entry of p: $(loss(p_i+eps) - loss(p_i-eps)) / (2\\,eps)$, with all other entries
    as they were.

    loss: function of an array like p that returns a number.
    p: parameters, float64, any shape. It is the same afterwards (rounding errors aside).
    eps: how far to go to either side.
    Returns float64, an array like p.
    Lecture 6 derives the gradients that this checks; the method itself is not in it.
    """


@numerical_gradient.oracle
def _(loss, p, eps=1e-6):
    slopes = np.zeros(p.shape)
    for index in np.ndindex(p.shape):
        step = np.zeros(p.shape)
        step[index] = eps
        slopes[index] = (loss(p + step) - loss(p - step)) / (2 * eps)
    return slopes


def try_loss(numerical_gradient, loss, p, **eps):
    """Call with one of these functions, on a writable array of its own."""
    known = {
        "sum of p²": lambda p: np.sum(p**2),
        "sum of p³": lambda p: np.sum(p**3),
        "sum of k·p² for k = 1, 2, …": lambda p: np.sum(np.arange(1, p.size + 1) * p.ravel() ** 2),
        "product of all entries": lambda p: np.prod(p),
        "the first entry times the last": lambda p: p.ravel()[0] * p.ravel()[-1],
    }
    own = np.array(p)
    slopes = numerical_gradient(known[loss], own, **eps)
    kept = own.shape == p.shape and bool(np.all(np.abs(own - p) < 1e-9))
    return {"gradient": slopes, "p is as it was": kept}


def try_transposed(numerical_gradient, loss, p):
    """Call with sum of k·p² on an array whose entries do not lie in a row in memory."""
    own = np.array(p.T).T
    slopes = numerical_gradient(lambda p: np.sum(np.arange(1, p.size + 1) * p.ravel() ** 2), own)
    return {"gradient": slopes, "p is as it was": bool(np.all(np.abs(own - p) < 1e-9))}


@numerical_gradient.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    a, b, c = sizes(rng, 2, 5, 3)

    def of(name: str, loss: str, p: np.ndarray, probe: Callable = try_loss, **eps: float) -> Case:
        return Case(name, (loss, p), eps, probe=probe, rtol=1e-5, atol=1e-7)

    weighted = "sum of k·p² for k = 1, 2, …"
    yield of("a parabola, by hand", "sum of p²", np.array([1.0, -2, 0.5]))
    yield of("each entry has its own slope", weighted, rng.normal(size=a + 3))
    yield of("a matrix", weighted, rng.normal(size=(a, b)))
    yield of("three axes", weighted, rng.normal(size=(a, b, c)))
    yield of("a matrix that is not contiguous", weighted, rng.normal(size=(b, c)), try_transposed)
    yield of("entries that depend on each other", "product of all entries", 1 + rng.random(size=4))
    yield of("a slope of zero", "the first entry times the last", rng.normal(size=5))
    yield of("a large step, eps = 0.1", "sum of p³", rng.normal(size=4), eps=0.1)
    yield of("another large step, on a matrix", weighted, rng.normal(size=(2, 3)), eps=0.05)


@numerical_gradient.working
def _(index, loss, p, eps=1e-6):
    place = ", ".join(map(str, index))
    value = number(p[index])
    return (
        f"loss is the {loss}; p[{place}] = {value}\n"
        f"entry [{place}] is (loss with p[{place}] = {value} + {number(eps)}, minus loss with "
        f"p[{place}] = {value} − {number(eps)}) / (2·{number(eps)})"
    )


numerical_gradient.hints = [
    "For one number p the slope is about (loss(p + eps) − loss(p − eps)) / (2·eps). What has to "
    "stay the same while you change one entry of an array, and what must happen after it?",
    "Three values per entry: remember p[i]; put p[i] + eps there and take the loss; put "
    "p[i] − eps there and take the loss; put the old value back. `np.ndindex(p.shape)` "
    "runs over all entries of an array with any number of axes.",
    "```python\nslopes = np.zeros(p.shape)\nfor i in np.ndindex(p.shape):\n    old = p[i]\n"
    "    p[i] = ...\n    up = loss(p)\n    p[i] = ...\n    down = loss(p)\n"
    "    p[i] = ...               # as it was\n    slopes[i] = ...\nreturn slopes\n```",
]
numerical_gradient.built = (
    "You can now check any gradient, whoever derived it; `torch.autograd.gradcheck` goes about it"
    " in the same way. The next cell holds the filter's derived gradient against what trying "
    "gives."
)


@numerical_gradient.mistake(
    "divided by eps, not by 2·eps",
    "From p − eps to p + eps it is two steps of eps: your slopes are twice too steep.",
)
def _(right, loss, p, eps=1e-6):
    return 2 * right(loss, p, eps)


@numerical_gradient.mistake(
    "a difference to one side only",
    "You compare loss(p + eps) with loss(p). Go to both sides: the error is then of order eps² "
    "instead of eps, as the cases with a large eps show.",
)
def _(right, loss, p, eps=1e-6):
    slopes = np.zeros(p.shape)
    for i in np.ndindex(p.shape):
        step = np.zeros(p.shape)
        step[i] = eps
        slopes[i] = (loss(p + step) - loss(p)) / eps
    return slopes


@numerical_gradient.mistake(
    "one step, divided by two",
    "You compare loss(p + eps) with loss(p), which is one step of eps, and divide by 2·eps: your "
    "slopes are half as steep. From p + eps it is 2·eps down to p − eps.",
)
def _(right, loss, p, eps=1e-6):
    slopes = np.zeros(p.shape)
    for i in np.ndindex(p.shape):
        step = np.zeros(p.shape)
        step[i] = eps
        slopes[i] = (loss(p + step) - loss(p)) / (2 * eps)
    return slopes


@numerical_gradient.mistake(
    "all entries move together",
    "You add eps to the whole array. Change one entry at a time and leave the others.",
)
def _(right, loss, p, eps=1e-6):
    return np.full(p.shape, (loss(p + eps) - loss(p - eps)) / (2 * eps))


@numerical_gradient.mistake(
    "entries are not put back",
    "After its turn each entry keeps its step, so the next slopes are taken at another place, "
    "and p is not what it was. Put the old value back.",
)
def _(right, loss, p, eps=1e-6):
    slopes = np.zeros(p.shape)
    for i in np.ndindex(p.shape):
        p[i] += eps
        up = loss(p)
        p[i] -= 2 * eps
        slopes[i] = (up - loss(p)) / (2 * eps)
    return slopes


@numerical_gradient.mistake(
    "the sign is wrong",
    "You subtract the right value from the left one. Where the loss rises the slope is positive.",
)
def _(right, loss, p, eps=1e-6):
    return -right(loss, p, eps)


@numerical_gradient.mistake(
    "always uses eps = 1e-6",
    "eps is a parameter: use the value that was asked for.",
)
def _(right, loss, p, eps=1e-6):
    return right(loss, p, 1e-6)


@numerical_gradient.mistake(
    "divided by a fixed step",
    "You go eps to both sides, but divide by what fits eps = 1e-6 only. Divide by 2·eps, whatever "
    "eps is.",
)
def _(right, loss, p, eps=1e-6):
    return right(loss, p, eps) * eps / 1e-6


@numerical_gradient.mistake(
    "a fixed step to one side",
    "You compare loss(p + h) with loss(p), for an h of your own. Take eps, which was asked for, "
    "and go to both sides: the error is then of order eps² instead of eps.",
)
def _(right, loss, p, eps=1e-6):
    slopes = np.zeros(p.shape)
    for i in np.ndindex(p.shape):
        step = np.zeros(p.shape)
        step[i] = 1e-5
        slopes[i] = (loss(p + step) - loss(p)) / 1e-5
    return slopes


@numerical_gradient.mistake(
    "numbers of 32 bits",
    "In float32 a number has seven digits, and a step of 1e-6 disappears in their rounding. Copy p "
    "as float64: p.copy() or p.astype(float).",
)
def _(right, loss, p, eps=1e-6):
    slopes = np.zeros(p.shape)
    for i in np.ndindex(p.shape):
        up, down = p.astype(np.float32), p.astype(np.float32)
        up[i] += eps
        down[i] -= eps
        slopes[i] = (loss(up) - loss(down)) / (2 * eps)
    return slopes


@numerical_gradient.mistake(
    "the result is flat",
    "Your result has one axis, p has more. The gradient has the shape of p.",
)
def _(right, loss, p, eps=1e-6):
    return right(loss, p, eps).ravel()


@numerical_gradient.mistake(
    "the loss does not move",
    "Both losses are the same, so every slope is 0. Either p is not what is changed (flatten() "
    "and, of some arrays, reshape and ravel give a copy), or both losses are taken at one place: "
    "a = p makes no copy, and both names mean one array.",
    symptom=True,
)
def _(right, loss, p, eps=1e-6):
    return np.zeros(p.shape)
