"""The skeleton of a lesson: ``autograder new-lesson 07_topic``.

Three places make a lesson, and nothing lists lessons besides: its text in solutions/, its folder
in ``cnnlab``, its right answers among the tests. The skeleton has one exercise, is released as it
stands, and passes what is checked of every lesson; write yours over it, piece by piece.
"""

from __future__ import annotations

import re
from pathlib import Path

from cnnlab.engine.exercise import EXERCISES
from cnnlab.engine.lesson import LESSONS

from ..course import ROOT, write
from .build import SOLUTIONS

SKELETON = Path(__file__).with_name("skeleton")

NAME = re.compile(r"(?P<number>[0-9]{2})_(?P<topic>[a-z][a-z0-9]*(?:_[a-z0-9]+)*)")
"""What a lesson is called, everywhere: NN_topic."""

LONGEST = 24
"""Characters of a topic, so that a line with it can be read."""


class NewLessonError(ValueError):
    """A lesson cannot be begun under this name; the message says why."""


def new_lesson(name: str, root: Path = ROOT) -> list[Path]:
    """Write the skeleton of a lesson into the repository and return the files, text first.

    Raises NewLessonError, before anything is written, if the name does not fit or is taken.
    """
    number, topic = _parts(name)
    example = f"example_{topic}"
    package = root / "notebooks/cnnlab" / f"lesson_{name}"
    files = {
        root / SOLUTIONS.name / f"{name}.md": "lesson.md",
        package / "__init__.py": "declaration.py.txt",
        package / "lecture.py": "lecture.py.txt",
        package / "figures.py": "figures.py.txt",
        package / f"{example}.py": "example.py.txt",
        right_answers(root) / f"lesson_{number}.py": "right_answers.py.txt",
    }
    _must_be_free(number, example, root, files)
    facts = {
        "LESSON": name,
        "NN": number,
        "NUMBER": str(int(number)),
        "TITLE": topic.replace("_", " ").capitalize(),
        "EXAMPLE": example,
        "CITES": f"Lecture {int(number)}",
    }
    for path, template in files.items():
        text = (SKELETON / template).read_text(encoding="utf-8")
        write(path, re.sub(rf"@({'|'.join(facts)})@", lambda found: facts[found[1]], text))
    return list(files)


def right_answers(root: Path = ROOT) -> Path:
    """The folder of right answers, wherever among the tests it lies."""
    found = sorted(p for p in (root / "autograder/tests").rglob("right_answers") if p.is_dir())
    if not found:
        raise NewLessonError(
            f"{root} has no right answers among its tests: a lesson is begun in the repository."
        )
    return found[0]


def _parts(name: str) -> tuple[str, str]:
    """Number and topic of a lesson's name."""
    fits = NAME.fullmatch(name)
    if not fits or len(fits["topic"]) > LONGEST:
        raise NewLessonError(
            f"{name!r} cannot be the name of a lesson: it takes two digits, _, and a topic of at "
            f"most {LONGEST} small letters, digits and _, as in 07_recurrent."
        )
    return fits["number"], fits["topic"]


def _must_be_free(number: str, example: str, root: Path, files: dict[Path, str]) -> None:
    """Raise NewLessonError if the number, the exercise or a file is somebody's already."""
    named = {p.stem for p in (root / SOLUTIONS.name).glob("[0-9][0-9]_*.md")} | set(LESSONS)
    for lesson in sorted(named):
        if lesson.startswith(f"{number}_"):
            raise NewLessonError(
                f"there is a lesson {number} already, {lesson}; take another number."
            )
    if example in EXERCISES:
        raise NewLessonError(f"there is an exercise {example} already; take another topic.")
    there = [path for path in files if path.exists()]
    there += [p.parent for p in files if p.name == "__init__.py" and p.parent.exists()]
    if there:
        raise NewLessonError(f"{there[0]} is there already, and is not written over.")
