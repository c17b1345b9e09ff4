"""nbgrader's way to us: the steps that a course's settings name as strings.

Courses hold the address of this module, so it stays where it is. Nothing imports it: nbgrader
does, by name, and where it cannot, grading ends there and runs nothing (``settings.STEPS``).
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool

from ..cells import STUDENTS_KERNEL
from ..intake.restore import restore
from ..sandbox.warm import kept

ELSEWHERE = {
    "Collect": "..intake.exchange",
    "NotebookOnly": "..intake.links",
    "ReleaseFeedback": "..pages.exchange",
    "Straight": "..intake.links",
    "Page": "..pages.feedback",
    "PageExporter": "..pages.feedback",
    "markdown": "..pages.markdown",
}
"""What settings name here and where it is. It is imported when it is asked for: formgrader's server
makes pages, and needs no torch for that."""


def __getattr__(name: str) -> Any:
    if name in ELSEWHERE:
        return getattr(importlib.import_module(ELSEWHERE[name], __package__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


class StudentsKernel(NbGraderPreprocessor):
    """Last step of ``nbgrader generate_assignment``: the kernel that students have.

    source/ and the gradebook name one that nobody has (``cells.NOBODYS_KERNEL``).
    """

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Name the kernel in the notebook that is handed out."""
        nb.metadata["kernelspec"] = dict(STUDENTS_KERNEL)
        return nb, resources


class Restore(NbGraderPreprocessor):
    """First step of ``nbgrader autograde``: the student's answers in a clean notebook."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Replace a submitted notebook by a restored one."""
        exporter: Any = self.parent
        course = exporter.parent.coursedir  # the converter's
        lesson, name = resources["nbgrader"]["assignment"], resources["nbgrader"]["notebook"]
        folder = course.format_path(course.source_directory, ".", lesson)
        source = nbformat.read(Path(folder) / f"{name}.ipynb", as_version=4)
        clean, _ = restore(nb, source)
        _only_its_own_time(course, resources["nbgrader"])
        repairs = clean.metadata["cnnlab"]["repairs"]
        repairs += resources.get("remarks", [])
        for sentence in repairs:
            self.log.warning("%s: %s", resources["nbgrader"]["student"], sentence)
        return clean, resources


def _only_its_own_time(course: Any, about: dict[str, str]) -> None:
    """Take the time of an earlier hand-in from a submission that has none: no penalty rests on it.

    nbgrader itself leaves it in the gradebook.
    """
    student, lesson = about["student"], about["assignment"]
    folder = course.format_path(course.submitted_directory, student, lesson)
    if course.get_existing_timestamp(folder) is None:
        with Gradebook(about["db_url"], course.course_id) as gradebook:
            submission: Any = gradebook.find_submission(lesson, student)
            submission.timestamp = None
            gradebook.db.commit()


class Judge(NbGraderPreprocessor):
    """Second step, in the place of ``Execute``: the verdicts."""

    unsafe_local = Bool(False, help="Run students' code without a sandbox.").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Judge a restored notebook; a Fault stops this student's grading, not the others'."""
        from .judge import judge_twice  # and with it torch: Restore and the pages need none

        return judge_twice(nb, kept(self.unsafe_local)), resources
