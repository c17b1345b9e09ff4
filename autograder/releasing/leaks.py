"""Search what students get for what they must not: the build fails if anything is found.

Code is compared as syntax trees, so comments, layout and docstrings make no difference, and
also with all names replaced by placeholders, so renaming makes none either. Not only whole
solutions count: any statement, sequence of statements or expression of one that is too long
to be there by chance does too. Text is searched as well: code blocks and code words in
Markdown, comments, and strings (hints are strings).
"""

from __future__ import annotations

import ast
import builtins
import json
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from ..course import ROOT

# The length, in nodes of the syntax tree, from which a piece of a solution counts as a leak.
# Shorter pieces, `len(x) - K + 1` or `h = np.zeros(n)`, any lesson may show for itself.
STATEMENT, STATEMENT_RENAMED = 9, 14
EXPRESSION, EXPRESSION_RENAMED = 11, 14

SKELETON = 1 / 3
"""How much of a solution a skeleton may hold: code that leaves gaps (``...``), as a hint does."""

FIXED_NAMES = {*dir(builtins), "np", "torch", "nn", "F", "math", "itertools", "functools"}
"""Names that keep their meaning; all others are replaced when renaming is looked through."""

PATH = re.compile(r"(?<![\w/.])/(?:home|root|Users|work|mnt)/[\w.-]+|\b[A-Z]:\\+Users\\+\w+")
"""A path of somebody's machine."""

NOTEBOOK_METADATA = ("kernelspec", "language_info")
CELL_METADATA = ("deletable", "editable", "nbgrader", "tags")
"""What the build leaves in a notebook; anything else is an editor's or its author's."""

NEVER = {"__pycache__", ".ipynb_checkpoints", "build"}
"""Folders that version control ignores; publish leaves them out too."""


@dataclass(frozen=True)
class Leak:
    """Something that must not be published.

    where: the file, and the cell or line in it. what: the sentence about it.
    """

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


def scan(folder: Path, solutions: Mapping[str, NotebookNode]) -> list[Leak]:
    """Everything in a folder for students that must not be there.

    solutions: the instructor's notebook of each lesson (``build.read_all()``).
    """
    secrets = Secrets(solutions)
    found = []
    for path in sorted(Path(folder).rglob("*")):
        where = str(path.relative_to(folder))
        inside = path.relative_to(folder).parts
        if path.is_symlink():
            found.append(Leak(where, "a link, which may lead out of this folder"))
        if not path.is_file() or any(p in NEVER or p.endswith(".egg-info") for p in inside):
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # an image, say
        if path.suffix == ".ipynb":
            try:
                notebook = nbformat.reads(text, as_version=4)
            except Exception:
                found.append(Leak(where, "it cannot be read as a notebook"))
                continue
            found += secrets.in_notebook(notebook, where)
        elif path.suffix == ".py":
            found += secrets.in_module(text, where)
        found += in_text(text, where)
    return list(dict.fromkeys(found))


def in_text(text: str, where: str) -> Iterator[Leak]:
    """Marks of a solution or hidden test, and paths and names of this machine."""
    for mark in ("BEGIN SOLUTION", "END SOLUTION", "BEGIN HIDDEN", "END HIDDEN"):
        if mark in text:
            yield Leak(where, f"the mark “{mark}”, which the build takes out")
    ours = [str(ROOT), str(Path.home())]
    paths = [p for p in ours if len(p) > 5 and p in text] + PATH.findall(text)
    for path in dict.fromkeys(paths):
        yield Leak(where, f"a path of somebody's machine, {path}")


class Secrets:
    """What the solutions and hidden tests of all lessons hold, ready to be searched for."""

    def __init__(self, solutions: Mapping[str, NotebookNode]):
        self.pieces: dict[str, str] = {}
        self.bodies: dict[str, str] = {}
        self.hidden: dict[str, str] = {}
        self.lengths: set[int] = set()  # of whole solutions, in statements
        self.shares: dict[str, float] = {}  # of its solution that a piece makes up
        for lesson, notebook in solutions.items():
            for cell in notebook.cells:
                name = f"{cell.metadata.get('nbgrader', {}).get('grade_id', '?')} ({lesson})"
                self._learn(cell, name)

    def _learn(self, cell: NotebookNode, name: str) -> None:
        regions = list(_regions(cell.source, "SOLUTION"))
        if cell.cell_type == "markdown":
            for start, end in regions:
                prose = " ".join("".join(cell.source.splitlines(True)[start:end]).split())
                if prose:
                    self.pieces.setdefault(prose, f"the model answer of {name}")
            return
        tree = _parse(cell.source)
        bodies = [
            [s for s in body if start < s.lineno and s.end_lineno <= end]
            for start, end in regions
            for body in (_bodies(tree) if tree else ())
        ]
        nested = {
            inner
            for body in bodies
            for s in body
            for inner in ast.walk(s)
            if inner is not s and isinstance(inner, ast.stmt)
        }
        outermost = [body for body in bodies if body and body[0] not in nested]
        for body in outermost:
            size, exact = canonical(body)
            if size >= STATEMENT:
                self.bodies.setdefault(exact, f"the solution of {name}")
                self.lengths.add(len(body))
        whole = sum(canonical(body)[0] for body in outermost)
        for body in outermost:
            for key, _, size in _pieces(body):
                self.pieces.setdefault(key, f"a part of the solution of {name}")
                self.shares[key] = max(self.shares.get(key, 0), size / whole)
        for start, end in _regions(cell.source, "HIDDEN TESTS"):
            for statement in tree.body if tree else []:
                if start < statement.lineno and statement.end_lineno <= end:
                    self.hidden.setdefault(canonical([statement])[1], f"a hidden test, {name}")

    def in_notebook(self, notebook: NotebookNode, where: str) -> list[Leak]:
        """Everything in one notebook that must not be published."""
        found = []
        for key in sorted(set(notebook.metadata) - set(NOTEBOOK_METADATA)):
            found.append(Leak(where, f"the author's metadata {key!r}"))
        spec = notebook.metadata.get("kernelspec", {}).get("name", "python3")
        if spec != "python3":
            found.append(Leak(where, f"the kernel {spec!r} of somebody's machine"))
        for i, cell in enumerate(notebook.cells):
            here = f"{where}, cell {i + 1}"
            for key in sorted(set(cell.metadata) - set(CELL_METADATA)):
                found.append(Leak(here, f"the author's metadata {key!r}"))
            if cell.get("outputs") or cell.get("execution_count"):
                found.append(Leak(here, "an output"))
            if cell.get("attachments"):
                found.append(Leak(here, "an attachment; pictures are made by code"))
            if cell.cell_type == "code":
                found += self._in_code(cell.source, here)
                found += self._in_words(_comments(cell.source), here)
            else:
                found += self._in_words(_code_in_markdown(cell.source), here)
                prose = " ".join(cell.source.split())
                found += [
                    Leak(here, what)
                    for key, what in self.pieces.items()
                    if what.startswith("the model answer") and key in prose
                ]
        found += in_text(json.dumps(notebook, ensure_ascii=False), where)
        return list(dict.fromkeys(found))

    def in_module(self, text: str, where: str) -> list[Leak]:
        """A solution in a module of ours: a whole one as code, also a part of one in a string.

        In code only whole solutions count: an oracle may well do a part of the same.
        """
        tree = _parse(text)
        if tree is None:
            return [Leak(where, "it cannot be read as Python")]
        found = []
        for body in _bodies(tree):
            for i, statement in enumerate(body):
                for length in self.lengths:
                    what = self.bodies.get(canonical(body[i : i + length])[1])
                    if what:
                        found.append(Leak(f"{where}, line {statement.lineno}", what))
        found += self._in_words(_strings(tree), where)
        return found

    def _in_code(self, source: str, where: str) -> Iterator[Leak]:
        tree = _parse(source)
        if tree is None:
            yield from self._in_words([source], where)
            return
        for statement in ast.walk(tree):
            if isinstance(statement, ast.stmt):
                what = self.hidden.get(canonical([statement])[1])
                if what:
                    yield Leak(f"{where}, line {statement.lineno}", what)
        for key, line, _ in _pieces(tree.body):
            if key in self.pieces:
                yield Leak(f"{where}, line {line}", self.pieces[key])
        yield from self._in_words(_strings(tree), where)

    def _in_words(self, texts: Iterable[str], where: str) -> Iterator[Leak]:
        """Look through texts that may be code: as a whole, or line by line where that fails."""
        for text in texts:
            whole = _parse(text)
            trees = [whole] if whole else [t for t in map(_parse, text.splitlines()) if t]
            enough = SKELETON if _has_gaps(text) else 0
            for tree in trees:
                for key, _, _ in _pieces(tree.body):
                    if key in self.pieces and self.shares[key] > enough:
                        yield Leak(where, f"{self.pieces[key]}, in words")
                for statement in tree.body:
                    what = self.hidden.get(canonical([statement])[1])
                    if what:
                        yield Leak(where, f"{what}, in words")


# ── syntax trees ────────────────────────────────────────────────────────────


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


def _pieces(statements: list[ast.stmt]) -> Iterator[tuple[str, int, int]]:
    """Each piece of code long enough to be told apart, as (canonical text, line, size)."""
    tree = ast.Module(body=statements, type_ignores=[])
    for body in _bodies(tree):
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


def _has_gaps(text: str) -> bool:
    """Whether code leaves something out, as in ``h = ...``; ``mask[..., None]`` does not."""
    return "..." in re.sub(r"\[[^\[\]]*,[^\[\]]*\]", "", text)


def _bodies(tree: ast.AST) -> Iterator[list[ast.stmt]]:
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


def _regions(source: str, what: str) -> Iterator[tuple[int, int]]:
    """The line numbers (begin mark, end mark) of each marked region, counted from 1."""
    begin = None
    for number, line in enumerate(source.splitlines(), 1):
        if f"BEGIN {what}" in line:
            begin = number
        elif f"END {what}" in line and begin is not None:
            yield begin, number - 1
            begin = None


def _parse(text: str) -> ast.Module | None:
    """Code as a tree; IPython's magics are taken out; None if it is no Python."""
    lines = ["pass" if re.match(r"\s*[%!]", line) else line for line in text.splitlines()]
    try:
        return ast.parse(textwrap.dedent("\n".join(lines)))
    except (SyntaxError, ValueError):
        return None


def _code_in_markdown(text: str) -> Iterator[str]:
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


def _comments(source: str) -> Iterator[str]:
    """Successive comment lines, without their #."""
    for block in re.findall(r"(?:^[ \t]*#.*\n?)+", source, re.M):
        yield textwrap.dedent(re.sub(r"^[ \t]*#+", "", block, flags=re.M))


def _strings(tree: ast.AST) -> Iterator[str]:
    """The strings of a module, as code or as Markdown with code in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if "\n" in node.value or "`" in node.value:
                yield from _code_in_markdown(node.value)
            yield node.value
