"""Which of several notebooks counts: the one that was worked on, the newer attempt; else none."""

import json

import pytest

from autograder.course import ROOT
from autograder.intake.collect import collect
from autograder.intake.which import attempt
from autograder.recording import grade as recorder
from autograder.tests.support.downloads import collected, handed_out, put, worked_on, zipped
from autograder.tests.support.small_lesson import LESSON

OTHER = "02_backprop_1d"


@pytest.fixture
def course(small_course):
    return small_course


def mine(course, lesson=LESSON):
    """A notebook that Ada has worked on."""
    return worked_on(course, "mine", lesson)


COPIES = [f"{LESSON}-Copy1.ipynb", f"{LESSON} (1).ipynb", "Untitled.ipynb"]


@pytest.mark.parametrize("kind", ["folder", "zip of the student's"])
@pytest.mark.parametrize("name", [*COPIES, f"old/{LESSON}.ipynb"])
def test_an_untouched_notebook_never_wins_over_one_that_was_worked_on(name, kind, course, tmp_path):
    files = {f"{LESSON}.ipynb": handed_out(course), name: mine(course)}
    if kind == "folder":
        put(tmp_path / "in/ada", files)
    else:
        (tmp_path / "in").mkdir()
        zipped(tmp_path / "in/ada.zip", files)
    result = collect(course, [tmp_path / "in"], LESSON)
    assert collected(course) == {"ada": mine(course)}
    assert [said.endswith(f"{LESSON}.ipynb: not worked on") for said in result.left] == [True]
    assert result.done


@pytest.mark.parametrize("name", COPIES)
def test_nor_does_it_where_the_exchange_brought_both(name, course):
    files = {f"{LESSON}.ipynb": handed_out(course), name: mine(course)}
    put(course.submitted("ada", LESSON), files)
    (result,) = recorder.grade(course, [LESSON], workers=1)
    assert f"{LESSON}.ipynb was left: not worked on." in result.notes
    assert "# mine" in (course.autograded("ada", LESSON) / f"{LESSON}.ipynb").read_text()


def test_an_untouched_notebook_that_comes_later_replaces_nothing(course, tmp_path):
    put(tmp_path / "one", {"ada/x.ipynb": mine(course)}, "2026-11-01 10:00")
    put(tmp_path / "two", {"ada/x.ipynb": handed_out(course)}, "2026-11-09 10:00")
    collect(course, [tmp_path / "one"], LESSON)
    result = collect(course, [tmp_path / "two"], LESSON)
    assert collected(course) == {"ada": mine(course)}
    assert "not worked on; to take it all the same, remove" in result.left[0]


def test_work_that_comes_later_replaces_an_untouched_notebook_whatever_their_times(
    course, tmp_path
):
    put(tmp_path / "one", {"ada/x.ipynb": handed_out(course)}, "2026-11-09 10:00")
    put(tmp_path / "two", {"ada/x.ipynb": mine(course)}, "2026-11-01 10:00")
    collect(course, [tmp_path / "one"], LESSON)
    collect(course, [tmp_path / "two"], LESSON)
    assert collected(course) == {"ada": mine(course)}


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("x.ipynb", "x-1.ipynb"),
        ("x.ipynb", "x-12.ipynb"),
        ("x.ipynb", "x (1).ipynb"),
        ("x(2).ipynb", "x(10).ipynb"),
        ("x.ipynb", "x-Copy1.ipynb"),
        ("x-Copy1.ipynb", "x-Copy2.ipynb"),
    ],
)
def test_of_two_that_were_worked_on_the_newer_attempt_counts(older, newer, course, tmp_path):
    files = {f"ada/{older}": worked_on(course, "older"), f"ada/{newer}": mine(course)}
    result = collect(course, [put(tmp_path / "in", files)], LESSON)
    assert collected(course) == {"ada": mine(course)}
    assert result.left == [f"ada/{older}: older than ada/{newer}"]


def test_two_tasks_with_numbers_are_no_attempts_of_one(course, tmp_path):
    files = {f"ada/task-{i}.ipynb": worked_on(course, f"task {i}") for i in (1, 2)}
    assert (
        "2 different notebooks" in collect(course, [put(tmp_path / "in", files)], LESSON).refused[0]
    )


def test_canvas_numbers_attempts_of_files_that_it_has_named(course, tmp_path):
    files = {
        "lovelaceada_101_2002_x.ipynb": worked_on(course, "older"),
        "lovelaceada_101_2009_x-1.ipynb": mine(course),
    }
    collect(course, [zipped(tmp_path / "all.zip", files)], LESSON)
    assert collected(course) == {"lovelaceada_101": mine(course)}


def test_times_a_minute_and_more_apart_say_which_is_newer(course, tmp_path):
    put(tmp_path / "in", {"ada/one.ipynb": worked_on(course, "older")}, "2026-11-01 10:00")
    put(tmp_path / "in", {"ada/two.ipynb": mine(course)}, "2026-11-01 10:01")
    collect(course, [tmp_path / "in"], LESSON)
    assert collected(course) == {"ada": mine(course)}


@pytest.mark.parametrize("kind", ["collect", "the exchange"])
def test_where_nothing_says_which_is_newer_none_is_taken_and_nobody_loses_points(
    kind, course, tmp_path
):
    files = {"one.ipynb": worked_on(course, "one"), "two.ipynb": worked_on(course, "two")}
    if kind == "collect":
        result = collect(course, [put(tmp_path / "in/ada", files).parent], LESSON)
        assert collected(course) == {}
        assert not result.done
        said = result.refused[0]
    else:
        put(course.submitted("ada", LESSON), files)
        (result,) = recorder.grade(course, [LESSON], workers=1)
        assert result.status == "refused"
        said = str(result)
    assert "2 different notebooks" in said and "nothing says which is newer" in said


def test_a_copy_whose_time_is_older_than_the_original_is_not_guessed_to_be_newer(course, tmp_path):
    put(tmp_path / "in", {"ada/x-Copy1.ipynb": worked_on(course, "kept")}, "2026-11-01 10:00")
    put(tmp_path / "in", {"ada/x.ipynb": mine(course)}, "2026-11-02 10:00")
    assert "2 different notebooks" in collect(course, [tmp_path / "in"], LESSON).refused[0]


def test_a_notebook_of_something_else_does_not_stand_in_the_way(course, tmp_path):
    scratch = {"cells": [{"cell_type": "code", "source": "1 + 1", "metadata": {}}]}
    files = {"ada/scratch.ipynb": json.dumps(scratch), "ada/final.ipynb": mine(course)}
    result = collect(course, [put(tmp_path / "in", files)], LESSON)
    assert collected(course) == {"ada": mine(course)}
    assert result.left == ["ada/scratch.ipynb: nothing of this lesson in it"]


@pytest.mark.parametrize("marks", ["with its marks", "without, as in Colab"])
def test_another_lessons_notebook_is_said_to_be_that(marks, course, tmp_path):
    notebook = json.loads((ROOT / "notebooks" / OTHER / f"{OTHER}.ipynb").read_text())
    if marks != "with its marks":
        for cell in notebook["cells"]:
            cell["metadata"] = {}
    files = {"ada/x.ipynb": json.dumps(notebook), "bob/x.ipynb": mine(course)}
    result = collect(course, [put(tmp_path / "in", files)], LESSON)
    assert result.refused == [f"ada: this is the notebook of {OTHER}, not of {LESSON}"]
    assert list(collected(course)) == ["bob"]


def test_the_reason_for_no_points_names_another_lesson_too(course):
    notebook = (ROOT / "notebooks" / OTHER / f"{OTHER}.ipynb").read_text()
    put(course.submitted("ada", LESSON), {f"{LESSON}.ipynb": notebook})
    (result,) = recorder.grade(course, [LESSON], workers=1)
    assert any("This is the notebook of another lesson" in note for note in result.notes)
    assert not any("as in Colab" in note for note in result.notes)


@pytest.mark.parametrize(
    "junk",
    [
        f"._{LESSON}.ipynb",
        f".virtual_documents/{LESSON}.ipynb",
        f".ipynb_checkpoints/{LESSON}-checkpoint.ipynb",
        f"__MACOSX/ada/._{LESSON}.ipynb",
        ".Trash-0/files/x.ipynb",
        ".git/x.ipynb",
        "venv/share/x.ipynb",
        "node_modules/x.ipynb",
        "lib/python3/site-packages/x.ipynb",
    ],
)
@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_nobodys_files_are_no_notebooks(junk, kind, course, tmp_path):
    files = {f"ada/{LESSON}.ipynb": mine(course), f"ada/{junk}": worked_on(course, "junk")}
    source = put(tmp_path / "in", files)
    if kind == "zip":
        source = zipped(tmp_path / "all.zip", files)
    result = collect(course, [source], LESSON)
    assert (collected(course), result.left) == ({"ada": mine(course)}, [])


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_a_virtual_environment_is_known_whatever_it_is_called(kind, course, tmp_path):
    files = {
        f"ada/{LESSON}.ipynb": mine(course),
        "ada/cnn/pyvenv.cfg": "",
        "ada/cnn/share/x.ipynb": worked_on(course, "junk"),
    }
    source = put(tmp_path / "in", files)
    if kind == "zip":
        source = zipped(tmp_path / "all.zip", files)
    assert collect(course, [source], LESSON).left == []
    assert collected(course) == {"ada": mine(course)}


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_a_students_many_files_stop_nobody_and_are_one_line(kind, course, tmp_path):
    files = {f"ada/data/{i}.bin": "" for i in range(21_000)}
    files |= {f"{who}/x.ipynb": mine(course) for who in ("ada", "bob")}
    source = put(tmp_path / "in", files) if kind == "folder" else zipped(tmp_path / "z.zip", files)
    result = collect(course, [source], LESSON)
    assert set(collected(course)) == {"ada", "bob"}
    assert len(result.left) == 1 and "and 20999 more files: not a notebook" in result.left[0]


def test_a_line_that_an_output_repeats_is_no_zip_bomb(course, tmp_path):
    notebook = json.loads(mine(course))
    notebook["metadata"]["said"] = "epoch 1 loss 0.000\n" * 400_000
    source = zipped(tmp_path / "all.zip", {"ada/x.ipynb": json.dumps(notebook)})
    assert collect(course, [source], LESSON).done
    assert set(collected(course)) == {"ada"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("x.ipynb", ("x", 0, "", 0)),
        ("x-Copy3.ipynb", ("x", 0, "copy", 3)),
        ("x-2.ipynb", ("x-2", 0, "", 0)),
        ("x (4).ipynb", ("x", 0, "web", 4)),
        ("adal_101_2002_x-1.ipynb", ("x", 1, "", 0)),
        ("adal_101_2002_x (2)-1.ipynb", ("x", 1, "web", 2)),
        ("x-2026.ipynb", ("x-2026", 0, "", 0)),
    ],
)
def test_what_is_put_behind_a_name_says_which_attempt_it_is(name, expected):
    assert attempt(name) == expected
