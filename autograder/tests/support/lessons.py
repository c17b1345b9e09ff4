"""The lessons as notebooks for the tests: their source, their release, and a way to run them."""

from __future__ import annotations

import ast
import importlib
import inspect
import os
import queue
import time
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path

import nbformat
from cnnlab.engine.lesson import LESSONS as DECLARED
from IPython.core.inputtransformer2 import TransformerManager
from jupyter_client import KernelClient
from nbclient import NotebookClient
from nbformat import NotebookNode

from autograder.releasing import build

LESSONS = build.lesson_names()

MINUTES = {name: lesson.run_minutes for name, lesson in DECLARED.items()}
"""How long a notebook may run before it counts as hanging; several times what a laptop needs."""

MOVING = 10
"""The same for moving all of a lesson's widgets, with a hundred drawings and more each."""

WIDGET = "application/vnd.jupyter.widget-view+json"
WIDGETS = "application/vnd.jupyter.widget-state+json"
REPORT = "application/vnd.cnnlab.report+json"


def solution(lesson: str) -> NotebookNode:
    """The instructor's notebook of a lesson, straight from its source."""
    return build.read(build.SOLUTIONS / f"{lesson}.md")


def released_path(lesson: str) -> Path:
    """The file that students open."""
    path = build.NOTEBOOKS / lesson / f"{lesson}.ipynb"
    assert path.is_file(), f"{lesson} has no released notebook: run `make release`"
    return path


def released(lesson: str) -> NotebookNode:
    """The notebook that students open."""
    return nbformat.read(released_path(lesson), as_version=4)


def quick(notebook: NotebookNode, lesson: str) -> NotebookNode:
    """The same lesson with its long trainings cut short; how well they go is tested elsewhere."""
    for long, short in DECLARED[lesson].shorter.items():
        cells = [cell for cell in notebook.cells if long in cell.source]
        assert len(cells) == 1, f"{lesson} has {len(cells)} cells with {long!r}: mend `shorter`"
        cells[0].source = cells[0].source.replace(long, short)
    return notebook


def run(notebook: NotebookNode, folder: Path, minutes: float, **client) -> float:
    """Run a notebook top to bottom in a fresh kernel, through errors, and give the seconds.

    folder: the kernel's working folder. minutes: for the whole notebook; a cell that
    is still running then fails with nbclient's CellTimeoutError.
    client: further settings of nbclient's NotebookClient.
    """
    begin = time.monotonic()
    _Client(
        notebook,
        resources={"metadata": {"path": str(folder)}},
        allow_errors=True,
        timeout_func=lambda cell: max(1, begin + 60 * minutes - time.monotonic()),
        **client,
    ).execute(env={**os.environ, "OMP_NUM_THREADS": "1"})  # pytest runs a process per core already
    return time.monotonic() - begin


class _Client(NotebookClient):
    """nbclient, which otherwise sometimes misses the reply of a cell with a widget.

    It sends what an Output widget shows by the socket that it waits for the reply on, and
    a reply that comes in just then wakes nobody (jupyter/nbclient#312). So look every second.
    """

    async def async_start_new_kernel_client(self) -> KernelClient:
        kernel = await super().async_start_new_kernel_client()
        wait = kernel.shell_channel.get_msg

        async def get_msg(timeout: float) -> dict:
            for left in range(int(timeout), -1, -1):
                try:
                    return await wait(timeout=1)
                except queue.Empty:
                    if not left:
                        raise

        kernel.shell_channel.get_msg = get_msg
        return kernel


# ── what a run left behind ──────────────────────────────────────────────────


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def outputs(notebook: NotebookNode, cell: NotebookNode) -> list[NotebookNode]:
    """All that a cell shows, what is inside its widgets included."""
    widgets = notebook.metadata.get("widgets", {}).get(WIDGETS, {}).get("state", {})
    shown, to_see = list(cell.outputs), [o["data"][WIDGET] for o in _with(cell.outputs, WIDGET)]
    while to_see:
        state = widgets[to_see.pop()["model_id"]]["state"]
        shown += [nbformat.from_dict(o) for o in state.get("outputs", [])]
        children = state.get("children", [])
        to_see += [{"model_id": child.removeprefix("IPY_MODEL_")} for child in children]
    return shown


def _with(shown: list[NotebookNode], kind: str) -> list[NotebookNode]:
    return [output for output in shown if kind in output.get("data", {})]


def data(notebook: NotebookNode, cell: NotebookNode, kind: str) -> list:
    """What a cell shows of one media type."""
    return [output["data"][kind] for output in _with(outputs(notebook, cell), kind)]


def errors(notebook: NotebookNode) -> list[tuple[NotebookNode, NotebookNode]]:
    """(cell, error) for everything that was raised, in widgets too."""
    return [
        (cell, output)
        for cell in code_cells(notebook)
        for output in outputs(notebook, cell)
        if output.output_type == "error"
    ]


def unfilled(notebook: NotebookNode) -> list[NotebookNode]:
    """The cells that say which answer they wait for."""
    frame = "data-status='not attempted'"
    return [
        cell
        for cell in code_cells(notebook)
        if any(
            frame in output.get("data", {}).get("text/html", "") and REPORT not in output.data
            for output in outputs(notebook, cell)
        )
    ]


def complaints(notebook: NotebookNode) -> list[str]:
    """What was written to stderr, warnings for instance, and by which cell."""
    return [
        f"{cell.source}\n→ {output.text}"
        for cell in code_cells(notebook)
        for output in outputs(notebook, cell)
        if output.output_type == "stream" and output.name == "stderr"
    ]


def reports(notebook: NotebookNode) -> Iterator[dict]:
    """Every report of a check, as data."""
    for cell in code_cells(notebook):
        yield from data(notebook, cell, REPORT)


class Pictures(HTMLParser):
    """The pictures of an HTML text: .pictures has the text alternative of each, "" if none."""

    def __init__(self, html: str):
        super().__init__()
        self.pictures: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        given = dict(attrs)
        if tag == "img":
            self.pictures.append((given.get("alt") or "").strip())
        elif tag in ("svg", "canvas"):
            self.pictures.append((given.get("aria-label") or "").strip())


def pictures(notebook: NotebookNode, cell: NotebookNode) -> list[str]:
    """The text alternative of every picture that a cell shows; "" for a picture without."""
    found = []
    for output in outputs(notebook, cell):
        bundle = output.get("data", {})
        if "text/html" in bundle:
            found += Pictures(bundle["text/html"]).pictures
        else:  # Jupyter shows these without any alt text
            found += ["" for kind in bundle if kind.startswith("image/")]
    return found


# ── what a cell is made of ──────────────────────────────────────────────────


def parsed(source: str) -> ast.Module:
    """The syntax tree of a cell, magics and all."""
    return ast.parse(TransformerManager().transform_cell(source))


def uses(tree: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}


def defines(node: ast.AST) -> set[str]:
    """The names that code gives a value to, changes an entry of, or imports; none inside a def."""
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return {node.name}
    if isinstance(node, ast.alias):
        return {(node.asname or node.name).partition(".")[0]}
    if isinstance(getattr(node, "ctx", None), ast.Store):
        return uses(node)
    return set().union(*map(defines, ast.iter_child_nodes(node)))


def needed(before: list[str], last: str) -> list[str]:
    """Those of the pieces of code ``before`` that ``last`` builds on, in their order."""
    wanted, kept = uses(parsed(last)), []
    for source in reversed(before):
        tree = parsed(source)
        if defines(tree) & wanted:
            wanted |= uses(tree)
            kept.append(source)
    return kept[::-1]


def figures(notebook: NotebookNode) -> Iterator[tuple[NotebookNode, Callable]]:
    """(cell, function) for every call of a function of a lesson's figures that draws.

    Such a function returns nothing or, if it makes a widget, ``ipywidgets.interactive``; the
    others hand a value to the next line.
    """
    known: dict[str, object] = {}
    for cell in code_cells(notebook):
        for node in ast.walk(parsed(cell.source)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("cnnlab"):
                known |= {a.asname or a.name: _imported(node.module, a.name) for a in node.names}
        for node in ast.walk(parsed(cell.source)):
            if not isinstance(node, ast.Call):
                continue
            called = None
            if isinstance(node.func, ast.Name):
                called = known.get(node.func.id)
            elif isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
                called = getattr(known.get(node.func.value.id), node.func.attr, None)
            ours = ".figures" in getattr(called, "__module__", "")
            if ours and inspect.isfunction(called) and (_result(called) in ("None", "widget")):
                yield cell, called


def _imported(module: str, name: str) -> object:
    """What ``from module import name`` gives."""
    found = getattr(importlib.import_module(module), name, None)
    return found if found is not None else importlib.import_module(f"{module}.{name}")


def _result(function: Callable) -> str:
    declared = str(inspect.signature(function).return_annotation)
    return "widget" if declared.endswith("interactive") else declared


def widget_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """The cells that show a widget of the lesson."""
    return [cell for cell, function in figures(notebook) if _result(function) == "widget"]
