"""Lesson 02: whatever trains is judged by what it did, and the lesson's story is true."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from cnnlab.data import covid_tests
from cnnlab.engine.examine import examine
from cnnlab.engine.exercise import EXERCISES
from cnnlab.engine.shown import as_text
from cnnlab.lesson_01_rolling_average.lecture import AVERAGE, ENGINEERED
from cnnlab.lesson_02_backprop_1d.descent import gradient
from cnnlab.lesson_02_backprop_1d.judges import START, share_of_the_way
from numpy.lib.stride_tricks import sliding_window_view

TRAIN = EXERCISES["train_filter"]

STARTS = {
    "the rolling average": lambda K, y, rng: (np.full(K, 1 / K), 1.0, 0.0),
    "ones": lambda K, y, rng: (np.ones(K), 1.0, 0.0),
    "a filter of zeros": lambda K, y, rng: (np.zeros(K), 1.0, 0.0),
    "a weight of zero": lambda K, y, rng: (np.full(K, 1 / K), 0.0, np.mean(y)),
    "normal numbers": lambda K, y, rng: (rng.normal(size=K), rng.normal(), rng.normal()),
    "small numbers": lambda K, y, rng: (0.01 * rng.normal(size=K), 0.01 * rng.normal(), 0.0),
}


def training(
    start: Callable, change: Callable = lambda step, slopes, memory: slopes, seed: int = 0
) -> Callable:
    """A student's training that starts as told and changes its gradients before each step."""
    rng = np.random.default_rng(seed)

    @np.errstate(all="ignore")  # some of these trainings diverge
    def train_filter(x, y, K=7, learning_rate=0.05, steps=200):
        W = sliding_window_view(np.asarray(x, dtype=float), K)
        f, w, b = start(K, y, rng)
        losses, memory = np.zeros(steps), {}
        for step in range(steps):
            error = w * (W @ f) + b - y
            losses[step] = np.mean(error**2)
            dy = 2 * error / len(y)
            slopes = np.array([*w * (dy @ W), dy @ (W @ f), dy.sum()])
            slopes = learning_rate * change(step, slopes, memory)
            f, w, b = f - slopes[:-2], w - slopes[-2], b - slopes[-1]
        return f, w, b, losses

    return train_filter


@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS)
def test_gradient_descent_is_accepted_wherever_it_starts(start):
    for seed in range(5):
        report = examine(TRAIN, training(start, seed=seed), seed)
        assert report.status == "correct", as_text(report)


def momentum(step, slopes, memory):
    memory["speed"] = slopes + 0.5 * memory.get("speed", 0)
    return memory["speed"]


OTHERS = {
    "momentum": momentum,
    "a falling learning rate": lambda step, slopes, memory: slopes * 0.9**step,
    "signs of gradients": lambda step, slopes, memory: np.sign(slopes),
    "clipped gradients": lambda step, slopes, memory: slopes / max(1, np.linalg.norm(slopes) / 50),
    "noise": lambda step, slopes, memory: slopes * (1 + 1e-3 * np.sin(step + 1)),
}


@pytest.mark.parametrize("change", OTHERS.values(), ids=OTHERS)
@pytest.mark.parametrize("seed", range(5))
def test_other_ways_downhill_are_not_plain_gradient_descent(change, seed):
    """So small that the losses hardly change, such steps are still no others' with another rate."""
    report = examine(TRAIN, training(STARTS["normal numbers"], change, seed))
    assert report.status == "incorrect"
    assert not report.causes, "none of the known mistakes was made"
    said = [r.problem.message for r in report.wrong]
    assert any("do not belong to this f, w and b" in sentence for sentence in said), said


def solved(x, y, K):
    """The windows, and where least squares ends, or a little beside it: so steps move f and w."""
    W = sliding_window_view(np.asarray(x, dtype=float), K)
    *f, b = np.linalg.lstsq(np.c_[W, np.ones(len(W))], y, rcond=None)[0]
    return W, np.array(f) + 1e-5, 1.0, b


INVENTED = {
    "all alike": lambda last, spread, steps: np.full(steps, last),
    "falling": lambda last, spread, steps: last + spread * 0.9 ** np.arange(steps),
    "falling in a line": lambda last, spread, steps: np.linspace(spread, last, steps),
    "falling below": lambda last, spread, steps: np.linspace(spread, last / 2, steps),
}


@pytest.mark.parametrize("invented", INVENTED.values(), ids=INVENTED)
def test_least_squares_with_invented_losses_earns_nothing_for_a_descent(invented):
    def train_filter(x, y, K=7, learning_rate=0.05, steps=200):
        W, f, w, b = solved(x, y, K)
        return f, w, b, invented(np.mean((W @ f + b - y) ** 2), np.var(y), steps)

    for seed in range(5):
        report = examine(TRAIN, train_filter, seed)
        right = [r.case.name for r in report.results if not r.problem]
        assert right in ([], ["many steps: the result predicts new days"])


def test_honest_steps_from_the_solution_earn_nothing_and_are_named():
    def start(K, y, rng):
        return solved(start.x, y, K)[1:]

    taken = training(start)

    def train_filter(x, y, K=7, learning_rate=0.05, steps=200):
        start.x = x
        return taken(x, y, K, learning_rate, steps)

    for seed in range(5):
        report = examine(TRAIN, train_filter, seed)
        assert report.points == 0
        assert [c.name for c in report.causes] == ["the solution instead of a descent"]


def test_random_starts_are_never_near_the_solution_by_luck():
    rng = np.random.default_rng(1)
    for seed in range(100):
        for case in TRAIN.draw(seed):
            K = case.kwargs.get("K", 7)
            W, y = sliding_window_view(case.args[0], K), case.args[1]
            for scale in (0.1, 1, 1, 1, 3):
                f, w, b = scale * rng.normal(size=K), rng.normal(), rng.normal()
                loss = np.mean((w * (W @ f) + b - y) ** 2)
                assert share_of_the_way(W, y, loss) > 1.5 * START


def test_the_way_back_ends_before_rounding_is_all_that_is_seen():
    """A long run whose start cannot be known from its end is taken for right, at any time."""
    for seed in range(5):
        case = TRAIN.draw(seed)[-1]
        how = {**case.kwargs, "steps": 600}
        f, w, b, losses = TRAIN.reference(*case.args, **how)
        assert case.judge((f, w, b, losses), *case.args, **how) is None
        odd = losses.copy()
        odd[-1] *= 1.001
        assert "losses[599]" in case.judge((f, w, b, odd), *case.args, **how)


@pytest.mark.parametrize("start", [[0.3, 0.3, 0.3, 1.0, 0.0], [1e-3, 0.0, 2e-3, 1e-3, 0.0]])
def test_the_long_run_is_followed_back_to_its_start(start):
    """From usual numbers, and from some near 0, which do not come far in so many steps."""
    for seed in range(10):
        case = TRAIN.draw(seed)[-1]
        rate, steps = case.kwargs["learning_rate"], case.kwargs["steps"]
        W, y = sliding_window_view(case.args[0], 3), case.args[1]
        place, losses = np.array(start), []
        for _ in range(steps):
            losses.append(np.mean((place[-2] * (W @ place[:-2]) + place[-1] - y) ** 2))
            place = place - rate * gradient(W, y, place)
        f, w, b = place[:-2], place[-2], place[-1]
        assert case.judge((f, w, b, np.array(losses)), *case.args, **case.kwargs) is None
        for i in (0, steps // 2):
            invented = np.array(losses)
            invented[i] *= 1.01
            said = case.judge((f, w, b, invented), *case.args, **case.kwargs)
            assert said is not None and (f"losses[{i}]" in said or "does not predict" in said)


def without(place: int) -> Callable:
    """Gradients with one of them, counted from the end (w, b), set to zero."""
    return lambda step, slopes, memory: slopes * (np.arange(len(slopes)) != len(slopes) - place)


BY_NAME = {
    "the factor 2 is missing": lambda step, slopes, memory: slopes / 2,
    "uphill": lambda step, slopes, memory: -slopes,
    "the filter is not trained": lambda step, slopes, memory: np.r_[0 * slopes[:-2], slopes[-2:]],
    "w is not trained": without(2),
    "b is not trained": without(1),
    "the learning rate is ignored": lambda step, slopes, memory: slopes * 1.7,
}


@pytest.mark.parametrize("name", BY_NAME)
@pytest.mark.parametrize("start", ["normal numbers", "ones"])
def test_a_mistake_has_its_name_wherever_the_training_starts(name, start):
    report = examine(TRAIN, training(STARTS[start], BY_NAME[name]))
    assert [cause.name for cause in report.causes] == [name], as_text(report)


def test_the_learned_filter_predicts_new_days_better_and_leans_on_the_same_day_of_the_week():
    tests = covid_tests().tests
    days = int(0.7 * (len(tests) - 7))
    scaled = (tests - tests[: days + 6].mean()) / tests[: days + 6].std()
    W, y = sliding_window_view(scaled[:-1], 7), scaled[7:]
    f, w, b, losses = TRAIN.reference(scaled[: days + 6], y[:days], 7, 0.05, 200)

    def error(f, w, b):
        return np.mean((w * (W[days:] @ f) + b - y[days:]) ** 2)

    ours = [error(f, *np.polyfit(W[:days] @ f, y[:days], 1)) for f in (AVERAGE, ENGINEERED)]
    assert error(f, w, b) < 0.8 * min(ours)
    assert np.argmax(np.abs(f)) == 0, "six days before today: tomorrow's day of the week"
    assert (np.diff(losses) < 0).all()
