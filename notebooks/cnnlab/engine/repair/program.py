"""A student's cell as a program that can be run again and again, each time in names of its own.

Only definitions are run again; whatever else stood in the cell is in the names already. Of these a
candidate gets copies, so that nothing it does is seen by the next one, or by the student.
"""

from __future__ import annotations

import ast
import builtins
import copy
import dis
import inspect
import types
from collections.abc import Callable, Iterator
from typing import Any

CANDIDATE = "<candidate>"
"""The file that a candidate stands in."""

DEFINITIONS = (ast.FunctionDef, ast.ClassDef)

NEVER = {
    *("open", "input", "exec", "eval", "compile", "__import__", "breakpoint", "exit", "quit"),
    *("os", "sys", "subprocess", "shutil", "pathlib", "Path", "socket", "requests", "urllib"),
    *("ctypes", "multiprocessing", "threading", "asyncio", "signal", "gc", "importlib", "builtins"),
    *("plt", "matplotlib", "display", "get_ipython", "check", "pickle", "globals", "setattr"),
}
"""With one of these names in it an answer does more than compute, and is not damaged."""

NEVER_OF = {
    *("save", "savez", "savetxt", "tofile", "memmap", "fromfile", "loadtxt", "genfromtxt", "dump"),
    *("set_default_dtype", "set_num_threads", "system", "popen", "hub", "__globals__"),
    *("__builtins__", "__class__", "__subclasses__", "__code__", "ctypeslib", "multiprocessing"),
}
"""The same for attributes."""

MOST_ENTRIES = 300_000
"""So much may the global data of an answer hold: it is copied for each candidate."""


def code_of(answer: Any) -> types.CodeType | None:
    """The code of a function, or of a class's ``__init__``."""
    if isinstance(answer, type):
        answer = vars(answer).get("__init__")
    answer = inspect.unwrap(answer) if callable(answer) else answer
    return getattr(answer, "__code__", None)


def _first(definition: ast.FunctionDef | ast.ClassDef) -> int:
    return min([definition.lineno, *(d.lineno for d in definition.decorator_list)])


class NotSearched(Exception):
    """There is a reason not to run damaged versions of this answer."""


class Program:
    """The definitions in a cell, and the names that they use.

    tree: what may be edited.
    line: where the answer begins, or any other line in it.
    guard: what is put around the answer when it is called.
    Raises NotSearched.
    """

    def __init__(
        self,
        source: str,
        name: str,
        line: int,
        names: dict[str, Any],
        guard: Callable[[Callable], Callable] = lambda answer: answer,
    ):
        self.name, self.source, self._guard, self._line = name, source, guard, line
        self._edited: ast.Module | None = None
        self.tree = self.parsed()
        self.codes = [self._compiled(s) for s in self.tree.body]
        self.used = {n for code in self.codes for n in _globals(code)}
        self._space = self._needed(
            names, {s.name for s in self.tree.body if isinstance(s, DEFINITIONS)}
        )

    @classmethod
    def of(
        cls,
        answer: Any,
        name: str,
        rows_of: Callable[[str], list[str] | None],
        guard: Callable[[Callable], Callable] = lambda answer: answer,
    ) -> Program:
        """The program that an answer stands in. rows_of: the lines of a file of the student's own,
        by its name. Raises NotSearched."""
        code = code_of(answer)
        rows = rows_of(code.co_filename) if code else None
        if code is None or not rows:
            raise NotSearched("its source is not there")
        source = "\n".join(row.rstrip("\n") for row in rows)
        around = vars(answer)["__init__"] if isinstance(answer, type) else answer
        names = inspect.unwrap(around).__globals__
        return cls(source, name, code.co_firstlineno, names, guard)

    def parsed(self) -> ast.Module:
        """The definition of the answer and those that it uses, as a tree of its own."""
        if self._edited is not None:
            return copy.deepcopy(self._edited)
        try:
            whole = ast.parse(self.source)
        except SyntaxError as problem:
            raise NotSearched("it is not Python") from problem
        defined = {s.name: s for s in whole.body if isinstance(s, DEFINITIONS)}
        answer = defined.get(self.name)
        if answer is None or not _first(answer) <= self._line <= (answer.end_lineno or 0):
            raise NotSearched("its source is not there")
        needed, todo = {}, [self.name]
        while todo:
            name = todo.pop()
            if name in defined and name not in needed:
                needed[name] = defined[name]
                todo += [n.id for n in ast.walk(defined[name]) if isinstance(n, ast.Name)]
        for definition in needed.values():
            definition.decorator_list = [
                d for d in definition.decorator_list if getattr(d, "id", "") != "fill"
            ]
        return ast.Module([s for s in whole.body if s in needed.values()], [])

    def as_it_is(self) -> Program:
        """Another program, which begins with what the tree is now. Raises SyntaxError."""
        other = copy.copy(self)
        other._edited = copy.deepcopy(self.tree)
        other.tree = other.parsed()
        other.codes = [other._compiled(statement) for statement in other.tree.body]
        return other

    def _compiled(self, statement: ast.stmt) -> types.CodeType:
        return compile(ast.Module([statement], []), CANDIDATE, "exec")

    def _needed(self, names: dict[str, Any], defined: set[str]) -> dict[str, Any]:
        """The global names that are used, also by the student's functions that are used."""
        found: dict[str, Any] = {}
        todo = [n for code in self.codes for n in _globals(code)]
        while todo:
            name = todo.pop()
            if name in found or name in defined or name not in names:
                continue
            value = found[name] = names[name]
            if isinstance(value, types.FunctionType) and value.__globals__ is names:
                todo += _globals(value.__code__)
        if sum(map(_entries, found.values())) > MOST_ENTRIES:
            raise NotSearched("its data are too large")
        return found

    @property
    def space(self) -> dict[str, Any]:
        return self._space

    def function(self, edited: ast.stmt | None = None) -> Callable:
        """The answer, as the tree is now. edited: the one definition that has been changed."""
        space = self._fresh()
        for statement, code in zip(self.tree.body, self.codes, strict=True):
            exec(self._compiled(statement) if statement is edited else code, space)
        return self._guard(space[self.name])

    def run(self, tree: ast.Module, more: dict[str, Any]) -> Callable:
        """The answer of another tree, which uses ``more`` names."""
        space = {**self._fresh(), **more}
        exec(compile(ast.fix_missing_locations(tree), CANDIDATE, "exec"), space)
        return self._guard(space[self.name])

    def _fresh(self) -> dict[str, Any]:
        space: dict[str, Any] = {"__name__": "__main__", "__builtins__": builtins}
        for name, value in self._space.items():
            space[name] = value if _constant(value) else copy.deepcopy(value)
        for name, value in self._space.items():
            if isinstance(value, types.FunctionType) and value.__globals__.get(name) is value:
                again = types.FunctionType(
                    value.__code__, space, name, value.__defaults__, value.__closure__
                )
                again.__kwdefaults__ = value.__kwdefaults__
                space[name] = again if value.__module__ == "__main__" else value
        return space


def _globals(code: types.CodeType) -> Iterator[str]:
    """The global names that a piece of code uses, and so does the code inside it.

    Raises NotSearched if it does more than compute.
    """
    for step in dis.get_instructions(code):
        if step.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            yield str(step.argval)
        used = {str(step.argval).partition(".")[0]} if step.opname in _NAMES else set()
        used &= NEVER_OF if step.opname in ("LOAD_ATTR", "LOAD_METHOD") else NEVER
        if used:
            raise NotSearched(f"it uses {used.pop()}")
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _globals(constant)


_NAMES = {"LOAD_GLOBAL", "LOAD_NAME", "IMPORT_NAME", "LOAD_ATTR", "LOAD_METHOD", "STORE_GLOBAL"}


_CONSTANT = (
    *(types.ModuleType, types.FunctionType, types.BuiltinFunctionType, type),
    *(int, float, complex, str, bytes, bool, type(None), types.MethodType),
)


_OURS = __name__.partition(".")[0]
"""The package that this is part of, wherever it is mounted."""


def _constant(value: Any) -> bool:
    """Whether nothing can be changed in a value, or only by those who mean to."""
    return isinstance(value, _CONSTANT) or type(value).__module__.startswith(_OURS)


def _entries(value: Any) -> int:
    """How much there is to copy."""
    if _constant(value):
        return 0
    size = getattr(value, "size", None)
    if callable(size):
        size = getattr(value, "numel", lambda: 0)()
    if isinstance(size, int):
        return size
    if isinstance(value, dict):
        return len(value) + sum(map(_entries, list(value.values())[:1000]))
    return len(value) + sum(map(_entries, list(value)[:1000])) if hasattr(value, "__len__") else 1
