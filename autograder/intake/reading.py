"""Read what a student handed in: bytes of which nothing is trusted become cells of text.

Of a notebook nothing is taken over but its cells' types, sources and ids, pictures pasted into its
text, and the version of its Python, so no output, widget or other metadata comes any further.
"""

from __future__ import annotations

import json
import re
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_notebook

from .pictures import PICTURES_BYTES, pictures, size_of

NOTEBOOK_BYTES = 32 * 2**20
CELLS = 5000
CELL_CHARACTERS = 200_000
CODE_CHARACTERS = 2**20
BRACKETS = 1_000_000
"""What a submission may hold: in each cell, in all code cells together, and of lists and objects in
its file. More than that no lesson needs, and less than that is read in seconds."""


class Unreadable(ValueError):
    """A submitted file that is not a notebook; the message says why."""


def parse(data: bytes) -> NotebookNode:
    """A submitted file as a notebook, whatever its version. Raises Unreadable."""
    return from_data(load(data)[0])


def load(data: bytes) -> tuple[Any, list[str]]:
    """The JSON in a submitted file, and what was put right to read it, a sentence each.

    Raises Unreadable.
    """
    if len(data) > NOTEBOOK_BYTES:
        raise Unreadable(f"the file is larger than {NOTEBOOK_BYTES >> 20} MiB")
    for start, what in _OTHER_FILES.items():
        if data.startswith(start):
            raise Unreadable(f"the file is not a notebook: it is {what}")
    text = _decoded(data).lstrip("\ufeff")  # of a byte order mark or several
    if not text.strip():
        raise Unreadable("the file is empty")
    if not text.strip("\0"):
        raise Unreadable("the file is not a notebook: it holds nothing but zeros")
    if text.count("[") + text.count("{") > BRACKETS:
        raise Unreadable(
            f"the file holds more than {BRACKETS:,} brackets, most of them in outputs; clear the "
            "outputs, save the notebook and hand it in again"
        )
    try:
        return _lenient(text)
    except (ValueError, RecursionError) as problem:
        raise Unreadable(f"the file is not a notebook: {_instead(text, problem)}") from None


_OTHER_FILES = {
    b"PK\x03\x04": "a zip archive; the notebook has to be unpacked first",
    b"\x1f\x8b": "compressed (gzip); the notebook has to be unpacked first",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive; the notebook has to be unpacked first",
    b"Rar!": "a rar archive; the notebook has to be unpacked first",
    b"%PDF": "a PDF",
}

_COMMA = re.compile(r'("(?:[^"\\]|\\.)*+(?:"|\\?\Z)|,[\s,]*+(?![]}]))|,[\s,]*+', re.DOTALL)
"""A string or commas, which stay as they are, or commas before a closing bracket."""


def _lenient(text: str) -> tuple[Any, list[str]]:
    """JSON, also where something follows it or a comma stands before a closing bracket."""
    said = []
    text = text.lstrip()
    try:
        content, end = json.JSONDecoder().raw_decode(text)
    except json.JSONDecodeError:
        text, before = _COMMA.sub(r"\1", text), text
        if text == before:
            raise
        content, end = json.JSONDecoder().raw_decode(text)
        said = ["A comma too many in the notebook's file was left out."]
    if text[end:].strip():
        if not (isinstance(content, dict) and isinstance(content.get("cells"), list)):
            json.loads(text)  # says what is wrong
        said.append("Something followed the notebook in its file; it was left out.")
    return content, said


def _decoded(data: bytes) -> str:
    """The text of a file in UTF-8, -16 or -32 or, where it is none of these, Latin-1."""
    try:
        return data.decode(json.detect_encoding(data))
    except UnicodeDecodeError:
        # An é of Latin-1 in a name must not become two signs that no name may hold.
        return data.decode("latin-1")


def _instead(text: str, problem: Exception) -> str:
    """What a text that is no JSON seems to be."""
    start = text.lstrip()
    if re.search(r"(?m)^(?:<{7}|>{7}) ", text):
        return "it holds the marks of a git merge (<<<<<<<) that nobody has resolved"
    if start[:1] == "<":
        return "it is a web page, such as one to log in"
    at_the_end = getattr(problem, "pos", 0) >= len(text.rstrip()) - 1
    if start[:1] == "{" and (at_the_end or "Unterminated" in str(problem)):
        return "it is cut off, its end is missing"
    # Here and below "*+" gives nothing back: a file of empty lines must not take hours.
    if re.search(r"(?m)^[ \t]*+(?:def|import|from) \w", start) and start[:1] not in "{[":
        return "it is a Python script"
    return "it is damaged, or something else"


def from_data(data: Any) -> NotebookNode:
    """What is read of a notebook in any JSON: all that this module's head names."""
    if not isinstance(data, dict):
        raise Unreadable("the file is not a notebook: it has no cells")
    cells = data.get("cells")
    if cells is None and isinstance(data.get("worksheets"), list):  # format 3
        sheets = [s for s in data["worksheets"] if isinstance(s, dict)]
        cells = [c for s in sheets for c in _list(s.get("cells"))]
    if not isinstance(cells, list):
        raise Unreadable("the file is not a notebook: it has no cells")
    if len(cells) > CELLS:
        raise Unreadable(f"the notebook has more than {CELLS} cells")
    notebook, room, code = new_notebook(), PICTURES_BYTES, 0
    if version := python_of(data):
        notebook.metadata["language_info"] = NotebookNode(version=version)
    for cell in cells:
        if not isinstance(cell, dict):
            continue
        # By hand: nbformat's own functions check each cell against its schema, at length.
        made = NotebookNode(cell_type="code" if cell.get("cell_type") == "code" else "markdown")
        made.source = _source(cell.get("source", cell.get("input")))[:CELL_CHARACTERS]
        grade_id = _grade_id(cell)
        code += len(made.source) if made.cell_type == "code" or grade_id else 0
        if code > CODE_CHARACTERS:
            raise Unreadable(
                f"its code cells hold more than {CODE_CHARACTERS:,} characters; data do not belong "
                "into cells"
            )
        nbgrader = {"nbgrader": NotebookNode(grade_id=grade_id)} if grade_id else {}
        made.metadata = NotebookNode(nbgrader)
        if made.cell_type == "markdown" and (found := pictures(cell, room)):
            made.attachments, room = found, room - size_of(found)
        notebook.cells.append(made)
    return notebook


def python_of(data: Any) -> str:
    """The version of Python that a notebook was last run with, as it says, or ""."""
    for name in ("metadata", "language_info", "version"):
        data = data.get(name) if isinstance(data, dict) else None
    found = re.match(r"(\d\.\d{1,2})(?:\.\d|$)", data) if isinstance(data, str) else None
    return found[1] if found else ""


def _list(value: Any) -> list:
    return value if isinstance(value, list) else []


def _source(value: Any) -> str:
    if isinstance(value, list):
        value = "".join(v for v in value if isinstance(v, str))
    text = value if isinstance(value, str) else ""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.encode("utf-8", "replace").decode()


def _grade_id(cell: Any) -> str:
    metadata = cell.get("metadata")
    nbgrader = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    name = nbgrader.get("grade_id") if isinstance(nbgrader, dict) else None
    return name if isinstance(name, str) else ""
