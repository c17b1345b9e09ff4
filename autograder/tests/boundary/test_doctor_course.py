"""A course cannot be graded without its grader: ``doctor --course``, and what it relies on.

Each way is seen to run a student's code in a first-edition course that nobody has mended.
"""

import dataclasses
import hashlib
import json
import shutil
import sys

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory

from autograder import cli
from autograder.cells import NOBODYS_KERNEL, STUDENTS_KERNEL
from autograder.course import Course
from autograder.database import COPIES, keep_gradebook
from autograder.doctor import course as doctor_course
from autograder.doctor.course import WAYS, as_first_edition, tried
from autograder.doctor.environments import Environment, described, interpreter
from autograder.mending import mend
from autograder.recording import grade as recorder
from autograder.settings import SETTINGS, STEPS, STEPS_FILE
from autograder.tests.support import small_lesson
from autograder.tests.support.small_lesson import FLIPPED, hand_in

pytestmark = pytest.mark.xdist_group("doctor course")

LESSON = small_lesson.LESSON


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A course with one submission, not graded yet."""
    root = tmp_path_factory.mktemp("doctor-course")
    course = small_lesson.released_in(root)
    hand_in(course, "ada", {"conv1d": FLIPPED})
    return course


@pytest.fixture
def course(made, tmp_path):
    """A copy of it."""
    return Course(shutil.copytree(made.root, tmp_path / "course"))


@pytest.fixture
def first_edition(course):
    """The same as the first edition made it."""
    as_first_edition(course.root)
    course.forget_settings()
    return course


def python():
    return sys.executable


def kernels(course):
    """The kernel of the lesson in the gradebook, in source/ and in release/."""
    with Gradebook(course.db_url) as gradebook:
        recorded = json.loads(gradebook.find_notebook(LESSON, LESSON).kernelspec)
    paths = (course.source(LESSON), course.released(LESSON))
    return [recorded, *(nbformat.read(p, as_version=4).metadata.kernelspec for p in paths)]


def contents(folder):
    return {p: hashlib.sha256(p.read_bytes()).digest() for p in folder.rglob("*") if p.is_file()}


# ── the ways ────────────────────────────────────────────────────────────────


def test_the_doctor_tries_four_ways_and_each_is_refused(course, capsys):
    before = contents(course.root)
    assert cli.main(["doctor", "--course", str(course.root)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert [line for line in said if line.startswith("✓")] == [
        "✓ without autograder: refused",
        "✓ with a broken configuration: refused",
        "✓ without any configuration: refused",
        "✓ a first-edition course, mended, without autograder: refused",
    ]
    assert contents(course.root) == before  # on a copy, never in it


@pytest.mark.parametrize("way", WAYS[:3], ids=lambda way: way.name)
def test_in_the_first_edition_that_way_ran_a_students_code(first_edition, way, tmp_path):
    trial = tried(first_edition, LESSON, way, tmp_path, python())
    assert "RAN A STUDENT'S CODE" in next(trial)  # nbgrader's command; the button: see below


def test_the_doctor_says_so_where_a_course_is_open(first_edition, capsys, monkeypatch):
    monkeypatch.setattr(doctor_course, "WAYS", WAYS[:1])
    monkeypatch.setattr(doctor_course, "environments", lambda: [ENVIRONMENT])
    assert cli.main(["--course", str(first_edition.root), "doctor"]) == 1
    said = capsys.readouterr().out
    assert "✗ without autograder: `nbgrader autograde` RAN A STUDENT'S CODE" in said
    assert "formgrader's button RAN A STUDENT'S CODE" in said
    assert "is NOT closed: `autograder --course" in said


def test_a_trial_that_runs_nothing_proves_nothing(course, capsys, monkeypatch):
    monkeypatch.setattr(doctor_course, "_seen_to_run", lambda *_: False)
    monkeypatch.setattr(doctor_course, "environments", lambda: [ENVIRONMENT])
    assert cli.main(["doctor", "--course", str(course.root)]) == 2
    assert "nothing can be said" in capsys.readouterr().err


def test_either_line_holds_by_itself(course, tmp_path):
    def stock_kernels(root):  # the settings alone
        settings = {name: (root / name).read_text() for name in (SETTINGS, STEPS_FILE)}
        as_first_edition(root)
        for name, text in settings.items():
            (root / name).write_text(text)

    def stock_steps(root):  # the kernels alone
        for name in (SETTINGS, STEPS_FILE):
            (root / name).write_text("" if name == SETTINGS else "{}")

    for spoil in (stock_kernels, stock_steps):
        way = dataclasses.replace(WAYS[0], spoil=spoil)
        assert list(tried(course, LESSON, way, tmp_path, python())) == []


def test_settings_that_take_the_steps_out_again_do_not(course):
    stock = "\nc.Autograde.autograde_preprocessors = ['nbgrader.preprocessors.Execute']\n"
    with (course.root / SETTINGS).open("a") as settings:
        settings.write(stock)
    assert course.config().Autograde.autograde_preprocessors[0].endswith("plugins.Judge")


def test_generating_again_leaves_both_lines_in_place(course, tmp_path):
    config = course.config()
    api = NbGraderAPI(CourseDirectory(config=config), config=config)
    done = api.generate_assignment(LESSON)  # what formgrader's button does
    assert done["success"], done
    assert kernels(course) == [NOBODYS_KERNEL, NOBODYS_KERNEL, STUDENTS_KERNEL]
    for way in (WAYS[0], WAYS[2]):
        assert list(tried(course, LESSON, way, tmp_path, python())) == []
    assert api.autograde(LESSON, "ada")["success"]  # and with everything there it grades


# ── a course of the first edition ───────────────────────────────────────────


def test_grade_mends_a_first_edition_course_and_says_so_once(first_edition, capsys):
    course = first_edition
    assert cli.main(["grade", "--course", str(course.root), "--workers", "1"]) == 0
    said = capsys.readouterr().out
    for part in ("nbgrader_config.json names", "nbgrader_config.py imports nothing", "is kept in"):
        assert part in said
    assert kernels(course) == [NOBODYS_KERNEL, NOBODYS_KERNEL, STUDENTS_KERNEL]
    assert "from autograder" not in (course.root / SETTINGS).read_text()
    assert (course.root / f"{SETTINGS}.first-edition").read_text() == doctor_course.FIRST_EDITION
    assert cli.main(["grade", "--course", str(course.root), "--workers", "1"]) == 0
    assert "(unchanged)\n" in (said := capsys.readouterr().out)
    assert "autograder:" not in said


def test_mending_is_no_reason_to_grade_again(first_edition):
    recorder.grade(first_edition, [LESSON], workers=1)
    assert mend(first_edition)
    assert [r.status for r in recorder.grade(first_edition, [LESSON], workers=1)] == ["unchanged"]


def test_an_unmended_first_edition_course_grades_the_same(course):
    (before,) = recorder.grade(course, [LESSON], workers=1)
    as_first_edition(course.root)
    course.forget_settings()
    (now,) = recorder.grade(course, [LESSON], workers=1, force=True)
    assert now.score == pytest.approx(before.score)
    config = course.config()
    api = NbGraderAPI(CourseDirectory(config=config), config=config)
    assert api.autograde(LESSON, "ada")["success"]
    with Gradebook(course.db_url) as gradebook:
        assert gradebook.find_submission(LESSON, "ada").score == pytest.approx(before.score)
    assert api.generate_feedback(LESSON, "ada")["success"]


def test_mending_keeps_the_instructors_own_settings(course):
    own = {"Exchange": {"root": "/srv"}, "Autograde": {"create_student": False}}
    (course.root / STEPS_FILE).write_text(json.dumps(own))
    assert mend(course) == [f"{STEPS_FILE} names the steps that keep grading in the sandbox"]
    now = json.loads((course.root / STEPS_FILE).read_text())
    assert now["Exchange"] == own["Exchange"]
    assert now["Autograde"] == {**own["Autograde"], **STEPS["Autograde"]}
    assert mend(course) == []


def test_a_damaged_steps_file_is_written_again_and_kept(course):
    (course.root / STEPS_FILE).write_text("{")
    (said,) = mend(course)
    assert said.endswith(f"could not be read, and is now {STEPS_FILE}.broken")
    assert json.loads((course.root / STEPS_FILE).read_text()) == STEPS


# ── the gradebook is copied before grades may be rewritten ──────────────────


def test_the_last_five_copies_of_the_gradebook_are_kept(course):
    copies = [keep_gradebook(course)[0].removeprefix("the gradebook as it was is kept in ")]
    for _ in range(COPIES):
        copies += [keep_gradebook(course)[0].removeprefix("the gradebook as it was is kept in ")]
    there = sorted(str(p) for p in course.root.glob("gradebook.db.*"))
    assert there == copies[1:]
    with Gradebook(f"sqlite:///{there[-1]}") as gradebook:
        assert gradebook.find_notebook(LESSON, LESSON)


def test_releasing_a_course_in_use_copies_its_gradebook(course, capsys, monkeypatch):
    monkeypatch.setattr("autograder.releasing.build.release", lambda course, lessons: [])
    for used in (False, True):
        if used:
            recorder.grade(course, [LESSON], workers=1)
        assert cli.main(["release", "--course", str(course.root)]) == 0
        assert ("is kept in" in capsys.readouterr().out) is used


def test_nothing_is_graded_again_when_the_gradebook_cannot_be_copied(course, capsys, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("autograder.database.Path.replace", full)
    assert cli.main(["grade", "--course", str(course.root), "--force"]) == 2
    said = capsys.readouterr().err
    assert "cannot be copied ([Errno 28] No space left on device), so nothing was changed" in said
    assert not list(course.root.glob("*gradebook.db.*"))


# ── the environments ────────────────────────────────────────────────────────

ENVIRONMENT = Environment(python(), ["this command"], "0.9.6", "1", "1")


def test_what_an_environment_lacks_is_said():
    def said(**lacks):
        uses = ["Jupyter's server", "the kernel python3"]
        return described(dataclasses.replace(ENVIRONMENT, uses=uses, python="python", **lacks))

    assert said() == (
        "Jupyter's server, the kernel python3: python (nbgrader 0.9.6, autograder 1, cnnlab 1)"
    )
    assert "grading there is refused until autograder is installed" in said(autograder="")
    assert "cannot be opened with this kernel" in said(cnnlab="")


def test_the_interpreter_of_a_command_is_found_in_its_first_lines(tmp_path):
    script = tmp_path / "nbgrader"
    for first in (f"#!{python()}", f"#!/bin/sh\n'''exec' \"{python()}\" \"$0\" \"$@\"\n' '''"):
        script.write_text(f"{first}\n")
        assert interpreter(script) == python()
    script.write_text("no script")
    assert interpreter(script) is None
