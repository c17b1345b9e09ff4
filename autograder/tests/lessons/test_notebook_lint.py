"""Every released notebook looks as a lesson should: readable, accessible, impersonal."""

import ast
import itertools
import re

import nbformat
import pytest

from autograder.cells import CELL_METADATA, NOTEBOOK_METADATA, STUDENTS_KERNEL
from autograder.course import ROOT
from autograder.releasing import build
from autograder.releasing.publish import PLACEHOLDER

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*/*.ipynb"))

FENCE = re.compile(r"^(```+|~~~+)[^\n]*\n.*?^\1", re.M | re.S)
IMAGE = re.compile(r"!\[(?P<alt>[^\]]*)\]\(|(?P<tag><img\b[^>]*>)", re.I)


def problems(notebook):
    """Everything about a notebook that a lesson must not have, a sentence each."""
    found = []
    odd = set(notebook.metadata) - set(NOTEBOOK_METADATA)
    found += [f"metadata that is somebody's: {key}" for key in sorted(odd)]
    headings = []
    for number, cell in enumerate(notebook.cells, 1):
        here = f"cell {number}: "
        odd = set(cell.metadata) - set(CELL_METADATA)
        found += [f"{here}metadata that is somebody's: {key}" for key in sorted(odd)]
        if cell.cell_type == "markdown":
            text = FENCE.sub("", cell.source)
            headings += [(number, len(m)) for m in re.findall(r"^(#{1,6}) ", text, re.M)]
            for image in IMAGE.finditer(text):
                alt = image["alt"] or ""
                if image["tag"]:
                    alt = "".join(re.findall(r"""\balt=["']([^"']*)""", image["tag"]))
                if len(alt.split()) < 2:
                    found.append(f"{here}an image without a text that stands for it")
        elif cell.cell_type == "code":
            found += [here + problem for problem in _in_code(cell)]
    found += _headings(headings)

    first = notebook.cells[0].source if notebook.cells else ""
    if not first.startswith("[![") or "colab.research.google.com" not in first.partition("\n")[0]:
        found.append("the first line must be the Colab badge")
    elif PLACEHOLDER not in first:
        found.append(f"the Colab badge must lead to {PLACEHOLDER}, which publish replaces")
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    if not code or "setup" not in code[0].metadata.get("tags", []):
        found.append("the first code cell must be the setup, tagged so")
    elif len(code[0].source.splitlines()) > 3:
        found.append("the setup cell has more than 3 lines")
    return found


def _headings(headings):
    levels = [level for _, level in headings]
    if levels.count(1) != 1 or levels[0] != 1:
        yield f"there must be exactly one title, first; there are {levels.count(1)}"
    for (_, before), (number, level) in itertools.pairwise(headings):
        if level > before + 1:
            yield f"cell {number}: a heading jumps from level {before} to {level}"


def _in_code(cell):
    if cell.outputs:
        yield "an output"
    if cell.execution_count is not None:
        yield "an execution count"
    lines = cell.source.splitlines()
    if len(lines) > 25:
        yield f"{len(lines)} lines of code; 25 can be read at a glance"
    for line in lines:
        if len(line) > 79:
            yield f"a line of {len(line)} columns: {line[:40]}…"
    if not cell.source.strip():
        yield "an empty code cell"
    python = "\n".join(re.sub(r"^(\s*)[%!].*", r"\1pass", line) for line in lines)
    try:
        ast.parse(python)
    except SyntaxError as problem:
        yield f"not Python: {problem.msg}"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_released_notebook_looks_as_a_lesson_should(path):
    assert problems(nbformat.read(path, as_version=4)) == []


def test_every_lesson_is_looked_at():
    assert [path.stem for path in NOTEBOOKS] == build.lesson_names()


# ── each rule, seen to fail ─────────────────────────────────────────────────

BADGE = (
    "[![Open this lesson in Colab](badge.svg)](https://colab.research.google.com/github/"
    f"{PLACEHOLDER}/blob/main/x.ipynb)"
)


def good():
    v4 = nbformat.v4
    return v4.new_notebook(
        cells=[
            v4.new_markdown_cell(f"{BADGE}\n\n# Title\n\n```python\n# a comment\n```\n## Part"),
            v4.new_code_cell("%pip install x\nimport cnnlab", metadata={"tags": ["setup"]}),
            v4.new_markdown_cell("### Section\n![a filter in words](a.png)"),
            v4.new_code_cell("x = 1"),
        ],
        metadata={"kernelspec": STUDENTS_KERNEL, "language_info": {"name": "python"}},
    )


def test_a_good_notebook_has_no_problem():
    assert problems(good()) == []


def spoil(number, **values):
    def change(notebook):
        notebook.cells[number].update(nbformat.from_dict(values))

    return change


OUTPUT = {"output_type": "stream", "name": "stdout", "text": "1"}
SPOILED = {
    "an output": spoil(3, outputs=[OUTPUT]),
    "an execution count": spoil(3, execution_count=1),
    "metadata that is somebody's: colab": lambda n: n.metadata.update(colab={}),
    "cell 4: metadata that is somebody's: executionInfo": spoil(
        3, metadata={"executionInfo": {"user": {}}}
    ),
    "an image without a text": spoil(2, source="![](a.png)"),
    "an image without a text that": spoil(2, source="<img src='a.png' alt='x'>"),
    "exactly one title, first; there are 2": spoil(2, source="# Another"),
    "exactly one title, first; there are 0": spoil(0, source=BADGE),
    "a heading jumps from level 2 to 4": spoil(2, source="#### Deep"),
    "26 lines of code": spoil(3, source="x = 1\n" * 26),
    "a line of 80 columns": spoil(3, source=f"x = '{'a' * 74}'"),
    "an empty code cell": spoil(3, source=" "),
    "not Python": spoil(3, source="x = ("),
    "more than 3 lines": spoil(1, source="import a\nimport b\nimport c\nimport d"),
    "the first code cell must be the setup": spoil(1, metadata={}),
    "the first line must be the Colab badge": spoil(0, source="# Title\n## Part"),
    "the Colab badge must lead to": spoil(
        0, source=BADGE.replace(PLACEHOLDER, "ada/x") + "\n# Title\n## Part"
    ),
}


@pytest.mark.parametrize("sentence", SPOILED)
def test_the_lint_finds(sentence):
    notebook = good()
    SPOILED[sentence](notebook)
    found = problems(notebook)
    assert [p for p in found if sentence in p], found
    assert len(found) == 1
