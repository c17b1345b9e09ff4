"""Exceptions in words, and messages that once misled."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from cnnlab.engine.comparing import difference
from cnnlab.engine.page import as_html

from autograder.tests.support.reports import report_on

CHECK = """
            if len(f) > len(x):
                raise ValueError("the filter is longer than the series")
"""

FFN = """
        class FFN(nn.Module):
            def __init__(self, input_size, hidden_size, output_size):
                super().__init__()
                self.linear1 = nn.Linear(input_size, hidden_size)
                self.linear2 = nn.Linear(hidden_size, output_size)
"""


@pytest.mark.parametrize(
    ("name", "source", "sentences"),
    [
        (
            "conv1d",
            f"""
        def conv1d(x, f):{CHECK}
            K = len(f)
            return np.array([np.sum(x[i : i + K] * f) for i in range(len(x))])
            """,
            [
                "It showed in your line",
                "In `x[i:i + K] * f`, `x[i:i + K]` has the shape (2,) and `f` has the shape (3,)",
                "`x[i:i + K]` asks for 3 values and only 2 are there: the window runs over the end",
            ],
        ),
        (
            "conv1d",
            f"""
        def window(x, i, K):
            if i + K < len(x):
                return x[i : i + K]

        def conv1d(x, f):{CHECK}
            return np.array([window(x, i, len(f)).dot(f) for i in range(len(x) - len(f) + 1)])
            """,
            ["`window(x, i, len(f))` gave None: is a return missing in it, or in one of"],
        ),
        (
            "conv1d",
            f"""
        def conv1d(x, f):{CHECK}
            for i in range(len(x) - len(f) + 1):
                h[i] = x[i : i + len(f)] @ f
                h = np.zeros(len(x))
            return h
            """,
            ["`h` is used before it has a value."],
        ),
        (
            "conv1d",
            f"""
        def conv1d(x, f):{CHECK}
            h = np.zeros(len(x) - len(f))
            for i in range(len(x) - len(f) + 1):
                h[i] = x[i : i + len(f)] @ f
            return h
            """,
            ["`h` has the shape (2,) and `i` is 2.", "Index 2 is past the end"],
        ),
        (
            "conv1d",
            f"""
        def conv1d(x, f):{CHECK}
            return np.linalg.inv(np.zeros((2, 2)))
            """,
            ["LinAlgError", "It showed in your line", "return np.linalg.inv(np.zeros((2, 2)))"],
        ),
        (
            "conv1d_layer",
            """
        def conv1d_layer(x, f, b=0.0, stride=1, padding=(0, 0), activation=None):
            if len(f) != len(x):
                raise ValueError("I want a filter as long as the series")
            """,
            ["You raise it yourself, where `len(f) != len(x)` holds: here a value is asked for."],
        ),
        (
            "FFN",
            FFN
            + """
            def forward(self, inputs):
                return self.linear2(torch.relu(self.layer1(inputs)))
            """,
            ["`layer1` was never set on self"],
        ),
        (
            "FFN",
            FFN.replace("__init__(self, input", "_init_(self, input"),
            ["Your class has a method `_init_`, which nobody calls"],
        ),
        (
            "FFN",
            FFN
            + """
            def forward(self, inputs):
                unit = np.eye(inputs.shape[1])
                return self.linear2(torch.relu(self.linear1(torch.matmul(inputs, unit))))
            """,
            ["One is a NumPy array, the other a torch tensor"],
        ),
        (
            "linear",
            """
        def linear(inputs, weight, bias=None):
            more = torch.zeros(weight.shape[1], weight.shape[1])
            return (inputs @ more) @ weight.T
            """,
            ["`inputs` is torch.float64 and `more` is torch.float32: the types of numbers differ."],
        ),
        (
            "linear",
            """
        def linear(inputs, weight, bias=None):
            return inputs @ weight.T + bias
            """,
            ["`bias` was not given here: None has to be looked after first."],
        ),
        (
            "text_conv1d",
            """
        def text_conv1d(X, F, b=None):
            if b:
                return X
            return X
            """,
            ["Whether something was given is asked with `is None`"],
        ),
    ],
    ids=str,
)
def test_an_exception_speaks_in_words(name, source, sentences):
    report, text = report_on(name, source)
    assert report.findings.causes == ()
    for sentence in sentences:
        assert sentence in text


def test_code_in_a_sentence_is_code_on_a_page_and_escaped():
    source = """
        def conv1d(x, f):
            return x[: len(x) < 0] @ f
    """
    page = as_html(report_on("conv1d", source)[0])
    assert "<code>x[:len(x) &lt; 0] @ f</code>" in page
    assert "`" not in page


def test_it_is_never_called_the_line_of_the_mistake():
    _, text = report_on("conv1d", "def conv1d(x, f):\n    return x[99]")
    assert "It showed in your line 2." in text
    assert "raised in your line" not in text


# ── messages that once misled ───────────────────────────────────────────────


def test_the_pair_that_max_gives_is_not_to_be_made_an_array():
    _, text = report_on(
        "masked_pool",
        """
        def masked_pool(h, mask, how="max"):
            return h.masked_fill(~mask[:, None], -torch.inf).max(dim=2)
        """,
    )
    assert "np.array" not in text
    assert "take .values" in text


def test_a_list_of_tensors_is_not_to_be_made_a_numpy_array():
    problem = difference(torch.zeros(2), [1.0, 2.0], 0, 0)
    assert "torch.tensor" in problem.message and "np.array" not in problem.message
    assert "np.array(…)" in difference(np.zeros(2), [1.0, 2.0], 0, 0).message


def test_a_missing_gradient_is_no_missing_return():
    _, text = report_on(
        "gradients", "def gradients(x, w):\n    (x @ w).backward()\n    return x.grad, None"
    )
    assert "is a return missing" not in text
    assert "(the second item of the result), yours is nothing (None)." in text


def test_what_forgets_to_return_is_asked_for_a_return_and_lacks_no_super():
    report, text = report_on(
        "FFN",
        FFN
        + """
            def forward(self, inputs):
                self.linear2(torch.relu(self.linear1(inputs)))
        """,
    )
    assert report.causes == []
    assert "is a return missing" in text and "super()" not in text


def test_a_parameter_of_another_shape_is_named():
    _, text = report_on(
        "WordCNN",
        """
        class WordCNN(nn.Module):
            def __init__(self, vocabulary_size, embedding_size, width=3, filters=50, classes=2):
                super().__init__()
                self.embedding = nn.Embedding(vocabulary_size, embedding_size, padding_idx=0)
                self.convolution = nn.Conv1d(embedding_size, filters, width, padding="same")
                self.linear = nn.Linear(filters, 2)

            def forward(self, ids):
                x = self.embedding(ids).transpose(1, 2)
                return self.linear(self.convolution(x).relu().transpose(1, 2))
        """,
    )
    assert "there should be one linear layer (" in text
    assert "linear.weight (2, " in text


def test_what_torch_has_not_implemented_is_no_exercise_that_is_not_filled_in():
    source = FFN.replace("FFN", "TextCNN").replace(
        "input_size, hidden_size, output_size",
        "vocabulary_size, embedding_size, widths=(3, 4, 5), filters=100, classes=2, dropout=0.5",
    )
    source = source.replace("input_size, hidden_size", "4, 4").replace(
        "hidden_size, output_size", "4, 4"
    )
    report, text = report_on("TextCNN", source)
    assert report.status == "incorrect"
    assert "not filled in" not in text
    said = [r.problem.message for r in report.results]
    missing = 'NotImplementedError: Module [TextCNN] is missing the required "forward"'
    assert any(message.startswith(missing) for message in said)


def test_an_operation_that_torch_does_not_know_is_no_exercise_that_is_not_filled_in():
    report, text = report_on(
        "mse", "def mse(predictions, targets):\n    return predictions.to('meta').cpu()"
    )
    assert report.status == "incorrect" and "not filled in" not in text


def test_wrong_values_go_before_a_wrong_type():
    _, text = report_on(
        "global_pool",
        """
        def global_pool(h, how):
            if how not in ("max", "avg"):
                raise ValueError("there is no such pooling")
            return h.argmax(axis=0)
        """,
    )
    assert "should be 4, yours is 1" in text
    assert "Their type, int64, should be float64." in text


@pytest.mark.parametrize("kind", [np.float32, np.int64, np.uint8])
def test_right_values_of_a_wrong_type_are_told_by_their_type(kind):
    right = np.array([0.123456789123, 2.5, 200.75])
    assert difference(right, right.astype(kind), 1e-8, 1e-10).kind == "dtype"


def test_two_numbers_that_differ_are_printed_until_they_do():
    message = difference(np.array([-1.224744871]), np.array([-1.224744999]), 1e-8, 0).message
    assert "should be -1.22474487, yours is -1.224745." in message
    assert (
        "expected 0.1000000002, you returned 0.1."
        in difference(0.1000000002, 0.1, 1e-12, 0).message
    )


def test_a_padding_that_is_fixed_is_not_the_left_one_on_both_sides():
    report, _ = report_on(
        "conv1d_layer",
        """
        def conv1d_layer(x, f, b=0.0, stride=1, padding=(0, 0), activation=None):
            x = np.pad(np.asarray(x, dtype=float), 1)
            if stride < 1 or len(f) > len(x):
                raise ValueError("these arguments make no sense")
            h = np.array([x[i : i + len(f)] @ f for i in range(0, len(x) - len(f) + 1, stride)]) + b
            return h if activation is None else activation(h)
        """,
    )
    assert report.causes == []


def test_two_names_of_one_array_are_no_copy():
    report, text = report_on(
        "numerical_gradient",
        """
        def numerical_gradient(loss, p, eps=1e-6):
            slopes = np.zeros(p.shape)
            for i in np.ndindex(p.shape):
                old, up, down = p[i], p, p
                up[i] = old + eps
                down[i] = old - eps
                slopes[i] = (loss(up) - loss(down)) / (2 * eps)
                p[i] = old
            return slopes
        """,
    )
    assert [c.name for c in report.causes] == ["the loss does not move"]
    assert "both names mean one array" in text


def test_a_part_of_a_result_is_told_by_its_own_number_of_items():
    problem = difference([("a", 1.0), ("b", 2.0)], [("a",), ("b", 2.0)], 0, 0)
    assert problem.message == "the first item of the result should have 2 items, yours has 1."


def test_a_few_numbers_are_shown_together():
    message = difference([2, 3, 4], [2, 3, 5], 0, 0).message
    assert message == "expected [2, 3, 4], you returned [2, 3, 5]."
