"""What can be seen in an answer's source without running it, and is true whatever the reason.

A parameter that no line reads, or only a check, or that is overwritten first; a value that no line
reads; rounds that all compute the same; a return that ends a loop in its first round; a line
without effect; rows that are one and the same list.
"""

from __future__ import annotations

import ast
import inspect
import types
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..calling import rows_of
from ..exercise import Case, Exercise
from ..repair.program import code_of
from ..verdict import Explanation, Result
from .certain import unread
from .effects import MISLAID, one_list, without_effect
from .fact import Fact
from .simple import simplest

LOOPS = "loop over positions"
"""The kind of fact that says where an array is gone through entry by entry: right, but slow."""

FOR_NOTHING = "no line reads it"
"""The kind of fact that says that a value is not used: by itself that does no harm."""

UNUSED = ("never read", "only checked")
"""Kinds of facts on a parameter that is not put to use."""


def static(answer: Any, exercise: Exercise) -> list[Fact]:
    """All such facts, those first that leave least doubt."""
    function = function_of(answer)
    names = unread(answer, exercise)
    found = [*_never_read(names, function)]
    if (whole := _definition(answer)) is not None:
        tree, defined = whole
        found += without_effect(tree, defined)
        found += one_list(tree)
    if function is not None and not isinstance(answer, type):
        found += _only_checked(function, exercise)
        found += _overwritten(function)
        found += _always_the_same(function)
        found += _own_strides(function)
        found += _ends_a_loop(function)
        found += _for_nothing(function)
        found += _over_positions(function)
    return found


def seen(facts: list[Fact], results: list[Result], exercise: Exercise) -> Explanation | None:
    """The first that may well be the cause of all that is wrong.

    A parameter that is not put to use explains the cases in which it is given; a value for nothing
    explains none. Where something raises that speaks for itself, but for a line without effect.
    """
    wrong = [i for i, r in enumerate(results) if r.problem and not r.case.raises]
    returned = [i for i in wrong if results[i].outcome.status == "returned"]
    if len(returned) < len(wrong):
        facts = [fact for fact in facts if fact.kind in MISLAID]
    if not returned:
        return None
    shown = simplest(results, returned)
    for fact in facts:
        cases = [results[i].case for i in wrong]
        given = fact.kind not in UNUSED or all(_given(fact.role, c, exercise) for c in cases)
        given &= fact.kind != "strides" or all(map(_not_contiguous, cases))
        if given and fact.kind not in (FOR_NOTHING, LOOPS):
            told = (fact.sentence, fact.kind, fact.role, shown, len(wrong), len(wrong))
            return Explanation("static", *told, fact.lines)
    return None


def _given(name: str, case: Case, exercise: Exercise) -> bool:
    """Whether a case gives a parameter another value than its default."""
    parameters = exercise.signature.parameters
    if case.probe or parameters[name].default is inspect.Parameter.empty:
        return True
    given = dict(zip(parameters, case.args, strict=False)) | case.kwargs
    return name in given and given[name] is not parameters[name].default


def _not_contiguous(case: Case) -> bool:
    """Whether a case gives an array whose entries do not lie side by side."""
    given = (*case.args, *case.kwargs.values())
    return any(isinstance(a, np.ndarray) and not a.flags.c_contiguous for a in given)


def _cell(code: types.CodeType | None) -> ast.Module | None:
    """The tree of the cell that some code stands in; None: its source is not there."""
    rows = rows_of(code.co_filename) if code else None
    try:
        return ast.parse("".join(rows)) if rows else None
    except SyntaxError:
        return None


def _definition(answer: Any) -> tuple[ast.AST, set[str]] | None:
    """The tree of an answer, a class's with all methods, and what its cell defines by name."""
    cell = _cell(code_of(answer))
    function = function_of(answer)
    if cell is None or function is None:
        return None
    kinds = (ast.FunctionDef, ast.ClassDef)
    defined = {n.name for n in ast.walk(cell) if isinstance(n, kinds)}
    line = function.lineno
    around = [n for n in cell.body if isinstance(n, ast.ClassDef) and n.lineno <= line]
    around = [n for n in around if line <= (n.end_lineno or 0)]
    return (around[0] if around else function), defined


def function_of(answer: Any) -> ast.FunctionDef | None:
    """The tree of a function, or of a class's ``__init__``; None: its source is not there."""
    code = code_of(answer)
    tree = _cell(code)
    if code is None or tree is None:
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == code.co_name:
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            if first == code.co_firstlineno:
                return node
    return None


def _never_read(names: list[str], function: ast.FunctionDef | None) -> Iterator[Fact]:
    """Parameters that no line reads, or one that is never reached."""
    nowhere = []
    for name in names:
        uses = _names(function) if function else []
        lines = [n.lineno for n in uses if n.id == name and isinstance(n.ctx, ast.Load)]
        if lines:
            said = (
                f"Line {min(lines)} reads `{name}`, but is never reached, and no other line does."
            )
            yield Fact(said, "never read", name, (min(lines),))
        else:
            nowhere.append(name)
    if nowhere:
        listed = " or ".join(f"`{name}`" for name in nowhere)
        yield Fact(f"No line of yours reads {listed}.", "never read", nowhere[0])


def _only_checked(function: ast.FunctionDef, exercise: Exercise) -> Iterator[Fact]:
    """Parameters that nothing reads but a check: an ``if`` whose block does nothing but raise."""
    checks = [
        n
        for n in ast.walk(function)
        if isinstance(n, ast.Assert)
        or (isinstance(n, ast.If) and not n.orelse and isinstance(n.body[0], ast.Raise))
    ]
    inside = {n for check in checks for n in ast.walk(check)}
    checked: dict[int, list[str]] = {}
    for name in exercise.signature.parameters:
        uses = [n for n in _names(function) if n.id == name]
        if uses and inside.issuperset(uses):
            checked.setdefault(min(n.lineno for n in uses), []).append(name)
    for line, names in checked.items():
        listed = " and ".join(f"`{name}`" for name in names)
        are, them = ("is", "it") if len(names) == 1 else ("are", "them")
        said = f"{listed} {are} checked in line {line}, and no other line of yours reads {them}."
        yield Fact(said, "only checked", names[0], (line,))


def _always_the_same(function: ast.FunctionDef) -> Iterator[Fact]:
    """Comprehensions whose rounds all compute the same: they look at one and the same slice."""
    for node in ast.walk(function):
        if not isinstance(node, (ast.ListComp, ast.GeneratorExp)):
            continue
        counts = {n.id for g in node.generators for n in _names(g.target)}
        read = {n.id for n in _names(node.elt)}
        inner = [g.iter for g in node.generators[1:]] + [c for g in node.generators for c in g.ifs]
        read |= {n.id for part in inner for n in _names(part)}
        # A number, a row of zeros, the first value: so much is filled in many times on purpose.
        looks = any(isinstance(n, ast.Slice) for n in ast.walk(node.elt))
        draws = any(isinstance(n, ast.Call) and _draws(n) for n in ast.walk(node.elt))
        if not looks or draws or any(n.startswith("_") for n in counts) or counts & read:
            continue
        name = min(counts)
        yield Fact(
            f"Line {node.lineno} computes the same in every round, whatever `{name}` is. "
            f"Should it depend on `{name}`?",
            *("always the same", name, (node.lineno,)),
        )


def _own_strides(function: ast.FunctionDef) -> Iterator[Fact]:
    """Strides for ``as_strided`` that are worked out, not taken from the array."""
    taken = {
        n.id
        for s in ast.walk(function)
        if isinstance(s, ast.Assign) and _takes_strides(s.value, set())
        for target in s.targets
        for n in _names(target)
    }
    for call in ast.walk(function):
        if not isinstance(call, ast.Call) or not ast.unparse(call.func).endswith("as_strided"):
            continue
        given = [k.value for k in call.keywords if k.arg == "strides"] or call.args[2:3]
        if given and not _takes_strides(given[0], taken):
            yield Fact(
                f"Line {call.lineno} works out the strides for as_strided by itself, as if the "
                "entries lay side by side in memory. Those of an array that is not contiguous do "
                "not: take them from the array (`.strides`).",
                *("strides", "array", (call.lineno,)),
            )


def _takes_strides(tree: ast.AST, names: set[str]) -> bool:
    return any(
        getattr(n, "attr", "") == "strides" or getattr(n, "id", "") in names for n in ast.walk(tree)
    )


def _draws(call: ast.Call) -> bool:
    """Whether a call may give something else each time: a random number."""
    return any(word in ast.unparse(call.func) for word in ("rng", "rand"))


def _overwritten(function: ast.FunctionDef) -> Iterator[Fact]:
    """Parameters that get another value before their own has been read."""
    for parameter in function.args.args:
        uses = [n for n in _names(function) if n.id == parameter.arg]
        uses.sort(key=lambda n: n.lineno)
        if not uses or not isinstance(uses[0].ctx, ast.Store):
            continue
        first = uses[0]
        here = [n for n in uses if n.lineno == first.lineno]
        if all(isinstance(n.ctx, ast.Store) for n in here) and _assigned(function, first):
            yield Fact(
                f"Line {first.lineno} gives `{first.id}` another value before its own is read.",
                *("overwritten", first.id, (first.lineno,)),
            )


def _assigned(function: ast.FunctionDef, name: ast.Name) -> bool:
    """Whether a plain assignment of the function's own block stores a name."""
    return any(isinstance(s, ast.Assign) and name in s.targets for s in function.body)


def _for_nothing(function: ast.FunctionDef) -> Iterator[Fact]:
    """Values that no line reads."""
    read = {n.id for n in _names(function) if isinstance(n.ctx, ast.Load)}
    given = {a.arg for a in function.args.args}
    for statement in ast.walk(function):
        if not isinstance(statement, ast.Assign) or len(statement.targets) > 1:
            continue
        target = statement.targets[0]
        if isinstance(target, ast.Name) and target.id not in read | given | {"_"}:
            yield Fact(
                f"Line {statement.lineno} sets `{target.id}`, and no line reads it.",
                *(FOR_NOTHING, "value", (statement.lineno,)),
            )


def _ends_a_loop(function: ast.FunctionDef) -> Iterator[Fact]:
    """A return at the end of a loop's block."""
    for loop in ast.walk(function):
        if isinstance(loop, (ast.For, ast.While)) and isinstance(loop.body[-1], ast.Return):
            line = loop.body[-1].lineno
            yield Fact(
                f"Line {line} returns in the first round of the loop.", "return", "loop", (line,)
            )


def _names(tree: ast.AST) -> list[ast.Name]:
    return [n for n in ast.walk(tree) if isinstance(n, ast.Name)]


def _over_positions(function: ast.FunctionDef) -> Iterator[Fact]:
    """Loops and comprehensions that have a round for each row or column of the first argument."""
    array = function.args.args[0].arg if function.args.args else ""
    sizes = {array}
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and ast.unparse(node.value) == f"{array}.shape":
            for target in node.targets:
                sizes |= {n.id for n in getattr(target, "elts", ())[:2] if isinstance(n, ast.Name)}
    for node in ast.walk(function):
        rounds = node.iter if isinstance(node, (ast.For, ast.comprehension)) else None
        if rounds is not None and sizes & {n.id for n in _names(rounds)}:
            said = f"Line {rounds.lineno} goes through the positions: `{ast.unparse(rounds)}`."
            yield Fact(said, LOOPS, array, (rounds.lineno,))
