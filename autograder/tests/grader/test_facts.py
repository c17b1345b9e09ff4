"""What is certain of an answer from its source or its cases: no more than is so."""

from __future__ import annotations

import pytest
from cnnlab.engine.causes.certain import names_read

from autograder.tests.support.reports import report_on

IN_THE_SOURCE = [
    (
        "rolling_average",
        """
        def rolling_average(x, K=7):
            return np.array([np.mean(x[i : i + 7]) for i in range(len(x) - 6)])
            if K > len(x):
                raise ValueError("the window is longer than the series")
        """,
        "Line 4 reads `K`, but is never reached, and no other line does.",
    ),
    (
        "pad",
        """
        def pad(x, left, right, mode="zeros"):
            if left < 0 or right < 0:
                raise ValueError("there is no negative padding")
            edge = {"zeros": (0, 0), "mean": (x.mean(),) * 2, "edge": (x[0], x[-1])}
            a, b = edge[mode]
            return np.concatenate([[a, a], x, [b]]).astype(float)
        """,
        "`left` and `right` are checked in line 3, and no other line of yours reads them.",
    ),
    (
        "conv1d",
        """
        def conv1d(x, f):
            n = len(x) - len(f) + 1
            return np.array([sum(f * 1.0 * x[: len(f)]) for i in range(n)], dtype=float)
        """,
        "Line 4 computes the same in every round, whatever `i` is. Should it depend on `i`?",
    ),
    (
        "windows",
        """
        def windows(x, K):
            if K > len(x):
                raise ValueError("the window is longer than the series")
            x = np.asarray(x, dtype=float)
            tricks = np.lib.stride_tricks
            return tricks.as_strided(x, (len(x) - K + 1, K), strides=(x.itemsize,) * 2).copy()
        """,
        "Line 7 works out the strides for as_strided by itself",
    ),
]


@pytest.mark.parametrize(
    ("name", "source", "sentence"), IN_THE_SOURCE, ids=[c[0] for c in IN_THE_SOURCE]
)
def test_what_is_seen_in_the_source_is_said(name, source, sentence):
    assert sentence in report_on(name, source, search=5)[1]


def test_a_step_of_bytecode_may_read_two_names_at_once():
    """So do Python 3.13 and 3.14."""
    assert names_read("LOAD_FAST_LOAD_FAST", ("x", "how")) == ("x", "how")
    assert names_read("STORE_FAST_LOAD_FAST", ("x", "how")) == ("how",)
    assert names_read("LOAD_FAST", "how") == ("how",)
    assert names_read("LOAD_FAST_AND_CLEAR", "how") == names_read("LOAD_CONST", "how") == ()
    assert names_read("STORE_FAST", "how") == ()


BY_CASES = [
    (
        "receptive_field",
        """
        def receptive_field(kernel_sizes, strides):
            return max(kernel_sizes, default=1)
        """,
        "Wrong in all cases with more than one number in `kernel_sizes`, "
        "right in all with one or none.",
    ),
    (
        "numerical_gradient",
        """
        def numerical_gradient(loss, p, eps=1e-6):
            slopes = np.zeros(len(p))
            for i in range(len(p)):
                step = np.zeros(p.shape)
                step[i] = eps
                slopes[i] = (loss(p + step) - loss(p - step)) / (2 * eps)
            return slopes
        """,
        "Wrong in all cases in which `p` has several axes, right in all in which it has one.",
    ),
    (
        "conv2d",
        """
        def conv2d(X, F, b=0.0, activation=None):
            if X.shape != (4, 4):
                return np.zeros(X.shape)
            P = np.pad(X, 1).astype(float)
            return np.array([[(P[i:i + 3, j:j + 3] * F).sum() for j in range(4)]
                             for i in range(4)])
        """,
        "Each entry of yours is 0, in every wrong case. The only right case: “the lecture's 4×4",
    ),
]


@pytest.mark.parametrize(("name", "source", "sentence"), BY_CASES, ids=[c[0] for c in BY_CASES])
def test_what_parts_right_cases_from_wrong_ones_is_said(name, source, sentence):
    assert sentence in report_on(name, source)[1]


def test_what_parts_them_by_chance_is_not_said():
    """How many features a word has is even in some cases, and odd in others."""
    _, text = report_on(
        "WordCNN",
        """
        class WordCNN(nn.Module):
            def __init__(self, vocabulary_size, embedding_size, width=3, filters=50, classes=2):
                super().__init__()
                self.embedding = nn.Embedding(vocabulary_size, embedding_size, padding_idx=0)
                self.conv = nn.Conv1d(embedding_size, filters, width, padding="same")
                self.linear = nn.Linear(filters, classes)
            def forward(self, ids):
                x = self.embedding(ids).transpose(1, 2)
                return self.linear(self.conv(x).transpose(1, 2))
        """,
    )
    assert "Wrong in all cases" not in text
