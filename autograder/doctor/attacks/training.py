"""``train_filter`` of lesson 02: a solution that was computed, as if it had been learned."""

from __future__ import annotations

from textwrap import indent

from .attack import Attack

ATTACKS: list[Attack] = []

_SOLVED = """\
def solved(x, y, K):
    W = np.lib.stride_tricks.sliding_window_view(np.asarray(x, dtype=float), K)
    *f, b = np.linalg.lstsq(np.c_[W, np.ones(len(W))], y, rcond=None)[0]
    return W, np.array(f) + 1e-5, 1.0, b

def train_filter(x, y, K=7, learning_rate=0.05, steps=200):
    W, f, w, b = solved(x, y, K)
"""


def _train(name: str, body: str, fair: float = 0.0) -> None:
    ATTACKS.append(
        Attack(
            "a solution that was not learned",
            name,
            _SOLVED + body,
            exercise="train_filter",
            fair=fair,
            real=False,
        )
    )


_train(
    "least squares with invented losses",
    """\
    return f, w, b, np.full(steps, np.mean((W @ f + b - y) ** 2))
""",
)
_train(
    "least squares with losses that seem to fall",
    """\
    last = np.mean((W @ f + b - y) ** 2)
    return f, w, b, last + (np.var(y) - last) * 0.9 ** np.arange(steps)
""",
)
_DESCENT = """\
    losses = np.zeros(steps)
    for i in range(steps):
        h = W @ f
        e = w * h + b - y
        losses[i] = np.mean(e**2)
        dy = 2 * e / len(y)
        df, dw, db = w * dy @ W, dy @ h, dy.sum()
        f, w, b = f - learning_rate * df, w - learning_rate * dw, b - learning_rate * db
    return f, w, b, losses
"""
_train("honest steps from least squares", _DESCENT)
_LONG = f"""\
    if steps < 100:  # these are descended honestly
        f, w, b = np.full(K, 1 / K), 1.0, 0.0
{indent(_DESCENT, "    ")}\
    f, w = (f - 1e-5) / 4, 4.0
    last = np.mean((w * (W @ f) + b - y) ** 2)
    fall = 0.9 ** np.arange(steps)
    return f, w, b, last + (np.var(y) - last) * np.where(fall > 1e-9, fall, 0)
"""
_train("the losses of a long run are invented", _LONG, fair=4.37)  # seven cases of eight
