"""What the code of a cell says, read and never run: names it defines, checks it makes."""

from __future__ import annotations

import ast
import copy
import functools
import re
import textwrap
from collections.abc import Iterable, Iterator


def statements(source: str) -> list[ast.stmt] | None:
    """A cell's statements, Jupyter's own commands left out; None if it is no Python.

    A cell that begins with a blank is read without it, as Jupyter runs it.
    """
    return _parsed(source) if len(source) < 5000 else _parsed.__wrapped__(source)


@functools.lru_cache(maxsize=1000)  # most cells are the same in all submissions
def _parsed(source: str) -> list[ast.stmt] | None:
    plain = re.sub(r"(?m)^([ \t]*+)(?:[%!].*|.*\?[ \t]*+)$", r"\1pass", source)
    if re.match(r"\s*+\n[ \t]|[ \t]", plain):
        plain = textwrap.dedent(plain)
    try:
        return ast.parse(plain).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def runs_alone(source: str) -> bool:
    """Whether a cell is whole: code that Jupyter runs by itself."""
    found = statements(source)
    if found is None:
        return False
    outside = (n for s in found for n in _outside_functions(s))
    return not any(isinstance(n, ast.Return | ast.Yield | ast.YieldFrom) for n in outside)


def ends(source: str) -> bool:
    """Whether a cell's last statement is done: whatever followed in it would never be run."""
    found = statements(source)
    return bool(found) and _ends(found[-1])


def _ends(statement: ast.stmt) -> bool:
    waiting = [statement]
    while waiting:
        last = waiting.pop()
        if isinstance(last, ast.If) and last.orelse:
            waiting += [last.body[-1], last.orelse[-1]]
        elif isinstance(last, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.With):
            waiting.append(last.body[-1])
        elif not isinstance(last, ast.Return | ast.Raise):
            return False
    return True


_BY_HAND = re.compile(r"(?m)^(?:async\s++def|def|class)(?=\s++(\w+))")


def defined(source: str) -> dict[str, str]:
    """How a cell's top level defines its names: "def" (or class) or "value".

    Of what is no Python its functions and classes.
    """
    found = statements(source)
    if found is None:
        return dict.fromkeys(_BY_HAND.findall(source), "def")
    how: dict[str, str] = {}
    for statement in at_top(found):
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            how[statement.name] = "def"
        if isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
            targets = getattr(statement, "targets", None) or [statement.target]
            for node in (n for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)):
                how.setdefault(node.id, "value")
    return how


def at_top(found: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements, and those in them that share their names: in ``if``, ``try``, ``with``, loops."""
    waiting: list[ast.AST] = [*found]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.stmt):
            yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            blocks = ast.stmt | ast.ExceptHandler | ast.match_case
            waiting += [child for child in ast.iter_child_nodes(node) if isinstance(child, blocks)]


def definitions(source: str) -> str:
    """What a cell only defines: functions, classes, imports, constants. No call is in it."""
    lines = source.splitlines()
    found = statements(source) or []
    kept: list[str] = []
    for at, statement in enumerate(found):
        above = [d.lineno for d in getattr(statement, "decorator_list", [])]
        first, last = min([statement.lineno, *above]), statement.end_lineno
        alone = all(s.end_lineno < first or s.lineno > last for s in found[max(0, at - 1) : at])
        alone = alone and all(s.lineno > last for s in found[at + 1 : at + 2])
        if alone and _only_defines(statement):
            kept += lines[first - 1 : last]
    return "\n".join(kept)


def _only_defines(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.ClassDef | ast.Assign | ast.AnnAssign):
        return not any(isinstance(n, ast.Call) for n in _outside_functions(statement))
    functions = ast.FunctionDef | ast.AsyncFunctionDef
    return isinstance(statement, functions | ast.Import | ast.ImportFrom)


def same_code(one: str, other: str) -> bool:
    """Whether two cells are the same but for words, and for how they say that nothing is done yet.

    Those are comments, documentation, decorators; ``pass``, ``...`` and NotImplementedError.
    """
    bones = [_bones(source) for source in (one, other)]
    return bones[0] is not None and bones[0] == bones[1]


def _bones(source: str) -> str | None:
    found = statements(source)
    if found is None:
        return None
    try:
        copies = copy.deepcopy(found)  # those are shared
        return ast.unparse(_Bones().visit(ast.Module(copies, [])))
    except (RecursionError, ValueError):
        return None


class _Bones(ast.NodeTransformer):
    """Takes out of code what does nothing, and what says so."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        return None if isinstance(node.value, ast.Constant) else node

    def visit_Pass(self, node: ast.Pass) -> None:
        return None

    def visit_Raise(self, node: ast.Raise) -> ast.AST | None:
        undone = node.exc is not None and _name(node.exc) == "NotImplementedError"
        return None if undone else node

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        if isinstance(node.value, ast.Constant) and node.value.value is ...:
            node.value = ast.Constant(None)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.decorator_list = []
        return self.generic_visit(node)


# ── checks ──────────────────────────────────────────────────────────────────


def checks(code: ast.AST, names: Iterable[str]) -> set[str]:
    """The exercises that a statement calls ``check`` for."""
    asked: set[str] = set()
    for node in ast.walk(code):
        if isinstance(node, ast.Call):
            called = getattr(node.func, "id", None) or getattr(node.func, "attr", None)
            if called == "check":
                asked |= {getattr(a, "id", "") for a in node.args[:1]}
                asked |= {k.arg or "" for k in node.keywords}
    return asked & set(names)


def parts(source: str, names: Iterable[str]) -> Iterator[tuple[str, set[str]]]:
    """A cell, cut behind each of its checks; and what is checked at the end of each part."""
    found = statements(source)
    if found is None or source.lstrip().startswith("%%"):
        loose = set(re.findall(r"(?m)^[^#\n]*?\bcheck\(\s*([^\W\d]\w*)", source)) & set(names)
        yield source, loose
        return
    lines = source.splitlines()
    start = 0
    for at, statement in enumerate(found):
        asked = checks(statement, names)
        end = statement.end_lineno
        last = at + 1 == len(found)
        if asked and (last or found[at + 1].lineno > end):
            yield "\n".join(lines[start : len(lines) if last else end]), asked
            start = len(lines) if last else end
    if start < len(lines):
        yield "\n".join(lines[start:]), set()


# ── what one cell may change for another ────────────────────────────────────


def reads(source: str) -> set[str]:
    """The names that a cell uses, anywhere in it."""
    nodes = (n for s in statements(source) or [] for n in ast.walk(s))
    return {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}


def leaves(source: str) -> set[str] | None:
    """The names that a cell gives a meaning to, where it does nothing else; None where it may.

    A call may change anything, and so may an attribute or an entry that is set.
    """
    bound: set[str] = set()
    found = statements(source)
    for statement in found or []:
        for node in _outside_functions(statement):
            if isinstance(node, ast.Call) and _name(node) not in ("check", "hint", "fill"):
                return None
            if isinstance(node, ast.Attribute | ast.Subscript | ast.Name):
                if not isinstance(node.ctx, ast.Load) and not isinstance(node, ast.Name):
                    return None
                if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                    bound.add(node.id)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                if any(_name(d) != "fill" for d in node.decorator_list):
                    return None
                bound.add(node.name)
            if isinstance(node, ast.alias):
                if node.name == "*":
                    return None
                bound.add((node.asname or node.name).partition(".")[0])
    return None if found is None else bound


def _name(node: ast.AST) -> str:
    node = node.func if isinstance(node, ast.Call) else node
    return getattr(node, "id", None) or getattr(node, "attr", "")


def _outside_functions(top: ast.AST) -> Iterator[ast.AST]:
    """A node and what is in it, but for what runs only when a function is called."""
    waiting = [top]
    while waiting:
        node = waiting.pop()
        yield node
        later = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for field, value in ast.iter_fields(node):
            if not (later and field == "body"):
                many = value if isinstance(value, list) else [value]
                waiting += [child for child in many if isinstance(child, ast.AST)]
