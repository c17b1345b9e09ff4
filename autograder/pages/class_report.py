"""The class on one page: ``autograder report``.

For the hour in which the lessons are discussed: how far the class got, which known mistakes
to explain, where students gave up, what they ask, and which answers to look at side by side.
The page needs no network and runs no script, and whatever a student wrote is text in it.
"""

from __future__ import annotations

import re
import statistics
import unicodedata
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
from cnnlab.engine.shown import MARK
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pygments.lexers import PythonLexer
from pygments.token import Comment, Name, String
from rapidfuzz import process
from rapidfuzz.distance import Indel

from ..course import Course, CourseError, write
from ..intake.inert import as_typed
from ..intake.restore import is_answer, is_test, name_of, released
from ..recording.grade import Row, table

TEMPLATES = Path(__file__).resolve().parent / "templates"

BINS = 10
ALIKE = 0.9
OWN_TOKENS = 100
"""Answers with less of their own than this are alike by chance."""
MOST_TOKENS = 5000
MOST_PAIRS = 10
MOST_CHARACTERS = 8000


def report(course: Course, lessons: list[str] | None = None) -> Path:
    """Write ``report.html`` into the course folder, readable by its owner alone.

    Returns its path. Raises CourseError for an unknown lesson, or if nothing is graded yet.
    """
    graded = [lesson for lesson in course.chosen(lessons) if course.source(lesson).is_file()]
    found = [part for lesson in graded if (part := _lesson(course, lesson))]
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


def _lesson(course: Course, lesson: str) -> dict[str, Any] | None:
    """What the page shows of a lesson; None if nobody's is graded."""
    rows = table(course, lesson)
    if not rows:
        return None
    source = nbformat.read(course.source(lesson), as_version=4)
    notebooks = {row.student: _graded(course, row.student, lesson) for row in rows}
    shares = [_share(row.score, row.max_score) for row in rows]
    seconds = {s: n.metadata.get("cnnlab", {}).get("seconds") for s, n in notebooks.items()}
    seconds = {s: float(t) for s, t in seconds.items() if isinstance(t, int | float)}
    exercises = [name_of(c).removeprefix("test_") for c in source.cells if is_test(c)]
    return {
        "name": lesson,
        "title": _title(source) or lesson,
        "rows": rows,
        "shares": dict(zip((row.student for row in rows), shares, strict=True)),
        "max_score": max(row.max_score for row in rows),
        "ungraded": sorted(set(course.students(lesson)) - set(notebooks)),
        "mean": statistics.mean(row.score for row in rows),
        "median": statistics.median(row.score for row in rows),
        "complete": sum(row.score >= row.max_score for row in rows),
        "distribution": _distribution(shares),
        "exercises": _exercises(exercises, rows),
        "untouched": sum(_last(exercises, row) is None for row in rows),
        "finished": sum(_last(exercises, row) == len(exercises) - 1 for row in rows),
        "mistakes": _mistakes(rows),
        "questions": _questions(course, lesson, notebooks),
        **_similar(source, rows, notebooks),
        "seconds": sum(seconds.values()),
        "slowest": max(seconds, key=seconds.__getitem__) if seconds else "",
        "slowest_seconds": max(seconds.values(), default=0.0),
    }


def _graded(course: Course, student: str, lesson: str) -> Any:
    """A graded notebook, without nbformat's checks, which take ten times as long."""
    path = course.autograded(student, lesson) / f"{lesson}.ipynb"
    return nbformat.v4.reads(path.read_text(encoding="utf-8"))


def _title(notebook: Any) -> str:
    found = (re.search(r"(?m)^# (.+)$", c.source) for c in notebook.cells)
    return next((f[1].strip() for f in found if f), "")


def _share(score: float, most: float) -> float:
    return max(0.0, min(score / most, 1.0)) if most else 0.0


def _distribution(shares: list[float]) -> dict[str, Any]:
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
        if name in row.marks and row.marks[name].status in ("correct", "incorrect")
    ]
    return max(attempted, default=None)


def _exercises(names: list[str], rows: list[Row]) -> list[dict[str, Any]]:
    """Per exercise: points, verdicts, and how many stopped after it."""
    stopped = Counter(_last(names, row) for row in rows)
    found = []
    for place, name in enumerate(names):
        marks = [row.marks[name] for row in rows if name in row.marks]
        verdicts = Counter(mark.status for mark in marks)
        most = max((mark.max_points for mark in marks), default=0.0)
        mean = statistics.mean(mark.points for mark in marks) if marks else 0.0
        found.append(
            {
                "name": name,
                "max_points": most,
                "mean": mean,
                "share": _share(mean, most),
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
    found = Counter((e, m.mistake) for row in rows for e, m in row.marks.items() if m.mistake)
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


# ── what students wrote ─────────────────────────────────────────────────────


def _questions(course: Course, lesson: str, notebooks: dict[str, Any]) -> list[dict[str, str]]:
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
                text = _plain(as_typed("\n".join(lines))).strip()
                if text:
                    asked.append({"student": student, "text": text})
    return asked


def _lines(cell: Any) -> list[str]:
    return cell.source.splitlines()


def _plain(text: str) -> str:
    """Text that can be shown: no control characters, none that turn the reading direction."""
    kept = "\n\t\u200c\u200d"  # the last two join letters and emoji
    shown = (c if c in kept or unicodedata.category(c)[0] != "C" else "\ufffd" for c in text)
    text = "".join(shown)
    return text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]}\n[… cut here]"


# ── similar answers ─────────────────────────────────────────────────────────


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


def _similar(source: Any, rows: list[Row], notebooks: dict[str, Any]) -> dict[str, Any]:
    """The pairs to look at, most alike first, and what is usual in this lesson.

    A whole lesson's answers are compared, for one short exercise has few right answers.
    """
    given = "\n".join(released(c) for c in source.cells if c.cell_type == "code")
    lines = {line.strip() for line in given.splitlines()}
    names = set(re.findall(r"\w+", given))
    written = {row.student: _written(notebooks[row.student], lines) for row in rows}
    letters: dict[str, str] = {}
    texts = {student: _tokens(code, names, letters) for student, code in written.items()}
    marks = {row.student: row.marks for row in rows if len(texts[row.student]) >= OWN_TOKENS}
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
    similar = [
        Pair(
            (b, a),
            share,
            _same_mistakes(marks[a], marks[b]),
            (_plain(_written(notebooks[b], set())), _plain(_written(notebooks[a], set()))),
        )
        for share, a, b in pairs[:MOST_PAIRS]
    ]
    usual = float(np.median(alike[np.triu_indices(len(own), 1)]))
    return {"similar": similar, "more_similar": len(pairs) - len(similar), "usual": usual}


def _written(notebook: Any, given: set[str]) -> str:
    """A student's code, answers and cells of their own, without the lines that were given."""
    code = []
    for cell in notebook.cells:
        own = is_answer(cell) or cell.metadata.get("cnnlab", {}).get("role") == "own"
        if cell.cell_type == "code" and own:
            code += [line.rstrip() for line in _lines(cell) if line.strip() not in given] + [""]
    return "\n".join(code)


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


def _same_mistakes(one: dict[str, Any], other: dict[str, Any]) -> int:
    return sum(
        bool(m.mistake) and e in other and m.mistake == other[e].mistake for e, m in one.items()
    )
