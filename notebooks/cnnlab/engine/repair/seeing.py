"""What the edited part is in the case that goes wrong, and what it would have to be.

Both are seen in one run of the student's own program: a number against a number says where to look,
and is no formula.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from .edits import Edit
from .program import Program
from .quoting import parents, watched

LONGEST = 24
"""Characters of a value."""

_SEE = "_see_both"


def seen(program: Program, edit: Edit, call: Callable[[Callable], Any]) -> tuple[str, str, str]:
    """(what it is, what it would be, what is computed then), the first time they differ.

    All "" where they cannot be said in a few characters: of a statement, or of arrays alike; and
    where they would repeat what is expected, and what was returned.
    """
    if edit.code is None or isinstance(edit.statement, (ast.FunctionDef, ast.ClassDef)):
        return "", "", ""
    values: list[tuple[str, str, str]] = []
    moment = _Moment(program.tree, edit)

    def see(own: Any, repaired: Callable[[], Any], place: Callable[[], Any]) -> Any:
        if not values:
            try:
                was, would = told(own, other := repaired())
                if was != would or not _same(own, other):
                    values.append((was, would, moment.told(place())))
            except Exception:
                values.append(("", "", ""))
        return own

    place = watched(edit)
    old, new = copy.deepcopy(place), _edited(edit, place)
    if not isinstance(new, ast.expr):
        return "", "", ""
    nothing = ast.arguments([], [], None, [], [], None, [])
    both = ast.Call(
        ast.Name(_SEE, ast.Load()),
        [old, ast.Lambda(nothing, new), ast.Lambda(nothing, moment.looked_at())],
        [],
    )
    watching = Edit(
        *(0, "", "", edit.statement, edit.line, None, None),
        lambda: [_instead(edit.statement, place, both)],
    )
    try:
        watching.apply()
        call(program.run(program.tree, {_SEE: see}))
    except Exception:
        return "", "", ""
    finally:
        watching.undo()
    was, would, at = values[0] if values else ("", "", "")
    numbers = was[-1:].isdigit() and would[-1:].isdigit()
    return ("", "", "") if numbers and _is_the_result(edit.statement, place) else (was, would, at)


def _edited(edit: Edit, place: ast.expr) -> ast.AST:
    """The watched part as it is when the edit is made: it may be what is edited, or hold it."""
    if place is edit.code:
        return copy.deepcopy(edit.new())
    edit.apply()
    new = copy.deepcopy(place)
    edit.undo()
    return new


def _instead(statement: ast.stmt, old: ast.expr, new: ast.expr) -> tuple:
    """The change that puts another expression in the place of one of a statement's."""
    owner, field = parents(statement)[old]
    value = getattr(owner, field)
    if isinstance(value, list):
        return owner, field, [new if item is old else item for item in value]
    return owner, field, new


def _is_the_result(statement: ast.stmt, place: ast.expr) -> bool:
    """Whether the report shows this value already: what is returned, or an entry of it."""
    entry = isinstance(statement, ast.Assign) and _target(statement) is not None
    return place is getattr(statement, "value", None) and (
        entry or isinstance(statement, ast.Return)
    )


class _Moment:
    """When something is seen: which entry is computed, or what the loops have come to."""

    def __init__(self, tree: ast.AST, edit: Edit):
        self._target = _target(edit.statement)
        inside = {n for part in ([self._target] if self._target else []) for n in ast.walk(part)}
        self._loops = _loops(tree, edit.statement) if edit.code in inside else []

    def looked_at(self) -> ast.expr:
        """The numbers that tell it, as an expression."""
        if self._loops:
            parts: list[ast.expr] = [ast.Name(name, ast.Load()) for name in self._loops]
            return ast.Tuple(parts, ast.Load())
        return _index(self._target)

    def told(self, numbers: Any) -> str:
        """It in words: what is computed, or the values of the loops; "" if it is neither."""
        if numbers is None or not all(isinstance(i, (int, np.integer)) for i in numbers):
            return ""
        if self._loops:
            each = [f"`{n}` is {int(i)}" for n, i in zip(self._loops, numbers, strict=True)]
            return " and ".join(each)
        assert self._target is not None and isinstance(self._target.value, ast.Name)
        return f"`{self._target.value.id}[{', '.join(str(int(i)) for i in numbers)}]` is computed"


def _loops(tree: ast.AST, statement: ast.stmt) -> list[str]:
    """What counts the loops around a statement, the outer ones first."""
    around = [n for n in ast.walk(tree) if isinstance(n, ast.For) and statement in ast.walk(n)]
    return [n.target.id for n in around if isinstance(n.target, ast.Name)]


def _index(target: ast.Subscript | None) -> ast.expr:
    """The index that a statement assigns to, to be looked at; None if it has none."""
    parts = [] if target is None else _parts(target)
    if target is None or not all(isinstance(p, (ast.Name, ast.Constant)) for p in parts):
        return ast.Constant(None)
    loaded = [ast.Name(p.id, ast.Load()) if isinstance(p, ast.Name) else p for p in parts]
    return ast.Tuple(loaded, ast.Load())


def _target(statement: ast.stmt) -> ast.Subscript | None:
    """What an assignment assigns to, if it is one entry of a name."""
    targets = getattr(statement, "targets", [getattr(statement, "target", None)])
    target = targets[0]
    named = isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name)
    return target if named and isinstance(statement, (ast.Assign, ast.AugAssign)) else None


def _parts(target: ast.Subscript) -> list[ast.expr]:
    return target.slice.elts if isinstance(target.slice, ast.Tuple) else [target.slice]


def told(own: Any, other: Any) -> tuple[str, str]:
    """Two values in a few characters each; of arrays the shapes, or how one comes of the other."""
    if isinstance(own, list) and hasattr(other, "shape"):
        return "a list", "an array"
    was, would = short(own), short(other)
    if was and would:
        return (was, would) if was != would else ("", "")
    one, two = (getattr(v, "shape", None) for v in (own, other))
    if one == two:  # arrays alike, or neither is one
        return "", ""
    was, would = (f"the number {t}" if t[-1:].isdigit() else t for t in (was, would))
    return was or _shape(one), would or _shape(two)


def _shape(shape: Any) -> str:
    if not isinstance(shape, tuple):
        return ""
    return f"an array of shape {tuple(shape)}" if shape else "a single number"


def short(value: Any) -> str:
    """A number, a word or a few numbers as text; "" if it takes more."""
    if isinstance(value, (bool, np.bool_)) or value is None:
        return str(value)
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple) and shape == () and hasattr(value, "item"):
        value = value.item()
    if isinstance(value, (int, float)):
        return f"{value:.6g}" if abs(value) < 1e7 else ""
    if isinstance(value, str):
        return repr(value) if len(value) <= LONGEST - 2 else ""
    if isinstance(value, (list, tuple)) and len(value) <= 4:
        parts = [short(v) for v in value]
        text = ", ".join(parts)
        whole = f"({text})" if isinstance(value, tuple) else f"[{text}]"
        return whole if all(parts) and len(whole) <= LONGEST else ""
    return ""


def _same(own: Any, other: Any) -> bool:
    """Whether two values are alike, as far as can be seen at once."""
    try:
        return bool(np.array_equal(np.asarray(own), np.asarray(other)))
    except Exception:
        return False
