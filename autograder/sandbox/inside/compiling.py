"""Code as the student's own kernel would make it of a cell, and what failed to be imported.

``from __future__`` holds for all later cells, as in IPython; an annotation is never a reason for a
definition to fail, as from Python 3.14 on; and a function's source is found, for
``@torch.jit.script`` and the like.
"""

from __future__ import annotations
import __future__

import ast
import linecache
import types
from typing import Any

_LATER = __future__.annotations.compiler_flag
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.AnnAssign)


class Compiler:
    """Compiles the statements of a notebook one by one, in the light of those before.

    names: the notebook's, by which annotations are looked at.
    """

    def __init__(self, names: dict[str, Any]):
        self.names, self.flags = names, 0

    def keep(self, source: str, filename: str) -> None:
        """Let ``inspect.getsource`` find the text of a cell."""
        lines = source.splitlines(keepends=True)
        linecache.cache[filename] = (len(source), None, lines, filename)

    def compiled(self, statement: ast.stmt, filename: str) -> types.CodeType:
        """A statement as code."""
        if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
            for feature in (getattr(__future__, a.name, None) for a in statement.names):
                self.flags |= getattr(feature, "compiler_flag", 0)
        flags = self.flags
        if not flags & _LATER and not self._annotations_hold(statement, filename):
            flags |= _LATER
        module = ast.Module([statement], [])
        return compile(module, filename, "exec", flags=flags, dont_inherit=True)

    def _annotations_hold(self, statement: ast.stmt, filename: str) -> bool:
        """Whether all annotations in a definition mean something."""
        if not isinstance(statement, _DEFINITIONS):
            return True
        for annotation in _annotations(statement):
            try:
                code = compile(ast.Expression(annotation), filename, "eval", dont_inherit=True)
                eval(code, self.names)
            except Exception:
                return False
        return True


def _annotations(statement: ast.stmt) -> list[ast.expr]:
    """The annotations in a definition, of its parts too."""
    found = []
    for node in ast.walk(statement):
        if isinstance(node, (ast.arg, ast.AnnAssign)):
            found.append(node.annotation)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            found.append(node.returns)
    return [annotation for annotation in found if annotation is not None]


def mentioned(statement: ast.stmt) -> set[str]:
    """The names that a statement gives a value to, or may change the value of."""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return set()
    return {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}


class FailedImports:
    """Imports that failed: what is wrong with a name is the import, not that nobody defined it."""

    def __init__(self) -> None:
        self.by_name: dict[str, dict[str, Any]] = {}

    def note(self, statement: ast.stmt, problem: BaseException, said: dict[str, Any]) -> None:
        """Keep what a failed statement would have imported. said: the problem as data."""
        if not isinstance(problem, ImportError):
            return
        for node in ast.walk(statement):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                for alias in node.names:
                    name = alias.asname or alias.name.partition(".")[0]
                    self.by_name[name] = said

    def behind(self, problem: BaseException) -> dict[str, Any] | None:
        """What to say of a name that is missing because its import failed."""
        if type(problem) is not NameError:
            return None
        return self.by_name.get(problem.name or "") or self.by_name.get("*")


def about_cards(message: str) -> str:
    """An error's message; where it is about a graphics card, with the reason for it."""
    if "CUDA" in message and ("not compiled with" in message or "driver" in message):
        return f"{message} (where answers are graded there is no GPU: ask cnnlab.device())"
    return message
