"""What earlier hand-ins earned, a line each: ``DIR/earlier.jsonl``, which is only ever added to.

The gradebook holds the last hand-in of each student alone. Before another notebook takes its
place, what it earned is noted here, so that it can be seen what the feedback on it led to.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
from datetime import UTC, datetime
from typing import Any

from nbgrader.api import MissingEntry

from ..course import Course, add_line
from ..judging.record import Finding
from .gradebook import OpenGradebook, graded_notebook
from .table import Earned, Row, row_of

EARLIER = "earlier.jsonl"

Exercises = dict[str, Earned]
"""What one hand-in earned, by exercise."""


def keep_earlier(
    course: Course, gradebook: OpenGradebook, student: str, lesson: str, sha256: str
) -> None:
    """Note what a student's graded notebook earned, if another one is to take its place.

    sha256: of the new one. The same notebook, graded again, is the same hand-in. Nothing is noted
    where nobody knows which notebook was graded, as of those before this was noted.
    """
    notebook = graded_notebook(course, student, lesson)
    known = notebook.metadata.get("cnnlab", {}).get("sha256") if notebook is not None else None
    if notebook is None or known in (None, sha256):
        return
    try:
        with gradebook.transaction():
            entry = gradebook.find_submission_notebook(lesson, lesson, student)
            row = row_of(student, entry, notebook)
    except MissingEntry:
        return
    line = {
        "student": student,
        "lesson": lesson,
        "sha256": row.handed_in,
        "replaced": datetime.now(UTC).isoformat(),
        "exercises": {name: _kept(earned) for name, earned in row.exercises.items()},
    }
    add_line(course.root / EARLIER, line)


def _kept(earned: Earned) -> dict[str, Any]:
    """An exercise without its cases, which nobody compares."""
    data = dataclasses.asdict(earned)
    del data["cases"]
    return data


def hand_ins(course: Course, lesson: str, rows: list[Row]) -> dict[str, list[Exercises]]:
    """What each student's hand-ins earned, the oldest first; the last is the one in ``rows``."""
    before: dict[str, list[tuple[str, Exercises]]] = {row.student: [] for row in rows}
    for student, sha256, exercises in _lines(course, lesson):
        if student in before:
            before[student].append((sha256, exercises))
    found = {}
    for row in rows:
        every = [*before[row.student], (row.handed_in, row.exercises)]
        # Noted twice: a grader that was stopped in between noted it again the next time.
        once = [one for one, then in itertools.pairwise(every) if one[0] != then[0]]
        found[row.student] = [exercises for _, exercises in [*once, every[-1]]]
    return found


def _lines(course: Course, lesson: str) -> list[tuple[str, str, Exercises]]:
    """(student, hash, exercises) of what was noted; what is no such line is passed over."""
    path = course.root / EARLIER
    if not path.is_file():
        return []
    found = []
    for text in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            line = json.loads(text)
            if line["lesson"] == lesson:
                exercises = {name: _earned(data) for name, data in line["exercises"].items()}
                found.append((line["student"], line["sha256"], exercises))
        except (ValueError, KeyError, TypeError, AttributeError):  # a last line cut off
            continue
    return found


def _earned(data: dict[str, Any]) -> Earned:
    told = data["finding"]
    points = float(data["points"]), float(data["max_points"])
    return Earned(*points, data["status"], data["mistake"], Finding(**told) if told else None)
