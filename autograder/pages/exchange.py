"""Handing out feedback through nbgrader's exchange, and no page that a link leads to."""

from __future__ import annotations

from pathlib import Path

from nbgrader import utils
from nbgrader.exchange.default import ExchangeReleaseFeedback

from ..paths import why_not
from ..terminal import visible


class ReleaseFeedback(ExchangeReleaseFeedback):
    """For ``c.ExchangeFactory.release_feedback``: hands out no page that a link leads to."""

    def copy_files(self) -> None:
        """Copy the pages of those in whose folder no link lies."""
        course = self.coursedir
        lesson, step = course.assignment_id, course.feedback_directory
        refused = [name for name in course.student_id_exclude.split(",") if name]
        for folder in Path(course.root, step).glob("*"):
            target = Path(course.format_path(step, folder.name, lesson))
            why = why_not(target, Path(course.root))
            if not why and any(p.is_symlink() for p in target.rglob("*")):
                why = "there is a link in its folder of feedback"
            if why and folder.name not in refused:
                self.log.error("%s: NOT RELEASED: %s", visible(folder.name), why)
                refused.append(folder.name)
        with utils.temp_attrs(course, student_id_exclude=",".join(refused)):
            super().copy_files()
