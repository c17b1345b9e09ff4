"""What can be seen in an answer's source without running it, and is true whatever the reason.

A parameter that no line reads, or that is overwritten first; a value that no line reads; a return
that ends a loop in its first round.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
from collections.abc import Iterator
from typing import Any

from ..calling import rows_of
from ..exercise import Case, Exercise
from ..repair.program import code_of
from ..verdict import Explanation, Result
from .certain import unread
from .simple import simplest


@dataclasses.dataclass(frozen=True)
class Fact:
    """A sentence; kind, role: what it is about; lines: where, if it is a place."""

    sentence: str
    kind: str
    role: str
    lines: tuple[int, ...] = ()


def static(answer: Any, exercise: Exercise) -> list[Fact]:
    """All such facts, those first that leave least doubt."""
    names = unread(answer, exercise)
    found = []
    if names:
        listed = " or ".join(f"`{name}`" for name in names)
        found.append(Fact(f"No line of yours reads {listed}.", "never read", names[0]))
    function = _function(answer)
    if function is not None:
        found += _overwritten(function)
        found += _ends_a_loop(function)
        found += _for_nothing(function)
    return found


def seen(facts: list[Fact], results: list[Result], exercise: Exercise) -> Explanation | None:
    """The first that may well be the cause of all that is wrong.

    A parameter that no line reads explains the cases in which it is given; a value for nothing
    explains none. Where something raises that speaks for itself.
    """
    wrong = [i for i, r in enumerate(results) if r.problem and not r.case.raises]
    if not wrong or any(results[i].outcome.status != "returned" for i in wrong):
        return None
    shown = simplest(results, wrong)
    for fact in facts:
        given = fact.kind != "never read" or all(
            _given(fact.role, results[i].case, exercise) for i in wrong
        )
        if given and fact.kind in ("never read", "overwritten", "return"):
            told = (fact.sentence, fact.kind, fact.role, shown, len(wrong), len(wrong))
            return Explanation("static", *told, fact.lines)
    return None


def _given(name: str, case: Case, exercise: Exercise) -> bool:
    """Whether a case gives a parameter another value than its default."""
    parameters = exercise.signature.parameters
    if case.probe or parameters[name].default is inspect.Parameter.empty:
        return True
    given = dict(zip(parameters, case.args, strict=False)) | case.kwargs
    return name in given and given[name] is not parameters[name].default


def _function(answer: Any) -> ast.FunctionDef | None:
    """The tree of a function; None: its source is not there, or it is a class."""
    code = None if isinstance(answer, type) else code_of(answer)
    rows = rows_of(code.co_filename) if code else None
    if code is None or not rows:
        return None
    try:
        tree = ast.parse("".join(rows))
    except SyntaxError:
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == code.co_name:
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            if first == code.co_firstlineno:
                return node
    return None


def _overwritten(function: ast.FunctionDef) -> Iterator[Fact]:
    """Parameters that get another value before their own has been read."""
    for parameter in function.args.args:
        uses = [n for n in _names(function) if n.id == parameter.arg]
        uses.sort(key=lambda n: n.lineno)
        if not uses or not isinstance(uses[0].ctx, ast.Store):
            continue
        first = uses[0]
        here = [n for n in uses if n.lineno == first.lineno]
        if all(isinstance(n.ctx, ast.Store) for n in here) and _assigned(function, first):
            yield Fact(
                f"Line {first.lineno} gives `{first.id}` another value before its own is read.",
                *("overwritten", first.id, (first.lineno,)),
            )


def _assigned(function: ast.FunctionDef, name: ast.Name) -> bool:
    """Whether a plain assignment of the function's own block stores a name."""
    return any(isinstance(s, ast.Assign) and name in s.targets for s in function.body)


def _for_nothing(function: ast.FunctionDef) -> Iterator[Fact]:
    """Values that no line reads."""
    read = {n.id for n in _names(function) if isinstance(n.ctx, ast.Load)}
    given = {a.arg for a in function.args.args}
    for statement in ast.walk(function):
        if not isinstance(statement, ast.Assign) or len(statement.targets) > 1:
            continue
        target = statement.targets[0]
        if isinstance(target, ast.Name) and target.id not in read | given | {"_"}:
            yield Fact(
                f"Line {statement.lineno} sets `{target.id}`, and no line reads it.",
                *("no line reads it", "value", (statement.lineno,)),
            )


def _ends_a_loop(function: ast.FunctionDef) -> Iterator[Fact]:
    """A return at the end of a loop's block."""
    for loop in ast.walk(function):
        if isinstance(loop, (ast.For, ast.While)) and isinstance(loop.body[-1], ast.Return):
            line = loop.body[-1].lineno
            yield Fact(
                f"Line {line} returns in the first round of the loop.", "return", "loop", (line,)
            )


def _names(function: ast.FunctionDef) -> list[ast.Name]:
    return [n for n in ast.walk(function) if isinstance(n, ast.Name)]
