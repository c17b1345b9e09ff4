"""What students call: check, hint, progress, replay."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from html import escape
from typing import Any

from .engine.asking import asked, find
from .engine.examine import examine
from .engine.exercise import EXERCISES, Exercise, NotFilledIn
from .engine.output import Live, put
from .engine.page import as_html, framed
from .engine.shown import HEADLINE, MARK, as_text, number
from .engine.verdict import MIME, Report

_latest: dict[str, Report] = {}


class Points(float):
    """The points earned by a check: a number, which is how nbgrader gives partial credit."""

    max_points: float

    def _repr_html_(self) -> str:
        return f"<b>{number(self)}</b> of {number(self.max_points)} points"


def check(
    answer: Any = None, *, hidden: bool = False, points: float | None = None, **value: Any
) -> Points:
    """Say whether an answer is right and, if not, where and probably why.

    ``check(conv1d)`` for a function or class, ``check("conv1d")`` for the one that was filled in
    last; ``check(worked_example=worked_example)`` for a value. Never raises because of the
    answer; NameError says in one sentence what to write instead of something that is none.
    Its value is the points earned.

    hidden: use cases that nobody has seen, and do not show them (for the grader).
    points: what a right answer earns in this course, where that is not what is declared. The
        grader does not ask the notebook: it has its own copy of the cell.
    """
    exercise, answer = asked(answer, value)
    seed = secrets.randbits(32) if hidden else 0
    live = Live()

    def training() -> None:
        said = f"{exercise.name}: all that is quick is right; now it trains."
        bar = f"<p>{escape(said)} <progress aria-label='training'></progress></p>"
        live.put(_both(said, bar), done=False)

    report = examine(exercise, answer, seed, hidden=hidden, worth=points, training=training)
    return tell(report, live)


def tell(report: Report, live: Live | None = None) -> Points:
    """Show a report where the student looks, remember it, and give its points.

    live: what it takes the place of.
    """
    if not report.hidden:
        _latest[report.exercise.name] = report
    shown = {**_both(as_text(report), as_html(report)), MIME: report.as_data()}
    (live or Live()).put(shown, done=True)
    points = Points(report.points)
    points.max_points = report.max_points
    return points


_given: dict[str, int] = {}


def hint(answer: Any) -> None:
    """Give hints: first a question, then a formula or drawing, then a skeleton.

    In a notebook each is behind a button and stays, and the next button follows it; elsewhere
    each call gives one more.
    """
    exercise = find(answer)
    if not exercise.hints:
        put({"text/plain": f"There are no hints for {exercise.name}."})
    else:
        put({"text/plain": _one_more(exercise), "text/markdown": _buttons(exercise)})


_BUTTON = (
    "cursor:pointer;display:inline-block;border:1px solid #767676;border-radius:6px;"
    "padding:.25em .8em;margin:.3em 0"
)


def _buttons(exercise: Exercise) -> str:
    """The hints as Markdown, each in what the one before opens: it needs no kernel and no mouse."""
    out = ""
    kinds = ["a question", "a formula or drawing", "a skeleton to fill in"]
    for i, text in reversed([*enumerate(exercise.hints)]):
        kind = f": {kinds[i]}" if len(exercise.hints) == len(kinds) else ""
        title = f"Hint {i + 1} of {len(exercise.hints)} for {exercise.name}{kind}"
        button = f"<summary style='{_BUTTON}'>{title}</summary>"
        out = f"<details>{button}\n\n{text}\n\n{out}</details>\n\n"
    return out


def _one_more(exercise: Exercise) -> str:
    """The next hint as text, and after the last one the first again."""
    place = _given.get(exercise.name, 0) % len(exercise.hints)
    _given[exercise.name] = place + 1
    left = len(exercise.hints) - place - 1
    more = (
        f"Run the cell again for the next of {left} more."
        if left
        else "That was the last one; run the cell again to start over."
    )
    title = f"Hint {place + 1} of {len(exercise.hints)} for {exercise.name}"
    return f"**{title}**\n\n{exercise.hints[place]}\n\n*{more}*"


def progress(
    lesson: str | None = None,
    *,
    points: Mapping[str, float] | None = None,
    skip: Collection[str] = (),
) -> None:
    """Show which exercises are right, wrong or not attempted, and the points so far.

    points, skip: what a course gives other points than declared, and what it leaves out; they
        stand in the cell of a course that does so.
    Counts the checks of this session only, and tells nobody.
    """
    rows, earned, possible = [], 0.0, 0.0
    lessons = {_latest[name].exercise.lesson for name in _latest}
    for exercise in EXERCISES.values():
        if exercise.lesson != lesson and (lesson or (lessons and exercise.lesson not in lessons)):
            continue
        if exercise.name in skip:
            continue
        report = _latest.get(exercise.name)
        status = report.status if report else "not attempted"
        got = report.points if report else 0.0
        most = report.max_points if report else (points or {}).get(exercise.name, exercise.points)
        earned, possible = earned + got, possible + most
        cause = report.causes[0].name if report and report.causes else ""
        rows.append(
            (
                exercise.name,
                f"{MARK[status]} {HEADLINE[status]}",
                f"{number(got)} of {number(most)}",
                cause,
            )
        )
    total = f"{number(earned)} of {number(possible)} points"
    head = ("exercise", "status", "points", "likely cause")
    table = "".join(
        "<tr>" + "".join(f"<td style='text-align:left'>{escape(c)}</td>" for c in row) + "</tr>"
        for row in rows
    )
    heads = "".join(f"<th scope='col' style='text-align:left'>{h}</th>" for h in head)
    widths = [max(len(r[i]) for r in [head, *rows]) for i in range(4)]
    text = "\n".join(
        "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip()
        for row in [head, *rows]
    )
    page = (
        f"<table><caption>Your progress: {total}</caption><thead><tr>{heads}</tr></thead>"
        f"<tbody>{table}</tbody></table>"
    )
    put(_both(f"{text}\n{total}", page))


def not_filled_in(problem: NotFilledIn) -> dict[str, Any]:
    """What is shown where a cell needs an answer that is not there yet: no crash, only news."""
    title = f"{MARK['not attempted']} {problem.exercise}: {HEADLINE['not attempted']}"
    page = framed("not attempted", title, f"<p style='margin:.5em 0'>{escape(str(problem))}</p>")
    return _both(f"{title}\n  {problem}", page)


def _both(text: str, page: str) -> dict[str, Any]:
    return {"text/plain": text, "text/html": page}


def replay(name: str, number: int, seed: int = 0) -> Any:
    """The arguments of a case that a check talked about: ``x, f = replay("conv1d", 3)``."""
    exercise = find(name)
    cases = exercise.draw(seed)
    if not 0 <= number < len(cases):
        raise IndexError(f"{exercise.name} has the cases 0 to {len(cases) - 1}, not {number}.")
    given = (*cases[number].args, *cases[number].kwargs.values())
    return given[0] if len(given) == 1 else given
