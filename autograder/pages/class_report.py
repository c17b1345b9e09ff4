"""The class on one page: ``autograder report``.

For the hour in which the lessons are discussed: what to say first, which mistakes to explain and
what became of them, which wrong answers were told nothing, who is stuck, which exercises to look
at, and then, lesson by lesson, points, questions, and answers to look at side by side.
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
from markupsafe import Markup, escape
from nbformat import NotebookNode

from ..cells import is_test, released, tested_by, title_of
from ..course import Course, CourseError, write
from ..intake.roster import read_roster
from ..recording.earlier import hand_ins
from ..recording.points import share_of
from ..recording.table import Row, table
from . import TEMPLATES
from .items import FEWEST, HARD, PARTS, items, to_look_at
from .mistakes import Again, mistakes
from .similar import similar
from .stuck import last_attempted, stuck
from .tomorrow import tomorrow
from .untold import MOST_CLUSTERS, Cluster, clusters, told
from .written import anonymous, answer_to, names_in, questions

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
    environment.filters["coded"] = coded
    page = environment.get_template("report.html.j2").render(
        course=course.course_id,
        lessons=found,
        students=_students(found),
        mark=MARK,
        **_class(course, found),
    )
    path = course.root / "report.html"
    write(path, page)
    path.chmod(0o600)
    return path


def coded(sentence: str) -> Markup:
    """A sentence for the page: what stands between backticks is code, and all is escaped."""
    parts = enumerate(sentence.split("`"))
    return Markup().join(
        Markup("<code>{}</code>").format(part) if i % 2 else escape(part) for i, part in parts
    )


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
        "given": "\n".join(released(cell) for cell in source.cells),
        "notebooks": notebooks,
        "rows": rows,
        "shares": dict(zip((row.student for row in rows), shares, strict=True)),
        "max_score": max(row.max_score for row in rows),
        "ungraded": sorted(set(course.students(lesson)) - set(notebooks)),
        "mean": statistics.mean(row.score for row in rows),
        "median": statistics.median(row.score for row in rows),
        "complete": sum(row.score >= row.max_score for row in rows),
        "distribution": distribution(shares),
        "exercises": _exercises(exercises, rows),
        "items": items(exercises, rows),
        "untouched": sum(last_attempted(exercises, row) is None for row in rows),
        "finished": sum(last_attempted(exercises, row) == len(exercises) - 1 for row in rows),
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


def _exercises(names: list[str], rows: list[Row]) -> list[dict[str, Any]]:
    """Per exercise: points, verdicts, and how many stopped after it."""
    stopped = Counter(last_attempted(names, row) for row in rows)
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


def _class(course: Course, parts: list[dict[str, Any]]) -> dict[str, Any]:
    """What the page says of the class before it comes to the lessons."""
    rows = {part["name"]: part["rows"] for part in parts}
    exercises = {part["name"]: [e["name"] for e in part["exercises"]] for part in parts}
    earlier = {lesson: hand_ins(course, lesson, own) for lesson, own in rows.items()}
    found = mistakes(rows, earlier)
    notebooks = {part["name"]: part["notebooks"] for part in parts}
    untold = clusters(rows, lambda lesson, e, s: names_in(answer_to(notebooks[lesson][s], e)))
    again = [m.again for m in found]
    return {
        "sayings": tomorrow(rows, found, exercises),
        "mistakes": found,
        "again": Again(
            *(sum(getattr(a, f) for a in again) for f in ("fixed", "made", "otherwise"))
        ),
        "told": told(rows),
        "untold": [(one, _example(course, one, parts)) for one in untold[:MOST_CLUSTERS]],
        "following": sum(len(one.students) for one in untold if one.calls),
        "more_untold": sum(len(one.students) for one in untold[MOST_CLUSTERS:]),
        "stuck": stuck(rows, earlier, exercises),
        "to_look_at": [
            (part["name"], item, cases)
            for part in parts
            for item in part["items"]
            if (cases := to_look_at(item)) or item.hard or item.weak
        ],
        "limits": {"hard": HARD, "weak": PARTS, "fewest": FEWEST},
    }


def _example(course: Course, one: Cluster, parts: list[dict[str, Any]]) -> str:
    """The shortest answer of a cluster, and nothing of whose it is."""
    part = next(part for part in parts if part["name"] == one.lesson)
    people = {person.id: person for person in read_roster(course)}
    codes = []
    for student in one.students:
        person = people.get(student)
        called = [student, *(person.names if person else [])]
        called += [person.username, person.email.partition("@")[0]] if person else []
        code = answer_to(part["notebooks"][student], one.exercise)
        codes.append(anonymous(code, called, part["given"]))
    return min(codes, key=len, default="")


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
