"""What is said of the place that a repair names: enough to see it, and never more than is there."""

from __future__ import annotations

import ast

import numpy as np
import pytest
from cnnlab.engine.repair.listing import edits_of
from cnnlab.engine.repair.program import Program

from autograder.tests.support.reports import report_on

SAID = [
    # a name that stands several times in its line
    (
        "windows",
        """
        def windows(x, K):
            if K > len(x):
                raise ValueError("the window is longer than the series")
            return np.stack([np.roll(x, i)[:K] for i in range(len(x) - K + 1)]).astype(float)
        """,
        "Line 5: `i` in `np.roll(x, i)` is 1 in the case",
    ),
    # what is off is seen in the operation, not in the name
    (
        "im2col",
        """
        def im2col(X, K1, K2):
            J1, J2, M = X.shape
            top, left = (K1 - 1) // 2, K2 // 2
            P = np.zeros((J1 + K1 - 1, J2 + K2 - 1, M))
            P[top:top + J1, left:left + J2] = X
            rows = [P[i:i + K1, j:j + K2].ravel() for i in range(J1) for j in range(J2)]
            return np.array(rows)
        """,
        "Line 4: `K2 // 2` is 2 in the case",
    ),
    # the place that a value is put into: what the loops have come to
    (
        "conv1d_backward",
        """
        def conv1d_backward(x, f, dh):
            x, f, dh = (np.asarray(a, dtype=float) for a in (x, f, dh))
            dx, df = np.zeros(len(x)), np.zeros(len(f))
            for n in range(len(dh)):
                for k in range(len(f)):
                    dx[k] += f[k] * dh[n]
                    df[k] += x[n + k] * dh[n]
            return dx, df, float(dh.sum())
        """,
        "Line 7: `k` in `dx[k]` is 0 when `n` is 1; with 1 there all cases",
    ),
    # one of several slices
    (
        "im2col",
        """
        def im2col(X, K1, K2):
            around = ((K1 - 1) // 2, K1 // 2), ((K2 - 1) // 2, K2 // 2), (0, 0)
            P = np.pad(X.astype(float), around)
            return np.array([P[i:i + K1, j:j + K2, 1:].ravel()
                             for i in range(X.shape[0]) for j in range(X.shape[1])])
        """,
        "Line 5: should `1:` in `P[i:i + K1, j:j + K2, 1:]` begin there?",
    ),
    # what is too much, in the student's own words
    (
        "conv_parameters",
        """
        def conv_parameters(K1, K2, M, N):
            return (K1 * K2 * M + 1) * N + 1
        """,
        "Line 3: is `… + 1` needed? Without it all cases would be right.",
    ),
    (
        "conv1d",
        """
        def conv1d(x, f):
            if len(f) > len(x):
                raise ValueError("the filter is longer than the series")
            W = np.lib.stride_tricks.sliding_window_view(np.asarray(x, dtype=float), len(f))
            h = W @ f; return h.cumsum()
        """,
        "Line 6: is `.cumsum()` needed in `h.cumsum()`?",
    ),
    (
        "conv_parameters",
        """
        def conv_parameters(K1, K2, M, N):
            return K1 * K2 * M * N + K2
        """,
        "Line 3: the second `K2` in `K1 * K2 * M * N + K2` is used here. With another of your",
    ),
    (
        "windows",
        """
        def windows(x, K):
            x = np.asarray(x, dtype=float)
            if K > len(x):
                raise ValueError("the window is longer than the series")
            return list(x[i : i + K] for i in range(len(x) - K + 1))
        """,
        "is a list in the case “five days, K = 3”; with an array there all cases would be right.",
    ),
    # two names taken for each other
    (
        "linear",
        """
        def linear(inputs, weight, bias=None):
            out = weight @ inputs.T
            return out if bias is None else out + bias
        """,
        "are `inputs` and `weight` taken for each other?",
    ),
    # a function by its value
    (
        "pad",
        """
        def pad(x, left, right, mode="zeros"):
            if mode not in ("zeros", "mean", "edge"):
                raise ValueError("there is no such mode")
            a, b = 0.0, 0.0
            if mode == "mean":
                a = b = np.median(x)
            if mode == "edge":
                a, b = x[0], x[-1]
            return np.concatenate([np.full(left, a), x, np.full(right, b)])
        """,
        "Line 7: is `np.median` what is asked for here? It gives 5 in the case “three days, their "
        "average around”. With a function that gives 6 there all cases would be right.",
    ),
    # several statements in the wrong block
    (
        "pad",
        """
        def pad(x, left, right, mode="zeros"):
            if mode not in ("zeros", "mean", "edge"):
                raise ValueError("there is no such mode")
            a = b = 0.0
            if mode == "mean":
                a = b = float(np.mean(x))
            if mode == "edge":
                a, b = x[0], x[-1]
                before, after = np.full(left, a), np.full(right, b)
                return np.concatenate([before, x, after])
        """,
        "Line 10: this line and those under it stand inside the block above.",
    ),
    (
        "pad",
        """
        def pad(x, left, right, mode="zeros"):
            if mode not in ("zeros", "mean", "edge"):
                raise ValueError("there is no such mode")
            a = b = 0.0
            if mode == "mean":
                total = sum(x.tolist())
            a = total / len(x) if mode == "mean" else a
            b = a
            if mode == "edge":
                a = x[0]
            b = x[-1]
            return np.concatenate([np.full(left, a), x, np.full(right, b)])
        """,
        "Line 12: the block above ends before this line.",
    ),
    # a term that is added too often
    (
        "conv1d_layer",
        """
        def conv1d_layer(x, f, b=0.0, stride=1, padding=(0, 0), activation=None):
            z = np.concatenate([np.zeros(padding[0]), x, np.zeros(padding[1])])
            if stride < 1 or len(f) > len(z):
                raise ValueError("these arguments make no sense")
            h = np.zeros((len(z) - len(f)) // stride + 1)
            for i in range(len(h)):
                for k in range(len(f)):
                    if f[k] != 0:
                        h[i] += f[k] * z[i * stride + k] + b
            return h if activation is None else activation(h)
        """,
        "Line 10: the last term is added in every round of the loop.",
    ),
    # the other end, another order, other letters, all slices of one array
    (
        "rolling_average",
        """
        def rolling_average(x, K=7):
            if K > len(x):
                raise ValueError("the window is longer than the series")
            n = len(x) - K + 1
            return np.array([np.mean(x[max(i - K + 1, 0):i + 1]) for i in range(len(x))])[:n]
        """,
        "Line 6: `:n` takes entries from one end. From the other end, all cases would be right.",
    ),
    (
        "conv2d_bank",
        """
        def conv2d_bank(X, F, b=None, activation=None):
            (J1, J2, M), (K1, K2, _, N) = X.shape, F.shape
            P = np.pad(X, (((K1 - 1) // 2, K1 // 2), ((K2 - 1) // 2, K2 // 2), (0, 0)))
            H = np.zeros((N, J1, J2))
            for i in range(J1):
                for j in range(J2):
                    H[i, j] = np.tensordot(P[i:i + K1, j:j + K2], F.astype(float), 3)
            H = H if b is None else H + b
            return H if activation is None else activation(H)
        """,
        "Line 5: are the parts of `(N, J1, J2)` in the right order? In another one, all cases",
    ),
    (
        "conv2d_channels",
        """
        def conv2d_channels(X, F, b=0.0, activation=None):
            K1, K2, M = F.shape
            P = np.pad(X, (((K1 - 1) // 2, K1 // 2), ((K2 - 1) // 2, K2 // 2), (0, 0)))
            W = np.lib.stride_tricks.sliding_window_view(P.astype(float), (K1, K2), axis=(0, 1))
            H = np.einsum("ijmkl,kml->ij", W, F) + b
            return H if activation is None else activation(H)
        """,
        'Line 6: look at the letters in `"ijmkl,kml->ij"`: with two of them swapped, all cases',
    ),
    (
        "pad",
        """
        def pad(x, left, right, mode="zeros"):
            if mode not in ("zeros", "mean", "edge"):
                raise ValueError("there is no such mode")
            a, b = 0.0, 0.0
            if mode == "mean":
                a = np.mean(x[:max(1, left)])
                b = np.mean(x[-max(1, right):])
            if mode == "edge":
                a, b = x[0], x[-1]
            return np.concatenate([np.full(left, a), x, np.full(right, b)])
        """,
        "Lines 7 and 8, in the same way in each: is",
    ),
    (
        "conv1d_layer",
        """
        def conv1d_layer(x, f, b=0.0, stride=1, padding=(0, 0), activation=None):
            z = np.concatenate([np.zeros(padding[0]), x, np.zeros(padding[1])])
            if stride < 1 or len(f) > len(z):
                raise ValueError("these arguments make no sense")
            many = (len(z) - len(f) + 1) // stride
            h = np.array([z[i * stride:i * stride + len(f)] @ f for i in range(many)]) + b
            return h if activation is None else activation(h)
        """,
        "Line 6: `(len(z) - len(f) + 1) // stride` is 1 in the case “every second window”; "
        "with 2 there all cases would be right.",
    ),
    # one edit in several places comes before a far-fetched one
    (
        "conv2d",
        """
        def conv2d(X, F, b=0.0, activation=None):
            (J1, J2), (K1, K2) = X.shape, F.shape
            P = np.zeros((J1 + 2 * K1, J2 + 2 * K2))
            P[K1:K1 + J1, K2:K2 + J2] = X
            H = np.zeros((J1, J2))
            for k in range(1, K1 + 1):
                for m in range(1, K2 + 1):
                    i = K1 + k - K1 // 2
                    j = K2 + m - K2 // 2
                    H += F[k - 1, m - 1] * P[i:i + J1, j:j + J2]
            return H + b if activation is None else activation(H + b)
        """,
        "Lines 9 and 10, in the same way in each: `K1 // 2` is 1 in the case “the lecture's 4×4 "
        "example”; with 2 there all cases would be right.",
    ),
    # a minus that nobody forgot is no likely cause
    (
        "filter_gradient",
        """
        def filter_gradient(x, dh, K):
            df = np.zeros(K)
            for k in range(K):
                df[k] -= x[k : k + len(dh)].astype(float) @ dh
            return df
        """,
        "Line 5: look at the operator in this line: with another one all cases",
    ),
]


@pytest.mark.parametrize(
    ("name", "source", "sentence"), SAID, ids=[f"{s[0]}: {s[2][:30]}" for s in SAID]
)
def test_the_place_is_clear(name, source, sentence):
    assert sentence in report_on(name, source, search=20)[1]


def test_an_edit_after_which_nothing_is_computed_is_none():
    """``x - x`` is 0 whatever x is: where nothing is right that can pass for an improvement."""
    source = "def f(x):\n    return (x - x.mean()) / x.std()"
    space = {}
    exec(source, space)
    program = Program(source, "f", 1, space)
    for edit in edits_of(program, lambda answer: answer(np.arange(3.0))):
        edit.apply()
        made = ast.unparse(program.tree)
        edit.undo()
        assert "x - x)" not in made
