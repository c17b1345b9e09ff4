"""What students call: check, hint, progress, replay."""

from __future__ import annotations

import difflib
import secrets
import types
from html import escape
from typing import Any

from .engine.examine import examine
from .engine.exercise import EXERCISES, Exercise
from .engine.output import put
from .engine.shown import HEADLINE, MARK, as_html, as_text, number
from .engine.verdict import Report

_latest: dict[str, Report] = {}


class Points(float):
    """The points earned by a check: a number, which is how nbgrader gives partial credit."""

    max_points: float

    def _repr_html_(self) -> str:
        return f"<b>{number(self)}</b> of {number(self.max_points)} points"


def check(answer: Any = None, *, hidden: bool = False, **value: Any) -> Points:
    """Say whether an answer is right and, if not, where and probably why.

    ``check(conv1d)`` for a function or class, ``check("conv1d")`` for the one that was filled in
    last; ``check(worked_example=worked_example)`` for a value. Never raises because of the
    answer; NameError says in one sentence what to write instead of something that is none.
    Its value is the points earned.

    hidden: use cases that nobody has seen, and do not show them (for the grader).
    """
    if value:
        exercise, answer = _given_by_name(answer, value)
    else:
        exercise = _exercise(answer)
        if isinstance(answer, (str, Exercise)):
            answer = exercise.answer or exercise
            if not exercise.signature.parameters:
                raise NoAnswer(f"Write check({exercise.name}={exercise.name}): it is a value.")
        elif isinstance(answer, type) and not isinstance(exercise.stub, type):
            raise NoAnswer(f"{exercise.name} is to be a function: def {exercise.name}, not class.")
    seed = secrets.randbits(32) if hidden else 0
    return tell(examine(exercise, answer, seed, hidden=hidden))


class NoAnswer(NameError):
    """check, hint or replay was given something that is not an answer to any exercise."""

    def _render_traceback_(self) -> list[str]:
        """What IPython shows: the sentence, without a way through this package."""
        return [f"{type(self).__name__}: {self}"]


def tell(report: Report) -> Points:
    """Show a report where the student looks, remember it, and give its points."""
    if not report.hidden:
        _latest[report.exercise.name] = report
    data = report.as_data()
    put({**_both(as_text(report), as_html(report)), "application/vnd.cnnlab.report+json": data})
    points = Points(report.points)
    points.max_points = report.exercise.points
    return points


_given: dict[str, int] = {}


def hint(answer: Any) -> None:
    """Give the next hint: first a question, then a formula or drawing, then a skeleton."""
    exercise = _exercise(answer)
    if not exercise.hints:
        put({"text/plain": f"There are no hints for {exercise.name}."})
        return
    number_ = _given.get(exercise.name, 0) % len(exercise.hints)
    _given[exercise.name] = number_ + 1
    left = len(exercise.hints) - number_ - 1
    more = (
        f"Run the cell again for the next of {left} more."
        if left
        else "That was the last one; run the cell again to start over."
    )
    title = f"Hint {number_ + 1} of {len(exercise.hints)} for {exercise.name}"
    text = f"**{title}**\n\n{exercise.hints[number_]}\n\n*{more}*"
    put({"text/plain": text, "text/markdown": text})


def progress(lesson: str | None = None) -> None:
    """Show which exercises are right, wrong or not attempted, and the points so far.

    Counts the checks of this session only, and tells nobody.
    """
    rows, earned, possible = [], 0.0, 0.0
    lessons = {_latest[name].exercise.lesson for name in _latest}
    for exercise in EXERCISES.values():
        if exercise.lesson != lesson and (lesson or (lessons and exercise.lesson not in lessons)):
            continue
        report = _latest.get(exercise.name)
        status = report.status if report else "not attempted"
        points = report.points if report else 0.0
        earned, possible = earned + points, possible + exercise.points
        cause = report.causes[0].name if report and report.causes else ""
        rows.append(
            (
                exercise.name,
                f"{MARK[status]} {HEADLINE[status]}",
                f"{number(points)} of {number(exercise.points)}",
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


def _both(text: str, page: str) -> dict[str, Any]:
    return {"text/plain": text, "text/html": page}


def replay(name: str, number: int, seed: int = 0) -> Any:
    """The arguments of a case that a check talked about: ``x, f = replay("conv1d", 3)``."""
    exercise = _exercise(name)
    cases = exercise.draw(seed)
    if not 0 <= number < len(cases):
        raise IndexError(f"{exercise.name} has the cases 0 to {len(cases) - 1}, not {number}.")
    given = (*cases[number].args, *cases[number].kwargs.values())
    return given[0] if len(given) == 1 else given


def _given_by_name(answer: Any, value: dict[str, Any]) -> tuple[Exercise, Any]:
    """The exercise and the answer that ``check(NAME=…)`` means."""
    (name, content), *more = value.items()
    if answer is not None or more:
        raise NoAnswer(f"One answer at a time: write check({name}={name}).")
    exercise = _exercise(name)
    if hasattr(content, "outcome"):  # the grader's stand-in
        return exercise, content
    if not exercise.signature.parameters:
        return exercise, lambda: content
    if not callable(content):
        raise NoAnswer(_not_an_answer(content, name))
    return exercise, content


def _exercise(answer: Any) -> Exercise:
    """The exercise meant by a name, a function of that name, or the exercise itself."""
    if isinstance(answer, Exercise):
        return answer
    named = isinstance(answer, str) or (callable(answer) and hasattr(answer, "__name__"))
    if not named:
        raise NoAnswer(_not_an_answer(answer, "conv1d"))
    name = answer if isinstance(answer, str) else answer.__name__
    if name not in EXERCISES:
        near = difflib.get_close_matches(str(name), EXERCISES, 1, 0.5)
        meant = f"Did you mean {near[0]}? " if near else ""
        raise NoAnswer(
            f"there is no exercise called {name!r}. {meant}Give one of these, as it is defined in "
            f"its cell: {', '.join(EXERCISES)}."
        )
    return EXERCISES[name]


def _not_an_answer(given: Any, name: str) -> str:
    """The sentence about something that is neither a function nor the name of one."""
    made_of = type(given).__name__
    if made_of in EXERCISES:
        return f"Give the class itself, not what is made of it: {made_of}, without parentheses."
    if given is None:
        return f"Nothing was given: write the function's name, as in check({name})."
    if isinstance(given, types.ModuleType):
        return f"{given.__name__} is a module: give the function itself, as in check({name})."
    article = "an" if made_of[:1].lower() in "aeiou" else "a"
    return (
        f"This is {article} {made_of}, not an answer: give the function itself and not what it "
        f"returns, as in check({name}), without parentheses behind its name."
    )
