"""How long a student waits for a ``check``: until a report stands, and until it is complete."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import random
import statistics
import time
import warnings
from collections.abc import Callable, Iterator

from cnnlab.engine.examine import examine
from cnnlab.engine.exercise import EXERCISES, Exercise
from cnnlab.engine.page import as_html
from cnnlab.engine.shown import as_text
from cnnlab.engine.verdict import Known, Report

from ..releasing import build
from .slips import answers, slips


@dataclasses.dataclass(frozen=True)
class Waited:
    """Seconds of one check until its report stood and until it was complete; of the bare calls."""

    stood: float
    complete: float
    bare: float
    status: str


def checks() -> None:
    """Print, per lesson, what students wait for the instructor's answers, and for slips of these.

    The drawing is included; what a session does once is not. The last column says how many times
    as long as our own function alone takes on the same cases.
    """
    print("check, milliseconds until a report stands: median, 95 %, longest; and until complete")
    print(f"{'':20}{'right':>18}{'slips':>18}{'complete':>18}{'median against bare':>21}")
    everything: list[Waited] = []
    for lesson in build.lesson_names():
        done = list(_lesson(lesson))
        _row(lesson, done)
        everything += done
    _row("all", everything)


def _lesson(lesson: str) -> Iterator[Waited]:
    chance = random.Random(0)
    for right in answers(lesson):
        for source in (right.source, *(slip for _, slip in slips(right, chance, 3))):
            answer = right.defined(source)
            if answer is not None:
                yield _waited(EXERCISES[right.name], answer)


def _waited(exercise: Exercise, answer: Callable) -> Waited:
    began = time.perf_counter()
    known = Known(exercise, 0)
    for i in range(len(known.cases)):
        known.right[i]
    bare = time.perf_counter() - began
    stood: list[float] = []

    def show(report: Report) -> None:
        as_text(report), as_html(report)
        stood.append(time.perf_counter() - began)

    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        began = time.perf_counter()
        report = examine(exercise, answer, meanwhile=show)
        show(report)
    return Waited(stood[0], stood[-1], bare, report.status)


def _row(name: str, done: list[Waited]) -> None:
    right = [w.stood for w in done if w.status == "correct"]
    slips = [w for w in done if w.status == "incorrect"]
    columns = (right, [w.stood for w in slips], [w.complete for w in slips])
    ratio = statistics.median(w.stood / w.bare for w in done)
    print(f"{name:20}{''.join(f'{_summary(c):>18}' for c in columns)}{ratio:>20.1f}×", flush=True)


def _summary(seconds: list[float]) -> str:
    ordered = sorted(1000 * s for s in seconds)
    if not ordered:
        return "–"
    late = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    return f"{statistics.median(ordered):.0f} {late:.0f} {ordered[-1]:.0f}"
