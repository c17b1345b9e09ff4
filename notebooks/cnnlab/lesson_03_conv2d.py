"""Lesson 03: convolution with two axes, with channels, with a bank of filters; its assumptions.

Arrays are NumPy's and channels-last, as in the lecture. Windows lie symmetrically
around their position: $x_{j+k-\\lceil K/2\\rceil}$, so there are $\\lceil K/2\\rceil-1$
zeros before the first position and $\\lfloor K/2\\rfloor$ after the last, which is
what torch calls padding "same". Source: lecture 6, "Convolution with more than
one axis" to "Assumptions behind convolution".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
import torch.nn.functional as F_
from torch import nn

from .checking import difference
from .draw import frozen, sizes, strided
from .exercise import Case, case, exercise
from .report import number

EXAMPLE = np.array([[3, 2, 3, 2], [2, 1, 2, 1], [2, 1, 2, 1], [1, 0, 1, 0]])
"""The lecture's 4×4 input."""

EXAMPLE_FILTER = np.array([[1, 2, 3], [1, 2, 3], [0, 1, 2]])
"""The lecture's 3×3 filter."""

EXAMPLE_KNOWN = {(0, 0): 16, (1, 2): 26, (3, 3): 5}
"""What the lecture gives of the output, by its place counted from 0."""

Activation = Callable[[np.ndarray], np.ndarray]


def _bank(X: np.ndarray, F: np.ndarray, b: np.ndarray | None = None) -> np.ndarray:
    """torch's convolution of (J1, J2, M) with (K1, K2, M, N), the axes as in the lecture."""
    image = torch.tensor(np.array(X, dtype=np.float64)).permute(2, 0, 1)
    filters = torch.tensor(np.array(F, dtype=np.float64)).permute(3, 2, 0, 1)
    bias = None if b is None else torch.tensor(np.array(b, dtype=np.float64))
    # Even filters need an extra copy to be padded, which torch warns about; so pad here.
    K1, K2 = filters.shape[2:]
    image = F_.pad(image, ((K2 - 1) // 2, K2 // 2, (K1 - 1) // 2, K1 // 2))
    return F_.conv2d(image[None], filters, bias)[0].permute(1, 2, 0).contiguous().numpy()


def window(X: np.ndarray, K1: int, K2: int, i: int, j: int) -> np.ndarray:
    """The zero-padded K1×K2 window around position [i, j] of an image, counted from 0."""
    around = [((K1 - 1) // 2, K1 // 2), ((K2 - 1) // 2, K2 // 2)]
    padded = np.pad(np.asarray(X, dtype=float), around + [(0, 0)] * (X.ndim - 2))
    return padded[i : i + K1, j : j + K2]


def _grid(values: np.ndarray) -> str:
    """A small matrix in one line: [1 2 3 | 1 2 3 | 0 1 2]."""
    rows = values.reshape(len(values), -1)
    return "[" + " | ".join(" ".join(map(number, row)) for row in rows) + "]"


def products(seen: np.ndarray, weights: np.ndarray) -> str:
    """Products of a window with a filter, as in 0·1 + 3·2; zeros of the window are left out."""
    pairs = zip(seen.ravel(), weights.ravel(), strict=True)
    terms = [f"{number(v)}·{number(w)}" for v, w in pairs if v]
    return " + ".join(terms[:20]) + (" + …" if len(terms) > 20 else "") or "0"


def _work_out(place: str, seen: np.ndarray, weights: np.ndarray, b: float) -> str:
    weights = np.asarray(weights)
    total = float(np.sum(seen * weights))
    grids = [
        f"its window, row by row, is {_grid(seen)}",
        f"the filter is {_grid(weights)}",
    ]
    large = [f"its window and the filter have the shape {seen.shape}"]
    return "\n".join(
        [
            place,
            *(grids if seen.size <= 20 else large),
            f"products (without the zeros of the window): {products(seen, weights)}",
            f"their sum is {number(total)}, plus the bias {number(b)}: {number(total + b)}, "
            "then the activation, if there is one",
        ]
    )


# ── worked_example ──────────────────────────────────────────────────────────


@exercise(points=2)
def worked_example() -> np.ndarray:
    """The lecture's 2-D convolution of a 4×4 input with a 3×3 filter, all 16 numbers.

    The input is zero-padded, there is neither bias nor nonlinearity, and windows
    lie symmetrically around their position. The lecture gives 16 in row 1,
    column 1; 26 in row 2, column 3; 5 in row 4, column 4 (counted from 1).

    Returns an array of shape (4, 4), of any numeric type.
    Lecture 6, "Example: 2D convolution".
    """


@worked_example.oracle
def _example():
    return _bank(EXAMPLE[..., None], EXAMPLE_FILTER[..., None, None])[..., 0]


def look_at_row(answer, row):
    """The whole answer; the row is for the judge."""
    return answer()


def row_is_right(value, row):
    """None if row ``row`` of the 4×4 output is right, else which entry is not, and its window."""
    if not isinstance(value, np.ndarray):
        return "worked_example should be a NumPy array: np.array([[16, …], …])."
    if value.shape != (4, 4):
        return f"worked_example should have the shape (4, 4), yours has {value.shape}."
    if value.dtype.kind not in "biuf":
        return f"worked_example should hold 16 numbers, yours holds the type {value.dtype}."
    wrong = ~np.isclose(value.astype(float), _example())
    if not wrong[row].any():
        return None
    j = int(np.argmax(wrong[row]))
    yours = float(value[row, j])
    seen = window(EXAMPLE, 3, 3, row, j)
    return (
        f"your row {row + 1} is {_grid(value[row : row + 1])}. Its entry [{row}, {j}] (row "
        f"{row + 1}, "
        f"column {j + 1} when counted from 1) is not {number(yours)}: its window, row by row, is "
        f"{_grid(seen)}, the filter is {_grid(EXAMPLE_FILTER)}. Multiply entry by entry and add "
        f"up. "
        f"In all, {int(wrong.sum())} of the 16 numbers are not right yet."
    )


@worked_example.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    for row in range(4):
        yield Case(f"row {row + 1}", (row,), probe=look_at_row, judge=row_is_right)


worked_example.hints = [
    "Lay the middle of the filter on a number of the input. Which nine numbers lie under the "
    "filter? At a corner five of them are padding.",
    "Row 1, column 1, with the padding around it:\n\n```\nwindow     filter     products\n"
    "0 0 0      1 2 3      0 0 0\n0 3 2  ·   1 2 3  =   0 6 6   sum: 16\n"
    "0 2 1      0 1 2      0 2 2\n```\n\nThe next window lies one column to the right.",
    "You may also let NumPy multiply:\n\n```python\nX = np.pad(np.array([[3, 2, 3, 2], ...]), 1)\n"
    "F = np.array(...)\nX[0:3, 0:3] * F   # products of the first window; what is their sum?\n```",
]


@worked_example.mistake(
    "the filter is flipped",
    "You turned the filter upside down and left to right, as mathematicians do for a convolution. "
    "Here the filter lies on the window as it is printed.",
)
def _(right):
    X = np.pad([[3, 2, 3, 2], [2, 1, 2, 1], [2, 1, 2, 1], [1, 0, 1, 0]], 1)
    F = np.array([[2, 1, 0], [3, 2, 1], [3, 2, 1]])
    return np.array([[np.sum(X[i : i + 3, j : j + 3] * F) for j in range(4)] for i in range(4)])


@worked_example.mistake(
    "rows and columns of the filter are swapped",
    "You read the filter column by column. Its first row is 1 2 3.",
)
def _(right):
    X = np.pad([[3, 2, 3, 2], [2, 1, 2, 1], [2, 1, 2, 1], [1, 0, 1, 0]], 1)
    F = np.array([[1, 1, 0], [2, 2, 1], [3, 3, 2]])
    return np.array([[np.sum(X[i : i + 3, j : j + 3] * F) for j in range(4)] for i in range(4)])


@worked_example.mistake(
    "the window starts at its position",
    "Your windows begin at their position instead of lying around it. The middle of the filter "
    "lies on the position; the window starts one row higher and one column further left.",
)
def _(right):
    X = np.pad([[3, 2, 3, 2], [2, 1, 2, 1], [2, 1, 2, 1], [1, 0, 1, 0]], (0, 2))
    F = np.array([[1, 2, 3], [1, 2, 3], [0, 1, 2]])
    return np.array([[np.sum(X[i : i + 3, j : j + 3] * F) for j in range(4)] for i in range(4)])


@worked_example.mistake(
    "edge values instead of zeros",
    "Beyond the edge you repeat the outermost numbers. The input is padded with zeros.",
)
def _(right):
    X = np.pad([[3, 2, 3, 2], [2, 1, 2, 1], [2, 1, 2, 1], [1, 0, 1, 0]], 1, mode="edge")
    F = np.array([[1, 2, 3], [1, 2, 3], [0, 1, 2]])
    return np.array([[np.sum(X[i : i + 3, j : j + 3] * F) for j in range(4)] for i in range(4)])


@worked_example.mistake(
    "the other side of the image beyond the edge",
    "Your windows come back in on the opposite side, as np.roll does. Beyond the edge are zeros.",
)
def _(right):
    X = np.pad([[3, 2, 3, 2], [2, 1, 2, 1], [2, 1, 2, 1], [1, 0, 1, 0]], 1, mode="wrap")
    F = np.array([[1, 2, 3], [1, 2, 3], [0, 1, 2]])
    return np.array([[np.sum(X[i : i + 3, j : j + 3] * F) for j in range(4)] for i in range(4)])


@worked_example.mistake(
    "averages instead of sums",
    "Each of your numbers is a ninth of what it should be: add the nine products up and leave it "
    "at that.",
)
def _(right):
    return right() / 9


@worked_example.mistake(
    "only the full windows", "A result of 2×2 leaves out the positions at the edge. Pad with zeros."
)
def _(right):
    return right()[1:3, 1:3]


@worked_example.mistake(
    "rows and columns of the output are swapped",
    "The numbers are right, but in the wrong places: entry [i, j] belongs to row i, column j.",
)
def _(right):
    return right().T


# ── conv2d ──────────────────────────────────────────────────────────────────


@exercise(points=3)
def conv2d(
    X: np.ndarray, F: np.ndarray, b: float = 0.0, activation: Activation | None = None
) -> np.ndarray:
    """Filter an image, zero-padded, with windows around each position.

    $h_{(j_1,j_2)} = g\\big(b + \\sum_{k_1}\\sum_{k_2} f_{(k_1,k_2)}\\,
    x_{(j_1+k_1-\\lceil K_1/2\\rceil,\\; j_2+k_2-\\lceil K_2/2\\rceil)}\\big)$, where x is zero
    outside the image. This holds for even filter sizes too: with K = 2 the window
    is the position and the one after it.

    X: image, shape (J1, J2). F: filter, shape (K1, K2), not flipped; it may be
    larger than the image. b: bias, a number.
    activation: elementwise function g of an array, applied last; None means none.
    Returns float64, shape (J1, J2).
    Lecture 6, "Convolution with more than one axis"; its example gives 16, 26 and 5.
    """


@conv2d.oracle
def _(X, F, b=0.0, activation=None):
    h = b + _bank(X[..., None], F[..., None, None])[..., 0]
    return h if activation is None else activation(h)


def with_relu(layer, X, F, b):
    """Call a layer with the rectified linear unit."""
    return layer(X, F, b, lambda h: np.maximum(h, 0))


def with_tanh(layer, X, F, b):
    """Call a layer with the hyperbolic tangent, by name."""
    return layer(X, F, b=b, activation=np.tanh)


def _odd_even(rng: np.random.Generator) -> tuple[list[int], list[int]]:
    """Two different odd and two different even filter sizes, in random order."""
    return rng.permutation([3, 5]).tolist(), rng.permutation([2, 4]).tolist()


@conv2d.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    J1, J2 = sizes(rng, 6, 11, 2)
    odd, even = _odd_even(rng)
    yield case("the lecture's 4×4 example", EXAMPLE.astype(float), EXAMPLE_FILTER.astype(float))
    yield case("odd filter sizes", rng.normal(size=(J1, J2)), rng.normal(size=odd))
    yield case("even filter sizes", rng.normal(size=(J1, J2)), rng.normal(size=even))
    mixed = rng.permutation([odd[0], even[0]])
    yield case(
        "one odd, one even, with a bias", rng.normal(size=(J2, J1)), rng.normal(size=mixed), 2.5
    )
    yield case("a filter of one weight", rng.normal(size=(3, 5)), rng.normal(size=(1, 1)))
    yield case("a filter larger than the image", rng.normal(size=(2, 3)), rng.normal(size=(5, 8)))
    yield Case(
        "a bias, then the rectified linear unit",
        (rng.normal(size=(J1, J2)), rng.normal(size=odd), -0.4),
        probe=with_relu,
    )
    yield Case(
        "bias and tanh, given by name",
        (rng.normal(size=(J1, J2)), rng.normal(size=even), 0.3),
        probe=with_tanh,
    )
    yield case(
        "whole numbers, fractional filter", rng.integers(0, 99, (5, 7)), rng.normal(size=odd)
    )
    grey = rng.integers(100, 256, (6, 5)).astype(np.uint8)
    yield case("type uint8, both", grey, rng.integers(2, 256, (3, 2)).astype(np.uint8))
    yield case(
        "arrays that are not contiguous",
        strided(rng.normal(size=(7, 6))),
        strided(rng.normal(size=(3, 2))),
    )
    yield case(
        "arrays that may not be changed",
        frozen(rng.normal(size=(5, 6))),
        frozen(rng.normal(size=(2, 3))),
    )


@conv2d.working
def _(index, X, F, b=0.0):
    i, j = index
    return _work_out(f"h[{i}, {j}]", window(X, *F.shape, i, j), F, b)


conv2d.hints = [
    "How many zeros must lie above the image, so that the first window is centred on row 0? With "
    "K = 3, with K = 5, with K = 2?",
    "The lecture's first index is $1+1-\\lceil K/2\\rceil$, so $\\lceil K/2\\rceil-1$ rows of "
    "zeros lie above, which is `(K1 - 1) // 2`. There are `K1 - 1` in all; the rest lies below.\n\n"
    "```\nK          1  2  3  4  5\nabove      0  0  1  1  2\nbelow      0  1  1  2  2\n```",
    "```python\nK1, K2 = F.shape\nP = np.pad(...)              # rows: above, below; columns: "
    "left, right\nH = np.zeros(...)            # as large as the image, floats\n"
    "for i in ...:\n    for j in ...:\n        H[i, j] = ...        # one window of P with F\n"
    "H = ...                      # the bias\nreturn ...                   # the activation\n```",
]


@conv2d.mistake(
    "rows and columns of the filter are swapped",
    "You used the filter's first index for the columns. F[k1, k2] belongs to row k1, column k2.",
)
def _(right, X, F, b=0.0, activation=None):
    return right(X, F.T, b, activation)


@conv2d.mistake(
    "fractions cut off",
    "The output was made with the type of the image (np.zeros_like?), so whole-number images lose "
    "their fractions. Make it an array of floats with np.zeros.",
)
def _(right, X, F, b=0.0, activation=None):
    return right(X, F, b, activation).astype(X.dtype)


@conv2d.mistake(
    "edge values instead of zeros",
    "Beyond the edge you repeat the outermost pixels. Outside the image x is zero.",
)
def _(right, X, F, b=0.0, activation=None):
    K1, K2 = F.shape
    wide = np.pad(X, ((K1, K1), (K2, K2)), mode="edge")
    return right(wide, F, b, activation)[K1 : K1 + X.shape[0], K2 : K2 + X.shape[1]]


@conv2d.mistake(
    "the bias is added once per weight",
    "The bias is added inside the sums, so K1·K2 times. It stands before them: once per output.",
)
def _(right, X, F, b=0.0, activation=None):
    return right(X, F, b * F.size, activation)


# ── conv2d_channels ─────────────────────────────────────────────────────────


@exercise(points=2)
def conv2d_channels(
    X: np.ndarray, F: np.ndarray, b: float = 0.0, activation: Activation | None = None
) -> np.ndarray:
    """Filter an image of M channels with a filter of M channels: sum over the channels too.

    $h_{(j_1,j_2)} = g\\big(b + \\sum_{k_1}\\sum_{k_2}\\sum_{m=1}^M f_{(k_1,k_2,m)}\\,
    x_{(j_1+k_1-\\lceil K_1/2\\rceil,\\; j_2+k_2-\\lceil K_2/2\\rceil,\\; m)}\\big)$, zero-padded.

    X: image, shape (J1, J2, M). F: filter, shape (K1, K2, M). b: bias, a number.
    activation: elementwise function g of an array, applied last; None means none.
    Returns float64, shape (J1, J2): one number per position, whatever M is.
    Lecture 6, "Channels".
    """


@conv2d_channels.oracle
def _(X, F, b=0.0, activation=None):
    h = b + _bank(X, F[..., None])[..., 0]
    return h if activation is None else activation(h)


@conv2d_channels.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    J1, J2 = sizes(rng, 6, 9, 2)
    odd, even = _odd_even(rng)
    yield case(
        "two channels, by hand",
        np.array([[[1.0, 10], [2, 20]], [[3, 30], [4, 40]]]),
        np.array([[[1.0, 0.1], [0, 0.2]]]),
    )
    yield case("three channels", rng.normal(size=(J1, J2, 3)), rng.normal(size=(*odd, 3)))
    M = int(rng.integers(10, 14))
    yield case("more channels", rng.normal(size=(J2, J1, M)), rng.normal(size=(*odd, M)), -1.5)
    yield case("even filter sizes", rng.normal(size=(J1, J2, 2)), rng.normal(size=(*even, 2)), 0.5)
    yield case("one channel", rng.normal(size=(4, 6, 1)), rng.normal(size=(3, 2, 1)))
    yield Case(
        "a bias, then the rectified linear unit",
        (rng.normal(size=(J1, J2, 3)), rng.normal(size=(*odd, 3)), -0.4),
        probe=with_relu,
    )
    yield Case(
        "bias and tanh, given by name",
        (rng.normal(size=(J1, J2, 4)), 0.3 * rng.normal(size=(*even, 4)), 0.3),
        probe=with_tanh,
    )
    photo = rng.integers(100, 256, (5, 6, 3)).astype(np.uint8)
    yield case(
        "a photograph of type uint8, a filter of whole numbers",
        photo,
        rng.integers(2, 256, (3, 2, 3)).astype(np.uint8),
    )
    yield case(
        "whole numbers, fractional filter",
        rng.integers(0, 99, (4, 5, 3)),
        rng.normal(size=(2, 3, 3)),
    )
    yield case(
        "arrays that are not contiguous",
        strided(rng.normal(size=(5, 6, 4))),
        strided(rng.normal(size=(3, 2, 4))),
    )
    yield case(
        "arrays that may not be changed",
        frozen(rng.normal(size=(5, 6, 2))),
        frozen(rng.normal(size=(2, 3, 2))),
    )


@conv2d_channels.working
def _(index, X, F, b=0.0):
    i, j = index
    seen = window(X, *F.shape[:2], i, j)
    lines = [
        f"channel {m}: {products(seen[..., m], F[..., m])} = "
        f"{number(float(np.sum(seen[..., m] * F[..., m])))}"
        for m in range(min(F.shape[2], 4))
    ]
    lines += ["…"] * (F.shape[2] > 4)
    total = float(np.sum(seen * F))
    return (
        f"h[{i}, {j}], products with the zeros of the window left out:\n"
        + "\n".join(lines)
        + f"\nthe sum over all {F.shape[2]} channels is {number(total)}, plus the bias "
        f"{number(b)}: {number(total + b)}, then the activation, if there is one"
    )


conv2d_channels.hints = [
    "A window of the image now has the shape (K1, K2, M), and so has the filter. How many numbers "
    "come out for one position?",
    "Seen channel by channel: "
    "$h = g\\big(b + \\sum_m \\text{conv2d}(X_{\\dots m}, F_{\\dots m})\\big)$. "
    "Mind what must happen once only, after the sum.",
    "```python\nH = np.zeros(...)                  # no axis for channels\n"
    "for m in range(...):\n    H += ...                       # one channel of X, one of F\n"
    "H = ...                            # the bias, once\nreturn ...                         "
    "# the activation, once\n```",
]


@conv2d_channels.mistake(
    "the bias is added once per channel",
    "Each channel brings the bias along, so it is added M times. Add it once, after the sum.",
)
def _(right, X, F, b=0.0, activation=None):
    return right(X, F, b * X.shape[2], activation)


@conv2d_channels.mistake(
    "the channels are not added up",
    "Your result still has a channel axis. The sum runs over the channels too: one number per "
    "position.",
)
def _(right, X, F, b=0.0, activation=None):
    one = [right(X[..., m : m + 1], F[..., m : m + 1], b, activation) for m in range(X.shape[2])]
    return np.stack(one, axis=-1)


@conv2d_channels.mistake(
    "the mean over channels instead of their sum",
    "The channels are averaged. The formula adds them up.",
)
def _(right, X, F, b=0.0, activation=None):
    return right(X, F / X.shape[2], b, activation)


@conv2d_channels.mistake(
    "only the first channel",
    "Only channel 0 reaches your output. Sum over all M channels.",
)
def _(right, X, F, b=0.0, activation=None):
    return right(X[..., :1], F[..., :1], b, activation)


@conv2d_channels.mistake(
    "the same weights for all channels",
    "Every channel is filtered with the weights of channel 0. Each channel has weights of its own: "
    "F[..., m].",
)
def _(right, X, F, b=0.0, activation=None):
    return right(X, np.repeat(F[..., :1], F.shape[2], axis=2), b, activation)


@conv2d_channels.mistake(
    "the activation before the sum",
    "The activation is applied to each channel. It comes last, once the channels are added up.",
)
def _(right, X, F, b=0.0, activation=None):
    h = [right(X[..., m : m + 1], F[..., m : m + 1], 0.0, activation) for m in range(X.shape[2])]
    return sum(h) + b


@conv2d_channels.mistake(
    "fractions cut off",
    "The output was made with the type of the image, so whole-number images lose their fractions. "
    "Make it an array of floats.",
)
def _(right, X, F, b=0.0, activation=None):
    return right(X, F, b, activation).astype(X.dtype)


# ── conv2d_bank ─────────────────────────────────────────────────────────────


@exercise(points=3)
def conv2d_bank(
    X: np.ndarray,
    F: np.ndarray,
    b: np.ndarray | None = None,
    activation: Activation | None = None,
) -> np.ndarray:
    """Apply N filters to the same image and stack their outputs along a new last axis.

    $h_{(j_1,j_2,n)} = g\\big(b_n + \\sum_{k_1}\\sum_{k_2}\\sum_m f_{(k_1,k_2,m,n)}\\,
    x_{(j_1+k_1-\\lceil K_1/2\\rceil,\\; j_2+k_2-\\lceil K_2/2\\rceil,\\; m)}\\big)$, zero-padded.

    X: image, shape (J1, J2, M). F: filter bank, shape (K1, K2, M, N).
    b: a bias per filter, shape (N,); None means none.
    activation: elementwise function g of an array, applied last; None means none.
    Returns float64, shape (J1, J2, N).
    Lecture 6, "Filter banks".
    """


@conv2d_bank.oracle
def _(X, F, b=None, activation=None):
    h = _bank(X, F, b)
    return h if activation is None else activation(h)


def _bank_cases(rng: np.random.Generator) -> Iterator[Case]:
    """Calls with X, F and b alone, for conv2d_bank and conv2d_fast."""
    J1, J2 = sizes(rng, 6, 9, 2)
    odd, even = _odd_even(rng)
    M, N = sizes(rng, 10, 13, 2)
    yield case(
        "two channels, three filters, by hand",
        np.array([[[1.0, 10], [2, 20]], [[3, 30], [4, 40]]]),
        np.array([[[[1.0, 0, 1], [0, 1, 1]]]]),
    )
    yield case("odd filter sizes", rng.normal(size=(J1, J2, 2)), rng.normal(size=(*odd, 2, 4)))
    yield case(
        "more channels and filters, with biases",
        rng.normal(size=(J2, J1, M)),
        rng.normal(size=(*odd, M, N)),
        rng.normal(size=N),
    )
    yield case(
        "even filter sizes, with biases",
        rng.normal(size=(J1, J2, 3)),
        rng.normal(size=(*even, 3, 2)),
        rng.normal(size=2),
    )
    yield case(
        "as many filters as channels", rng.normal(size=(4, 5, 3)), rng.normal(size=(2, 3, 3, 3))
    )
    yield case("a single filter", rng.normal(size=(4, 5, 2)), rng.normal(size=(3, 1, 2, 1)))
    yield case(
        "filters larger than the image",
        rng.normal(size=(3, 2, 2)),
        rng.normal(size=(4, 7, 2, 3)),
        rng.normal(size=3),
    )
    yield case(
        "a photograph of type uint8, filters of whole numbers",
        rng.integers(100, 256, (5, 6, 3)).astype(np.uint8),
        rng.integers(2, 256, (3, 2, 3, 2)).astype(np.uint8),
        rng.integers(1, 9, 2),
    )
    yield case(
        "arrays that are not contiguous",
        strided(rng.normal(size=(5, 6, 4))),
        strided(rng.normal(size=(3, 2, 4, 3))),
        strided(rng.normal(size=3)),
    )
    yield case(
        "arrays that may not be changed",
        frozen(rng.normal(size=(5, 6, 2))),
        frozen(rng.normal(size=(2, 3, 2, 4))),
        frozen(rng.normal(size=4)),
    )


@conv2d_bank.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield from _bank_cases(rng)
    J1, J2, M, N = sizes(rng, 3, 9, 4)
    for name, probe in (
        ("biases, then the rectified linear unit", with_relu),
        ("biases and tanh, given by name", with_tanh),
    ):
        image, bank = rng.normal(size=(J1, J2, M)), 0.2 * rng.normal(size=(3, 2, M, N))
        yield Case(name, (image, bank, rng.normal(size=N)), probe=probe)


def _bank_working(index, X, F, b=None):
    i, j, n = index
    bias = 0.0 if b is None else float(b[n])
    return _work_out(
        f"h[{i}, {j}, {n}] belongs to filter {n}",
        window(X, *F.shape[:2], i, j),
        F[..., n],
        bias,
    )


conv2d_bank.working(_bank_working)

conv2d_bank.hints = [
    "You can already apply one filter of shape (K1, K2, M). Which slice of F is filter number n?",
    "$H_{\\dots n} = \\text{conv2d\\_channels}(X, F_{\\dots n}, b_n)$ for every n, stacked along a "
    "new axis: which of `np.stack`'s values of `axis` makes the shape (J1, J2, N)?",
    "```python\nN = F.shape[...]\nif b is None:\n    b = ...\nmaps = [... for n in range(N)]   "
    "# one feature map (J1, J2) per filter\nreturn np.stack(maps, axis=...)\n```",
]


@conv2d_bank.mistake(
    "the feature maps are added up",
    "The outputs of the filters are summed. They stay apart: each filter has its own feature map, "
    "stacked along the last axis.",
)
def _(right, X, F, b=None, activation=None):
    return right(X, F, b, activation).sum(axis=-1)


@conv2d_bank.mistake(
    "stacked along the first axis",
    "The feature maps are stacked in front, (N, J1, J2). That is torch's order; the lecture's has "
    "the features last: (J1, J2, N).",
)
def _(right, X, F, b=None, activation=None):
    return np.moveaxis(right(X, F, b, activation), -1, 0).copy()


@conv2d_bank.mistake(
    "the first bias for all filters",
    "Every feature map gets b[0]. Filter n has its own bias, b[n].",
)
def _(right, X, F, b=None, activation=None):
    return right(X, F, None if b is None else np.repeat(b[:1], len(b)), activation)


@conv2d_bank.mistake(
    "b = None is not handled",
    "Without biases b is None, which cannot be added or indexed. Treat that case as zeros.",
)
def _(right, X, F, b=None, activation=None):
    return right(X, F, b + np.zeros(F.shape[3]), activation)


@conv2d_bank.mistake(
    "channels and filters are swapped",
    "You used the third axis of F for the filters and the last one for the channels; it is "
    "(K1, K2, M, N). It only shows where M and N agree, since otherwise the shapes do not fit.",
)
def _(right, X, F, b=None, activation=None):
    if F.shape[2] != F.shape[3]:
        raise ValueError("the shapes do not fit")
    return right(X, F.swapaxes(2, 3), b, activation)


# ── im2col ──────────────────────────────────────────────────────────────────


@exercise(points=3)
def im2col(X: np.ndarray, K1: int, K2: int) -> np.ndarray:
    """Write the window of every position as a row, so that convolution is a matrix product.

    Row $j_1 J_2 + j_2$ (counted from 0) is the zero-padded, centred window of
    position (j1, j2), its K1·K2·M numbers in row-major order: the channel changes
    fastest, then the column, then the row.

    X: image, shape (J1, J2, M). K1, K2: window size; it may exceed the image's.
    Returns float64, shape (J1·J2, K1·K2·M).
    Lecture 6, "Convolution with a filter bank"; torch calls it ``unfold``.
    """


@im2col.oracle
def _im2col(X, K1, K2):
    J1, J2, M = X.shape
    image = torch.tensor(np.array(X, dtype=np.float64)).permute(2, 0, 1)[None]
    image = F_.pad(image, ((K2 - 1) // 2, K2 // 2, (K1 - 1) // 2, K1 // 2))
    rows = F_.unfold(image, (K1, K2))[0].T.reshape(J1 * J2, M, K1 * K2)
    return rows.permute(0, 2, 1).reshape(J1 * J2, K1 * K2 * M).numpy()


@im2col.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    J1, J2 = sizes(rng, 4, 7, 2)
    odd, even = _odd_even(rng)
    by_hand = np.arange(1.0, 7).reshape(2, 3, 1)
    yield case("a 2×3 image, windows of 1×3", by_hand, 1, 3)
    yield case("the lecture's 4×4 input", EXAMPLE[..., None].astype(float), 3, 3)
    yield case("odd windows, two channels", rng.normal(size=(J1, J2, 2)), *odd)
    yield case("even windows, three channels", rng.normal(size=(J1, J2, 3)), *even)
    yield case("odd and even", rng.normal(size=(J2, J1, 2)), odd[0], even[0])
    yield case("windows of one pixel", rng.normal(size=(3, 4, 2)), 1, 1)
    yield case("windows larger than the image", rng.normal(size=(2, 3, 2)), 4, 5)
    yield case("type uint8", rng.integers(0, 256, (4, 3, 3)).astype(np.uint8), 2, 3)
    yield case("whole numbers", rng.integers(0, 99, (3, 5, 2)), 3, 1)
    yield case("an image that is not contiguous", strided(rng.normal(size=(4, 5, 2))), 2, 3)
    yield case("an image that may not be changed", frozen(rng.normal(size=(5, 4, 2))), 3, 2)


@im2col.working
def _(index, X, K1, K2):
    row, column = index
    J2, M = X.shape[1:]
    j1, j2 = divmod(row, J2)
    k1, k2, m = np.unravel_index(column, (K1, K2, M))
    at = j1 + int(k1) - (K1 - 1) // 2, j2 + int(k2) - (K2 - 1) // 2
    inside = 0 <= at[0] < len(X) and 0 <= at[1] < J2
    value = (
        f"X[{at[0]}, {at[1]}, {m}] = {number(X[(*at, m)])}" if inside else "0, outside the image"
    )
    return (
        f"row {row} = {j1}·{J2} + {j2} is the window of position ({j1}, {j2})\n"
        f"column {column} is its entry [{k1}, {k2}, {m}], counted from its upper left corner\n"
        f"that is the pixel ({at[0]}, {at[1]}), channel {m}: {value}"
    )


im2col.hints = [
    "The result has a row per position and a column per weight of a filter. Which numbers stand in "
    "the row of the first position?",
    "`np.lib.stride_tricks.sliding_window_view(P, (K1, K2), axis=(0, 1))` gives all windows of the "
    "padded image at once, without a loop, but with the axes in the order (J1, J2, M, K1, K2). "
    "Each row needs (K1, K2, M).",
    "```python\nP = np.pad(...)               # as in conv2d; channels are not padded\n"
    "windows = ...                 # all windows of P: (J1, J2, M, K1, K2)\n"
    "windows = windows.transpose(...)   # to (J1, J2, K1, K2, M)\n"
    "return windows.reshape(...)\n```\n\n"
    "Two loops over j1 and j2 are right, too; they are only slow.",
]


@im2col.mistake(
    "windows as columns",
    "Your matrix is the transpose of the one asked for: windows are rows here. (Several textbooks "
    "have them as columns; hence the name.)",
)
def _(right, X, K1, K2):
    return right(X, K1, K2).T


@im2col.mistake(
    "the channel changes slowest",
    "Within a row you have all of channel 0 first, then all of channel 1. Move the channel axis "
    "behind K1 and K2 before you reshape.",
)
def _(right, X, K1, K2):
    rows = right(X, K1, K2).reshape(-1, K1 * K2, X.shape[2])
    return rows.swapaxes(1, 2).reshape(len(rows), -1)


@im2col.mistake(
    "positions column by column",
    "The rows run down the columns of the image. Row-major means along the rows: position (0, 1) "
    "comes second.",
)
def _(right, X, K1, K2):
    J1, J2 = X.shape[:2]
    rows = right(X, K1, K2).reshape(J1, J2, -1)
    return rows.swapaxes(0, 1).reshape(J1 * J2, -1)


@im2col.mistake(
    "windows column by column",
    "Each window is read down its columns. Row-major means along its rows.",
)
def _(right, X, K1, K2):
    rows = right(X, K1, K2).reshape(-1, K1, K2, X.shape[2])
    return rows.swapaxes(1, 2).reshape(len(rows), -1)


@im2col.mistake(
    "only the full windows",
    "You have a row for each window that lies inside the image. With padding there is one for "
    "every position.",
)
def _(right, X, K1, K2):
    J1, J2, M = X.shape
    rows = right(X, K1, K2).reshape(J1, J2, -1)
    full = rows[(K1 - 1) // 2 : max(J1 - K1 // 2, 0), (K2 - 1) // 2 : max(J2 - K2 // 2, 0)]
    return full.reshape(-1, K1 * K2 * M)


@im2col.mistake(
    "the rows are not in one axis",
    "Your result still has two axes for the position. One matrix was asked for: (J1·J2, K1·K2·M).",
)
def _(right, X, K1, K2):
    return right(X, K1, K2).reshape(*X.shape[:2], -1)


@im2col.mistake(
    "the windows start at their position",
    "Your windows lie to the right of and below their position. Centre them: (K−1)//2 zeros before "
    "the image, K//2 after it.",
)
def _(right, X, K1, K2):
    J1, J2 = X.shape[:2]
    wide = right(np.pad(X, ((0, K1), (0, K2), (0, 0))), K1, K2).reshape(J1 + K1, J2 + K2, -1)
    top, left = (K1 - 1) // 2, (K2 - 1) // 2
    return wide[top : top + J1, left : left + J2].reshape(J1 * J2, -1)


@im2col.mistake(
    "even windows lean the other way",
    "With an even K one side gets a zero more than the other. By the lecture's formula that is the "
    "right and lower one: K//2 zeros after the image, (K−1)//2 before it.",
)
def _(right, X, K1, K2):
    J1, J2 = X.shape[:2]
    wide = right(np.pad(X, ((1, 0), (1, 0), (0, 0))), K1, K2).reshape(J1 + 1, J2 + 1, -1)
    return wide[K1 % 2 :, K2 % 2 :][:J1, :J2].reshape(J1 * J2, -1)


@im2col.mistake(
    "keeps whole numbers",
    "The windows have the type of the image; products in uint8 would overflow. Return floats.",
)
def _(right, X, K1, K2):
    return right(X, K1, K2).astype(X.dtype)


# ── conv2d_fast ─────────────────────────────────────────────────────────────


@exercise(points=3)
def conv2d_fast(X: np.ndarray, F: np.ndarray, b: np.ndarray | None = None) -> np.ndarray:
    """The same numbers as ``conv2d_bank``, without a Python loop over positions.

    A list comprehension and np.vectorize are loops, too; einsum, tensordot, a matrix
    product, or a loop over the few weights of a filter are fine.

    X: image, shape (J1, J2, M). F: filter bank, shape (K1, K2, M, N).
    b: a bias per filter, shape (N,); None means none.
    Returns float64, shape (J1, J2, N). Also measured on a growing image: per
    position, its time must shrink as only NumPy's does.
    Lecture 6, "Filter banks".
    """


conv2d_fast.oracle(_bank)

SHRINKS = 7.0
"""From a small image to a large one, the time per position must fall at least by this factor.

A loop pays for each position anew: its factor is 1 to 3. NumPy pays mostly per
call: 20 and more. So no particular speed of the machine is assumed.
"""


def time_two(answer, small, large, F):
    """Seconds of a call with a small and a large image, the best of several, and the outputs."""
    import time

    best, outputs = [np.inf, np.inf], [None, None]
    begin = time.perf_counter()
    for turn in range(12):
        for i, image in enumerate((small, large)):
            for _ in range(5 if i == 0 else 1):
                start = time.perf_counter()
                outputs[i] = answer(image, F)
                best[i] = min(best[i], time.perf_counter() - start)
        if turn >= 2 and time.perf_counter() - begin > 0.2:
            break
    return best, outputs


def grows_like_numpy(value, small, large, F):
    """None if the time per position falls enough from the small image to the large one.

    A fast way to wrong numbers counts for nothing, so both outputs must be right.
    """
    try:
        seconds, outputs = value
        per_position = [
            float(t) / (image.shape[0] * image.shape[1])
            for t, image in zip(seconds, (small, large), strict=True)
        ]
        falls = per_position[0] / per_position[1]
    except (TypeError, ValueError, ZeroDivisionError):
        return "its time could not be measured."
    expected = [_bank(small, F), _bank(large, F)]
    wrong = difference(expected, outputs, 1e-8, 1e-10)
    if wrong:
        return wrong.message
    if min(per_position) > 0 and falls >= SHRINKS:
        return None
    return (
        "on a larger image each position costs as much as on a small one, as if Python went "
        "through the positions one by one. Let NumPy do all of them in one call."
    )


@conv2d_fast.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield from _bank_cases(rng)
    long = int(rng.integers(4000, 4200))
    bank = rng.normal(size=(2, 2, 1, 1))
    for name, small, large in (
        ("its time when the image gets more rows", (8, 2, 1), (long, 2, 1)),
        ("its time when the image gets more columns", (2, 8, 1), (2, long, 1)),
    ):
        images = rng.normal(size=small), rng.normal(size=large)
        # Not looping is what this exercise is about: with a loop, a third of the points.
        yield Case(name, (*images, bank), probe=time_two, judge=grows_like_numpy, weight=10)


conv2d_fast.working(_bank_working)

conv2d_fast.hints = [
    "What does `im2col(X, K1, K2) @ f` give, if f holds the K1·K2·M weights of one filter in the "
    "same order? And with one column per filter?",
    "$H_{J_1J_2\\times N} = "
    "\\text{im2col}(X)_{J_1J_2\\times K_1K_2M}\\; F_{K_1K_2M\\times N} + b$. "
    "F has the axes (K1, K2, M, N) already in this order, so a reshape is enough.",
    "```python\nK1, K2, M, N = F.shape\nrows = im2col(...)\ncolumns = F.reshape(...)        "
    "# (K1·K2·M, N)\nH = (...).reshape(...)        # one matrix product; back to an image\n"
    "return H if b is None else ...\n```",
]


@conv2d_fast.mistake(
    "a loop over positions",
    "The numbers are right, but Python still goes through the image position by position. im2col "
    "and one matrix product (or einsum over all windows) leave the loop to NumPy. Is there one in "
    "your im2col?",
)
def _(right, X, F, b=None):
    K1, K2, _, N = F.shape
    top, left = (K1 - 1) // 2, (K2 - 1) // 2
    P = np.pad(np.asarray(X, dtype=float), ((top, K1 // 2), (left, K2 // 2), (0, 0)))
    weights = np.asarray(F, dtype=float).reshape(-1, N)
    H = np.zeros((*X.shape[:2], N))
    for i in range(X.shape[0]):
        for j in range(X.shape[1]):
            H[i, j] = P[i : i + K1, j : j + K2].reshape(-1) @ weights
    return H if b is None else H + b


@conv2d_fast.mistake(
    "a loop over rows",
    "The columns are done by NumPy, the rows still one by one in Python. All positions can be done "
    "in one call.",
)
def _(right, X, F, b=None):
    K1, K2, _, N = F.shape
    top, left = (K1 - 1) // 2, (K2 - 1) // 2
    P = np.pad(np.asarray(X, dtype=float), ((top, K1 // 2), (left, K2 // 2), (0, 0)))
    H = np.zeros((*X.shape[:2], N))
    for i in range(X.shape[0]):
        strip = np.lib.stride_tricks.sliding_window_view(P[i : i + K1], K2, axis=1)
        H[i] = np.einsum("kjml,klmn->jn", strip, F)
    return H if b is None else H + b


@conv2d_fast.mistake(
    "the weights in another order than the windows",
    "The windows' numbers run over rows, columns, channels; your filters' over channels, rows, "
    "columns. Both must be flattened in the same order.",
)
def _(right, X, F, b=None):
    K1, K2, M, N = F.shape
    return right(X, F.transpose(2, 0, 1, 3).reshape(K1, K2, M, N), b)


@conv2d_fast.mistake(
    "the filters as rows",
    "F.reshape(N, …) does not turn the matrix, it cuts the filters to pieces. (K1, K2, M, N) "
    "becomes (K1·K2·M, N) by a reshape; a transpose must follow if you want filters as rows.",
)
def _(right, X, F, b=None):
    K1, K2, M, N = F.shape
    return right(X, F.reshape(N, -1).T.reshape(K1, K2, M, N), b)


@conv2d_fast.mistake(
    "the positions are mixed up",
    "The result was reshaped to (N, J1, J2) and turned, but a product with one row per position "
    "has N last: reshape it to (J1, J2, N).",
)
def _(right, X, F, b=None):
    H = right(X, F, b)
    J1, J2, N = H.shape
    return H.reshape(N, J1, J2).transpose(1, 2, 0).copy()


# ── wrong in the same way in all four convolutions ──────────────────────────


def _everywhere(name: str, advice: str) -> Callable:
    def declare(function: Callable) -> Callable:
        for wanted in (conv2d, conv2d_channels, conv2d_bank, conv2d_fast):
            wanted.mistake(name, advice)(function)
        return function

    return declare


def _layers(name: str, advice: str) -> Callable:
    def declare(function: Callable) -> Callable:
        for wanted in (conv2d, conv2d_channels, conv2d_bank):
            wanted.mistake(name, advice)(function)
        return function

    return declare


@_everywhere(
    "the filter is flipped",
    "Your filter lies upside down and left to right. In the formula the upper left weight meets "
    "the upper left pixel of the window.",
)
def _(right, X, F, *args, **kwargs):
    return right(X, F[::-1, ::-1], *args, **kwargs)


@_everywhere(
    "only the full windows",
    "You leave out the positions whose window reaches over the edge. Pad the image with zeros, "
    "so that the output is as large as the input.",
)
def _(right, X, F, *args, **kwargs):
    H, (J1, J2), (K1, K2) = right(X, F, *args, **kwargs), X.shape[:2], F.shape[:2]
    rows = slice((K1 - 1) // 2, max(J1 - K1 // 2, 0))
    return H[rows, (K2 - 1) // 2 : max(J2 - K2 // 2, 0)]


@_everywhere(
    "the windows start at their position",
    "Your windows lie to the right of and below their position. Centre them: (K−1)//2 zeros before "
    "the image, K//2 after it.",
)
def _(right, X, F, *args, **kwargs):
    (J1, J2), (K1, K2) = X.shape[:2], F.shape[:2]
    wide = np.pad(X, ((0, K1), (0, K2), (0, 0))[: X.ndim])
    top, left = (K1 - 1) // 2, (K2 - 1) // 2
    return right(wide, F, *args, **kwargs)[top : top + J1, left : left + J2]


@_everywhere(
    "the windows end at their position",
    "Your windows lie to the left of and above their position, as in lesson 01. There, the future "
    "was unknown; here the window lies around its position.",
)
def _(right, X, F, *args, **kwargs):
    (J1, J2), (K1, K2) = X.shape[:2], F.shape[:2]
    wide = np.pad(X, ((K1, 0), (K2, 0), (0, 0))[: X.ndim])
    top, left = K1 - K1 // 2, K2 - K2 // 2
    return right(wide, F, *args, **kwargs)[top : top + J1, left : left + J2]


@_everywhere(
    "even filters lean the other way",
    "With an even K one side gets a zero more than the other. By the lecture's formula that is the "
    "right and lower one: K//2 zeros after the image, (K−1)//2 before it.",
)
def _(right, X, F, *args, **kwargs):
    (J1, J2), (K1, K2) = X.shape[:2], F.shape[:2]
    wide = np.pad(X, ((1, 0), (1, 0), (0, 0))[: X.ndim])
    return right(wide, F, *args, **kwargs)[K1 % 2 :, K2 % 2 :][:J1, :J2]


@_everywhere("the bias is forgotten", "The bias b is missing: add it to each sum.")
def _(right, X, F, b=None, *args, **kwargs):
    if b is None and not args:
        return right(X, F, **kwargs)
    return right(X, F, None if b is None else 0 * b, *args, **kwargs)


@_everywhere(
    "products that overflow",
    "Image and filter are of type uint8, where 16·16 is 0. Convert first: X.astype(float).",
)
def _(right, X, F, *args, **kwargs):
    if X.dtype != np.uint8 or F.dtype != np.uint8:
        return right(X, F, *args, **kwargs)
    (K1, K2), rest = F.shape[:2], [(0, 0)] * (X.ndim - 2)
    P = np.pad(X, [((K1 - 1) // 2, K1 // 2), ((K2 - 1) // 2, K2 // 2), *rest])
    H = 0.0
    for k1 in range(K1):
        for k2 in range(K2):
            seen = P[k1 : k1 + X.shape[0], k2 : k2 + X.shape[1]]
            if F.ndim == 2:
                H = H + seen * F[k1, k2]
            else:
                one = seen[..., None] * F[k1, k2].reshape(X.shape[2], -1)
                one = one.sum(axis=2, dtype=float)
                H = H + (one if F.ndim == 4 else one[..., 0])
    b = args[0] if args else kwargs.get("b")
    return H if b is None else H + b


@_layers(
    "the bias comes after the activation",
    "The formula is g(b + Σ…): the bias belongs inside, before the nonlinearity.",
)
def _(right, X, F, b=None, activation=None):
    if b is None:
        return right(X, F, activation=activation)
    return right(X, F, 0 * b, activation) + b


@_layers(
    "the activation is ignored",
    "The last step is missing: if activation is not None, return activation(H).",
)
def _(right, X, F, b=None, activation=None):
    return right(X, F) if b is None else right(X, F, b)


# ── counting parameters ─────────────────────────────────────────────────────


def _trainable(layer: nn.Module) -> int:
    return sum(p.numel() for p in layer.parameters())


@exercise(points=1)
def conv_parameters(K1: int, K2: int, M: int, N: int) -> int:
    """How many trainable numbers has a bank of N filters of size K1×K2 on M channels?

    Weights and biases; the size of the image does not matter.

    Returns a whole number.
    Lecture 6, "Filter banks" and "Assumptions behind convolution": parameter sharing.
    """


@conv_parameters.oracle
def _(K1, K2, M, N):
    return _trainable(nn.Conv2d(M, N, (K1, K2), device="meta"))  # meta: counts, holds nothing


@conv_parameters.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield case("8 filters of 3×3 on a photograph (3 channels)", 3, 3, 3, 8)
    yield case("one filter of one weight", 1, 1, 1, 1)
    yield case("random sizes", *sizes(rng, 2, 40, 4))
    yield case("more random sizes", *sizes(rng, 2, 40, 4))
    yield case("a large layer", 3, 5, 256, 512)


@conv_parameters.working
def _(index, K1, K2, M, N):
    return (
        f"one filter holds {K1}·{K2}·{M} = {K1 * K2 * M} weights and 1 bias; there are {N} of them"
    )


conv_parameters.hints = [
    "How many numbers does the tensor F hold? And b?",
    "F has the shape (K1, K2, M, N) and b the shape (N,).",
    "```python\nweights = ...      # of all N filters\nbiases = ...       # how many filters are "
    "there?\nreturn weights + biases\n```",
]


@conv_parameters.mistake("biases forgotten", "Each of the N filters has a bias, too.")
def _(right, K1, K2, M, N):
    return K1 * K2 * M * N


@conv_parameters.mistake("one bias for all filters", "Each filter has its own bias: N of them.")
def _(right, K1, K2, M, N):
    return K1 * K2 * M * N + 1


@conv_parameters.mistake(
    "channels forgotten", "A filter has weights for each of the M channels: K1·K2·M of them."
)
def _(right, K1, K2, M, N):
    return K1 * K2 * N + N


@conv_parameters.mistake(
    "a bias for every channel", "The channels are summed before the bias is added: one per filter."
)
def _(right, K1, K2, M, N):
    return K1 * K2 * M * N + M * N


@conv_parameters.mistake("only one filter", "You counted one filter. There are N of them.")
def _(right, K1, K2, M, N):
    return K1 * K2 * M + 1


@conv_parameters.mistake(
    "sizes added instead of multiplied", "A K1×K2 window holds K1·K2 pixels, not K1+K2."
)
def _(right, K1, K2, M, N):
    return (K1 + K2) * M * N + N


@exercise(points=1)
def dense_parameters(J1: int, J2: int, M: int, N: int) -> int:
    """How many trainable numbers would a dense layer need for an output of the same shape?

    It connects each of the J1·J2·M inputs with each of the J1·J2·N outputs, and
    every output has a bias.

    Returns a whole number.
    Lecture 6, "Assumptions behind convolution".
    """


@dense_parameters.oracle
def _(J1, J2, M, N):
    return _trainable(nn.Linear(J1 * J2 * M, J1 * J2 * N, device="meta"))


@dense_parameters.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield case("a 4×4 image, one channel, one filter", 4, 4, 1, 1)
    yield case("a 160×240 photograph, 8 filters", 160, 240, 3, 8)
    yield case("a single pixel", 1, 1, 3, 5)
    yield case("random sizes", *sizes(rng, 2, 40, 4))
    yield case("more random sizes", *sizes(rng, 2, 40, 4))


@dense_parameters.working
def _(index, J1, J2, M, N):
    return (
        f"{J1}·{J2}·{M} = {J1 * J2 * M} inputs, {J1}·{J2}·{N} = {J1 * J2 * N} outputs; each output "
        "has a weight for each input, and a bias"
    )


dense_parameters.hints = [
    "How many numbers go in, how many come out? How many weights does one output of a dense layer "
    "have?",
    "A dense layer is $\\mathbf{Wx}+\\mathbf b$ with W of shape (outputs, inputs) and b of shape "
    "(outputs,).",
    "```python\ninputs = ...\noutputs = ...\nreturn ...   # entries of W, plus those of b\n```",
]


@dense_parameters.mistake("biases forgotten", "Every one of the J1·J2·N outputs has a bias, too.")
def _(right, J1, J2, M, N):
    return (J1 * J2 * M) * (J1 * J2 * N)


@dense_parameters.mistake(
    "biases as in a convolution",
    "A dense layer shares nothing between positions: it has a bias per output, J1·J2·N, not N.",
)
def _(right, J1, J2, M, N):
    return (J1 * J2 * M) * (J1 * J2 * N) + N


@dense_parameters.mistake(
    "only one output position",
    "You count N outputs. The output has the shape (J1, J2, N): J1·J2·N numbers.",
)
def _(right, J1, J2, M, N):
    return J1 * J2 * M * N + N


@dense_parameters.mistake(
    "one weight per output position",
    "Each output looks at the pixel in its own place only. A dense layer connects it with all "
    "J1·J2 pixels.",
)
def _(right, J1, J2, M, N):
    return J1 * J2 * M * N + J1 * J2 * N


@dense_parameters.mistake("channels forgotten", "Each pixel has M numbers: J1·J2·M inputs.")
def _(right, J1, J2, M, N):
    return (J1 * J2) * (J1 * J2 * N) + J1 * J2 * N


@dense_parameters.mistake(
    "inputs and outputs added", "Each output has a weight for each input: multiply the two numbers."
)
def _(right, J1, J2, M, N):
    return J1 * J2 * M + J1 * J2 * N


# ── receptive_field ─────────────────────────────────────────────────────────


@exercise(points=2)
def receptive_field(kernel_sizes: Sequence[int], strides: Sequence[int]) -> int:
    """How far, along one axis, does one output of a stack of layers see into the input?

    From the first input to the last that has an influence, both included (with a
    stride larger than the kernel, some in between may have none).

    kernel_sizes, strides: a whole number per layer, the first layer first.
    Returns a whole number; 1 for an empty stack.
    Lecture 6, "Assumptions behind convolution": with every layer, the information
    travels further.
    """


@receptive_field.oracle
def _(kernel_sizes, strides):
    # From the output back to the input: this many neighbours of the layer below are seen.
    seen = 1
    for K, S in list(zip(kernel_sizes, strides, strict=True))[::-1]:
        seen = K + S * (seen - 1)
    return seen


@receptive_field.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield case("one layer of size 3", [3], [1])
    yield case("two layers of size 3", [3, 3], [1, 1])
    yield case("the first layer with stride 2", [3, 3], [2, 1])
    yield case("the last layer with stride 2", [3, 3], [1, 2])
    yield case("no layer at all", [], [])
    for depth in sizes(rng, 3, 6, 2):
        kernels, steps = rng.integers(2, 8, depth).tolist(), rng.integers(1, 4, depth).tolist()
        yield case(f"{depth} random layers", kernels, steps)
    yield case("strides larger than the kernels", [2, 3, 2], [5, 4, 3])
    kernels = [1, *sizes(rng, 2, 9, 2), 1]
    yield case("with layers of size 1", kernels, [3, 2, 2, 1])


@receptive_field.working
def _(index, kernel_sizes, strides):
    lines, jump, seen = [], 1, 1
    for number_, (K, S) in enumerate(zip(kernel_sizes, strides, strict=True), 1):
        lines.append(
            f"layer {number_}: neighbouring inputs of this layer lie {jump} apart in the image; "
            f"K = {K} of them reach ({K}−1)·{jump} = {(K - 1) * jump} further: "
            f"{seen} → {seen + (K - 1) * jump}"
        )
        seen, jump = seen + (K - 1) * jump, jump * S
    return "\n".join(lines)


receptive_field.hints = [
    "One layer of size 3 sees 3 inputs. Two of them: the output sees 3 neighbours, and each of "
    "those sees 3 inputs, which overlap. How many different ones?",
    "Each layer adds $K-1$ steps. How long is a step, measured in inputs? In the first layer 1; "
    "after a layer with stride S, S times as long as before.",
    "```python\nseen, step = 1, 1\nfor K, S in zip(kernel_sizes, strides):\n    seen = ...     "
    "# K − 1 more steps\n    step = ...     # for the next layer\nreturn seen\n```",
]


@receptive_field.mistake(
    "kernel sizes added up",
    "The windows of neighbours overlap: a layer of size K adds K−1, and the start is 1.",
)
def _(right, kernel_sizes, strides):
    return right(kernel_sizes, strides) + max(len(kernel_sizes) - 1, 0)


@receptive_field.mistake(
    "the start is forgotten",
    "You sum what the layers add, but even without a layer an output sees 1 input: itself.",
)
def _(right, kernel_sizes, strides):
    return right(kernel_sizes, strides) - 1


@receptive_field.mistake(
    "the strides are ignored",
    "After a layer with stride S, a step of the next layer is S times as long.",
)
def _(right, kernel_sizes, strides):
    return right(kernel_sizes, [1] * len(strides))


@receptive_field.mistake(
    "a layer's own stride counts for itself",
    "A layer's stride says how far apart its outputs lie. Its own window is not stretched by it, "
    "only those of the layers after it.",
)
def _(right, kernel_sizes, strides):
    return right([1, *kernel_sizes], [*strides, 1])


@receptive_field.mistake(
    "the layers in the wrong order",
    "The first entries belong to the layer next to the input; you started at the other end.",
)
def _(right, kernel_sizes, strides):
    return right(kernel_sizes[::-1], strides[::-1])


@receptive_field.mistake(
    "only the stride of the layer before",
    "The strides of all layers before multiply; you used the last one only.",
)
def _(right, kernel_sizes, strides):
    steps = [1, *strides][: len(kernel_sizes)]
    return 1 + sum((K - 1) * S for K, S in zip(kernel_sizes, steps, strict=True))


@receptive_field.mistake(
    "kernel sizes multiplied",
    "The windows of neighbouring outputs overlap, so sizes do not multiply.",
)
def _(right, kernel_sizes, strides):
    return int(np.prod(kernel_sizes, dtype=int))
