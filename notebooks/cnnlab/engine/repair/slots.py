"""The places of a tree where an expression stands, and what each is for."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .edits import Slot

SKIPPED = (ast.Raise, ast.Assert, ast.Import, ast.ImportFrom, ast.Global, ast.Nonlocal)
"""Statements in which nothing is edited: what they say or bring is not what is wrong."""

SIZED = {
    *("zeros", "ones", "empty", "full", "arange", "linspace", "eye", "tile", "repeat", "rand"),
    *("randn", "Linear", "Conv1d", "Conv2d", "Embedding", "LazyLinear", "expand", "range", "pad"),
}
"""Calls whose arguments are sizes: what is put there must stay small."""

UNTOUCHED = {"as_strided", "frombuffer", "from_buffer", "memmap", "ctypeslib", "set_"}
"""Calls that read memory as they are told: with a wrong number the process ends."""


def statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """All statements, those inside others too, in the order of their lines."""
    for statement in body:
        yield statement
        for name in ("body", "orelse", "finalbody"):
            yield from statements(getattr(statement, name, []))
        for handler in getattr(statement, "handlers", []):
            yield from statements(handler.body)


def slots(statement: ast.stmt) -> Iterator[Slot]:
    """The slots of one statement, without those of the statements inside it."""
    if isinstance(statement, SKIPPED):
        return
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return  # a docstring
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
        for i in range(len(statement.args.defaults)):
            yield Slot(statement.args, "defaults", i, "default", statement)
        return
    if isinstance(statement, ast.ClassDef):
        return
    for field, role in _OF_STATEMENTS:
        role = "end of a loop" if field == "test" and isinstance(statement, ast.While) else role
        if isinstance(getattr(statement, field, None), ast.expr):
            yield from _under(Slot(statement, field, None, role, statement))
    if isinstance(statement, (ast.Assign, ast.AugAssign)):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        for target in targets:
            for part in target.elts if isinstance(target, ast.Tuple) else [target]:
                if isinstance(part, ast.Subscript):
                    yield from _under(Slot(part, "slice", None, "index", statement))


_OF_STATEMENTS = (("value", "value"), ("test", "condition"), ("iter", "loop"))


def _under(slot: Slot) -> Iterator[Slot]:
    """A slot, and those inside its expression."""
    node = slot.node
    if _name_of(node) in UNTOUCHED or isinstance(node, ast.JoinedStr):
        return
    if isinstance(node, ast.Slice):
        for field in ("lower", "upper", "step"):
            if getattr(node, field) is not None:
                role = "condition" if slot.role == "condition" else f"{field} end of a slice"
                role = "step of a slice" if field == "step" else role
                yield from _under(Slot(node, field, None, role, slot.statement))
        return
    if slot.role != "method" and not isinstance(node, ast.keyword):
        yield slot
    for field, index, role in _parts(node):
        if slot.role == "condition" or (role in ("operand", "item") and slot.role in _HANDED_ON):
            role = slot.role
        yield from _under(Slot(node, field, index, role, slot.statement))
    for generator in getattr(node, "generators", []):
        yield from _under(Slot(generator, "iter", None, "loop", slot.statement))
        for i in range(len(generator.ifs)):
            yield from _under(Slot(generator, "ifs", i, "condition", slot.statement))


_HANDED_ON = ("size", "index", "end of a range", "lower end of a slice", "upper end of a slice")
"""Roles that a part has from the whole: n + 1 as a size is made of sizes."""


def _parts(node: ast.expr) -> Iterator[tuple[str, int | None, str]]:
    """The expressions that an expression is made of: (field, index, role)."""
    match node:
        case ast.BinOp():
            yield from (("left", None, "operand"), ("right", None, "operand"))
        case ast.UnaryOp():
            yield ("operand", None, "operand")
        case ast.BoolOp():
            yield from (("values", i, "condition") for i in range(len(node.values)))
        case ast.Compare():
            yield ("left", None, "compared")
            yield from (("comparators", i, "compared") for i in range(len(node.comparators)))
        case ast.IfExp():
            yield from (("test", None, "condition"), ("body", None, "value"))
            yield ("orelse", None, "value")
        case ast.Call():
            if isinstance(node.func, ast.Attribute) and not _is_module(node.func.value):
                yield ("func", None, "method")
            name = _name_of(node)
            role = {"range": "end of a range"}.get(name, "size" if name in SIZED else "argument")
            yield from (("args", i, role) for i in range(len(node.args)))
            yield from (("keywords", i, role) for i in range(len(node.keywords)))
        case ast.Attribute():
            if not _is_module(node.value):
                yield ("value", None, "object")
        case ast.Subscript():
            yield from (("value", None, "object"), ("slice", None, "index"))
        case ast.Tuple() | ast.List() | ast.Set():
            yield from (("elts", i, "item") for i in range(len(node.elts)))
        case ast.ListComp() | ast.GeneratorExp() | ast.SetComp():
            yield ("elt", None, "value")
        case ast.DictComp():
            yield from (("key", None, "value"), ("value", None, "value"))
        case ast.Dict():
            yield from (("values", i, "value") for i in range(len(node.values)))
        case ast.keyword() | ast.Starred() | ast.NamedExpr():
            yield ("value", None, "argument")
        case ast.Lambda():
            yield ("body", None, "value")


def _name_of(node: ast.AST) -> str:
    """The last name of what is called."""
    called = node.func if isinstance(node, ast.Call) else None
    if isinstance(called, ast.Attribute):
        return called.attr
    return called.id if isinstance(called, ast.Name) else ""


def _is_module(node: ast.expr) -> bool:
    """Whether this is np, nn, torch, F, or a part of one."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name) and node.id in MODULES


MODULES = {"np", "numpy", "torch", "nn", "F", "math", "functional", "optim", "random", "itertools"}
