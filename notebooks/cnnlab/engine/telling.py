"""An exception in words: the student's own line, the operation, what its names hold, what it means.

An error inside NumPy or torch is led back to the line of the student's that called them. That is
the line *where it showed*; the mistake often stands elsewhere, and nothing here says otherwise.

Like ``refusing`` this file is also in the grader's sandbox, with nothing else of cnnlab: it stands
alone and imports neither NumPy nor torch.
"""

from __future__ import annotations

import ast
import dataclasses
import dis
import re
import types
from collections.abc import Callable
from typing import Any

from .at_work import Place, Seen, is_tensor, length, listed
from .meaning import meaning

MOST = 600
"""Characters of a sentence."""


@dataclasses.dataclass(frozen=True)
class Told:
    """Where an exception showed, and in words.

    line, code: the last line of the student's own code that it went through; None, "": none.
    words: the operation there with what its names hold, and what that usually means; "": nothing.
    """

    line: int | None = None
    code: str = ""
    words: str = ""


def told(
    problem: BaseException, rows_of: Callable[[str], list[str] | None], answer: Any = None
) -> Told:
    """Tell of an exception.

    rows_of: the lines of a file of the student's own, by its name; None: it is not theirs.
    answer: what was called, for errors that show before any line of it has run.
    """
    step = _last_own(problem, rows_of)
    if step is None:
        return Told(words=_before_any_line(problem, answer))
    line, rows = step.tb_lineno, rows_of(step.tb_frame.f_code.co_filename) or []
    code = rows[line - 1].strip() if 0 < line <= len(rows) else ""
    try:
        words = _in_words(problem, step, rows)
    except BaseException:  # a student's own kind of value may raise whatever is asked of it
        words = ""
    return Told(line, code, words[:MOST])


def on_purpose(problem: NotImplementedError) -> bool:
    """Whether a ``raise`` stands where an exception comes from, and not one of torch's.

    So an exercise that is not filled in differs from a method that torch has not implemented.
    """
    steps = _steps(problem)
    if not steps or type(problem) is not NotImplementedError:
        return True  # NotFilledIn, for one
    frame = steps[-1].tb_frame
    raises = frame.f_code.co_code[steps[-1].tb_lasti] == _RAISE
    return raises and not frame.f_globals.get("__name__", "").startswith("torch")


_RAISE = dis.opmap["RAISE_VARARGS"]


def _steps(problem: BaseException) -> list[types.TracebackType]:
    """The way of an exception, from where it was caught to where it was raised."""
    steps, step = [], problem.__traceback__
    while step is not None:
        steps.append(step)
        step = step.tb_next
    return steps


def _last_own(
    problem: BaseException, rows_of: Callable[[str], list[str] | None]
) -> types.TracebackType | None:
    own = [s for s in _steps(problem) if rows_of(s.tb_frame.f_code.co_filename) is not None]
    return own[-1] if own else None


# ── in words ────────────────────────────────────────────────────────────────


def _in_words(problem: BaseException, step: types.TracebackType, rows: list[str]) -> str:
    place = Place(step, rows)
    seen = place.seen()
    told = [f"`{s.text}` {_is(s.value)}" for s in seen if _telling(s)]
    where = "" if isinstance(place.node, ast.Raise) else f"In `{place.text[:120]}`, "
    facts = f"{where}{listed(told)}." if told and place.text else ""
    return " ".join(filter(None, (facts, meaning(problem, place, seen))))


def _telling(seen: Seen) -> bool:
    """Whether it helps to hear what a part was: not of a constant, not of a module."""
    if isinstance(seen.node, ast.Constant) or seen.text == "self":
        return False
    return not isinstance(seen.value, (types.ModuleType, types.FunctionType, type))


def _is(value: Any) -> str:
    """What a value is: "has the shape (2,)", "is 5", "is None"."""
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple) and not isinstance(value, type):
        if shape or is_tensor(value):
            return f"has the shape {tuple(shape)}"
        value = getattr(value, "item", lambda: value)()
    if value is None or isinstance(value, (bool, int, float, str)):
        return f"is {value!r:.40}"
    if isinstance(value, (list, tuple)):
        lengths = [length(v) for v in value]
        if not value:
            return f"is an empty {type(value).__name__}"
        if None not in lengths and len(set(lengths)) > 1:
            return f"is a {type(value).__name__} of {len(value)} with the lengths {_few(lengths)}"
        return f"is a {type(value).__name__} of {len(value)}"
    return f"is a {type(value).__name__}"


def _few(values: list) -> str:
    return ", ".join(map(str, values[:8])) + (", …" if len(values) > 8 else "")


def _before_any_line(problem: BaseException, answer: Any) -> str:
    """An error that shows before a line of the answer has run."""
    if isinstance(problem, TypeError) and "positional argument" in str(problem):
        close = [n for n in vars(answer) if re.fullmatch(r"_*init_*", n)] if answer else []
        if isinstance(answer, type) and close and "__init__" not in vars(answer):
            return (
                f"Your class has a method `{close[0]}`, which nobody calls: what sets a model up "
                "is called `__init__`, with two underscores on each side."
            )
    if "NoneType" in str(problem):
        return "What yours gave was None: is a return missing, in `forward` or another method?"
    return ""
