"""Verdicts: what honest answers earn, and what tricks do not."""

import copy
import json
import re

import nbformat
import numpy as np
import pytest
from cnnlab.engine.exercise import EXERCISES, Case
from cnnlab.engine.verdict import MIME
from nbgrader.utils import determine_grade

from autograder.cells import is_test, released
from autograder.intake.restore import restore
from autograder.judging import judge, replies, submission
from autograder.judging.order import to_run
from autograder.judging.submission import Submission
from autograder.releasing import build
from autograder.sandbox.sandbox import Sandbox, SandboxError
from autograder.sandbox.warm import Sandboxes
from autograder.tests.support import small_lesson

POINTS = small_lesson.POINTS


@pytest.fixture(scope="module")
def sandboxes():
    warm = Sandboxes()
    yield warm
    warm.close()


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    folder = small_lesson.write(tmp_path_factory.mktemp("solutions"))
    return build.read(folder / f"{small_lesson.LESSON}.md")


def handed_in(source, answers, before=""):
    """A submission with everything right, but for some answers; before: a cell above all."""
    notebook = copy.deepcopy(source)
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        cell.source = answers.get(name, cell.source if name in POINTS else released(cell))
    if before:
        notebook.cells.insert(1, nbformat.v4.new_code_cell(before))
    return restore(notebook, source)[0]


@pytest.fixture
def points(source, sandboxes):
    """The points of a submission, by exercise, as nbgrader reads them."""

    def grade(answers, before="", seed=1):
        notebook = judge.judge(handed_in(source, answers, before), sandboxes, seed)
        grade.notebook = notebook
        return {
            c.metadata["nbgrader"]["grade_id"].removeprefix("test_"): determine_grade(c)[0]
            for c in notebook.cells
            if is_test(c)
        }

    return grade


def outputs(notebook, name):
    cells = [c for c in notebook.cells if is_test(c)]
    return next(c.outputs for c in cells if c.metadata["nbgrader"]["grade_id"] == f"test_{name}")


def others(points, name):
    return {n: p for n, p in points.items() if n != name}


FULL = {name: float(p) for name, p in POINTS.items()}

# ── honest students ─────────────────────────────────────────────────────────


def test_a_right_submission_earns_all_points(points):
    assert points({}) == FULL


def test_an_untouched_submission_earns_none_and_is_called_not_attempted(points, source):
    stubs = {
        c.metadata["nbgrader"]["grade_id"]: released(c)
        for c in source.cells
        if c.metadata.get("nbgrader", {}).get("grade_id") in POINTS
    }
    assert set(points(stubs).values()) == {0.0}
    data = outputs(points.notebook, "conv1d")[0]["data"][MIME]
    assert data["status"] == "not attempted"


FLIPPED = """
@fill
def conv1d(x, f):
    if len(f) > len(x):
        raise ValueError("the filter is longer than the series")
    return np.convolve_by_hand(x, f) if False else np.array(
        [x[i : i + len(f)] @ f[::-1].astype(float) for i in range(len(x) - len(f) + 1)])
"""


def test_a_known_mistake_is_named_and_earns_part_of_the_points(points):
    earned = points({"conv1d": FLIPPED})["conv1d"]
    assert 0 < earned < POINTS["conv1d"]
    visible, hidden, result = outputs(points.notebook, "conv1d")
    for output in (visible, hidden):
        assert output.data[MIME]["causes"] == ["the filter is flipped"]
        assert "the filter is flipped" in output.data["text/plain"]
    assert float(result.data["text/plain"]) == earned


def test_hidden_inputs_are_not_in_what_is_shown(points):
    points({"conv1d": FLIPPED}, seed=7)
    visible, hidden, _ = outputs(points.notebook, "conv1d")
    assert "x = [" in visible.data["text/plain"]
    for kind in ("text/plain", "text/html"):
        assert not re.search(r"x = \[|replay|entry \[", hidden.data[kind])


def test_the_hidden_seed_is_noted_and_gives_the_same_verdict_again(points):
    first = points({"conv1d": FLIPPED}, seed=5)
    assert points.notebook.metadata["cnnlab"]["seed"] == 5
    assert points({"conv1d": FLIPPED}, seed=5) == first


def test_an_answer_fitted_to_the_visible_cases_earns_little(points):
    """Answers looked up by the visible inputs are wrong on inputs that nobody has seen."""
    from cnnlab.engine.exercise import EXERCISES

    table = [
        (c.args[0].tolist(), EXERCISES["rolling_average"].reference(*c.args).tolist())
        for c in EXERCISES["rolling_average"].draw(0)
        if not c.raises
    ]
    earned = points({"rolling_average": f"""
@fill
def rolling_average(x, K=7):
    if K > len(x):
        raise ValueError("a window that is too long")
    for given, right in {table!r}:
        if x.tolist() == given:
            return np.array(right)
    return np.zeros(len(x) - K + 1)
"""})  # fmt: skip
    visible, hidden, _ = outputs(points.notebook, "rolling_average")
    assert visible.data[MIME]["status"] == "correct"
    assert hidden.data[MIME]["status"] == "incorrect"
    assert earned["rolling_average"] < POINTS["rolling_average"]


def test_a_scratch_line_that_fails_does_not_lose_the_function_below(points, source):
    good = small_lesson.SOLUTIONS["pad"]
    assert points({"pad": f"print(conv1d(unknown))\n%matplotlib inline\n@fill\n{good}"}) == FULL


def test_answers_without_fill_and_with_helpers_count(points):
    answer = "def conv1d(x, f):\n    return helper(x, f)"
    helper = (
        "def helper(x, f):\n    if len(f) > len(x):\n        raise ValueError('f is too long')\n"
        "    return sum(w * x[k : len(x) - len(f) + k + 1].astype(float) for k, w in enumerate(f))"
    )
    assert points({"conv1d": answer}, before=helper) == FULL


def test_an_error_is_shown_with_the_students_line(points):
    points({"conv1d": "@fill\ndef conv1d(x, f):\n    return x.nothing"})
    shown = outputs(points.notebook, "conv1d")[0].data["text/plain"]
    assert "AttributeError" in shown
    assert "return x.nothing" in shown


def test_global_seeding_costs_points_and_says_so(points):
    seeded = "    np.random.seed(0)\n    beyond"
    solution = small_lesson.SOLUTIONS["pad"].replace("    beyond", seeded)
    assert points({"pad": f"@fill\n{solution}"})["pad"] == 0
    assert "random generator" in outputs(points.notebook, "pad")[0].data["text/plain"]


# ── tricks ──────────────────────────────────────────────────────────────────

TRICKS = {
    "always equal": """
class Yes:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    __array__ = lambda self, *a, **k: np.zeros(3)
    __float__ = lambda self: 1.0
    __hash__ = None
@fill
def conv1d(x, f): return Yes()
""",
    "lying array": """
class Right(np.ndarray):
    __eq__ = __ne__ = lambda self, other: np.True_
    def __array_ufunc__(self, *a, **k): return True
    def __array_function__(self, *a, **k): return True
    def __reduce__(self): return print, ("unpickled",)
@fill
def conv1d(x, f): return np.zeros(len(x) - len(f) + 1).view(Right)
""",
    "patched helpers": """
import numpy.testing
np.testing.assert_allclose = np.allclose = np.isclose = lambda *a, **k: True
import cnnlab, cnnlab.engine.comparing, cnnlab.engine.examine
cnnlab.check = cnnlab.engine.examine.examine = lambda *a, **k: None
cnnlab.engine.comparing.difference = lambda *a, **k: None
check = lambda *a, **k: 3.0
@fill
def conv1d(x, f): return np.zeros(len(x) - len(f) + 1)
""",
    "the oracle": """
import sys
@fill
def conv1d(x, f):
    import cnnlab.lesson_01_rolling_average.conv1d as module
    return module.conv1d.reference(x, f)
""",
    "searching memory": """
import gc, sys
@fill
def conv1d(x, f):
    frame = sys._getframe()
    while frame:
        for v in list(frame.f_locals.values()) + list(frame.f_globals.values()):
            if hasattr(v, "reference"):
                return v.reference(x, f)
        frame = frame.f_back
    for v in gc.get_objects():
        if hasattr(v, "expected"):
            return v.expected
""",
    "transformers": """
ip = get_ipython()
ip.input_transformers_cleanup.append(lambda lines: ["3.0"])
ip.events.register("pre_run_cell", lambda info: None)
ip.run_cell = ip.showtraceback = lambda *a, **k: None
@fill
def conv1d(x, f): return None
""",
    "ready-made": """
@fill
def conv1d(x, f): return np.correlate(x.astype(float), f, 'valid')
""",
    "ready-made elsewhere": """
import torch
@fill
def conv1d(x, f):
    x, f = torch.tensor(x)[None, None], torch.tensor(f)[None, None]
    return torch.nn.functional.conv1d(x, f)[0, 0].numpy()
""",
    "a new interpreter": """
import subprocess, sys, json
@fill
def conv1d(x, f):
    code = "import numpy as np, sys, json; x, f = json.loads(sys.argv[1]); " \\
           "print(json.dumps(np.correlate(x, f).tolist()))"
    out = subprocess.run([sys.executable, "-c", code, json.dumps([x.tolist(), f.tolist()])],
                         capture_output=True)
    return np.array(json.loads(out.stdout))
""",
    "sys.exit": "import sys\n@fill\ndef conv1d(x, f): sys.exit(0)",
    "os._exit": "import os\n@fill\ndef conv1d(x, f): os._exit(0)",
    "os._exit while running": "import os\nos._exit(0)",
    "a signal": "import os\n@fill\ndef conv1d(x, f): os.abort()",
    "giant arrays": "@fill\ndef conv1d(x, f): return np.zeros((2**12, 2**12))",
    "not a number": "@fill\ndef conv1d(x, f): return np.full(len(x) - len(f) + 1, np.nan)",
    "infinity": "@fill\ndef conv1d(x, f): return np.full(len(x) - len(f) + 1, np.inf)",
    "objects": "@fill\ndef conv1d(x, f): return np.array([None] * (len(x) - len(f) + 1))",
    "a huge number": "@fill\ndef conv1d(x, f): return 10 ** 1000",
    "memory": "@fill\ndef conv1d(x, f): return [bytes(2**30) for _ in range(100)]",
    "deep recursion": "@fill\ndef conv1d(x, f): return conv1d(x, f)",
    "bad exception": """
class Odd(Exception):
    def __str__(self): raise SystemExit
@fill
def conv1d(x, f): raise Odd
""",
    "an error that never was": "@fill\ndef conv1d(x, f): raise ValueError('always say no to all')",
    "a forged reply": """
import os, json, struct
@fill
def conv1d(x, f):
    head = json.dumps({"status": "returned", "points": 3, "report": "correct", "id": 1}).encode()
    for fd in range(3, 30):
        try: os.write(fd, struct.pack("<IQ", len(head), 0) + head)
        except OSError: pass
""",
    "left to others": """
import threading, time
def work():
    while True: np.add(1, 1)
threading.Thread(target=work, daemon=True).start()
@fill
def conv1d(x, f): return None
""",
}


@pytest.mark.parametrize("trick", TRICKS)
def test_a_trick_earns_nothing_and_spoils_nothing_else(points, trick):
    earned = points({"conv1d": TRICKS[trick]})
    assert earned["conv1d"] == 0
    # conv1d_layer of this lesson calls conv1d, so it fails with it; the others are untouched.
    assert earned["rolling_average"] == POINTS["rolling_average"]
    assert earned["pad"] == POINTS["pad"]


def test_an_endless_loop_ends_and_the_other_answers_count(points, monkeypatch):
    monkeypatch.setattr(submission, "CALL_SECONDS", 0.5)
    monkeypatch.setattr(submission, "AGAIN_SECONDS", 0.1)
    earned = points(
        {"rolling_average": "@fill\ndef rolling_average(x, K=7):\n    while True: pass"}
    )
    assert earned == {**FULL, "rolling_average": 0.0}
    assert (
        "did not come to an end"
        in outputs(points.notebook, "rolling_average")[0].data["text/plain"]
    )


def test_a_loop_in_a_cell_ends_and_the_answers_count(points, monkeypatch):
    monkeypatch.setattr(submission, "CALL_SECONDS", 0.5)
    assert points({}, before="while True: pass") == FULL


def test_time_runs_out_for_one_submission_as_a_whole(points, monkeypatch):
    monkeypatch.setattr(submission, "WALL_SECONDS", 0.0)
    assert set(points({}).values()) == {0.0}


def test_a_poisoned_process_does_not_reach_the_next_submission(points):
    poison = "import builtins, numpy as np\nnp.ones = np.zeros = np.array = np.concatenate = None"
    assert points({}, before=poison) != FULL
    assert points({}) == FULL


def test_markup_of_students_is_escaped_in_reports(points):
    points({"conv1d": "@fill\ndef conv1d(x, f):\n    raise TypeError('<script>alert(1)</script>')"})
    shown = outputs(points.notebook, "conv1d")[0].data["text/html"]
    assert "<script" not in shown
    assert "&lt;script&gt;" in shown


# ── test cells as nbgrader knows them ───────────────────────────────────────


@pytest.fixture
def verdict(source, sandboxes):
    """The points of one test cell with another text."""

    def run(test, answers=None):
        notebook = handed_in(source, answers or {})
        cells = [c for c in notebook.cells if is_test(c)]
        cells[1].source = test
        judge.judge(notebook, sandboxes, 1)
        run.outputs = cells[1].outputs
        return determine_grade(cells[1])[0]

    return run


def test_plain_assertions_work_with_the_stand_ins(verdict):
    assert verdict("assert conv1d(np.ones(4), np.ones(2)).tolist() == [2, 2, 2]") == 3
    assert verdict("assert conv1d(np.ones(4), np.ones(2)).tolist() == [1, 1, 1]") == 0


def test_errors_of_answers_can_be_expected_in_a_test(verdict):
    test = "try:\n    conv1d(np.ones(2), np.ones(3))\nexcept {}:\n    pass\nelse:\n    assert 0"
    assert verdict(test.format("ValueError")) == 3
    assert verdict(test.format("KeyError")) == 0


def test_a_hidden_assertion_tells_nothing_of_itself(verdict):
    test = "### BEGIN HIDDEN TESTS\nassert conv1d(np.ones(3), np.ones(2))[0] == 17, 'x is 1'\n"
    assert verdict(test + "### END HIDDEN TESTS") == 0
    assert "17" not in json.dumps(verdict.outputs)
    assert "x is 1" not in json.dumps(verdict.outputs)


SHOUTS = {"conv1d": "def conv1d(x, f):\n    raise ValueError(f'I saw {x.sum()}')"}


@pytest.mark.parametrize("after", ["check(pad)", "conv1d(np.ones(4), np.ones(2))"])
def test_what_stands_below_a_hidden_test_says_no_word_of_the_students(verdict, after):
    hidden = "### BEGIN HIDDEN TESTS\ncheck(conv1d, hidden=True)\n### END HIDDEN TESTS\n"
    verdict(f"conv1d(np.ones(4), np.ones(2))\n{hidden}{after}", SHOUTS)
    assert "I saw 4.0" in json.dumps(verdict.outputs)
    shouts = {"pad": SHOUTS["conv1d"].replace("conv1d(x, f)", "pad(x, *rest)")} | SHOUTS
    verdict(f"{hidden}{after}", shouts)
    assert verdict.outputs and "I saw" not in json.dumps(verdict.outputs)


@pytest.mark.parametrize("told", ["error", "value"])
def test_what_is_visible_is_asked_before_any_hidden_input(points, told):
    """``pad`` has nothing to tell of what ``conv1d`` was asked with where nobody sees it."""
    tell = {
        "error": "raise ValueError(f'{len(seen)} seen')",
        "value": "return np.full(6, max(seen))",
    }[told]
    earlier = "seen = []\ndef conv1d(x, f):\n    seen.append(7.625 * (len(seen) > 11))\n"
    points({"conv1d": earlier + "    return x", "pad": f"def pad(x, *rest):\n    {tell}"})
    visible = json.dumps(outputs(points.notebook, "pad")[0])
    assert ("10 seen" in visible) if told == "error" else ("7.625" not in visible), visible


def test_the_names_of_cnnlab_can_be_imported_in_a_test(verdict):
    assert verdict("from cnnlab import check\ncheck(conv1d)") == 3
    assert verdict("import cnnlab\ncnnlab.check(conv1d, hidden=True)") == 3


# ── faults that are not the student's ───────────────────────────────────────


def test_a_mistake_in_a_test_is_a_fault_and_nothing_counts_as_passed(source, sandboxes):
    notebook = handed_in(source, {})
    tests = [c for c in notebook.cells if is_test(c)]
    tests[2].source = "check(a_name_that_is_not_there)"
    with pytest.raises(judge.Fault, match="test_pad failed by itself, NameError"):
        judge.judge(notebook, sandboxes)
    assert [determine_grade(c)[0] for c in tests] == [0, 0, 0, 0]


def test_an_oracle_that_fails_is_a_fault_and_is_asked_again(source, sandboxes, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("torch is broken")

    judge.known_values.cache_clear()
    with monkeypatch.context() as patched:
        patched.setattr(EXERCISES["pad"], "_oracle", broken)
        with pytest.raises(judge.Fault, match=r"right answer to pad, .* RuntimeError torch is bro"):
            judge.judge(handed_in(source, {}), sandboxes, 1)
    tests = [c for c in judge.judge(handed_in(source, {}), sandboxes, 1).cells if is_test(c)]
    assert [determine_grade(c)[0] for c in tests] == [2, 3, 2, 4]


def test_a_sandbox_that_ends_by_itself_is_a_fault_and_is_tried_again(source):
    warm = Sandboxes()
    calls = []
    real = Submission._ask

    def once(self, flavour, *rest, **how):
        calls.append(flavour)
        if len(calls) == 5:
            self.sandboxes[flavour]._process.kill()
            self.sandboxes[flavour]._process.wait()
        return real(self, flavour, *rest, **how)

    Submission._ask = once
    try:
        notebook = judge.judge_twice(handed_in(source, {}), warm)
    finally:
        Submission._ask = real
        warm.close()
    tests = [c for c in notebook.cells if is_test(c)]
    assert [determine_grade(c)[0] for c in tests] == [2, 3, 2, 4]


def test_no_sandbox_is_a_fault(source, monkeypatch):
    def none(self):
        raise SandboxError("no sandbox: none here")

    monkeypatch.setattr(Sandbox, "start", none)
    with pytest.raises(judge.Fault, match="none here"):
        judge.judge(handed_in(source, {}), Sandboxes())


def test_grades_made_without_a_sandbox_are_marked(source):
    unsafe = Sandboxes(unsafe_local=True)
    notebook = judge.judge(handed_in(source, {}), unsafe, 1)
    unsafe.close()
    assert notebook.metadata["cnnlab"]["unsafe_local"] is True
    tests = [c for c in notebook.cells if is_test(c)]
    assert [determine_grade(c)[0] for c in tests] == [2, 3, 2, 4]


# ── replies are believed in nothing ─────────────────────────────────────────


@pytest.mark.parametrize(
    "reply",
    [
        *({}, {"status": 1}, {"status": "correct"}, {"status": ["returned"]}),
        {"status": "died", "message": "infrastructure"},
    ],
)
def test_unknown_replies_count_as_the_end_of_the_process(reply):
    assert replies.outcome_from(reply).status == "died"


def test_replies_are_cut_to_size():
    got = replies.outcome_from(
        {
            "status": "raised",
            "errors": ["E" * 1000] * 1000 + [3],
            "message": "m" * 10**6,
            "line": 10**30,
            "code": 7,
            "changed": {"x": 1},
        }
    )
    assert len(got.errors) == 20
    assert len(got.errors[0]) == 80
    assert (len(got.message), got.line, got.code, got.changed) == (1000, None, "", ())


def test_an_answer_that_keeps_dying_is_not_started_for_ever(source, sandboxes, monkeypatch):
    opened = []
    real = Sandbox.open
    monkeypatch.setattr(Sandbox, "open", lambda self: opened.append(1) or real(self))
    notebook = handed_in(source, {"conv1d": "import os\ndef conv1d(x, f): os._exit(0)"})
    theirs = Submission(list(to_run(notebook)), list(POINTS), sandboxes)
    for _ in range(20):
        got = theirs.outcome("conv1d", Case("any", (np.ones(3), np.ones(2))))
        assert (got.status, got.message) == ("died", "it ended itself, as exit() does")
    theirs.close()
    assert len(opened) == submission.DEATHS


def test_cells_that_keep_dying_are_not_run_for_ever_and_cost_no_answer(source, sandboxes):
    notebook = handed_in(source, {})
    cells = [nbformat.v4.new_code_cell("import os; os._exit(0)") for _ in range(50)]
    for cell in cells:
        cell.metadata["cnnlab"] = {"role": "own"}
    notebook.cells[:0] = cells
    theirs = Submission(list(to_run(notebook)), list(POINTS), sandboxes)
    got = theirs.outcome("conv1d", Case("any", (np.ones(3), np.ones(2))))
    theirs.close()
    assert got.status == "returned"
    assert "one too many that ends Python" in theirs.notes[0]
    assert len(theirs._fates) == submission.CELL_DEATHS


def test_a_case_that_does_not_end_leaves_the_other_cases_their_points(points, monkeypatch):
    """Only windows of one day hang; the rest of the exercise is right."""
    monkeypatch.setattr(submission, "CALL_SECONDS", 0.5)
    monkeypatch.setattr(submission, "AGAIN_SECONDS", 0.1)
    solution = small_lesson.SOLUTIONS["rolling_average"]
    hanging = "    while K == 1:\n        pass\n    ### BEGIN SOLUTION\n"
    source = "@fill\n" + solution.replace("    ### BEGIN SOLUTION\n", hanging)
    earned = points({"rolling_average": source})
    assert 0 < earned["rolling_average"] < POINTS["rolling_average"]
    assert others(earned, "rolling_average") == others(FULL, "rolling_average")
    cases = outputs(points.notebook, "rolling_average")[0].data[MIME]["cases"]
    assert {case["problem"] for case in cases} == {None, "timeout"}
