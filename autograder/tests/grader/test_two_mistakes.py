"""Two mistakes in one answer: no edit mends all, but one mends a group of cases, or an item."""

from __future__ import annotations

import time

import numpy as np
import pytest
from cnnlab.engine.case import Case, Outcome
from cnnlab.engine.exercise import EXERCISES
from cnnlab.engine.repair.goals import Asked, Goal, convincing, right_items
from cnnlab.engine.repair.program import Program
from cnnlab.engine.repair.search import Search

from autograder.tests.support.reports import report_on

BACKWARD = """
def conv1d_backward(x, f, dh):
    x, f, dh = (np.asarray(a, dtype=float) for a in (x, f, dh))
    dx, df = np.zeros(len(x)), np.zeros(len(f))
    for n in range(len(dh)):
        for k in range(len(f)):
            dx[n + k] += f[k] * dh[n]
            df[k] += x[n + k] * dh[n]
    return dx, df, float(dh.sum())
"""
PAD = """
def pad(x, left, right, mode="zeros"):
    x = np.asarray(x, dtype=float)
    if left < 0 or right < 0:
        raise ValueError("there is no negative padding")
    if mode == "zeros":
        before, after = 0.0, 0.0
    elif mode == "mean":
        before = after = x.mean()
    elif mode == "edge":
        before, after = x[0], x[-1]
    else:
        raise ValueError(f"there is no mode {mode}")
    return np.concatenate([np.full(left, before), x, np.full(right, after)])
"""


def damaged(source, *changes):
    for place, instead in changes:
        assert source.count(place) == 1
        source = source.replace(place, instead)
    return source


def found_in(name, source):
    report, text = report_on(name, source, search=30)
    return report.findings.explanation, text


# ── what is found ───────────────────────────────────────────────────────────


def test_two_ways_to_do_it_have_a_mistake_each():
    source = damaged(PAD, ("x.mean()", "np.median(x)"), ("x[0], x[-1]", "x[0], x[0]"))
    found, text = found_in("pad", source)
    assert found.part == "repair" and set(found.lines) == {9, 11}, text
    assert "all cases with mode = 'mean' would be right" in text
    assert "all cases with mode = 'edge' would be right" in text


def test_two_items_of_the_result_have_a_mistake_each():
    source = damaged(BACKWARD, ("dx[n + k] +=", "dx[n + k] ="), ("dh.sum()", "dh.mean()"))
    found, text = found_in("conv1d_backward", source)
    assert found.part == "repair" and set(found.lines) == {7, 9}, text
    assert "the first item of the result (`dx`) would be right in all cases" in text
    assert "the third item of the result (`db`) would be right in all cases" in text
    assert "another matter" not in text


def test_of_two_mistakes_one_is_named_where_the_other_is_beyond_an_edit():
    source = damaged(
        BACKWARD,
        ("df[k] += x[n + k] * dh[n]", "df[k] = np.sin(x[n] + k) * np.exp(dh[n])"),
        ("dh.sum()", "dh.mean()"),
    )
    found, text = found_in("conv1d_backward", source)
    assert (found.part, found.lines, found.explains < found.of) == ("repair", (9,), True), text
    assert "(`db`) would be right in all cases. The rest of the result is another matter." in text


# ── what is not claimed ─────────────────────────────────────────────────────

MEAN = "with mode = 'mean'"
X = np.array([1.0, 2.0, 6.0])


def asked(mode, right, wrong=True, x=X):
    case = Case(f"{mode} {x}", (x, 1, 2, mode))
    return Asked(case, Outcome("returned", right), wrong, (f"with mode = '{mode}'",))


def padded(mode, x=X):
    return EXERCISES["pad"].reference(x, 1, 2, mode)


def parts_of(source, cases, more):
    space: dict = {"np": np}
    exec(compile(source, "<cell>", "exec"), space)
    search = Search(
        Program(source, "pad", space["pad"].__code__.co_firstlineno, space), cases, more
    )
    search.run(time.monotonic() + 30)
    return {goal.group for goal in search.parts}


@pytest.mark.parametrize(
    "others, claimed",
    [
        ([asked("mean", padded("mean", 2 * X), False, 2 * X)], True),
        ([asked("mean", padded("edge", 2 * X), False, 2 * X)], False),  # refuted
    ],
    ids=["right elsewhere", "wrong elsewhere"],
)
def test_a_group_is_mended_only_if_other_seeds_say_so(others, claimed):
    source = damaged(PAD, ("x.mean()", "np.median(x)"), ("x[0], x[-1]", "x ** 3, np.sin(x)"))
    cases = [asked("mean", padded("mean")), asked("mean", padded("mean", X**2), x=X**2)]
    cases.append(asked("edge", padded("edge")))
    assert (MEAN in parts_of(source, cases, lambda: others)) == claimed
    del cases[1]  # a single case may be right by chance
    assert MEAN not in parts_of(source, cases, lambda: others)


def test_an_edit_that_harms_what_is_right_mends_no_group():
    """Zeros and means by one wrong line: what is right for the mean is wrong for the zeros."""
    source = damaged(
        PAD,
        ('if mode == "zeros"', 'if mode in ("zeros", "mean")'),
        ("0.0, 0.0", "x.min(), x.min()"),
        ("x[0], x[-1]", "x ** 3, np.sin(x)"),
    )
    x = np.array([0.0, 2.0, 7.0])  # for the zeros the least is right by chance
    more = [asked("mean", padded("mean", x + 1), False, x + 1)]
    cases = [asked("mean", padded("mean", a * x), x=a * x) for a in (1, 2)]
    cases.append(asked("edge", padded("edge", x), x=x))
    assert MEAN in parts_of(source, cases, lambda: more)
    cases.append(asked("zeros", padded("zeros", x), False, x))
    assert MEAN not in parts_of(source, cases, lambda: more)


def test_what_makes_up_for_an_argument_that_is_1_mends_no_group():
    """One column too many for each of min_length, and the mask too long by one: two lines."""
    source = """
    def pad_batch(sequences, min_length=1):
        lengths = torch.tensor([len(s) for s in sequences])[:, None]
        J = int(lengths.max()) + min_length
        ids = torch.zeros((len(sequences), J), dtype=torch.long)
        for row, sequence in enumerate(sequences):
            for column in range(len(sequence)):
                ids[row, column] = sequence[column]
        return ids, torch.arange(J)[None, :] <= lengths
    """
    found, text = found_in("pad_batch", source)
    assert not found or 3 not in found.lines, text


def test_what_is_all_alike_convinces_nobody():
    ones = [asked("zeros", np.ones(3)), asked("zeros", np.ones(4))]
    assert not convincing(Goal("with mode = 'zeros'"), ones)
    assert convincing(Goal("with mode = 'zeros'"), [asked("zeros", X), asked("zeros", X)])


def test_items_are_right_one_by_one():
    case = Asked(Case("c", ()), Outcome("returned", (X, 2.0)), True)
    assert right_items(case, Outcome("returned", (X, 3.0))) == {0}
    assert right_items(case, Outcome("returned", (X + 1, 2.0))) == {1}
    assert (
        right_items(case, Outcome("returned", X)) == right_items(case, Outcome("raised")) == set()
    )


# ── what is said ────────────────────────────────────────────────────────────


LENET = """
class LeNet(nn.Module):
    def __init__(self, classes=10):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, classes),
        )

    def forward(self, images):
        return torch.softmax(self.layers(images), dim=0)
"""


def test_where_a_case_waits_nothing_is_said_of_all():
    report, text = report_on("LeNet", LENET, search=30)
    assert report.waiting and report.findings.explanation.lines == (12,), text
    assert "all cases that were tried would be right" in text
