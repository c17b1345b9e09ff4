"""A class from its submission folders to gradebook and feedback pages."""

import dataclasses
import datetime
import os
import re
import shutil

import nbformat
import pytest
from cnnlab.engine.verdict import MIME
from nbgrader.api import Gradebook, InvalidEntry
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from autograder.bench import bench
from autograder.cells import is_test
from autograder.course import Course, CourseError
from autograder.judging import judge, submission, worker
from autograder.judging.record import KNOWN, Finding
from autograder.judging.submission import Fault, Unfinished
from autograder.pages.feedback import feedback
from autograder.recording import batch
from autograder.recording import grade as recorder
from autograder.recording.gradebook import OpenGradebook
from autograder.recording.table import Earned, table
from autograder.sandbox.warm import Sandboxes
from autograder.tests.support import small_lesson
from autograder.tests.support.small_lesson import FLIPPED, LESSON, MARKUP, hand_in


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A course with a class of eight, graded once by two workers, and the results."""
    root = tmp_path_factory.mktemp("course")
    course = small_lesson.released_in(root)
    hand_in(course, "ada")
    hand_in(course, "blank", solved=False)
    hand_in(course, "grace", {"conv1d": FLIPPED, "questions": f"Why? {MARKUP}"})
    hand_in(
        course, "mallory", {"pad": f"@fill\ndef pad(x, left, right, mode=''):\n  '''{MARKUP}'''"}
    )
    hand_in(course, "renamed", name="lesson (1)")
    (hand_in(course, "punctual") / "timestamp.txt").write_text("2026-11-02 10:00:00 UTC")
    (course.submitted("junk", LESSON)).mkdir(parents=True)
    (course.submitted("junk", LESSON) / f"{LESSON}.ipynb").write_text("{ nothing")
    (course.submitted("empty", LESSON)).mkdir(parents=True)
    link = course.submitted("linker", LESSON)
    link.mkdir(parents=True)
    os.symlink(course.source(LESSON), link / f"{LESSON}.ipynb")
    results = recorder.grade(course, [LESSON], workers=2)
    return course, {r.student: r for r in results}


def test_everybody_gets_the_points_that_they_earned(graded):
    _, results = graded
    scores = {s: r.score for s, r in results.items()}
    assert scores.pop("grace") < 11
    assert scores.pop("mallory") < 11
    assert scores == {
        **{"ada": 11, "renamed": 11, "punctual": 11},
        **{"blank": 0, "junk": 0, "empty": 0, "linker": 0},
    }
    assert {r.max_score for r in results.values()} == {11}


def test_no_usable_notebook_gives_zero_with_the_reason(graded):
    _, results = graded
    for student, reason in {
        "junk": "not a notebook",
        "empty": "no notebook in the submission",
        "linker": "no notebook in the submission",
    }.items():
        assert results[student].status == "no notebook"
        assert reason in results[student].notes[0]
        assert reason in str(results[student])


def test_the_gradebook_says_the_same(graded):
    course, results = graded
    with Gradebook(course.db_url, course.course_id) as gradebook:
        for student, result in results.items():
            submission = gradebook.find_submission(LESSON, student)
            assert submission.score == result.score
            assert submission.max_score == 11
        ada = gradebook.find_submission(LESSON, "ada")
        assert [g.auto_score for g in ada.notebooks[0].grades if g.max_score] == [2, 3, 2, 4]
        when = gradebook.find_submission(LESSON, "punctual").timestamp
    assert when == datetime.datetime(2026, 11, 2, 10)


def test_the_table_names_mistakes(graded):
    course, _ = graded
    rows = {row.student: row for row in table(course, LESSON)}
    assert rows["grace"].exercises["conv1d"].mistake == "the filter is flipped"
    assert rows["grace"].exercises["conv1d"].status == "incorrect"
    assert rows["grace"].exercises["conv1d"].finding == Finding(KNOWN, "the filter is flipped")
    pad = rows["ada"].exercises["pad"]
    assert dataclasses.replace(pad, cases=()) == Earned(2, 2, "correct", "")
    assert ("three days, zeros around", None) in pad.cases
    assert rows["blank"].exercises["pad"].status == "not attempted"
    assert list(rows["ada"].exercises) == list(small_lesson.POINTS)


def test_what_is_unchanged_is_not_graded_again_and_what_changed_is(graded, monkeypatch):
    course, results = graded
    judged = []
    real = batch.work
    monkeypatch.setattr(batch, "work", lambda job: judged.append(job.student) or real(job))
    again = {r.student: r for r in recorder.grade(course, [LESSON], workers=1)}
    assert judged == []
    assert {r.status for r in again.values()} == {"unchanged"}
    assert {s: r.score for s, r in again.items()} == {s: r.score for s, r in results.items()}
    hand_in(course, "blank", {"pad": "..."}, solved=False)
    recorder.grade(course, [LESSON], workers=1)
    assert judged == ["blank"]
    recorder.grade(course, [LESSON], student="ada", workers=1, force=True)
    assert judged == ["blank", "ada"]


def test_a_run_is_replayed_with_its_seed(graded):
    course, _ = graded

    def asked(seed):
        recorder.grade(course, [LESSON], student="grace", workers=1, seed=seed)
        path = course.autograded("grace", LESSON) / f"{LESSON}.ipynb"
        notebook = nbformat.read(path, as_version=4)
        said = [o.data.get(MIME) for c in notebook.cells if is_test(c) for o in c.outputs[:-1]]
        return notebook.metadata["cnnlab"]["seed"], said

    seed, first = asked(4711)
    assert seed == 4711
    assert {report["seed"] for report in first} == {0, 4711}
    assert asked(4712) != (seed, first)
    assert asked(4711) == (seed, first)


def test_a_fault_of_ours_costs_nothing_and_is_graded_again(graded, monkeypatch):
    course, _ = graded

    def broken(*args):
        raise Fault("the machine was on fire")

    with monkeypatch.context() as patch:
        patch.setattr(worker, "judge_twice", broken)
        (result,) = recorder.grade(course, [LESSON], "ada", workers=1, force=True)
    assert result.status == "fault"
    assert "NOT GRADED" in str(result)
    assert "on fire" in str(result)
    with Gradebook(course.db_url, course.course_id) as gradebook:
        assert gradebook.find_submission(LESSON, "ada").score == 11  # as before
    hand_in(course, "faulty")
    with monkeypatch.context() as patch:
        patch.setattr(worker, "judge_twice", broken)
        (result,) = recorder.grade(course, [LESSON], "faulty", workers=1)
    (result,) = recorder.grade(course, [LESSON], "faulty", workers=1)
    assert (result.status, result.score) == ("graded", 11)


class Deadly:
    """Ends the process that unpickles it, as a worker that runs out of memory ends."""

    def __reduce__(self):
        return os._exit, (1,)


def test_a_student_whom_another_grader_enters_at_the_same_moment_is_recorded(graded, monkeypatch):
    course, _ = graded
    real, tried = OpenGradebook.update_or_create_student, []

    def entered_meanwhile(gradebook, student):
        tried.append(student)
        if len(tried) == 1:
            raise InvalidEntry("duplicate key value")
        return real(gradebook, student)

    monkeypatch.setattr(OpenGradebook, "update_or_create_student", entered_meanwhile)
    (result,) = recorder.grade(course, [LESSON], "ada", workers=1, force=True)
    assert (result.status, result.score, tried) == ("graded", 11, ["ada", "ada"])


def test_a_worker_that_dies_takes_nobody_else_along(graded):
    course, _ = graded
    jobs = {job.student: job for job in recorder.jobs(course, LESSON, None, False)}
    jobs = [dataclasses.replace(jobs["ada"], data=Deadly()), jobs["junk"], jobs["empty"]]
    with batch.Workers(2) as crew:
        answers = {job.student: answer for job, answer in crew.judged(jobs)}
    assert "the worker ended" in answers["ada"].notes[0]
    assert answers["junk"].status == answers["empty"].status == "no notebook"


@pytest.mark.slow
def test_who_hangs_comes_behind_all_others_and_keeps_the_other_points(tmp_path, monkeypatch):
    course = small_lesson.released_in(tmp_path)
    hangs = "def conv1d(x, f):\n    while True: pass"
    for student in ("a", "b"):
        hand_in(course, student, {"conv1d": hangs})
    for student in ("c", "d", "e"):
        hand_in(course, student)
    turns, told, real = [], [], batch.work
    monkeypatch.setattr(batch, "TURNS", (2, 30))
    monkeypatch.setattr(submission, "CALL_SECONDS", 4)
    monkeypatch.setattr(submission, "AGAIN_SECONDS", 0.1)
    monkeypatch.setattr(batch, "work", lambda job: turns.append(job.student) or real(job))
    results = recorder.grade(course, [LESSON], workers=1, told=lambda one: told.append(one.student))
    assert turns == ["a", "b", "c", "d", "e", "a", "b"]
    assert told == ["c", "d", "e", "a", "b"]
    assert [r.status for r in results] == ["graded"] * 5
    assert [r.score for r in results] == [4, 4, 11, 11, 11]  # one more calls conv1d


def test_a_second_try_has_what_the_first_has_left_and_costs_nobody_points(monkeypatch):
    """It is a fault of ours, then, that it has too little."""
    left = []

    def tries(notebook, sandboxes, seed, turn):
        left.append(turn.left())
        turn.book(7.0, own=False)
        raise Fault("the first") if len(left) == 1 else Unfinished

    monkeypatch.setattr(judge, "judge", tries)
    with pytest.raises(Fault, match="the first"):
        judge.judge_twice(None, Sandboxes(), seconds=10)
    assert left == [10, 3]


def test_lessons_and_students_that_are_not_there_are_told(graded):
    course, _ = graded
    with pytest.raises(CourseError, match=r"02_backprop_1d has not been released.*release"):
        recorder.grade(course, ["02_backprop_1d"])
    with pytest.raises(CourseError, match="zoe has handed in nothing"):
        recorder.grade(course, [LESSON], student="zoe")


def test_nbgraders_own_command_gives_the_same_scores(graded, tmp_path):
    course, results = graded
    other = Course(shutil.copytree(course.root, tmp_path / "copy", symlinks=True))
    for student in ("junk", "empty", "linker", "renamed"):  # which nbgrader itself cannot take
        shutil.rmtree(other.submitted(student, LESSON))
    shutil.rmtree(other.root / "autograded")
    with Gradebook(other.db_url, other.course_id) as gradebook:
        for student in results:
            gradebook.remove_submission(LESSON, student)
    config = Config(other.config())
    config.CourseDirectory.assignment_id = LESSON
    Autograde(coursedir=CourseDirectory(config=config), config=config).start()
    with Gradebook(other.db_url, other.course_id) as gradebook:
        for student in ("ada", "blank", "grace", "mallory", "punctual"):
            score = gradebook.find_submission(LESSON, student).score
            assert score == pytest.approx(results[student].score), student


# ── feedback ────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def pages(graded):
    course, _ = graded
    return {path.parent.parent.name: path.read_text() for path in feedback(course, [LESSON])}


def test_everybody_gets_a_page_with_points_and_causes(graded, pages):
    _, results = graded
    assert set(pages) >= set(results)
    assert "The filter is flipped" in pages["grace"]
    assert "<b>11</b> <span>of 11 points" in pages["ada"]
    assert "Not attempted yet" in pages["blank"]
    assert "the file is not a notebook" in pages["junk"]


def test_a_page_shows_the_wrong_case_drawn(pages):
    drawn = re.findall(r'<svg [^>]*aria-label="([^"]*)', pages["grace"])
    assert drawn[0].startswith("Target, yours and difference") and drawn[1] == "yours"


def test_what_students_wrote_is_text_in_their_page(pages):
    for student in ("grace", "mallory"):
        page = pages[student]
        assert "&lt;script&gt;alert(1)" in page
        assert not re.search(r"<script|<img src=x|href=.javascript", page)
        assert "default-src 'none'" in page


def test_a_page_shows_no_test_code_no_seed_and_no_secret_input(graded, pages):
    course, _ = graded
    notebook = nbformat.read(course.autograded("grace", LESSON) / f"{LESSON}.ipynb", 4)
    seed = str(notebook.metadata["cnnlab"]["seed"])
    for page in pages.values():
        assert "HIDDEN TESTS" not in page
        assert "hidden=True" not in page
        assert seed not in page


def test_a_page_is_whole_by_itself(pages):
    """Nothing is loaded from anywhere, so it reads the same offline and tells nobody."""
    for page in pages.values():
        assert not re.search(r"""(src|href)=["'](?!data:|#)""", page)


def test_a_graders_comment_is_in_the_page(graded):
    course, _ = graded
    with Gradebook(course.db_url, course.course_id) as gradebook:
        comment = gradebook.find_comment("questions", LESSON, LESSON, "grace")
        comment.manual_comment = "Because <b>f</b> is read forwards."
        gradebook.db.commit()
    path = next(p for p in feedback(course, [LESSON]) if "grace" in str(p))
    assert "Because &lt;b&gt;f&lt;/b&gt; is read forwards." in path.read_text()


def test_feedback_copies_no_file_from_anywhere(graded):
    course, _ = graded
    secret = course.autograded("grace", LESSON) / "more.txt"
    os.symlink(course.root / "gradebook.db", secret)
    feedback(course, [LESSON])
    assert [p.name for p in course.feedback("grace", LESSON).iterdir()] == [f"{LESSON}.html"]


# ── many ────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_the_last_of_many_cost_what_the_first_did_in_time_and_memory(tmp_path):
    course = small_lesson.released_in(tmp_path)
    first, _, _, last = bench.recording(course, LESSON, 240, parts=4)
    assert last[0] < 2 * first[0], "milliseconds each"
    assert last[1] < first[1] + 10, "MiB in all"
    with Gradebook(course.db_url, course.course_id) as gradebook:
        assert {s.score for s in gradebook.assignment_submissions(LESSON)} == {11}
        assert len(gradebook.students) == 240
