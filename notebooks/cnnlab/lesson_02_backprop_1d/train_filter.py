"""``train_filter``: gradient descent chooses the filter."""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np
import torch
import torch.nn.functional as F

from ..engine.drawing import frozen, strided
from ..engine.exercise import Case, exercise
from .judges import is_descent, predicts
from .series import leaf


@exercise(points=5, minutes=20, difficulty=3, importance=4)
def train_filter(
    x: np.ndarray, y: np.ndarray, K: int = 7, learning_rate: float = 0.05, steps: int = 200
) -> tuple[np.ndarray, float, float, np.ndarray]:
    """Learn a filter, a weight and a bias by gradient descent.

    The prediction is $\\hat y_j = w\\,h_j + b$ with h = conv1d(x, f), and the loss is
    the mean squared error $\\frac1n\\sum_j(\\hat y_j - y_j)^2$ over all n = J-K+1 windows
    (not half of it). In each step all gradients are taken at the same f, w and b, and then
    learning_rate times its gradient is subtracted from each.

    x: series, shape (J,). y: what to predict for each full window, shape (J-K+1,).
    K: length of the filter. learning_rate: length of a step. steps: how many.
    Returns f, float64 (K,); w and b, numbers; losses, float64 (steps,): losses[i] is the
    loss before update i. f, w and b may start at any numbers that know nothing of the
    solution (constants, random numbers), as long as f and w learn.
    Lecture 6, "1-D convolution": let the model choose the filter, by gradient descent.
    """


@train_filter.oracle
def _(x, y, K=7, learning_rate=0.05, steps=200):
    *_, (f, w, b, losses) = descend(x, y, K, learning_rate, steps)
    return f, w, b, losses


def descend(
    x: np.ndarray, y: np.ndarray, K: int, learning_rate: float, steps: int
) -> Iterator[tuple[np.ndarray, float, float, np.ndarray]]:
    """Gradient descent by torch, from the rolling average (w = 1, b = 0).

    Yields f, w, b and the losses so far after each step, so that a lesson can watch.
    """
    x, y = (torch.tensor(np.array(a, dtype=np.float64)) for a in (x, y))
    W = x.unfold(0, K, 1)  # as F.conv1d, but twice as fast for so short a series
    f, w, b = leaf(np.full(K, 1 / K)), leaf(1.0), leaf(0.0)
    losses = []
    for _ in range(steps):
        loss = F.mse_loss(w * (W @ f) + b, y)
        slopes = torch.autograd.grad(loss, (f, w, b))
        with torch.no_grad():
            for parameter, slope in zip((f, w, b), slopes, strict=True):
                parameter -= learning_rate * slope
        losses.append(loss.item())
        yield f.detach().numpy().copy(), w.item(), b.item(), np.array(losses)


@train_filter.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    def to_learn(J: int, K: int, size: float = 20.0) -> tuple[np.ndarray, np.ndarray]:
        """A series, and what a hidden filter of length ``size`` with a little noise makes of it.

        It is far longer than any start, so that no random one is near it by luck.
        """
        x, f = rng.normal(size=J), rng.normal(size=K)
        W = np.lib.stride_tricks.sliding_window_view(x, K)
        y = size * W @ f / np.linalg.norm(f) + rng.normal()
        return x, y + 0.1 * rng.normal(size=len(y))

    def narrowness(drawn: tuple[np.ndarray, np.ndarray]) -> float:
        """How much steeper the loss is in one direction of f and b than in another."""
        W = np.lib.stride_tricks.sliding_window_view(drawn[0][:42], 3)
        return float(np.linalg.cond(np.c_[W, np.ones(len(W))]))

    def short(name: str, x: np.ndarray, y: np.ndarray, **how: float) -> Case:
        return Case(name, (x, y), how, judge=is_descent, draws=True)

    rate = float(rng.uniform(0.0004, 0.0012))
    steps, K = int(rng.integers(5, 8)), int(rng.integers(3, 5))
    yield short("a few steps", *to_learn(12, 3), K=3, learning_rate=rate, steps=4)
    yield short("random sizes", *to_learn(14, K), K=K, learning_rate=rate / 2, steps=steps)
    yield short("longer steps", *to_learn(11, 2), K=2, learning_rate=3 * rate, steps=5)
    yield short("many small steps", *to_learn(25, 3), K=3, learning_rate=rate / 2, steps=60)
    yield short("a filter of seven weights", *to_learn(17, 7), learning_rate=rate, steps=6)
    counts = rng.integers(0, 4, 12)
    sums = 20 * counts[:-2] - 10 * counts[2:] + rng.integers(0, 2, 10)
    yield short("whole numbers", counts, sums, K=3, learning_rate=rate / 5, steps=5)
    x, y = to_learn(13, 3)
    yield short(
        "arrays that may not be changed, not contiguous",
        frozen(strided(x)),
        frozen(strided(y)),
        K=3,
        learning_rate=rate,
        steps=4,
    )
    # In a narrow valley a descent soon forgets where it came from: of several series the one is
    # taken from which a whole run can be followed back.
    x, y = min((to_learn(80, 3) for _ in range(12)), key=narrowness)
    yield Case(
        "many steps: the result predicts new days",
        (x[:42], y[:40]),
        {"K": 3, "learning_rate": 0.001, "steps": 150},
        judge=functools.partial(predicts, x[42:], y[42:]),
        draws=True,
    )


train_filter.hints = [
    "You have the pieces: what does one step of gradient descent need, in which order? "
    "Forward: h, ŷ, loss. Backward: which gradient comes first?",
    "With n windows and $e_j = \\hat y_j - y_j$: the loss is the mean of $e_j^2$, so "
    "$\\partial loss/\\partial\\hat y_j = \\frac2n e_j$. From there $dw=\\sum_j d\\hat y_j\\,h_j$, "
    "$db=\\sum_j d\\hat y_j$, and $dh_j=w\\,d\\hat y_j$, which `filter_gradient` turns into df.",
    "```python\nf, w, b = np.full(K, 1 / K), 1.0, 0.0      # somewhere, but not all zero\n"
    "losses = np.zeros(steps)\nfor i in range(steps):\n    h = ...\n    error = ...\n"
    "    losses[i] = ...\n    dy = ...                 # gradient of the loss w.r.t. each ŷ\n"
    "    df, dw, db = ...         # all three before anything is changed\n"
    "    f, w, b = f - ..., w - ..., b - ...\nreturn f, w, b, losses\n```",
]
train_filter.built = (
    "Gradient descent without torch: the work of `backward()` and `optim.SGD`, for a filter, a "
    "weight and a bias. In the next section it learns from the COVID-19 tests, and its filter "
    "competes with lesson 1's two."
)


@train_filter.mistake(
    "the factor 2 is missing",
    "The derivative of a square is two times what is squared: each gradient is half of what it "
    "should be.",
)
def _(right, x, y, K=7, learning_rate=0.05, steps=200):
    return right(x, y, K, learning_rate / 2, steps)


@train_filter.mistake(
    "half of the mean squared error",
    "Some books halve the loss, so that the 2 of the derivative goes away. Here it is the plain "
    "mean of the squares, and the 2 stays.",
)
def _(right, x, y, K=7, learning_rate=0.05, steps=200):
    f, w, b, losses = right(x, y, K, learning_rate / 2, steps)
    return f, w, b, losses / 2


@train_filter.mistake(
    "gradients of a sum, losses of a mean",
    "The loss is a mean over n windows, so its gradients are means too: divide by n. Without "
    "that the steps are n times too long.",
)
def _(right, x, y, K=7, learning_rate=0.05, steps=200):
    return right(x, y, K, learning_rate * len(y), steps)


@train_filter.mistake(
    "a sum of squared errors",
    "The loss is their mean. With a sum, the right learning rate depends on how many days there "
    "are.",
)
def _(right, x, y, K=7, learning_rate=0.05, steps=200):
    f, w, b, losses = right(x, y, K, learning_rate * len(y), steps)
    return f, w, b, losses * len(y)


@train_filter.mistake(
    "losses after the update",
    "losses[0] is the loss at the start, before anything was learned. Take it before the update.",
)
def _(right, x, y, K=7, learning_rate=0.05, steps=200):
    f, w, b, losses = right(x, y, K, learning_rate, steps)
    W = np.lib.stride_tricks.sliding_window_view(np.asarray(x, dtype=float), K)
    return f, w, b, np.append(losses[1:], np.mean((w * (W @ f) + b - y) ** 2))


@train_filter.mistake(
    "one loss too many",
    "There is one loss for each step. Leave out the one after the last step.",
)
def _(right, x, y, K=7, learning_rate=0.05, steps=200):
    f, w, b, losses = right(x, y, K, learning_rate, steps)
    return f, w, b, np.append(losses, losses[-1])


@train_filter.mistake(
    "the filter is not trained",
    "Only w and b move. That is linear regression on a filter somebody else has chosen; here "
    "the filter learns as well.",
)
def _(right, x, y, K=7, learning_rate=0.05, steps=200):
    W = np.lib.stride_tricks.sliding_window_view(np.asarray(x, dtype=float), K)
    f, w, b, losses = np.full(K, 1 / K), 1.0, 0.0, np.zeros(steps)
    for i in range(steps):
        h = W @ f
        error = w * h + b - y
        losses[i] = np.mean(error**2)
        w, b = w - learning_rate * 2 * np.mean(error * h), b - learning_rate * 2 * np.mean(error)
    return f, w, b, losses


@train_filter.mistake(
    "w is not trained",
    "Only f and b move. w is a parameter too: its gradient is the sum of h times that of ŷ.",
)
def _(right, x, y, K=7, learning_rate=0.05, steps=200):
    W = np.lib.stride_tricks.sliding_window_view(np.asarray(x, dtype=float), K)
    f, b, losses = np.full(K, 1 / K), 0.0, np.zeros(steps)
    for i in range(steps):
        error = W @ f + b - y
        losses[i] = np.mean(error**2)
        f = f - learning_rate * 2 * error @ W / len(y)
        b = b - learning_rate * 2 * np.mean(error)
    return f, 1.0, b, losses


@train_filter.mistake(
    "b is not trained",
    "Only f and w move. b is a parameter too: its gradient is the sum of the gradients of ŷ.",
)
def _(right, x, y, K=7, learning_rate=0.05, steps=200):
    W = np.lib.stride_tricks.sliding_window_view(np.asarray(x, dtype=float), K)
    f, w, losses = np.full(K, 1 / K), 1.0, np.zeros(steps)
    for i in range(steps):
        h = W @ f
        error = w * h - y
        losses[i] = np.mean(error**2)
        df, dw = 2 * w * error @ W / len(y), 2 * np.mean(error * h)
        f, w = f - learning_rate * df, w - learning_rate * dw
    return f, w, 0.0, losses


@train_filter.mistake(
    "the chain rule stops short of w",
    "ŷ is w times h, so the gradient of h is w times that of ŷ. Yours lacks the w.",
)
def _(right, x, y, K=7, learning_rate=0.05, steps=200):
    W = np.lib.stride_tricks.sliding_window_view(np.asarray(x, dtype=float), K)
    f, w, b, losses = np.full(K, 1 / K), 1.0, 0.0, np.zeros(steps)
    for i in range(steps):
        h = W @ f
        error = w * h + b - y
        losses[i] = np.mean(error**2)
        df, dw, db = 2 * error @ W / len(y), 2 * np.mean(error * h), 2 * np.mean(error)
        f, w, b = f - learning_rate * df, w - learning_rate * dw, b - learning_rate * db
    return f, w, b, losses


@train_filter.mistake(
    "w changes before f has its gradient",
    "All gradients belong to the same f, w and b. Compute all three first, then change all three.",
)
def _(right, x, y, K=7, learning_rate=0.05, steps=200):
    W = np.lib.stride_tricks.sliding_window_view(np.asarray(x, dtype=float), K)
    f, w, b, losses = np.full(K, 1 / K), 1.0, 0.0, np.zeros(steps)
    for i in range(steps):
        h = W @ f
        error = w * h + b - y
        losses[i] = np.mean(error**2)
        w = w - learning_rate * 2 * np.mean(error * h)
        b = b - learning_rate * 2 * np.mean(error)
        f = f - learning_rate * 2 * w * error @ W / len(y)
    return f, w, b, losses


@train_filter.mistake(
    "uphill",
    "The gradient points to where the loss grows. Subtract it.",
)
def _(right, x, y, K=7, learning_rate=0.05, steps=200):
    return right(x, y, K, -learning_rate, steps)


@train_filter.mistake(
    "the learning rate is ignored",
    "Your steps are as long as ever, whatever learning rate is asked for.",
)
def _(right, x, y, K=7, learning_rate=0.05, steps=200):
    return right(x, y, K, 0.002 if learning_rate < 0.0015 else 0.001, steps)


@train_filter.mistake(
    "everything starts at zero",
    "With f = 0 and w = 0 both gradients are zero, since each has the other one as a factor: "
    "nothing moves but b. Start f, w or both elsewhere.",
)
def _(right, x, y, K=7, learning_rate=0.05, steps=200):
    b, losses = 0.0, np.zeros(steps)
    for i in range(steps):
        losses[i] = np.mean((b - y) ** 2)
        b = b - learning_rate * 2 * np.mean(b - y)
    return np.zeros(K), 0.0, b, losses


@train_filter.mistake(
    "the filter is flipped",
    "Your first weight meets the newest day. Use the same windows forward and backward, oldest "
    "day first.",
)
def _(right, x, y, K=7, learning_rate=0.05, steps=200):
    f, w, b, losses = right(x[::-1], y[::-1], K, learning_rate, steps)
    return f, w, b, losses


@train_filter.mistake(
    "a column minus a row",
    "Predictions of the shape (n, 1) minus y of the shape (n,) is a table of all n·n differences, "
    "and the filter learns nothing but the average of y. Print the shapes: both should be (n,).",
)
def _(right, x, y, K=7, learning_rate=0.05, steps=200):
    everywhere = np.full(len(y), np.mean(y))
    f, w, b, losses = right(x, everywhere, K, learning_rate, steps)
    return f, w, b, losses + np.var(y)


@train_filter.mistake(
    "the solution instead of a descent",
    "Least squares finds the best f and b at once. Here they are to be learned: start at constants "
    "or random numbers, take the steps, and note the loss before each.",
)
def _(right, x, y, K=7, learning_rate=0.05, steps=200):
    W = np.lib.stride_tricks.sliding_window_view(np.asarray(x, dtype=float), K)
    *f, b = np.linalg.lstsq(np.c_[W, np.ones(len(y))], y, rcond=None)[0]
    return np.array(f), 1.0, b, np.full(steps, np.mean((W @ f + b - y) ** 2))
