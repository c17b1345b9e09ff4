"""What is seen in an answer's text of ways around a refusal, without running it.

Inside, a refused function raises wherever a plain call comes to it. Not seen there are torch's own
routes below its functions, and functions that run where a refusal does not reach: in another
thread, or compiled. This look sees who writes so. It reads code, so no comment, no text and no
annotation counts; who hides what is written (``getattr`` with a computed name) hides it from us.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator

from cnnlab.engine.refusing import Forbidden, refuse_torch

from ..intake.statements import at_top, statements

ROUTES = ("torch.ops", "torch._C", "torch._VF")
"""Under these is all that torch can do, by other names; no exercise needs any of it."""

ELSEWHERE = (
    *("threading", "_thread", "concurrent", "multiprocessing", "asyncio", "os.fork"),
    *("torch.multiprocessing", "torch.jit", "torch.compile"),
)
"""What runs code where nothing is refused. Fine by itself, and with what is refused a way to it."""

GRAPH = ("_execution_engine", "next_functions")
"""By what a graph that torch has recorded is walked by hand; and ``grad_fn``, if it is called."""


def shortcut(name: str, sources: Iterable[str], refused: tuple[str, ...]) -> str:
    """Why an answer is refused: the sentence, or "" if its text shows nothing of the kind.

    sources: all cells that are run. refused: the dotted names that the exercise does not allow.
    """
    if not refused:
        return ""
    uses = _uses(name, [s for source in sources for s in statements(source) or []])
    by_hand = any("grad" in one for one in refused)
    found = [use for use in uses if _under(use, ROUTES) or (by_hand and _walks(use))]
    if any(_under(use, ELSEWHERE) for use in uses):
        found += [use for use in uses if _is_one_of(use, refused, by_hand)]
    return _said(found[0]) if found else ""


def _walks(use: str) -> bool:
    return use.rpartition(".")[2] in (*GRAPH, "grad_fn()")


def _is_one_of(use: str, refused: tuple[str, ...], by_hand: bool) -> bool:
    """Whether a use is a refused function, by its own name or as torch's class of that name."""
    if by_hand and (_under(use, ("torch.func", "torch.autograd")) or use.endswith(".backward")):
        return True
    return use.startswith("torch.") and _last(use) in map(_last, refused)


def _last(path: str) -> str:
    return path.rpartition(".")[2].lower().replace("_", "")


def _under(path: str, places: tuple[str, ...]) -> bool:
    return any(f"{path}.".startswith(f"{place}.") for place in places)


def _said(use: str) -> str:
    try:
        refuse_torch(use.removesuffix("()").lstrip("."))()
    except Forbidden as problem:
        return str(problem)
    raise AssertionError("a refusal that refuses nothing")


# ── what the code of an answer uses ─────────────────────────────────────────


def _uses(name: str, cells: list[ast.stmt]) -> list[str]:
    """The dotted names that an answer uses, and all of the student's own that it uses, too.

    Of what is made in the code itself only the attributes are known: ``.backward``.
    """
    meant: dict[str, set[str]] = defaultdict(set)  # by imports: name → what it stands for
    made: dict[str, list[ast.AST]] = defaultdict(list)  # by the notebook: name → what makes it
    for statement in cells:
        for node in ast.walk(statement):
            for alias, path in _imported(node):
                meant[alias].add(path)
    for statement in at_top(cells):
        for target in _targets(statement):
            made[target].append(statement)
    uses: dict[str, None] = {}
    seen, waiting = {name}, [*made[name]]
    while waiting:
        for node in _code(waiting.pop()):
            for use in _dotted(node, meant):
                uses[use] = None
            if isinstance(node, ast.Name) and node.id not in seen:
                seen.add(node.id)
                waiting += made.get(node.id, ())
    return list(uses)


def _imported(node: ast.AST) -> Iterator[tuple[str, str]]:
    """The names that an import gives, and what they stand for."""
    if isinstance(node, ast.Import):
        for one in node.names:
            first = one.name.partition(".")[0]
            yield (one.asname, one.name) if one.asname else (first, first)
    if isinstance(node, ast.ImportFrom):
        for one in node.names:
            yield one.asname or one.name, f"{node.module}.{one.name}"


def _targets(statement: ast.stmt) -> Iterator[str]:
    """The names that a statement gives a meaning to."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield statement.name
    elif isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
        one = isinstance(statement, ast.Assign)
        targets = statement.targets if one else [statement.target]
        nodes = (node for target in targets for node in ast.walk(target))
        yield from (node.id for node in nodes if isinstance(node, ast.Name))


def _code(top: ast.AST) -> Iterator[ast.AST]:
    """A node and what is in it, but for annotations."""
    waiting = [top]
    while waiting:
        node = waiting.pop()
        yield node
        for field, value in ast.iter_fields(node):
            if field not in ("annotation", "returns"):
                many = value if isinstance(value, list) else [value]
                waiting += [child for child in many if isinstance(child, ast.AST)]


def _dotted(node: ast.AST, meant: dict[str, set[str]]) -> Iterator[str]:
    """What a name, an attribute or a call is, dotted, by all that its first name may stand for."""
    tail, called = "", isinstance(node, ast.Call)
    if isinstance(node, ast.Call) and _attribute(node) is None:
        node = node.func
    while (step := _attribute(node)) is not None:
        node, tail = step[0], f".{step[1]}{tail}"
    tail += "()" if called and tail.endswith(".grad_fn") else ""
    if isinstance(node, ast.Name):
        yield from (f"{path}{tail}" for path in meant.get(node.id, {""}) if path or tail)
    elif tail:
        yield tail


def _attribute(node: ast.AST) -> tuple[ast.AST, str] | None:
    """Of what an attribute is taken, and its name; also of ``getattr(x, "name")``."""
    match node:
        case ast.Attribute(value=of, attr=name):
            return of, name
        case ast.Call(func=ast.Name(id="getattr"), args=[of, ast.Constant(value=str(name)), *_]):
            return of, name
    return None
