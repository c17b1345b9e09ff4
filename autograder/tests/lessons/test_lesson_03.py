"""What lesson 03 says is so: its worked example, its receptive fields, its learned filters."""

import cnnlab
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from cnnlab.data import photograph
from cnnlab.engine.case import Outcome
from cnnlab.engine.examine import examine
from cnnlab.engine.problems import problem_of
from cnnlab.lesson_03_conv2d import figures
from cnnlab.lesson_03_conv2d.conv2d_fast import seconds_of_a_product
from cnnlab.lesson_03_conv2d.lecture import EXAMPLE_KNOWN

from autograder.bench import bench


def test_the_lecture_gives_three_of_the_numbers_of_its_example():
    H = cnnlab.worked_example.reference()
    assert {place: H[place] for place in EXAMPLE_KNOWN} == {
        (0, 0): 16,
        (1, 2): 26,
        (3, 3): 5,
    }


def test_a_value_that_is_still_none_is_not_attempted():
    assert examine(cnnlab.worked_example, lambda: None).status == "not attempted"


def test_each_right_row_of_the_worked_example_counts():
    H = cnnlab.worked_example.reference()
    H[2, 1] += 1
    report = examine(cnnlab.worked_example, lambda: H)
    assert [bool(r.problem) for r in report.results] == [False, False, True, False]
    assert report.points == 1.5


@pytest.mark.filterwarnings("ignore:Using padding")  # that torch copies is no concern here
@pytest.mark.parametrize("size", [(3, 5), (4, 2), (1, 6)])
def test_windows_lie_as_in_torchs_padding_same(size):
    rng = np.random.default_rng(0)
    X, f = rng.normal(size=(7, 9)), rng.normal(size=size)
    same = F.conv2d(torch.tensor(X)[None, None], torch.tensor(f)[None, None], padding="same")
    assert np.allclose(cnnlab.conv2d.reference(X, f), same[0, 0])


@pytest.mark.parametrize("seed", range(5))
def test_the_receptive_field_is_what_gradients_reach(seed):
    rng = np.random.default_rng(seed)
    kernels, strides = rng.integers(1, 6, 3).tolist(), rng.integers(1, 4, 3).tolist()
    x = torch.zeros(1, 1, 400, requires_grad=True)
    h = x
    for K, S in zip(kernels, strides, strict=True):
        h = F.conv1d(h, torch.ones(1, 1, K), stride=S)
    h[0, 0, 2].backward()
    reached = torch.nonzero(x.grad[0, 0])
    assert cnnlab.receptive_field.reference(kernels, strides) == reached.max() - reached.min() + 1


COUNTED = [c for c in cnnlab.conv2d_fast.draw(1) if c.counted]


def test_the_hidden_check_of_conv2d_fast_measures_both_axes():
    shapes = [[images.shape for images, _ in c.args] for c in COUNTED]
    for axis, (small, large, *_) in enumerate(shapes, 1):
        assert large[axis] > 100 * small[axis]
        assert large[3 - axis] == small[3 - axis]


def test_no_image_is_seen_twice():
    seen = [X.tobytes() for c in COUNTED for images, _ in c.args for X in images]
    assert len(set(seen)) == len(seen) > 300


def counted(small, large):
    """What comes of the first counted case if these are the CPU seconds of its calls."""
    case = COUNTED[0]
    values = [case.probe(cnnlab.conv2d_fast.reference, *call) for call in case.args]
    value = [(seconds, v) for seconds, v in zip([small, large] * 3, values, strict=True)]
    return case.judge(value, *case.args)


def test_from_a_factor_of_three_on_the_points_are_given_and_below_they_are_lost():
    (small, F), (large, _) = COUNTED[0].args[:2]
    cost = 2 * seconds_of_a_product(large[0], F)  # NumPy's, with a margin
    per_position = cost / large.size
    assert counted(3.3 * per_position * small.size, cost) is None
    assert "one by one" in counted(2.9 * per_position * small.size, cost)


def test_who_pays_much_per_call_is_no_faster_on_large_images_for_that():
    assert "one by one" in counted(10.0, 1.0)


@pytest.mark.parametrize("seconds", [None, "fast", float("nan")])
def test_a_time_that_is_none_is_not_accepted(seconds):
    case = COUNTED[0]
    value = [(seconds, case.probe(cnnlab.conv2d_fast.reference, *call)) for call in case.args]
    got = Outcome("returned", value)
    assert problem_of(case, got, got)


def test_numbers_that_are_wrong_earn_nothing_however_fast():
    report = examine(cnnlab.conv2d_fast, lambda X, F, b=None: np.zeros((*X.shape[:2], F.shape[3])))
    assert report.points == 0
    assert report.causes == []


def test_a_loop_over_positions_earns_a_third():
    wrong = next(m for m in cnnlab.conv2d_fast.mistakes if m.name == "a loop over positions")

    def conv2d_fast(X, F, b=None):
        return wrong.function(None, X, F, b)

    report = examine(cnnlab.conv2d_fast, conv2d_fast)
    assert report.points == cnnlab.conv2d_fast.points / 3
    assert [m.name for m in report.causes] == [wrong.name]


def looping(way, tmp_path):
    """A right answer with a loop in its last lines but one, from a file: its lines are known."""
    text = f"""def conv2d_fast(X, F, b=None):
    K1, K2, M, N = F.shape
    around = ((K1 - 1) // 2, K1 // 2), ((K2 - 1) // 2, K2 // 2), (0, 0)
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(X * 1.0, around), (K1, K2), (0, 1))
    H = np.tensordot(windows, F, axes=([2, 3, 4], [2, 0, 1])) + (0 if b is None else b)
    {way}
    return H
"""
    place = tmp_path / "loop.py"
    place.write_text(text)
    names = {"np": np}
    exec(compile(text, str(place), "exec"), names)
    return names["conv2d_fast"]


@pytest.mark.parametrize(
    ("way", "line"),
    [
        ("for i in range(X.shape[0] * X.shape[1]): np.sum(H[0, 0])", 6),
        ("J1, J2, M = X.shape\n    for p in np.ndindex(J1, J2): np.sum(H[p])", 7),
        ("[np.sum(row) for row in X.reshape(-1, X.shape[2])]", 6),
    ],
)
def test_a_loop_over_positions_is_told_with_its_line(way, line, tmp_path):
    report = examine(cnnlab.conv2d_fast, looping(way, tmp_path))
    assert report.points == cnnlab.conv2d_fast.points / 3
    assert any(said.startswith(f"Line {line} goes through") for said in report.findings.certain)


def test_no_line_is_told_where_the_time_is_right(tmp_path):
    way = "for k in range(F.shape[0]): H = H + 0 * k"
    report = examine(cnnlab.conv2d_fast, looping(way, tmp_path))
    assert report.status == "correct"
    assert report.findings.certain == ()


def test_the_vectorised_solution_is_within_five_times_of_torch():
    assert bench.conv2d_fast_ratio() < 5


@pytest.mark.filterwarnings("ignore:Using padding")
def test_the_figures_two_ways_to_convolve_agree_with_torch():
    rng = np.random.default_rng(0)
    X, bank = rng.normal(size=(6, 7, 3)), rng.normal(size=(3, 2, 3, 4))
    for way in (figures.plain_loops, figures.one_product):
        assert np.allclose(way(X, bank), figures.by_torch(X, bank)), way.__name__


@pytest.mark.parametrize("seed", range(3))
def test_the_learned_filters_are_no_noise_any_more(seed, capsys):
    torch.manual_seed(seed)
    patches = figures.small_patches(photograph(), 7)
    W = torch.nn.Parameter(0.1 * torch.randn(49, 12))
    b = torch.nn.Parameter(torch.zeros(12))
    before = likeness_of_neighbours(W)

    def loss_of(patch):  # as in the lesson
        filters = W / W.norm(dim=0)
        h = torch.relu(patch @ filters + b)
        drawn = h @ filters.T
        return ((patch - drawn) ** 2).mean() + 0.4 * h.mean()

    figures.learn(loss_of, [W, b], patches)
    assert before < 0.15
    assert likeness_of_neighbours(W) > 0.6


def likeness_of_neighbours(W):
    """The correlation of weights with their neighbours, mean over all filters."""
    f = W.detach().T.reshape(-1, 7, 7).numpy()
    pairs = [(f[n, :, :-1].ravel(), f[n, :, 1:].ravel()) for n in range(len(f))]
    pairs += [(f[n, :-1].ravel(), f[n, 1:].ravel()) for n in range(len(f))]
    return float(np.mean([np.corrcoef(a, b)[0, 1] for a, b in pairs]))
