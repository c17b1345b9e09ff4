"""Small edits of what is read of an array: another entry, another end, another order."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .around import Raw, load
from .edits import Slot
from .names import Scope


def edits_of(node: ast.Subscript, slot: Slot, scope: Scope) -> Iterator[Raw]:
    """All edits of a subscript."""
    value, index = node.value, node.slice
    reversal = ast.unparse(index) == "::-1" if isinstance(index, ast.Slice) else False
    kind = "reversal too much" if reversal else "subscript too much"
    # Slices of one array are cut off together, whatever their bounds are.
    cut = isinstance(index, ast.Slice) and not reversal
    yield 0.9, kind, (ast.dump(value if cut else index),), lambda: value
    for other in scope.entries if slot.role != "index" else ():
        if ast.dump(other) != ast.dump(node):
            yield 1.6, "expression", None, lambda other=other: other

    def with_index(new: ast.expr) -> ast.expr:
        return ast.Subscript(value, new, ast.Load())

    parts = index.elts if isinstance(index, ast.Tuple) else [index]
    for i, part in enumerate(parts):
        for cost, kind, key, new in _index_part(part, scope):
            others = [*parts[:i], new, *parts[i + 1 :]]
            whole = ast.Tuple(others, ast.Load()) if isinstance(index, ast.Tuple) else new
            yield cost, kind, key, lambda whole=whole: with_index(whole)
    if not isinstance(index, (ast.Tuple, ast.Slice)):
        every = ast.Tuple([ast.Slice(None, None, None), index], ast.Load())
        yield 1.8, "axis", ("column",), lambda: with_index(every)


def _index_part(
    part: ast.expr, scope: Scope
) -> Iterator[tuple[float, str, tuple | None, ast.expr]]:
    """What else may stand in one axis of a subscript."""
    if not isinstance(part, ast.Slice):
        if not isinstance(part, ast.Constant):
            counted_back = ast.BinOp(ast.UnaryOp(ast.USub(), ast.Constant(1)), ast.Sub(), part)
            yield 1.7, "order of entries", (), counted_back
        return
    lower, upper, step = part.lower, part.upper, part.step
    for field, bounds in (
        ("lower", (None, upper, step)),
        ("upper", (lower, None, step)),
        ("step", (lower, upper, None)),
    ):
        if getattr(part, field) is not None:
            yield 0.9, f"{field} of a slice too much", None, ast.Slice(*bounds)
    if step is None and (lower is None) != (upper is None):
        bound = lower or upper
        assert bound is not None
        back = ast.UnaryOp(ast.USub(), bound)
        other = ast.Slice(back, None, None) if lower is None else ast.Slice(None, back, None)
        yield 1.5, "other end", (), other
    if lower is None:
        yield 1.7, "slice", ("from 1",), ast.Slice(ast.Constant(1), upper, step)
    if upper is None:
        yield (
            1.7,
            "slice",
            ("to -1",),
            ast.Slice(lower, ast.UnaryOp(ast.USub(), ast.Constant(1)), step),
        )
    if step is None:
        back = ast.UnaryOp(ast.USub(), ast.Constant(1))
        if lower is None and upper is None:
            yield 1.7, "reversal missing", (), ast.Slice(None, None, back)
        for name in scope.names("n"):
            yield 1.7, "step missing", (name,), ast.Slice(lower, upper, load(name))
