"""Once points are recorded the grader looks in a student's own source for what would make it right.

It is told on the page, and nothing hangs on it: not a point, and no secret is near.
"""

from __future__ import annotations

import re

import nbformat
import numpy as np
import pytest
from cnnlab.engine.exercise import EXERCISES
from cnnlab.engine.repair.goals import Goal
from cnnlab.engine.repair.said import LAST_LINE, LONGEST_TEXTS, understood
from cnnlab.engine.verdict import MIME

from autograder import cli
from autograder.cells import is_test, name_of
from autograder.judging import worker
from autograder.judging.record import records
from autograder.judging.submission import Submission
from autograder.judging.worker import UNSEARCHED
from autograder.pages.class_report import report
from autograder.pages.feedback import feedback
from autograder.recording import batch
from autograder.recording.grade import grade
from autograder.recording.gradebook import complete, read_graded
from autograder.recording.table import table
from autograder.tests.support import small_lesson
from autograder.tests.support.small_lesson import LESSON, hand_in

TWICE = """@fill
def conv1d(x, f):
    if len(f) > len(x):
        raise ValueError("the filter is longer than the series")
    filtered = np.zeros(len(x) - len(f) + 1)
    for k, weight in enumerate(f):
        filtered += 2 * weight * x[k : k + len(filtered)].astype(float)
    return filtered
"""

TWO_MISTAKES = """@fill
def conv1d_layer(x, f, b=0.0, stride=1, padding=(0, 0), activation=None):
    if stride < 1:
        raise ValueError("the stride must be at least 1")
    x = np.concatenate([np.zeros(padding[0]), x, np.zeros(padding[1])])
    if len(f) > len(x):
        raise ValueError("the filter is longer than the padded series")
    h = np.array([x[i : i + len(f)] @ f for i in range(len(x) - len(f) + 1)])
    if stride == 1:
        h = h + b + 1
    else:
        h = h[::-1][::stride] + b
    return h if activation is None else activation(h)
"""

FOUND = "Line 7:"

LIAR = (
    """import sys
frame = sys._getframe()
while frame:
    if "searching" in frame.f_globals:
        class searching:
            def search(request, answers):
                return CLAIM
        frame.f_globals["searching"] = searching
    frame = frame.f_back

"""
    + TWICE
)
"""It sits in the process that is asked, so it can say what it likes."""

CLAIM = {
    **{"lines": (7,), "kind": "operand too much", "role": "factor", "code": "a", "part": "b"},
    **{"inside": "", "which": ""},
    **{"cost": 1.0, "was": "2", "would": "1", "at": "", "case": "c", "repaired": 1, "of": 1},
}


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """The machine may be busy: what is found is the same."""
    monkeypatch.setattr(worker, "SECONDS", 60.0)


@pytest.fixture
def course(tmp_path):
    return small_lesson.released_in(tmp_path)


def graded(course, *answers, **options):
    """Hand in conv1d, once for each, and grade; the points that each earned."""
    for i, answer in enumerate(answers):
        hand_in(course, f"s{i}", {"conv1d": answer})
    results = grade(course, [LESSON], workers=1, **options)
    return [result.score for result in results]


def told(course, student="s0"):
    """The text of the visible report on conv1d, and the data in it."""
    notebook = nbformat.reads(read_graded(course, student, LESSON), as_version=4)
    (cell,) = [c for c in notebook.cells if is_test(c) and name_of(c) == "test_conv1d"]
    shown = [o.data for o in cell.outputs if "data" in o]
    return shown[0]["text/plain"], records(cell)


# ── what is found ───────────────────────────────────────────────────────────


def test_the_page_names_the_line_and_no_point_comes_from_it(course):
    looked = []
    scores = graded(course, TWICE, looked=lambda *count: looked.append(count))
    text, (visible, hidden) = told(course)
    assert FOUND in text
    assert (visible.finding.part, visible.finding.kind) == ("repair", "operand too much")
    assert FOUND in visible.html and FOUND not in hidden.html
    assert looked == [(1, 1)]
    (page,) = feedback(course, [LESSON])
    assert FOUND in re.sub(r"<[^>]+>", "", page.read_text(encoding="utf-8"))
    assert [row.score for row in table(course, LESSON)] == scores


def test_the_page_names_the_lines_of_two_mistakes(course):
    answers = {"conv1d": small_lesson.SOLUTIONS["conv1d"], "conv1d_layer": TWO_MISTAKES}
    hand_in(course, "s0", answers)
    grade(course, [LESSON], workers=1)
    notebook = nbformat.reads(read_graded(course, "s0", LESSON), as_version=4)
    (cell,) = [c for c in notebook.cells if name_of(c) == "test_conv1d_layer"]
    text = " ".join(cell.outputs[0].data["text/plain"].split())
    assert "Line 10:" in text and "all cases with stride = 1 would be right" in text
    assert "Line 12:" in text and "all cases with a stride beyond 0 and 1 would be right" in text


def test_a_torch_that_is_not_there_is_not_asked_for_its_generator(course):
    """What a NumPy answer imports by that name is nothing, and refuses to take part."""
    graded(course, f"import torch\n\n{TWICE}")
    assert "Line 9:" in told(course)[0]


def test_the_page_says_which_wrong_answer_is_called(course):
    graded(course, TWICE)
    notebook = nbformat.reads(read_graded(course, "s0", LESSON), as_version=4)
    (cell,) = [c for c in notebook.cells if name_of(c) == "test_conv1d_layer"]
    assert "It calls your `conv1d`" in cell.outputs[0].data["text/plain"]
    (row,) = table(course, LESSON)
    assert row.exercises["conv1d_layer"].finding.part == "another answer"


def test_who_has_all_points_is_not_looked_into(course):
    looked = []
    graded(course, small_lesson.SOLUTIONS["conv1d"], looked=lambda *count: looked.append(count))
    assert looked == []


def same(a, b):
    """Whether two arguments are the same, arrays entry by entry."""
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return a.dtype == b.dtype and np.array_equal(a, b)
    return type(a) is type(b) and not isinstance(a, np.ndarray) and a == b


def test_where_it_is_searched_only_public_cases_are_seen(course, monkeypatch):
    """Each argument that reaches that session is one of a visible case, or of two more seeds."""
    asked, ask = {}, Submission._ask

    def spy(self, flavour, session, request, *rest, **how):
        asked.setdefault(session, []).append(request)
        return ask(self, flavour, session, request, *rest, **how)

    monkeypatch.setattr(Submission, "_ask", spy)
    graded(course, TWICE, seed=5)
    *_, last = asked.values()
    assert len(asked) >= 2 and any(request["do"] == "search" for request in last)
    calls = [(r["name"], r["args"]) for r in last if r["do"] == "call"]
    for request in last:
        if request["do"] == "search":
            calls += [(request["name"], c["args"]) for c in request["asked"] + request["more"]]
    assert len(calls) > 20
    public = {
        name: [case.args for seed in (0, 1, 2) for case in EXERCISES[name].draw(seed)]
        for name in {name for name, _ in calls}
    }
    for name, args in calls:
        assert any(
            len(args) == len(known) and all(map(same, args, known)) for known in public[name]
        )


# ── what goes wrong ─────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "claim",
    [
        {"found": [{**CLAIM, "kind": "<script>alert(1)</script>"}]},
        {"found": [{**CLAIM, "role": "x" * 10_000}]},
        {"found": [{**CLAIM, "lines": (1, "7")}]},
        {"found": [{**CLAIM, "lines": (LAST_LINE + 1,)}]},
        {"found": [{**CLAIM, "lines": ()}]},
        {"found": [{**CLAIM, "case": "one that there is not"}]},
        {"found": [{**CLAIM, "repaired": 2}]},
        {"found": [{**CLAIM, "of": True}]},
        {"found": [{**CLAIM, "cost": None}]},
        {"found": [{"lines": (7,)}, 3, None]},
        {"found": {"lines": (7,)}, "partial": 7, "tries": "many"},
        {"found": [{**CLAIM, "group": "with mode = 'edge'"}]},
        {"parts": [{**CLAIM, "group": "<b>with</b>"}, {**CLAIM, "item": "0"}, CLAIM]},
        {"parts": [{**CLAIM, "group": ["with"], "item": {}}], "partial": {**CLAIM, "item": 0}},
        {"status": "correct", "points": 3},
        ["found"],
        None,
    ],
)
def test_what_makes_no_sense_is_not_heard(claim):
    results = understood(claim, {"c"})
    assert (results.found, results.partial, results.parts, results.over) == ([], None, [], True)


def test_of_a_part_is_heard_what_there_is():
    claims = [{**CLAIM, "group": "with b = 0", "item": None}, {**CLAIM, "group": "with b = 1"}]
    (found,) = understood({"parts": claims}, {"c"}, [Goal("with b = 0")]).parts
    assert (found.group, found.item) == ("with b = 0", None)


def test_what_makes_sense_is_cut_to_size():
    texts = dict.fromkeys(LONGEST_TEXTS, "x" * 10_000)
    (found,) = understood({"found": [{**CLAIM, **texts}] * 2}, {"c"}).found[:1]
    assert {name: len(getattr(found, name)) for name in texts} == LONGEST_TEXTS


def test_who_lies_about_the_own_mistake_gains_nothing_by_it(course):
    evil = "<img src=x onerror=alert(1)>" * 500
    case = EXERCISES["conv1d"].draw(0)[0].name
    claim = {**CLAIM, "case": case, "code": evil, "part": evil, "was": evil, "would": evil}
    said = {"found": [claim], "points": 3, "status": "correct", "partial": None, "tries": 1}
    liar = LIAR.replace("CLAIM", repr(said))
    honest, lying = graded(course, TWICE, liar)
    assert lying == honest
    text, (visible, _) = told(course, "s1")
    assert "<img src=x" in text, "the lie was not told, so this test says nothing"
    assert len(text) < 4000
    assert "<img src=x" not in visible.html
    for page in [*feedback(course, [LESSON]), report(course)]:
        assert "<img src=x" not in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("end", ["import os; os._exit(0)", "while True: pass"])
def test_who_ends_or_holds_up_the_search_keeps_the_report_that_stands(course, end, monkeypatch):
    monkeypatch.setattr(worker, "SECONDS", 3.0)
    gone = LIAR.replace("return CLAIM", end)
    honest, stopped = graded(course, TWICE, gone)
    assert stopped == honest
    text, _ = told(course, "s1")
    assert "conv1d: Not right yet" in text and FOUND not in text
    assert FOUND in told(course)[0]
    about = nbformat.reads(read_graded(course, "s1", LESSON), as_version=4).metadata["cnnlab"]
    assert UNSEARCHED not in about


def test_an_answer_that_behaves_otherwise_than_it_was_judged_keeps_its_report(course):
    graded(course, TWICE)
    before = read_graded(course, "s0", LESSON)
    notebook = nbformat.reads(before, as_version=4)
    for data in (o.data for c in notebook.cells for o in c.get("outputs", []) if "data" in o):
        if data.get(MIME, {}).get("exercise") == "conv1d":
            data[MIME]["cases"][0]["problem"] = "shape"  # where today's answer gives a wrong value
    assert "test_conv1d" in worker.look(worker.Look("s0", LESSON, before, False))
    changed = nbformat.v4.writes(notebook)
    assert "test_conv1d" not in worker.look(worker.Look("s0", LESSON, changed, False))


def test_who_was_interrupted_is_looked_into_the_next_time(course, monkeypatch):
    with monkeypatch.context() as stopped:
        stopped.setattr(batch, "look", lambda job: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            graded(course, TWICE)
    assert FOUND not in told(course)[0]
    before = [row.score for row in table(course, LESSON)]
    (result,) = grade(course, [LESSON], workers=1)
    assert result.status == "unchanged"
    assert FOUND in told(course)[0]
    assert [row.score for row in table(course, LESSON)] == before
    assert not grade(course, [LESSON], workers=1)[0].unsearched


def test_the_command_says_that_nothing_is_lost_by_stopping_it(course, monkeypatch, capsys):
    for student in ("s0", "s1"):
        hand_in(course, student, {"conv1d": TWICE})
    looks = iter([dict, lambda: (_ for _ in ()).throw(KeyboardInterrupt)])
    monkeypatch.setattr(batch, "look", lambda job: next(looks)())
    assert cli.main(["--course", str(course.root), "grade", "--workers", "1"]) == 130
    assert "all points are recorded" in capsys.readouterr().out
    assert {row.score for row in table(course, LESSON)} != {0}


def test_a_notebook_that_was_graded_anew_meanwhile_is_left_alone(course):
    graded(course, TWICE)
    path = course.autograded("s0", LESSON) / f"{LESSON}.ipynb"
    before = path.read_text(encoding="utf-8")
    newer = f"{before} "
    path.write_text(newer, encoding="utf-8")
    complete(course, "s0", LESSON, before, {"test_conv1d": []})
    assert path.read_text(encoding="utf-8") == newer


def test_feedback_that_was_written_meanwhile_is_written_again(course, monkeypatch, capsys):
    hand_in(course, "s0", {"conv1d": TWICE})
    look = worker.look

    def meanwhile(job):
        (page,) = feedback(course, [LESSON])
        assert FOUND not in page.read_text(encoding="utf-8")
        return look(job)

    monkeypatch.setattr(batch, "look", meanwhile)
    cli.main(["--course", str(course.root), "grade", "--workers", "1"])
    assert "written meanwhile" in capsys.readouterr().out
    page = course.feedback("s0", LESSON) / f"{LESSON}.html"
    assert FOUND in re.sub(r"<[^>]+>", "", page.read_text(encoding="utf-8"))
