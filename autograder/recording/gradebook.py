"""nbgrader's gradebook and ``autograded/``: a submission is written as a whole, or not at all.

Only the recorder has it open. What a submission earned stands in the judged notebook already;
nbgrader's own steps take it from there, so that stock nbgrader would have come to the same.
"""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import nbformat
from nbformat import NotebookNode
from nbgrader.api import (
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    MissingEntry,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.preprocessors import (
    AssignLatePenalties,
    OverwriteCells,
    SaveAutoGrades,
    latesubmissions,
    overwritecells,
    saveautogrades,
)
from sqlalchemy.exc import SAWarning
from sqlalchemy.orm import Session, scoped_session, sessionmaker

from ..cells import is_test, name_of
from ..course import Course, write
from ..database import connected
from ..intake.submitted import stamp_in, time_of
from ..judging.worker import UNSEARCHED
from ..paths import on_the_way
from .points import after_penalty, by_hand


class OneTransaction(Session):
    """A session in which ``commit`` waits for ``commit_all``."""

    def commit(self) -> None:
        """Send what has changed to the database, and keep the transaction open."""
        self.flush()

    def commit_all(self) -> None:
        """Commit indeed."""
        super().commit()


class OpenGradebook(Gradebook):
    """A gradebook that stays connected, and records a submission as a whole or not at all.

    Left alone, each of nbgrader's steps connects anew, so that SQLAlchemy compiles every query
    again, and commits after every cell: most of the time that recording would take.
    """

    def __init__(self, *about: Any):
        super().__init__(*about)
        self.db.remove()
        self.db = scoped_session(sessionmaker(class_=OneTransaction, bind=self.engine))
        self._found: dict[Any, dict[str, Any]] = {}

    def close(self) -> None:
        """Not yet: the next step goes on here."""

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what is done in the block; nothing of it if it fails. Nothing is kept in memory.

        Inside, nbgrader's steps use this gradebook.
        """
        try:
            with ExitStack() as stack:
                for module in (latesubmissions, overwritecells, saveautogrades):
                    stack.enter_context(patch.object(module, "Gradebook", lambda *_: self))
                yield
            self.db().commit_all()
        finally:
            self._found.clear()
            self.db.remove()

    def find_grade(self, cell: str, *notebook: str) -> Grade:
        """A cell's grade in a submitted notebook."""
        return self._find(Grade, cell, notebook)

    def find_comment(self, cell: str, *notebook: str) -> Comment:
        """A cell's comment in a submitted notebook."""
        return self._find(Comment, cell, notebook)

    def _find(self, kind: type, cell: str, notebook: tuple[str, ...]) -> Any:
        """Look all of a notebook's up at once: nbgrader asks for each, with five joins."""
        if (kind, notebook) not in self._found:
            entry = self.find_submission_notebook(*notebook)
            rows = self.db.query(BaseCell.name, kind).join(kind, kind.cell_id == BaseCell.id)
            rows = rows.filter(kind.notebook_id == entry.id)
            self._found[kind, notebook] = {name: found for name, found in rows}
        if cell not in self._found[kind, notebook]:
            raise MissingEntry(f"there is no {kind.__name__} of {cell} in {notebook}")
        return self._found[kind, notebook][cell]


@contextmanager
def opened(course: Course) -> Iterator[OpenGradebook]:
    """A course's gradebook, connected until the block is left."""
    with connected(course, OpenGradebook) as gradebook:
        yield gradebook


@contextmanager
def _quiet() -> Iterator[None]:
    """nbgrader 0.9.6 builds its objects in an order that SQLAlchemy 2.1 remarks upon."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=SAWarning)
        yield


@_quiet()
def record(
    course: Course, gradebook: OpenGradebook, student: str, lesson: str, notebook: NotebookNode
) -> tuple[float, float, tuple[str, ...]]:
    """Write a judged notebook into the gradebook and ``autograded/``, as nbgrader does.

    Returns the score, what could be earned, and what to say of points given by hand.
    """
    folder = course.submitted(student, lesson)
    stamp = stamp_in(folder)
    resources = {
        "nbgrader": {
            "student": student,
            "assignment": lesson,
            "notebook": lesson,
            "db_url": course.db_url,
        }
    }
    target = course.autograded(student, lesson)
    # Its presence says that all below is done. Who is interrupted there grades again.
    (target / f"{lesson}.ipynb").unlink(missing_ok=True)
    # Kernel and metadata are the source's already, as is all but the answers.
    steps = (OverwriteCells, SaveAutoGrades, AssignLatePenalties)
    with gradebook.transaction():
        gradebook.update_or_create_student(student)
        # None, too, is said: the time of an earlier hand-in is not this one's.
        gradebook.update_or_create_submission(lesson, student, timestamp=time_of(stamp))
        for step in steps:
            notebook, resources = step(config=course.config()).preprocess(notebook, resources)
        entry = gradebook.find_submission_notebook(lesson, lesson, student)
        earned = (*scores(entry), given_by_hand(entry))
    if target.is_dir():
        for old in target.iterdir():  # of an earlier time, or of nbgrader's own command
            shutil.rmtree(old) if old.is_dir() and not old.is_symlink() else old.unlink()
    if stamp:
        write(target / "timestamp.txt", stamp + "\n")
    write(target / f"{lesson}.ipynb", nbformat.v4.writes(notebook) + "\n")
    return earned


def scores(entry: SubmittedAssignment | SubmittedNotebook) -> tuple[float, float]:
    """What an entry earned, points off for late work taken off, and what could be earned."""
    return after_penalty(entry), float(entry.max_score)


def given_by_hand(entry: SubmittedNotebook) -> tuple[str, ...]:
    """A sentence for each exercise whose points by hand are not the judge's."""
    return tuple(said for grade in entry.grades if (said := by_hand(grade)))


def graded_notebook(course: Course, student: str, lesson: str) -> NotebookNode | None:
    """A student's graded notebook, if there is one that can be read, and no link on the way."""
    try:
        return nbformat.reads(read_graded(course, student, lesson), as_version=4)
    except ValueError:
        return None


def read_graded(course: Course, student: str, lesson: str) -> str:
    """The text of a student's graded notebook; "" if there is none, or a link on the way."""
    path = course.autograded(student, lesson) / f"{lesson}.ipynb"
    try:
        return "" if on_the_way(path, course.root) else path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""


def complete(
    course: Course, student: str, lesson: str, before: str, outputs: dict[str, list[Any]]
) -> None:
    """Put reports that say more into a student's graded notebook; no points come from here.

    before: its text when the reports were asked for. If that has changed since, it stays: somebody
    has graded it anew. outputs: of test cells, by grade id.
    """
    if not before or read_graded(course, student, lesson) != before:
        return
    notebook = nbformat.v4.reads(before)
    for cell in notebook.cells:
        if is_test(cell) and name_of(cell) in outputs:
            cell.outputs = [nbformat.from_dict(output) for output in outputs[name_of(cell)]]
    notebook.metadata["cnnlab"].pop(UNSEARCHED, None)
    path = course.autograded(student, lesson) / f"{lesson}.ipynb"
    write(path, nbformat.v4.writes(notebook) + "\n")
