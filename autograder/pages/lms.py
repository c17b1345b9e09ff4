"""The points as a table for others: ``autograder export FILE.csv``.

A row per student, a column per lesson, in the columns that three readers understand:

========  ==============================================================================
Canvas    *Grades → Import*. Who it is: by ``ID``, else by the login, else by the name. Lessons
          go to the assignments of the same name. ``Final Points`` is ignored there.
Moodle    *Grades → Import → CSV file*. Map from ``SIS Login ID`` to *username*, or from
          ``Email address (Integration ID)`` to *email address*; each lesson to its grade item.
a sheet   as it is; ``Final Points`` is the sum.
========  ==============================================================================

Points are after points off for late work; ``nbgrader export`` lists both. An empty cell means
that nothing is graded, and changes nothing in Canvas. Cells to know a person by are never empty:
Moodle's import gives the points of a row without a person to the one before. For the same reason
there is no row with the points possible.
"""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook

from ..course import Course, CourseError, write
from ..database import connected, released
from ..intake.receipts import read_receipts
from ..intake.roster import read_roster
from ..recording.points import after_penalty

PEOPLE = (
    "Student",
    "ID",
    "SIS User ID",
    "SIS Login ID",
    "Email address (Integration ID)",
    "Section",
)
TOTAL = "Final Points"

_FORMULA = tuple("=+-@＝＋－＠")


def export(course: Course, path: Path, lessons: list[str] | None = None) -> list[str]:
    """Write the points of all students in the gradebook to a CSV file, whole or not at all.

    lessons: its columns; all that are released if None.
    Returns a sentence for each lesson with submissions that are not graded and so not in it.
    Raises CourseError if there is nothing to write, or the path is a folder.
    """
    path = Path(path)
    if path.is_dir():
        raise CourseError(f"{path} is a folder; name the file to write, such as {path}/points.csv.")
    lessons = lessons or released(course)
    canvas_ids = _canvas_ids(course)
    rows: list[list[str]] = []
    missing: list[str] = []
    with connected(course) as gradebook:
        scores = {lesson: _scores(gradebook, lesson) for lesson in lessons}
        for student in sorted(gradebook.students, key=lambda s: s.id):
            own = [scores[lesson].get(student.id) for lesson in lessons]
            # Rounded: a sum of decimals is 1.7000000000000002 otherwise.
            points = ["" if score is None else f"{round(score, 4):g}" for score in own]
            total = f"{round(sum(score or 0.0 for score in own), 4):g}"
            rows.append([*_person(student, canvas_ids), *points, total])
    for lesson in lessons:
        left = sorted(set(course.students(lesson)) - set(scores[lesson]))
        if left:
            missing.append(f"{lesson}: handed in but not graded, so empty: {', '.join(left)}")
    if not rows:
        raise CourseError(f"nothing is graded yet in {course.root}: run `autograder grade` first.")
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\r\n")
    table.writerow([*PEOPLE, *map(safe, lessons), TOTAL])
    table.writerows(rows)
    write(path.resolve(), "\ufeff" + text.getvalue())  # the mark tells Excel that it is UTF-8
    return missing


def _scores(gradebook: Gradebook, lesson: str) -> dict[str, float]:
    """The points of a lesson by student, after points off for late work."""
    submissions = gradebook.assignment_submissions(lesson)
    return {submission.student_id: after_penalty(submission) for submission in submissions}


def _person(student: Any, canvas_ids: dict[str, str]) -> list[str]:
    """The cells of PEOPLE for a student."""
    name = ", ".join(part for part in (student.last_name, student.first_name) if part)
    number = student.lms_user_id or canvas_ids.get(student.id, "")
    cells = (name or student.id, number, student.id, student.id, student.email or student.id, "")
    return [safe(cell) for cell in cells]


def _canvas_ids(course: Course) -> dict[str, str]:
    """Canvas's number of each student, by what came in downloads from Canvas, and the roster."""
    told = [(r.student, r.lms) for r in read_receipts(course.root)]
    told += [(person.id, number) for person in read_roster(course) for number in person.lms]
    pairs = [(student, *number.split(":", 1)) for student, number in told if ":" in number]
    return {student: number for student, site, number in pairs if site == "canvas"}


def safe(text: str) -> str:
    """A cell's text that no spreadsheet takes for a formula, or for more than one cell."""
    text = re.sub(r"[\s;\x00-\x1f]+", " ", text).strip()
    return f"'{text}" if text.startswith(_FORMULA) else text
