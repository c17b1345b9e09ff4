"""The operation in which an exception showed: as it is written, and what its names held.

In the grader's sandbox, too; see ``telling``.
"""

from __future__ import annotations

import ast
import dataclasses
import types
from itertools import islice
from typing import Any

HARMLESS = ("len", "range", "min", "max", "abs")
HARMLESS_METHODS = (
    *("transpose", "permute", "reshape", "view", "flatten", "squeeze", "unsqueeze", "t", "numel"),
    *("sum", "mean", "float", "double", "long", "astype", "size"),
)
"""Calls that may be made once more to see what an operand was."""


@dataclasses.dataclass(frozen=True)
class Seen:
    """A part of the operation: as it is written, and what it was."""

    text: str
    value: Any
    node: ast.expr


class Place:
    """The expression that failed, and the names around it."""

    def __init__(self, step: types.TracebackType, rows: list[str]):
        self.names = {**step.tb_frame.f_globals, **step.tb_frame.f_locals}
        self.line, self.rows = step.tb_lineno, rows
        code = step.tb_frame.f_code
        self.parameters = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        self.node, self.text = _expression(step, rows)

    def value(self, node: ast.AST) -> Any:
        """What an expression gives; raises if it cannot be looked at without harm."""
        for part in ast.walk(node):
            if isinstance(part, ast.Call) and not self._harmless(part.func):
                raise LookupError
            if isinstance(part, (ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom, ast.Lambda)):
                raise LookupError
        code = compile(ast.Expression(body=node), "<seen>", "eval")  # type: ignore[arg-type]
        return eval(code, self.names)  # the student's own expression, in their own process

    def _harmless(self, called: ast.expr) -> bool:
        if isinstance(called, ast.Attribute):
            return called.attr in HARMLESS_METHODS
        return (
            isinstance(called, ast.Name) and called.id in HARMLESS and called.id not in self.names
        )

    def seen(self) -> list[Seen]:
        """The operands that can be looked at; of an own ``raise``, what led to it."""
        found = []
        condition = self.condition() if isinstance(self.node, ast.Raise) else None
        for node in _compared(condition) if condition else operands(self.node):
            try:
                found.append(Seen(ast.unparse(node), self.value(node), node))
            except Exception:
                continue
        return found

    def condition(self) -> ast.expr | None:
        """The condition of the ``if`` around the line."""
        try:
            tree = ast.parse("\n".join(row.rstrip("\n") for row in self.rows))
        except SyntaxError:
            return None
        around = [
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.If)
            and node.body[0].lineno <= self.line <= (node.body[-1].end_lineno or 0)
        ]
        return max(around, key=lambda node: node.lineno).test if around else None


def _compared(condition: ast.expr) -> list[ast.expr]:
    """What a condition looks at."""
    if isinstance(condition, ast.BoolOp):
        return [part for value in condition.values for part in _compared(value)]
    if isinstance(condition, ast.UnaryOp):
        return _compared(condition.operand)
    return operands(condition)


def _expression(step: types.TracebackType, rows: list[str]) -> tuple[ast.AST | None, str]:
    """The expression that was at work, as Python itself remembers it, and its text."""
    places = step.tb_frame.f_code.co_positions()
    place = next(islice(places, step.tb_lasti // 2, None), ())
    first, last, start, end = (number or 0 for number in (*place, 0, 0, 0, 0)[:4])
    if not 0 < first <= last <= len(rows):
        return None, ""
    chosen = [row.encode() for row in rows[first - 1 : last]]
    chosen[-1] = chosen[-1][:end]
    chosen[0] = chosen[0][start:]
    text = b"\n".join(chosen).decode()
    try:
        node = ast.parse(text.strip()).body[0]  # x[i] *= f is a statement
    except (SyntaxError, IndexError):
        return None, ""
    node = node.value if isinstance(node, ast.Expr) else node
    return node, ast.unparse(node)  # its parts are written in the same way


def operands(node: ast.AST | None) -> list[ast.expr]:
    """What an operation works on."""
    if isinstance(node, ast.BinOp):
        return [node.left, node.right]
    if isinstance(node, ast.AugAssign):
        return [ast.copy_location(_loaded(node.target), node), node.value]
    if isinstance(node, ast.Assign):
        return [_loaded(node.targets[0]), node.value]
    if isinstance(node, ast.Call):
        method = [node.func.value] if isinstance(node.func, ast.Attribute) else []
        return [*method, *node.args, *(k.value for k in node.keywords)]
    if isinstance(node, ast.Subscript):
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        return [node.value, *(bound for part in parts for bound in _bounds(part))]
    if isinstance(node, ast.Attribute):
        return [node.value]
    if isinstance(node, ast.Compare):
        return [node.left, *node.comparators]
    if isinstance(node, ast.UnaryOp):
        return [node.operand]
    if isinstance(node, ast.Raise):
        return []
    return [node] if isinstance(node, ast.expr) else []


def _bounds(part: ast.expr) -> list[ast.expr]:
    """An index, or the ends of a slice."""
    if not isinstance(part, ast.Slice):
        return [part]
    return [bound for bound in (part.lower, part.upper, part.step) if bound is not None]


def _loaded(target: ast.expr) -> ast.expr:
    """A target of an assignment, as an expression that is looked at."""
    return ast.parse(ast.unparse(target), mode="eval").body


def is_tensor(value: Any) -> bool:
    """Whether a value is a tensor of torch's."""
    return type(value).__name__ in ("Tensor", "Parameter")


def is_array(value: Any) -> bool:
    """Whether a value is an array of NumPy's."""
    return type(value).__name__ == "ndarray"


def length(value: Any) -> int | None:
    """How many rows or items there are; None: it is a single thing."""
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple):
        return shape[0] if shape else None
    return len(value) if isinstance(value, (list, tuple)) else None


def listed(parts: list[str]) -> str:
    """Parts of a sentence: a, b and c."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
