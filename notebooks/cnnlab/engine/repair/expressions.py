"""Small edits of an expression: what people mistype, forget, or write too much."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from itertools import combinations

from . import calls, subscripts
from .around import Make, Raw, around, load
from .edits import Change, Edit, Slot
from .families import ALIKE
from .names import Scope


def edits_of(slot: Slot, scope: Scope) -> Iterator[Edit]:
    """All edits of the expression in a slot."""
    node = slot.node
    for cost, kind, key, make in (*_of_node(node, slot, scope), *around(node, slot, scope)):
        told = None if key is None else (kind, *key)
        yield Edit(
            *(cost, kind, slot.role, slot.statement, node.lineno, node, told), _put(slot, make)
        )


def _put(slot: Slot, make: Make) -> Callable[[], list[Change]]:
    return lambda: slot.put(make())


def _of_node(node: ast.expr, slot: Slot, scope: Scope) -> Iterator[Raw]:
    match node:
        case ast.Constant():
            yield from _constant(node, slot, scope)
        case ast.Name(ctx=ast.Load()):
            yield from _name(node, slot, scope)
        case ast.BinOp():
            yield from _operation(node, slot, scope)
        case ast.UnaryOp():
            kind = "sign" if isinstance(node.op, ast.USub) else "not too much"
            yield 0.9, kind, (), lambda: node.operand
        case ast.Call():
            yield from calls.edits_of(node, scope)
        case ast.Subscript():
            yield from subscripts.edits_of(node, slot, scope)
        case ast.Attribute():
            yield from _attribute(node, scope)
        case ast.Compare():
            yield from _comparison(node)
        case ast.BoolOp():
            other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
            yield 1.1, "and for or", (), lambda: ast.BoolOp(other, node.values)
            for i in range(len(node.values) if len(node.values) == 2 else 0):
                yield 0.9, "condition too much", None, lambda i=i: node.values[1 - i]
        case ast.IfExp():
            yield 1.1, "branches swapped", (), lambda: ast.IfExp(node.test, node.orelse, node.body)
            yield 0.9, "condition too much", None, lambda: node.body
            yield 0.9, "condition too much", None, lambda: node.orelse
        case ast.Tuple() | ast.List():
            yield from _items(node, slot)


# ── by what the expression is ───────────────────────────────────────────────


def _constant(node: ast.Constant, slot: Slot, scope: Scope) -> Iterator[Raw]:
    value = node.value
    if isinstance(value, bool):
        yield 1.0, "flag", (value,), lambda: ast.Constant(not value)
    elif isinstance(value, (int, float)):
        outer = slot.owner.op if isinstance(slot.owner, ast.BinOp) else None
        divides = isinstance(outer, (ast.FloorDiv, ast.Div, ast.Mod)) and slot.field == "right"
        near = [value + 1, value - 1] if isinstance(value, int) else [2 * value, value / 2]
        for other in dict.fromkeys([*near, 0, 1, 2, -value]):
            if other != value or type(other) is not type(value):
                cost = (1.2 if divides else 1.0) if other in near else 1.3
                yield cost, "constant", (value, other), lambda other=other: ast.Constant(other)
        if _called(slot.owner) not in BOUNDS:  # the 1 of max(n, 1) stands for no name
            yield from _name_for_constant(value, scope)
    elif isinstance(value, str):
        for other in dict.fromkeys([*ALIKE.get(value, ()), *scope.strings]):
            if other != value:
                yield 1.2, "string", (value, other), lambda other=other: ast.Constant(other)
        if "->" in value:
            for other in _letters_swapped(value):
                yield 1.4, "letters", None, lambda other=other: ast.Constant(other)
    elif value is None:
        for name in scope.names("n?o"):
            yield 1.4, "constant for a name", (value, name), lambda name=name: load(name)


BOUNDS = ("max", "min", "maximum", "minimum", "clip")
"""Calls that keep a number within bounds."""


def _called(node: ast.AST) -> str:
    """The last name of what is called."""
    func = getattr(node, "func", None)
    return getattr(func, "attr", "") or getattr(func, "id", "")


def _name_for_constant(value: float, scope: Scope) -> Iterator[Raw]:
    """A name, or how many entries something has, where a number stands."""
    for name in scope.names("n?"):
        yield 1.3, "constant for a name", (value, name), lambda name=name: load(name)
    for name in scope.names("al") if isinstance(value, int) and value > 1 else ():
        key = (value, "len", name)
        size = ast.Call(load("len"), [load(name)], [])
        yield 1.4, "constant for a name", key, lambda size=size: size


def _letters_swapped(subscripts: str) -> Iterator[str]:
    """The subscripts of an einsum with two letters of one part swapped."""
    inputs, _, output = subscripts.partition("->")
    parts = [*inputs.split(","), output]
    for n, part in enumerate(parts):
        for i, j in combinations(range(len(part)), 2):
            letters = list(part)
            letters[i], letters[j] = part[j], part[i]
            new = [*parts[:n], "".join(letters), *parts[n + 1 :]]
            yield f"{','.join(new[:-1])}->{new[-1]}"


def _name(node: ast.Name, slot: Slot, scope: Scope) -> Iterator[Raw]:
    for other in scope.like(node.id):
        yield 1.1, "name", (node.id, other), lambda other=other: load(other)
    if scope.kind(node.id) in "n?":
        for name in scope.parameters:
            if scope.kind(name) in ("a", "l"):
                size = ast.Call(load("len"), [load(name)], [])
                yield 1.4, "length", (node.id, name), lambda size=size: size
        for value in (1, 0, 2):
            yield 1.5, "name for a constant", (node.id, value), lambda v=value: ast.Constant(v)


_INSTEAD: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub, ast.Mult),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div, ast.MatMult, ast.Add),
    ast.Div: (ast.Mult, ast.FloorDiv),
    ast.FloorDiv: (ast.Div, ast.Mod, ast.Mult),
    ast.Mod: (ast.FloorDiv,),
    ast.MatMult: (ast.Mult,),
    ast.Pow: (ast.Mult,),
    ast.BitAnd: (ast.BitOr,),
    ast.BitOr: (ast.BitAnd,),
}
"""What stands for which operator. Never a power: as a size it would not end."""


def _operation(node: ast.BinOp, slot: Slot, scope: Scope) -> Iterator[Raw]:
    left, op, right = node.left, node.op, node.right
    for other in _INSTEAD.get(type(op), ()):
        key = (type(op).__name__, other.__name__)
        yield 1.2, "operator", key, lambda other=other: ast.BinOp(left, other(), right)
    constant = isinstance(left, ast.Constant) or isinstance(right, ast.Constant)
    if isinstance(op, ast.Add) and scope.kind_of(node) == "n" and not constant:
        for name in ("max", "min"):
            either = ast.Call(load(name), [left, right], [])
            yield 1.4, "operator", (type(op).__name__, name), lambda either=either: either
    yield 0.9, "operand too much", (type(op).__name__, "r", ast.dump(right)), lambda: left
    yield 0.9, "operand too much", (type(op).__name__, "l", ast.dump(left)), lambda: right
    if slot.role == "value" and isinstance(left, ast.BinOp):
        arrays = [n for n in ast.walk(node) if isinstance(n, ast.Name) and scope.kind_of(n) == "a"]
        for name in {n.id: n for n in reversed(arrays)}.values():
            yield 1.2, "operation too much", None, lambda name=name: name
    if isinstance(op, (ast.Sub, ast.Div, ast.MatMult, ast.FloorDiv)):
        yield 1.1, "order of operands", (), lambda: ast.BinOp(right, op, left)
    if isinstance(left, ast.Call) and isinstance(left.func, ast.Attribute):  # x.mean() ** 2
        whole = ast.BinOp(left.func.value, op, right)
        again = ast.Call(ast.Attribute(whole, left.func.attr, ast.Load()), left.args, left.keywords)
        yield 1.4, "order of calls", None, lambda: again
    if isinstance(left, ast.BinOp):  # (a ∘ b) • c
        divides = isinstance(op, (ast.FloorDiv, ast.Div, ast.Mult))
        if divides and isinstance(left.op, (ast.Add, ast.Sub)):  # as a • c ∘ b
            first = ast.BinOp(left.left, op, right)
            yield 1.1, "parentheses", None, lambda: ast.BinOp(first, left.op, left.right)
        yield (
            *(1.1, "parentheses", None),
            lambda: ast.BinOp(left.left, left.op, ast.BinOp(left.right, op, right)),
        )
    if isinstance(right, ast.BinOp):
        yield (
            *(1.1, "parentheses", None),
            lambda: ast.BinOp(ast.BinOp(left, op, right.left), right.op, right.right),
        )


def _attribute(node: ast.Attribute, scope: Scope) -> Iterator[Raw]:
    if scope.is_module(node.value):
        for other in ALIKE.get(node.attr, ()):
            new = ast.Attribute(node.value, other, ast.Load())
            yield 1.2, "function", (node.attr, other), lambda new=new: new
        return
    if node.attr in ("T", "mT", "data", "values", "indices"):
        yield 0.9, "call too much", (node.attr,), lambda: node.value
    for other in {"values": ("indices",), "indices": ("values",)}.get(node.attr, ()):
        yield 1.1, "name", (other,), lambda o=other: ast.Attribute(node.value, o, ast.Load())
    if isinstance(node.value, ast.Name) and node.value.id == "self":
        for other in scope.of_self:
            if other != node.attr:
                new = ast.Attribute(node.value, other, ast.Load())
                yield 1.1, "name", (node.attr, other), lambda new=new: new


_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.Gt, ast.GtE),
    ast.LtE: (ast.Lt, ast.GtE, ast.Gt),
    ast.Gt: (ast.GtE, ast.Lt, ast.LtE),
    ast.GtE: (ast.Gt, ast.LtE, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}


def _comparison(node: ast.Compare) -> Iterator[Raw]:
    for other in _COMPARISONS.get(type(node.ops[0]), ()):
        ops = [other(), *node.ops[1:]]
        key = (type(node.ops[0]).__name__, other.__name__)
        yield 1.1, "comparison", key, lambda o=ops: ast.Compare(node.left, o, node.comparators)


def _items(node: ast.Tuple | ast.List, slot: Slot) -> Iterator[Raw]:
    make, items = type(node), node.elts
    kind = "order of axes" if slot.role == "index" else "order of items"
    for i in range(len(items)):
        for j in range(i + 1, len(items)):
            swapped = list(items)
            swapped[i], swapped[j] = items[j], items[i]
            yield 1.1, kind, (i, j), lambda s=swapped: make(s, ast.Load())
        if i == 0:
            for turned in calls.turned(items):
                yield 1.2, kind, None, lambda t=turned: make(t, ast.Load())
        if len(items) > 1:
            fewer = [*items[:i], *items[i + 1 :]]
            yield 1.0, "item too much", (i,), lambda f=fewer: make(f, ast.Load())
