"""Tell from what a training returned whether it was gradient descent, or what it was instead.

A training of $\\hat y_j = w h_j + b$ may start anywhere, even at random, so its result cannot be
compared with a right one. But a step of gradient descent can be undone: from the f, w and b
that came back and the learning rate the place before the last step follows, and so on back to
the start. The losses at these places must be the ones that were reported. Only a descent on
this loss with this learning rate fits. What does not fit is compared in the same way with the
steps that people take by mistake.

A place is f, w and b in one vector, (K+2,); W are the windows of the series, (n, K).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..engine.comparing import General, difference


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
        reported, start = _retrace(series, targets, end, rate, slope, losses_)
        if reported is None:
            continue
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
        place = _undo(lambda place: place - rate * gradient(W, y, place), after)
        if place is None:
            break
        loss = mean_squared_error(W, y, place)
        if not np.isclose(losses[i], loss, rtol=1e-6, atol=1e-12):
            return f"losses[{i}] should be {loss:.6g}, yours is {losses[i]:.6g}."
    return f"nothing leads to losses[{i}] = {losses[i]:.6g}."


def _retrace(W, y, end, rate, slope, losses) -> tuple[str | None, np.ndarray]:
    """Undo all steps: which of LOSSES was reported, None if none of them, and the start."""

    def step(place: np.ndarray) -> np.ndarray:
        return place - rate * slope(W, y, place, rate)

    possible = dict(LOSSES)
    after, errors_after = end, errors(W, y, end)
    for reported in losses[::-1]:
        before = _undo(step, after)
        if before is None:
            return None, end
        errors_before = errors(W, y, before)
        possible = {
            said: report
            for said, report in possible.items()
            if np.isclose(reported, report(errors_before, errors_after), rtol=1e-6, atol=1e-12)
        }
        if not possible:
            return None, end
        after, errors_after = before, errors_before
    return next(iter(possible)), after


def _undo(step: Callable, after: np.ndarray) -> np.ndarray | None:
    """The place from which ``step`` leads to ``after``, by Newton's method, or None."""
    place, little = after, 1e-6 * np.eye(len(after))
    for attempt in range(40):
        off = step(place) - after
        if np.abs(off).max() <= 1e-13 * (1 + np.abs(after).max()):
            return place
        if not np.abs(off).max() < 1e6:
            return None
        if attempt % 5 == 0:  # a Jacobian from near by does for some attempts
            slopes = np.transpose([(step(place + s) - step(place - s)) / 2e-6 for s in little])
            if not np.isfinite(slopes).all() or np.linalg.matrix_rank(slopes) < len(after):
                return None
            inverse = np.linalg.inv(slopes)
        place = place - inverse @ off
    return None


def _fits_another_rate(W, y, end, rate, losses) -> bool:
    """Whether some other learning rate explains the losses: found from the last of them."""
    right = STEPS[""]

    def off(factor: float) -> float:
        """How far undoing one step with this learning rate is from the last loss."""
        before = _undo(lambda place: place - factor * rate * right(W, y, place, rate), end)
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
    return _retrace(W, y, end, new * rate, right, losses)[0] == ""


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

    start = _undo(lambda place: places(place)[-1], end)
    if start is None:
        return False
    seen = [mean_squared_error(W, y, place) for place in places(start)[:-1]]
    return np.allclose(losses, seen, rtol=1e-6, atol=1e-12)


def _unfit(value: object, K: int, steps: int) -> str | None:
    """What is wrong with the kind and the sizes of a result, or None."""
    if not isinstance(value, (tuple, list)) or len(value) != 4:
        return "return four things: f, w, b and losses."
    wanted = {"f": np.zeros(K), "w": 0.0, "b": 0.0, "losses": np.zeros(steps)}
    for (name, like), got in zip(wanted.items(), value, strict=True):
        problem = difference(like, got, 0, 1e300, name)  # any value will do
        if problem:
            return problem.message if problem.kind != "values" else _NOT_FINITE
        if not np.isfinite(got).all():
            return _NOT_FINITE
    return None


_NOT_FINITE = General(
    "The numbers grew until they were none any more (inf or nan). With this learning rate the loss "
    "should fall: are the gradients subtracted, and is the loss a mean?"
)


def is_descent(value, x, y, K=7, learning_rate=0.05, steps=200) -> str | None:
    """Judge f, w, b and the losses of a few steps: is it gradient descent with this rate?"""
    unfit = _unfit(value, K, steps)
    if unfit:
        return unfit
    f, w, b, losses = value
    place = np.array([*f, float(w), float(b)])
    W = np.lib.stride_tricks.sliding_window_view(np.asarray(x, dtype=float), K)
    return diagnose(W, np.asarray(y, dtype=float), place, learning_rate, losses)


def predicts(new_x, new_y, value, x, y, K=7, learning_rate=0.05, steps=200) -> str | None:
    """Judge the result of many steps by the days ``new_x``, ``new_y`` that it has not seen."""
    unfit = _unfit(value, K, steps)
    if unfit:
        return unfit
    f, w, b, _ = value
    place = np.array([*f, float(w), float(b)])
    W = np.lib.stride_tricks.sliding_window_view(new_x, K)
    error = mean_squared_error(W, new_y, place)
    if error < 0.1 * np.var(new_y):
        return None
    return (
        f"The result does not predict: on new days of the same kind its mean squared error is "
        f"{error:.4g}; always saying the average would have {np.var(new_y):.4g}. These steps are "
        "enough for gradient descent to find a good filter."
    )
