"""How long a student waits for the answer of a ``check``, drawing included."""

from __future__ import annotations

import statistics
import time

from cnnlab.engine.examine import examine
from cnnlab.engine.exercise import EXERCISES, Exercise
from cnnlab.engine.lesson import LESSONS
from cnnlab.engine.page import as_html
from cnnlab.engine.shown import as_text
from cnnlab.engine.verdict import Known


def checks() -> None:
    """Print, per lesson, the milliseconds of a check: of right answers, of known mistakes.

    Each with what a notebook does for the first time in its session left out. The last column
    says how many times as long as our own answer alone takes on the same cases.
    """
    print("check, milliseconds: median, 95 % and longest, and the median against the bare calls")
    print(f"{'':20}{'right':>24}{'wrong':>24}{'against bare':>16}")
    for lesson in LESSONS:
        mine = [e for e in EXERCISES.values() if e.lesson == lesson]
        right = [_waited(e, e.reference) for e in mine]
        wrong = [_waited(e, _mistaken(e, m.function)) for e in mine for m in e.mistakes]
        ratios = [all_ / bare for (all_, bare) in right + wrong]
        columns = [_summary([all_ for all_, _ in times]) for times in (right, wrong)]
        print(f"{lesson:20}{columns[0]:>24}{columns[1]:>24}{statistics.median(ratios):>15.1f}×")


def _mistaken(exercise: Exercise, function):
    return lambda *args, **kwargs: function(exercise.reference, *args, **kwargs)


def _waited(exercise: Exercise, answer) -> tuple[float, float]:
    """Seconds of a check, and of our own answer on its cases."""
    examine(exercise, answer)  # what is loaded once
    began = time.perf_counter()
    known = Known(exercise, 0)
    for i in range(len(known.cases)):
        known.right[i]
    bare = time.perf_counter() - began
    began = time.perf_counter()
    report = examine(exercise, answer)
    as_text(report), as_html(report)
    return time.perf_counter() - began, bare


def _summary(seconds: list[float]) -> str:
    ordered = sorted(1000 * s for s in seconds)
    high = ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]
    return f"{statistics.median(ordered):.0f} {high:.0f} {ordered[-1]:.0f}"
