"""The gradebook as a database: opening it, copies of it, and why it cannot be used, in a sentence.

All of ours that reads or writes the gradebook opens it by ``connected``. nbgrader's own steps open
it themselves; ``explaining`` is put around those. So what a database raises is told in one place.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nbgrader
from nbgrader.api import Gradebook
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError

from .course import Course, CourseError, environment_on_path
from .settings import SETTINGS

COPIES = 5
"""How many copies of the gradebook are kept."""

SAID_BY_NBGRADER = "tornado.application"
"""The log in which nbgrader's gradebook writes a traceback for what it raises as well."""


class GradebookError(CourseError):
    """The gradebook cannot be used; the message says why, and what to do."""


# ── opening it ──────────────────────────────────────────────────────────────


@contextmanager
def connected(course: Course, kind: Any = Gradebook) -> Iterator[Any]:
    """A course's gradebook until the block is left; a new one where there is none yet.

    kind: nbgrader's class, or one made of it. Raises GradebookError if it cannot be used.
    """
    with explaining(course):
        _look_before(course)
        with environment_on_path():  # should the database still be empty
            gradebook = kind(course.db_url, course.course_id)
        try:
            yield gradebook
        finally:
            gradebook.db.remove()
            gradebook.engine.dispose()


@contextmanager
def explaining(course: Course, *logs: str) -> Iterator[None]:
    """Raise what the database raises in the block as a GradebookError, and leave it out of logs."""

    def told_already(record: logging.LogRecord) -> bool:
        return not explained(sys.exception(), course)

    with ExitStack() as stack:
        for log in map(logging.getLogger, (SAID_BY_NBGRADER, *logs)):
            log.addFilter(told_already)
            stack.callback(log.removeFilter, told_already)
        try:
            yield
        except Exception as problem:
            if said := explained(problem, course):
                raise GradebookError(said) from problem
            raise


def _look_before(course: Course) -> None:
    """Raise GradebookError where opening would make a new gradebook, but there was another."""
    path = file_of(course)
    if path is None or not course.lessons():
        return
    if path.is_file() and not path.stat().st_size:
        raise GradebookError(_damaged(path, "it is empty"))
    if not path.exists() and (old := misplaced(course)):
        raise GradebookError(
            f"the gradebook of {course.root} is {old}, where an earlier edition put it: "
            f"`autograder grade` with this course moves it to {path}."
        )


def generated(course: Course) -> set[str]:
    """The lessons that the gradebook knows: nbgrader has made the students' notebook of each."""
    with connected(course) as gradebook:
        return {a.name for a in gradebook.assignments if a.name in {n.name for n in a.notebooks}}


def released(course: Course) -> list[str]:
    """The lessons that students can have got, in order: in source/, and in the gradebook."""
    known = generated(course)
    return [lesson for lesson in course.lessons() if lesson in known]


# ── where it is ─────────────────────────────────────────────────────────────


def file_of(course: Course) -> Path | None:
    """The gradebook's file; one on a server has none. Raises GradebookError for what is no URL."""
    with explaining(course):
        url = make_url(course.db_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        return None
    return course.root / url.database


def is_there(course: Course) -> bool:
    """Whether there is a gradebook: its file, or a server's URL."""
    path = file_of(course)
    return path is None or path.is_file()


def elsewhere(root: Path) -> Path | None:
    """Where nbgrader's own default leads for a folder whose name is no part of a URL, else None."""
    home = root / "gradebook.db"
    there = Path(make_url(f"sqlite:///{home}").database or home)
    return there if there != home else None


def misplaced(course: Course) -> Path | None:
    """The gradebook that an earlier edition put elsewhere than into the course's folder."""
    there = None if "db_url" in course.written().CourseDirectory else elsewhere(course.root)
    return there if there and why_not_whole(there) == "" else None


# ── copies ──────────────────────────────────────────────────────────────────


def keep_gradebook(course: Course) -> list[str]:
    """Copy the gradebook beside itself, before grades may be rewritten; where the copy is.

    The last COPIES are kept. One on a server is not copied, and that is said.
    Raises GradebookError if it cannot be copied.
    """
    path = file_of(course)
    if path is None:
        return ["the gradebook is on a server and was not copied; use the server's own means"]
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    copy = path.with_name(f"{path.name}.{stamp}")
    copy_gradebook(course, copy)
    for old in copies(path)[:-COPIES]:
        old.unlink()
    return [f"the gradebook as it was is kept in {copy}"]


def copies(path: Path) -> list[Path]:
    """The copies beside a gradebook, the oldest first."""
    return sorted(path.parent.glob(f"{path.name}.{'[0-9]' * 8}T{'[0-9]' * 12}"))


def copy_gradebook(course: Course, to: Path, path: Path | None = None) -> bool:
    """Copy the gradebook into a file, all of it or nothing; False if it is on a server.

    path: its file, if it is not where the course's settings say. Raises GradebookError if it
    cannot be copied, or is damaged: such a copy would push out one that is whole.
    """
    path = path or file_of(course)
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
        if why := why_not_whole(unfinished):
            raise GradebookError(_damaged(path, why))
        unfinished.replace(to)
    except (sqlite3.Error, OSError) as problem:
        raise GradebookError(
            explained(problem, course)
            or f"the gradebook {path} cannot be copied ({problem}), so nothing was changed; make "
            "room on the disk, or restore it from one of the copies beside it."
        ) from problem
    finally:
        unfinished.unlink(missing_ok=True)
    return True


def why_not_whole(path: Path) -> str:
    """What is wrong with a gradebook's file, in a few words, or ""."""
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as database:
            (found,) = database.execute("PRAGMA quick_check(1)").fetchone()
            tables = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error as problem:
        return str(problem)
    return " ".join(found.split()) if found != "ok" else "" if tables[0] else "it is empty"


# ── why it cannot be used ───────────────────────────────────────────────────


def explained(problem: BaseException | None, course: Course) -> str:
    """Why the gradebook cannot be used, if a problem comes from that; else "".

    It is looked for in what led to the problem, too: nbgrader raises errors of its own instead.
    """
    while problem is not None:
        if said := _sentence(problem, course):
            return said
        problem = problem.__cause__ or problem.__context__
    return ""


def _sentence(problem: BaseException, course: Course) -> str:
    if isinstance(problem, GradebookError):
        return str(problem)
    if isinstance(problem, ArgumentError):
        return (
            f"c.CourseDirectory.db_url in {course.root / SETTINGS} cannot be used ({problem}); it "
            'must be as in "postgresql://user@host/database". Without it the gradebook is a file.'
        )
    if isinstance(problem, ModuleNotFoundError):
        return _without_driver(problem.name or "", course)
    if isinstance(problem, sqlite3.Error):
        return _of_sqlite(problem, file_of(course) or course.root / "gradebook.db")
    cause = problem.orig if isinstance(problem, DBAPIError) else None
    if isinstance(cause, sqlite3.Error):
        return _of_sqlite(cause, file_of(course) or course.root / "gradebook.db")
    if isinstance(problem, OperationalError | InterfaceError):
        return (
            f"the gradebook on {make_url(course.db_url)!r} cannot be used "
            f"({str(cause).strip().splitlines()[0]}): see that the server runs, and that "
            f"c.CourseDirectory.db_url in {course.root / SETTINGS} is right."
        )
    return ""


def _without_driver(name: str, course: Course) -> str:
    """The sentence on a package that is not there, if the database's URL is what asks for it."""
    url = make_url(course.db_url)
    if url.get_driver_name().lower() != name.lower():
        return ""
    return (
        f"a gradebook on {url!r} needs the package {name}, which is not installed; for PostgreSQL: "
        '`pip install -e ".[postgres]"`.'
    )


def _of_sqlite(problem: sqlite3.Error, path: Path) -> str:
    """What an error of SQLite means for who uses the course; "" for those that are bugs of ours."""
    # Of an extended code the last byte says the kind.
    kind = (getattr(problem, "sqlite_errorcode", None) or 0) & 0xFF
    if path.is_dir():
        restore = _restore(path)
        return f"{path} is a folder, where the gradebook's file should be; move it away. {restore}"
    if kind in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
        return _damaged(path, str(problem))
    if kind in _WHY:
        return f"the gradebook {path} {_WHY[kind]}"
    if "no such table" in str(problem) or "no such column" in str(problem):
        return (
            f"the gradebook {path} is none of nbgrader {nbgrader.__version__} ({problem}): if an "
            "older one made it, copy it, then run `nbgrader db upgrade` in the course's folder."
        )
    return ""


_IN_USE = (
    "is in use by another program (another grader, a backup, a browser of databases): let it end, "
    "or close it, then run this again."
)

_WHY = {
    sqlite3.SQLITE_BUSY: _IN_USE,
    sqlite3.SQLITE_LOCKED: _IN_USE,
    sqlite3.SQLITE_CANTOPEN: "cannot be opened: see that its folder is there, and that you may "
    "read and write both.",
    sqlite3.SQLITE_PERM: "cannot be opened: see that you may read and write it and its folder.",
    sqlite3.SQLITE_READONLY: "can be read, but not written: see that you may write it and its "
    "folder, then run this again.",
    sqlite3.SQLITE_FULL: "cannot be written, for its disk is full: make room, then run this again.",
    sqlite3.SQLITE_IOERR: "cannot be read or written on its disk: see that this one works and has "
    "room, then run this again.",
}
"""By SQLite's code for the kind of an error, what it means and what to do."""


def _damaged(path: Path, why: str) -> str:
    return f"the gradebook {path} is damaged ({why}). Keep it under another name. {_restore(path)}"


def _restore(path: Path) -> str:
    """Which copy to put in the place of a gradebook."""
    there = copies(path)
    for copy in reversed(there):
        if not why_not_whole(copy):
            return f"Then put the last copy that is whole in its place: {copy}"
    none = f"none of the {len(there)} copies beside it is whole" if there else "it has no copy"
    return (
        f"Since {none}, restore it from a backup of your own; without one `autograder release` "
        "and `autograder grade --force` make a new one, without what was given by hand."
    )
