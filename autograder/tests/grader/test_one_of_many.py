"""What one student hands in never costs another a page, and what cannot be written is told."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from cnnlab.engine.comparing import difference
from cnnlab.engine.picturing import compared, own_work
from cnnlab.lesson_05_pytorch_tour.make_dataloader import _judge_loader
from cnnlab.lesson_06_text_cnn.textcnn.judges import drops_out, phrase_may_move
from cnnlab.lesson_06_text_cnn.wordcnn.judges import _follows, zeros_change_nothing

from autograder import cli
from autograder.pages import feedback as pages
from autograder.recording.grade import grade
from autograder.tests.support import small_lesson
from autograder.tests.support.large import grows_too_fast

LESSON = small_lesson.LESSON

LARGE = "@fill\ndef conv1d(x, f):\n    return np.full(len(x) - len(f) + 1, -1.7e308)"
LONG = "@fill\ndef conv1d(x, f):\n    return x" + "\n" * 90_000 + "# the end"


def test_a_long_answer_and_the_largest_numbers_get_their_pages(tmp_path, capsys):
    course = small_lesson.released_in(tmp_path)
    small_lesson.hand_in(course, "ada", {"conv1d": LARGE})
    small_lesson.hand_in(course, "bob", {"conv1d": LONG})
    grade(course, workers=1)
    assert cli.main(["--course", str(course.root), "feedback"]) == 0
    assert capsys.readouterr().out.count("wrote ") == 2


def test_a_page_that_cannot_be_written_is_told_and_stops_no_other(tmp_path, capsys, monkeypatch):
    course = small_lesson.released_in(tmp_path)
    for student in ("ada", "bob", "eve"):
        small_lesson.hand_in(course, student, solved=False)
    grade(course, workers=1)
    made = pages.page

    def page(notebook, about):
        assert about["student"] != "bob", "bob's page"
        return made(notebook, about)

    monkeypatch.setattr(pages, "page", page)
    assert cli.main(["--course", str(course.root), "feedback"]) == 1
    said = capsys.readouterr()
    assert said.out.count("wrote ") == 2
    assert f"feedback/bob/{LESSON}/{LESSON}.html could not be written" in said.err


@pytest.mark.parametrize("blank", ["\n", " \n", "\t\n", "'''\n", "x "])
def test_colouring_an_answer_is_linear(blank):
    def source(n):
        return f"x = 1\n{blank * n}y"

    assert not grows_too_fast(pages._code, source(4000), source(16_000))


def test_an_answer_is_coloured_and_of_a_too_long_one_the_beginning_is_shown():
    assert '<span class="k">' in pages._code("def f(): return 1")
    long = pages._code("<b>" * 10_000)
    assert "&lt;b&gt;" in long and "[… cut here]" in long and "<b>" not in long


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("size", [5e-324, 1e-310, 1.0, 1e38, 1e99, 1e101, 1e200, 1.7e308])
@pytest.mark.parametrize("shape", [(5,), (3, 3), (1, 1)])
def test_a_drawing_of_any_numbers_is_one_or_none(size, shape):
    target, yours = np.full(shape, size), np.full(shape, -size)
    drawn = [compared(target, yours, "alt"), own_work([("x", target)], yours, "alt")]
    assert [bool(d) for d in drawn] == [size <= 1e100] * 2


# ── shapes that NumPy and torch would stretch ───────────────────────────────


def test_what_would_be_stretched_is_another_shape():
    column, row = np.ones((100_000, 1)), np.ones(100_000)
    assert difference(row, column, 1e-8, 1e-8).kind == "shape"
    assert difference(torch.ones(9), torch.ones(9, 1), 1e-8, 1e-8).kind == "shape"


def test_judges_compare_what_has_one_shape():
    column, row = torch.ones(3, 1), torch.ones(3)
    assert "other logits" in phrase_may_move([row, column], 0, 0, {}, [])
    stretched = "in training mode the shape of the logits is another one."
    assert drops_out((row, row, column, column, *[None] * 4), 0, 0, 0, 0, dropout=0) == stretched
    more = (row, row, row, row + 1, row * 3, column * 3, None, None)
    assert drops_out(more, 0, 0, 0, 0, dropout=0.5) == stretched
    assert zeros_change_nothing((row, column, row, row, row), 0, 0, row, 0, row).startswith("zeros")
    wide, long = torch.ones(1, 9, 2), torch.ones(9, 1, 2)
    assert "the shape" in _follows(wide, long, torch.ones(1, 9, dtype=torch.bool))
    x, y = torch.ones(4, 3), torch.ones(4)
    batches = {"kind": "DataLoader", "epochs": [[(torch.ones(4, 4, 1, 1), y)]] * 2}
    assert "shape" in _judge_loader(batches, x, y, 4)
