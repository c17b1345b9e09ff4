"""Small edits of a call: its function, its arguments, and what it is called on."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .around import Raw, load
from .families import ALIKE, REDUCTIONS
from .names import Scope


def edits_of(node: ast.Call, scope: Scope) -> Iterator[Raw]:
    """All edits of one call."""
    func, args, keywords = node.func, node.args, node.keywords
    called = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
    method = isinstance(func, ast.Attribute) and not scope.is_module(func.value)
    if isinstance(func, ast.Attribute) and method:
        yield 0.9, "call too much", (called,), lambda: func.value
    if args and not isinstance(args[0], (ast.Starred, ast.GeneratorExp)):
        yield 0.9 + 0.2 * method, "call too much", (called,), lambda: args[0]
    for other in ALIKE.get(called, ()):
        named = {"attr": other, "value": func.value} if isinstance(func, ast.Attribute) else {}
        new = ast.Attribute(**named, ctx=ast.Load()) if named else load(other)
        if named or scope.exists(other):
            yield (
                *(1.2, "function", (called, other)),
                lambda new=new: ast.Call(new, args, keywords),
            )
    yield from _nested(node, scope)
    yield from _laid_out(node, called, method, scope)
    for i in range(len(args) - 1):
        swapped = [*args[:i], args[i + 1], args[i], *args[i + 2 :]]
        yield 1.1, "order of arguments", (called, i), lambda s=swapped: ast.Call(func, s, keywords)
    for others in turned(args):
        yield 1.2, "order of arguments", None, lambda o=others: ast.Call(func, o, keywords)
    for i in range(len(args)) if len(args) > 1 or method else ():
        fewer = [*args[:i], *args[i + 1 :]]
        yield 1.0, "argument too much", (called, i), lambda f=fewer: ast.Call(func, f, keywords)
    for i in range(len(keywords)):
        key, fewer = (called, keywords[i].arg), [*keywords[:i], *keywords[i + 1 :]]
        yield 0.9, "keyword too much", key, lambda f=fewer: ast.Call(func, args, f)
    for name, value in _keywords_missing(node, called, scope):
        more = [*keywords, ast.keyword(name, value)]
        key = (called, name, ast.dump(value))
        yield 1.8, "keyword missing", key, lambda m=more: ast.Call(func, args, m)
    if called == "range" and len(args) < 3:
        begin = args if len(args) == 2 else [ast.Constant(0), *args]
        for name in scope.names("n?"):
            more = [*begin, load(name)]
            yield 1.8, "step missing", (name,), lambda m=more: ast.Call(func, m, [])
        if len(args) == 1:
            yield 1.4, "begin of a range", (), lambda: ast.Call(func, [ast.Constant(1), *args], [])


LAID_OUT = ("reshape", "view", "flatten", "ravel")
"""Calls that go through all entries in the order of the axes."""

MOVED = ((-1, 0), (0, -1), (0, 1), (-1, -2), (-1, 1), (1, -1), (2, -1), (-1, 2))
"""Which axis is moved, and where to."""


def _laid_out(node: ast.Call, called: str, method: bool, scope: Scope) -> Iterator[Raw]:
    """An axis moved before the entries are laid out in the order of the axes."""
    if called not in LAID_OUT or not (method or node.args):
        return
    func, whole = node.func, node.func.value if method else node.args[0]  # type: ignore[attr-defined]
    module, name = ("torch", "movedim") if scope.uses_torch else ("np", "moveaxis")
    if not scope.exists(module):
        return
    for axes in MOVED:
        numbers = [ast.Constant(axis) for axis in axes]
        moved = ast.Call(ast.Attribute(load(module), name, ast.Load()), [whole, *numbers], [])
        if method:
            again = ast.Call(ast.Attribute(moved, called, ast.Load()), node.args, node.keywords)
        else:
            again = ast.Call(func, [moved, *node.args[1:]], node.keywords)
        yield 1.4, "order of entries laid out", (called, axes), lambda again=again: again


def turned(parts: list[ast.expr]) -> list[list[ast.expr]]:
    """Three or more parts with the first one last, and with the last one first."""
    return [[*parts[1:], parts[0]], [parts[-1], *parts[:-1]]] if len(parts) > 2 else []


def _nested(node: ast.Call, scope: Scope) -> Iterator[Raw]:
    """Two calls, one inside the other, in the other order: f(g(x)) as g(f(x))."""
    func, args, keywords = node.func, node.args, node.keywords
    inner = args[0] if args else None
    if isinstance(inner, ast.Call) and inner.args and len(args) == 1:
        outer = ast.Call(func, [inner.args[0]], keywords)
        new = ast.Call(inner.func, [outer, *inner.args[1:]], inner.keywords)
        yield 1.4, "order of calls", None, lambda: new
    called = func.value if isinstance(func, ast.Attribute) else None
    if isinstance(func, ast.Attribute) and isinstance(called, ast.Call):
        first = called.func
        if isinstance(first, ast.Attribute) and not scope.is_module(first.value):
            outer = ast.Call(ast.Attribute(first.value, func.attr, ast.Load()), args, keywords)
            last = ast.Attribute(outer, first.attr, ast.Load())
            new = ast.Call(last, called.args, called.keywords)
            yield 1.4, "order of calls", None, lambda: new


def _constant(value: int | tuple[int, int]) -> ast.expr:
    if isinstance(value, int):
        return ast.Constant(value)
    return ast.Tuple([ast.Constant(number) for number in value], ast.Load())


def _keywords_missing(node: ast.Call, called: str, scope: Scope) -> Iterator[tuple[str, ast.expr]]:
    """Arguments that a call might lack: an axis, or one of the function's own parameters."""
    given = {k.arg for k in node.keywords}
    if called in REDUCTIONS:
        axis = "dim" if scope.uses_torch else "axis"
        for value in (0, 1, -1, (0, 1)):
            if axis not in given:
                yield axis, _constant(value)
        if called in ("std", "var"):
            divisor = "correction" if scope.uses_torch else "ddof"
            if divisor not in given:
                yield divisor, ast.Constant(0 if scope.uses_torch else 1)
        keep = "keepdim" if scope.uses_torch else "keepdims"
        if keep not in given:
            yield keep, ast.Constant(True)
    if called[:1].isupper():  # a layer
        for flag in ("bias", "batch_first"):
            if flag not in given:
                yield flag, ast.Constant(flag != "bias")
    used = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    if not scope.exists(called) or called in scope.own:
        for name in scope.parameters:
            if name not in used and name not in given and name != "self":
                yield name, load(name)
