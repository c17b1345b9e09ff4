"""``conv1d_layer``: padding, filter, stride, bias and nonlinearity in one."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from ..engine.drawing import frozen, sizes, strided
from ..engine.exercise import Case, case, exercise
from ..engine.shared_mistakes import IN_A_LAYER, WITH_A_BIAS
from ..engine.shown import number
from .series import correlate, weighted_sum


@exercise(points=4, minutes=15, difficulty=3, importance=4)
def conv1d_layer(
    x: np.ndarray,
    f: np.ndarray,
    b: float = 0.0,
    stride: int = 1,
    padding: tuple[int, int] = (0, 0),
    activation: Callable[[np.ndarray], np.ndarray] | None = None,
) -> np.ndarray:
    """One layer: pad, filter every stride-th window, add b, apply the nonlinearity.

    $h = g(b + \\sum_k f_k x_{\\dots})$ for the windows 0, S, 2S, … of the padded
    series. (The lecture counts windows from 1 and keeps those whose number S
    divides, so its first is window S; torch starts with the first, and so do we.)

    x: series, shape (J,). f: filter, shape (K,). b: bias, a number.
    stride: step S from one window to the next, at least 1.
    padding: how many zeros on the left and on the right.
    activation: elementwise function of an array, applied last; None means none.
    Returns float64, shape ((left+J+right-K)//S + 1,).
    Raises ValueError, with a sentence, if stride is below 1 or the filter longer than the padded
    series.
    Lecture 6, "Bias, nonlinearities, padding and stride".
    """


@conv1d_layer.oracle
def _layer(x, f, b=0.0, stride=1, padding=(0, 0), activation=None):
    if stride < 1:
        raise ValueError(f"the stride must be at least 1, not {stride}")
    h = b + correlate(np.pad(np.asarray(x, dtype=float), padding), f, stride)
    return h if activation is None else activation(h)


def with_relu(layer, x, f, b=0.0, stride=1, padding=(0, 0)):
    """Call a layer with the rectified linear unit."""
    return layer(x, f, b, stride, padding, lambda h: np.maximum(h, 0))


def with_tanh(layer, x, f, b=0.0, stride=1, padding=(0, 0)):
    """Call a layer with the hyperbolic tangent, by name."""
    return layer(x, f, b=b, stride=stride, padding=padding, activation=np.tanh)


def _unusual_arrays(rng: np.random.Generator) -> Iterator[Case]:
    """Types, padding and memory layouts that a layer must take, too."""
    yield case("whole numbers", rng.integers(0, 200, 9), rng.normal(size=4), 1.5, 2, (2, 0))
    yield case(
        "numbers of type uint8",
        rng.integers(100, 256, 8).astype(np.uint8),
        rng.normal(size=3),
        0.5,
        3,
        (0, 1),
    )
    yield case(
        "a filter that only fits with the padding",
        rng.normal(size=3),
        rng.normal(size=5),
        padding=(1, 2),
    )
    yield case(
        "arrays that are not contiguous",
        strided(rng.normal(size=10)),
        strided(rng.normal(size=3)),
        0.1,
    )
    yield case(
        "arrays that may not be changed",
        frozen(rng.normal(size=7)),
        frozen(rng.normal(size=2)),
        -1.0,
        2,
        (1, 0),
    )


@conv1d_layer.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    J, K, S = (*sizes(rng, 13, 22, 1), *sizes(rng, 3, 6, 2))
    left, right = sizes(rng, 1, 4, 2)
    by_hand = np.array([1.0, 2, 0, 4, 3]), np.array([0.5, 0, 2])
    yield case("nothing but the filter", *by_hand)
    yield case("with a bias", *by_hand, b=10.0)
    yield case("every second window", *by_hand, stride=2)
    yield case("one zero left, two zeros right", *by_hand, padding=(1, 2))
    yield Case(
        "a bias, then the rectified linear unit",
        (np.array([1.0, -2, 0.5, -4, 3]), np.array([1.0, 1]), -0.25),
        probe=with_relu,
    )
    yield case(
        "random sizes, stride and padding",
        rng.normal(size=J),
        rng.normal(size=K),
        float(rng.normal()),
        S,
        (left, right),
    )
    yield Case(
        "all at once, with tanh",
        (rng.normal(size=J), rng.normal(size=K)),
        {"b": float(rng.normal()), "stride": S, "padding": (right, left)},
        probe=with_tanh,
    )
    yield from _unusual_arrays(rng)
    yield Case("a stride of 0", (*by_hand,), {"stride": 0}, raises=True)
    yield Case(
        "a filter longer than the padded series",
        (rng.normal(size=3), rng.normal(size=7)),
        {"padding": (1, 2)},
        raises=True,
    )


@conv1d_layer.working
def _(index, x, f, b=0.0, stride=1, padding=(0, 0)):
    (i,) = index
    padded = np.pad(np.asarray(x, dtype=float), padding)
    start = i * stride
    window = padded[start : start + len(f)]
    return (
        f"padded: [{' '.join(map(number, padded))}]\n"
        f"h[{i}] is made from the window that starts at {i}·{stride} = {start}: "
        f"[{' '.join(map(number, window))}]\n"
        f"{weighted_sum(window, f)}"
        + (f", plus the bias {number(b)}: {number(float(np.dot(window, f)) + b)}" if b else "")
    )


conv1d_layer.hints = [
    "You have all the parts: pad and conv1d are yours already. In which order do padding, "
    "filter, stride, bias and activation come?",
    "$h = g\\big(b + \\text{conv1d}(\\text{padded } x, f)\\big)$, of which the stride keeps the "
    "entries 0, S, 2S, …: a slice with a step does that.",
    "```python\npadded = pad(x, ...)\nh = conv1d(padded, f)\nh = h[...] ...   # keep every "
    "stride-th, add the bias\nreturn h if activation is None else ...\n```",
]
conv1d_layer.built = (
    "This is a convolutional layer with one filter: `torch.nn.functional.conv1d` with `bias`, "
    "`stride` and `padding`, then a nonlinearity. The next section runs both on the real series; "
    "lesson 2 goes back through it, towards the filter."
)


@conv1d_layer.mistake(
    "the first window is skipped",
    "You keep the windows S, 2S, … counted "
    "from 1, as the lecture does. Here, as in torch, the first window counts: "
    "0, S, 2S, … counted from 0.",
)
def _(right, x, f, b=0.0, stride=1, padding=(0, 0), activation=None):
    right(x, f, b, stride, padding)
    return right(x, f, b, 1, padding, activation)[stride - 1 :: stride]


@conv1d_layer.mistake(
    "the stride is ignored", "Every window is filtered. With a stride S keep one of S windows."
)
def _(right, x, f, b=0.0, stride=1, padding=(0, 0), activation=None):
    right(x, f, b, stride, padding)
    return right(x, f, b, 1, padding, activation)


@conv1d_layer.mistake(
    "the stride is applied to the series",
    "You throw days away before "
    "filtering. The windows still hold K successive days; only the windows "
    "are S days apart.",
)
def _(right, x, f, b=0.0, stride=1, padding=(0, 0), activation=None):
    right(x, f, b, stride, padding)
    return right(np.pad(np.asarray(x, dtype=float), padding)[::stride], f, b, 1, (0, 0), activation)


@conv1d_layer.mistake(
    "the same padding on both sides",
    "padding is a pair: the first number is for the left side, the second one for the right side.",
)
def _(right, x, f, b=0.0, stride=1, padding=(0, 0), activation=None):
    right(x, f, b, stride, padding)
    return right(x, f, b, stride, (padding[0], padding[0]), activation)


@conv1d_layer.mistake(
    "the padding is forgotten",
    "The series was not padded: put padding[0] "
    "zeros before it and padding[1] zeros after it first.",
)
def _(right, x, f, b=0.0, stride=1, padding=(0, 0), activation=None):
    right(x, f, b, stride, padding)
    return right(x, f, b, stride, (0, 0), activation)


@conv1d_layer.mistake(
    "the filter is flipped",
    "Your newest day meets the first weight; in the "
    "lecture's formula the first weight meets the oldest day of the window.",
)
def _(right, x, f, b=0.0, stride=1, padding=(0, 0), activation=None):
    return right(x, f[::-1], b, stride, padding, activation)


@conv1d_layer.mistake(
    "the windows start one day apart",
    "You return as many windows as the stride leaves, but they start at 0, 1, 2, … The stride "
    "says how far apart two starts are, too.",
)
def _(right, x, f, b=0.0, stride=1, padding=(0, 0), activation=None):
    wanted = len(right(x, f, b, stride, padding))
    return right(x, f, b, 1, padding, activation)[:wanted]


@conv1d_layer.mistake(
    "the stride is used twice",
    "You keep every stride-th of windows that are a stride apart already. It counts once: either "
    "the starts are spread out, or what all windows gave is thinned out.",
)
def _(right, x, f, b=0.0, stride=1, padding=(0, 0), activation=None):
    return right(x, f, b, stride, padding, activation)[::stride]


@conv1d_layer.mistake(
    "the stride divides and steps",
    "The stride is used twice: it divides the number of windows, and the loop up to that number "
    "takes steps of a stride. So it ends far too early.",
)
def _(right, x, f, b=0.0, stride=1, padding=(0, 0), activation=None):
    h = right(x, f, b, stride, padding, activation)
    return h[: -(-len(h) // stride)]


@conv1d_layer.mistake(
    "the stride leaves holes",
    "You step by the stride through the result, too, so the entries between stay 0. The windows "
    "are a stride apart, their results stand side by side.",
)
def _(right, x, f, b=0.0, stride=1, padding=(0, 0), activation=None):
    h = np.zeros(len(right(x, f, b, stride, padding)))
    h[::stride] = right(x, f, b, 1, padding)[: len(h) : stride]
    return h if activation is None else activation(h)


@conv1d_layer.mistake(
    "a name gets its value only with padding",
    "Without padding a name is used that has no value yet: the line that gives it one stands "
    "inside the if. What is needed in any case belongs before it.",
    symptom=True,
)
def _(right, x, f, b=0.0, stride=1, padding=(0, 0), activation=None):
    if any(padding) or stride < 1 or len(f) > len(x):
        h = right(x, f, b, stride, padding, activation)
    return h


@conv1d_layer.mistake(
    "nothing is returned without padding",
    "The return stands inside the if, so that without padding your function ends without a "
    "result. What is needed in any case belongs after it.",
    symptom=True,
)
def _(right, x, f, b=0.0, stride=1, padding=(0, 0), activation=None):
    if any(padding) or stride < 1 or len(f) > len(x):
        return right(x, f, b, stride, padding, activation)
    return None


WITH_A_BIAS.belongs_to(conv1d_layer)
IN_A_LAYER.belongs_to(conv1d_layer)
