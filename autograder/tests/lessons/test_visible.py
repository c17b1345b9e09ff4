"""The visible cases are data: the same with every build of NumPy, and in the students' package."""

from __future__ import annotations

import subprocess
import sys
import zipfile

import numpy as np
import pytest
from cnnlab.engine.exercise import EXERCISES
from cnnlab.engine.kept import FILE, Given, Recording

from autograder.course import ROOT
from autograder.releasing.visible import drawn


def test_what_is_kept_is_what_the_declarations_draw():
    """Else ``python -m autograder.releasing.visible`` has to draw them anew."""
    for file, arrays in drawn().items():
        assert file.exists(), f"{file.parent.name}: keep its cases"
        with np.load(file, allow_pickle=False) as kept:
            assert sorted(kept) == sorted(arrays), file
            for name in kept:
                assert kept[name].dtype == arrays[name].dtype, name
                np.testing.assert_array_equal(kept[name], arrays[name], err_msg=name)


def test_no_generator_is_asked_for_the_visible_cases(monkeypatch):
    def asked(*args):
        raise AssertionError("a generator was asked")

    before = {name: repr(exercise.draw(0)) for name, exercise in EXERCISES.items()}
    monkeypatch.setattr(np.random, "default_rng", asked)
    assert {name: repr(exercise.draw(0)) for name, exercise in EXERCISES.items()} == before
    with pytest.raises(AssertionError, match="a generator was asked"):
        EXERCISES["conv1d"].draw(1)


def test_what_is_given_again_is_of_the_same_type_and_may_be_changed():
    generator = Recording(5)

    def some(rng):
        numbers = rng.normal(size=(2, 3))
        words = rng.choice(["a", "bc"]), rng.random(), rng.integers(9), rng.permutation(4)
        return numbers, rng.random((2, 2), dtype=np.float32), *words

    first = some(generator)
    arrays = generator.as_arrays("x")
    second = some(Given("x", arrays))
    assert [type(value) for value in first] == [type(value) for value in second]
    assert repr(first) == repr(second)
    second[0][:] = 0
    assert repr(some(Given("x", arrays))) == repr(first)


def test_the_package_carries_them(tmp_path):
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT / "notebooks", check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    inside = zipfile.ZipFile(wheel).namelist()
    lessons = {exercise.lesson for exercise in EXERCISES.values()}
    assert {f"cnnlab/lesson_{lesson}/{FILE}" for lesson in lessons} <= set(inside)
