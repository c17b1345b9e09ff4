"""What a student sees: check, fill, hint, progress, replay."""

from __future__ import annotations

import random
import re
import time

import cnnlab
import numpy as np
import pytest
import torch
from cnnlab import NotFilledIn, check, fill, hint, progress, replay
from cnnlab.engine import shown
from cnnlab.engine.comparing import difference
from cnnlab.engine.examine import examine
from cnnlab.engine.exercise import EXERCISES
from cnnlab.engine.page import as_html, picture_html
from cnnlab.engine.shown import as_text
from cnnlab.engine.verdict import Known, Report, Result
from torch import nn

CONV1D = EXERCISES["conv1d"]


@pytest.fixture(autouse=True)
def a_fresh_student():
    """Nobody has answered or been given a hint yet, and nobody has afterwards."""

    def forget():
        cnnlab.tutor._latest.clear()
        cnnlab.tutor._given.clear()
        for exercise in EXERCISES.values():
            exercise.answer = None

    forget()
    yield
    forget()


def right(x, f):
    if len(f) > len(x):
        raise ValueError("the filter is longer than the series")
    return np.array(
        [np.dot(x[i : i + len(f)].astype(float), f) for i in range(len(x) - len(f) + 1)]
    )


def outcomes(exercise):
    """What the right answer of ours gives in each visible case."""
    known = Known(exercise, 0)
    return [known.right[i] for i in range(len(known.cases))]


def report_on(answer, exercise=CONV1D, **more):
    """The report, and its text as one line, so that line breaks do not matter."""
    report = examine(exercise, answer, **more)
    return report, " ".join(as_text(report).split())


def test_an_untouched_exercise_is_not_attempted_and_earns_nothing():
    def conv1d(x, f):
        if len(f) > len(x):
            raise ValueError("the filter is longer than the series")
        raise NotImplementedError()

    report, text = report_on(conv1d)
    assert report.status == "not attempted" and report.points == 0
    assert text.startswith("○ conv1d: Not attempted yet") and "hint(conv1d)" in text


def test_the_three_verdicts_differ_in_words_and_marks_without_any_colour():
    def blank(x, f):
        raise NotImplementedError()

    correct, incorrect, not_attempted = (
        report_on(answer)[1] for answer in (right, lambda x, f: x, blank)
    )
    assert correct.startswith("✓ conv1d: Correct")
    assert incorrect.startswith("✗ conv1d: Not right yet")
    assert not_attempted.startswith("○ conv1d: Not attempted yet")


def test_a_wrong_answer_is_told_where_with_the_products_and_how_to_replay_it():
    _, text = report_on(lambda x, f: right(x, f[::-1]))
    assert "Likely cause: the filter is flipped." in text
    assert "entry [0] should be 0.5, yours is 2" in text
    assert "the window x[0:3] is [1 2 0], the filter [0.5 0 2]" in text
    assert "1·0.5 + 2·0 + 0·2 = 0.5" in text
    assert 'x, f = replay("conv1d", 0)' in text


def test_replay_gives_the_arguments_the_report_talked_about():
    x, f = replay("conv1d", 0)
    assert x.tolist() == [1, 2, 0, 4, 3] and f.tolist() == [0.5, 0, 2]
    with pytest.raises(IndexError, match="has the cases 0 to 9, not 99"):
        replay("conv1d", 99)


def test_an_unknown_mistake_still_gets_place_and_arithmetic():
    report, text = report_on(lambda x, f: right(x, f) + 0.125)
    assert report.causes == []
    assert "entry [0] should be 0.5, yours is 0.625" in text and "= 0.5" in text


def test_two_mistakes_at_once_are_both_named():
    def pad(x, left, right, mode="zeros"):
        zeros = np.concatenate([np.zeros(left), x, np.zeros(right)])
        sides = {"zeros": 0, "mean": zeros.mean(), "edge": x[0]}
        if mode not in sides:
            raise ValueError("this mode is not known here")
        return np.concatenate([np.full(left, sides[mode]), x, np.full(right, sides[mode])]) * 1.0

    report, _ = report_on(pad, EXERCISES["pad"])
    assert {m.name for m in report.causes} == {
        "the average of the padded series",
        "the first value on both sides",
    }


def test_an_exception_is_reported_with_the_students_own_line():
    def conv1d(x, f):
        h = np.zeros(len(x))
        return h + f[: len(x)].reshape(7, -1)[99]  # this line

    report, text = report_on(conv1d)
    assert report.status == "incorrect"
    assert "ValueError: cannot reshape array" in text and "# this line" in text


def test_an_answer_that_always_raises_what_one_case_asks_for_makes_no_known_mistake():
    def conv1d(x, f):
        raise ValueError("no")

    report, _ = report_on(conv1d)
    assert len(report.wrong) == len(report.results) and report.causes == []


@pytest.mark.parametrize("ending", [SystemExit, KeyError, RecursionError, BaseException])
def test_check_never_raises_for_a_students_error(ending):
    def conv1d(x, f):
        raise ending("enough")

    report, text = report_on(conv1d)
    assert report.status == "incorrect" and ending.__name__ in text


def test_an_endless_loop_is_stopped_with_a_sentence():
    def conv1d(x, f):
        i = 0
        while i < len(x):
            pass

    begin = time.monotonic()
    report, text = report_on(conv1d, seconds=0.5)
    assert "did not come to an end and was stopped" in text
    assert report.wrong[0].problem.kind == "timeout"
    assert time.monotonic() - begin < 60  # it came back at all


def test_a_loop_that_catches_every_exception_is_stopped_too():
    def conv1d(x, f):
        while True:
            try:
                while True:
                    pass
            except Exception:
                pass

    report, _ = report_on(conv1d, seconds=0.2)
    assert report.wrong[0].problem.kind == "timeout"


def test_nothing_arrives_late_after_a_loop_was_stopped():
    def conv1d(x, f):
        while True:
            pass

    report_on(conv1d, seconds=0.2)
    end = time.monotonic() + 0.5
    while time.monotonic() < end:
        pass
    assert report_on(right)[0].status == "correct"


def test_a_negative_factor_stands_in_brackets_and_nothing_has_no_sign():
    assert shown.products([1, -2, 0], [-0.5, 3, -2.79]) == ["1·(-0.5)", "(-2)·3", "0·(-2.79)"]
    assert shown.number(-0.0) == shown.number(np.float64(0) * -2.79) == "0"


def test_a_long_value_is_cut_between_its_parts():
    """Half a number would be another one."""
    text = shown.shown([[0.125] * 6, [-0.0625] * 6, [0.5] * 6, [-0.1234567] * 20])
    assert len(text) <= 80 and text.endswith(", …") and "-0.…" not in text


def test_of_a_single_value_it_is_not_said_how_many_differ():
    one, two = np.array(1.0), np.array([1.0, 2.0])
    assert "differ" not in difference(one, np.array(2.0), 0, 0).message
    assert "; 2 of 2 differ." in difference(two, two + 1, 0, 0).message


def test_the_place_of_a_value_is_told_as_one_counts():
    right = {"losses": (1.0, np.zeros(2))}
    assert (
        "(the first item of the entry 'losses')"
        in difference(right, {"losses": (2.0, np.zeros(2))}, 0, 0).message
    )
    assert (
        "(the second item of the entry 'losses')"
        in difference(right, {"losses": (1.0, np.ones(2))}, 0, 0).message
    )


@pytest.mark.parametrize(("number", "activation"), [(0, False), (4, True)])
def test_a_bias_and_an_activation_are_told_where_they_are_given(number, activation):
    exercise = EXERCISES["conv1d_layer"]
    worked = exercise.work_out((0,), exercise.draw(0)[number])
    assert ("plus the bias" in worked) == worked.endswith(", then the activation") == activation


def test_a_list_is_refused_with_that_word():
    _, text = report_on(lambda x, f: right(x, f).tolist())
    assert "expected a NumPy array, you returned a list" in text


def test_a_missing_return_is_guessed():
    _, text = report_on(lambda x, f: None)
    assert "is a return missing?" in text


@pytest.mark.parametrize("name", ["conv1d", "conv_parameters"])
@pytest.mark.parametrize("value", [10**400, [10**5000], (10**400, 1)], ids=["400", "5000", "two"])
def test_a_number_that_no_computer_computes_with_is_a_wrong_value_like_any_other(name, value):
    """As where answers are graded, which never get it."""
    report, text = report_on(lambda *args, **kwargs: value, EXERCISES[name])
    assert report.status == "incorrect"
    assert isinstance(value, int) == ("a whole number beyond 64 bits" in text)


def test_float32_is_told_apart_from_float64():
    _, text = report_on(lambda x, f: right(x, f).astype(np.float32))
    assert "expected numbers of type float64, yours are float32" in text


def test_an_answer_that_changes_its_arguments_is_told_which():
    def conv1d(x, f):
        h = right(x, f)
        if x.flags.writeable:
            x[0] = 99
        return h

    _, text = report_on(conv1d)
    assert "the values are right, but the call changed x" in text


def test_an_answer_that_seeds_the_global_generator_is_told_so():
    def conv1d(x, f):
        np.random.seed(1)
        return right(x, f)

    _, text = report_on(conv1d)
    assert "changed NumPy's global random generator" in text


def test_an_answer_that_draws_hears_the_same_each_time_and_leaves_the_generators_alone():
    def accuracy(model, batches, device="cpu"):
        return random.random() * np.random.rand() * float(torch.rand(1))

    def drawn():
        return random.random(), float(np.random.rand()), float(torch.rand(1))

    def seed_all():
        for seed in (random.seed, np.random.seed, torch.manual_seed):
            seed(1)

    seed_all()
    undisturbed = [drawn(), drawn()]
    seed_all()
    before = drawn()
    reports = [report_on(accuracy, EXERCISES["accuracy"])[1] for _ in range(2)]
    assert [before, drawn()] == undisturbed
    assert reports[0] == reports[1] and "Not right yet" in reports[0]


def by_name(x, f):
    return np.convolve(x, f[::-1], "valid")


def by_import(x, f):
    from numpy import correlate

    return correlate(x, f, "valid")


def by_fft(x, f):
    n = len(x) + len(f)
    return np.fft.ifft(np.fft.fft(x, n) * np.fft.fft(f[::-1], n)).real[len(f) - 1 : len(x)]


def by_torch(x, f):
    import torch

    return torch.nn.functional.conv1d(
        torch.tensor(x)[None, None], torch.tensor(f)[None, None]
    ).numpy()[0, 0]


def by_scipy(x, f):
    import scipy.signal

    return scipy.signal.correlate(x, f, "valid")


@pytest.mark.parametrize("shortcut", [by_name, by_import, by_fft, by_torch, by_scipy])
def test_a_ready_made_convolution_is_refused_with_that_reason(shortcut):
    report, text = report_on(shortcut)
    assert report.points == 0
    assert "is not allowed in this exercise: what it does is to be written by hand" in text


def test_numpys_functions_work_again_after_a_check():
    report_on(by_name)
    assert np.convolve([1, 2], [3]).tolist() == [3, 6]


def test_saying_no_to_wrong_arguments_earns_nothing_by_itself():
    def conv1d(x, f):
        if len(f) > len(x):
            raise ValueError("the filter is longer than the series")
        return x

    report, _ = report_on(conv1d)
    assert any(not r.problem for r in report.results) and report.points == 0


def test_partial_credit_grows_with_the_cases_that_are_right():
    fine_for_floats, _ = report_on(
        lambda x, f: right(x, f) if x.dtype.kind == "f" else right(x, f) * 0
    )
    assert 0 < fine_for_floats.points < CONV1D.points


def test_a_hidden_report_shows_names_and_mistakes_but_no_inputs():
    report, text = report_on(lambda x, f: right(x, f[::-1]), seed=77, hidden=True)
    assert "the filter is flipped" in text and "wrong values: random series" in text
    for secret in ("x =", "f =", "replay", "should be", "77"):
        assert secret not in text and secret not in as_html(report)


def test_the_picture_has_a_text_alternative_and_student_text_is_escaped():
    def conv1d(x, f):
        raise KeyError("<script>alert(1)</script>")

    html = as_html(report_on(conv1d)[0])
    assert "<script>" not in html and "&lt;script&gt;" in html
    drawn = as_html(report_on(lambda x, f: right(x, f[::-1]))[0])
    assert 'role="img" aria-label="Target, yours and their difference for the case' in drawn


def test_a_right_answer_hears_what_has_been_built_and_sees_what_it_made():
    report, text = report_on(right)
    assert CONV1D.built in text
    assert "Yours at work" in text and "→ [0.5 9 6]" in text
    assert 'aria-label="What yours made of x = [1 2 0 4 3], f = [0.5 0 2]."' in as_html(report)


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=lambda e: e.name)
def test_every_right_answer_is_shown_with_its_own_output(exercise):
    report = Report(
        exercise,
        0,
        [
            Result(case, value.value, value, None)
            for case, value in zip(exercise.draw(0), outcomes(exercise), strict=True)
        ],
    )
    assert "".join(exercise.built.split()) in "".join(as_text(report).split())
    plain = [c for c in exercise.draw(0) if not (c.raises or c.probe)]
    assert ("Yours at work" in as_text(report)) == bool(plain)
    assert picture_html(report).count("<svg ") <= 3


def test_a_drawing_takes_the_colours_of_the_page_that_it_is_on():
    drawn = as_html(report_on(right)[0])
    assert "currentColor" in drawn and "var(--paper)" in drawn
    assert not re.search(r"#(000000|ffffff)", drawn)
    once, again = (as_html(report_on(right)[0]) for _ in range(2))
    other = as_html(report_on(lambda x, f: right(x, f[::-1]))[0])
    assert once == again
    names = [set(re.findall(r'\bid="([^"]+)"', page)) for page in (once, other)]
    assert names[0] and not names[0] & names[1], "two drawings on a page name their parts alike"


def test_what_trains_waits_until_the_rest_is_right():
    lenet = EXERCISES["LeNet"]
    announced = []

    class LeNet(nn.Module):
        def __init__(self, classes=10):
            super().__init__()
            self.only = nn.Linear(784, classes)

        def forward(self, images):
            return self.only(images.flatten(1))

    report = examine(lenet, LeNet, training=lambda: announced.append(True))
    assert not announced and [c.draws for c in report.waiting] == [True]
    assert f"of {len(lenet.draw(0))} cases" in as_text(report)
    assert "○ comes once the others are right, because it trains" in as_text(report)
    in_full = examine(lenet, LeNet, hidden=True)
    assert in_full.waiting == [] and len(in_full.results) == len(lenet.draw(0))

    report = examine(lenet, lenet.reference, training=lambda: announced.append(True))
    assert announced and report.status == "correct" and report.waiting == []


def test_check_gives_the_points_as_its_value(capsys):
    conv1d = fill(_named("conv1d", right))
    points = check(conv1d)
    assert points == 3 and repr(points) == "3.0"
    assert "✓ conv1d: Correct" in capsys.readouterr().out


def _named(name, function):
    """The function under the exercise's name, as a student would define it."""

    def answer(x, f):
        return function(x, f)

    answer.__name__ = name
    return answer


def test_fill_installs_the_answer_for_everyone_who_uses_cnnlab():
    with pytest.raises(
        NotFilledIn, match="conv1d \\(lesson 01_rolling_average\\) is not filled in"
    ):
        cnnlab.conv1d(np.ones(3), np.ones(2))
    fill(_named("conv1d", right))
    assert cnnlab.conv1d(np.ones(3), np.ones(2)).tolist() == [2, 2]


def test_fill_tells_about_a_wrong_name_and_wrong_parameters():
    with pytest.raises(NameError, match="no exercise called 'convolve'"):
        fill(_named("convolve", right))

    def conv1d(series, weights): ...

    with pytest.raises(TypeError, match=r"def conv1d\(x, f\):"):
        fill(conv1d)


@pytest.mark.parametrize(
    ("method", "said"),
    [
        ("_init_", r"no method __init__ of its own.* def __init__\(self, input_size, hidden_size"),
        ("__init__", r"first line of its __init__ back to def __init__\(self, input_size, hidden"),
    ],
)
def test_fill_tells_of_a_class_which_line_has_the_parameters(method, said):
    FFN = type("FFN", (torch.nn.Module,), {method: lambda self, sizes: None})
    with pytest.raises(TypeError, match=said):
        fill(FFN)


def test_hints_are_buttons_that_stay_in_a_notebook(monkeypatch):
    seen = []
    monkeypatch.setattr("cnnlab.tutor.put", seen.append)
    hint("conv1d")
    page = seen[0]["text/markdown"]
    titles = re.findall(r"<summary[^>]*>(.*?)</summary>", page)
    assert [title[:11] for title in titles] == ["Hint 1 of 3", "Hint 2 of 3", "Hint 3 of 3"]
    assert page.endswith("</details>\n\n</details>\n\n</details>\n\n"), "each opens the next"
    assert all(text in page for text in CONV1D.hints)


def test_hints_come_one_by_one_and_start_over(capsys):
    for expected in ("Hint 1 of 3", "Hint 2 of 3", "Hint 3 of 3", "Hint 1 of 3"):
        hint("conv1d")
        assert expected in capsys.readouterr().out


def test_progress_tells_not_attempted_wrong_and_right_apart(capsys):
    check(fill(_named("conv1d", right)))

    def pad(x, left, right, mode="zeros"):
        return x

    check(pad)
    capsys.readouterr()
    progress("01_rolling_average")
    said = capsys.readouterr().out
    rows = {line.split()[0]: line for line in said.splitlines()}
    assert "✓ Correct" in rows["conv1d"] and "3 of 3" in rows["conv1d"]
    assert "✗ Not right yet" in rows["pad"]
    assert "○ Not attempted yet" in rows["rolling_average"]
    assert "3 of 11 points" in said


def test_importing_cnnlab_adds_little_to_numpy_and_torch():
    import subprocess
    import sys

    code = (
        "import time; a = time.perf_counter(); import numpy, torch; b = time.perf_counter();"
        "import cnnlab; c = time.perf_counter(); print((c - b) / (b - a))"
    )
    ratios = [
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout)
        for _ in range(3)
    ]
    assert min(ratios) < 1, "cnnlab takes longer to import than NumPy and torch together"
