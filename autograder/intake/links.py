"""Links are not followed, and nobody's files but nbgrader's own travel with a notebook.

A link in a submission may lead to the solution, to the gradebook or to another's work; whoever
follows it grades that, or copies it to where its author can read it. nbgrader follows them
wherever it reads or copies. The exporters here are the one thing that a course's settings can
name and that nbgrader makes when it knows what it will work on but has copied nothing yet;
from there they keep the converter that made them from following any.
"""

from __future__ import annotations

import functools
import os
import re
import shutil
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from nbconvert.exporters import NotebookExporter
from nbconvert.preprocessors import Preprocessor
from nbgrader import utils
from nbgrader.converters import base
from nbgrader.exchange.default import ExchangeCollect, ExchangeReleaseFeedback
from nbgrader.utils import ignore_patterns

from ..course import CourseError
from ..paths import on_the_way, open_file, read_file, why_not
from ..terminal import visible

KEPT = {"timestamp.txt", "submission_secret.txt"}
"""What nbgrader itself puts beside a notebook. No other file of a student's is of use to anybody:
formgrader would show a page of theirs in the instructor's Jupyter origin."""

STAMP_BYTES = 1000

_MARKUP = re.compile(r"""[<>"'&\\`]""")
"""In a student's id: formgrader's pages do not escape it."""


# ── nbgrader's converters ───────────────────────────────────────────────────


class NoLinks:
    """Mixin of an exporter that keeps the converter it belongs to from following links."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if isinstance(self.parent, base.BaseConverter):
            self.parent.convert_notebooks = functools.partial(_convert, self.parent)


class NotebookOnly(NoLinks, NotebookExporter):
    """For ``c.Autograde.exporter_class``."""


def _convert(converter: base.BaseConverter) -> None:
    """The converter's own ``convert_notebooks``, without what is refused, and without links."""
    refused = _refuse(converter)
    with _without_links(converter):
        type(converter).convert_notebooks(converter)
    if refused:
        raise base.NbGraderException("some submissions were refused, because of links or names")


def _refuse(converter: base.BaseConverter) -> int:
    """Take out, with a sentence each, what would lead somewhere else; gives their number."""
    before = len(converter.assignments)
    for folder, notebooks in list(converter.assignments.items()):
        pattern = converter._format_source("(?P<lesson>.*)", "(?P<student>.*)", escape=True)
        found = re.match(pattern, folder)
        if found is None:
            continue  # nbgrader says so itself
        target = Path(converter._format_dest(found["lesson"], found["student"]))
        files = [n for n in notebooks if not on_the_way(Path(n), Path(folder))]
        root = Path(converter.coursedir.root)
        why = why_not(Path(folder), root) or why_not(target, root)
        if not why and not files:
            why = f"{Path(notebooks[0]).name} is a link, which is not followed"
        if not why and (_MARKUP.search(found["student"]) or not found["student"].isprintable()):
            why = "this cannot be a student's id"
        if why:
            said = f"{visible(found['student'])}, {found['lesson']}: NOT GRADED: {why}"
            converter.log.error("%s", said)
            del converter.assignments[folder]
            continue
        converter.assignments[folder] = files
        if any(p.is_symlink() for p in target.rglob("*")):
            shutil.rmtree(target)  # made by us, and made again; links are not followed
    return before - len(converter.assignments)


@contextmanager
def _without_links(converter: base.BaseConverter) -> Iterator[None]:
    """nbgrader's own functions for finding files, with those that are ours to copy alone."""
    find = utils.find_all_files

    def of_students(folder: str, exclude: list[str] | None = None) -> list[str]:
        paths = [Path(folder) / name for name in sorted(KEPT)]
        return [str(p) for p in paths if read_file(p, STAMP_BYTES) is not None]

    def of_the_source(folder: str, exclude: list[str] | None = None) -> list[str]:
        return [path for path in find(folder, exclude) if not os.path.islink(path)]

    def timestamp(folder: str) -> Any:
        try:
            stamp = read_file(Path(folder) / "timestamp.txt", STAMP_BYTES)
            return utils.parse_utc(stamp.decode().strip()) if stamp and stamp.strip() else None
        except (ValueError, OverflowError):
            return None

    with ExitStack() as stack:
        stack.enter_context(patch.object(base, "find_all_files", of_students))
        stack.enter_context(patch.object(utils, "find_all_files", of_the_source))
        stack.enter_context(patch.object(converter.coursedir, "get_existing_timestamp", timestamp))
        yield


class Straight(Preprocessor):
    """For ``c.HTMLExporter.preprocessors``: formgrader shows no notebook that a link leads to."""

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Let it pass, or raise CourseError, for which formgrader shows a page of its own."""
        about = resources.get("metadata", {})
        path = Path(about.get("path") or ".", f"{about.get('name', '')}.ipynb").absolute()
        # The notebook, and the folders of lesson, student and step: nbgrader's are no deeper.
        why = why_not(path, path.parents[min(3, len(path.parents) - 1)])
        if why:
            raise CourseError(why)
        return nb, resources


# ── nbgrader's exchange ─────────────────────────────────────────────────────


class Collect(ExchangeCollect):
    """For ``c.ExchangeFactory.collect``: takes files from the exchange, and follows no link.

    Students own what lies there, so each file is opened first and looked at then.
    """

    def do_copy(self, src: str, dest: str, log: Any = None) -> None:
        """Copy the regular files of a folder, as the settings of the course allow."""
        why = why_not(Path(src), Path(src).parent) or why_not(Path(dest), Path(self.coursedir.root))
        if why:
            self.log.error("%s: NOT COLLECTED: %s", visible(Path(src).name), why)
            return
        if self.get_size(src) > 1000 * self.coursedir.max_dir_size:
            raise RuntimeError(f"{visible(src)} is larger than CourseDirectory.max_dir_size allows")
        course = self.coursedir
        ignored = ignore_patterns(course.ignore, course.include, course.max_file_size, self.log)
        mode = 0o2770 if course.groupshared else 0o700
        for here, folders, files, handle in os.fwalk(src, follow_symlinks=False):
            left = set(ignored(here, [*folders, *files]))
            folders[:] = [f for f in folders if f not in left]
            target = Path(dest) / Path(here).relative_to(src)
            target.mkdir(parents=True)
            target.chmod(target.stat().st_mode | mode)
            for name in files:
                if name not in left:
                    self._copy(name, handle, target / name)

    def _copy(self, name: str, folder: int, target: Path) -> None:
        """One file, if it is one. folder: an open one."""
        try:
            with open_file(name, folder) as file, target.open("xb") as copy:
                shutil.copyfileobj(file, copy)
        except OSError as problem:
            self.log.warning("%s: left, it is a link or no file (%s)", visible(name), problem)
            return
        if self.coursedir.groupshared:
            target.chmod(target.stat().st_mode | stat.S_IRGRP | stat.S_IWGRP)


class ReleaseFeedback(ExchangeReleaseFeedback):
    """For ``c.ExchangeFactory.release_feedback``: hands out no page that a link leads to."""

    def copy_files(self) -> None:
        """Copy the pages of those in whose folder no link lies."""
        course = self.coursedir
        lesson, step = course.assignment_id, course.feedback_directory
        refused = [name for name in course.student_id_exclude.split(",") if name]
        for folder in Path(course.root, step).glob("*"):
            target = Path(course.format_path(step, folder.name, lesson))
            why = why_not(target, Path(course.root))
            if not why and any(p.is_symlink() for p in target.rglob("*")):
                why = "there is a link in its folder of feedback"
            if why and folder.name not in refused:
                self.log.error("%s: NOT RELEASED: %s", visible(folder.name), why)
                refused.append(folder.name)
        with utils.temp_attrs(course, student_id_exclude=",".join(refused)):
            super().copy_files()
