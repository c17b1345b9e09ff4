"""Which lines of an answer run in a case, and what its names hold there.

A copy of the program, in which a call that notes both stands before each statement, is run once.
(``sys.settrace`` would do the same, but is not free when somebody debugs or measures coverage.)
"""

from __future__ import annotations

import ast
import contextlib
import dataclasses
from collections.abc import Callable
from typing import Any

from ..limiting import TimeLimit
from .names import Place, Scope, comprehended, kind_of, place_of
from .program import Program
from .slots import slots, statements

MOST_ENTRIES = 6
"""So many of what a function reads of arrays are tried in each other's places."""

_NOTE = "_note_line(0, _names_here())"


@dataclasses.dataclass
class Traced:
    """The lines that ran, the kinds of the names at each, and the kinds of all expressions."""

    lines: set[int] = dataclasses.field(default_factory=set)
    kinds: dict[int, dict[str, str]] = dataclasses.field(default_factory=dict)
    expressions: dict[Place, str] = dataclasses.field(default_factory=dict)
    _places: list[Place] = dataclasses.field(default_factory=list)

    def note(self, line: int, names: dict[str, Any]) -> None:
        if line not in self.lines or len(self.kinds) < 200:
            self.lines.add(line)
            self.kinds.setdefault(line, {}).update(
                {n: k for n, v in names.items() if n != "self" and (k := kind_of(v))}
            )

    def watch(self, definition: ast.stmt) -> None:
        """Put a look at each expression of a definition into it."""
        for statement in statements([definition]):
            for slot in list(slots(statement)) if statement is not definition else ():
                node, look = slot.node, ast.Name("_look_at", ast.Load())
                if isinstance(node, (ast.Constant, ast.Starred)) or slot.role == "default":
                    continue
                watched = ast.Call(look, [ast.Constant(len(self._places)), node], [])
                self._places.append(place_of(node))
                ((owner, field, value),) = slot.put(watched)
                setattr(owner, field, value)

    def look(self, number: int, value: Any) -> Any:
        """Note what an expression is, and hand it on."""
        if number < len(self._places):
            self.expressions[self._places[number]] = kind_of(value)
        return value

    def scope(
        self, function: ast.FunctionDef, program: Program, own: set[str], of_self: list[str]
    ) -> Scope:
        """What is known of the names in a function."""
        parameters = [a.arg for a in (*function.args.args, *function.args.kwonlyargs)]
        kinds: dict[str, str] = {}
        for line in range(function.lineno, (function.end_lineno or 0) + 1):
            kinds |= self.kinds.get(line, {})
        kinds |= {n: "?" for n in comprehended(function) if n not in kinds}
        for name, value in program.space.items():
            if (kind := kind_of(value)) and name not in kinds:
                kinds[name] = kind
        ordered = sorted(kinds, key=lambda n: n not in parameters)
        strings = [
            node.value
            for node in ast.walk(function)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
            if len(node.value) < 20
        ]
        entries = {
            ast.dump(n): n
            for n in ast.walk(function)
            if isinstance(n, ast.Subscript)
            and isinstance(n.ctx, ast.Load)
            and all(isinstance(v, (ast.Name, ast.BinOp)) for v in (n.value, n.slice))
        }
        return Scope(
            *(parameters, own, program.space, {n: kinds[n] for n in ordered}),
            *(list(dict.fromkeys(strings)), of_self, list(entries.values())[:MOST_ENTRIES]),
            *(bool({"torch", "nn", "F"} & program.used), self.expressions),
        )


def traced(program: Program, call: Callable[[Callable], Any]) -> Traced:
    """Run the program once and see. call: calls the answer."""
    tree, seen = program.parsed(), Traced()
    for definition in tree.body:
        seen.watch(definition)
        _noted(definition)
    with contextlib.suppress(TimeLimit):  # what has run until then has run
        call(
            program.run(
                tree, {"_note_line": seen.note, "_names_here": locals, "_look_at": seen.look}
            )
        )
    return seen


def _noted(definition: ast.stmt) -> None:
    """Put a note before each statement in a definition."""
    for statement in list(statements([definition])):
        for field in ("body", "orelse", "finalbody"):
            body = getattr(statement, field, None)
            if not isinstance(body, list) or isinstance(statement, ast.ClassDef):
                continue
            noted = []
            for inner in body:
                noted += [_note(inner.lineno), inner]
            setattr(statement, field, noted)


def _note(line: int) -> ast.stmt:
    note = ast.parse(_NOTE).body[0]
    for node in ast.walk(note):
        if isinstance(node, ast.Constant):
            node.value = line
    return note
