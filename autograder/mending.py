"""Bring a course made by an earlier edition up to date, and copy its gradebook beforehand.

``release`` and ``grade`` do so before anything else, and say what they changed. What is changed
here is how grading is kept safe (``settings.STEPS``); no score, no submission and no setting of the
instructor's own.
"""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook
from sqlalchemy.engine import make_url

from .cells import NOBODYS_KERNEL, as_text, with_kernel
from .course import Course, CourseError, environment_on_path, write
from .settings import SETTINGS, STEPS, STEPS_FILE

COPIES = 5
"""How many copies of the gradebook are kept."""

IMPORTS = {
    "from autograder.feedback import FEEDBACK\n": "",
    "from autograder.judge import AUTOGRADE, SANITIZE\n": "",
    "c.Autograde.sanitize_preprocessors = SANITIZE\n": "Autograde.sanitize_preprocessors",
    "c.Autograde.autograde_preprocessors = AUTOGRADE\n": "Autograde.autograde_preprocessors",
    "c.GenerateFeedback.update(FEEDBACK)\n": "GenerateFeedback",
}
"""What a first-edition course's settings import, and which steps to write in its place."""


def mend(course: Course) -> list[str]:
    """Make an existing course safe that is not; what was changed, a sentence each.

    A course that is up to date is not touched, and neither is a folder that is none.
    Raises CourseError if the gradebook can be neither copied nor read.
    """
    if not (course.root / SETTINGS).is_file():
        return []
    said = [*_steps_file(course.root / STEPS_FILE), *_settings(course.root / SETTINGS)]
    course.forget_settings()
    said += _gradebook(course)
    changed = [path for path in sorted(course.root.glob("source/*/*.ipynb")) if _source(path)]
    if changed:
        said.append(
            f"{len(changed)} notebooks in source/ name a kernel that nobody has, so that nothing "
            "but this grader can run what students hand in"
        )
    return said


def _steps_file(path: Path) -> list[str]:
    """The JSON settings: ours as they must be, the instructor's own as they are."""
    there, broken = {}, False
    if path.is_file():
        try:
            there = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            broken = True
        broken |= not isinstance(there, dict)
    if not broken and all(
        there.get(section, {}).get(option) == value
        for section, options in STEPS.items()
        for option, value in options.items()
    ):
        return []
    said = f"{path.name} names the steps that keep grading in the sandbox"
    if broken:
        kept = path.with_name(f"{path.name}.broken")
        path.replace(kept)
        there, said = {}, f"{said}; it could not be read, and is now {kept.name}"
    merged = {**there, **{s: {**there.get(s, {}), **options} for s, options in STEPS.items()}}
    write(path, json.dumps(merged, indent=2) + "\n")
    return [said]


def _settings(path: Path) -> list[str]:
    """The first edition's own lines, by which a missing grader opened the course."""
    before = after = path.read_text(encoding="utf-8")
    for line, instead in IMPORTS.items():
        after = after.replace(line, _named(instead))
    if after == before:
        return []
    kept = path.with_name(f"{path.name}.first-edition")
    write(kept, before)
    write(path, after)
    return [f"{path.name} imports nothing any more (as it was: {kept.name})"]


def _named(steps: str) -> str:
    """Lines of settings that name steps as strings. steps: "Section", "Section.option" or ""."""
    section, _, option = steps.partition(".")
    options = STEPS.get(section, {})
    return "".join(
        f"c.{section}.{name} = {json.dumps(value)}\n"
        for name, value in options.items()
        if not option or name == option
    )


def _gradebook(course: Course) -> list[str]:
    """The kernels in the gradebook, from which nbgrader's own steps would take one."""
    if not _is_there(course):
        return []
    with environment_on_path(), Gradebook(course.db_url, course.course_id) as gradebook:
        notebooks = [n for a in gradebook.assignments for n in a.notebooks]
        ours = json.dumps(NOBODYS_KERNEL)
        wrong = [n for n in notebooks if n.kernelspec != ours]
        if not wrong:
            return []
        said = keep_gradebook(course)
        for notebook in wrong:
            notebook.kernelspec = ours
        gradebook.db.commit()
    return [*said, "the gradebook names a kernel that nobody has for each lesson"]


def _source(path: Path) -> bool:
    """Name nobody's kernel in a notebook of source/; whether that changed it."""
    if path.is_symlink():
        return False
    notebook = nbformat.read(path, as_version=4)
    if notebook.metadata.get("kernelspec") == NOBODYS_KERNEL:
        return False
    return write(path, as_text(with_kernel(notebook, NOBODYS_KERNEL)))


def in_use(course: Course) -> bool:
    """Whether somebody's submission is in the gradebook."""
    if not (course.root / SETTINGS).is_file() or not _is_there(course):
        return False
    with environment_on_path(), Gradebook(course.db_url, course.course_id) as gradebook:
        return any(a.num_submissions for a in gradebook.assignments)


def keep_gradebook(course: Course) -> list[str]:
    """Copy the gradebook beside itself, before grades may be rewritten; where the copy is.

    The last COPIES are kept. One on a server is not copied, and that is said.
    Raises CourseError if it cannot be copied.
    """
    path = _file(course)
    if path is None:
        return ["the gradebook is on a server and was not copied; use the server's own means"]
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    copy = path.with_name(f"{path.name}.{stamp}")
    copy_gradebook(course, copy)
    for old in sorted(path.parent.glob(f"{path.name}.{'[0-9]' * 8}T{'[0-9]' * 12}"))[:-COPIES]:
        old.unlink()
    return [f"the gradebook as it was is kept in {copy}"]


def copy_gradebook(course: Course, to: Path) -> bool:
    """Copy the gradebook into a file, all of it or nothing; False if it is on a server.

    Raises CourseError if it cannot be copied.
    """
    path = _file(course)
    if path is None:
        return False
    unfinished = to.with_name(f".{to.name}.{os.getpid()}")
    try:
        with (
            closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as there,
            closing(sqlite3.connect(unfinished)) as here,
        ):
            there.backup(here)  # whole, even while somebody writes
        unfinished.chmod(0o600)
        unfinished.replace(to)
    except (sqlite3.Error, OSError) as problem:
        raise CourseError(
            f"the gradebook {path} cannot be copied ({problem}), so nothing was changed; make room "
            "on the disk, or restore it from one of the copies beside it."
        ) from problem
    finally:
        unfinished.unlink(missing_ok=True)
    return True


def _file(course: Course) -> Path | None:
    """The gradebook's file; one on a server has none."""
    url = make_url(course.db_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        return None
    return course.root / url.database


def _is_there(course: Course) -> bool:
    path = _file(course)
    return path is None or path.is_file()
