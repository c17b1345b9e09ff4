"""What a submission is worth, computed in one place for gradebook, feedback, report and export."""

from __future__ import annotations

from nbgrader.api import SubmittedAssignment, SubmittedNotebook


def after_penalty(entry: SubmittedAssignment | SubmittedNotebook) -> float:
    """The points of an entry in the gradebook after those off for late work, never below zero."""
    return max(0.0, float(entry.score - (entry.late_submission_penalty or 0.0)))


def share_of(score: float, most: float) -> float:
    """What part of the points is reached, 0 to 1; none where nothing can be earned."""
    return max(0.0, min(score / most, 1.0)) if most else 0.0
