"""The class on one page: ``autograder report``.

For the hour in which the lessons are discussed: how far the class got, which known mistakes
to explain, where students gave up, what they ask, and which answers to look at side by side.
The page needs no network and runs no script, and whatever a student wrote is text in it.
"""

from __future__ import annotations

import statistics
from collections import Counter
from pathlib import Path
from typing import Any

import nbformat
from cnnlab.engine.shown import MARK
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from nbformat import NotebookNode

from ..cells import is_test, tested_by, title_of
from ..course import Course, CourseError, write
from ..recording.points import share_of
from ..recording.table import Row, table
from . import TEMPLATES
from .similar import similar
from .written import questions

BINS = 10


def report(course: Course, lessons: list[str] | None = None) -> Path:
    """Write ``report.html`` into the course folder, readable by its owner alone.

    Returns its path. Raises CourseError for an unknown lesson, or if nothing is graded yet.
    """
    graded = [lesson for lesson in course.chosen(lessons) if course.source(lesson).is_file()]
    found = [part for lesson in graded if (part := part_of(course, lesson))]
    if not found:
        raise CourseError(f"nothing is graded yet in {course.root}: run `autograder grade` first.")
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("report.html.j2").render(
        course=course.course_id,
        lessons=found,
        mistakes=_for_the_class(found),
        students=_students(found),
        mark=MARK,
    )
    path = course.root / "report.html"
    write(path, page)
    path.chmod(0o600)
    return path


# ── one lesson ──────────────────────────────────────────────────────────────


def part_of(course: Course, lesson: str) -> dict[str, Any] | None:
    """What the page shows of a lesson; None if nobody's is graded."""
    rows = table(course, lesson)
    if not rows:
        return None
    source = nbformat.read(course.source(lesson), as_version=4)
    notebooks = {row.student: _graded(course, row.student, lesson) for row in rows}
    shares = [share_of(row.score, row.max_score) for row in rows]
    seconds = {s: n.metadata.get("cnnlab", {}).get("seconds") for s, n in notebooks.items()}
    seconds = {s: float(t) for s, t in seconds.items() if isinstance(t, int | float)}
    exercises = [tested_by(c) for c in source.cells if is_test(c)]
    return {
        "name": lesson,
        "title": title_of(source) or lesson,
        "rows": rows,
        "shares": dict(zip((row.student for row in rows), shares, strict=True)),
        "max_score": max(row.max_score for row in rows),
        "ungraded": sorted(set(course.students(lesson)) - set(notebooks)),
        "mean": statistics.mean(row.score for row in rows),
        "median": statistics.median(row.score for row in rows),
        "complete": sum(row.score >= row.max_score for row in rows),
        "distribution": distribution(shares),
        "exercises": _exercises(exercises, rows),
        "untouched": sum(_last(exercises, row) is None for row in rows),
        "finished": sum(_last(exercises, row) == len(exercises) - 1 for row in rows),
        "mistakes": _mistakes(rows),
        "questions": questions(course, lesson, notebooks),
        **similar(source, rows, notebooks),
        "seconds": sum(seconds.values()),
        "slowest": max(seconds, key=seconds.__getitem__) if seconds else "",
        "slowest_seconds": max(seconds.values(), default=0.0),
    }


def _graded(course: Course, student: str, lesson: str) -> NotebookNode:
    """A graded notebook, without nbformat's checks, which take ten times as long."""
    path = course.autograded(student, lesson) / f"{lesson}.ipynb"
    return nbformat.v4.reads(path.read_text(encoding="utf-8"))


def distribution(shares: list[float]) -> dict[str, Any]:
    """How many students have 0 to 10 % of the points, 10 to 20 %, …: the bars of a histogram."""
    counts = [0] * BINS
    for share in shares:
        # 70 % is 0.7, which times ten is 7 but for the last bit
        counts[min(int(share * BINS + 1e-9), BINS - 1)] += 1
    edges = [round(100 * i / BINS) for i in range(BINS + 1)]
    bars = [
        {"from": low, "to": high, "count": n, "height": round(90 * n / max(counts))}
        for low, high, n in zip(edges, edges[1:], counts, strict=False)
    ]
    said = [f"{b['from']} to {b['to']} %: {b['count']}" for b in bars if b["count"]]
    return {"bars": bars, "alt": f"Students by share of the points. {'; '.join(said)}."}


def _last(exercises: list[str], row: Row) -> int | None:
    """The place of the last exercise that a student attempted."""
    attempted = [
        i
        for i, name in enumerate(exercises)
        if name in row.exercises and row.exercises[name].status in ("correct", "incorrect")
    ]
    return max(attempted, default=None)


def _exercises(names: list[str], rows: list[Row]) -> list[dict[str, Any]]:
    """Per exercise: points, verdicts, and how many stopped after it."""
    stopped = Counter(_last(names, row) for row in rows)
    found = []
    for place, name in enumerate(names):
        marks = [row.exercises[name] for row in rows if name in row.exercises]
        verdicts = Counter(mark.status for mark in marks)
        most = max((mark.max_points for mark in marks), default=0.0)
        mean = statistics.mean(mark.points for mark in marks) if marks else 0.0
        found.append(
            {
                "name": name,
                "max_points": most,
                "mean": mean,
                "share": share_of(mean, most),
                "correct": verdicts["correct"],
                "incorrect": verdicts["incorrect"],
                # "" is a file that could not be read, so nothing in it was attempted
                "not_attempted": verdicts["not attempted"] + verdicts[""],
                "stopped": stopped[place] if place < len(names) - 1 else None,
            }
        )
    return found


def _mistakes(rows: list[Row]) -> list[dict[str, Any]]:
    """The known mistakes by how many students made them, most frequent first."""
    found = Counter((e, m.mistake) for row in rows for e, m in row.exercises.items() if m.mistake)
    return [
        {"exercise": exercise, "mistake": mistake, "students": n, "of": len(rows)}
        for (exercise, mistake), n in found.most_common()
    ]


# ── the class over all lessons ──────────────────────────────────────────────


def _for_the_class(lessons: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The mistakes that the largest part of the class makes, in any lesson."""
    every = [m | {"lesson": part["name"]} for part in lessons for m in part["mistakes"]]
    return sorted(every, key=lambda m: m["students"] / m["of"], reverse=True)[:10]


def _students(lessons: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each student's points by lesson; None where nothing is graded."""
    scores: dict[str, dict[str, float]] = {}
    for part in lessons:
        for row in part["rows"]:
            scores.setdefault(row.student, {})[part["name"]] = row.score
    return [
        {
            "name": student,
            "scores": [own.get(part["name"]) for part in lessons],
            "total": sum(own.values()),
        }
        for student, own in sorted(scores.items())
    ]
