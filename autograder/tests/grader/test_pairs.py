"""Two mistakes that no case parts: one edit brings the answer nearer, another one does the rest."""

from __future__ import annotations

import time

import numpy as np
import pytest
from cnnlab.engine.case import Case, Outcome
from cnnlab.engine.repair.goals import Asked
from cnnlab.engine.repair.nearness import nearness
from cnnlab.engine.repair.program import Program
from cnnlab.engine.repair.said import understood
from cnnlab.engine.repair.search import Search

from autograder.tests.support.reports import report_on

from .test_repair import CONV1D, MSE
from .test_two_mistakes import damaged

LEFT_AND_RIGHT = """
def pad_batch(sequences, min_length=1):
    longest = max(len(s) for s in sequences)
    J = max(longest, min_length)
    ids = torch.zeros((len(sequences), J), dtype=torch.long)
    for row, sequence in enumerate(sequences):
        for column in range(len(sequence)):
            ids[row, column] = sequence[column]
    lengths = torch.tensor([len(s) for s in sequences])[:, None]
    return ids, torch.arange(J)[None, :] < lengths
"""


def found_in(name, source):
    report, text = report_on(name, source, search=30)
    return report.findings.explanation, text


# ── what is found ───────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "source", "changes", "lines"),
    [
        ("conv1d", CONV1D, [("len(x) - K + 1", "len(x) - K"), ("f[k]", "f[K - 1 - k]")], {8, 12}),
        ("conv1d", CONV1D, [("total +=", "total -="), ("range(K)", "range(K - 1)")], {11, 12}),
        ("mse", MSE, [("yhat - y", "yhat + y"), (".mean()", ".sum()")], {3, 4}),
        (
            "pad_batch",
            LEFT_AND_RIGHT,
            [("max(longest, min_length)", "longest + min_length"), ("< lengths", "<= lengths")],
            {4, 10},
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and "\n" not in value else "",
)
def test_the_lines_of_both_are_named(name, source, changes, lines):
    found, text = found_in(name, damaged(source, *changes))
    assert (found.part, set(found.lines)) == ("repair", lines), text
    assert "There are two mistakes." in text and "once the other mistake is gone." in text
    assert found.explains == found.of


def test_a_loop_that_ends_too_early_beside_a_sum_that_is_never_set_back():
    source = """
        def conv1d(x, f):
            J, K = len(x), len(f)
            if J < K:
                raise ValueError("the filter is longer than the series")
            h = np.zeros(J - K + 1)
            total = 0.0
            i = 0
            while i < J - K:
                for k in range(K):
                    total += float(f[k]) * float(x[i + k])
                h[i] = total
                i += 1
            return h
    """
    found, text = found_in("conv1d", source)
    assert set(found.lines) == {7, 9}, text


# ── what is not claimed ─────────────────────────────────────────────────────


def test_where_one_edit_does_all_there_are_not_two():
    found, text = found_in("mse", damaged(MSE, (".mean()", ".sum()")))
    assert found.lines == (4,) and "two mistakes" not in text


TWO = damaged(CONV1D, ("len(x) - K + 1", "len(x) - K"), ("f[k]", "f[K - 1 - k]"))


def asked(x, f, wrong=True, off=0.0):
    """A case of conv1d. off: so much is added to what is right there."""
    x, f = np.array(x, float), np.array(f, float)
    right = np.lib.stride_tricks.sliding_window_view(x, len(f)) @ f
    return Asked(Case(f"{x} {f}", (x, f)), Outcome("returned", right + off), wrong)


def two_in(*cases, more=()):
    space: dict = {"np": np}
    exec(compile(TWO, "<cell>", "exec"), space)
    program = Program(TWO, "conv1d", space["conv1d"].__code__.co_firstlineno, space)
    search = Search(program, list(cases), lambda: list(more))
    search.run(time.monotonic() + 30)
    return search.two


WRONG = asked([3, 1, 4, 1, 5], [2, 7, 1]), asked([1, 8, 2, 6], [2, 5, 3])


def test_two_edits_have_to_be_right_on_more_seeds_too():
    assert {f.lines for f in two_in(*WRONG, more=[asked([1, 2, 4, 7], [1, 3], False)])} == {
        (8,),
        (12,),
    }
    assert not two_in(*WRONG, more=[asked([1, 2, 4, 7], [1, 3], False, off=1)])


def test_two_edits_may_spoil_no_case_that_is_right():
    spoiled = Asked(
        Case("short", (np.ones(4), np.ones(2))), Outcome("returned", 2 * np.ones(2)), False
    )
    assert not two_in(*WRONG, spoiled)


def test_half_of_two_is_no_claim():
    """What somebody says of a search may leave the second edit out."""
    one = {
        **dict.fromkeys(("role", "inside", "which", "part", "was", "would", "at", "group"), ""),
        **{"lines": [3], "kind": "name", "code": "x", "cost": 1.0, "case": "c", "item": None},
        **{"repaired": 1, "of": 1},
    }
    assert len(understood({"two": [one, one]}, {"c"}).two) == 2
    assert understood({"two": [one]}, {"c"}).two == []
    assert understood({"two": [one, {**one, "lines": "3"}]}, {"c"}).two == []


# ── how near ────────────────────────────────────────────────────────────────


def test_nearer_is_who_has_more_of_what_is_right():
    right = np.arange(1.0, 5.0)
    steps = [
        Outcome("raised"),
        Outcome("returned", "words"),
        Outcome("returned", np.zeros(4)),
        Outcome("returned", np.array([1, 0, 0, 0])),
        Outcome("returned", np.array([1.0, 2, 3, 0])),
        Outcome("returned", right),
    ]
    values = [nearness(right, step) for step in steps]
    assert values == sorted(values) and len({*values}) == len(values) and values[-1] == 1.0
    assert nearness((right, 2), Outcome("returned", (right, 3))) < 1.0
    assert nearness({"a": 1}, Outcome("returned", {"a": 1, "b": 2})) < 1.0
