"""Make a lesson's notebooks from its source.

``solutions/NN_topic.md`` (MyST Markdown), with what ``cnnlab`` declares filled in (``facts``),
becomes the instructor's notebook in the course folder; nbgrader's own ``generate_assignment``
takes solutions and hidden tests out of it and enters the lesson in the gradebook; what is left is
normalised, searched for leaks, and written to ``notebooks/NN_topic/NN_topic.ipynb``. Building
twice changes no byte. A course that gives other points or leaves exercises out (``choosing``)
hands out lessons of its own: they go into its folder release/.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import jupytext
import nbformat
from nbformat import NotebookNode

from ..cells import CELL_METADATA, LANGUAGE, NOBODYS_KERNEL, STUDENTS_KERNEL, as_text, with_kernel
from ..choices import Choices, read_choices
from ..course import ROOT, Course, write
from ..database import GradebookError, connected, explaining
from . import choosing, facts, leaks
from .required import BuildError, complaint, validate, validate_release

SOLUTIONS = ROOT / "solutions"
NOTEBOOKS = ROOT / "notebooks"


def lesson_names(solutions: Path = SOLUTIONS) -> list[str]:
    """The lessons that have a source, in order."""
    return sorted(p.stem for p in Path(solutions).glob("[0-9][0-9]_*.md"))


def release(
    course: Course,
    lessons: Iterable[str] | None = None,
    *,
    solutions: Path = SOLUTIONS,
    notebooks: Path | None = None,
) -> list[Path]:
    """Build lessons (all unless named) and return the students' notebooks.

    solutions, notebooks: the folders read and written. Unless given, notebooks/ is written to,
        or release/ of the course if its course.toml makes the lessons other ones.
    Raises BuildError, before anything is written to ``notebooks``, if a lesson is unknown
    or not as it should be, or if something would leak; CourseError if the course's choices
    cannot be read.
    """
    choices = read_choices(course)
    if notebooks is None:
        notebooks = course.root / "release" if choices else NOTEBOOKS
    known = lesson_names(solutions)
    named = list(lessons or known)
    for lesson in named:
        if lesson not in known:
            there = f"it has {', '.join(known)}" if known else "it is empty"
            own = f" For your own: {course.how(lesson)}." if lesson in course.lessons() else ""
            raise BuildError(f"there is no lesson {lesson!r} in {solutions}: {there}.{own}")
    sources = read_all(solutions)
    for lesson in named:
        validate(sources[lesson], lesson)
    wanted = {lesson: _chosen(sources[lesson], lesson, choices) for lesson in named}
    course.prepare()
    with connected(course):
        pass  # there is a gradebook now, and it can be used
    secrets = leaks.Secrets(sources)
    built = []
    for lesson in named:
        source = wanted[lesson]
        write(course.source(lesson), as_text(with_kernel(source, NOBODYS_KERNEL)))
        generate(course, lesson)
        notebook = normalised(nbformat.read(course.released(lesson), as_version=4))
        _let_values_run(notebook)
        validate_release(notebook, lesson)
        found = secrets.in_notebook(notebook, f"{lesson}.ipynb")
        if found:
            raise BuildError("\n".join([f"{lesson} is not released:", *map(str, found)]))
        built.append((Path(notebooks) / lesson / f"{lesson}.ipynb", as_text(notebook)))
    for path, text in built:
        write(path, text)
    return [path for path, _ in built]


# ── reading a lesson ────────────────────────────────────────────────────────


def read(path: Path) -> NotebookNode:
    """A lesson's source as a notebook, with solutions and with what is declared filled in.

    Raises BuildError if it cannot be read.
    """
    try:
        notebook = jupytext.reads(path.read_text(encoding="utf-8"), fmt="md:myst")
    except Exception as problem:  # jupytext's own errors share no base
        raise BuildError(
            f"{path.name} cannot be read as MyST Markdown: {problem}. Cells are ```{{code-cell}} "
            "blocks and text between +++ lines."
        ) from problem
    return normalised(facts.fill(notebook, path.stem))


def _chosen(source: NotebookNode, lesson: str, choices: Choices) -> NotebookNode:
    try:
        return choosing.chosen(source, lesson, choices)
    except ValueError as problem:
        raise BuildError(complaint(lesson, [str(problem)])) from None


def read_all(solutions: Path = SOLUTIONS) -> dict[str, NotebookNode]:
    """Every lesson's source by name."""
    return {lesson: read(Path(solutions) / f"{lesson}.md") for lesson in lesson_names(solutions)}


def normalised(notebook: NotebookNode) -> NotebookNode:
    """A copy with nothing in it but the lesson: stable ids, no outputs, little metadata."""
    cells, seen = [], Counter()
    for cell in notebook.cells:
        kept = {key: cell.metadata[key] for key in CELL_METADATA if key in cell.metadata}
        identity = kept.get("nbgrader", {}).get("grade_id")
        if not identity:
            # By content and not by position: a cell put in between renames no other.
            content = f"{cell.cell_type} {cell.source}"
            identity = hashlib.sha256(content.encode()).hexdigest()[:12]
        seen[identity] += 1
        if seen[identity] > 1:
            identity += f"-{seen[identity]}"
        made = {"id": identity, "metadata": kept, "source": cell.source}
        if cell.cell_type == "code":
            cells.append(nbformat.v4.new_code_cell(**made))
        else:
            cells.append(nbformat.v4.new_markdown_cell(**made))
    metadata = {"kernelspec": dict(STUDENTS_KERNEL), "language_info": dict(LANGUAGE)}
    return nbformat.v4.new_notebook(cells=cells, metadata=metadata)


# ── nbgrader ────────────────────────────────────────────────────────────────


def _let_values_run(notebook: NotebookNode) -> None:
    """Take nbgrader's ``raise`` out of cells that ask for a value and not for a function.

    There it would stop “Run All” at once, while in a function it waits for a call.
    """
    for cell in notebook.cells:
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source = re.sub(
                r"^raise NotImplementedError\(\)$\n?", "", cell.source, flags=re.M
            ).rstrip()


def generate(course: Course, lesson: str) -> None:
    """Run nbgrader's generate_assignment on one lesson; BuildError says why it cannot be done."""
    from nbgrader.converters import GenerateAssignment
    from nbgrader.coursedir import CourseDirectory

    coursedir = CourseDirectory(config=course.config())
    coursedir.assignment_id = lesson
    converter = GenerateAssignment(coursedir=coursedir, config=course.config())
    converter.force = True
    said = _Said()
    converter.log.addHandler(said)
    try:
        with explaining(course, converter.log.name):
            converter.start()
    except GradebookError:
        raise
    except Exception as problem:
        if "submissions associated" in said.text:
            raise BuildError(
                f"{lesson} has submissions in the gradebook, so its graded cells cannot be added, "
                "removed or renamed any more. Undo that in solutions/ or course.toml, or use a new "
                "course folder."
            ) from problem
        raise BuildError(f"nbgrader cannot release {lesson}: {said.text or problem}") from problem
    finally:
        converter.log.removeHandler(said)


class _Said(logging.Handler):
    """Keeps the errors that nbgrader logs, since its exception says only that there were some."""

    def __init__(self):
        super().__init__(logging.ERROR)
        self.text = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.text += record.getMessage() + "\n"
