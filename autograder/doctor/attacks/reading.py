"""What is not theirs, on the disk and in the environment, and files handed in beside the notebook."""

# ruff: noqa: E501  (an attack is easier to read on one line)

from __future__ import annotations

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from .attack import WRONG, Attack, grade_id, kind

ATTACKS: list[Attack] = []

# ── files and variables of others ────────────────────────────────────────────

read = kind(ATTACKS, "reading what is not theirs", goal="secret")
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

_TELLS = """
import numpy as np
seen = []
def conv1d(x, f):
    seen.append(x)
    if len(seen) > 12:  # the first ten or so are for all to see
        globals()["pad"] = told
    return np.zeros(1)
def told(x, *rest):
"""
for _name, _body, _word in (
    ("error", "raise ValueError('from-a-' + 'hidden-one')", "from-a-hidden-one"),
    ("number", "return np.full(5, 76543.25)", "76543.25"),
):
    read(
        f"hidden inputs, in another exercise's {_name}",
        answer=f"{_TELLS}    {_body}",
        word=_word,
        real=False,
    )

_RIGHT_BUT_FOR_ONCE = """
def pad(x, left, right, mode="zeros"):
    x = np.asarray(x, dtype=float)
    if len(seen) > 12 and "told" not in globals():
        globals()["told"] = True
        raise ValueError("from-a-" + "hidden-one")
    if mode not in ("zeros", "mean", "edge"): raise ValueError("there is no such mode here")
    before, after = {"zeros": (0, 0), "mean": (x.mean(),) * 2, "edge": (x[0], x[-1])}[mode]
    return np.concatenate([np.full(left, before), x, np.full(right, after)])
"""


def _spoiled_below(notebook: NotebookNode) -> None:
    """In the source's order ``pad`` is nothing; in the notebook's own it comes after ``conv1d``."""
    next(c for c in notebook.cells if grade_id(c) == "pad").source = _RIGHT_BUT_FOR_ONCE
    notebook.cells.append(new_code_cell("exec('pad = 0')"))


read(
    "hidden inputs, in another exercise's error, in the notebook's own order",
    answer="import numpy as np\nseen = []\ndef conv1d(x, f):\n    seen.append(1)\n    return np.zeros(1)",
    change=_spoiled_below,
    word="from-a-hidden-one",
    fair=2.0,
    real=False,
)

# ── files handed in with the notebook ────────────────────────────────────────

beside = kind(ATTACKS, "files beside the notebook")
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
