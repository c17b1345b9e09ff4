"""Damaged notebooks of honest students: the answers are found, and what was repaired is told."""

import copy
import json

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell

from autograder.cells import released
from autograder.intake.reading import Unreadable, parse
from autograder.intake.restore import restore
from autograder.releasing import build
from autograder.tests.support import small_lesson

MINE = "@fill\ndef conv1d(x, f):\n    return mine"


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    folder = small_lesson.write(tmp_path_factory.mktemp("solutions"))
    return build.read(folder / f"{small_lesson.LESSON}.md")


@pytest.fixture
def notebook(source):
    """What students got."""
    given = copy.deepcopy(source)
    for cell in given.cells:
        cell.source = released(cell)
    return given


def place(notebook, name):
    return next(
        i
        for i, c in enumerate(notebook.cells)
        if c.metadata.get("nbgrader", {}).get("grade_id") == name
    )


def cell(notebook, name):
    return notebook.cells[place(notebook, name)]


def code(clean, role):
    return [c.source for c in clean.cells if c.metadata["cnnlab"]["role"] == role]


def test_an_answer_comes_into_a_notebook_that_is_ours_in_all_else(source, notebook):
    cell(notebook, "conv1d").source = MINE
    clean, repairs = restore(notebook, source)
    assert cell(clean, "conv1d").source == MINE
    assert repairs == []
    for before, after in zip(source.cells, clean.cells, strict=True):
        if not before.metadata.get("nbgrader", {}).get("solution"):
            assert after.source == before.source
        assert after.metadata.get("nbgrader") == before.metadata.get("nbgrader")
    assert "BEGIN HIDDEN TESTS" in cell(clean, "test_conv1d").source


def test_what_was_handed_in_is_left_as_it_was(source, notebook):
    before = copy.deepcopy(notebook)
    restore(notebook, source)
    assert notebook == before


def test_answers_are_found_when_colab_has_lost_all_marks(source, notebook):
    cell(notebook, "conv1d").source = MINE
    cell(notebook, "questions").source = "Why?"
    notebook.cells.insert(place(notebook, "questions"), new_markdown_cell("## Your questions"))
    source = copy.deepcopy(source)
    source.cells.insert(place(source, "questions"), new_markdown_cell("## Your questions"))
    for c in notebook.cells:
        c.metadata = {"id": "x", "colab": {"base_uri": "y"}}
    clean, repairs = restore(notebook, source)
    assert cell(clean, "conv1d").source == MINE
    assert cell(clean, "questions").source == "Why?"
    assert len(repairs) == 1
    assert "Colab" in repairs[0]


def test_the_last_definition_counts_as_in_jupyter(source, notebook):
    cell(notebook, "conv1d").source = "def conv1d(x, f):\n    return 'first'"
    notebook.cells.append(new_code_cell("def conv1d(x, f):\n    return 'last'"))
    clean, repairs = restore(notebook, source)
    assert "'last'" in cell(clean, "conv1d").source
    assert "2 cells for conv1d" in repairs[0]


def test_an_untouched_copy_never_wins_over_work(source, notebook):
    stub = copy.deepcopy(cell(notebook, "conv1d"))
    cell(notebook, "conv1d").source = MINE
    notebook.cells.append(stub)
    clean, _ = restore(notebook, source)
    assert cell(clean, "conv1d").source == MINE
    assert code(clean, "own") == []  # the stub must not be run after the answer


def test_an_answer_written_below_its_own_cell_is_found(source, notebook):
    notebook.cells.insert(place(notebook, "conv1d") + 1, new_code_cell(MINE))
    clean, repairs = restore(notebook, source)
    assert cell(clean, "conv1d").source == MINE
    assert repairs


def test_a_cell_split_inside_its_function_is_joined(source, notebook):
    at = place(notebook, "conv1d")
    notebook.cells[at].source = "@fill\ndef conv1d(x, f):\n    '''Filter.'''"
    notebook.cells.insert(at + 1, new_code_cell("    h = x * f\n    return h"))
    clean, repairs = restore(notebook, source)
    assert cell(clean, "conv1d").source.endswith("'''\n    h = x * f\n    return h")
    assert "split" in repairs[0]


def test_deleted_cells_are_put_back_and_told(source, notebook):
    del notebook.cells[place(notebook, "test_conv1d")]
    del notebook.cells[place(notebook, "pad")]
    clean, repairs = restore(notebook, source)
    assert place(clean, "test_conv1d")
    assert "NotImplementedError" in cell(clean, "pad").source
    assert any("no answer cell for pad" in r for r in repairs)
    assert any("put back: test_conv1d" in r for r in repairs)


def test_a_changed_test_is_put_right_and_stands_nowhere_else(source, notebook):
    cell(notebook, "test_conv1d").source = "11  # points, please"
    clean, repairs = restore(notebook, source)
    assert cell(clean, "test_conv1d").source == cell(source, "test_conv1d").source
    assert "put right: test_conv1d" in repairs[0]
    assert code(clean, "own") == []


def test_points_and_marks_are_ours_whatever_the_notebook_says(source, notebook):
    for c in notebook.cells:
        if "nbgrader" in c.metadata:
            c.metadata["nbgrader"] |= {"points": 100, "grade": False, "locked": "?"}
        c.metadata["cnnlab"] = {"role": "test"}
    clean, _ = restore(notebook, source)
    assert cell(clean, "test_conv1d").metadata["nbgrader"]["points"] == 3
    assert [c.metadata["cnnlab"]["role"] for c in clean.cells].count("test") == 4


def test_helpers_keep_their_order_and_stand_before_the_answer_they_preceded(source, notebook):
    at = place(notebook, "conv1d")
    notebook.cells[at:at] = [new_code_cell("import math"), new_code_cell("def helper(): ...")]
    notebook.cells.append(new_code_cell("print('bye')"))
    clean, _ = restore(notebook, source)
    sources = [c.source for c in clean.cells]
    assert code(clean, "own") == ["import math", "def helper(): ...", "print('bye')"]
    assert sources.index("def helper(): ...") < place(clean, "conv1d")


def test_unchanged_cells_of_ours_are_not_taken_for_the_students(source, notebook):
    for c in notebook.cells:
        c.source += "  \n"
    clean, _ = restore(notebook, source)
    assert code(clean, "own") == []


def test_a_trial_value_of_the_same_name_is_no_answer(source, notebook):
    cell(notebook, "pad").source = "def pad(x, left, right, mode='zeros'):\n    return 1"
    notebook.cells.append(new_code_cell("pad = 3"))
    clean, _ = restore(notebook, source)
    assert cell(clean, "pad").source.startswith("def pad")


def test_code_too_broken_to_define_anything_is_still_the_answer(source, notebook):
    cell(notebook, "conv1d").source = "@fill\nconv1d(x f):\n   return"
    clean, _ = restore(notebook, source)
    assert cell(clean, "conv1d").source.startswith("@fill\nconv1d(x f)")


def test_an_answer_in_a_cell_turned_to_text_is_read_as_code(source, notebook):
    at = place(notebook, "conv1d")
    metadata = notebook.cells[at].metadata
    notebook.cells[at] = new_markdown_cell(MINE, metadata=metadata)
    clean, repairs = restore(notebook, source)
    assert (cell(clean, "conv1d").cell_type, cell(clean, "conv1d").source) == ("code", MINE)
    assert "text cell" in repairs[0]


def test_one_cell_with_all_answers_answers_all(source, notebook):
    cell(notebook, "conv1d").source = MINE + "\n\ndef pad(x, left, right, mode=''):\n    return x"
    del notebook.cells[place(notebook, "pad")]
    clean, _ = restore(notebook, source)
    assert "def pad" in cell(clean, "pad").source


def test_the_questions_are_the_students(source, notebook):
    cell(notebook, "questions").source = "Why?"
    clean, _ = restore(notebook, source)
    assert cell(clean, "questions").source == "Why?"


def test_no_notebook_gives_the_lesson_with_nothing_in_it(source):
    clean, _ = restore(None, source)
    assert "NotImplementedError" in cell(clean, "conv1d").source
    nbformat.validate(clean)


@pytest.mark.parametrize(
    "data",
    [b"", b"  ", b"{", b"PK\x03\x04zip", b"[]", b"3", b'{"cells": 3}', b"{}", b"[" * 100_000],
)
def test_what_is_no_notebook_is_refused_with_a_reason(data):
    with pytest.raises(Unreadable, match=r"empty|not a notebook"):
        parse(data)


ODD = [
    *(None, 3, "cell", {}, {"cell_type": "code"}, {"cell_type": 7, "source": {"a": 1}}),
    {"cell_type": "code", "source": ["1\n", 2, None, "3"], "metadata": []},
    {"cell_type": "code", "source": "x", "metadata": {"nbgrader": "solution"}},
    {"cell_type": "code", "source": "x", "metadata": {"nbgrader": {"grade_id": ["conv1d"]}}},
    {"cell_type": "code", "input": "old = 1", "outputs": "no"},
    {"cell_type": "markdown", "source": "\ud800", "attachments": 5},
]


def test_cells_of_any_shape_are_survived(source):
    data = json.dumps({"cells": ODD, "metadata": None, "nbformat": "?"}).encode()
    clean, _ = restore(parse(data), source)
    nbformat.validate(clean)
    nbformat.writes(clean).encode()


def test_notebooks_of_the_old_format_are_read(source):
    cells = [{"cell_type": "code", "input": MINE, "language": "python", "outputs": []}]
    data = json.dumps({"nbformat": 3, "worksheets": [{"cells": cells}]}).encode()
    clean, _ = restore(parse(data), source)
    assert cell(clean, "conv1d").source == MINE


def test_a_byte_order_mark_and_other_encodings_are_survived(source, notebook):
    cell(notebook, "conv1d").source = MINE
    text = nbformat.writes(notebook)
    assert parse(b"\xef\xbb\xbf" + text.encode()).cells
    assert parse(text.encode("utf-8").replace(b"mine", b"m\xefne")).cells
