"""Whose a notebook is, by the name that Moodle, Canvas or somebody's own folders give it.

=====================  =========================================================  ==============
from                   name                                                       student id
=====================  =========================================================  ==============
Moodle, in folders     ``Ada Lovelace_4711_assignsubmission_file_/any.ipynb``     Ada_Lovelace
Moodle, flat           ``Ada Lovelace_4711_assignsubmission_file_any.ipynb``      Ada_Lovelace
Canvas                 ``lovelaceada_LATE_101_2002_any.ipynb`` (LATE: only then)  lovelaceada_101
a folder per student   ``ada/any.ipynb``, ``ada/01_rolling_average/any.ipynb``    ada
a file per student     ``ada.ipynb``                                              ada
=====================  =========================================================  ==============

They are tried in this order. Moodle's number is another one in each assignment, so it is no
student id; two people of one name are told apart by it.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from ..course import is_name

NOTEBOOK = re.compile(r"\.ipynb(?:\.txt|\.json)?$", re.IGNORECASE)
"""A notebook's ending, also with what browsers and e-mail programs make of it."""

_MOODLE = re.compile(r"(?P<name>.+)_(?P<id>\d+)_assignsubmission_file(?:_.*)?")
_CANVAS = re.compile(r"(?P<name>[^_]+)_(?:LATE_)?(?P<id>\d+)_\d+_.+")


class NobodysError(ValueError):
    """A name that says not whose the notebook is; the message says what to do."""


def owner(inside: PurePosixPath, lesson: str) -> tuple[str, str]:
    """The student a notebook belongs to, as (student id, what tells people of one name apart).

    inside: its path in what was downloaded. Raises NobodysError.
    """
    for part in inside.parts:
        if match := _MOODLE.fullmatch(part):
            return _as_id(match["name"]), match["id"]
    if about := canvas(inside.name):
        return _as_id(about[0]), about[1]
    if len(inside.parts) > 1:
        student, others = inside.parts[0], inside.parts[1:-1]
        other = next((p for p in others if re.match(r"\d\d_", p) and p != lesson), None)
        if other:
            raise NobodysError(f"belongs to {other}, not to {lesson}")
    else:
        student = NOTEBOOK.sub("", inside.name)
    if not is_name(student) or re.match(r"\d\d_|Untitled|submissions?$", student):
        raise NobodysError(
            "whose is it? Put it into a folder named by the student's id, or name it ID.ipynb"
        )
    return student, ""


def canvas(name: str) -> tuple[str, str] | None:
    """Of a file that Canvas has named: (the student's name and number, the number); else None."""
    match = _CANVAS.fullmatch(name)
    return (f"{match['name']}_{match['id']}", match["id"]) if match else None


def _as_id(name: str) -> str:
    student = re.sub(r"[^\w.@-]+", "_", name).strip("_.-")[:100]
    if not is_name(student):
        raise NobodysError(f"no student id can be made of the name {name!r}")
    return student
