"""Tell from what a training returned whether it was gradient descent, or what it was instead.

A training of $\\hat y_j = w h_j + b$ may start anywhere, even at random, so its result cannot be
compared with a right one. But a step of gradient descent can be undone: from the f, w and b
that came back and the learning rate the place before the last step follows, and so on back to
the start. The losses at these places must be the ones that were reported. Only a descent on
this loss with this learning rate fits. What does not fit is compared in the same way with the
steps that people take by mistake.

How far back that holds. A step maps a place p to p − r·g(p), and undoing it multiplies what is
unknown of p by the inverse of 1 − r·H, H the Hessian: along a direction in which the loss curves
by λ, by 1/(1 − rλ). A long descent forgets where it came from, so its rounding errors (1e-16) grow
on the way back until they are all that is seen. So the way is followed as long as the product of
these inverses' norms, which bounds the growth, is at most ``GROWTH``: that is the whole of a short
run and of a run of many small steps, and the last part of one that comes to an end.

A place is f, w and b in one vector, (K+2,); W are the windows of the series, (n, K).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def mean_squared_error(W: np.ndarray, y: np.ndarray, place: np.ndarray) -> float:
    """The loss at a place."""
    return float(np.mean(errors(W, y, place) ** 2))


def errors(W: np.ndarray, y: np.ndarray, place: np.ndarray) -> np.ndarray:
    """ŷ − y at a place."""
    return place[-2] * (W @ place[:-2]) + place[-1] - y


def gradient(W: np.ndarray, y: np.ndarray, place: np.ndarray, w: float | None = None) -> np.ndarray:
    """The gradient of the loss at a place; f's part with another ``w``, if one is given."""
    f, own_w, b = place[:-2], place[-2], place[-1]
    h = W @ f
    dy = 2 * (own_w * h + b - y) / len(y)
    return np.array([*(own_w if w is None else w) * (dy @ W), dy @ h, dy.sum()])


def _only(f: int, w: int, b: int) -> Callable:
    """The gradient with parts of it set to zero."""
    return lambda W, y, place, rate: gradient(W, y, place) * [*[f] * W.shape[1], w, b]


def _with_new_w(W: np.ndarray, y: np.ndarray, place: np.ndarray, rate: float) -> np.ndarray:
    return gradient(W, y, place, w=(place - rate * gradient(W, y, place))[-2])


def _times_the_output(W: np.ndarray, y: np.ndarray, place: np.ndarray, rate: float) -> np.ndarray:
    """With ŷ as a factor too many: 2 (ŷ − y) ŷ."""
    h = W @ place[:-2]
    yhat = place[-2] * h + place[-1]
    dy = 2 * (yhat - y) * yhat / len(y)
    return np.array([*place[-2] * (dy @ W), dy @ h, dy.sum()])


def _with_f_flipped(W: np.ndarray, y: np.ndarray, place: np.ndarray, rate: float) -> np.ndarray:
    slope = gradient(W, y, place)
    return np.array([*slope[-3::-1], *slope[-2:]])


GROWTH = 1e7
"""So much may rounding errors grow on the way back."""

DIGITS = 1e-6
"""The relative tolerance of losses, while rounding errors have not grown by more than ``FIRST``;
from there on it grows with them, to 1e-3 at the most."""

FIRST = 1e4

STEPS: dict[str, Callable] = {
    "": _only(1, 1, 1),
    "Your steps are half as long as they should be: a square's derivative brings a factor 2.": (
        _only(0.5, 0.5, 0.5)
    ),
    "Your steps are those of a sum over all windows, but the loss is their mean.": (
        lambda W, y, place, rate: len(y) * gradient(W, y, place)
    ),
    "Your steps go uphill: the gradients have to be subtracted.": _only(-1, -1, -1),
    "f is not trained: it ends where it started.": _only(0, 1, 1),
    "w is not trained: it ends where it started.": _only(1, 0, 1),
    "b is not trained: it ends where it started.": _only(1, 1, 0),
    "The gradient of f lacks the factor w that the chain rule brings.": (
        lambda W, y, place, rate: gradient(W, y, place, w=1.0)
    ),
    "The gradient of f is taken with the new w: take all gradients first, then step.": _with_new_w,
    "The gradient of f comes out backwards: its first entry belongs to the oldest day.": (
        _with_f_flipped
    ),
    "The gradient of ŷ has a factor ŷ too many: the derivative of (ŷ − y)² is 2 (ŷ − y).": (
        _times_the_output
    ),
}
"""What may be subtracted, times the learning rate, in a step; "" is right."""

LOSSES: dict[str, Callable] = {
    "": lambda before, after: np.mean(before**2),
    "The losses you report are half of the mean squared error.": (
        lambda before, after: np.mean(before**2) / 2
    ),
    "The losses you report are sums over all windows, not means.": (
        lambda before, after: np.sum(before**2)
    ),
    "The losses you report are roots of the mean squared error.": (
        lambda before, after: np.sqrt(np.mean(before**2))
    ),
    "The losses you report are means of the errors without their signs, not of their squares.": (
        lambda before, after: np.mean(np.abs(before))
    ),
    "The losses you report are those after each update, not before it.": (
        lambda before, after: np.mean(after**2)
    ),
}
"""What may be reported, given the errors ŷ − y before and after a step; "" is right."""

TOO_LARGE = (
    "From these numbers the steps cannot be followed back to where they began. Start f, w and b at "
    "smaller numbers."
)
TABLE = (
    "Your errors are a table: every prediction minus every y, n by n of them. That comes of a "
    "column (n, 1) minus a row (n,): both should be (n,)."
)
FLIPPED = "The filter is flipped: its first weight should meet the oldest day of each window."
UNMOVED = (
    "f and w stay at zero: there both gradients are zero, since each has the other one as a "
    "factor. Start f or w somewhere else."
)
PILED_UP = (
    "Each step takes the gradients of all steps before it along: they pile up. Set the sums back "
    "to zero at the start of each step, or write = instead of +=."
)
OTHER_RATE = "This is a gradient descent, but not with the learning rate that was asked for."
UNKNOWN = (
    "Your losses do not belong to this f, w and b: going back from these step by step with this "
    "learning rate, "
)


@np.errstate(all="ignore")  # undoing wrong steps may lead anywhere
def diagnose(
    W: np.ndarray, y: np.ndarray, end: np.ndarray, rate: float, losses: np.ndarray
) -> str | None:
    """None if gradient descent with this learning rate ends like this; else a sentence on it.

    W: windows, (n, K). y: what was to be predicted, (n,). end: the f, w and b that came back.
    losses: as they were reported, the loss before each step; at least two of them.
    """
    tries = [(W, y, losses, said, slope) for said, slope in STEPS.items()]
    tries.append((W[:, ::-1], y, losses, FLIPPED, STEPS[""]))
    # The mean of all (ŷᵢ − yⱼ)² is that of all (ŷᵢ − the mean of y)², plus the variance of y.
    tries.append((W, np.full(len(y), y.mean()), losses - y.var(), TABLE, STEPS[""]))
    for series, targets, losses_, said, slope in tries:
        reported, start, whole = _retrace(series, targets, end, rate, slope, losses_)
        if reported is None:
            continue
        if not said and not reported and not whole:
            return TOO_LARGE
        if not said and not reported:
            parts = (slice(-2), -2)  # f, and w
            stayed = [np.allclose(start[p], end[p], rtol=1e-12, atol=1e-12) for p in parts]
            return UNMOVED if any(stayed) else None
        return " ".join(filter(None, (said, reported)))
    if _fits_another_rate(W, y, end, rate, losses):
        return OTHER_RATE
    if _piled_up(W, y, end, rate, losses):
        return PILED_UP
    return UNKNOWN + _first_misfit(W, y, end, rate, losses)


def _first_misfit(W, y, end, rate, losses) -> str:
    """The end of a sentence: which loss is the first to disagree on the way back."""
    place = end
    for i in reversed(range(len(losses))):
        after = place
        place, _ = _undo(lambda place: place - rate * gradient(W, y, place), after)
        if place is None:
            break
        loss = mean_squared_error(W, y, place)
        if not np.isclose(losses[i], loss, rtol=1e-6, atol=1e-12):
            return f"losses[{i}] should be {loss:.6g}, yours is {losses[i]:.6g}."
    return f"nothing leads to losses[{i}] = {losses[i]:.6g}."


def _retrace(W, y, end, rate, slope, losses) -> tuple[str | None, np.ndarray, bool]:
    """Undo steps: which of LOSSES was reported, None if none of them; the place reached; and
    whether that is the start: rounding errors may hide it."""

    def step(place: np.ndarray) -> np.ndarray:
        return place - rate * slope(W, y, place, rate)

    possible = dict(LOSSES)
    after, errors_after, growth = end, errors(W, y, end), 1.0
    for reported in losses[::-1]:
        before, grows = _undo(step, after)
        if before is None:
            return None, end, False
        growth *= grows
        if growth > GROWTH:
            return next(iter(possible)), after, False
        rtol = DIGITS * max(growth / FIRST, 1)
        errors_before = errors(W, y, before)
        possible = {
            said: report
            for said, report in possible.items()
            if np.isclose(reported, report(errors_before, errors_after), rtol=rtol, atol=1e-12)
        }
        if not possible:
            return None, end, False
        after, errors_after = before, errors_before
    return next(iter(possible)), after, True


def _undo(step: Callable, after: np.ndarray) -> tuple[np.ndarray | None, float]:
    """The place from which ``step`` leads to ``after``, by Newton's method, or None.

    And by how much, at most, a small change of ``after`` grows on the way there.
    """
    place, little, grows = after, 1e-6 * np.eye(len(after)), 1.0
    for attempt in range(40):
        if attempt % 5 == 0:  # a Jacobian from near by does for some attempts
            slopes = np.transpose([(step(place + s) - step(place - s)) / 2e-6 for s in little])
            if not np.isfinite(slopes).all() or np.linalg.matrix_rank(slopes) < len(after):
                return None, grows
            inverse = np.linalg.inv(slopes)
            grows = max(float(np.linalg.norm(inverse, 2)), 1.0)
        off = step(place) - after
        if np.abs(off).max() <= 1e-13 * (1 + np.abs(after).max()):
            return place, grows
        if not np.abs(off).max() < 1e6:
            return None, grows
        place = place - inverse @ off
    return None, grows


def _fits_another_rate(W, y, end, rate, losses) -> bool:
    """Whether some other learning rate explains the losses: found from the last of them."""
    right = STEPS[""]

    def off(factor: float) -> float:
        """How far undoing one step with this learning rate is from the last loss."""
        before, _ = _undo(lambda place: place - factor * rate * right(W, y, place, rate), end)
        return np.nan if before is None else mean_squared_error(W, y, before) - losses[-1]

    steepness = rate * np.sum(gradient(W, y, end) ** 2)
    old, off_old = 0.0, mean_squared_error(W, y, end) - losses[-1]
    if not steepness or not off_old:
        return False
    new = -off_old / steepness  # to first order; from here on by the secant method
    for _ in range(30):
        off_new = off(new)
        if not np.isfinite(off_new) or abs(off_new) < 1e-13 * losses[-1] or off_new == off_old:
            break
        old, new, off_old = new, new - off_new * (new - old) / (off_new - off_old), off_new
    reported, start, whole = _retrace(W, y, end, new * rate, right, losses)
    return reported == "" and (not whole or _falls_like(W, y, start, new * rate, losses))


def _falls_like(W, y, start, rate, losses) -> bool:
    """Whether a descent's losses change from step to step as these: where steps are so small that
    a loss hardly changes, any way downhill has nearly the same losses."""
    place, seen = start, []
    for _ in losses:
        seen.append(mean_squared_error(W, y, place))
        place = place - rate * gradient(W, y, place)
    changes = np.diff(losses)
    return np.allclose(changes, np.diff(seen), rtol=1e-5, atol=1e-12 * np.max(np.abs(losses)))


def _piled_up(W, y, end, rate, losses) -> bool:
    """Whether the sum of all gradients so far was subtracted in each step.

    What was summed up cannot be told from the end; so all steps are undone at once.
    """

    def places(start: np.ndarray) -> list[np.ndarray]:
        way, total = [start], np.zeros(len(start))
        for _ in losses:
            total = total + gradient(W, y, way[-1])
            way.append(way[-1] - rate * total)
        return way

    start, _ = _undo(lambda place: places(place)[-1], end)
    if start is None:
        return False
    seen = [mean_squared_error(W, y, place) for place in places(start)[:-1]]
    return np.allclose(losses, seen, rtol=1e-6, atol=1e-12)
