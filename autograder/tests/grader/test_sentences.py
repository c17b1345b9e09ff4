"""Every sentence that ``check`` makes up is made here once, and goes through the leak scan.

What it quotes, advice and hints, stands in the modules, which the scan reads before each release.
These are put together only when they are said.
"""

from __future__ import annotations

import itertools
import linecache

import numpy as np
import pytest
from cnnlab.engine.causes import contrast, parameters, relations
from cnnlab.engine.causes.certain import _symptoms, _which
from cnnlab.engine.causes.static import static
from cnnlab.engine.causes.variants import variants
from cnnlab.engine.exercise import EXERCISES, Case, Outcome
from cnnlab.engine.repair import wording
from cnnlab.engine.repair.goals import Found
from cnnlab.engine.verdict import Result

from autograder.releasing import build, leaks

FUNCTIONS = [e for e in EXERCISES.values() if e.signature.parameters]


@pytest.fixture(scope="module")
def secrets():
    return leaks.Secrets(build.read_all())


def no_leak(secrets, sentence):
    """Whether a sentence is one, and no line of code that a solution has stands in it."""
    assert not sentence[0].islower() and sentence.endswith((".", "?")), sentence
    assert "  " not in sentence, sentence
    assert secrets.in_module(f"said = {sentence!r}", sentence) == []


def right_results(exercise):
    """A result for each visible case; what came of it is not asked here."""
    return [Result(case, None, Outcome("returned"), None) for case in exercise.draw(0)]


FOUND = {
    "a statement": {"code": ""},
    "an expression": {"code": "size"},
    "a number": {"code": "3", "was": "3", "would": "4"},
    "two values": {"code": "size", "was": "3", "would": "4"},
    "two values of an entry": {"code": "size", "was": "3", "would": "4", "at": "h[0]"},
    "a condition": {"code": "size < 3", "role": "condition"},
}


@pytest.mark.parametrize("found", FOUND)
def test_of_a_repair(found, secrets):
    kinds = [*wording.ASKS, "call too much", "another step missing"]
    plain = dict.fromkeys(("part", "inside", "which", "was", "would", "at", "role"), "")
    for kind, lines in itertools.product(kinds, [(7,), (7, 9), (7, 9, 12)]):
        given = {**plain, **FOUND[found], "lines": lines, "kind": kind}
        one = Found(**given, cost=1.0, case="by hand", repaired=3, of=3)
        no_leak(secrets, wording.sentence([one], "all cases would be right"))
        no_leak(secrets, wording.sentence([one, one, one], "3 of the 4 wrong cases would be right"))


@pytest.mark.parametrize("exercise", FUNCTIONS, ids=lambda e: e.name)
def test_of_a_parameter(exercise, secrets):
    results = right_results(exercise)
    for variant in variants(exercise, parameters._arguments(results, exercise)):
        tried = parameters._Tried(variant, exercise)
        tried._asked, tried._used = 3, 1
        no_leak(secrets, tried._sentence(2, 2))
        tried._asked = object()  # what cannot be said in a few characters
        no_leak(secrets, tried._sentence(2, 3))


def found(**given):
    plain = dict.fromkeys(("inside", "which", "part", "was", "would", "at", "role"), "")
    one = {"lines": (7,), "cost": 1.0, "case": "by hand", "repaired": 3, "of": 3}
    return wording.sentence([Found(**(plain | one | given))], "all cases would be right")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"kind": "float missing", "code": ""},
            "Line 7: before this line an array has to become one of numbers with fractions: all "
            "cases would be right then.",
        ),
        (
            {"kind": "name", "code": "i * J", "part": "J", "was": "2", "would": "3"},
            "Line 7: is `J` meant in `i * J`? That is 2 in the case “by hand”; with another of "
            "your names (which makes it 3 there) all cases would be right.",
        ),
        (
            {"kind": "name", "code": "J", "part": "J", "was": "2", "would": "3"},
            "Line 7: is `J` meant here? It is 2 in the case “by hand”; with another of your names "
            "(whose value there is 3) all cases would be right.",
        ),
        (
            {"kind": "term missing", "code": "i", "was": "0", "would": "1"}
            | {"at": "`i` is 0 and `k` is 1"},
            "Line 7: `i` is 0 when `k` is 1; with 1 there all cases would be right.",
        ),
        (
            {"kind": "constant", "code": "0", "inside": "pair[0]", "was": "0", "would": "1"},
            "Line 7: `0` in `pair[0]` is one too small here.",
        ),
        (
            {"kind": "order of arguments", "code": "outer(x, dh)"},
            "Line 7: are the arguments of `outer(x, dh)` in the right order? In another order all "
            "cases would be right.",
        ),
    ],
    ids=lambda given: given["kind"] if isinstance(given, dict) else "",
)
def test_what_is_quoted_of_a_repair(given, said):
    assert found(**given) == said


X = np.array([[3.6, -1.2], [0.5, 2.0], [4.0, 7.0]])
RELATED = {
    "extra axis": X[:, :, None],
    "missing axis": X,
    "axes": X.T,
    "reversed": X[::-1],
    "negative": -X,
    "front": X[1:],
    "middle": X[[0, 2]],
    "shape": X.ravel(),
    "back": X[:-1],
    "sum": np.stack([X, 2 * X]),
    "offset": X + 5,
    "factor": X * 5,
    "clipped": np.maximum(X, 0),
    "rounded": np.round(X),
    "order": X[[1, 0, 2]],
}
RIGHT = {"missing axis": X[None], "sum": 3 * X, "middle": X}


@pytest.mark.parametrize("kind", relations._KINDS)
def test_of_a_relation(kind, secrets):
    named = relations._named(Result(Case("by hand", (), {"size": 5}), None, None, None))
    pair = relations._Pair(RIGHT.get(kind, X), RELATED[kind], named)
    found = {words for k, words in relations._relations(pair) if k == kind}
    assert found
    for words, cases in itertools.product(found, [(2, 2), (6, 7)]):
        no_leak(secrets, f"In {relations._cases(*cases)} {words}.")


FACTS = {
    "never read": "    return f\n",
    "overwritten": "    x = f\n    return x\n",
    "return": "    for k in f:\n        return x\n",
    "no line reads it": "    size = x, f\n    return x\n",
    "thrown away": "    x.astype(float)\n    return f\n",
    "not called": "    x.copy\n    return f\n",
    "one and the same": "    h = [[0]] * len(f)\n    h[0][0] = x\n    return h\n",
}


@pytest.mark.parametrize("kind", FACTS)
def test_of_what_is_seen_in_the_source(kind, secrets):
    source = f"def conv1d(x, f):\n{FACTS[kind]}"
    linecache.cache[f"<{kind}>"] = (len(source), None, source.splitlines(True), f"<{kind}>")
    space = {}
    exec(compile(source, f"<{kind}>", "exec"), space)
    facts = static(space["conv1d"], EXERCISES["conv1d"])
    assert kind in [fact.kind for fact in facts]
    for fact in facts:
        no_leak(secrets, fact.sentence)


@pytest.mark.parametrize("exercise", FUNCTIONS, ids=lambda e: e.name)
def test_of_what_parts_right_cases_from_wrong_ones(exercise, secrets):
    for result in right_results(exercise):
        for feature in contrast._features(result.case, exercise):
            no_leak(secrets, contrast._sentence(*feature))
            no_leak(secrets, contrast._sentence(*feature[::-1]))


EMPTY = {
    "nothing": lambda right: None,
    "zeros": np.zeros_like,
    "nan": lambda right: np.full(3, np.nan),
    "one number in each": lambda right: np.full(3, right[1]),
    "the first": lambda right: right * [1, 0, 0],
}


@pytest.mark.parametrize("made", EMPTY)
def test_of_what_came_back(made, secrets):
    asked = [np.arange(3.0) + i for i in (1, 2, 3)]
    case = Case("by hand", ())
    wrong = [Result(case, a, Outcome("returned", EMPTY[made](a)), "wrong") for a in asked]
    (sentence,) = _symptoms(wrong)
    no_leak(secrets, sentence)


@pytest.mark.parametrize("refused", [None, "wrong"])
@pytest.mark.parametrize("right, wrong", [(0, 3), (3, 0), (1, 3), (9, 2)])
def test_of_which_cases_are_right(right, wrong, refused, secrets):
    case, got = Case("by hand", ()), Outcome("returned", 0.0)
    results = [Result(case, 0.0, got, None)] * right + [Result(case, 1.0, got, "wrong")] * wrong
    results.append(Result(Case("no", (), raises=True), None, got, refused))
    if right or not refused:  # that none is right says the headline
        no_leak(secrets, _which(results))
