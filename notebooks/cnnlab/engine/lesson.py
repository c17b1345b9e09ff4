"""What a lesson is: its declaration, how lessons are found, the lines made of what they declare.

A lesson is a folder ``lesson_NN_topic``. Its ``__init__`` holds a :class:`Lesson` by the name of
``LESSON``; each exercise is a module (or a folder) of the exercise's name, in lower case.
"""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
from collections.abc import Iterable
from types import ModuleType

from .exercise import EXERCISES, Exercise

_NUMBERS = [
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
]


@dataclasses.dataclass(frozen=True)
class Lesson:
    """A lesson, declared once.

    title: what it is about. reading: minutes to read and play, without the exercises.
    data: the functions of ``cnnlab.data`` that it uses.
    exercises: their names, in the order in which the lesson asks for them.
    sittings: advice on how to share out the time, as it stands in the line *Time*; short_ones:
        what that line says about the exercises.
    trains: all its training together takes minutes, not seconds.
    run_minutes: how long the whole notebook may run before it counts as hanging; several times
        what a laptop needs.
    shorter: where it trains for minutes: what to write instead where only its working matters.
    cites: what it is taught from; the specification of each exercise says where in it.
    """

    title: str
    reading: int
    exercises: tuple[str, ...]
    data: tuple[str, ...] = ()
    sittings: str = ""
    short_ones: str = ""
    trains: bool = False
    run_minutes: float = 5
    shorter: dict[str, str] = dataclasses.field(default_factory=dict)
    cites: str = "Lecture 6"

    def without(self, left_out: Iterable[str]) -> Lesson:
        """The lesson with fewer exercises; the others move up, and the time gets shorter."""
        left = set(left_out)
        kept = tuple(name for name in self.exercises if name not in left)
        if kept == self.exercises:
            return self
        # What is said about all of them together may not hold for those that are left.
        return dataclasses.replace(self, exercises=kept, short_ones="")

    def solving(self) -> int:
        """Minutes for all exercises together."""
        return sum(EXERCISES[name].minutes for name in self.exercises)

    def time_line(self) -> str:
        """How long the lesson takes, as its first cell says it."""
        if not self.exercises:
            return f"**Time.** About {self.reading} minutes to read and play."
        minutes = self.solving()
        many = _NUMBERS[len(self.exercises)] if len(self.exercises) <= 12 else len(self.exercises)
        each = f"the {many} exercises" if len(self.exercises) > 1 else "the exercise"
        total = ", ".join(filter(None, (f"{self.reading + minutes} minutes", self.sittings)))
        last = ", ".join(filter(None, (f"{minutes} for {each}", self.short_ones)))
        return f"**Time.** About {total}: {self.reading} to read and play, {last}."

    def box(self, exercise: Exercise, points: float | None = None) -> str:
        """The first line of an exercise's box: number, name, dots, minutes and points.

        points: where a course gives others than are declared.
        """
        number = self.exercises.index(exercise.name) + 1
        worth = exercise.points if points is None else points
        points_ = f"{worth:g} point{'s' * (worth != 1)}"
        return (
            f"> **Exercise {number} · `{exercise.name}`** — difficulty {_dots(exercise.difficulty)}"
            f" · importance {_dots(exercise.importance)} · {exercise.minutes} minutes · {points_}"
        )


def _dots(filled: int) -> str:
    return "●" * filled + "○" * (4 - filled)


LESSONS: dict[str, Lesson] = {}
"""Every lesson by its name, NN_topic, in their order."""


def discover(package: ModuleType) -> None:
    """Find the lessons of a package, and have them declare their exercises.

    Raises ImportError if a lesson lists an exercise that its module does not declare, or if one
    is declared that no lesson lists.
    """
    declared = dict(EXERCISES)
    for found in sorted(pkgutil.iter_modules(package.__path__), key=lambda m: m.name):
        if not found.name.startswith("lesson_"):
            continue
        folder = f"{package.__name__}.{found.name}"
        lesson = importlib.import_module(folder).LESSON
        LESSONS[found.name.removeprefix("lesson_")] = lesson
        for name in lesson.exercises:
            importlib.import_module(f"{folder}.{name.lower()}")
            if name not in EXERCISES:
                raise ImportError(f"{folder}.{name.lower()} declares no exercise {name}")
            declared[name] = EXERCISES[name]
    if unlisted := set(EXERCISES) - set(declared):
        raise ImportError(f"no lesson lists {', '.join(sorted(unlisted))} among its exercises")
    # One exercise may build on another, and then its module has been imported before its turn.
    EXERCISES.clear()
    EXERCISES.update(declared)
