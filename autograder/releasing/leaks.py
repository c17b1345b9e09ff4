"""Search what students get for what they must not: the build fails if anything is found.

Code is compared as syntax trees, so comments, layout and docstrings make no difference, and
also with all names replaced by placeholders, so renaming makes none either. Not only whole
solutions count: any statement, sequence of statements or expression of one that is too long
to be there by chance does too. Text is searched as well: code blocks and code words in
Markdown, comments, and strings (hints are strings).
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from ..cells import CELL_METADATA, NOTEBOOK_METADATA
from ..course import ROOT
from .pieces import (
    STATEMENT,
    bodies,
    canonical,
    code_in_markdown,
    comments,
    has_gaps,
    parsed,
    pieces,
    regions,
    strings,
)

SKELETON = 1 / 3
"""How much of a solution a skeleton may hold: code that leaves gaps (``...``), as a hint does."""

PATH = re.compile(r"(?<![\w/.])/(?:home|root|Users|work|mnt)/[\w.-]+|\b[A-Z]:\\+Users\\+\w+")
"""A path of somebody's machine."""

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
        marked = list(regions(cell.source, "SOLUTION"))
        if cell.cell_type == "markdown":
            for start, end in marked:
                prose = " ".join("".join(cell.source.splitlines(True)[start:end]).split())
                if prose:
                    self.pieces.setdefault(prose, f"the model answer of {name}")
            return
        tree = parsed(cell.source)
        solved = [
            [s for s in body if start < s.lineno and s.end_lineno <= end]
            for start, end in marked
            for body in (bodies(tree) if tree else ())
        ]
        nested = {
            inner
            for body in solved
            for s in body
            for inner in ast.walk(s)
            if inner is not s and isinstance(inner, ast.stmt)
        }
        outermost = [body for body in solved if body and body[0] not in nested]
        for body in outermost:
            size, exact = canonical(body)
            if size >= STATEMENT:
                self.bodies.setdefault(exact, f"the solution of {name}")
                self.lengths.add(len(body))
        whole = sum(canonical(body)[0] for body in outermost)
        for body in outermost:
            for key, _, size in pieces(body):
                self.pieces.setdefault(key, f"a part of the solution of {name}")
                self.shares[key] = max(self.shares.get(key, 0), size / whole)
        for start, end in regions(cell.source, "HIDDEN TESTS"):
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
                found += self._in_words(comments(cell.source), here)
            else:
                found += self._in_words(code_in_markdown(cell.source), here)
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
        tree = parsed(text)
        if tree is None:
            return [Leak(where, "it cannot be read as Python")]
        found = []
        for body in bodies(tree):
            for i, statement in enumerate(body):
                for length in self.lengths:
                    what = self.bodies.get(canonical(body[i : i + length])[1])
                    if what:
                        found.append(Leak(f"{where}, line {statement.lineno}", what))
        found += self._in_words(strings(tree), where)
        return found

    def _in_code(self, source: str, where: str) -> Iterator[Leak]:
        tree = parsed(source)
        if tree is None:
            yield from self._in_words([source], where)
            return
        for statement in ast.walk(tree):
            if isinstance(statement, ast.stmt):
                what = self.hidden.get(canonical([statement])[1])
                if what:
                    yield Leak(f"{where}, line {statement.lineno}", what)
        for key, line, _ in pieces(tree.body):
            if key in self.pieces:
                yield Leak(f"{where}, line {line}", self.pieces[key])
        yield from self._in_words(strings(tree), where)

    def _in_words(self, texts: Iterable[str], where: str) -> Iterator[Leak]:
        """Look through texts that may be code: as a whole, or line by line where that fails."""
        for text in texts:
            whole = parsed(text)
            trees = [whole] if whole else [t for t in map(parsed, text.splitlines()) if t]
            enough = SKELETON if has_gaps(text) else 0
            for tree in trees:
                for key, _, _ in pieces(tree.body):
                    if key in self.pieces and self.shares[key] > enough:
                        yield Leak(where, f"{self.pieces[key]}, in words")
                for statement in tree.body:
                    what = self.hidden.get(canonical([statement])[1])
                    if what:
                        yield Leak(where, f"{what}, in words")
