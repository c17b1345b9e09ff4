"""A seventh lesson, not on convolution: three places are written, and everything finds it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.course import ROOT
from autograder.releasing.new_lesson import NewLessonError, new_lesson
from autograder.tests.support.seventh_lesson import EXERCISES, LESSON, extend

pytestmark = pytest.mark.xdist_group("new lesson")

CHECKED = "test_exercises test_declarations test_notebook_lint test_lecture_map"
"""What holds for every lesson and is quickly seen."""

RUN = "test_grading test_notebooks test_widgets test_build"
"""What needs sandboxes and kernels."""

CHOSEN = (
    f"{LESSON} or lecture_map or every_lesson or order_of_their or give_no_solution "
    "or exactly_what_solutions_gives"
)

DEMO = f"""
import functools
from autograder.bench import bench
from autograder.demo import demo
from autograder.releasing import build

assert build.lesson_names()[-1] == {LESSON!r}
demo.lesson_names = lambda: [{LESSON!r}]
demo.release = functools.partial(build.release, lessons=[{LESSON!r}])
bench.PARTS = {{"grading": print}}
bench.main(["grading", {LESSON!r}])
raise SystemExit(demo.demo())
"""


def git(*arguments: str, folder: Path = ROOT) -> list[str]:
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout.split("\0")[:-1]


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the repository, with the skeleton of a seventh lesson in it."""
    there = tmp_path_factory.mktemp("seventh") / "repository"
    for name in git("ls-files", "-z", "--cached", "--others", "--exclude-standard"):
        if (ROOT / name).is_file():
            (there / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, there / name)
    before = files(there)
    run(there, "-m", "autograder", "new-lesson", LESSON)
    new = {path.as_posix() for path in files(there) - before}
    folder = f"notebooks/cnnlab/lesson_{LESSON}/"
    inside = {name for name in new if name.startswith(folder)}
    assert {name.removeprefix(folder) for name in inside} == {
        *("__init__.py", "lecture.py", "figures.py", "example_sorting.py"),
    }
    solution, right = sorted(new - inside, reverse=True)
    assert solution == f"solutions/{LESSON}.md" and right.endswith("right_answers/lesson_07.py")
    return there


def files(folder: Path) -> set[Path]:
    found = {p.relative_to(folder) for p in folder.rglob("*") if p.is_file()}
    return {p for p in found if not {"__pycache__", ".git"} & set(p.parts)}


def run(folder: Path, *arguments: str) -> str:
    """Run Python in the copy, with the copy's packages; what it says. It must succeed."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(folder), str(folder / "notebooks")]),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    environment.pop("PYTEST_XDIST_WORKER", None)
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-6000:]
    return said


def pytest_in(folder: Path, names: str) -> str:
    paths = [str(next(folder.rglob(f"{name}.py"))) for name in names.split()]
    return run(folder, "-m", "pytest", "-p", "no:cacheprovider", "-n", "0", *paths, "-k", CHOSEN)


def release(folder: Path, course: Path) -> None:
    """Release all lessons; nothing but the new notebook may be another one than before."""
    built = sorted(p for p in (folder / "notebooks").glob("*/*.ipynb") if p.stem != LESSON)
    before = [path.read_bytes() for path in built]
    run(folder, "-m", "autograder", "--course", str(course), "release")
    assert (folder / f"notebooks/{LESSON}/{LESSON}.ipynb").is_file()
    assert [path.read_bytes() for path in built] == before


@pytest.mark.slow
def test_the_skeleton_is_released_at_once_and_passes_what_is_checked_of_every_lesson(
    copy, tmp_path
):
    release(copy, tmp_path / "course")
    assert "1 exercises: 5 known mistakes, all rejected and named" in pytest_in(copy, CHECKED)
    new = [str(copy / f"notebooks/cnnlab/lesson_{LESSON}"), str(next(copy.rglob("lesson_07.py")))]
    run(copy, "-m", "ruff", "check", *new)
    run(copy, "-m", "ruff", "format", "--check", *new)


@pytest.mark.slow
def test_a_lesson_of_three_exercises_is_checked_released_graded_and_shown_like_any_other(
    copy, tmp_path
):
    extend(copy)
    release(copy, tmp_path / "course")
    said = pytest_in(copy, CHECKED)
    assert "3 exercises: 15 known mistakes, all rejected and named; 9 right answers" in said
    said = pytest_in(copy, RUN)
    assert "6 passed" in said, said  # graded, run twice, moved, and built as it is committed
    said = run(copy, "-c", DEMO)
    assert f"['{LESSON}']" in said  # the bench
    for name in EXERCISES:
        assert name in said


@pytest.mark.parametrize(
    "name", ["recurrent", "7_recurrent", "07-recurrent", "07_Recurrent", "07_", "../07_x", "07_a b"]
)
def test_a_name_that_does_not_fit_is_answered_with_one_that_does(name, tmp_path):
    with pytest.raises(NewLessonError, match=r"cannot be the name of a lesson: .* 07_recurrent"):
        new_lesson(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_not_written_over(tmp_path):
    (tmp_path / "autograder/tests/right_answers").mkdir(parents=True)
    with pytest.raises(NewLessonError, match=r"there is a lesson 03 already, 03_conv2d"):
        new_lesson("03_recurrent", tmp_path)
    new_lesson("07_recurrent", tmp_path)
    before = files(tmp_path)
    with pytest.raises(NewLessonError, match=r"a lesson 07 already, 07_recurrent"):
        new_lesson("07_recurrent", tmp_path)
    (tmp_path / "solutions/07_recurrent.md").unlink()
    with pytest.raises(NewLessonError, match=r"is there already, and is not written over"):
        new_lesson("07_recurrent", tmp_path)
    assert files(tmp_path) == before - {Path("solutions/07_recurrent.md")}
