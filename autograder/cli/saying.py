"""What all commands share: how they are added, and how they say what they did."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TypeAlias

from ..course import Course, CourseError

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
"""What ``argparse`` adds commands to."""


def say(sentences: list[str]) -> None:
    """What was done besides what was asked for."""
    for sentence in sentences:
        print(f"autograder: {sentence}", flush=True)


def shown(path: Path) -> Path:
    """A path as short as it can be from where the user stands."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def chosen(course: Course, named: list[str]) -> list[str]:
    """The lessons named, or all that are released, with a word on each that is not.

    Raises CourseError if one named is not released, or none is.
    """
    from ..database import generated  # and nbgrader with it

    lessons, known = course.chosen(named), generated(course)
    left = [course.not_released(lesson) for lesson in lessons if lesson not in known]
    if left and (named or len(left) == len(lessons)):
        raise CourseError(left[0])
    say([f"left out: {why}" for why in left])
    return [lesson for lesson in lessons if lesson in known]
