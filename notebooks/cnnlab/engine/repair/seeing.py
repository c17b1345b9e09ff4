"""What the edited part is in the case that goes wrong, and what it would have to be.

Both are seen in one run of the student's own program: a number against a number says where to look,
and is no formula.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import numpy as np

from .edits import Edit
from .program import Program

LONGEST = 24
"""Characters of a value."""

_SEE = "_see_both"


def seen(program: Program, edit: Edit, call: Callable[[Callable], Any]) -> tuple[str, str, str]:
    """(what it is, what it would be, what is computed then), the first time they differ.

    All "" where they cannot be said in a few characters: of a statement, or of arrays alike.
    """
    if edit.code is None or isinstance(edit.statement, (ast.FunctionDef, ast.ClassDef)):
        return "", "", ""
    values: list[tuple[str, str, str]] = []

    def see(own: Any, repaired: Callable[[], Any], place: Callable[[], Any]) -> Any:
        if not values:
            try:
                was, would = told(own, other := repaired())
                if was != would or not _same(own, other):
                    values.append((was, would, _at(edit.statement, place)))
            except Exception:
                values.append(("", "", ""))
        return own

    old, new = edit.code, edit.new()
    if not isinstance(new, ast.expr):
        return "", "", ""
    nothing = ast.arguments([], [], None, [], [], None, [])
    both = ast.Call(
        ast.Name(_SEE, ast.Load()),
        [old, ast.Lambda(nothing, new), ast.Lambda(nothing, _index(edit.statement))],
        [],
    )
    watching = Edit(
        *(0, "", "", edit.statement, edit.line, old, None),
        lambda: [_instead(change, old, both) for change in edit.make()],
    )
    try:
        watching.apply()
        call(program.run(program.tree, {_SEE: see}))
    except Exception:
        return "", "", ""
    finally:
        watching.undo()
    return values[0] if values else ("", "", "")


def _instead(change: tuple, old: ast.expr, new: ast.expr) -> tuple:
    """The same change, with another expression in that place."""
    owner, field, value = change
    if isinstance(value, list):
        return owner, field, [new if o is old else o for o in getattr(owner, field)]
    return owner, field, new


def _index(statement: ast.stmt) -> ast.expr:
    """The index that the statement assigns to, to be looked at; None if it has none."""
    target = _target(statement)
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


def _at(statement: ast.stmt, place: Callable[[], Any]) -> str:
    """ "h[0]" for what is computed then; "" if it is not one entry."""
    target, index = _target(statement), place()
    if target is None or index is None or not all(isinstance(i, (int, np.integer)) for i in index):
        return ""
    assert isinstance(target.value, ast.Name)
    return f"{target.value.id}[{', '.join(str(int(i)) for i in index)}]"


def part_of(edit: Edit, source: str) -> str:
    """What is too much in the edited expression, in the student's own words: "…[::-1]"."""
    node, kind = edit.code, edit.kind
    if node is None:
        return ""
    whole = ast.get_source_segment(source, node) or ""
    if kind == "keyword too much" and edit.key:
        return f"{edit.key[2]}=…"
    if kind == "function":
        called = node.func if isinstance(node, ast.Call) else node
        return ast.get_source_segment(source, called) or ""
    kept = edit.new() if kind.endswith("too much") else node
    if not hasattr(kept, "lineno") or kept is node or not isinstance(kept, ast.expr):
        return ""
    text = ast.get_source_segment(source, kept)
    return whole.replace(text, "…", 1) if text and text in whole and text != whole else ""


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
