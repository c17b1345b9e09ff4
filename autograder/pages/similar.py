"""Which answers to a lesson read almost alike, to be looked at side by side."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from nbformat import NotebookNode
from pygments.lexers import PythonLexer
from pygments.token import Comment, Name, String
from rapidfuzz import process
from rapidfuzz.distance import Indel

from ..cells import released
from ..recording.table import Earned, Row
from .written import code_of, plain

ALIKE = 0.9
OWN_TOKENS = 100
"""Answers with less of their own than this are alike by chance."""
MOST_TOKENS = 5000
MOST_PAIRS = 10


@dataclass(frozen=True)
class Pair:
    """Two students' answers to a lesson that read almost alike.

    alike: 0 to 1. mistakes: in how many exercises both make the same known mistake.
    code: the cells of each.
    """

    students: tuple[str, str]
    alike: float
    mistakes: int
    code: tuple[str, str]


def similar(
    source: NotebookNode, rows: list[Row], notebooks: dict[str, NotebookNode]
) -> dict[str, Any]:
    """The pairs to look at, most alike first, and what is usual in this lesson.

    A whole lesson's answers are compared, for one short exercise has few right answers.
    """
    given = "\n".join(released(c) for c in source.cells if c.cell_type == "code")
    lines = {line.strip() for line in given.splitlines()}
    names = set(re.findall(r"\w+", given))
    written = {row.student: code_of(notebooks[row.student], lines) for row in rows}
    letters: dict[str, str] = {}
    texts = {student: _tokens(code, names, letters) for student, code in written.items()}
    marks = {row.student: row.exercises for row in rows if len(texts[row.student]) >= OWN_TOKENS}
    students = list(marks)
    own = [texts[student] for student in students]
    if len(own) < 2:
        return {"similar": [], "more_similar": 0, "usual": None}
    alike = process.cdist(own, own, scorer=Indel.normalized_similarity)
    pairs = [
        (float(alike[i, j]), a, b)
        for i, a in enumerate(students)
        for j, b in enumerate(students[:i])
        if alike[i, j] >= ALIKE
    ]
    pairs.sort(key=lambda pair: (-pair[0], pair[2], pair[1]))
    shown = [
        Pair(
            (b, a),
            share,
            same_mistakes(marks[a], marks[b]),
            (plain(code_of(notebooks[b], set())), plain(code_of(notebooks[a], set()))),
        )
        for share, a, b in pairs[:MOST_PAIRS]
    ]
    usual = float(np.median(alike[np.triu_indices(len(own), 1)]))
    return {"similar": shown, "more_similar": len(pairs) - len(shown), "usual": usual}


def _tokens(code: str, given: set[str], letters: dict[str, str]) -> str:
    """Code as a string with one letter per token, so that renaming and layout change nothing.

    given: names that the lesson uses, which stay; others count as the same one.
    letters: the letter of each token met so far; new ones are added.
    """
    out = []
    before = ""
    for kind, text in PythonLexer().get_tokens(code[: 10 * MOST_TOKENS]):
        if kind in Comment or kind in String.Doc or not text.strip():
            continue
        if kind in String:
            text = "a string"
        elif kind in Name and kind not in Name.Builtin and text not in given and before != ".":
            text = "a name"
        out.append(letters.setdefault(text, chr(256 + len(letters) % 50_000)))
        before = text
    return "".join(out[:MOST_TOKENS])


def same_mistakes(one: dict[str, Earned], other: dict[str, Earned]) -> int:
    """In how many exercises two students make the same known mistake."""
    return sum(
        bool(m.mistake) and e in other and m.mistake == other[e].mistake for e, m in one.items()
    )
