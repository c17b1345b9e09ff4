"""What the report says of a class whose truth is known: forty made-up students, every figure."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.judging.record import KNOWN, Finding
from autograder.pages.items import correlation, items, to_look_at
from autograder.pages.mistakes import Again, mistakes
from autograder.pages.stuck import stuck
from autograder.pages.tomorrow import tomorrow
from autograder.pages.untold import clusters, told
from autograder.recording.table import Earned, Row

FLIPPED = Finding(KNOWN, "the filter is flipped")
SHIFTED = Finding(KNOWN, "even filters lean the other way")
BOUND = Finding("repair", "a number too large by 1", "the end of a loop")

ONE, TWO = "01_rolling_average", "03_conv2d"
NAMES = {ONE: ["rolling_average", "conv1d"], TWO: ["conv2d", "conv2d_channels", "conv2d_bank"]}
CASES = ("odd", "even", "large", "small")
CLASS = [f"s{i:02}" for i in range(40)]


def earned(wrong=(), finding=None, kind="values"):
    """An answer: a point for each of four cases but those that are wrong."""
    cases = tuple((case, kind if case in wrong else None) for case in CASES)
    status = "incorrect" if wrong else "correct"
    mistake = finding.kind if finding and finding.part == KNOWN else ""
    return Earned(4.0 - len(wrong), 4.0, status, mistake, finding, cases)


RIGHT = earned()
BLANK = Earned(
    0.0, 4.0, "not attempted", "", None, tuple((case, "not filled in") for case in CASES)
)


def first(i):
    """What student i earns in lesson 01 at first."""
    if i < 10:  # s00 … s09: the filter is flipped
        return {"rolling_average": RIGHT, "conv1d": earned(CASES, FLIPPED)}
    if i < 14:  # s10 … s13: a loop that is too long, found by repair
        return {"rolling_average": earned(("large",), BOUND), "conv1d": RIGHT}
    if i < 19:  # s14 … s18: nobody knows why
        return {"rolling_average": RIGHT, "conv1d": earned(("even", "small"))}
    return {"rolling_average": RIGHT, "conv1d": RIGHT}


def second(i):
    """What those earn who hand in lesson 01 again, s00 … s07 and s10 … s12; None for the others."""
    if i < 5:  # have fixed it
        return {"rolling_average": RIGHT, "conv1d": RIGHT}
    if i < 7:  # have made it again
        return first(i)
    if i == 7:  # is wrong in another way
        return {"rolling_average": RIGHT, "conv1d": earned(CASES)}
    return {10: first(19), 11: first(19), 12: first(10)}.get(i)


def of_two(i):
    """What student i earns in lesson 03; s36 … s39 hand in nothing."""
    if i < 6:  # still flipped: s00 … s04 had learnt it in lesson 01
        return {"conv2d": earned(CASES, FLIPPED), "conv2d_channels": RIGHT, "conv2d_bank": RIGHT}
    if i < 15:  # s06 … s14 overlook even filters, each being told so
        wrong = earned(("even",), SHIFTED)
        return {"conv2d": wrong, "conv2d_channels": RIGHT, "conv2d_bank": RIGHT}
    if i < 17:  # s15 and s16 stop after the first exercise
        return {"conv2d": RIGHT, "conv2d_channels": BLANK, "conv2d_bank": BLANK}
    if i < 29:  # s17 … s28: an error in each case of the last one
        error = earned(CASES, kind="raised")
        return {"conv2d": RIGHT, "conv2d_channels": RIGHT, "conv2d_bank": error}
    return {"conv2d": RIGHT, "conv2d_channels": RIGHT, "conv2d_bank": RIGHT}


def row(student, exercises):
    """A row as the gradebook and the graded notebook give it."""
    score = sum(e.points for e in exercises.values())
    return Row(student, exercises, score, 4.0 * len(exercises), ())


@pytest.fixture(scope="module")
def hand_ins():
    """Every hand-in, by lesson and student."""
    in_one = {s: [first(i), *filter(None, [second(i)])] for i, s in enumerate(CLASS)}
    return {ONE: in_one, TWO: {s: [of_two(i)] for i, s in enumerate(CLASS[:36])}}


@pytest.fixture(scope="module")
def rows(hand_ins):
    """The last hand-in of everybody, by lesson."""
    return {
        lesson: [row(student, tried[-1]) for student, tried in by_student.items()]
        for lesson, by_student in hand_ins.items()
    }


def test_a_mistake_of_two_lessons_is_one_row(rows, hand_ins):
    by_name = {m.name: m for m in mistakes(rows, hand_ins)}
    flipped = by_name["the filter is flipped"]
    # conv1d: s05, s06 and s08, s09 make it still; conv2d: s00 … s05
    assert dict((exercise, n) for _, exercise, n in flipped.where) == {"conv2d": 6, "conv1d": 4}
    assert (flipped.students, flipped.several, flipped.of) == (9, 1, 40)
    assert "turned round" in flipped.advice
    assert by_name["even filters lean the other way"].of == 36
    assert [m.students for m in mistakes(rows, hand_ins)] == [9, 9, 2]


def test_what_a_repair_found_is_counted_by_its_kind_and_place(rows, hand_ins):
    (found,) = [m for m in mistakes(rows, hand_ins) if m.part == "repair"]
    assert found.name == "a number too large by 1 (the end of a loop)"
    assert found.where == ((ONE, "rolling_average", 2),)
    elsewhere = {
        ONE: [
            row(
                "a",
                {"conv1d": earned(CASES, BOUND), "rolling_average": first(10)["rolling_average"]},
            )
        ]
    }
    assert len(mistakes(elsewhere, {})) == 2


def test_it_says_how_many_fixed_a_mistake_and_how_many_made_it_again(rows, hand_ins):
    by_name = {m.name: m.again for m in mistakes(rows, hand_ins)}
    assert by_name["the filter is flipped"] == Again(fixed=5, made=2, otherwise=1)
    assert by_name["a number too large by 1 (the end of a loop)"] == Again(fixed=2, made=1)
    assert by_name["even filters lean the other way"].of == 0


def test_a_mistake_that_all_have_fixed_stays_with_what_became_of_it():
    tried = {ONE: {"a": [first(0), first(19)]}}
    (found,) = mistakes({ONE: [row("a", first(19))]}, tried)
    assert (found.students, found.where, found.again) == (0, ((ONE, "conv1d", 0),), Again(fixed=1))


def test_a_mistake_counts_once_however_often_it_is_made_again():
    tried = {ONE: {"a": [first(0), first(0), first(0), first(19)]}}
    (found,) = mistakes({ONE: [row("a", first(19))]}, tried)
    assert found.again == Again(made=1)


def test_it_says_how_many_wrong_answers_were_told_a_cause_and_by_what(rows):
    found = told(rows)
    # 4 flipped, 2 bounds, 1 otherwise and 5 untold in lesson 01; 6 + 9 told and 12 not in lesson 03
    assert found.wrong == 39
    assert dict(found.parts) == {KNOWN: 19, "repair": 2}
    assert found.told == 21


def test_untold_answers_are_together_where_they_fail_alike(rows):
    found = clusters(rows, uses_nothing)
    assert [(c.exercise, len(c.students)) for c in found] == [
        ("conv2d_bank", 12),
        ("conv1d", 5),
        ("conv1d", 1),
    ]
    assert found[0].fails == (("an error", CASES),)
    assert found[1].fails == (("wrong values", ("even", "small")),)
    assert found[1].students == ("s14", "s15", "s16", "s17", "s18")
    assert {c.cases for c in found} == {4}


def uses_nothing(lesson, exercise, student):
    """The names in an answer that calls no other."""
    return [exercise]


def test_untold_answers_that_call_what_is_wrong_itself_say_so_after_the_others():
    wrong = {"conv1d": earned(CASES, FLIPPED), "conv1d_layer": earned(CASES)}
    right = {"conv1d": RIGHT, "conv1d_layer": earned(CASES)}
    other = {"conv1d": RIGHT, "conv1d_layer": earned(("even",))}
    answers = {"a": wrong, "b": wrong, "c": wrong, "d": right, "e": right, "f": other}
    own = {ONE: [row(student, answer) for student, answer in answers.items()]}
    found = clusters(own, lambda *_: {"conv1d", "conv1d_layer", "np"})
    assert [("".join(c.students), c.calls) for c in found] == [
        ("de", ()),
        ("abc", ("conv1d",)),
        ("f", ()),
    ]


def test_who_is_stuck_and_why(rows, hand_ins):
    found = {student: reasons for student, reasons in stuck(rows, hand_ins, NAMES)}
    again = {s for s, why in found.items() if any("handed in 2 times" in r.sentence for r in why)}
    assert again == {"s05", "s06", "s07", "s12"}
    assert found["s05"][0].sentence == (
        "handed in 2 times, the last one without a point more; wrong: `conv1d`."
    )
    assert [r.sentence for r in found["s15"]] == [
        "attempted nothing after `conv2d`; 34 of 36 went further."
    ]
    away = {s for s, why in found.items() if any("handed in nothing" in r.sentence for r in why)}
    assert away == {"s36", "s37", "s38", "s39"}
    assert found["s36"][0].sentence == "handed in nothing; 36 of 40 did."
    assert set(found) == again | away | {"s15", "s16"}


def test_three_things_to_say_tomorrow(rows, hand_ins):
    mistake, exercise, case = tomorrow(rows, mistakes(rows, hand_ins), NAMES)
    assert mistake.headline in ("“the filter is flipped”", "“even filters lean the other way”")
    assert mistake.figures.startswith("9 of ") and mistake.advice
    assert (exercise.headline, exercise.figures) == (
        "the exercise `conv2d`",
        "15 of 36 students are stuck there.",
    )
    assert exercise.advice == "What is wrong there most often: even filters lean the other way (9)."
    assert case.headline == "the case “even” of `conv2d`"
    assert case.figures == (
        "9 students have at least half of the cases of `conv2d` right, but not this one; "
        "in all it is wrong for 15."
    )


def test_who_stopped_before_an_exercise_is_stuck_at_it():
    stopped = [
        row(f"a{i}", {"conv2d": RIGHT, "conv2d_channels": BLANK, "conv2d_bank": BLANK})
        for i in range(3)
    ]
    (_,) = found = tomorrow({TWO: stopped}, [], {TWO: NAMES[TWO]})
    assert found[0].headline == "the exercise `conv2d_channels`"
    assert found[0].figures == (
        "3 of 3 students are stuck there: 0 answered, but wrong; 3 stopped just before it."
    )


def test_of_a_class_that_has_all_right_there_is_nothing_to_say():
    own = {ONE: [row(s, first(19)) for s in CLASS]}
    tried = {ONE: {s: [first(19)] for s in CLASS}}
    assert mistakes(own, tried) == []
    assert tomorrow(own, [], {ONE: NAMES[ONE]}) == []
    assert stuck(own, tried, {ONE: NAMES[ONE]}) == []
    assert (told(own).wrong, clusters(own, uses_nothing)) == (0, [])
    assert [to_look_at(e) or e.hard or e.weak for e in items(NAMES[ONE], own[ONE])] == [False] * 2


def test_difficulty_is_the_share_of_right_answers_of_those_who_tried(rows):
    conv2d, channels, bank = items(NAMES[TWO], rows[TWO])
    assert (conv2d.attempted, conv2d.right) == (36, 21)
    assert (channels.attempted, channels.right, channels.share) == (34, 34, 1.0)
    assert (bank.attempted, bank.right) == (34, 22)
    shares = {case.name: (case.right, case.attempted) for case in conv2d.cases}
    assert shares == {"odd": (30, 36), "even": (21, 36), "large": (30, 36), "small": (30, 36)}
    assert not conv2d.hard


def test_discrimination_is_the_correlation_with_the_rest_of_the_lesson(rows):
    conv2d, channels, _ = items(NAMES[TWO], rows[TWO])
    own = [of_two(i) for i in range(36)]
    points = [one["conv2d"].points / 4 for one in own]
    rest = [(one["conv2d_channels"].points + one["conv2d_bank"].points) / 8 for one in own]
    # Pearson's formula, written out
    a, b = np.array(points) - np.mean(points), np.array(rest) - np.mean(rest)
    assert conv2d.discrimination == pytest.approx(
        (a * b).sum() / np.sqrt((a**2).sum() * (b**2).sum())
    )
    assert conv2d.discrimination < 0 and conv2d.weak  # who is wrong here is right in the rest
    assert channels.discrimination is None and not channels.weak  # all have it right


def test_an_exercise_that_parts_the_good_from_the_weak_is_known_from_one_that_does_not():
    class_ = []
    for i in range(40):
        good = i < 20
        passing = {"a": good, "b": good, "c": good, "coin": i % 2 == 0, "hard": i == 0}
        marks = {name: RIGHT if ok else earned(CASES) for name, ok in passing.items()}
        class_.append(row(f"s{i}", marks))
    found = {item.name: item for item in items([*"abc", "coin", "hard"], class_)}
    assert found["a"].discrimination > 0.85
    assert abs(found["coin"].discrimination) < 0.1 and found["coin"].weak
    assert found["hard"].hard and found["hard"].share == 1 / 40
    assert [name for name, item in found.items() if not item.weak and not item.hard] == [
        "a",
        "b",
        "c",
    ]


def test_one_case_is_shown_where_it_stands_out_and_not_all_of_a_hard_exercise():
    odd = [row(f"s{i}", {"a": earned(("even",)) if i else RIGHT}) for i in range(12)]
    (only,) = items(["a"], odd)
    assert [case.name for case in to_look_at(only)] == ["even"]
    (all_of_it,) = items(["a"], [row(f"s{i}", {"a": earned(CASES)}) for i in range(12)])
    assert all_of_it.hard and to_look_at(all_of_it) == []


def test_few_or_equal_numbers_have_no_correlation():
    assert correlation(range(9), range(9)) is None
    assert correlation(range(10), range(10)) == pytest.approx(1)
    assert correlation([0.3] * 10, range(10)) is None


def test_a_few_wrong_answers_make_no_exercise_hard():
    nine = [row(f"s{i}", {"a": earned(CASES), "b": RIGHT}) for i in range(9)]
    assert [item.hard for item in items(["a", "b"], nine)] == [False, False]
    assert [item.hard for item in items(["a", "b"], [*nine, nine[0]])] == [True, False]


def test_where_most_stop_nobody_is_singled_out():
    stops = {"conv2d": RIGHT, "conv2d_channels": BLANK, "conv2d_bank": BLANK}
    own = {TWO: [row(f"s{i}", stops if i < 3 else of_two(35)) for i in range(5)]}
    assert stuck(own, {}, NAMES) == []
