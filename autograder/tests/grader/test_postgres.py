"""The gradebook on a real PostgreSQL server: Debian's, started here and removed afterwards."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from autograder.course import Course
from autograder.recording import grade as recorder
from autograder.releasing import build
from autograder.tests.support import small_lesson
from autograder.tests.support.small_lesson import FLIPPED, LESSON, hand_in

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
if not PROGRAMS and not os.environ.get("CI"):
    pytest.skip("there is no PostgreSQL: apt install postgresql", allow_module_level=True)

OTHER = "02_backprop_1d"
STUDENTS = [f"s{i:02}" for i in range(6)]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The URL of an empty database."""
    port = free_port()
    root = os.geteuid() == 0  # as whom the server refuses to run
    # Not below pytest's folder, which is closed to others than its owner.
    folder = Path(
        subprocess.check_output(["mktemp", "-d", "/tmp/postgres-XXXX"], text=True).strip()
    )
    if root:
        shutil.chown(folder, "nobody")

    def run(program, *arguments):
        become = ["runuser", "-u", "nobody", "--"] if root else []
        command = [*become, PROGRAMS[-1] / program, *arguments]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr

    data = folder / "data"
    run("initdb", "-D", data, "-U", "grader", "--auth=trust", "--no-sync")
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1"
    # Without the log the server would hold our pipe open.
    run("pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start")
    try:
        run("createdb", "-h", "127.0.0.1", "-p", str(port), "-U", "grader", "course")
        yield f"postgresql://grader@127.0.0.1:{port}/course"
    finally:
        run("pg_ctl", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder)


def make_course(root, db_url=None):
    """A course with two lessons, which a class has handed in."""
    course = Course(root / "course")
    course.prepare()
    if db_url:
        with (course.root / "nbgrader_config.py").open("a") as settings:
            settings.write(f"\nc.CourseDirectory.db_url = {db_url!r}\n")
        course = Course(course.root)
    notebooks = root / "notebooks"
    solutions = small_lesson.write(root / "solutions")
    build.release(course, [LESSON], solutions=solutions, notebooks=notebooks)
    build.release(course, [OTHER], notebooks=notebooks)
    right = course.source(OTHER)
    blank = notebooks / OTHER / f"{OTHER}.ipynb"
    for i, student in enumerate(STUDENTS):
        hand_in(course, student, {"conv1d": FLIPPED} if i % 3 == 0 else None, solved=i % 4 > 0)
        folder = course.submitted(student, OTHER)
        folder.mkdir(parents=True)
        shutil.copy(right if i % 4 else blank, folder)
    return course


@pytest.mark.slow
def test_two_graders_at_once_give_the_scores_that_sqlite_gives(server, tmp_path):
    course = make_course(tmp_path / "server", server)
    command = [sys.executable, "-m", "autograder", "--course", course.root, "grade", "--workers=1"]
    graders = [
        subprocess.Popen([*command, lesson], stdout=subprocess.PIPE, text=True)
        for lesson in (LESSON, OTHER)
    ]
    for grader in graders:
        said, _ = grader.communicate(timeout=300)
        assert grader.returncode == 0, said
        assert f"{len(STUDENTS)} graded, 0 unchanged, 0 not graded" in said

    alone = recorder.grade(make_course(tmp_path / "file"), workers=1)
    assert len({r.score for r in alone}) > 2
    with Gradebook(course.db_url, course.course_id) as gradebook:
        assert gradebook.engine.dialect.name == "postgresql"
        for result in alone:
            there = gradebook.find_submission(result.lesson, result.student)
            assert (there.score, there.max_score) == (result.score, result.max_score)
        assert sorted(s.id for s in gradebook.students) == STUDENTS
