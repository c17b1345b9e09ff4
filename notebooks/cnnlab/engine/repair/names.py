"""The names that a line can use, and what kind of thing each held when the line was reached."""

from __future__ import annotations

import ast
import builtins
import dataclasses
import types
from typing import Any

from .slots import MODULES

MOST_NAMES = 10
"""So many names of one kind are tried in one place, those of the function's own first."""


Place = tuple[int, int, int, int]
"""Where an expression stands: its first line and column, its last line and column."""


def place_of(node: ast.expr) -> Place:
    return node.lineno, node.col_offset, node.end_lineno or 0, node.end_col_offset or 0


@dataclasses.dataclass
class Scope:
    """What is known in one function.

    parameters: the function's; own: functions and classes of the student's own.
    kinds: of each name that was seen, "n" a number, "a" an array or tensor, "l" a list or the
        like, "s" a string, "o" something else; "?" it is not known (in a comprehension, say).
    strings: the words that stand in the source or are given to it; of_self: attributes of self.
    entries: what it reads of arrays, "f[k]", each once.
    expressions: the kind of each expression that was reached.
    """

    parameters: list[str]
    own: set[str]
    space: dict[str, Any]
    kinds: dict[str, str]
    strings: list[str]
    of_self: list[str]
    entries: list[ast.Subscript]
    uses_torch: bool
    expressions: dict[Place, str]

    def kind_of(self, node: ast.expr) -> str:
        """What kind of thing an expression was; "?" if it was not reached."""
        if isinstance(node, ast.Constant):
            return kind_of(node.value)
        return self.expressions.get(place_of(node), "?")

    def kind(self, name: str) -> str:
        return self.kinds.get(name, "?")

    def names(self, kinds: str) -> list[str]:
        """The names that hold one of these kinds."""
        return [n for n, k in self.kinds.items() if k in kinds][:MOST_NAMES]

    def like(self, name: str) -> list[str]:
        """The names that can stand for another one."""
        kind = self.kind(name)
        return [
            n
            for n, k in self.kinds.items()
            if n != name and (k == kind or "?" in (k, kind) or {k, kind} <= set("al"))
        ][:MOST_NAMES]

    def exists(self, name: str) -> bool:
        """Whether it is a global name, or one of Python's."""
        return name in self.space or hasattr(builtins, name)

    @staticmethod
    def is_module(node: ast.expr) -> bool:
        while isinstance(node, ast.Attribute):
            node = node.value
        return isinstance(node, ast.Name) and node.id in MODULES


def kind_of(value: Any) -> str:
    """The kind of a value, as in ``Scope.kinds``; "": it is nothing to compute with."""
    if isinstance(value, (types.ModuleType, type, types.FunctionType, types.BuiltinFunctionType)):
        return ""
    if isinstance(value, str):
        return "s"
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple):
        return "a" if len(shape) else "n"
    if isinstance(value, (int, float)):
        return "n"
    return "l" if isinstance(value, (list, tuple, dict, set)) else "o"


def comprehended(function: ast.AST) -> list[str]:
    """The names that comprehensions and lambdas of a function bring along."""
    found = []
    for node in ast.walk(function):
        if isinstance(node, ast.comprehension):
            found += [n.id for n in ast.walk(node.target) if isinstance(n, ast.Name)]
        elif isinstance(node, ast.Lambda):
            found += [a.arg for a in node.args.args]
    return list(dict.fromkeys(found))
