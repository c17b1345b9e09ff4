"""An edit: one small change of a syntax tree, made in place and taken back.

Trying thousands of them costs what compiling costs: nothing is copied, and the new node is built
only when its turn comes.
"""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Callable, Iterable
from typing import Any

Change = tuple[ast.AST, str, Any]
"""(node, name of its field, new value)."""


@dataclasses.dataclass(eq=False)
class Edit:
    """One small change, described by its place and kind.

    cost: what is tried first; the cheaper, the likelier.
    kind: what kind of change it is: "constant", "reversal too much", "order of statements" …
    role: what the slot is for: "end of a range", "factor", "condition", "statement" …
    statement: the statement that it is in; line: where the changed part begins.
    code: the part that is changed, as a node of the student's own tree; None: a whole statement.
    key: equal for edits that do the same in several places; None: it is never done twice.
    make: gives the changes.
    """

    cost: float
    kind: str
    role: str
    statement: ast.stmt
    line: int
    code: ast.expr | None
    key: tuple | None
    make: Callable[[], list[Change]]
    _kept: list[Change] = dataclasses.field(default_factory=list)

    def apply(self) -> None:
        """Change the tree. Nodes that are new stand, for Python, in the edited line."""
        for owner, field, value in self.make():
            self._kept.append((owner, field, getattr(owner, field)))
            setattr(owner, field, value)
            for node in value if isinstance(value, list) else [value]:
                if isinstance(node, ast.AST):
                    _locate(node, self.line)

    def undo(self) -> None:
        """Put the tree back as it was; may be called twice."""
        while self._kept:
            owner, field, value = self._kept[-1]
            setattr(owner, field, value)
            self._kept.pop()

    def new(self) -> ast.AST:
        """What comes in the place of ``code``; it is not put there."""
        node = self.make()[0][2]
        if isinstance(node, list):  # one item of a list: of arguments, say
            owner, field, _ = self.make()[0]
            old = getattr(owner, field)
            node = next((n for n, o in zip(node, old, strict=False) if o is self.code), self.code)
        assert isinstance(node, ast.AST)
        _locate(node, self.line)
        return node


def lines_of(edits: Iterable[Edit]) -> set[int]:
    """The lines in which edits are made."""
    return {edit.line for edit in edits}


def _locate(node: ast.AST, line: int) -> None:
    """Give new nodes a place; those of the student's own, and all in them, have theirs."""
    if "lineno" in node._attributes:
        if hasattr(node, "lineno"):
            return
        node.lineno = node.end_lineno = line  # type: ignore[attr-defined]
        node.col_offset = node.end_col_offset = 0  # type: ignore[attr-defined]
    for child in ast.iter_child_nodes(node):
        _locate(child, line)


@dataclasses.dataclass(frozen=True)
class Slot:
    """A place in the tree where an expression stands.

    index: its place in a list of expressions; None: the field holds it alone.
    """

    owner: ast.AST
    field: str
    index: int | None
    role: str
    statement: ast.stmt

    @property
    def node(self) -> ast.expr:
        value = getattr(self.owner, self.field)
        return value if self.index is None else value[self.index]

    def put(self, new: ast.expr) -> list[Change]:
        """The change that puts another expression here.

        None, if what is computed then says nothing, as ``a - a`` does.
        """
        if self._cancels(new):
            return []
        if self.index is None:
            return [(self.owner, self.field, new)]
        others = list(getattr(self.owner, self.field))
        others[self.index] = new
        return [(self.owner, self.field, others)]

    def _cancels(self, new: ast.expr) -> bool:
        operation = self.owner
        if not isinstance(operation, ast.BinOp) or not isinstance(operation.op, _CANCELLING):
            return False
        other = operation.left if self.field == "right" else operation.right
        return type(new) is type(other) and ast.dump(new) == ast.dump(other)


_CANCELLING = (ast.Sub, ast.Div, ast.FloorDiv, ast.Mod)
