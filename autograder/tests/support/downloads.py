"""Downloads as an LMS or an instructor makes them, and what a course holds after collecting."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from autograder.course import Course

from .small_lesson import LESSON


def put(folder: Path, files: Mapping[str, str | bytes], when: str = "") -> Path:
    """Write files, by path; when: their time, UTC. Gives the folder."""
    for path, content in files.items():
        at = Path(os.fsdecode(os.path.join(os.fsencode(folder), os.fsencode(path))))
        at.parent.mkdir(parents=True, exist_ok=True)
        at.write_bytes(content if isinstance(content, bytes) else content.encode())
        if when:
            instant = datetime.fromisoformat(when).replace(tzinfo=UTC).timestamp()
            os.utime(at, (instant, instant))
    return folder


def zipped(
    to: Path | IO[bytes],
    files: Mapping[str, str | bytes],
    when: tuple[int, ...] = (2026, 11, 25, 10, 0, 0),
) -> Path | IO[bytes]:
    """A zip of files, by path, all written at one time of some clock. Gives its place."""
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name, when)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return to


def collected(course: Course) -> dict[str, str]:
    """What has been submitted: the text of each student's notebook."""
    return {
        student: (course.submitted(student, LESSON) / f"{LESSON}.ipynb").read_text()
        for student in course.students(LESSON)
    }


def handed_out(course: Course, lesson: str = LESSON) -> str:
    """A lesson's notebook as students get it."""
    return course.released(lesson).read_text(encoding="utf-8")


def worked_on(course: Course, what: str, lesson: str = LESSON) -> str:
    """The same with something in its first answer. what: by which it is known again."""
    notebook = json.loads(handed_out(course, lesson))
    answer = next(c for c in notebook["cells"] if c["metadata"].get("nbgrader", {}).get("solution"))
    answer["source"] = f"# {what}\ndef rolling_average(x, K=7):\n    return x"
    return json.dumps(notebook)
