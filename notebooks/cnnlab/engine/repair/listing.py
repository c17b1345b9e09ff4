"""All edits that a search tries: those of the lines that run, one by one and several at once."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Iterator
from typing import Any

from . import expressions, statements
from .edits import Edit
from .names import Scope
from .program import Program
from .slots import slots
from .tracing import Traced, traced

SEVERAL = 0.4
"""So much more an edit costs if it is made in several places."""


def listed(program: Program, call: Callable[[Callable], Any]) -> list[tuple[Edit, ...]]:
    """All that is tried, the cheapest first. call: calls the answer."""
    edits = edits_of(program, call)
    return sorted([*((edit,) for edit in edits), *together(edits)], key=cost)


def cost(edits: tuple[Edit, ...]) -> float:
    """What is tried first."""
    return max(edit.cost for edit in edits) + SEVERAL * (len(edits) > 1)


BY_CHANCE = ("name for a constant", "copy missing", "clone missing")
"""The kinds of edits that are the least sure: some number will do in many a place, and a fresh
array in the place of a strange one."""


def doubtful(edits: tuple[Edit, ...]) -> bool:
    """Whether they may do by chance."""
    return any(edit.kind in BY_CHANCE or edit.role == "condition" for edit in edits)


def edits_of(program: Program, call: Callable[[Callable], Any]) -> list[Edit]:
    """All edits of the lines that run when the answer is called, the cheapest first."""
    return sorted(_edits(program, traced(program, call)), key=lambda edit: edit.cost)


def _edits(program: Program, seen: Traced) -> Iterator[Edit]:
    """All edits of the lines that ran."""
    for function, scope in _functions(program, seen):
        for statement in _inside(function):
            if statement.lineno in seen.lines or statement is function:
                for slot in slots(statement):
                    yield from expressions.edits_of(slot, scope)
            for field in ("body", "orelse"):
                if isinstance(getattr(statement, field, None), list):
                    for edit in statements.edits_of(statement, field, scope):
                        if edit.statement.lineno in seen.lines:
                            yield edit


def _functions(program: Program, seen: Traced) -> Iterator[tuple[ast.FunctionDef, Scope]]:
    """Each function and method of which a line ran, and what is known of its names."""
    own = {s.name for s in program.tree.body if hasattr(s, "name")}  # type: ignore[attr-defined]
    for definition in program.tree.body:
        among = definition.body if isinstance(definition, ast.ClassDef) else [definition]
        of_self = [
            node.attr
            for node in ast.walk(definition)
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
        ]
        for function in among:
            if isinstance(function, ast.FunctionDef):
                lines = range(function.lineno, (function.end_lineno or 0) + 1)
                if any(line in seen.lines for line in lines):
                    yield function, seen.scope(function, program, own, list(dict.fromkeys(of_self)))


def _inside(function: ast.FunctionDef) -> Iterator[ast.stmt]:
    """A function, and all statements in it."""
    return (node for node in ast.walk(function) if isinstance(node, ast.stmt))


def together(edits: list[Edit]) -> Iterator[tuple[Edit, ...]]:
    """The same edit in several places at once."""
    groups: dict[tuple, list[Edit]] = {}
    for edit in edits:
        if edit.key is not None:
            groups.setdefault(edit.key, []).append(edit)
    for group in groups.values():
        if _of_places(group):
            yield tuple(group)
            for role in {edit.role for edit in group if "slice" in edit.role}:
                some = [edit for edit in group if edit.role == role]
                if len(some) < len(group) and _of_places(some):
                    yield tuple(some)
    for key, group in groups.items():  # a for b, and b for a
        kind, *exchanged = key
        other = groups.get((kind, *exchanged[::-1]))
        if kind in ("name", "string") and other and exchanged == sorted(exchanged):
            pairs = itertools.product(group, other)
            yield from (pair for pair in pairs if pair[0].statement is pair[1].statement)
            if _of_places([*group, *other]):
                yield (*group, *other)


def _of_places(group: list[Edit]) -> bool:
    """Whether these are edits of several places, one each."""
    return 2 <= len(group) <= 12 and len({id(edit.code) for edit in group}) == len(group)
