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

WITHOUT_EFFECT = [
    (
        "FFN",
        """
        class FFN(nn.Module):
            def __init__(self, input_size, hidden_size, output_size):
                super().__init__()
                self.linear1 = nn.Linear(input_size, hidden_size)
                self.relu = nn.ReLU()
                self.linear2 = nn.Linear(hidden_size, output_size)
            def forward(self, inputs):
                hidden = self.linear1(inputs)
                self.relu(hidden)
                return F.log_softmax(self.linear2(hidden), dim=1)
        """,
        "Line 10: what `self.relu(hidden)` gives is thrown away.",
    ),
    (
        "train",
        """
        def train(model, dataloader, loss_function, optimizer, epochs, device="cpu"):
            model.to(device)
            losses = []
            for epoch in range(epochs):
                for inputs, targets in dataloader:
                    inputs.to(device)
                    loss = loss_function(model(inputs), targets.to(device))
                    loss.backward()
                    optimizer.step()
                losses.append(loss.item())
            return losses
        """,
        "Line 7: what `inputs.to(device)` gives is thrown away.",
    ),
    (
        "accuracy",
        """
        @torch.no_grad()
        def accuracy(model, batches, device="cpu"):
            model.eval
            right = [(model(ids, mask).argmax(1) == labels).double().mean().item()
                     for ids, mask, labels in batches]
            return sum(right) / len(right)
        """,
        "Line 4: `model.eval` without parentheses calls nothing.",
    ),
]


@pytest.mark.parametrize(
    ("name", "source", "sentence"),
    IN_THE_SOURCE + WITHOUT_EFFECT,
    ids=[c[0] for c in IN_THE_SOURCE + WITHOUT_EFFECT],
)
def test_what_is_seen_in_the_source_is_said(name, source, sentence):
    assert sentence in report_on(name, source, search=5)[1]


DOUBLED = """
def linear(inputs, weight, bias=None):
    x, a, model = inputs.detach().numpy(), weight.tolist()[0], nn.Linear(2, 2)
    LINE
    return 2 * inputs @ weight.T + (0 if bias is None else bias)
"""


@pytest.mark.parametrize(
    "line",
    [
        *("x.astype(float)", "np.sort(x)", "x.reshape(-1, 1)", "F.relu(weight)", "sorted(a)"),
        *("x + 1", "weight == 0", "torch.nn.functional.softmax(weight, 0)", "weight.detach()"),
    ],
)
def test_a_line_that_does_nothing_is_named(line):
    text = report_on("linear", DOUBLED.replace("LINE", line))[1]
    assert f"Line 4: what `{line}` gives is thrown away." in text


@pytest.mark.parametrize(
    "line",
    [
        *("a.sort()", "a.append(1.0)", "np.copyto(x, x)", "np.clip(x, 0, 1, out=x)"),
        *("model.to('cpu')", "model.train()", "F.relu(torch.zeros(2), True)", "a[0]", "..."),
        *("model(torch.zeros(2)).detach()", "torch.zeros(2).fill_(1)", "repr(x.shape)"),
    ],
)
def test_what_may_do_something_is_passed_over(line):
    text = report_on("linear", DOUBLED.replace("LINE", line))[1]
    assert "linear: Not right yet" in text
    assert "thrown away" not in text and "without parentheses" not in text


ROWS = """
def pad_batch(sequences, min_length=1):
    J = max([min_length, *map(len, sequences)])
    rows = START
    for i, sequence in enumerate(sequences):
        for j, word in enumerate(sequence):
            rows[i][j] = word
    ids = torch.tensor(rows)
    return ids, ids < 0
"""


@pytest.mark.parametrize(
    ("start", "shared"),
    [
        ("[[0] * J] * len(sequences)", True),
        ("len(sequences) * [[0 for _ in range(J)]]", True),
        ("[[0] * J for _ in sequences]", False),
        ("torch.tensor([[0] * J] * len(sequences)).tolist()", False),
    ],
)
def test_rows_that_are_one_list_are_named(start, shared):
    text = report_on("pad_batch", ROWS.replace("START", start))[1]
    assert (f"Line 4: all rows of `{start}` are one and the same list." in text) == shared


@pytest.mark.parametrize("start", ["[1.0 / K for k in range(K)]", "[x[0] * 0.1 for k in range(K)]"])
def test_a_start_value_for_each_weight_does_not_look_like_a_mistake(start):
    source = f"""
        def filter_gradient(x, dh, K):
            df = {start}
            for k in range(K):
                df[k] += float(x[k : k + len(dh)] @ dh)
            return np.array(df)
    """
    assert "computes the same in every round" not in report_on("filter_gradient", source)[1]


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


BY_VALUES = [
    (
        "pad",
        """
        def pad(x, left, right, mode="zeros"):
            if mode not in ("zeros", "mean", "edge"):
                raise ValueError("there is no such mode")
            n = left + right
            a, b = {"zeros": (0, 0), "mean": (x.mean(),) * 2, "edge": (x[0], x[-1])}[mode]
            return np.array([a] * (n // 2) + x.tolist() + [b] * (n - n // 2), dtype=float)
        """,
        "You get what is right for half of `left` + `right` on each side.",
    ),
    (
        "conv1d",
        """
        def conv1d(x, f):
            n = len(x) - len(f) + 1
            if n < 1:
                raise ValueError("the filter is longer than the series")
            h = [x[i : i + len(f)] @ f.astype(float) for i in range(n)]
            return np.array(h[: n // 2] + h[n // 2 + 1 :]) if n > 2 else np.array(h)
        """,
        "entries in the middle are missing, and all others are right",
    ),
    (
        "im2col",
        """
        def im2col(X, K1, K2):
            P = np.pad(X, (((K1 - 1) // 2, K1 // 2), ((K2 - 1) // 2, K2 // 2), (0, 0)))
            return np.stack([P[i:i + K1, j:j + K2] for i in range(X.shape[0])
                             for j in range(X.shape[1])]).astype(float)
        """,
        "yours are the right numbers in the right order, but with other axes (4, not 2)",
    ),
]


@pytest.mark.parametrize(("name", "source", "sentence"), BY_VALUES, ids=[c[0] for c in BY_VALUES])
def test_what_the_values_have_to_do_with_the_right_ones_is_said(name, source, sentence):
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
