"""The command line: what it accepts, what it says, and that mistakes get one sentence."""

import json
import re
import subprocess
import sys
import types

import pytest

from autograder import cli
from autograder.cli.grading import summary
from autograder.tests.support import small_lesson
from autograder.tests.support.small_lesson import LESSON


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course made by the command itself, from the small lesson."""
    folder = tmp_path_factory.mktemp("cli")
    small_lesson.write(folder / "solutions")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("autograder.releasing.build.SOLUTIONS", folder / "solutions")
        patch.setattr("autograder.releasing.build.release.__kwdefaults__", {
            "solutions": folder / "solutions", "notebooks": folder / "notebooks"
        })  # fmt: skip
        assert cli.main(["--course", str(folder / "course"), "release", LESSON]) == 0
    return folder / "course"


def run(capsys, *arguments):
    """Run a command; gives (exit status, stdout, stderr)."""
    status = cli.main([str(a) for a in arguments])
    return status, *capsys.readouterr()


def test_release_makes_the_course_and_says_what_it_released(course):
    assert (course / "source" / LESSON / f"{LESSON}.ipynb").is_file()
    assert (course / "gradebook.db").is_file()


def test_help_is_quick_because_it_imports_nothing_heavy():
    code = (
        "import sys; from autograder import cli\n"
        "try: cli.main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'numpy', 'nbgrader', 'jupytext'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    for command in ("release", "collect", "grade", "feedback", "publish", "demo"):
        assert command in ran.stdout


def test_the_module_is_the_command():
    ran = subprocess.run(
        [sys.executable, "-m", "autograder", "--help"], capture_output=True, text=True, check=True
    )
    assert ran.stdout.startswith("usage: autograder")


def test_an_unknown_lesson_is_answered_with_those_there_are(course, capsys):
    for command in ("grade", "feedback"):
        status, _, said = run(capsys, "--course", course, command, "01_roling_average")
        assert status == 2
        assert f"no lesson '01_roling_average' in {course}: it has {LESSON}" in said
        assert said.count("\n") == 1


def test_a_student_who_handed_in_nothing_is_answered_with_those_who_did(course, capsys):
    (course / "submitted/bob" / LESSON).mkdir(parents=True)
    status, _, said = run(capsys, "--course", course, "grade", "--student", "bobb")
    assert status == 2
    assert said.startswith(f"autograder: 'bobb' handed in nothing of {LESSON}; these did: ")
    assert "bob." in said or "bob," in said


def test_a_course_that_is_not_there_is_explained(tmp_path, capsys):
    status, _, said = run(capsys, "--course", tmp_path / "c", "grade", LESSON)
    assert status == 2
    assert "`autograder release` adds" in said
    assert not (tmp_path / "c").exists()


def test_collect_says_what_it_took_and_what_not(course, tmp_path, capsys):
    (tmp_path / "ada.ipynb").write_text(json.dumps({"cells": []}))
    (tmp_path / "notes.txt").touch()
    arguments = ("--course", course, "collect", tmp_path, "--assignment", LESSON)
    status, said, _ = run(capsys, *arguments)
    assert status == 0  # nothing waits for anybody
    assert re.search(r"taken      ada .* ada\.ipynb  sha256", said)
    assert "left       notes.txt: not a notebook\n" in said
    assert "1 taken, 0 unchanged, 0 replaced, 1 left, 0 set aside" in said


def test_collect_from_nowhere_is_explained(course, capsys):
    status, _, said = run(capsys, "--course", course, "collect", "nowhere", "--assignment", LESSON)
    assert (status, said) == (
        2,
        "autograder: there is nothing at nowhere; name a notebook, a folder or a zip.\n",
    )


def test_grade_passes_on_what_was_asked_for(course, capsys, monkeypatch):
    (course / "submitted/eve" / LESSON).mkdir(parents=True)
    asked = {}

    def grade(course, lessons, told, **options):
        asked.update(options, l=lessons)
        told("ok")
        return [types.SimpleNamespace(status="graded", otherwise=())]

    monkeypatch.setattr("autograder.recording.grade.grade", grade)
    options = ("--student", "eve", "--workers", "2", "--seed", "4711", "--force")
    status, said, _ = run(capsys, "--course", course, "grade", *options)
    assert status == 0
    kept, done = said.split("\n", 1)
    assert "the gradebook as it was is kept in" in kept  # for --force may rewrite grades
    assert re.fullmatch(
        r"ok\n1 graded, 0 unchanged, 0 not graded, in .* per submission\n0 answers judged .*\n",
        done,
    )
    assert callable(asked.pop("looked"))
    assert asked == {
        "l": [LESSON],
        "student": "eve",
        "seed": 4711,
        "workers": 2,
        "force": True,
        "unsafe_local": False,
        "scheduler": None,
    }


def test_the_summary_counts_what_was_not_graded():
    said = summary(["graded", "no notebook", "unchanged", "fault"], 3.0)
    assert said.startswith("2 graded, 1 unchanged, 1 not graded, in 3.0 s: 1.50 s per submission\n")
    assert "Grade again" in said
    assert "per submission" not in summary(["unchanged"], 1.0)


@pytest.mark.parametrize("number", ["0", "-1", "two"])
def test_workers_are_a_whole_number_from_one(number, capsys):
    with pytest.raises(SystemExit):
        cli.main(["grade", f"--workers={number}"])
    assert "expected a whole number from 1" in capsys.readouterr().err


def test_publish_to_something_that_is_no_repository_is_explained(tmp_path, capsys):
    status, _, said = run(capsys, "publish", tmp_path / "p", "--repository", "ada")
    assert status == 2
    assert "give OWNER/NAME" in said


def test_a_bug_is_not_dressed_up_as_a_users_mistake(monkeypatch):
    def broken(*_):
        raise ValueError("a bug")

    monkeypatch.setattr("autograder.releasing.publish.publish", broken)
    with pytest.raises(ValueError, match="a bug"):
        cli.main(["publish", "x", "--repository", "a/b"])
