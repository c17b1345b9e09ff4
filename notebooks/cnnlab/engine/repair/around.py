"""What may be missing around an expression: one more, a factor, a copy, a sum, an axis."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from .edits import Slot
from .names import Scope

Make = Callable[[], ast.expr]
Raw = tuple[float, str, tuple | None, Make]
"""(cost, kind, key, what makes the new expression)."""

ENDS = (
    "end of a range",
    "lower end of a slice",
    "upper end of a slice",
    "index",
    "size",
    "compared",
)
"""Roles in which one more or one less is likely."""

WHOLE = ("value", "argument", "item")
"""Roles in which something may be missing around the whole expression."""


def around(node: ast.expr, slot: Slot, scope: Scope) -> Iterator[Raw]:
    """What may be missing around an expression, by what it was when it was reached."""
    if isinstance(node, (ast.Lambda, ast.Starred, ast.Slice)) or slot.role == "condition":
        return
    kind = scope.kind_of(node)
    if slot.role == "loop":
        size = ast.Call(load("len"), [node], [])
        if kind in "al":
            yield 1.7, "positions", None, lambda: ast.Call(load("range"), [size], [])
        return
    if kind in "so":  # a word, a model
        return
    display = isinstance(node, (ast.Tuple, ast.List))
    divided = isinstance(slot.owner, ast.BinOp) and isinstance(slot.owner.op, ast.FloorDiv)
    if (slot.role in ENDS or divided) and not display and kind in "n?":
        counts = slot.role == "compared" and slot.field == "left" and isinstance(node, ast.Name)
        fixed = isinstance(node, ast.Constant) or (counts and isinstance(slot.statement, ast.While))
        ends = () if fixed else ((ast.Add, 1), (ast.Sub, -1))
        for op, sign in ends:
            yield (
                *(1.05, "one more or less", (sign, divided)),
                lambda op=op: ast.BinOp(node, op(), ast.Constant(1)),
            )
    fixed = isinstance(node, ast.Constant) and slot.role not in ENDS
    if slot.role == "size" or display or fixed:
        return
    if (
        slot.role in WHOLE or slot.role in ENDS or isinstance(slot.owner, ast.BinOp)
    ) and kind != "l":
        yield from _arithmetic(node, slot, scope, kind)
    if slot.role in (*WHOLE, "object", "operand") and not isinstance(node, ast.Constant):
        yield from _wrapped(node, slot, scope, kind)


def _arithmetic(node: ast.expr, slot: Slot, scope: Scope, kind: str) -> Iterator[Raw]:
    if not isinstance(node, ast.UnaryOp):
        yield 1.8, "sign missing", (), lambda: ast.UnaryOp(ast.USub(), node)
    operators = [("factor missing", ast.Mult), ("divisor missing", ast.Div)]
    terms = [("term missing", ast.Add), ("term missing", ast.Sub)]
    outer = slot.owner.op if isinstance(slot.owner, ast.BinOp) else None
    if isinstance(outer, (ast.Mult, ast.Div, ast.MatMult)):
        operators = []  # the whole product has it, too
    elif isinstance(outer, (ast.Add, ast.Sub)):
        terms = []
    own = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    for name in scope.names("n?" if slot.role in ENDS or kind == "n" else "na?"):
        for what, op in (*operators, *terms):
            if name not in own or (op is ast.Mult and len(own) == 1):
                near = 1.5 if slot.role in (*ENDS, "index") and what == "term missing" else 2.0
                yield (
                    *(near, what, (op.__name__, name)),
                    lambda op=op, name=name: ast.BinOp(node, op(), load(name)),
                )
    if operators and not isinstance(node, ast.Constant):
        two = ast.Constant(2)
        yield 2.0, "factor missing", ("Mult", 2), lambda: ast.BinOp(node, ast.Mult(), two)
        yield 2.0, "divisor missing", ("Div", 2), lambda: ast.BinOp(node, ast.Div(), two)
    if slot.role in WHOLE:
        for name in scope.names("al") if operators else ():
            size = ast.Call(load("len"), [load(name)], [])
            yield (
                *(2.0, "divisor missing", ("len", name)),
                lambda s=size: ast.BinOp(node, ast.Div(), s),
            )
    if slot.role not in ENDS and not isinstance(node, ast.Constant):
        yield 2.0, "power missing", (), lambda: ast.BinOp(node, ast.Pow(), ast.Constant(2))
        yield 2.0, "term missing", ("1-",), lambda: ast.BinOp(ast.Constant(1), ast.Sub(), node)


def _wrapped(node: ast.expr, slot: Slot, scope: Scope, kind: str) -> Iterator[Raw]:
    """Calls, transpositions, reductions and subscripts that may be missing."""

    def method(name: str, **keywords: ast.expr) -> ast.expr:
        named = [ast.keyword(k, v) for k, v in keywords.items()]
        return ast.Call(ast.Attribute(node, name, ast.Load()), [], named)

    for name in _CALLED[kind]:
        yield 2.0, f"{name} missing", (), lambda name=name: ast.Call(load(name), [node], [])
    if kind == "n":
        return
    back = ast.UnaryOp(ast.USub(), ast.Constant(1))
    for index in (ast.Constant(0), back, ast.Constant(1)):
        yield (
            *(1.9, "subscript missing", (ast.dump(index),)),
            lambda index=index: ast.Subscript(node, index, ast.Load()),
        )
    if not scope.uses_torch:
        reverse = ast.Slice(None, None, back)
        yield 1.8, "reversal missing", (), lambda: ast.Subscript(node, reverse, ast.Load())
        yield from _numpy(node, scope)
    if kind == "l":
        return
    axis = "dim" if scope.uses_torch else "axis"
    for name in ("sum", "mean", "max") if slot.role != "object" else ():
        yield 1.9, "reduction missing", (name,), lambda name=name: method(name)
        for i in (0, 1, -1):
            yield (
                *(1.9, "reduction missing", (name, i)),
                lambda name=name, i=i: method(name, **{axis: ast.Constant(i)}),
            )
    yield 1.8, "transposition missing", (), lambda: ast.Attribute(node, "T", ast.Load())
    names = ("copy", "tolist", "item", "squeeze", "flatten")
    if scope.uses_torch:
        names = ("clone", "detach", "item", "squeeze", "flatten", "relu", "float", "long")
    for name in names:
        yield 1.9, f"{name} missing", (), lambda name=name: method(name)


_CALLED = {
    "n": ("float", "int", "abs"),
    "a": ("list", "float", "int", "abs"),
    "l": ("list", "tuple", "sorted", "len"),
    "?": ("list", "float", "int", "abs", "sorted", "tuple"),
    "": (),
}
"""What may have to be called with an expression, by its kind."""


def _numpy(node: ast.expr, scope: Scope) -> Iterator[Raw]:
    """Functions of NumPy that may have to be called."""
    if not scope.exists("np"):
        return
    np, zero = load("np"), ast.Constant(0)
    array, most = (ast.Attribute(np, name, ast.Load()) for name in ("asarray", "maximum"))
    floats = [ast.keyword("dtype", load("float"))]
    yield 1.9, "float missing", (), lambda: ast.Call(array, [node], floats)
    yield 1.9, "relu missing", (), lambda: ast.Call(most, [node, zero], [])


def load(name: str) -> ast.Name:
    """A name that is read."""
    return ast.Name(name, ast.Load())
