"""When a cause may be named, and what is said when none may."""

from __future__ import annotations

import itertools
import linecache

import numpy as np
import pytest
from cnnlab.engine.causes.known import parted
from cnnlab.engine.examine import examine
from cnnlab.engine.exercise import EXERCISES
from cnnlab.engine.shown import as_text, first_wrong
from cnnlab.engine.verdict import Known

from autograder.bench.feedback import left_out
from autograder.tests.support.reports import report_on

CONV1D = "np.array([x[i : i + len(f)] @ f.astype(float) for i in range(len(x) - len(f) + 1)])"

# ── when a cause may be named ───────────────────────────────────────────────


def test_one_lucky_case_of_many_names_nothing():
    """Adding one bias too many equals a sum in the 1×1 case, and in no other."""
    report, text = report_on(
        "conv_parameters", "def conv_parameters(K1, K2, M, N): return (K1 * K2 * M + 1) * N + N"
    )
    assert report.causes == []
    assert "I don't know why it is wrong" in text


def test_the_last_case_alone_names_nothing():
    """Many mistakes blow up in the case that takes many steps."""
    source = """
        def train_filter(x, y, K=7, learning_rate=0.05, steps=200):
            W = np.lib.stride_tricks.sliding_window_view(np.asarray(x, dtype=float), K)
            f, w, b, losses = np.full(K, 1 / K), 1.0, 0.0, np.zeros(steps)
            for i in range(steps):
                h = W @ f
                out = w * h + b
                losses[i] = np.mean((out - y) ** 2)
                d = 2 * (out - y) * out / len(y)
                f, w, b = (f - learning_rate * w * d @ W, w - learning_rate * d @ h,
                           b - learning_rate * d.sum())
            return f, w, b, losses
    """
    assert report_on("train_filter", source)[0].causes == []


def test_an_exception_of_the_same_class_names_nothing():
    """A layer that is given features in the wrong place is no sentence that is too short."""
    source = """
        class TextCNN(nn.Module):
            def __init__(self, vocabulary_size, embedding_size, widths=(3, 4, 5), filters=100,
                         classes=2, dropout=0.5):
                super().__init__()
                self.embedding = nn.Embedding(vocabulary_size, embedding_size, padding_idx=0)
                self.convolutions = nn.ModuleList(
                    nn.Conv1d(embedding_size, filters, K, padding="same") for K in widths)
                self.linear = nn.Linear(len(widths) * filters, classes)
            def forward(self, ids, mask):
                x = self.embedding(ids)
                return self.linear(torch.cat([c(x).amax(2) for c in self.convolutions], 1))
    """
    report, text = report_on("TextCNN", source)
    assert report.causes == []
    assert "takes (batch, features, positions)" in text


@pytest.mark.parametrize("value", ["np.zeros(n)", "np.full(n, 2.5)", "np.full(n, np.nan)"])
def test_output_without_content_names_no_cause_but_says_so(value):
    source = f"""
        def conv1d(x, f):
            n = len(x) - len(f) + 1
            if n < 1:
                raise ValueError("the filter is longer than the series")
            return {value}
    """
    report, text = report_on("conv1d", source)
    assert report.causes == []
    each = {"np.zeros(n)": "is 0", "np.full(n, 2.5)": "is 2.5"}.get(value, "is nan, not a number")
    assert f"Each entry of yours {each}" in text


def test_a_judges_general_sentence_names_no_cause():
    """−∞ from an inverted mask gives nan, and nan is not the same twice: no dropout in it."""
    source = """
        class TextCNN(nn.Module):
            def __init__(self, vocabulary_size, embedding_size, widths=(3, 4, 5), filters=100,
                         classes=2, dropout=0.5):
                super().__init__()
                self.embedding = nn.Embedding(vocabulary_size, embedding_size, padding_idx=0)
                self.convolutions = nn.ModuleList(
                    nn.Conv1d(embedding_size, filters, K, padding="same") for K in widths)
                self.linear = nn.Linear(len(widths) * filters, classes)
                self.dropout = nn.Dropout(dropout)
            def forward(self, ids, mask):
                x = (self.embedding(ids) * mask[..., None]).transpose(1, 2)
                h = [c(x).relu().masked_fill(mask[:, None], -torch.inf) for c in self.convolutions]
                return self.linear(self.dropout(torch.cat([a.amax(2) for a in h], 1)))
    """
    report, text = report_on("TextCNN", source)
    assert report.causes == []
    assert "some logits are not finite numbers" in text


def test_a_symptom_is_named_by_its_wrong_shape():
    """One value for each word instead of each filter, whatever these values are."""
    source = """
        def masked_pool(h, mask, how="max"):
            words = mask.unsqueeze(1)
            if how == "max":
                return h.masked_fill(~words, float("-inf")).max(dim=1).values
            if how == "avg":
                return (h * words).sum(dim=1) / words.sum(dim=1)
            raise ValueError("how must be max or avg")
    """
    report, _ = report_on("masked_pool", source)
    assert [cause.name for cause in report.causes] == ["pools over the filters"]


def test_that_arguments_are_changed_is_said_first():
    """Turned round in place, the mask is wrong in every second call; the reason is one word."""
    source = """
        class TextCNN(nn.Module):
            def __init__(self, vocabulary_size, embedding_size, widths=(3, 4, 5), filters=100,
                         classes=2, dropout=0.5):
                super().__init__()
                self.embedding = nn.Embedding(vocabulary_size, embedding_size, padding_idx=0)
                self.convolutions = nn.ModuleList(
                    nn.Conv1d(embedding_size, filters, K, padding="same") for K in widths)
                self.linear = nn.Linear(len(widths) * filters, classes)
                self.dropout = nn.Dropout(dropout)
            def forward(self, ids, mask):
                x = (self.embedding(ids) * mask[..., None]).transpose(1, 2)
                outside = mask.logical_not_()[:, None]
                h = [c(x).relu().masked_fill(outside, -torch.inf) for c in self.convolutions]
                return self.linear(self.dropout(torch.cat([a.amax(2) for a in h], 1)))
    """
    _, text = report_on("TextCNN", source)
    assert "the call changed mask" in text


def test_a_cause_says_how_much_it_explains():
    _, text = report_on(
        "rolling_average",
        """
        def rolling_average(x, K=7):
            if K > len(x):
                raise ValueError("the window is longer than the series")
            return np.array([sum(x[i : i + K].tolist()) for i in range(len(x) - K + 1)]) * 1.0
        """,
    )
    assert "Likely cause: a sum instead of a mean." in text
    assert "(That explains all 8 wrong cases.)" in text


def test_two_cases_are_both():
    _, text = report_on(
        "conv1d_layer",
        """
        def conv1d_layer(x, f, b=0.0, stride=1, padding=(0, 0), activation=None):
            x = np.pad(np.asarray(x, dtype=float), padding)
            if stride < 1 or len(f) > len(x):
                raise ValueError("these arguments make no sense")
            h = np.array([x[i : i + len(f)] @ f for i in range(0, len(x) - len(f) + 1, stride)])
            return h + b if activation is None else activation(h) + b
        """,
    )
    assert "Likely cause: the bias comes after the activation." in text
    assert "(That explains both wrong cases.)" in text


def test_a_cause_that_leaves_something_over_says_so():
    """Flipped, and whole numbers come out as whole numbers."""
    report, text = report_on(
        "conv1d",
        """
        def conv1d(x, f):
            if len(f) > len(x):
                raise ValueError("the filter is longer than the series")
            f = f[::-1].astype(float)
            h = np.array([x[i : i + len(f)] @ f for i in range(len(x) - len(f) + 1)])
            return h + 1 if x.dtype.kind == "u" else h
        """,
    )
    assert [c.name for c in report.causes] == ["the filter is flipped"]
    assert "(That explains 7 of 8 wrong cases. Look at the others afterwards.)" in text


def test_a_hint_is_worded_as_one():
    """The bias is added once per weight, but never for a filter of two."""
    report, text = report_on(
        "conv1d_layer",
        """
        def conv1d_layer(x, f, b=0.0, stride=1, padding=(0, 0), activation=None):
            x = np.pad(np.asarray(x, dtype=float), padding)
            if stride < 1 or len(f) > len(x):
                raise ValueError("these arguments make no sense")
            h = np.array([x[i : i + len(f)] @ f for i in range(0, len(x) - len(f) + 1, stride)])
            h = h + (b if len(f) == 2 else len(f) * b)
            return h if activation is None else activation(h)
        """,
    )
    assert report.causes == []
    assert "Perhaps: the bias is added once per weight." in text


# ── which case is shown ─────────────────────────────────────────────────────


def test_the_case_that_is_shown_is_the_simplest_wrong_one():
    """A few whole numbers come before twelve fractions, and before those of a small type."""
    report, _ = report_on(
        "conv1d",
        f"""
        def conv1d(x, f):
            h = {CONV1D}
            return h if len(x) == 5 else h + 1
        """,
    )
    assert report.results[1].problem is not None
    assert first_wrong(report).case.name == "whole numbers with a fractional filter"


def test_the_case_that_is_shown_is_one_that_the_cause_explains():
    """A sentence on the cause beside a case that has nothing to do with it would mislead."""
    report, _ = report_on(
        "conv1d",
        f"""
        def conv1d(x, f):
            h = {CONV1D}
            return h + 1 if len(f) == 1 else h[:-1]
        """,
    )
    assert [c.name for c in report.causes] == ["one window too few"]
    assert first_wrong(report).case.name == "three weights, by hand"


def test_another_case_that_raises_is_told_as_well():
    """What gives wrong values in one case divides by nothing in another."""
    _, text = report_on(
        "rolling_average",
        """
        def rolling_average(x, K=7):
            if K > len(x):
                raise ValueError("the window is longer than the series")
            return np.array([sum(x[i : i + K].tolist()) / (K - 5) for i in range(len(x) - K + 1)])
        """,
    )
    assert "The case “counts of tests (whole numbers)” raises ZeroDivisionError" in text
    assert "`K - 5` is 0" in text


def test_a_case_that_returned_too_little_may_show_a_cause():
    """It is no evidence by itself, but the simplest of those that the cause explains."""
    report, text = report_on(
        "rolling_average",
        """
        def rolling_average(x, K=7):
            if K > len(x):
                raise ValueError("the window is longer than the series")
            c = np.cumsum(np.asarray(x, dtype=float))
            return (c[K:] - c[:-K]) / K
        """,
    )
    assert [c.name for c in report.causes] == ["the first window is missing"]
    assert "Look at the case “eight days, K = 7”" in text


def test_of_cases_that_are_as_large_as_each_other_the_first_is_shown():
    """Their author put them in order, and a few letters fewer make no case simpler."""
    _, text = report_on("encode", "def encode(tokens, vocabulary): return [5 for t in tokens]")
    assert "Look at the case “all words known”" in text


def test_a_small_image_comes_before_one_of_a_small_type():
    """Three digits are fewer characters than a fraction, but no simpler."""
    source = """
        def conv2d(X, F, b=0.0, activation=None):
            (K1, K2), X = F.shape, X * (1.0 + (X.shape[0] != X.shape[1]))
            P = np.pad(X, (((K1 - 1) // 2, K1 // 2), ((K2 - 1) // 2, K2 // 2)))
            h = np.array([[(P[i:i + K1, j:j + K2] * F).sum() for j in range(X.shape[1])]
                          for i in range(X.shape[0])]) + b
            return h if activation is None else activation(h)
    """
    report, _ = report_on("conv2d", source)
    assert first_wrong(report).case.name == "a filter of one weight"


# ── what is certain ─────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "source", "sentence"),
    [
        (
            "pad",
            """
            def pad(x, left, right, mode="zeros"):
                if mode not in ("zeros", "mean", "edge"):
                    raise ValueError("there is no such mode here")
                a, b = {"zeros": (0, 0), "mean": (np.mean(x),) * 2, "edge": (x[-1], x[0])}[mode]
                return np.concatenate([np.full(left, a), x, np.full(right, b)]).astype(float)
            """,
            "wrong in all cases with mode = 'edge', right in all with another `mode`.",
        ),
        (
            "linear",
            """
            def linear(inputs, weight, bias=None):
                out = inputs @ weight.T
                return out if bias is None else out + bias / 2
            """,
            "The only right case: “no bias”.",
        ),
        (
            "dense_parameters",
            """
            def dense_parameters(J1, J2, M, N):
                return J1 * J1 * N * (J1 * J1 * M + 1)
            """,
            "No line of yours reads `J2`.",
        ),
        (
            "rolling_average",
            """
            def rolling_average(x, K=7):
                if K > len(x):
                    raise ValueError("the window is longer than the series")
                h = np.zeros(len(x) - K + 1)
                for i in range(len(h)):
                    h[i] = x[i : i + K].mean()
                    return h
            """,
            "Only the first entry is right, and all others are 0",
        ),
    ],
)
def test_what_is_certain_is_said(name, source, sentence):
    report, text = report_on(name, source)
    assert report.findings.causes == (), "no known mistake was made"
    assert sentence in text


SHORT = """
def conv1d(x, f):
    if len(f) > len(x):
        raise ValueError(f"{len(f)}")
    h = np.array([x[i : i + len(f)] @ f.astype(float) for i in range(len(x) - len(f) + 1)])
    return h
"""


def test_where_all_values_are_right_it_says_what_is_missing():
    _, text = report_on("conv1d", SHORT)
    assert "All values are right; what is missing is a ValueError with a sentence." in text
    assert "✗ no sentence in the ValueError: a filter longer than the series" in text
    assert "I don't know" not in text and "raised ValueError" not in text


def test_a_sentence_that_is_missing_is_said_while_other_cases_are_wrong():
    _, text = report_on("conv1d", SHORT.replace("return h", "return h + 3.3"))
    assert "In the case “a filter longer than the series” the ValueError needs a sentence" in text


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (
            "h if len(x) == 5 else h + 3.3",
            "The only right cases of those that ask for a value: “three",
        ),
        ("h + 3.3", "No case that asks for a value is right."),
        ("h + 3.3 * (len(f) == 1)", "The only wrong case: “a filter with a single weight”."),
    ],
)
def test_the_cases_are_counted_as_in_the_list(wrong, said):
    """Where the ValueError is right, too, it is not one of those that are counted."""
    source = SHORT.replace('f"{len(f)}"', '"the filter is too long"')
    _, text = report_on("conv1d", source.replace("return h", f"return {wrong}"))
    assert said in text


def test_of_the_wrong_ones_that_ask_for_a_value_the_list_may_show_one_more():
    _, text = report_on("conv1d", SHORT.replace("return h", "return h + 3.3 * (len(f) == 1)"))
    assert "The only wrong case of those that ask for a value: “a filter with a sing" in text


def test_that_no_case_is_right_is_in_the_headline_and_not_said_again():
    _, text = report_on("dense_parameters", "def dense_parameters(J1, J2, M, N): return -J1")
    assert "0 of" in text and "No case" not in text


# ── what is refused ─────────────────────────────────────────────────────────

CONVOLVED = """
def conv1d(x, f):
    if len(f) > len(x):
        raise ValueError("the filter is longer than the series")
    x, f = np.asarray(x, dtype=float), np.asarray(f, dtype=float)
    return np.convolve(x, f[::-1], mode="valid")
"""
FLIPPED = CONVOLVED.replace("f[::-1]", "f")


@pytest.mark.parametrize(
    ("source", "said", "causes"),
    [
        (CONVOLVED, "All else is right: write by hand what it does.", []),
        (FLIPPED, "With it the values are not right, either.", ["the filter is flipped"]),
    ],
)
def test_what_is_refused_is_told_what_its_values_would_be(source, said, causes):
    report, text = report_on("conv1d", source, search=1.5)
    assert "`np.convolve` in line 6 is not allowed here." in text and said in text
    assert [cause.name for cause in report.findings.causes] == causes
    assert report.points == 0


def test_where_points_are_given_it_stays_at_that_it_is_not_allowed():
    _, text = report_on("conv1d", FLIPPED)
    assert "either" not in text and "np.convolve is not allowed" in text


def test_an_activation_that_is_called_for_nothing_is_seen():
    _, text = report_on(
        "conv1d_layer",
        """
        def conv1d_layer(x, f, b=0.0, stride=1, padding=(0, 0), activation=None):
            if stride < 1:
                raise ValueError("the stride must be at least 1")
            x = np.pad(np.asarray(x, dtype=float), padding)
            if len(f) > len(x):
                raise ValueError("the filter is longer than the padded series")
            f = np.asarray(f, dtype=float)
            h = np.lib.stride_tricks.sliding_window_view(x, len(f))[::stride] @ f + b
            if activation is not None:
                activation(h)
            return h
        """,
    )
    assert "Line 11: what `activation(h)` gives is thrown away." in text


def test_what_no_line_reads_does_no_harm_by_itself():
    _, text = report_on(
        "conv1d", SHORT.replace("    return h", "    n = len(x)\n    return h + 3.3")
    )
    assert "I don't know why it is wrong" in text and "and no line reads it" in text


def test_a_key_that_stands_inside_another_model_is_found_there():
    _, text = report_on(
        "FFN",
        """
        from collections import OrderedDict
        class FFN(nn.Module):
            def __init__(self, input_size, hidden_size, output_size):
                super().__init__()
                self.net = nn.Sequential(OrderedDict(
                    linear1=nn.Linear(input_size, hidden_size), relu=nn.ReLU(),
                    linear2=nn.Linear(hidden_size, output_size)))
            def forward(self, inputs):
                return self.net(inputs)
        """,
    )
    assert "yours is called 'net.linear1.bias'" in text


def test_how_many_cases_are_right_is_in_the_headline_and_not_said_again():
    source = """
        def receptive_field(kernel_sizes, strides):
            return 1 + sum(k - 1 for k in kernel_sizes) + (len(strides) > 4 or strides[:1] == [2])
    """
    _, text = report_on("receptive_field", source)
    assert "I don't know why it is wrong." in text and "cases are right" not in text


def test_an_exception_says_why():
    """Its line, and what its names held: whoever says that knows something."""
    report, text = report_on(
        "receptive_field",
        """
        def receptive_field(kernel_sizes, strides):
            size = kernel_sizes[0]
            for k, s in zip(kernel_sizes[1:], strides):
                size += (k - 1) * s
            return size
        """,
    )
    assert report.causes == [] and "`kernel_sizes` is an empty list" in text
    assert "I don't know" not in text


# ── the known mistakes themselves ───────────────────────────────────────────


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=lambda e: f"{e.lesson}-{e.name}")
def test_some_visible_case_parts_each_two_known_mistakes(exercise):
    known = Known(exercise, 0)
    alike = [
        (one.name, other.name)
        for (one, first), (other, second) in itertools.combinations(known.mistakes, 2)
        if not parted(known, first, second)
    ]
    assert alike == [], "sharpen a case, or merge them"


@pytest.mark.slow
def test_a_mistake_that_nobody_foresaw_is_hardly_ever_taken_for_another():
    """On half of the exercises: ``python -m autograder.bench feedback`` takes all of them."""
    quick = [e for e in EXERCISES.values() if e.lesson[:2] in ("01", "03", "06")]
    heard = [names for exercise in quick for _, names in left_out(exercise)]
    assert len(heard) > 200
    assert sum(map(bool, heard)) <= 0.02 * len(heard)


# ── answers that call others ────────────────────────────────────────────────

LAYER = """
def conv1d_layer(x, f, b=0.0, stride=1, padding=(0, 0), activation=None):
    if stride < 1:
        raise ValueError("a stride is at least 1")
    h = conv1d(np.pad(x, padding), f)[::stride] + b
    return h if activation is None else activation(h)
"""

DOUBLED = """
def conv1d(x, f):
    if len(f) > len(x):
        raise ValueError("the filter is longer than the series")
    return np.array([2.0 * f @ x[j : j + len(f)] for j in range(len(x) - len(f) + 1)])
"""

HELPER = """
def conv1d(series, weights, more=None):
    return np.array([2.0 * weights @ series[j : j + len(weights)]
                     for j in range(len(series) - len(weights) + 1)])
"""
"""Of the name of an exercise, and with other parameters: it is not the answer to that."""

CALLED = "It calls your `conv1d`, which is not right yet. Mend that one first."


def in_one_notebook(*sources):
    space = {"np": np, "__name__": "__main__"}
    for source in sources:
        file = f"<called {hash(source)}>"
        linecache.cache[file] = (len(source), None, source.splitlines(True), file)
        exec(compile(source, file, "exec"), space)
    return space["conv1d_layer"]


def test_a_wrong_answer_that_it_calls_comes_first():
    report = examine(EXERCISES["conv1d_layer"], in_one_notebook(DOUBLED, LAYER))
    assert [c.name for c in report.causes] == ["conv1d: calls one that is wrong"]
    assert CALLED in " ".join(as_text(report).split())


def test_beside_a_known_mistake_that_was_made_there_it_is_said_as_well():
    flipped = DOUBLED.replace("2.0 * f", "f[::-1]")
    report = examine(EXERCISES["conv1d_layer"], in_one_notebook(flipped, LAYER))
    assert [c.name for c in report.causes] == ["the filter is flipped"]
    assert CALLED in " ".join(as_text(report).split())


@pytest.mark.parametrize("called", [DOUBLED.replace("2.0", "1.0"), HELPER])
def test_a_right_answer_and_a_helper_of_the_same_name_are_not_blamed(called):
    wrong = LAYER.replace("+ b\n", "+ 2 * b\n")
    report = examine(EXERCISES["conv1d_layer"], in_one_notebook(called, wrong))
    assert report.status == "incorrect"
    assert "It calls your" not in as_text(report)


def test_a_wrong_answer_is_not_mended_where_another_one_calls_it():
    """Half of what comes of it would be right; so it is not searched for in these lines."""
    report = examine(EXERCISES["conv1d_layer"], in_one_notebook(DOUBLED, LAYER), search=60)
    assert "Line" not in as_text(report)
