"""Commands that try the grader itself: ``demo``, ``doctor``."""

from __future__ import annotations

import argparse

from ..course import DEFAULT, Course
from .saying import Commands


def add_demo(commands: Commands) -> None:
    """Add ``demo``."""
    demo = commands.add_parser("demo", help="run a class of 24 students once, start to end")
    demo.set_defaults(command=_demo)


def _demo(options: argparse.Namespace) -> int:
    from ..demo.demo import demo

    return demo()


def add_doctor(commands: Commands) -> None:
    """Add ``doctor``."""
    doctor = commands.add_parser(
        "doctor",
        help="attack the grader on this machine in every known way, and say what held; with "
        "--course, see that the course cannot be graded without it",
    )
    doctor.set_defaults(command=_doctor)


def _doctor(options: argparse.Namespace) -> int:
    if options.course != DEFAULT:
        from ..doctor.course import doctor_course

        return doctor_course(Course(options.course))
    from ..doctor.machine import doctor

    return doctor()
