"""Every right answer is accepted, every known mistake is rejected and named."""

from __future__ import annotations

import functools
import inspect

import pytest
from cnnlab.engine.examine import examine
from cnnlab.engine.exercise import EXERCISES
from cnnlab.engine.lesson import LESSONS
from cnnlab.engine.shown import as_text
from cnnlab.engine.verdict import Known

from autograder.tests.support.students import right_answers, wrong_answers

SEEDS = (0, 1, 20261123)  # the first is the student's; hidden checks draw others


@functools.cache
def known(exercise, seed):
    """What our own functions give, computed once for all answers, as the grader does."""
    return Known(exercise, seed)


def answer_of(written):
    """The answer as ``check`` gets it: a function, a class, or a value in a function."""
    defined = written.define()
    return defined if callable(defined) else lambda: defined


@pytest.mark.parametrize("written", right_answers(), ids=str)
def test_a_right_answer_is_accepted(written):
    for seed in SEEDS:
        ours = known(written.exercise, seed)
        report = examine(written.exercise, answer_of(written), seed, known=ours)
        assert report.status == "correct", as_text(report)
        assert report.points == written.exercise.points
        assert report.causes == []


@pytest.mark.parametrize("written", wrong_answers(), ids=str)
def test_a_known_mistake_is_rejected_and_named(written):
    for seed in SEEDS:
        ours = known(written.exercise, seed)
        report = examine(written.exercise, answer_of(written), seed, known=ours, search=0)
        assert report.status == "incorrect"
        assert [cause.name for cause in report.causes] == [written.mistake.name], as_text(report)
        assert report.points < written.exercise.points


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=lambda e: f"{e.lesson}-{e.name}")
def test_an_exercise_is_declared_in_full(exercise):
    styles = {a.style for a in right_answers() if a.exercise is exercise}
    assert len(styles) >= 3, f"{exercise.name} has the right answers {styles}, wanted: three styles"
    names = [m.name for m in exercise.mistakes]
    assert len(set(names)) == len(names) >= 5, f"{exercise.name} has the mistakes {names}"
    for mistake in exercise.mistakes:
        assert "$" not in mistake.advice, "reports are read as plain text, too: write f₁, not $f_1$"
    assert len(exercise.hints) == 3, "a question, then a formula or drawing, then a skeleton"
    assert exercise.built.endswith("."), "what has been built, and what it is good for next"
    assert len(exercise.built) <= 240, f"one or two sentences, not {len(exercise.built)} characters"
    assert "$" not in exercise.built, "it is read as plain text, too: write f₁, not $f_1$"
    specification = inspect.cleandoc(exercise.__doc__)
    for word in ("Returns", LESSONS[exercise.lesson].cites):
        assert word in specification, f"the docstring of {exercise.name} lacks {word!r}"


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=lambda e: f"{e.lesson}-{e.name}")
def test_the_same_seed_draws_the_same_cases_and_another_seed_others(exercise):
    assert repr(exercise.draw(5)) == repr(exercise.draw(5))
    if exercise.signature.parameters:
        assert repr(exercise.draw(5)) != repr(exercise.draw(6))


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=lambda e: e.name)
def test_a_docstring_says_that_a_value_error_needs_a_sentence(exercise):
    """A check refuses one without."""
    told = " ".join(exercise.__doc__.split())
    asked = any(case.raises for case in exercise.draw(0))
    assert asked == ("Raises ValueError, with a sentence, " in told)
