"""nbgrader's converters follow no link, and no file of a student's travels with a notebook.

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
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import nbformat
from nbconvert.exporters import NotebookExporter
from nbconvert.exporters.exporter import ResourcesDict
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.converters import base

from ..course import CourseError
from ..paths import on_the_way, read_file, why_not
from ..terminal import visible
from .reading import NOTEBOOK_BYTES, Unreadable, from_data, load
from .submitted import STAMP, STAMP_BYTES, stamp_in, time_of

KEPT = {STAMP, "submission_secret.txt"}
"""What nbgrader itself puts beside a notebook. No other file of a student's is of use to anybody:
formgrader would show a page of theirs in the instructor's Jupyter origin."""

_MARKUP = re.compile(r"""[<>"'&\\`]""")
"""In a student's id: formgrader's pages do not escape it."""


class NoLinks:
    """Mixin of an exporter that keeps the converter it belongs to from following links."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if isinstance(self.parent, base.BaseConverter):
            self.parent.convert_notebooks = functools.partial(_convert, self.parent)


class NotebookOnly(NoLinks, NotebookExporter):
    """For ``c.Autograde.exporter_class``. It reads what ``autograder grade`` reads."""

    def from_file(self, file_stream: Any, resources: Any = None, **kwargs: Any) -> tuple[Any, Any]:
        """A notebook that nbformat cannot read, such as one in UTF-16, is read our way.

        What was put right for it goes to ``Restore`` as the resource "remarks".
        """
        resources = resources or ResourcesDict()
        try:
            notebook = nbformat.read(file_stream, as_version=4)
        except Exception as problem:
            data = read_file(Path(getattr(file_stream, "name", "")), NOTEBOOK_BYTES)
            if data is None:
                raise
            try:
                raw, resources["remarks"] = load(data)
                notebook = from_data(raw)
            except Unreadable:
                raise problem from None
        return self.from_notebook_node(notebook, resources=resources, **kwargs)


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

    def timestamp(folder: str) -> datetime | None:
        return time_of(stamp_in(Path(folder)))

    with ExitStack() as stack:
        stack.enter_context(patch.object(base, "find_all_files", of_students))
        stack.enter_context(patch.object(utils, "find_all_files", of_the_source))
        stack.enter_context(patch.object(converter.coursedir, "get_existing_timestamp", timestamp))
        yield


class Straight(Preprocessor):
    """For ``c.HTMLExporter.preprocessors``: formgrader shows no notebook that a link leads to."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Let it pass, or raise CourseError, for which formgrader shows a page of its own."""
        about = resources.get("metadata", {})
        path = Path(about.get("path") or ".", f"{about.get('name', '')}.ipynb").absolute()
        # The notebook, and the folders of lesson, student and step: nbgrader's are no deeper.
        why = why_not(path, path.parents[min(3, len(path.parents) - 1)])
        if why:
            raise CourseError(why)
        return nb, resources
