"""Code in pieces that can be told apart, whatever their layout, comments and names."""

from __future__ import annotations

import ast
import builtins
import re
import textwrap
from collections.abc import Iterable, Iterator

# The length, in nodes of the syntax tree, from which a piece of a solution counts as a leak.
# Shorter pieces, `len(x) - K + 1` or `h = np.zeros(n)`, any lesson may show for itself.
STATEMENT, STATEMENT_RENAMED = 9, 14
EXPRESSION, EXPRESSION_RENAMED = 11, 14

FIXED_NAMES = {*dir(builtins), "np", "torch", "nn", "F", "math", "itertools", "functools"}
"""Names that keep their meaning; all others are replaced when renaming is looked through."""


def canonical(nodes: Iterable[ast.AST], renamed: bool = False) -> tuple[int, str]:
    """The size of some code and a text that is the same for code that means the same.

    renamed: names are replaced by their number in the order of appearance.
    """
    names: dict[str, str] = {}
    size = 0

    def name(text: str) -> str:
        if not renamed or text in FIXED_NAMES:
            return text
        return names.setdefault(text, f"_{len(names)}")

    def visit(node: object) -> str:
        nonlocal size
        if isinstance(node, list):
            return "[" + " ".join(map(visit, _without_docstring(node))) + "]"
        if not isinstance(node, ast.AST):
            return repr(node)
        if isinstance(node, (ast.expr_context, ast.operator, ast.unaryop, ast.cmpop, ast.boolop)):
            return type(node).__name__
        size += 1
        if isinstance(node, ast.Name):
            return name(node.id)
        if isinstance(node, ast.arg):
            return name(node.arg)
        parts = [visit(value) for _, value in ast.iter_fields(node)]
        return f"({type(node).__name__} {' '.join(parts)})"

    text = " ".join(map(visit, nodes))
    return size, text


def pieces(statements: list[ast.stmt]) -> Iterator[tuple[str, int, int]]:
    """Each piece of code long enough to be told apart, as (canonical text, line, size)."""
    tree = ast.Module(body=statements, type_ignores=[])
    for body in bodies(tree):
        for i in range(len(body)):
            for j in range(i + 1, min(i + 6, len(body)) + 1):
                yield from _if_long(body[i:j], STATEMENT, STATEMENT_RENAMED)
    for node in ast.walk(tree):
        if isinstance(node, ast.expr):
            yield from _if_long([node], EXPRESSION, EXPRESSION_RENAMED)


def _if_long(nodes: list, exact: int, renamed: int) -> Iterator[tuple[str, int, int]]:
    size, text = canonical(nodes)
    if size >= exact:
        yield text, nodes[0].lineno, size
    if size >= renamed:
        yield "renamed " + canonical(nodes, renamed=True)[1], nodes[0].lineno, size


def has_gaps(text: str) -> bool:
    """Whether code leaves something out, as in ``h = ...``; ``mask[..., None]`` does not."""
    return "..." in re.sub(r"\[[^\[\]]*,[^\[\]]*\]", "", text)


def bodies(tree: ast.AST) -> Iterator[list[ast.stmt]]:
    """Every list of statements in a tree: of the module, of functions, loops, branches."""
    for node in ast.walk(tree):
        for field in ("body", "orelse", "finalbody"):
            body = getattr(node, field, None)
            if isinstance(body, list) and body:
                yield _without_docstring(body)


def _without_docstring(body: list) -> list:
    """Statements that do something: docstrings and the like have no effect."""
    return [
        s
        for s in body
        if not (
            isinstance(s, ast.Expr)
            and isinstance(s.value, ast.Constant)
            and isinstance(s.value.value, str)
        )
    ]


def regions(source: str, what: str) -> Iterator[tuple[int, int]]:
    """The line numbers (begin mark, end mark) of each marked region, counted from 1."""
    begin = None
    for number, line in enumerate(source.splitlines(), 1):
        if f"BEGIN {what}" in line:
            begin = number
        elif f"END {what}" in line and begin is not None:
            yield begin, number - 1
            begin = None


def parsed(text: str) -> ast.Module | None:
    """Code as a tree; IPython's magics are taken out; None if it is no Python."""
    lines = ["pass" if re.match(r"\s*[%!]", line) else line for line in text.splitlines()]
    try:
        return ast.parse(textwrap.dedent("\n".join(lines)))
    except (SyntaxError, ValueError):
        return None


def code_in_markdown(text: str) -> Iterator[str]:
    """Code blocks and code words of a Markdown text."""
    fences = re.compile(r"^(?P<fence>```+|~~~+)[^\n]*\n(?P<code>.*?)^(?P=fence)", re.M | re.S)
    for block in fences.finditer(text):
        yield block["code"]
    for word in re.finditer(r"(`+)(.+?)\1", fences.sub("", text), re.S):
        yield word[2].strip()
    for word in re.finditer(r"<(code|pre)[^>]*>(.+?)</\1>", text, re.S):
        yield word[2].strip()
    indented = re.findall(r"(?:^(?: {4}|\t).*\n?)+", text, re.M)
    yield from map(textwrap.dedent, indented)


def comments(source: str) -> Iterator[str]:
    """Successive comment lines, without their #."""
    for block in re.findall(r"(?:^[ \t]*#.*\n?)+", source, re.M):
        yield textwrap.dedent(re.sub(r"^[ \t]*#+", "", block, flags=re.M))


def strings(tree: ast.AST) -> Iterator[str]:
    """The strings of a module, as code or as Markdown with code in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if "\n" in node.value or "`" in node.value:
                yield from code_in_markdown(node.value)
            yield node.value
