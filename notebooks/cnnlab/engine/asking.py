"""Which exercise and which answer are meant by what ``check``, ``hint`` or ``replay`` is given."""

from __future__ import annotations

import difflib
import types
from typing import Any

from .exercise import EXERCISES, Exercise, StandIn


class NoAnswer(NameError):
    """check, hint or replay was given something that is not an answer to any exercise."""

    def _render_traceback_(self) -> list[str]:
        """What IPython shows: the sentence, without a way through this package."""
        return [f"{type(self).__name__}: {self}"]


def asked(answer: Any, value: dict[str, Any]) -> tuple[Exercise, Any]:
    """The exercise and the answer that are meant by the arguments of a ``check``.

    ``check(conv1d)`` for a function or class, ``check("conv1d")`` for the one that was filled in
    last; ``check(worked_example=worked_example)`` for a value. Raises NoAnswer.
    """
    if value:
        return _given_by_name(answer, value)
    exercise = find(answer)
    if isinstance(answer, (str, Exercise)):
        answer = exercise.answer or exercise
        if not exercise.signature.parameters:
            raise NoAnswer(f"Write check({exercise.name}={exercise.name}): it is a value.")
    elif isinstance(answer, type) and not exercise.is_class:
        raise NoAnswer(f"{exercise.name} is to be a function: def {exercise.name}, not class.")
    return exercise, answer


def find(answer: Any) -> Exercise:
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


def _given_by_name(answer: Any, value: dict[str, Any]) -> tuple[Exercise, Any]:
    """The exercise and the answer that ``check(NAME=…)`` means."""
    (name, content), *more = value.items()
    if answer is not None or more:
        raise NoAnswer(f"One answer at a time: write check({name}={name}).")
    exercise = find(name)
    if isinstance(content, StandIn):
        return exercise, content.as_value()
    if not exercise.signature.parameters:
        return exercise, lambda: content
    if not callable(content):
        raise NoAnswer(_not_an_answer(content, name))
    return exercise, content


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
