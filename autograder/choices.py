"""What a professor chooses for a course: other points, exercises left out. ``DIR/course.toml``.

::

    [points]
    conv1d = 5                   # in the place of what cnnlab declares

    [skip]
    exercises = ["pad"]          # not in this course

    [times]
    zone = "Europe/Berlin"       # of tables of times that do not say theirs

``autograder release`` writes both into the lessons of the course, and from then on they are what
the released lessons say: grader, gradebook, feedback, report and export read them there. After a
change of the file: release again. A course without the file has what ``cnnlab`` declares.
"""

from __future__ import annotations

import dataclasses
import math
import tomllib
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .course import CHOICES_FILE, CourseError

if TYPE_CHECKING:
    from .course import Course

PARTS = ("points", "skip", "times")
"""The parts that the file may have."""


@dataclasses.dataclass(frozen=True)
class Choices:
    """points: by exercise, where they are not what is declared. skip: exercises left out.

    zone: the time zone of times that say none, or "".
    """

    points: dict[str, float] = dataclasses.field(default_factory=dict)
    skip: frozenset[str] = frozenset()
    zone: str = ""

    def __bool__(self) -> bool:
        return bool(self.points or self.skip)


def read_choices(course: Course) -> Choices:
    """What is chosen for a course; nothing without the file.

    Raises CourseError, in a sentence, for what is no TOML, unknown names and impossible points.
    """
    path = course.root / CHOICES_FILE
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return Choices()
    except (OSError, ValueError) as problem:  # a TOMLDecodeError is a ValueError
        raise CourseError(f"{path} cannot be read: {problem}.") from None
    for part in table:
        if part not in PARTS:
            parts = ", ".join(f"[{known}]" for known in PARTS)
            raise CourseError(
                f"{path} has a part [{part}], which means nothing; it may have {parts}."
            )
    points, skip = table.get("points", {}), table.get("skip", {})
    if not isinstance(points, dict):
        raise CourseError(f"{path}: [points] must list exercises, as in `conv1d = 5`.")
    names = skip.get("exercises", []) if isinstance(skip, dict) else None
    if not isinstance(names, list) or set(skip) - {"exercises"}:
        raise CourseError(f'{path}: [skip] must be as in `exercises = ["pad", "im2col"]`.')
    chosen = Choices(
        {n: _points(path, n, p) for n, p in points.items()},
        frozenset(map(str, names)),
        _zone(path, table.get("times", {})),
    )
    if not chosen:
        return chosen
    _must_exist(path, [*chosen.points, *names])
    return _that_differ(chosen)


def _zone(path: Any, times: Any) -> str:
    """The time zone in [times]."""
    zone = times.get("zone", "") if isinstance(times, dict) and not set(times) - {"zone"} else None
    try:
        if isinstance(zone, str) and (not zone or ZoneInfo(zone)):
            return zone
    except (ValueError, OSError, ZoneInfoNotFoundError):
        pass
    raise CourseError(f'{path}: [times] must be as in `zone = "Europe/Berlin"`.')


def _points(path: Any, name: str, value: Any) -> float:
    """Points as a number of which half a point, too, may be given."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or value < 0:
        raise CourseError(
            f"{path}: {name} cannot be given {value!r} points; it takes a number from 0 up."
        )
    return int(value) if value == int(value) else float(value)


def _must_exist(path: Any, names: list[Any]) -> None:
    from cnnlab.engine.exercise import EXERCISES  # torch comes along, and only release needs it

    for name in names:
        if name not in EXERCISES:
            raise CourseError(
                f"{path} names {name!r}, but there is no such exercise; there are "
                f"{', '.join(EXERCISES)}."
            )


def _that_differ(chosen: Choices) -> Choices:
    """Without points that are what is declared already."""
    from cnnlab.engine.exercise import EXERCISES

    points = {n: p for n, p in chosen.points.items() if p != EXERCISES[n].points}
    return dataclasses.replace(chosen, points=points)
