"""Judges of ``train_filter``: by f, w, b and the losses that came back, whatever they come from.

Whether they are those of a descent is told by the way back (``descent``). And the start must know
nothing of the solution: with the loss L₀ there, the variance V of y (the loss of the best
constant) and the least loss L* of any f, w and b (that of least squares on the windows and a
constant, since w f can be any filter), L₀ ≥ L* + (V − L*)/10 is asked for. Least squares has
L₀ = L*. The hidden filters are long, so that no numbers drawn around 0 are near one by luck.
"""

from __future__ import annotations

import numpy as np

from ..engine.comparing import General, difference
from .descent import TOO_LARGE, diagnose, mean_squared_error

START = 0.1
"""The least share of the way from the best loss to the variance of y at which a descent starts."""

SOLUTION = 1e-6
"""What lies nearer than this share to the best loss is the solution."""

AT_THE_SOLUTION = (
    "The training starts where it should end: its first loss is the smallest there is, or nearly. "
    "Start at numbers that know nothing of the solution, such as constants or random numbers; "
    "the steps have to find it."
)
SOLVED = (
    "f, w and b are the solution itself, as least squares gives it; so few steps do not lead there "
    "from numbers that know nothing of it. Start at constants or random numbers, and let the "
    "steps do the work."
)
BELOW_THE_BEST = "One of your losses is smaller than that of any f, w and b can be."


def share_of_the_way(W: np.ndarray, y: np.ndarray, loss: float) -> float:
    """Where a loss lies on the way from the least that there is (0) to the variance of y (1)."""
    table = np.c_[W, np.ones(len(y))]
    least = np.mean((table @ np.linalg.lstsq(table, y, rcond=None)[0] - y) ** 2)
    return float((loss - least) / (np.var(y) - least))


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


def _taken_apart(value, x, y, K: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Windows, what was to be predicted, where the training ended, and its losses."""
    f, w, b, losses = value
    W = np.lib.stride_tricks.sliding_window_view(np.asarray(x, dtype=float), K)
    return W, np.asarray(y, dtype=float), np.array([*f, float(w), float(b)]), np.asarray(losses)


def is_descent(value, x, y, K=7, learning_rate=0.05, steps=200) -> str | None:
    """Judge f, w, b and the losses of a run whose steps can all be undone."""
    if unfit := _unfit(value, K, steps):
        return unfit
    W, y, end, losses = _taken_apart(value, x, y, K)
    if share_of_the_way(W, y, mean_squared_error(W, y, end)) < SOLUTION:
        return SOLVED
    if wrong := diagnose(W, y, end, learning_rate, losses):
        return wrong
    return AT_THE_SOLUTION if share_of_the_way(W, y, losses[0]) < START else None


def predicts(new_x, new_y, value, x, y, K=7, learning_rate=0.05, steps=200) -> str | None:
    """Judge a long run by its losses, and by the days ``new_x``, ``new_y`` that it has not seen.

    Its steps are followed back to the start. Where that is lost, for a start at large numbers, the
    last steps are, and the result has to predict. (One that starts near 0 may not have come far
    yet, which all its steps show.)
    """
    if unfit := _unfit(value, K, steps):
        return unfit
    W, y, end, losses = _taken_apart(value, x, y, K)
    wrong = diagnose(W, y, end, learning_rate, losses)
    W_new = np.lib.stride_tricks.sliding_window_view(new_x, K)
    error = mean_squared_error(W_new, new_y, end)
    if wrong and not error < 0.1 * np.var(new_y):
        return (
            f"The result does not predict: on new days of the same kind its mean squared error is "
            f"{error:.4g}; always saying the average would have {np.var(new_y):.4g}. These steps "
            "are enough for gradient descent to find a good filter."
        )
    # Whose steps lead back to their start may have come as near to the solution as there is.
    if wrong and share_of_the_way(W, y, mean_squared_error(W, y, end)) < SOLUTION:
        return SOLVED
    if wrong and wrong != TOO_LARGE:
        return wrong
    if share_of_the_way(W, y, losses[0]) < START:
        return AT_THE_SOLUTION
    return BELOW_THE_BEST if share_of_the_way(W, y, losses.min()) < -SOLUTION else None
