"""Runs a student's cells and calls the student's functions, inside the sandbox.

A stand-alone program: it is started once, imports NumPy (and torch, for torch lessons),
and forks for every submission. The fork gets a socket, locks itself in and serves the
judge: first the cells, then one call after the other. It knows no test, no right
answer and no other submission, and whatever it says is data to the judge.

    runner.py SOCKET_FD PACKAGES FLAVOUR CONFINED REFUSING

REFUSING is the path of cnnlab's refusing.py, which knows what is refused, and how.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import gc
import importlib.abc
import importlib.machinery
import importlib.util
import io
import json
import os
import random
import select
import signal
import socket
import sys
import time
import types
from typing import Any

# ── what is ready-made, and refused ─────────────────────────────────────────


class Forbidden(ImportError):
    """An answer used something ready-made that its exercise does not allow."""


def refuse(
    what: str,
    instead: str = "NumPy is fine: slices, sums, products, np.pad, sliding_window_view, einsum.",
) -> Any:
    """A function that says that ``what`` is not allowed, in the words of ``cnnlab``."""

    def refused(*args: Any, **kwargs: Any) -> Any:
        raise Forbidden(
            f"{what} is not allowed in this exercise: it is the thing you are asked to write. "
            f"Plain {instead}"
        )

    return refused


def refuse_torch(what: str) -> Any:
    """The same for torch."""
    return refuse(what, "tensor operations are fine: products, sums, means, matmul, where.")


class Absent(types.ModuleType):
    """A package that is not there: importing it works, using it is refused."""

    def __init__(self, name: str):
        super().__init__(name)
        self.__path__: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Absent(f"{self.__name__}.{name}")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        refuse(self.__name__.partition(".")[0])()

    __mro_entries__ = __getitem__ = __iter__ = __enter__ = __call__


class Stubs(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds absent packages, and the stand-in for ``cnnlab`` with all its parts."""

    def __init__(self, absent: tuple[str, ...]):
        self.absent = absent

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name.partition(".")[0] in (*self.absent, "cnnlab", "google"):
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec: Any) -> types.ModuleType:
        top = spec.name.partition(".")[0]
        return Absent(spec.name) if top in self.absent else Inert(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        """Nothing to run: these modules answer every name by themselves."""


def poison_numpy() -> None:
    """Refuse NumPy's ready-made convolutions and FFTs, below every name they go by."""
    import numpy as np
    import numpy.fft._pocketfft_umath as fft_functions
    from numpy._core import _multiarray_umath, multiarray, numeric

    for name in ("convolve", "correlate", "polymul"):
        setattr(np, name, refuse(f"np.{name}"))
    for name in np.fft.__all__:
        if name.endswith(("fft", "fft2", "fftn")):
            for module in (np.fft, np.fft._pocketfft):
                setattr(module, name, refuse(f"np.fft.{name}"))
    for name, function in list(vars(fft_functions).items()):
        if callable(function):
            setattr(fft_functions, name, refuse("np.fft"))
    for module in (_multiarray_umath, multiarray, numeric):
        for name in ("correlate", "correlate2", "convolve"):
            if hasattr(module, name):
                setattr(module, name, refuse(f"np.{name}"))
    for module in list(sys.modules.values()):
        if getattr(module, "__name__", "").startswith("numpy"):
            for name in ("convolve", "correlate", "polymul"):
                if callable(module.__dict__.get(name)):
                    setattr(module, name, refuse(f"np.{name}"))
    _unlist_in_c(_multiarray_umath)
    gc.collect()


def _unlist_in_c(module: types.ModuleType) -> None:
    """Take the two correlations out of NumPy's table for C programs, which ctypes can read."""
    import ctypes
    import re

    import numpy as np

    get = ctypes.pythonapi.PyCapsule_GetPointer
    get.restype, get.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    table = ctypes.cast(get(module._ARRAY_API, None), ctypes.POINTER(ctypes.c_void_p))
    header = os.path.join(np.get_include(), "numpy", "__multiarray_api.h")
    with open(header) as file:
        text = file.read()
    for name in ("PyArray_Correlate", "PyArray_Correlate2"):
        place = re.search(rf"#define {name}\s.*?PyArray_API\[(\d+)\]", text, re.DOTALL)
        if place:
            table[int(place[1])] = None


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

    def __init__(self, name: str):
        super().__init__(name)
        self.__path__: list[str] = []
        self.__file__ = f"{name}.py"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name == "fill":
            return fill
        if name == "NotFilledIn":
            return NotImplementedError
        if name in SUBMISSION.exercises:
            return Answer(name)
        return Anything()


class Answer:
    """``cnnlab.conv1d``: the student's own function, whenever it is called."""

    def __init__(self, name: str):
        self.__name__ = name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        function = SUBMISSION.find(self.__name__)
        if function is None:
            raise NotImplementedError(f"{self.__name__} is not filled in")
        return function(*args, **kwargs)


def fill(answer: Any) -> Any:
    """Install a student's answer under its name."""
    SUBMISSION.filled[getattr(answer, "__name__", "")] = answer
    return answer


class Shell:
    """What ``get_ipython()`` gives: enough for magics in honest notebooks to do no harm."""

    user_ns: dict[str, Any]

    def __init__(self, submission: Submission):
        self._submission = submission
        self.user_ns = submission.names

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything()

    def run_cell_magic(self, name: str, line: str, cell: str) -> None:
        if name in ("time", "timeit", "capture", "prun"):
            self._submission.run(cell, self._submission.running)

    def run_line_magic(self, name: str, line: str, *rest: Any) -> None:
        if name in ("time", "timeit"):
            self._submission.run(line, self._submission.running)

    def system(self, command: str) -> None:
        """A command line, such as pip install: there is none here."""

    def getoutput(self, command: str, *rest: Any) -> list[str]:
        return []


class Sink(io.TextIOBase):
    """Where prints go. Nobody reads them, but they end some time."""

    def __init__(self, room: int):
        self.room = room

    def write(self, text: str) -> int:
        self.room -= len(text)
        if self.room < 0:
            raise OSError("more was printed than anybody could read")
        return len(text)

    def writable(self) -> bool:
        return True


def no_input(prompt: object = "") -> str:
    """Takes the place of input()."""
    raise RuntimeError("input() waits for somebody to type, and nobody is here to do so.")


# ── one submission ──────────────────────────────────────────────────────────


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
        busy, waited = time.process_time() - self.cpu, time.monotonic() - self.wall
        if busy >= 0.9 * self.seconds or waited >= 3 * self.seconds:
            raise TimeLimit

    def __exit__(self, *problem: Any) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)


class Submission:
    """The student's cells, once run, and what they defined."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {"__name__": "__main__", "__builtins__": builtins}
        self.filled: dict[str, Any] = {}
        self.exercises: list[str] = []
        self.sources: dict[str, list[str]] = {}
        self.broken: dict[str, dict[str, Any]] = {}
        self.running = ""
        self.shell = Shell(self)

    def start(self, exercises: list[str]) -> None:
        """Make the names that a notebook expects to be there."""
        self.exercises = exercises
        builtins.get_ipython = lambda: self.shell
        builtins.input = no_input
        module = types.ModuleType("__main__")
        module.__dict__.update(self.names)
        self.names = module.__dict__
        self.shell.user_ns = self.names
        sys.modules["__main__"] = module
        try:
            import IPython
            from IPython.display import display

            IPython.get_ipython = IPython.core.getipython.get_ipython = builtins.get_ipython
            builtins.display = display
        except ImportError:
            builtins.display = Anything()

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
        try:
            statements = ast.parse(source).body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as problem:
            return self.describe(problem)
        for statement in statements:
            try:
                code = compile(ast.Module([statement], []), filename, "exec", dont_inherit=True)
                exec(code, self.names)
            except TimeLimit:
                raise
            except BaseException as problem:  # SystemExit too: a cell cannot end the lesson
                first = first or self.describe(problem)
        return first

    def find(self, name: str) -> Any:
        """The student's answer: what its name means now, else what was filled in."""
        now = self.names.get(name)
        return now if callable(now) else self.filled.get(name)

    def describe(self, problem: BaseException) -> dict[str, Any]:
        """An exception as data, with the student's own line."""
        if isinstance(problem, NotImplementedError):
            return {"status": "not filled in", "message": _text(problem)}
        if isinstance(problem, Forbidden):
            return {"status": "forbidden", "message": _text(problem)}
        line, code = None, ""
        if isinstance(problem, SyntaxError):
            line, code = problem.lineno, (problem.text or "").strip()
            message = problem.msg or "the code cannot be read"
        else:
            message = _text(problem)
            step = problem.__traceback__
            while step is not None:
                file = step.tb_frame.f_code.co_filename
                if file in self.sources:
                    line = step.tb_lineno
                    rows = self.sources[file]
                    code = rows[line - 1].strip() if line and line <= len(rows) else ""
                step = step.tb_next
        return {
            "status": "raised",
            "errors": [str(t.__name__) for t in type(problem).__mro__[:-1]],
            "message": message,
            "line": line,
            "code": code[:200],
        }

    def value(self, name: str) -> dict[str, Any]:
        """The value that a name has in the notebook."""
        if name in self.names and self.names[name] is not None and self.names[name] is not ...:
            return {"status": "returned", "value": self.names[name]}
        return self.missing(name)

    def missing(self, name: str) -> dict[str, Any]:
        """Why there is no answer of a name: its cell failed, or nothing defines it."""
        return self.broken.get(name) or {
            "status": "not filled in",
            "message": f"nothing in the notebook defines {name}",
        }

    def call(self, request: dict[str, Any]) -> dict[str, Any]:
        """Call an answer, or a probe with the answer, on the judge's arguments."""
        answer = self.find(request["name"])
        if answer is None:
            return self.missing(request["name"])
        args, kwargs = request["args"], request["kwargs"]
        _reseed(request["id"])
        before, state = [_print(a) for a in (*args, *kwargs.values())], _global_state()
        _reseed(request["id"])  # looking at the generators has moved them on
        refused = refusing.refusing(request["refused"], refuse_torch)
        try:
            call = _probe(request["probe"]) if request["probe"] else _plain_call
            with _torch_as_it_was(), refused, Stopwatch(request["seconds"]):
                value = call(answer, *args, **kwargs)
                now = _global_state()
        except TimeLimit:
            return {"status": "timeout"}
        except BaseException as problem:
            return self.describe(problem)
        names = [*request["parameters"][: len(args)], *kwargs]
        after = [_print(a) for a in (*args, *kwargs.values())]
        changed = [n for n, a, b in zip(names, before, after, strict=False) if a != b]
        changed += [n for n in state if state[n] != now[n]]
        return {"status": "returned", "value": value, "changed": changed}


def _text(problem: BaseException) -> str:
    try:
        return str(problem)[:2000]
    except Exception:
        return "its message cannot be read"


def _plain_call(answer: Any, *args: Any, **kwargs: Any) -> Any:
    return answer(*args, **kwargs)


def _probe(source: str) -> Any:
    """The judge's function that calls the answer where a plain call is not enough."""
    import numpy as np

    names: dict[str, Any] = {"np": np}
    if FLAVOUR == "torch":
        import torch

        names |= {"torch": torch, "nn": torch.nn}
    exec(compile(source, "<probe>", "exec"), names)
    return next(v for v in reversed(names.values()) if isinstance(v, types.FunctionType))


def _print(value: Any) -> str:
    """A fingerprint of an argument, bit for bit."""
    buffers: list[bytes] = []
    packed = wire.pack(value, buffers)

    def values_only(data: Any) -> Any:
        if isinstance(data, dict):
            layout = ("strides", "writeable", "grad")
            return {k: values_only(v) for k, v in data.items() if k not in layout}
        return [values_only(v) for v in data] if isinstance(data, (list, tuple)) else data

    return json.dumps(values_only(packed)) + b"".join(buffers).hex()


def _reseed(number: int) -> None:
    """Give the global generators another state, or a second ``seed(0)`` would change nothing."""
    import numpy as np

    np.random.seed(1_000_003 + number)
    random.seed(1_000_003 + number)
    if FLAVOUR == "torch":
        import torch

        torch.manual_seed(1_000_003 + number)


def _global_state() -> dict[str, Any]:
    """What an answer must leave as it found it, by the name a student knows it under.

    A generator is known by the number that it draws next: its whole state is slow to read.
    """
    import numpy as np

    state: dict[str, Any] = {
        "NumPy's global random generator": np.random.random_sample(),
        "Python's global random generator": random.random(),
    }
    if FLAVOUR == "torch":
        import torch

        state["torch's default dtype"] = str(torch.get_default_dtype())
        state["torch's gradient mode"] = torch.is_grad_enabled()
        state["the seed of torch's global generator"] = torch.initial_seed()
    return state


@contextlib.contextmanager
def _torch_as_it_was() -> Any:
    """Put torch's default dtype and gradient mode back: other answers follow in this process."""
    if FLAVOUR != "torch":
        yield
        return
    import torch

    dtype, gradients = torch.get_default_dtype(), torch.is_grad_enabled()
    try:
        yield
    finally:
        torch.set_default_dtype(dtype)
        torch.set_grad_enabled(gradients)


def serve(link: socket.socket) -> None:
    """Do what the judge asks until it hangs up."""
    while True:
        request = wire.receive(link, layout=True)
        try:
            if request["do"] == "start":
                reply = SUBMISSION.start(request["exercises"]) or {}
            elif request["do"] == "cell":
                cell = (request["label"], request["source"], request["seconds"])
                reply = SUBMISSION.run_cell(*cell)
            elif request["do"] == "value":
                reply = SUBMISSION.value(request["name"])
            else:
                reply = SUBMISSION.call(request)
            frame = wire.dump({**reply, "id": request["id"]})
        except (EOFError, KeyboardInterrupt):
            raise
        except BaseException as problem:  # a value that cannot even be looked at
            frame = wire.dump({**SUBMISSION.describe(problem), "id": request["id"]})
        wire.send(link, frame)


# ── the warm process ────────────────────────────────────────────────────────


def supervise(link: int, life: int) -> None:
    """Run one submission in a child of its own, kill it when the judge says so, tell its end.

    The child's first word on ``life``, before any student code, is that it is locked in.
    The judge hanging up on ``life`` means: kill it.
    """
    wall = limits.WALL_SECONDS * (limits.TORCH_FACTOR if FLAVOUR == "torch" else 1)
    try:
        if CONFINED:
            proc = os.open("/proc", os.O_RDONLY)  # in its namespaces there will be none
            limits.own_namespaces()
        child = os.fork()
        if child == 0:
            try:
                limits.die_with_parent()
                os.setsid()
                limits.limit(wall + 10, CONFINED)
                limits.close_files({link, life})
                if CONFINED:
                    os.chdir("/tmp")
                    limits.drop_rights()
                os.write(life, b"S")
                os.close(life)
            except BaseException as problem:
                os.write(life, f"!{problem}".encode())
                os._exit(1)
            sys.stdout = sys.stderr = Sink(limits.OUTPUT)
            sys.stdin = io.StringIO("")
            try:
                serve(socket.socket(fileno=link))
            finally:
                os._exit(0)
    except BaseException as problem:
        os.write(life, f"!{problem}".encode())
        os._exit(1)
    os.close(link)
    done = os.pidfd_open(child)
    poll = select.poll()
    poll.register(done, select.POLLIN)
    poll.register(life, select.POLLHUP)
    greedy, events = False, []
    while not (events or greedy):
        events = poll.poll(1000 * limits.WATCH_SECONDS)
        greedy = CONFINED and limits.memory_below(proc, child) > limits.MEMORY
    ended = greedy or any(fd == done for fd, _ in events)
    for kill, which in ((os.killpg, child), (os.kill, child)):
        with contextlib.suppress(OSError):
            kill(which, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if ended:
        os.write(life, json.dumps(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def warm(control: socket.socket) -> None:
    """Fork for every pair of sockets that comes in, until the judge hangs up."""
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    gc.collect()
    gc.freeze()
    control.sendall(b"R")
    while True:
        _, fds, _, _ = socket.recv_fds(control, 1, 2)
        if len(fds) != 2:
            return
        if os.fork() == 0:
            control.close()
            supervise(*fds)
        for fd in fds:
            os.close(fd)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def main() -> None:
    """Import everything, then wait for submissions."""
    if CONFINED:
        limits.become_nobody()
    if FLAVOUR == "torch":
        import torch

        torch.set_num_threads(1)
        torch.set_num_interop_threads(1)
        torch.nn.functional.conv1d(torch.zeros(1, 1, 3), torch.zeros(1, 1, 2))
        torch.optim.SGD([torch.zeros(1)], lr=1.0)  # the first one imports for seconds
        absent = tuple(n for n in refusing.OTHER_PACKAGES if n != "torch")
    else:
        absent = refusing.OTHER_PACKAGES
    sys.meta_path.insert(0, Stubs(absent))
    import IPython.core.inputtransformer2
    import IPython.display
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot
    import numpy.lib.stride_tricks
    import numpy.random  # NumPy itself does so at the first use, in each fork anew
    import numpy.testing  # noqa: F401

    IPython.core.inputtransformer2.TransformerManager().transform_cell("%time 1\n")
    if FLAVOUR == "numpy":
        poison_numpy()
    warm(socket.socket(fileno=int(sys.argv[1])))


if __name__ == "__main__":
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    if sys.argv[2]:
        sys.path.append(sys.argv[2])
    import limits
    import wire

    del sys.path[0]
    FLAVOUR, CONFINED = sys.argv[3], sys.argv[4] == "confined"
    found = importlib.util.spec_from_file_location("refusing", sys.argv[5])
    refusing = importlib.util.module_from_spec(found)
    found.loader.exec_module(refusing)
    SUBMISSION = Submission()
    main()
