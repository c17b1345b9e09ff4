"""Commands on the lessons: ``release``, ``publish``."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..course import Course
from .saying import Commands, say, shown


def add_release(commands: Commands) -> None:
    """Add ``release``."""
    release = commands.add_parser(
        "release", help="make the notebooks: solutions/ → source → notebooks/"
    )
    release.add_argument("lessons", nargs="*", metavar="LESSON", help="all if none is named")
    release.set_defaults(command=_release)


def _release(options: argparse.Namespace) -> None:
    from ..mending import in_use, keep_gradebook, mend
    from ..releasing.build import release

    course = Course(options.course)
    say(mend(course))
    if in_use(course):
        say(keep_gradebook(course))
    for path in release(course, options.lessons):
        print(f"released {shown(path)}")


def add_publish(commands: Commands) -> None:
    """Add ``publish``."""
    publish = commands.add_parser(
        "publish", help="make the students' repository, without solutions and autograder"
    )
    publish.add_argument("folder", type=Path, metavar="DIR")
    publish.add_argument(
        "--repository", required=True, metavar="OWNER/NAME", help="where it will be on GitHub"
    )
    publish.set_defaults(command=_publish)


def _publish(options: argparse.Namespace) -> None:
    from ..releasing.publish import publish, what_to_push

    publish(options.folder, options.repository)
    print(what_to_push(options.folder, options.repository))
