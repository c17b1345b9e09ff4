"""A course with one small lesson and no submissions, made once and copied for each test."""

import shutil

import pytest

from autograder.course import Course
from autograder.releasing.build import release
from autograder.tests.support import small_lesson


@pytest.fixture(scope="session")
def _released(tmp_path_factory):
    folder = tmp_path_factory.mktemp("released")
    small_lesson.write(folder / "s")
    release(Course(folder / "c"), solutions=folder / "s", notebooks=folder / "n")
    return folder / "c"


@pytest.fixture
def small_course(_released, tmp_path):
    """A course of one's own with the small lesson, to which nobody has handed in anything."""
    shutil.copytree(_released, tmp_path / "course")
    return Course(tmp_path / "course")
