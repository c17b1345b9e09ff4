"""The student's notebook: its cells are run here, and find what a notebook expects to be there.

``cnnlab``, widgets, figures and data are stand-ins that take part in everything and do nothing:
what is shown is for people, and no test asks for it.
"""

from __future__ import annotations

import ast
import builtins
import io
import signal
import sys
import time
import types
from typing import Any

from . import refusing, telling
from .compiling import Compiler, FailedImports, about_cards, mentioned
from .refused import Absent

# ── stand-ins for what a lesson's cells use ─────────────────────────────────


class Anything:
    """Takes part in everything and does nothing: figures, widgets and data of a lesson."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name.startswith("_repr_") or name.startswith("_ipython"):
            raise AttributeError(name)
        return Anything()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if len(args) == 1 and not kwargs and isinstance(args[0], types.FunctionType):
            return args[0]  # as a decorator it leaves the function alone
        return Anything()

    def __iter__(self) -> Any:
        return iter(())

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *problem: Any) -> None:
        return None

    def __len__(self) -> int:
        return 0

    __getitem__ = __call__


class Inert(types.ModuleType):
    """``cnnlab`` as student code sees it here: it installs answers and knows none."""

    def __init__(self, name: str, notebook: Notebook):
        super().__init__(name)
        self.__path__: list[str] = []
        self.__file__ = f"{name}.py"
        self._notebook = notebook

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name == "fill":
            return self._notebook.fill
        if name == "NotFilledIn":
            return NotImplementedError
        if name in self._notebook.exercises:
            return Answer(name, self._notebook)
        if name == "device":
            return lambda: "cpu"
        return self._notebook.constants.get(name, Anything())


class Answer:
    """``cnnlab.conv1d``: the student's own function, whenever it is called."""

    def __init__(self, name: str, notebook: Notebook):
        self.__name__ = name
        self._notebook = notebook

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        function = self._notebook.find(self.__name__)
        if function is None:
            raise NotImplementedError(f"{self.__name__} is not filled in")
        return function(*args, **kwargs)


class Shell:
    """What ``get_ipython()`` gives: enough for magics in honest notebooks to do no harm."""

    user_ns: dict[str, Any]

    def __init__(self, notebook: Notebook):
        self._notebook = notebook
        self.user_ns = notebook.names

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything()

    def run_cell_magic(self, name: str, line: str, cell: str) -> None:
        """``%%time`` and the like run their cell; other magics do nothing."""
        if name in ("time", "timeit", "capture", "prun"):
            self._notebook.run(cell, self._notebook.running)

    def run_line_magic(self, name: str, line: str, *rest: Any) -> None:
        """``%time`` runs its line; other magics do nothing."""
        if name in ("time", "timeit"):
            self._notebook.run(line, self._notebook.running)

    def system(self, command: str) -> None:
        """A command line, such as pip install: there is none here."""

    def getoutput(self, command: str, *rest: Any) -> list[str]:
        """What a command printed: nothing."""
        return []


class Sink(io.TextIOBase):
    """Where prints go: nowhere. Nobody reads them, so they cost nothing but their time."""

    encoding = "utf-8"

    def __init__(self) -> None:
        self.buffer = Drain()

    def write(self, text: str) -> int:
        """Forget the text, and say that all of it was written."""
        return len(text)

    def writable(self) -> bool:
        """Yes."""
        return True


class Drain(io.RawIOBase):
    """The same for bytes."""

    def write(self, data: Any) -> int:
        return len(data)

    def writable(self) -> bool:
        return True


def no_input(prompt: object = "") -> str:
    """Takes the place of input()."""
    raise RuntimeError("input() waits for somebody to type, and nobody is here to do so.")


# ── the cells ───────────────────────────────────────────────────────────────


class TimeLimit(BaseException):
    """Raised in code that runs too long; not an Exception, so that ``except`` lets it through."""


class Stopwatch:
    """Raises TimeLimit after some seconds of computing, or three times as long of waiting."""

    def __init__(self, seconds: float):
        self.seconds = seconds

    def __enter__(self) -> None:
        self.cpu, self.wall = time.process_time(), time.monotonic()
        signal.signal(signal.SIGALRM, self.ring)
        signal.setitimer(signal.ITIMER_REAL, self.seconds, 0.1)

    def ring(self, *_: Any) -> None:
        """Raise TimeLimit if the time is indeed over: a busy machine makes the clock go fast."""
        busy, waited = time.process_time() - self.cpu, time.monotonic() - self.wall
        if busy >= 0.9 * self.seconds or waited >= 3 * self.seconds:
            raise TimeLimit

    def __exit__(self, *problem: Any) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)


class Notebook:
    """The student's cells, once run, and what they defined."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {"__name__": "__main__", "__builtins__": builtins}
        self.filled: dict[str, Any] = {}
        self.exercises: list[str] = []
        self.constants: dict[str, Any] = {}
        self.compiler, self.imports = Compiler(self.names), FailedImports()
        self.sources: dict[str, list[str]] = {}
        self.broken: dict[str, dict[str, Any]] = {}
        self.lacking: set[str] = set()
        self.running = ""
        self.shell = Shell(self)

    def start(self, exercises: list[str], constants: dict[str, Any]) -> None:
        """Make the names that a notebook expects to be there.

        constants: of the lessons, which students import from cnnlab.
        """
        self.exercises, self.constants = exercises, constants
        builtins.__dict__.update(get_ipython=lambda: self.shell, input=no_input)
        module = types.ModuleType("__main__")
        module.__dict__.update(self.names)
        self.names = self.compiler.names = module.__dict__
        self.shell.user_ns = self.names
        sys.modules["__main__"] = module
        try:
            import IPython
            from IPython.core import getipython
            from IPython.display import display

            for place in (IPython, getipython):
                place.__dict__["get_ipython"] = builtins.__dict__["get_ipython"]
            builtins.__dict__["display"] = display
        except ImportError:
            builtins.__dict__["display"] = Anything()

    def run_cell(self, label: str, source: str, seconds: float) -> dict[str, Any]:
        """Run a cell; what went wrong first, or {}. label: the answer's name, or the place."""
        self.running = f"<{label}>"
        try:
            with Stopwatch(seconds):
                problem = self.run(source, self.running)
        except TimeLimit:
            problem = {"status": "timeout"}
        if problem:
            self.broken[label] = problem
        return problem

    def run(self, source: str, filename: str) -> dict[str, Any]:
        """Run statements one by one: a line that fails does not lose the function below it."""
        first: dict[str, Any] = {}
        try:
            from IPython.core.inputtransformer2 import TransformerManager

            source = TransformerManager().transform_cell(source)
        except (ImportError, SyntaxError):
            pass
        self.sources[filename] = source.splitlines()
        self.compiler.keep(source, filename)
        try:
            statements = ast.parse(source).body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as problem:
            return self.describe(problem)
        for statement in statements:
            Absent.took_part = False
            try:
                exec(self.compiler.compiled(statement, filename), self.names)
            except TimeLimit:
                raise
            except BaseException as problem:  # SystemExit too: a cell cannot end the lesson
                said = self.describe(problem)
                self.imports.note(statement, problem, said)
                first = first or said
                self._see_what_lacks(statement, failed=True)
            else:
                self._see_what_lacks(statement, failed=False)
        return first

    def _see_what_lacks(self, statement: ast.stmt, failed: bool) -> None:
        """Note the names whose values would be others, had an absent package computed something.

        Those of a statement in which one took part, and of what was made of them later.
        """
        names = mentioned(statement)
        if Absent.took_part or (self.lacking and (failed or names & self.lacking)):
            self.lacking |= {name for name in names if not is_code(self.names.get(name))}

    def fill(self, answer: Any) -> Any:
        """Install a student's answer under its name."""
        self.filled[getattr(answer, "__name__", "")] = answer
        return answer

    def find(self, name: str) -> Any:
        """The student's answer: what its name means now, else what was filled in.

        A function that was only imported under the name is nobody's answer, if there is one.
        """
        now, filled = self.names.get(name), self.filled.get(name)
        if not callable(now) or isinstance(now, Answer):
            return filled
        return filled if filled is not None and _imported(now) else now

    def describe(self, problem: BaseException, answer: Any = None) -> dict[str, Any]:
        """An exception as data, with the student's own line. answer: what was called."""
        if isinstance(problem, NotImplementedError) and telling.on_purpose(problem):
            return {"status": "not filled in", "message": _text(problem)}
        if isinstance(problem, refusing.Forbidden):
            return {"status": "forbidden", "message": _text(problem)}
        if said := self.imports.behind(problem):
            return said
        if isinstance(problem, SyntaxError):
            told = telling.Told(problem.lineno, (problem.text or "").strip())
            message = problem.msg or "the code cannot be read"
        else:
            message = about_cards(_text(problem))
            if isinstance(problem, ModuleNotFoundError):
                message += ": where answers are graded there is no such package"
            told = telling.told(problem, self.sources.get, answer)
        return {
            "status": "raised",
            "errors": [str(t.__name__) for t in type(problem).__mro__[:-1]],
            "message": message,
            "line": told.line,
            "code": told.code[:200],
            "words": told.words,
        }


def is_code(value: Any) -> bool:
    """Whether a value is a function, a class or a module, and no data."""
    code = callable(value) or isinstance(value, types.ModuleType)
    return code and not isinstance(value, Absent)


def _imported(value: Any) -> bool:
    """Whether a value is a library's own function, class or module."""
    library = (types.FunctionType, types.BuiltinFunctionType, types.ModuleType, type)
    ready = isinstance(value, library) or type(value).__name__ in _NUMPYS
    return ready and getattr(value, "__module__", None) != "__main__"


_NUMPYS = ("ufunc", "_ArrayFunctionDispatcher")
"""What NumPy's functions are, where they are no functions to Python."""


def _text(problem: BaseException) -> str:
    try:
        return str(problem)[:2000]
    except Exception:
        return "its message cannot be read"
