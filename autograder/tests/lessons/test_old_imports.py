"""What notebooks and graders of the first edition import is there, by its old name."""

from __future__ import annotations

import subprocess
import sys

import cnnlab
import pytest
from cnnlab.engine import comparing, drawing, examine, exercise, refusing, shown, verdict
from cnnlab.lesson_01_rolling_average import lecture

# All that the setup cells of the first edition's notebooks import.
SETUP_CELLS = """
import cnnlab; cnnlab.start()
from cnnlab import check, fill, hint, progress, replay
from cnnlab import check, fill, hint, phrases, progress, replay, reviews
from cnnlab.data import covid_tests
from cnnlab.data import digits
from cnnlab.data import glove, movie_reviews, rated_snippets
from cnnlab.data import photograph
from cnnlab.evidence import show_evidence
from cnnlab.figures import LiveLoss
from cnnlab.figures import lesson_02 as figures; figures.window_matrix, figures.watch_training
from cnnlab.figures.lesson_01 import filters, impulse, series, slide_filter
from cnnlab.figures.lesson_03 import FILTERS, bank, by_torch, channels, example_window
from cnnlab.figures.lesson_03 import example_windows, gallery, learn, move_window, one_product
from cnnlab.figures.lesson_03 import parameters, pixels, plain_loops, race, seconds, words
from cnnlab.figures.lesson_03 import shift_both_ways, small_patches, stack
from cnnlab.figures.lesson_04 import by_hand, change_by_shift, first_filters, look_inside, mistakes
from cnnlab.figures.lesson_04 import move_digit, pool_digit, probabilities, routes, sizes_through
from cnnlab.figures.lesson_04 import shifted, some_digits, tensor_shapes, train, what_is_lost
from cnnlab.figures.lesson_05 import autograd_graph, batches, devices, forgotten_zero_grad, losses
from cnnlab.figures.lesson_05 import overfitting, predicted, race
from cnnlab.figures.lesson_06 import LiveTraining, ask, comparison, draw_batch, padding_wins
from cnnlab.figures.lesson_06 import word_map, words_as_rows
from cnnlab.lesson_01_rolling_average import AVERAGE, ENGINEERED
from cnnlab.lesson_04_pooling import LECTURE
from cnnlab.lesson_05_pytorch_tour import SlowDataset, seconds_per_epoch
"""

# What their other cells, and graders, use.
ELSEWHERE = """
import cnnlab.checking, cnnlab.exercise, cnnlab.report, cnnlab.draw, cnnlab.refusing
from cnnlab.checking import Known, Problem, Report, Result, TimeLimit, call, difference, examine
from cnnlab.checking import Forbidden, foreign, is_array, time_limit, to_numpy
from cnnlab.exercise import EXERCISES, Case, Exercise, Mistake, NotFilledIn, Outcome, case, fill
from cnnlab.report import HEADLINE, MARK, as_html, as_text, first_wrong, number, picture_html
from cnnlab.draw import frozen, sizes, strided
from cnnlab.refusing import AUTOGRAD, refusing
from cnnlab.descent import diagnose, mean_squared_error
from cnnlab.lesson_03_conv2d import EXAMPLE, EXAMPLE_FILTER, EXAMPLE_KNOWN, products, window
from cnnlab.lesson_04_pooling import LeNet
from cnnlab.lesson_06_text_cnn import PAD, UNK, TextCNN, WordCNN
from cnnlab.reviews import BASELINE, compare, full_table, make_batches, split, tokenize, train_cnn
cnnlab.exercise.EXERCISES, cnnlab.checking.examine, cnnlab.report.as_text
"""


@pytest.mark.parametrize("line", [*SETUP_CELLS.split("\n")[1:-1], *ELSEWHERE.split("\n")[1:-1]])
def test_an_old_import_works(line):
    exec(line, {"cnnlab": cnnlab})


def test_old_names_mean_the_same_objects():
    import cnnlab.checking
    import cnnlab.draw
    import cnnlab.exercise
    import cnnlab.refusing
    import cnnlab.report

    assert cnnlab.checking.examine is examine.examine
    assert cnnlab.checking.Report is verdict.Report
    assert cnnlab.checking.difference is comparing.difference
    assert cnnlab.exercise.EXERCISES is exercise.EXERCISES
    assert cnnlab.report.as_text is shown.as_text
    assert cnnlab.draw.sizes is drawing.sizes
    assert cnnlab.refusing.refusing is refusing.refusing
    assert cnnlab.lesson_01_rolling_average.AVERAGE is lecture.AVERAGE
    assert cnnlab.lesson_04_pooling.LeNet is cnnlab.LeNet


@pytest.mark.parametrize(
    "line", ["import cnnlab.nothing", "cnnlab.nothing", "from cnnlab.checking import nothing",
             "from cnnlab.lesson_04_pooling import nothing", "import checking"]
)  # fmt: skip
def test_a_name_that_never_was_is_still_an_error(line):
    with pytest.raises((ImportError, AttributeError)):
        exec(line, {"cnnlab": cnnlab})


def test_nothing_is_loaded_before_it_is_asked_for():
    code = (
        "import sys, cnnlab; print([m for m in sys.modules if 'ipywidgets' in m or "
        "'matplotlib' in m or m.endswith(('.figures', '.reviews', '.checking'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("module", ["cnnlab.reviews", "cnnlab.lesson_06_text_cnn.reviews"])
def test_the_full_table_can_be_asked_for_by_both_names(module):
    done = subprocess.run(
        [sys.executable, "-m", module, "--help"], check=True, capture_output=True, text=True
    )
    assert "--seeds" in done.stdout
    assert done.stderr == ""
