"""Once the points are recorded: look in a student's own source for the edit that makes it right.

That is done in a fresh session, which sees the visible cases alone: what damaged versions of an
answer could let out is public. What it says is a claim, on which no point rests: where the answer
does not behave as it did when it was judged, the report stays as it is.
"""

from __future__ import annotations

import time
from contextlib import closing

import torch
from cnnlab.engine.examine import examine
from cnnlab.engine.exercise import EXERCISES
from cnnlab.engine.verdict import MIME, Report
from nbformat import NotebookNode

from ..cells import is_test, name_of, role_of
from ..sandbox.warm import Sandboxes
from .judge import known_values
from .order import to_run
from .record import Record, records, report_output
from .submission import Sandboxed, Submission, flavour_of

SECONDS = 1.0
"""What all searches in a submission may take, with its cells and cases."""


def searchable(notebook: NotebookNode) -> bool:
    """Whether there is a visible report on an answer that is not right."""
    return any(_open(record) for cell in notebook.cells for record in records(cell))


def _open(record: Record) -> bool:
    exercise = EXERCISES.get(record.exercise)
    visible = not record.hidden and record.status == "incorrect"
    return visible and exercise is not None and bool(exercise.signature.parameters)


def search(
    notebook: NotebookNode, sandboxes: Sandboxes, seconds: float
) -> dict[str, list[NotebookNode]]:
    """The outputs of test cells, by grade id, whose reports say more than before.

    notebook: a judged one.
    """
    torch.set_num_threads(1)
    cells = [c for c in notebook.cells if is_test(c)]
    wrong = [record.exercise for cell in cells for record in records(cell) if _open(record)]
    for flavour in {flavour_of(name) for name in wrong}:
        sandboxes[flavour].start()  # which is not the student's time
    left, until = len(wrong), time.monotonic() + seconds
    exercises = [name_of(c) for c in notebook.cells if role_of(c) == "answer"]
    found: dict[str, list[NotebookNode]] = {}
    with closing(
        Submission(list(to_run(notebook)), exercises, sandboxes, seconds=seconds)
    ) as submission:
        submission.wrong = {
            r.exercise for c in cells for r in records(c) if r.status == "incorrect"
        }
        for cell in cells:
            for record in filter(_open, records(cell)):
                share = (until - time.monotonic()) / left
                left -= 1
                if share > 0 and (report := _looked_into(record, submission, share)):
                    outputs = found.get(name_of(cell), list(cell.outputs))
                    found[name_of(cell)] = [_instead(o, record, report) for o in outputs]
    return found


def _looked_into(record: Record, submission: Submission, seconds: float) -> Report | None:
    """The report with what a search says; None: it says nothing, or of another answer."""
    exercise, stand_in = EXERCISES[record.exercise], Sandboxed(record.exercise, submission)
    about = {"known": known_values(exercise.name, 0), "worth": record.max_points}
    report = examine(exercise, stand_in, search=seconds, **about)
    cases = tuple((r.case.name, r.problem.kind if r.problem else None) for r in report.results)
    same = (cases, report.points) == (record.cases, record.points)
    found = report.findings.explanation
    return report if same and found and found.part == "repair" else None


def _instead(output: NotebookNode, record: Record, report: Report) -> NotebookNode:
    """The output that shows a report, if this is the one that shows the record."""
    data = output.get("data", {}).get(MIME, {})
    shown = data.get("exercise") == record.exercise and not data.get("hidden")
    return report_output(report) if shown else output
