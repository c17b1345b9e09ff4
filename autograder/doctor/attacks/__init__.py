"""Attacks on the grader: submissions of our own that try for points, secrets or harm.

``autograder doctor`` hands them in and looks at what came of each. Unless it says so, an attack is
on the exercise ``conv1d`` of lesson 01, and none of them answers it. In a text these stand for
places and things that a well-informed attacker would know: @ROOT@ (the folder above the course),
@COURSE@, @NAME@ (the attacker's student id), @PORT@ (a port of this machine that somebody
listens on) and @ABSTRACT@ (the name of an abstract socket of the same kind).
"""

from __future__ import annotations

from . import (
    answers,
    counting,
    escaping,
    files,
    impersonating,
    interpreter,
    names,
    networks,
    notebooks,
    reading,
    ready_made,
    stopping,
    training,
)
from .attack import Attack

__all__ = ["ATTACKS", "Attack"]

ATTACKS: list[Attack] = [
    *interpreter.ATTACKS,
    *reading.ATTACKS,
    *stopping.ATTACKS,
    *files.ATTACKS,
    *notebooks.ATTACKS,
    *answers.ATTACKS,
    *names.ATTACKS,
    *impersonating.ATTACKS,
    *ready_made.ATTACKS,
    *escaping.ATTACKS,
    *training.ATTACKS,
    *counting.ATTACKS,
    *networks.ATTACKS,
]
"""In this order: a note left by one is looked for by a later one, and after each class an honest
student follows."""
