"""The command line: ``autograder [--course DIR] COMMAND``.

Each command is a function of ``course``, ``grading``, ``pages`` or ``checking`` that reads its
arguments, calls the module that does the work, and prints what came of it. Modules are imported
when their command runs: torch alone takes a second, and ``--help`` needs none of it.
"""

from __future__ import annotations

import argparse
import functools
import sys
import traceback
import warnings
from errno import EDQUOT, ENOSPC, EROFS
from pathlib import Path
from typing import Any

from ..course import DEFAULT
from ..terminal import Guard, guarded, visible
from . import checking, course, grading, pages


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status: 0 done, 1 partly, 2 not possible.

    What the user can correct is told in a sentence on stderr, without a traceback.
    """
    options = _parser().parse_args(arguments)
    # Whatever a command prints, logs and tracebacks too, may hold names that students chose.
    with guarded(sys.stdout, sys.stderr):
        return _run(options)


def _run(options: argparse.Namespace) -> int:
    """Run what was asked for; the exit status."""
    # nbgrader's own queries make SQLAlchemy 2 warn; nobody here can do anything about it.
    warnings.filterwarnings("ignore", message=r"Object of type <Submitted\w+> not in session")
    try:
        return options.command(options) or 0
    except (ValueError, RuntimeError, OSError) as problem:
        if not _is_for_the_user(problem):
            sys.excepthook = _told  # by the interpreter, when nothing here prints any more
            raise
        print(f"autograder: {visible(str(problem))}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("autograder: stopped", file=sys.stderr)
        return 130


def _told(kind: type, problem: BaseException, trace: Any) -> None:
    """Print a traceback, in which student data may be quoted."""
    traceback.print_exception(kind, problem, trace, file=Guard(sys.stderr))


def _is_for_the_user(problem: Exception) -> bool:
    """Our own errors say what to do; any other is a bug, whose traceback is wanted."""
    ours = type(problem).__module__.startswith("autograder.")
    if isinstance(problem, OSError) and problem.errno in (ENOSPC, EDQUOT, EROFS):
        return True  # a disk that is full, or may not be written
    return ours or isinstance(problem, (FileNotFoundError, PermissionError, NotADirectoryError))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="autograder",
        description="Release, collect and grade the lessons. nbgrader's own commands work in "
        "the course folder, too.",
    )
    _add_course(parser, DEFAULT)
    # After the command it means the same; by itself it leaves alone what stands before.
    anywhere = argparse.ArgumentParser(add_help=False)
    _add_course(anywhere, argparse.SUPPRESS)
    commands = parser.add_subparsers(
        required=True,
        metavar="COMMAND",
        parser_class=functools.partial(argparse.ArgumentParser, parents=[anywhere]),
    )

    # In the order of the help.
    course.add_release(commands)
    grading.add_roster(commands)
    grading.add_collect(commands)
    grading.add_grade(commands)
    pages.add_feedback(commands)
    pages.add_report(commands)
    pages.add_export(commands)
    course.add_publish(commands)
    course.add_new_lesson(commands)
    checking.add_demo(commands)
    checking.add_doctor(commands)
    return parser


def _add_course(parser: argparse.ArgumentParser, default: Path | str) -> None:
    parser.add_argument(
        "--course",
        type=Path,
        default=default,
        metavar="DIR",
        help="the course folder (default: autograder/course/); release makes a missing one",
    )
