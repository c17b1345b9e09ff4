"""What came of an attack: points, a secret, harm, or markup and formulas that live."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser

import nbformat
from cnnlab.engine.exercise import EXERCISES

from ..pages.class_report import report
from ..pages.feedback import feedback
from ..pages.lms import export
from ..recording.grade import Settled
from ..recording.table import Earned
from .attacks import Attack
from .place import Place

DELAY = 20.0
"""Seconds by the clock that no submission may take with these limits, on a busy machine too."""


def spoiled(result: Settled | None, marks: dict[str, Earned]) -> Iterator[str]:
    """What the honest student has suffered who was graded after a class of attacks."""
    if not marks or any(mark.points != mark.max_points for mark in marks.values()):
        yield "the honest student after it and its like lost points"
    if result is not None and result.seconds > DELAY:
        yield f"the honest student after it and its like took {result.seconds:.0f} seconds"


def won(
    place: Place,
    student: str,
    attack: Attack,
    result: Settled | None,
    rows: dict[str, dict[str, Earned]],
) -> Iterator[str]:
    """What an attacker got: points, a secret, or the grader's time."""
    marks = rows.get(student, {})
    earned = sum(mark.points for mark in marks.values())
    if earned > attack.fair:
        yield f"earned {earned:g} points"
    if any(mark.max_points > EXERCISES[name].points for name, mark in marks.items()):
        yield "changed what can be earned"
    if result is not None and result.status == "fault":
        yield f"the grader failed: {result.notes[0]}"
    if result is not None and result.seconds > DELAY:
        yield f"took {result.seconds:.0f} seconds"
    path = place.course.autograded(student, place.lesson) / f"{place.lesson}.ipynb"
    if path.is_file():
        cells = nbformat.read(path, as_version=4).cells
        text = json.dumps([cell.get("outputs", []) for cell in cells])
        if place.secret in text or (attack.word and attack.word in text):
            yield "read what it must not"


def shown(place: Place, pages: set[str]) -> Iterator[tuple[str, str]]:
    """(attacker, what lives of it) in the feedback, the report and the table of points.

    pages: the attackers whose feedback is looked at.
    """
    table = place.root / "points.csv"
    export(place.course, table)
    for cells in formulas(table.read_text(encoding="utf-8-sig")):
        for attacker in {a for student, a in place.whose.items() if student in cells}:
            yield attacker, "a formula of its lives in the exported table"
    for folder in (place.course.root / "autograded").iterdir():
        if place.whose[folder.name] not in pages:
            shutil.rmtree(folder)
    if not pages:
        return
    feedback(place.course, [place.lesson])
    alive = is_alive(report(place.course, [place.lesson]).read_text(encoding="utf-8"))
    for student in pages:
        path = place.course.feedback(student, place.lesson) / f"{place.lesson}.html"
        if not path.is_file():
            yield student, "has no feedback page"
        elif is_alive(path.read_text(encoding="utf-8")):
            yield student, "its markup lives in the feedback"
        if alive:
            yield student, "its or its like's markup lives in the report on the class"


def formulas(text: str) -> list[list[str]]:
    """The rows of a CSV file, in cells, with one that a spreadsheet computes.

    Whatever parts cells where it is opened: a comma, a semicolon or a tab.
    """
    start = tuple("=+-@\t\r＝＋－＠")
    found = {}
    for mark in ",;\t":
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=mark):
            if any(cell.lstrip(" ").startswith(start) for cell in row):
                found[tuple(re.split("[,;\t]", mark.join(row)))] = row
    return [list(cells) for cells in found]


class _Markup(HTMLParser):
    """Looks for "alive" where a browser would run it."""

    def __init__(self) -> None:
        super().__init__()
        self.alive, self._inside = False, ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag
        texts = [value or "" for name, value in attrs if name not in ("alt", "title", "content")]
        self.alive |= any("alive" in text for text in texts)

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        self.alive |= self._inside in ("script", "style") and "alive" in data


def is_alive(page: str) -> bool:
    """Whether the markup of an attack is markup in a page, not text."""
    parser = _Markup()
    parser.feed(page)
    return parser.alive
