"""The search for the edit that makes an answer right: what it finds, and what it never does."""

from __future__ import annotations

import ast
import dataclasses
import functools
import linecache
import random
import re
import sys
import textwrap
import time

import cnnlab
import numpy as np
import pytest
import torch
from cnnlab.engine import causes
from cnnlab.engine.causes import repairing
from cnnlab.engine.causes.repairing import Repairs
from cnnlab.engine.causes.static import LOOPS, static
from cnnlab.engine.examine import examine
from cnnlab.engine.exercise import EXERCISES, Case, Exercise, Outcome
from cnnlab.engine.limiting import TimeLimit
from cnnlab.engine.repair import beside, candidates, wording
from cnnlab.engine.repair.goals import Asked
from cnnlab.engine.repair.program import Program
from cnnlab.engine.repair.search import Search
from cnnlab.engine.repair.slots import slots
from cnnlab.engine.shown import as_text, why
from cnnlab.engine.verdict import Explanation, Known

from autograder.bench.slips import Right, slips
from autograder.releasing import build, leaks
from autograder.tests.support.students import right_answers

PATIENCE = 30
"""Seconds that a search may take here: the machine may be busy. What is found is the same."""


def defined(name, source, **names):
    """An answer as if it stood in a cell, and the names around it."""
    source = textwrap.dedent(source)
    file = f"<cell {hash(source)}>"
    linecache.cache[file] = (len(source), None, source.splitlines(True), file)
    space = {"np": np, "torch": torch, "nn": torch.nn, "F": torch.nn.functional, **names}
    space |= {"__name__": "__main__"}
    exec(compile(source, file, "exec"), space)
    return space[name], space


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """Where a known mistake explains all, only a moment is spent; here the machine may be busy."""
    monkeypatch.setattr(causes, "AT_ONCE", PATIENCE)


def report_on(name, source, **names):
    answer, _ = defined(name, source, **names)
    return examine(EXERCISES[name], answer, search=PATIENCE)


# ── what it finds ───────────────────────────────────────────────────────────

CONV1D = """
def conv1d(x, f):
    x = np.asarray(x, dtype=float)
    f = np.asarray(f, dtype=float)
    K = len(f)
    if K > len(x):
        raise ValueError("the filter is longer than the series")
    h = np.zeros(len(x) - K + 1)
    for i in range(len(h)):
        total = 0.0
        for k in range(K):
            total += f[k] * x[i + k]
        h[i] = total
    return h
"""
LAYER = """
def conv1d_layer(x, f, b=0.0, stride=1, padding=(0, 0), activation=None):
    x = np.asarray(x, dtype=float)
    f = np.asarray(f, dtype=float)
    if stride < 1:
        raise ValueError("the stride must be at least 1")
    left, right = padding
    x = np.concatenate([np.zeros(left), x, np.zeros(right)])
    if len(f) > len(x):
        raise ValueError("the filter is longer than the padded series")
    h = np.array([x[i : i + len(f)] @ f for i in range(0, len(x) - len(f) + 1, stride)])
    h = h + b
    if activation is not None:
        h = activation(h)
    return h
"""
PAD = """
def pad(x, left, right, mode="zeros"):
    x = np.asarray(x, dtype=float)
    if left < 0 or right < 0:
        raise ValueError("there is no negative padding")
    if mode == "zeros":
        before, after = 0.0, 0.0
    elif mode == "mean":
        before, after = x.mean(), x.mean()
    elif mode == "edge":
        before, after = x[0], x[-1]
    else:
        raise ValueError(f"there is no mode {mode}")
    return np.concatenate([np.full(left, before), x, np.full(right, after)])
"""
BANK = """
def conv2d_bank(X, F, b=None, activation=None):
    K1, K2, M, N = F.shape
    J1, J2 = X.shape[:2]
    around = ((K1 - 1) // 2, K1 // 2), ((K2 - 1) // 2, K2 // 2), (0, 0)
    P = np.pad(np.asarray(X, dtype=float), around)
    maps = []
    for n in range(N):
        H = np.zeros((J1, J2))
        for k1 in range(K1):
            for k2 in range(K2):
                H += P[k1 : k1 + J1, k2 : k2 + J2] @ F[k1, k2, :, n].astype(float)
        maps.append(H + (0.0 if b is None else b[n]))
    H = np.moveaxis(np.array(maps), 0, -1)
    return H if activation is None else activation(H)
"""
GRADIENT = """
def filter_gradient(x, dh, K):
    df = np.zeros(K)
    for k in range(K):
        df[k] = np.sum(x[k : k + len(dh)].astype(float) * dh)
    return df
"""
MSE = """
def mse(yhat, y):
    difference = yhat - y
    return (difference ** 2).mean()
"""


@functools.cache
def slipped(source):
    """The report on one of the answers above with a slip in it."""
    return report_on(re.findall(r"def (\w+)", source)[0], source)


MOVED = "np.moveaxis(np.array(maps), 0, -1)"
SLIPS = [
    # the right answer, the place, what stands there instead, its line, the kind of the repair
    (CONV1D, "len(x) - K + 1)", "len(x) - K)", 8, "one more or less"),
    (CONV1D, "len(x) - K + 1)", "len(x) - K + 2)", 8, "constant"),
    (CONV1D, "f[k] *", "f[K - 1 - k] *", 12, "operand too much"),
    (CONV1D, "f[k] *", "f[::-1][k] *", 12, "reversal too much"),
    (CONV1D, "total +=", "total =", 12, "sets anew"),
    (CONV1D, "total +=", "total -=", 12, "operator"),
    (CONV1D, "x[i + k]", "x[i - k]", 12, "operator"),
    (CONV1D, "x[i + k]", "x[k]", 12, "term missing"),
    (CONV1D, "x[i + k]", "x[i + i]", 12, "name"),
    (CONV1D, "f[k] *", "-f[k] *", 12, "sign"),
    (CONV1D, "range(K)", "range(3)", 11, "constant for a name"),
    (CONV1D, "range(K)", "range(1, K)", 11, "argument too much"),
    (CONV1D, "    return h", "        return h", 14, "ends the loop"),
    (CONV1D, "    return h\n", "", 13, "return missing"),
    (CONV1D, "return h", "return np.abs(h)", 14, "call too much"),
    (CONV1D, "return h", "return list(h)", 14, "call too much"),
    (CONV1D, "return h", "return h / K", 14, "operand too much"),
    (CONV1D, "return h", "return h[:, None]", 14, "subscript too much"),
    (CONV1D, "        h[i] = total", "            h[i] = total / (k + 1)", 13, "operand too much"),
    (CONV1D, "        h[i] = total", "    h[i] = total", 13, "after the loop"),
    (LAYER, "+ 1, stride)", "+ 1)", 11, "step missing"),
    (LAYER, "h + b", "h - b", 12, "operator"),
    (LAYER, "left, right =", "right, left =", 7, "order of names"),
    (PAD, "x[0], x[-1]", "x[-1], x[0]", 11, "order of names / order of items"),
    (PAD, "x.mean(), x", "x.max(), x", 9, "function"),
    (PAD, "x.mean(), x.mean()", "x.mean(), x", 9, "reduction missing"),
    (PAD, 'mode="zeros"', 'mode="edge"', 2, "string"),
    (
        BANK,
        "np.moveaxis(np.array(maps), 0, -1)",
        "np.array(maps).reshape(J1, J2, N)",
        14,
        "order of entries laid out",
    ),
    (
        GRADIENT,
        "x[k : k + len(dh)].astype(float) * dh",
        "x[k : k + K].astype(float) * dh",
        5,
        "length",
    ),
    (MSE, ".mean()", ".sum()", 4, "function"),
    (MSE, " ** 2)", ")", 3, "power missing"),
    (MSE, "yhat - y", "yhat + y", 3, "operator"),
]


@pytest.mark.parametrize("slip", SLIPS, ids=lambda s: f"{s[4]}, {s[2][:14]}")
def test_the_place_and_the_kind_of_a_slip_are_named(slip):
    right, place, instead, line, kind = slip
    assert right.count(place) == 1
    report = slipped(right.replace(place, instead))
    found = report.findings.explanation
    assert found is not None, as_text(report)
    assert found.part == "repair" and line in found.lines and found.kind in kind.split(" / "), found


def test_an_array_becomes_one_of_fractions_where_it_is_first_computed_with():
    source = """
def pad(x, left, right, mode="zeros"):
    modes = {"zeros": "constant", "mean": "mean", "edge": "edge"}
    if mode not in modes or len(x) == 0:
        raise ValueError(f"there is no mode {mode}, or nothing to pad")
    padded = np.pad(x, (left, right), mode=modes[mode])
    return padded.astype(float)
"""
    report = report_on("pad", source)
    assert report.findings.explanation.lines == (6,), as_text(report)


def test_where_a_property_is_asked_for_nothing_else_is_put_in_a_place():
    """Much makes an image's scores independent of the others: ReLUs that are none, say."""
    source = """
class LeNet(nn.Module):
    def __init__(self, classes=10):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten())
        self.classifier = nn.Sequential(
            nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, classes))

    def forward(self, images):
        x = (images - images.mean()) / (images.std() + 1e-6)
        x = self.features(x)
        return self.classifier(x)
"""
    report = report_on("LeNet", source)
    found = report.findings.explanation
    assert (found.lines, found.kind) == ((12,), "operation too much"), as_text(report)


# ── what it never does ──────────────────────────────────────────────────────


def test_nothing_is_claimed_of_a_right_answer():
    for right in (CONV1D, LAYER, PAD, MSE):
        report = report_on(re.findall(r"def (\w+)", right)[0], right)
        assert report.status == "correct" and report.causes == []


HOSTILE = {
    "loops": "    while len(x) < 0:\n        pass\n",
    "allocates": "    if len(x) < 0:\n        np.zeros(10 ** 11)\n",
    "prints": "    print('printed by the answer')\n",
    "ends the program": "    if len(x) < 0:\n        raise SystemExit\n",
    "changes a list of the notebook": "    seen.append(len(seen))\n",
    "changes an array of the notebook": "    table[0] += 1\n",
    "binds a name of the notebook": "    global calls\n    calls = calls + 1\n",
    "draws": "    np.random.rand()\n",
}
"""What an answer does beside being wrong; many of its damaged versions do it, or worse."""

FLIPPED = CONV1D.replace("f[k] *", "f[K - 1 - k] *")


@pytest.mark.parametrize("where", ["forked", "in this process"])
@pytest.mark.parametrize("what", HOSTILE)
def test_damaged_candidates_leave_everything_as_it_was(what, where, monkeypatch, capsys):
    head, body = FLIPPED.split("\n    x = ", 1)
    source = f"{head}\n{HOSTILE[what]}    x = {body}"
    names = {"seen": [], "table": np.zeros(3), "calls": 0}
    answer, space = defined("conv1d", source, **names)
    examine(EXERCISES["conv1d"], answer, search=0)  # what the answer itself does
    printed, before = capsys.readouterr().out, state(space)
    if where == "in this process":
        monkeypatch.setattr(beside.sys, "platform", "win32")
    space["seen"].clear(), space["table"].fill(0), space.update(calls=0)
    report = examine(EXERCISES["conv1d"], answer, search=3)
    assert report.status == "incorrect"
    assert capsys.readouterr().out == printed
    assert state(space) == before
    assert report.findings.explanation is not None, as_text(report)


@pytest.mark.parametrize("where", ["forked", "in this process"])
def test_candidates_leave_torch_as_it_was(where, monkeypatch):
    source = MSE.replace(".mean()", ".sum()").replace(
        "    difference", "    torch.rand(1)\n    torch.set_grad_enabled(False)\n    difference", 1
    )
    answer, space = defined("mse", source, seen=[], table=np.zeros(1), calls=0)
    if where == "in this process":
        monkeypatch.setattr(beside.sys, "platform", "win32")
    before = state(space)
    assert examine(EXERCISES["mse"], answer, search=3).findings.explanation
    assert state(space) == before


def state(space):
    """What a search must leave as it was."""
    return (
        *(list(space["seen"]), space["table"].tolist(), space["calls"]),
        *(random.getstate(), repr(np.random.get_state()), torch.random.get_rng_state().tolist()),
        *(torch.get_default_dtype(), torch.is_grad_enabled(), torch.get_num_threads()),
        *(sys.stdout, sys.stderr, np.geterr(), np.convolve, torch._C._len_torch_function_stack()),
    )


@pytest.mark.parametrize(
    "change",
    ["rows[0][0] = 7", "rows.append(1)", "table['a'][1] = 7", "table['b'] = 7", "ids.add_(1)"],
)
def test_what_a_candidate_does_to_its_arguments_is_seen(change):
    """Also deep in them, and in a copy of its own."""
    answer, _ = defined("f", f"def f(rows, table, ids):\n    {change}")
    row, ids = [np.array([1.0, np.nan])], torch.arange(3)
    case = Case("deep", (row, {"a": [1, 2], "b": "c"}, ids))
    assert candidates.outcome(answer, case).changed == ("an argument",)
    still, _ = defined("f", "def f(rows, table, ids):\n    return rows")
    assert candidates.outcome(still, case).changed == ()


@pytest.mark.parametrize(
    "line",
    [
        *("open('/tmp/nothing')", "input()", "import os", "import subprocess", "eval('1')"),
        *("np.save('x.npy', x)", "exit()", "np.loadtxt('x')", "helper()"),
    ],
)
def test_what_does_more_than_compute_is_not_damaged(line, monkeypatch):
    monkeypatch.setattr(repairing, "begin", lambda *_: pytest.fail("a search began"))
    body = f"    if len(x) < 0:\n        {line}\n    x = "
    _, space = defined("helper", "def helper():\n    open('/tmp/nothing')\n")
    source = FLIPPED.replace("    x = ", body, 1)
    answer, around = defined("conv1d", source)
    around["helper"] = space["helper"]
    helper = type(answer)(space["helper"].__code__, around, "helper")
    around["helper"] = helper
    report = examine(EXERCISES["conv1d"], answer)
    assert report.status == "incorrect"


@pytest.mark.parametrize(
    "name, source",
    [
        ("conv1d", CONV1D.replace("return h", "given[:1] = 9\n    return h")),
        ("conv1d", CONV1D.replace("return h", "return h.astype(np.float32)")),
        ("conv1d", CONV1D.replace("raise ValueError", "return str")),
        ("conv1d", CONV1D.replace("return h", "return np.asarray(torch.as_tensor(h))")),
        ("conv1d", "def conv1d(x, f):\n    raise NotImplementedError\n"),
    ],
    ids=["changed", "dtype", "no error", "forbidden", "not filled in"],
)
def test_where_the_own_words_suffice_nothing_is_searched(name, source, monkeypatch):
    monkeypatch.setattr(repairing, "begin", lambda *_: pytest.fail("a search began"))
    source = source.replace("    x = np", "    given = x\n    x = np", 1)
    report = report_on(name, source)
    assert report.status != "correct"
    assert not report.findings.explanation


def test_memory_is_never_read_as_a_damaged_number_says():
    source = """
    def conv1d(x, f):
        x, f = np.asarray(x, dtype=float), np.asarray(f, dtype=float)
        K, step = len(f), x.strides[0]
        if K > len(x):
            raise ValueError("the filter is longer than the series")
        W = np.lib.stride_tricks.as_strided(x, (len(x) - K + 1, K), (step, step))
        return W @ f[::-1]
    """
    found = report_on("conv1d", source).findings.explanation
    assert found is not None and found.lines == (8,)
    called = textwrap.dedent(source).splitlines()[6].strip()
    assert "as_strided" in called and not list(slots(ast.parse(called).body[0]))


def test_a_child_of_a_process_with_several_threads_does_not_wait_for_them():
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(4)
        torch.rand(2000, 2000) @ torch.rand(2000, 2000)  # now they are there
        found = report_on(
            "mse",
            MSE.replace(
                ".mean()", ".mean() + torch.rand(300, 300).mm(torch.zeros(300, 300)).sum() + 1"
            ),
        ).findings
        assert found.explanation is not None
    finally:
        torch.set_num_threads(threads)


def test_a_missing_error_hides_no_slip():
    """Two slips: the wrong name, and a guard that nobody wrote."""
    report = report_on(
        "max_pool2d",
        """
        def max_pool2d(H, P1, P2):
            out = np.zeros((H.shape[0] // P1, H.shape[1] // P2, H.shape[2]))
            for i in range(out.shape[0]):
                for j in range(out.shape[1]):
                    cell = H[i * P1:(i + 1) * P1, j * P1:(j + 1) * P2]
                    out[i, j] = cell.max(axis=(0, 1))
            return out
        """,
    )
    assert any(r.case.raises for r in report.wrong)
    found = report.findings.explanation
    assert (found.part, found.kind, found.lines) == ("repair", "name", (6,))
    assert "all cases that ask for a value would be right" in found.sentence


def test_under_a_known_mistake_stands_where_it_is_and_no_more():
    report = report_on("conv1d", FLIPPED)
    assert [cause.name for cause in report.findings.causes] == ["the filter is flipped"]
    (line,) = report.findings.explanation.lines
    assert report.findings.explanation.sentence == f"Look at line {line}."
    assert f"Look at line {line}." in as_text(report)


def test_lines_are_named_in_their_order():
    found = Explanation("repair", "", "constant", "size", 0, 1, 1, (7, 5, 12))
    assert found.place == "Look at lines 5, 7 and 12."


def test_what_a_busy_machine_cut_off_is_tried_once_more(monkeypatch):
    answer, space = defined("conv1d", FLIPPED)
    exercise = EXERCISES["conv1d"]
    cases = [
        Asked(case, Outcome("returned", exercise.reference(*case.args)), True)
        for case in exercise.draw(0)[:3]
    ]

    whole, places, cut = Search._try, [], []

    def found():
        program = Program(FLIPPED, "conv1d", answer.__code__.co_firstlineno, space)
        search = Search(program, cases)
        search.run(time.monotonic() + PATIENCE)
        return search.found[0]

    def noted(search, edits):
        whole(search, edits)
        if search.found and not places:
            places.append(search._next)

    def cut_off(search, edits):
        if search._next == places[0] and not cut:
            cut.append(edits)
            raise TimeLimit
        whole(search, edits)

    monkeypatch.setattr(Search, "_try", noted)
    undisturbed = found()
    monkeypatch.setattr(Search, "_try", cut_off)
    assert found() == undisturbed and cut


def test_what_other_seeds_refute_is_not_found():
    answer, space = defined("conv1d", FLIPPED)
    exercise, x = EXERCISES["conv1d"], np.arange(5.0)
    cases = [
        Asked(case, Outcome("returned", exercise.reference(*case.args)), True)
        for case in exercise.draw(0)[:3]
    ]
    for right, found in ((exercise.reference(x, x[:2]), 1), (np.zeros(4), 0)):
        more = [Asked(Case("another", (x, x[:2])), Outcome("returned", right), False)]
        program = Program(FLIPPED, "conv1d", answer.__code__.co_firstlineno, space)
        search = Search(program, cases, lambda more=more: more)
        search.run(time.monotonic() + PATIENCE)
        assert (len(search.found) > 0) == found


def test_a_report_that_stands_is_completed(monkeypatch, capsys):
    begin = causes.searching

    class Slow:
        """A search that has found nothing when it is asked for the first time."""

        def __init__(self, *args):
            self.search, self.asked = begin(*args), 0

        def wait(self, until):
            self.asked += 1
            return self.search.wait(until) if self.asked > 1 else Repairs(over=False)

        def stop(self):
            self.search.stop()

    monkeypatch.setattr(causes, "searching", Slow)
    answer, _ = defined("conv1d", CONV1D.replace("x[i + k]", "x[i - k]"))
    stood = []
    report = examine(EXERCISES["conv1d"], answer, search=PATIENCE, meanwhile=stood.append)
    assert [r.findings.explanation for r in stood] == [None]
    assert report.findings.explanation.kind == "operator"
    cnnlab.check(answer)  # where nothing can be completed, it is said once
    assert capsys.readouterr().out.count("Not right yet") == 1


# ── what the cases part ─────────────────────────────────────────────────────

HIDDEN = range(1, 7)
"""Seeds that a repair has to be right on, too."""


class Unchecked(Search):
    """A search that finds also what is right in the visible cases alone: ``at`` says so."""

    sound = True

    def __init__(self, *given):
        super().__init__(*given)
        elsewhere = self._trials.right_elsewhere

        def noted(answer):
            self.sound = elsewhere(answer)
            return True

        self._trials.right_elsewhere = noted

    def _finding(self, *given):
        return dataclasses.replace(super()._finding(*given), at="" if self.sound else "refuted")


def refuted_elsewhere(right, place, source, known):
    """The repairs of a slip that other seeds refute, in other lines than its own."""
    exercise, answer = EXERCISES[right.name], right.defined(source)
    report = answer and examine(exercise, answer, known=known, search=0)
    if not report or report.status != "incorrect":
        return []
    search = repairing.searching(report.results, known, exercise, answer, PATIENCE)
    found = search.running.wait(time.monotonic() + 2 * PATIENCE).found if search else []
    return [f for f in found if f.at and place not in f.lines]


@pytest.fixture
def unchecked(monkeypatch):
    monkeypatch.setattr(repairing, "Search", Unchecked)
    monkeypatch.setattr(repairing, "MORE_SEEDS", HIDDEN)


STYLES = {
    exercise.name: [
        Right(exercise.name, a.source, a.needs) for a in right_answers() if a.exercise is exercise
    ]
    for exercise in EXERCISES.values()
    if exercise.signature.parameters
}


@pytest.mark.slow
@pytest.mark.parametrize("name", STYLES)
@pytest.mark.filterwarnings("ignore")
def test_the_visible_cases_part_the_place_of_a_slip_from_all_others(name, unchecked):
    """If this fails, whoever makes that slip may be sent to another line: add a case."""
    known, chance = Known(EXERCISES[name], 0), random.Random(name)
    for right in STYLES[name]:
        for place, source in slips(right, chance, 2):
            others = refuted_elsewhere(right, place, source, known)
            assert not others, f"the slip is in line {place} of\n{source}\nnot {others}"


@pytest.mark.parametrize("x, lines", [([1, 1, 1, 1], {10, 12}), ([3, 1, 4, 1], set())], ids=str)
def test_a_place_that_no_visible_case_parts_from_the_slip_is_seen(x, lines, unchecked, monkeypatch):
    """In a series of ones a sum that begins at 1 makes up for a first weight left out."""
    draw = Exercise.draw
    visible = [Case("random series, random filter", (np.array(x), np.array([1.0, 2.0])))]
    monkeypatch.setattr(Exercise, "draw", lambda e, seed: draw(e, seed) if seed else visible)
    slip, known = CONV1D.replace("range(K)", "range(1, K)"), Known(EXERCISES["conv1d"], 0)
    found = refuted_elsewhere(Right("conv1d", CONV1D), 11, slip, known)
    assert {line for f in found for line in f.lines} == lines


# ── what it says ────────────────────────────────────────────────────────────


def test_no_sentence_holds_more_than_the_students_own_words(solutions):
    for right, place, instead, *_ in SLIPS:
        source = right.replace(place, instead)
        for kind, text in why(slipped(source)):
            if kind == "found":
                no_leak(text, source, solutions)


@pytest.fixture(scope="module")
def solutions():
    return leaks.Secrets(build.read_all())


def no_leak(text, source, solutions):
    own = " ".join(source.split())
    for quoted in re.findall(r"`([^`]*)`", text):
        for part in re.split("…", quoted):
            entry = re.fullmatch(r"\w+\[[\d, ]+\]", part)  # h[0]: what is computed then
            assert part.strip("=") in own or entry, f"{part!r} is not the student's own: {text}"
    words = re.sub(r"`[^`]*`", "…", text)
    assert not list(solutions._in_words([words], "a sentence"))


@pytest.mark.parametrize("kind", wording.ASKS)
def test_every_kind_has_a_sentence_without_code_of_its_own(kind, solutions):
    said = wording.ASKS[kind].format(code="`own`", part="`own`", good="all cases would be right")
    assert said.endswith((".", "?")) and "  " not in said
    quoted = set(re.findall(r"`([^`]*)`", said)) - {"own"}
    assert quoted <= {"super().__init__()"}, "boilerplate that the hints show"
    assert not list(solutions._in_words([said], kind))


@pytest.mark.parametrize("written", right_answers(), ids=str)
def test_nothing_is_seen_in_the_source_of_a_right_answer(written):
    source = f"{written.needs}\n\n{written.source}"
    name = written.exercise.name
    if written.exercise.signature.parameters:
        facts = static(defined(name, source)[0], written.exercise)
        # That there is a loop is said only where the numbers say that it is too slow.
        assert [f for f in facts if f.kind != LOOPS] == []
