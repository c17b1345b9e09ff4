"""Commands for readers of the grades: ``feedback``, ``report``, ``export``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ..course import Course
from .saying import Commands, chosen, shown


def add_feedback(commands: Commands) -> None:
    """Add ``feedback``."""
    feedback = commands.add_parser("feedback", help="write an HTML page per student")
    feedback.add_argument("lessons", nargs="*", metavar="LESSON", help="all if none is named")
    feedback.set_defaults(command=_feedback)


def _feedback(options: argparse.Namespace) -> int:
    course = Course(options.course)
    lessons = chosen(course, options.lessons)
    from ..pages.feedback import due, feedback

    pages = feedback(course, lessons) or []
    for path in pages:
        print(f"wrote {shown(path)}")
    failed = sorted({page for lesson in lessons for page in due(course, lesson)} - {*pages})
    for path in failed:
        print(f"autograder: {shown(path)} could not be written, see above", file=sys.stderr)
    return 1 if failed else 0


def add_report(commands: Commands) -> None:
    """Add ``report``."""
    report = commands.add_parser("report", help="write a page on the class, for its instructors")
    report.add_argument("lessons", nargs="*", metavar="LESSON", help="all if none is named")
    report.set_defaults(command=_report)


def _report(options: argparse.Namespace) -> None:
    from ..pages.class_report import report

    course = Course(options.course)
    print(f"wrote {shown(report(course, chosen(course, options.lessons)))}")


def add_export(commands: Commands) -> None:
    """Add ``export``."""
    export = commands.add_parser(
        "export", help="write all points as a table, for a spreadsheet, Moodle or Canvas"
    )
    export.add_argument("file", type=Path, metavar="FILE.csv")
    export.set_defaults(command=_export)


def _export(options: argparse.Namespace) -> int:
    from ..pages.lms import export

    course = Course(options.course)
    missing = export(course, options.file, chosen(course, []))
    print(f"wrote {shown(options.file)}")
    for sentence in missing:
        print(f"autograder: {sentence}", file=sys.stderr)
    return 1 if missing else 0
