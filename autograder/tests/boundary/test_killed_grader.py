"""A grader that is killed loses and doubles nothing, and what it started dies with it."""

import multiprocessing
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import nbformat
import psutil
import pytest
from nbformat.v4 import new_output

from autograder.cells import is_test
from autograder.course import Course
from autograder.intake import apart
from autograder.judging import worker
from autograder.recording import grade as recorder
from autograder.recording import gradebook
from autograder.tests.support import small_lesson
from autograder.tests.support.small_lesson import FLIPPED, hand_in

pytestmark = pytest.mark.xdist_group("killed grader")

LESSON = small_lesson.LESSON
KILLS = {"a stub of the judge": 44, "the judge": 6}
"""How often a grader is killed. Starting a sandbox and the process that reads takes most of the
time and leaves nothing behind, so most graders have neither: they are killed while judging or
recording."""

CLASSES = 3
"""Copies of the course that are graded, and whose graders are killed, at the same time."""

context = multiprocessing.get_context("forkserver")  # which has imported torch once for all
context.set_forkserver_preload(["autograder.recording.grade"])


def quick_judge(notebook, sandboxes, seed, seconds):
    """Half the points for everybody, after a moment."""
    for cell in filter(is_test, notebook.cells):
        time.sleep(0.01)
        points = {"text/plain": str(cell.metadata["nbgrader"]["points"] / 2)}
        cell.outputs = [new_output("execute_result", points)]
    return notebook


def grade(root, judge):
    """A grader, in a process of its own. The same secret inputs each time, to compare points."""
    recorder.secrets.randbits = lambda bits: 7
    if judge != "the judge":
        worker.judge_twice, worker.taken_in = quick_judge, apart.take_in
    recorder.grade(Course(root), [LESSON], workers=1)


def started(root, judge):
    process = context.Process(target=grade, args=(root, judge))
    process.start()
    return process


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory):
    """A course with submissions, none of them graded."""
    root = tmp_path_factory.mktemp("killed")
    course = small_lesson.released_in(root)
    hand_in(course, "ada")
    hand_in(course, "blank", solved=False)
    (hand_in(course, "grace", {"conv1d": FLIPPED}) / "timestamp.txt").write_text(
        "2026-11-02 10:00:00 UTC"
    )
    hand_in(course, "junk")
    (course.submitted("junk", LESSON) / f"{LESSON}.ipynb").write_text("{")
    return course.root


def state(root):
    """All that grading leaves behind: points, the number of rows of each table, files."""
    with sqlite3.connect(f"file:{root}/gradebook.db?mode=ro", uri=True) as database:
        listed = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        names = [name for (name,) in listed]
        rows = {n: database.execute(f"SELECT count(*) FROM {n}").fetchone() for n in names}
        points = database.execute(
            "SELECT s.student_id, c.name, g.auto_score, g.manual_score, g.needs_manual_grade "
            "FROM grade g JOIN submitted_notebook n ON g.notebook_id = n.id "
            "JOIN submitted_assignment s ON n.assignment_id = s.id "
            "JOIN base_cell c ON g.cell_id = c.id"
        ).fetchall()
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    files = {}
    for path in sorted((root / "autograded").rglob("*")):
        if path.is_file():
            files[str(path.relative_to(root))] = content = path.read_text()
            if path.suffix == ".ipynb":
                notebook = nbformat.reads(content, as_version=4)
                notebook.metadata["cnnlab"].pop("seconds", None)
                files[str(path.relative_to(root))] = [
                    {k: v for k, v in cell.items() if k != "id"} for cell in notebook.cells
                ] + [notebook.metadata]
    return rows, sorted(points), files


def killed(process):
    """Kill a grader; whether it was still at work. Nothing that it started outlives it."""
    try:
        grader = psutil.Process(process.pid)
        grader.suspend()
        family = grader.children(recursive=True)
    except psutil.NoSuchProcess:
        family = []
    process.kill()
    process.join()
    _, alive = psutil.wait_procs(family, timeout=20)
    assert alive == []
    # 255: killed before the process that it was forked from knew of it
    assert process.exitcode in (0, -signal.SIGKILL, 255)
    return process.exitcode != 0


def whole(root):
    """No notebook in ``autograded/`` is ever half written, not even right after a kill."""
    for path in (root / "autograded").rglob("[!.]*.ipynb"):
        nbformat.reads(path.read_text(), as_version=4)


@pytest.mark.slow
@pytest.mark.parametrize("judge", KILLS)
def test_a_grader_killed_at_random_moments_loses_and_doubles_nothing(handed_in, tmp_path, judge):
    undisturbed = [tmp_path / f"undisturbed {n}" for n in range(CLASSES)]
    started(
        shutil.copytree(handed_in, tmp_path / "first"), judge
    ).join()  # imports torch for all others
    for root in undisturbed:
        shutil.copytree(handed_in, root)
    begun = time.monotonic()
    for process in [started(root, judge) for root in undisturbed]:
        process.join()
    length = time.monotonic() - begun  # as many at once as below, or none below came to recording
    expected = state(undisturbed[0])
    assert len(expected[2]) == 5

    seed = random.randrange(10**6)
    print(f"the moments are drawn with seed {seed} from {length:.1f} s")  # shown if it fails
    chance = random.Random(seed)
    lock = threading.Lock()
    found: list[int] = []  # how many were graded at each kill

    def disturbed(number):
        """Start and kill, as often as is this class's share; then let it come to its end."""
        root = tmp_path / f"{number}"
        shutil.copytree(handed_in, root)
        kills = len(range(number, KILLS[judge], CLASSES))
        while kills:
            process = started(root, judge)
            with lock:
                delay = chance.uniform(0, length)
            process.join(delay)
            if killed(process):
                whole(root)
                found.append(len(list((root / "autograded").glob("*/*/[!.]*.ipynb"))))
                kills -= 1
            else:  # done before it was killed: that one does not count, begin anew
                assert state(root) == expected
                shutil.rmtree(root)
                shutil.copytree(handed_in, root)
        process = started(root, judge)
        process.join()
        assert process.exitcode == 0
        assert state(root) == expected

    with ThreadPoolExecutor(CLASSES) as pool:
        list(pool.map(disturbed, range(CLASSES)))
    assert len(found) == KILLS[judge]
    if judge != "the judge":
        assert len(set(found)) > 2, found  # early, late and in between


def test_workers_and_sandboxes_die_with_the_command_that_started_them(handed_in, tmp_path):
    root = tmp_path / "course"
    shutil.copytree(handed_in, root)
    hand_in(Course(root), "endless", {"pad": "while True: pass"})
    command = [sys.executable, "-m", "autograder", "--course", root, "grade", "--workers", "2"]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    grader = psutil.Process(running.pid)

    def family():
        return grader.children(recursive=True)

    until = time.monotonic() + 120
    while sum(p.name() == "bwrap" for p in family()) < 2 and time.monotonic() < until:
        time.sleep(0.05)
    grader.suspend()
    started = family()
    assert any(p.name() == "bwrap" for p in started)
    running.kill()
    running.wait()
    _, alive = psutil.wait_procs(started, timeout=20)
    assert alive == []


class Interrupted(BaseException):
    """Takes the place of a kill, at a moment that can be chosen."""


def test_a_regrade_that_is_interrupted_while_it_is_recorded_is_done_again(
    handed_in, tmp_path, monkeypatch
):
    course = Course(shutil.copytree(handed_in, tmp_path / "course"))
    recorder.grade(course, [LESSON], "ada", workers=1)

    def killed(*args):
        raise Interrupted

    with monkeypatch.context() as patch:
        patch.setattr(gradebook.SaveAutoGrades, "preprocess", killed)
        with pytest.raises(Interrupted):
            recorder.grade(course, [LESSON], "ada", workers=1, force=True)
    (result,) = recorder.grade(course, [LESSON], "ada", workers=1)
    assert (result.status, result.score) == ("graded", 11)


def test_a_full_disk_while_recording_costs_nobody_points(handed_in, tmp_path, monkeypatch):
    course = Course(shutil.copytree(handed_in, tmp_path / "course"))
    real = gradebook.write

    def full(path, text):
        if "ada" in str(path):
            raise OSError(28, "No space left on device")
        return real(path, text)

    with monkeypatch.context() as patch:
        patch.setattr(gradebook, "write", full)
        first = {r.student: r for r in recorder.grade(course, [LESSON], workers=1)}
    assert first["ada"].status == "fault"
    assert "No space left on device" in str(first["ada"])
    assert first["grace"].status == "graded"
    second = {r.student: r for r in recorder.grade(course, [LESSON], workers=1)}
    assert (second["ada"].status, second["ada"].score) == ("graded", 11)
    assert second["grace"].status == "unchanged"
