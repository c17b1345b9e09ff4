"""What a student wrote, as text that a page can show: questions, and code of their own."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

import nbformat
from nbformat import NotebookNode
from pygments.lexers import PythonLexer
from pygments.token import Comment, Name, Number, String

from ..cells import is_answer, name_of
from ..course import Course
from ..intake.inert import as_typed

MOST_CHARACTERS = 8000


def questions(
    course: Course, lesson: str, notebooks: dict[str, NotebookNode]
) -> list[dict[str, str]]:
    """What students ask, without the text that the cell held already."""
    given = set()
    for path in (course.source(lesson), course.released(lesson)):
        if path.is_file():
            held = nbformat.read(path, as_version=4).cells
            given |= {line.strip() for c in held if is_answer(c) for line in _lines(c)}
    asked = []
    for student, notebook in notebooks.items():
        for cell in notebook.cells:
            if is_answer(cell) and cell.cell_type == "markdown":
                lines = [line for line in _lines(cell) if line.strip() not in given or not line]
                text = plain(as_typed("\n".join(lines))).strip()
                if text:
                    asked.append({"student": student, "text": text})
    return asked


def plain(text: str) -> str:
    """Text that can be shown: no control characters, none that turn the reading direction."""
    kept = "\n\t\u200c\u200d"  # the last two join letters and emoji
    shown = (c if c in kept or unicodedata.category(c)[0] != "C" else "\ufffd" for c in text)
    text = "".join(shown)
    return text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]}\n[… cut here]"


def code_of(notebook: NotebookNode, given: set[str]) -> str:
    """A student's code, answers and cells of their own, without the lines that were given."""
    code = []
    for cell in notebook.cells:
        own = is_answer(cell) or cell.metadata.get("cnnlab", {}).get("role") == "own"
        if cell.cell_type == "code" and own:
            code += [line.rstrip() for line in _lines(cell) if line.strip() not in given] + [""]
    return "\n".join(code)


def answer_to(notebook: NotebookNode, exercise: str) -> str:
    """A student's answer to an exercise, "" where there is none."""
    answers = (c.source for c in notebook.cells if is_answer(c) and name_of(c) == exercise)
    return next(answers, "")


def names_in(code: str) -> set[str]:
    """The names that code uses, whether or not it is valid."""
    tokens = PythonLexer().get_tokens(code[:MOST_CHARACTERS])
    return {text for kind, text in tokens if kind in Name}


def anonymous(code: str, names: Iterable[str], given: str) -> str:
    """Code that does not tell whose it is, for others to read.

    Comments and empty lines go; what stands in strings goes, and every identifier with a part of a
    name in it, unless the lesson's text has the same. names: all that the student is called, ids
    and addresses, too. given: the lesson's text as students got it.
    """
    called = {part for n in names for part in re.findall(r"[^\W\d_]{3,}|\d{4,}", n.casefold())}
    known = set(re.findall(r"\w+", given))
    kept = []
    for kind, text in PythonLexer().get_tokens(code[:MOST_CHARACTERS]):
        if kind in Comment:
            continue
        if kind in String.Doc:
            text = '"""…"""'
        elif kind in String and kind not in _MARKS:
            text = text if text in given or not re.search(r"\w", text) else "…"
        elif (kind in Name or kind in Number) and text not in known:
            text = "name" if any(part in text.casefold() for part in called) else text
        kept.append(text)
    lines = (line.rstrip() for line in "".join(kept).splitlines())
    return plain("\n".join(line for line in lines if line))


_MARKS = (String.Affix, String.Interpol, String.Escape)
"""What stands in a string and is code."""


def _lines(cell: NotebookNode) -> list[str]:
    return cell.source.splitlines()
