"""Small edits of statements: one too much, one missing, in the wrong order or the wrong block."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .edits import Change, Edit
from .names import Scope

BLOCKS = (ast.For, ast.While, ast.If, ast.With)
LOOPS = (ast.For, ast.While)


def edits_of(owner: ast.AST, field: str, scope: Scope) -> Iterator[Edit]:
    """All edits of the statements in one block."""
    body: list[ast.stmt] = getattr(owner, field)
    for i, statement in enumerate(body):
        for cost, kind, line, changes in _moved_together(owner, field, body, i):
            told = (cost, kind, "statement", statement, line, None, None)
            yield Edit(*told, lambda changes=changes: changes)
        if isinstance(statement, (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)):
            continue
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            continue
        for cost, kind, changes in (
            *_moved(owner, field, body, i),
            *_rewritten(owner, field, body, i, scope),
            *_inserted(owner, field, body, i, scope),
        ):
            line = _line(kind, body, i)
            key = (kind,) if kind in ("adds up", "sets anew") else None
            yield Edit(
                *(cost, kind, "statement", statement, line, None, key),
                lambda changes=changes: changes,
            )


def _line(kind: str, body: list[ast.stmt], i: int) -> int:
    """The line that an edit is about."""
    inner = getattr(body[i], "body", [body[i]])
    if kind in ("ends the loop", "last in the block"):
        return inner[-1].lineno
    if kind == "first in the block":
        return inner[0].lineno
    if kind == "return missing":
        return body[-1].end_lineno or 0
    return body[i + (kind == "after the loop")].lineno


def _with(body: list[ast.stmt], i: int, *new: ast.stmt, drop: int = 1) -> list[ast.stmt]:
    return [*body[:i], *new, *body[i + drop :]] or [ast.Pass()]


def _moved(
    owner: ast.AST, field: str, body: list[ast.stmt], i: int
) -> Iterator[tuple[float, str, list[Change]]]:
    """Statements left out, swapped, or moved into a block or out of one."""
    statement = body[i]
    if not isinstance(statement, ast.Return) or isinstance(owner, BLOCKS):
        yield 1.0, "statement too much", [(owner, field, _with(body, i))]
    following = body[i + 1] if i + 1 < len(body) else None
    if following is not None and not isinstance(following, ast.Return):
        swapped = _with(body, i, following, statement, drop=2)
        yield 1.3, "order of statements", [(owner, field, swapped)]
    if isinstance(statement, BLOCKS):
        inner = statement.body
        out = 1.2 if isinstance(statement, LOOPS) else 1.4
        rest = inner[:-1] or [ast.Pass()]
        returns = isinstance(inner[-1], ast.Return) and isinstance(statement, LOOPS)
        kind = "ends the loop" if returns else "last in the block"
        after = _with(body, i, statement, inner[-1])
        yield out, kind, [(statement, "body", rest), (owner, field, after)]
        if len(inner) > 1:
            before = _with(body, i, inner[0], statement)
            change = [(statement, "body", inner[1:]), (owner, field, before)]
            yield out + 0.1, "first in the block", change
        moves = following is not None and not isinstance(following, ast.Return)
        if isinstance(statement, LOOPS) and following is not None and moves:
            longer = [(statement, "body", [*inner, following])]
            left = _with(body, i, statement, drop=2)
            yield 1.3, "after the loop", [*longer, (owner, field, left)]
        if isinstance(statement, ast.If) and statement.orelse:
            branches: list[Change] = [(statement, "body", statement.orelse)]
            yield 1.4, "branches swapped", [*branches, (statement, "orelse", inner)]
    elif (loop := _next_loop(body, i)) and not isinstance(statement, ast.Return):
        longer = [(loop, "body", [statement, *loop.body])]
        yield 1.3, "before the loop", [*longer, (owner, field, _with(body, i))]


def _next_loop(body: list[ast.stmt], i: int) -> ast.For | ast.While | None:
    """The loop under a statement, of a few that stand above it."""
    following = body[i + 1 : i + 4]
    loops = [s for s in following if isinstance(s, LOOPS)]
    above = following[: following.index(loops[0])] if loops else []
    return loops[0] if loops and all(isinstance(s, ast.Assign) for s in above) else None


def _moved_together(
    owner: ast.AST, field: str, body: list[ast.stmt], i: int
) -> Iterator[tuple[float, str, int, list[Change]]]:
    """Several statements at once moved out of a block, or into it; a term moved out of a loop.

    (cost, kind, line, changes); the line is that of the first that is moved.
    """
    statement = body[i]
    if not isinstance(statement, BLOCKS):
        return
    inner, following = statement.body, body[i + 1 :]
    for n in range(1, len(inner) - 1):  # so many stay; one that leaves is an edit of its own
        out = _with(body, i, statement, *inner[n:])
        changes = [(statement, "body", inner[:n]), (owner, field, out)]
        yield 1.5, "block too long", inner[n].lineno, changes
    for n in range(1, len(following) + 1):
        if isinstance(following[n - 1], ast.Return) and isinstance(statement, LOOPS):
            break
        if n > 1 or not isinstance(statement, LOOPS):
            left = [*body[: i + 1], *following[n:]]
            changes = [(statement, "body", [*inner, *following[:n]]), (owner, field, left)]
            yield 1.5, "block too short", following[0].lineno, changes
    if isinstance(statement, LOOPS):
        yield from _terms_moved_out(owner, field, body, i)


def _terms_moved_out(
    owner: ast.AST, field: str, body: list[ast.stmt], i: int
) -> Iterator[tuple[float, str, int, list[Change]]]:
    """What is added in every round, added once after the loop."""
    loop = body[i]
    for inner in ast.walk(loop):
        if not isinstance(inner, ast.AugAssign) or not isinstance(inner.op, (ast.Add, ast.Sub)):
            continue
        value = inner.value
        if isinstance(value, ast.BinOp) and isinstance(value.op, (ast.Add, ast.Sub)):
            same = isinstance(value.op, ast.Add) == isinstance(inner.op, ast.Add)
            once = ast.AugAssign(inner.target, ast.Add() if same else ast.Sub(), value.right)
            changes = [(inner, "value", value.left), (owner, field, _with(body, i, loop, once))]
            yield 1.3, "in every round", inner.lineno, changes


def _rewritten(
    owner: ast.AST, field: str, body: list[ast.stmt], i: int, scope: Scope
) -> Iterator[tuple[float, str, list[Change]]]:
    """``=`` for ``+=``, the targets of an assignment swapped, a return that is missing."""
    statement = body[i]

    def instead(new: ast.stmt) -> list[Change]:
        return [(owner, field, _with(body, i, new))]

    if isinstance(statement, ast.Assign):
        target, value = statement.targets[0], statement.value
        if isinstance(target, (ast.Name, ast.Subscript, ast.Attribute)):
            if isinstance(value, ast.BinOp) and ast.unparse(value.left) == ast.unparse(target):
                yield 1.1, "rebinds", instead(ast.AugAssign(target, value.op, value.right))
            for op in (ast.Add(), ast.Sub()):
                yield 1.1, "sets anew", instead(ast.AugAssign(target, op, value))
        elif isinstance(target, ast.Tuple) and len(target.elts) > 1:
            for j in range(len(target.elts) - 1):
                items = list(target.elts)
                items[j], items[j + 1] = items[j + 1], items[j]
                yield 1.1, "order of names", [(target, "elts", items)]
    elif isinstance(statement, ast.AugAssign):
        new = ast.Assign([statement.target], statement.value)
        yield 1.1, "adds up", instead(new)
        for op in (ast.Add, ast.Sub, ast.Mult, ast.Div):
            if not isinstance(statement.op, op):
                sign = {op, type(statement.op)} == {ast.Add, ast.Sub}
                other = ast.AugAssign(statement.target, op(), statement.value)
                yield 1.05 if sign else 1.2, "operator", instead(other)
    elif isinstance(statement, ast.For) and isinstance(statement.target, ast.Tuple):
        yield 1.1, "order of names", [(statement.target, "elts", statement.target.elts[::-1])]
    elif (
        isinstance(statement, ast.Expr)
        and i == len(body) - 1
        and isinstance(owner, (ast.FunctionDef, ast.If))
    ):
        yield 1.0, "value not used", instead(ast.Return(statement.value))
    if (
        isinstance(owner, ast.FunctionDef)
        and i == len(body) - 1
        and owner.name != "__init__"
        and not isinstance(statement, ast.Return)
    ):
        for name in scope.names("nal?"):
            returned = ast.Return(ast.Name(name, ast.Load()))
            yield 1.3, "return missing", [(owner, field, [*body, returned])]


def _inserted(
    owner: ast.AST, field: str, body: list[ast.stmt], i: int, scope: Scope
) -> Iterator[tuple[float, str, list[Change]]]:
    """Steps that the hints show anyway: ``zero_grad``, ``step``, a copy, floats."""

    def before(new: ast.stmt) -> list[Change]:
        return [(owner, field, _with(body, i, new, drop=0))]

    def after(new: ast.stmt) -> list[Change]:
        return [(owner, field, [*body[: i + 1], new, *body[i + 1 :]])]

    begins = isinstance(owner, ast.FunctionDef) and owner.name == "__init__" and i <= 1
    if begins and "super().__init__()" not in ast.unparse(owner):
        yield 1.5, "super missing", before(_parsed("super().__init__()"))
    if isinstance(owner, LOOPS):
        for name in scope.parameters:
            if "optim" in name.lower():
                yield 2.0, "zero_grad missing", before(_parsed(f"{name}.zero_grad()"))
                yield 2.0, "step missing in a loop", after(_parsed(f"{name}.step()"))
    if not scope.uses_torch and isinstance(owner, ast.FunctionDef):
        for name in scope.parameters:
            if scope.kind(name) == "a" and _reads_first(body, i, name):
                floats = _parsed(f"{name} = {name}.astype(float)")
                yield 2.0, "float missing", before(floats)
    first = isinstance(owner, ast.FunctionDef) and owner.name != "__init__"
    if first and i == _begin(body):
        for name in scope.parameters:
            if scope.kind(name) == "a":
                how = "clone()" if scope.uses_torch else "copy()"
                yield 2.0, "copy missing", before(_parsed(f"{name} = {name}.{how}"))


def _reads_first(body: list[ast.stmt], i: int, name: str) -> bool:
    """Whether a statement is the first that computes with a name; its size is no matter."""

    def computes(statement: ast.stmt) -> bool:
        sizes = {
            id(n.value)
            for n in ast.walk(statement)
            if isinstance(n, ast.Attribute) and n.attr in ("shape", "size", "ndim", "dtype")
        }
        sizes |= {
            id(a)
            for n in ast.walk(statement)
            if isinstance(n, ast.Call) and getattr(n.func, "id", "") == "len"
            for a in n.args
        }
        return any(
            isinstance(n, ast.Name) and n.id == name and id(n) not in sizes
            for n in ast.walk(statement)
        )

    return computes(body[i]) and not any(map(computes, body[:i]))


def _begin(body: list[ast.stmt]) -> int:
    """The number of the first statement behind the docstring."""
    first = body[0]
    return int(isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant))


def _parsed(line: str) -> ast.stmt:
    statement = ast.parse(line).body[0]
    for node in ast.walk(statement):  # a place of its own is given to it where it is put
        for name in ("lineno", "end_lineno", "col_offset", "end_col_offset"):
            if hasattr(node, name):
                delattr(node, name)
    return statement
