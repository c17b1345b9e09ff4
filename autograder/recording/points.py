"""What a submission is worth, computed in one place for gradebook, feedback, report and export."""

from __future__ import annotations

from nbgrader.api import Grade, SubmittedAssignment, SubmittedNotebook

from ..cells import TEST


def after_penalty(entry: SubmittedAssignment | SubmittedNotebook) -> float:
    """The points of an entry in the gradebook after those off for late work, never below zero."""
    return max(0.0, float(entry.score - (entry.late_submission_penalty or 0.0)))


def by_hand(grade: Grade) -> str:
    """A sentence where points given by hand count, and the judge gives others; else ""."""
    if grade.manual_score is None or grade.auto_score is None:
        return ""
    return hand_and_judge(grade.name, float(grade.manual_score), float(grade.auto_score))


def hand_and_judge(test: str, hand: float, judge: float) -> str:
    """The same by the name of a test: what counts, and what the judge gives."""
    if abs(hand - judge) < 1e-9:
        return ""
    name = test.removeprefix(TEST)
    return f"{name}: points given by hand count ({hand:g}); the judge gives {judge:g} now."


def share_of(score: float, most: float) -> float:
    """What part of the points is reached, 0 to 1; none where nothing can be earned."""
    return max(0.0, min(score / most, 1.0)) if most else 0.0
