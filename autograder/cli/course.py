"""Commands on the lessons: ``release``, ``publish``, ``new-lesson``."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..course import Course
from .saying import Commands, say, shown

CHOICES = """\
other points than cnnlab declares, and exercises left out, stand in DIR/course.toml:
  [points]
  conv1d = 5
  [skip]
  exercises = ["pad"]

Such a course's notebooks are written to DIR/release/, which `publish` then takes; notebooks/
stays as it is. What is released counts in all that follows: after a change, release again.
"""


def add_release(commands: Commands) -> None:
    """Add ``release``."""
    release = commands.add_parser(
        "release",
        help="make the notebooks: solutions/ → source → notebooks/",
        description="Make the notebooks that students get, and the course's own copies.",
        epilog=CHOICES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    release.add_argument("lessons", nargs="*", metavar="LESSON", help="all if none is named")
    release.set_defaults(command=_release)


def _release(options: argparse.Namespace) -> None:
    from ..database import keep_gradebook
    from ..mending import in_use, mend
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

    publish(options.folder, options.repository, Course(options.course))
    print(what_to_push(options.folder, options.repository))


def add_new_lesson(commands: Commands) -> None:
    """Add ``new-lesson``."""
    lesson = commands.add_parser(
        "new-lesson", help="write the skeleton of a lesson, which can be released at once"
    )
    lesson.add_argument("name", metavar="NAME", help="NN_topic, as in 07_recurrent")
    lesson.set_defaults(command=_new_lesson)


def _new_lesson(options: argparse.Namespace) -> None:
    from ..releasing.new_lesson import new_lesson

    for path in new_lesson(options.name):
        print(f"wrote {shown(path)}")
