"""Why an answer is wrong: a cause is named only if the cases say so, else what is certain."""

from __future__ import annotations

import dataclasses
from typing import Any

from ..exercise import Exercise
from ..verdict import Findings, Known, Result
from .certain import certain
from .known import likely


def find(results: list[Result], known: Known, exercise: Exercise, answer: Any = None) -> Findings:
    """What is known of why an answer is wrong. answer: itself, where it is in this process."""
    found = likely(results, known)
    if not found.causes:
        found = dataclasses.replace(found, certain=certain(results, exercise, answer))
    return found
