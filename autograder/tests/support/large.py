"""Large inputs that somebody may hand in to keep the grader busy, and how work grows with them."""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Callable
from typing import Any

GROWTH = 10
"""So many times the work for four times the input at most: linear is 4, quadratic 16."""


def grows_too_fast(work: Callable[[Any], object], small: Any, large: Any, idle: float = 0) -> str:
    """Why work on something four times as large is no longer linear, or "".

    CPU time, the best of three, is compared with CPU time, so that a busy machine changes neither.
    idle: seconds of work that there is without any input.
    """
    before, after = (_best(work, one) for one in (small, large))
    limit = GROWTH * max(before, idle)
    return "" if after <= limit else f"{before:.3f} s, and {after:.3f} s for four times as much"


def _best(work: Callable[[Any], object], data: Any) -> float:
    """The CPU seconds of the best of three tries."""
    return min(seconds(work, data) for _ in range(3))


def seconds(work: Callable[[Any], object], data: Any) -> float:
    """The CPU seconds that some work takes, without looks for garbage, which come in steps."""
    gc.collect()
    gc.disable()
    try:
        begun = time.process_time()
        work(data)
        return time.process_time() - begun
    finally:
        gc.enable()


# ── notebooks ───────────────────────────────────────────────────────────────


def cell(source: str | list[str], kind: str = "code", **more: Any) -> dict[str, Any]:
    """A cell of a notebook's file."""
    return {"cell_type": kind, "source": source, "metadata": {}, **more}


def notebook(*cells: Any) -> bytes:
    """A notebook's file."""
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4}).encode()


def _png(n: int) -> dict[str, Any]:
    return {f"{i}.png": {"image/png": "iVBORw0KGgoAAAAA" * 9} for i in range(n)}


CELLS: dict[str, tuple[int, Callable[[int], bytes]]] = {
    # many cells
    "split": (250, lambda n: notebook(cell("def f():"), *[cell("    x = 1")] * n)),
    "split behind a return": (
        250,
        lambda n: notebook(cell("def f():\n    return 1"), *[cell("    x = 1")] * n),
    ),
    "never closed": (250, lambda n: notebook(*[cell(f"x = ({i}") for i in range(n)])),
    "closed at last": (250, lambda n: notebook(cell("["), *[cell("1,")] * n, cell("]"))),
    "copies of an answer": (
        250,
        lambda n: notebook(*[cell(f"def conv1d(x, f):\n    return {i}") for i in range(n)]),
    ),
    "large cells": (8, lambda n: notebook(*[cell(f"a = {i}\n" * 1000) for i in range(n)])),
    "names": (250, lambda n: notebook(*[cell(f"y{i} = {i}") for i in range(n)])),
    "headings": (250, lambda n: notebook(*[cell("# A", "markdown")] * n)),
    "outputs": (4000, lambda n: notebook(cell("x", outputs=[{"data": {}}] * n))),
    "pictures": (400, lambda n: notebook(cell("", "markdown", attachments=_png(n)))),
    # one large cell
    "checks": (1500, lambda n: notebook(cell("check(conv1d)\n" * n))),
    "checks in no Python": (4000, lambda n: notebook(cell("%%time\n" + "check( " * n))),
    "blank lines": (40_000, lambda n: notebook(cell("\n" * n + "def conv1d(): pass"))),
    "blanks": (40_000, lambda n: notebook(cell(" " * n + "x"))),
    "brackets": (20_000, lambda n: notebook(cell("x = " + "(" * n))),
    "signs": (20_000, lambda n: notebook(cell("x = " + "-" * n))),
    "attributes": (20_000, lambda n: notebook(cell("x = a" + ".a" * n))),
    "strings": (10_000, lambda n: notebook(cell("'''\n" * (2 * n + 1)))),
    "f-strings": (2500, lambda n: notebook(cell("f'{a}' " * n))),
    "unterminated": (10_000, lambda n: notebook(cell("x = '" + "\n'" * n))),
    "statements": (2500, lambda n: notebook(cell("x=1;" * n))),
    "functions": (1500, lambda n: notebook(cell("def f(): pass\n" * n))),
    "def and nothing": (10_000, lambda n: notebook(cell("(\n" + "def\n" * n))),
    "targets": (5000, lambda n: notebook(cell("a = " * n + "1"))),
    "decorators": (5000, lambda n: notebook(cell("@a\n" * n + "def conv1d(): pass"))),
    "questions": (10_000, lambda n: notebook(cell("? " * n + "x"))),
    "fences": (40_000, lambda n: notebook(cell("``` " * n, "markdown"))),
    "lines": (5000, lambda n: notebook(cell(["x\r"] * n))),
}
"""Notebooks by what there is much of: a size, and the file of that size."""

FILES: dict[str, tuple[int, Callable[[int], bytes]]] = {
    "lists": (100_000, lambda n: b'{"cells":[' + b"[]," * n + b"[]]}"),
    "nested lists": (2000, lambda n: b"[" + (b"[" * 50 + b"]" * 50 + b",") * n + b"[]]"),
    "numbers": (400_000, lambda n: b"[" + b"0," * n + b"0]"),
    "keys": (100_000, lambda n: b"{%b}" % b",".join(b'"%d":0' % i for i in range(n))),
    "openings": (400_000, lambda n: b"[" * n),
    "blanks": (400_000, lambda n: b" " * n + b"x"),
    "lines": (400_000, lambda n: b"{" + b" \n" * n + b"x"),
    "commas at the end": (400_000, lambda n: b"[1" + b" " * n + b",]"),
    "commas": (100_000, lambda n: b"[" + b"," * n + b"1]"),
    "commas too many": (100_000, lambda n: b"[" + b"[1 , ]," * n + b"1]"),
    "quotes": (100_000, lambda n: b'{"' * n),
    "quotes behind a comma": (100_000, lambda n: b'[1,]"' + b'\\"' * n),
    "merges": (100_000, lambda n: b"{<<<<<<<\n" * n),
    "escapes": (100_000, lambda n: b'["' + b"\\u0041" * n + b'"'),
    "behind the notebook": (100_000, lambda n: notebook() + b" {" * n),
}
"""Files by what there is much of."""
