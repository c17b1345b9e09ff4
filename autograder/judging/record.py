"""What is kept of a verdict: the outputs of a judged test cell, written and read here alone.

The judge makes a ``Judgement`` of each test cell. Its outputs are what nbgrader reads: an error is
no points, a number is that many, neither is all of them. The reports among them carry their data
under cnnlab's MIME type, and from that data, never from text or HTML, a ``Record`` is read again
when pages and tables are made. Graded notebooks of the first edition hold the same data.
"""

from __future__ import annotations

import builtins
import dataclasses
from typing import Any

import numpy as np
from cnnlab.engine.comparing import Problem
from cnnlab.engine.exercise import Outcome
from cnnlab.engine.page import as_html
from cnnlab.engine.shown import as_text, first_wrong
from cnnlab.engine.verdict import MIME, Report, Result
from nbformat import NotebookNode

from ..cells import error, output

MOST_CHARACTERS = 100
"""Of a word of a finding."""


@dataclasses.dataclass(frozen=True)
class Judgement:
    """What came of one test cell.

    reports: the outputs of its checks. failed: the output of the error that it ended with.
    value: the number that it ended with.
    """

    reports: tuple[NotebookNode, ...] = ()
    failed: NotebookNode | None = None
    value: float | None = None

    def points(self, most: float) -> float:
        """The points rule, nbgrader's own: none after an error, else its number, else all."""
        if self.failed is not None:
            return 0.0
        return most if self.value is None else self.value

    def outputs(self) -> list[NotebookNode]:
        """The outputs by which nbgrader comes to the same points."""
        if self.failed is not None:
            return [*self.reports, self.failed]
        if self.value is None:
            return list(self.reports)
        data = {"text/plain": repr(self.value)}
        number = output("execute_result", data=data, metadata={}, execution_count=None)
        return [*self.reports, number]


def failed(name: str, message: str, code: str = "") -> Judgement:
    """The judgement on a test cell that was not run, or not to its end, without any report."""
    return Judgement(failed=error(name, message, code))


@dataclasses.dataclass(frozen=True)
class Drawing:
    """Two arrays to draw beside each other, as nested lists, and the text that says the same."""

    target: list[Any]
    yours: list[Any]
    alt: str


@dataclasses.dataclass(frozen=True)
class Finding:
    """What an answer was told that is wrong with it, as far as a class has it in common.

    part: by what it was found, such as KNOWN. kind: of the mistake: a known one's name, or what
    would have to change. role: of the place in the source where it would, or "".
    """

    part: str
    kind: str
    role: str = ""


KNOWN = "known mistake"
"""The part of a finding that is one of the exercise's known mistakes."""


@dataclasses.dataclass(frozen=True)
class Record:
    """One report of a judged test cell, as pages and tables need it.

    causes: the known mistakes found, most likely first. finding: what was told that is wrong, or
    None. cases: the name of each case, and its kind of problem or None. html: the report itself,
    to be shown and not to be searched.
    """

    exercise: str
    status: str
    points: float
    max_points: float
    causes: tuple[str, ...]
    finding: Finding | None
    cases: tuple[tuple[str, str | None], ...]
    hidden: bool
    drawing: Drawing | None
    html: str

    @property
    def right(self) -> int:
        """How many cases are right."""
        return sum(not problem for _, problem in self.cases)


def report_output(report: Report) -> NotebookNode:
    """A report as a cell's output: text, HTML, and data for tables. Inputs only if visible."""
    report = _without_words(report) if report.hidden else report
    data = {**report.as_data(), "hidden": report.hidden}
    drawing = _drawing(report)
    if drawing is not None:
        data["drawing"] = dataclasses.asdict(drawing)
    shown = {"text/plain": as_text(report), "text/html": as_html(report, drawing=False)}
    return output("display_data", data={**shown, MIME: data}, metadata={})


def _without_words(report: Report) -> Report:
    """The same without inputs, values, and any word that comes from where answers run.

    What is shown of hidden cases is made of this, so that none of it can say an input.
    """
    results = []
    for r in report.results:
        case = dataclasses.replace(r.case, args=(), kwargs={})
        errors = tuple(name for name in r.outcome.errors if hasattr(builtins, name))
        outcome = Outcome(r.outcome.status, errors=errors)
        results.append(Result(case, None, outcome, r.problem and Problem(r.problem.kind, "")))
    return dataclasses.replace(report, results=results)


def _drawing(report: Report) -> Drawing | None:
    wrong = first_wrong(report)
    if report.hidden or wrong is None or wrong.problem is None:
        return None
    if wrong.problem.kind not in ("values", "shape"):
        return None
    target, yours = wrong.expected, wrong.outcome.value
    if not (_can_be_drawn(target) and _can_be_drawn(yours) and target.ndim == yours.ndim):
        return None
    alt = f"Target, yours and difference for the case {wrong.case.name}. {wrong.problem.message}"
    return Drawing(target.tolist(), yours.tolist(), alt)


def _can_be_drawn(value: Any) -> bool:
    """Whether the feedback can draw it. Drawing here would cost more than judging."""
    return (
        isinstance(value, np.ndarray)
        and value.ndim in (1, 2)
        and 0 < value.size <= 400
        and value.dtype.kind in "fiub"
        and bool(np.isfinite(value.astype(float)).all())
    )


def records(cell: NotebookNode) -> list[Record]:
    """The reports in a judged test cell, hidden ones too."""
    found = (o.get("data", {}) for o in cell.get("outputs", []))
    return [_record(data) for data in found if MIME in data]


def _record(bundle: dict[str, Any]) -> Record:
    data = bundle[MIME]
    drawing = data.get("drawing")
    return Record(
        exercise=data["exercise"],
        status=data["status"],
        points=data["points"],
        max_points=data["max_points"],
        causes=tuple(data["causes"]),
        finding=_finding(data),
        cases=tuple((case["name"], case["problem"]) for case in data["cases"]),
        hidden=bool(data.get("hidden")),
        drawing=Drawing(drawing["target"], drawing["yours"], drawing["alt"]) if drawing else None,
        html=bundle.get("text/html", ""),
    )


def _finding(data: dict[str, Any]) -> Finding | None:
    """What was told. Older grades hold the names of known mistakes alone.

    Its words may come from where answers run: they are short, whatever was sent.
    """
    if data["causes"]:
        return Finding(KNOWN, data["causes"][0])
    if found := data.get("found"):
        words = (found.get("part"), found.get("kind"), found.get("role"))
        return Finding(*(str(word or "")[:MOST_CHARACTERS] for word in words))
    return None


def forget_data(cell: NotebookNode) -> None:
    """Take the data out of a judged cell's outputs, and leave what is shown."""
    for shown in cell.get("outputs", []):
        shown.get("data", {}).pop(MIME, None)
