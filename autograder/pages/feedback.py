"""A page of feedback per student: nbgrader's own step, with a page of ours.

The page is made of the judge's reports, the student's answers and the graders' comments.
It shows no test code and no secret input, and whatever a student wrote is text in it.
"""

from __future__ import annotations

import html
import logging
import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from cnnlab.engine.picturing import compared
from cnnlab.engine.shown import HEADLINE, MARK, PROBLEMS, number
from cnnlab.engine.verdict import worst
from nbconvert.exporters import HTMLExporter
from nbformat import NotebookNode
from nbgrader.converters import GenerateFeedback
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import GetGrades
from nbgrader.utils import determine_grade
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from traitlets.config import Config

from ..cells import STUB, bare, is_answer, is_test, name_of, tested_by, title_of, with_hidden_named
from ..course import Course
from ..database import explaining, released
from ..intake.inert import as_typed
from ..intake.links import NoLinks
from ..judging.record import Record, forget_data, records
from ..paths import on_the_way
from ..recording.points import hand_and_judge, share_of
from . import TEMPLATES
from .written import plain

_CODE = HtmlFormatter(cssclass="code", style="xcode")
_CODE_IN_THE_DARK = HtmlFormatter(cssclass="code", style="one-dark")

_WORDS = PROBLEMS | {"dtype": "wrong type of number", "raised": "raised an error"}
"""Kinds of problems in the words of a page, which names no dtype and no secret error."""


def feedback(course: Course, lessons: list[str] | None = None) -> list[Path]:
    """Write the page of every graded submission: ``feedback/STUDENT/LESSON/LESSON.html``.

    Returns the pages. One that cannot be written is told in the log and stops no other.
    Raises GradebookError if the gradebook cannot be used.
    """
    pages: list[Path] = []
    for lesson in lessons or released(course):
        paths = due(course, lesson)
        if not paths:
            continue
        config = Config(course.config())
        config.CourseDirectory.assignment_id = lesson
        converter = Feedback(coursedir=CourseDirectory(config=config), config=config)
        converter.log = logging.getLogger(__name__)
        converter.force = True
        try:
            with explaining(course, __name__):
                converter.start()
        except NbGraderException as problem:  # some page failed
            converter.log.warning("%s: %s", lesson, problem)
        pages += [p for p in paths if p.is_file() and not on_the_way(p, course.root)]
    return pages


def due(course: Course, lesson: str) -> list[Path]:
    """The pages that a lesson's graded submissions should have."""
    graded = sorted(p.parent.name for p in (course.root / "autograded").glob(f"*/{lesson}"))
    return [course.feedback(student, lesson) / f"{lesson}.html" for student in graded]


class Page(GetGrades):
    """nbgrader's GetGrades (scores, comments) that then gathers what the page shows.

    It leaves nothing in the notebook that a page must not show, whatever the template.
    """

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Put the page's content into ``resources``; hide tests in the notebook."""
        nb, resources = super().preprocess(nb, resources)
        resources["page"] = page(nb, resources["nbgrader"])
        for cell in nb.cells:
            if is_test(cell):
                cell.source = with_hidden_named(cell.source)
            forget_data(cell)
        return nb, resources


class PageExporter(NoLinks, HTMLExporter):
    """HTML with our template, whichever one nbgrader names (formgrader insists on its own)."""

    def __init__(self, config: Config | None = None, **kwargs: Any):
        ours = Config()
        ours.PageExporter.template_name = "cnnlab_feedback"
        ours.PageExporter.extra_template_basedirs = [str(TEMPLATES)]
        ours.PageExporter.sanitize_html = True
        super().__init__(config=Config(config or {}, **ours), **kwargs)


class Feedback(GenerateFeedback):
    """nbgrader's converter with our page; it copies no files from one folder to the other."""

    def __init__(self, coursedir: Any = None, **kwargs: Any):
        super().__init__(coursedir=coursedir, **kwargs)
        self.exporter_class, self.preprocessors = PageExporter, [Page]

    def init_assignment(self, assignment_id: str, student_id: str) -> None:
        """Nothing but the page: files beside a submission may be links to somewhere else."""


# ── the content ─────────────────────────────────────────────────────────────


def page(nb: NotebookNode, about: dict[str, Any]) -> dict[str, Any]:
    """What the template shows, from a graded notebook after GetGrades. Plain text but for
    "reports", "picture" and "code", which are HTML.

    about: nbgrader's resources: student, score, max_score, late_penalty.
    """
    answers = {name_of(c): c for c in nb.cells if is_answer(c)}
    tests = [c for c in nb.cells if is_test(c)]
    score, most = float(about["score"]), float(about["max_score"])
    own = nb.metadata.get("cnnlab", {})
    notes = list(own.get("repairs", []))
    notes += [said for test in tests if (said := _by_hand(test))]
    if own.get("unsafe_local"):
        notes.append("It was graded without a sandbox, so the points are provisional.")
    texts = [_text(c) for c in answers.values() if c.cell_type == "markdown"]
    return {
        "title": title_of(nb) or about["notebook"],
        "student": about["student"],
        "score": number(score),
        "max_score": number(most),
        "percent": round(100 * share_of(score, most)),
        "penalty": number(float(about["late_penalty"])) if about["late_penalty"] else "",
        "notes": notes,
        "exercises": [_exercise(c, answers.get(tested_by(c))) for c in tests],
        "texts": texts,
        "code_style": _CODE.get_style_defs(".code"),
        "dark_code_style": _CODE_IN_THE_DARK.get_style_defs(".code"),
    }


def _by_hand(test: NotebookNode) -> str:
    """A sentence where the points of a test are not those that its outputs give."""
    points, _ = determine_grade(test)
    counts = test.metadata.nbgrader.get("score")
    if points is None or counts is None:
        return ""
    return hand_and_judge(name_of(test), float(counts), float(points))


def _text(cell: NotebookNode) -> dict[str, Any]:
    """A cell for free text: what the student wrote, and what was answered."""
    source = as_typed(cell.source).strip()
    return {
        "name": name_of(cell),
        "title": "Your questions" if name_of(cell) == "questions" else name_of(cell),
        "source": source,
        "written": bool(source) and not re.fullmatch(r"[*_]?\(.*\)[*_]?", source),
        "comment": _comment(cell),
    }


def _comment(cell: NotebookNode) -> str:
    said = cell.metadata.get("nbgrader", {}).get("comment") or ""
    return "" if said == "No response." else said


def _exercise(test: NotebookNode, answer: NotebookNode | None) -> dict[str, Any]:
    """One exercise: verdict, reports, the student's code."""
    found = records(test)
    visible = [record for record in found if not record.hidden]
    secret = [record for record in found if record.hidden]
    status = _status(found, test)
    shown = {cause for record in visible for cause in record.causes}
    causes = (cause for record in found for cause in record.causes)
    cause = next(causes, "") or _most_frequent(found)
    code = answer.source if answer is not None else ""
    return {
        "name": tested_by(test),
        "css": status.replace(" ", "-"),
        "mark": MARK[status],
        "verdict": HEADLINE[status],
        "points": number(float(test.metadata.nbgrader.get("score") or 0)),
        "max_points": number(float(test.metadata.nbgrader["points"])),
        "cause": cause[:1].upper() + cause[1:],
        "reports": [_report(record) for record in visible if status != "not attempted"],
        "picture": _picture(visible),
        "errors": [f"{o.ename}: {o.evalue}" for o in test.outputs if o.output_type == "error"],
        "secret": _secret(secret, shown) if status != "not attempted" else None,
        "comment": _comment(answer) if answer is not None else "",
        "code": _code(code) if bare(code) != STUB else "",
    }


COLOURED_CHARACTERS, COLOURED_LINES = 10_000, 500
"""Of an answer that is coloured. What is longer is no answer to anything here, and what pygments
needs for blank lines grows with their square."""


def _code(source: str) -> str:
    """An answer as HTML: in colours, or, if it is too long, its beginning without."""
    source = bare(source)
    if len(source) <= COLOURED_CHARACTERS and source.count("\n") < COLOURED_LINES:
        return highlight(source, PythonLexer(), _CODE)
    return f'<div class="code"><pre>{html.escape(plain(source))}</pre></div>'


def _status(found: list[Record], test: NotebookNode) -> str:
    """The verdict on an exercise from its reports; without any, from its points."""
    about = test.metadata.nbgrader
    by_points = "correct" if about.get("score") == about["points"] else "incorrect"
    return worst(record.status for record in found) or by_points


def _most_frequent(found: list[Record]) -> str:
    """Where no known mistake explains it: what went wrong most often."""
    kinds = Counter(problem for record in found for _, problem in record.cases if problem)
    kinds.pop("not filled in", None)
    return _WORDS.get(kinds.most_common(1)[0][0], "") if kinds else ""


def _report(record: Record) -> dict[str, Any]:
    """A visible report, as the judge wrote it, and how many of its cases are right."""
    return {"html": record.html, "right": record.right, "cases": len(record.cases)}


def _secret(found: list[Record], shown: set[str]) -> dict[str, Any] | None:
    """The hidden cases: their names and kinds of problem, and causes not told yet."""
    if not found:
        return None
    return {
        "right": sum(record.right for record in found),
        "cases": [
            {"name": name, "problem": _WORDS.get(problem, problem)}
            for record in found
            for name, problem in record.cases
        ],
        "causes": [cause for record in found for cause in record.causes if cause not in shown],
    }


def _picture(found: list[Record]) -> str:
    """Target, yours and difference of a wrong case, as an <svg> element; "" without one."""
    for drawing in (record.drawing for record in found if record.drawing):
        target, yours = np.array(drawing.target), np.array(drawing.yours)
        return compared(target.astype(float), yours.astype(float), drawing.alt)
    return ""
