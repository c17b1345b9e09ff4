"""``autograder doctor --course DIR``: is a course closed when its grader is missing or broken?

nbgrader skips settings that it cannot read and goes on with its stock steps, which run students'
code as the instructor. So each way in which that could come about is tried, on a copy of what
grading needs of DIR, with nbgrader's command and with what stands behind formgrader's button, in
every environment that they might run in. A notebook whose code leaves a witness file is handed in
there; that it does so where nothing protects is seen first.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.api import Gradebook, MissingEntry

from ..cells import STUDENTS_KERNEL, as_text, with_kernel
from ..course import Course, CourseError, environment_on_path, url_of, write
from ..database import copy_gradebook, released
from ..mending import mend
from ..releasing.build import generate
from ..settings import SETTINGS, STEPS_FILE
from .environments import described, environments

STUDENT = "doctor"
SECONDS = 180

FIRST_EDITION = """\
from pathlib import Path

from autograder.feedback import FEEDBACK
from autograder.judge import AUTOGRADE, SANITIZE

c = get_config()
c.CourseDirectory.root = str(Path(__file__).resolve().parent)
c.CourseDirectory.course_id = "cnnlab"
c.Autograde.sanitize_preprocessors = SANITIZE
c.Autograde.autograde_preprocessors = AUTOGRADE
c.OverwriteCells.add_missing_cells = True
c.GenerateFeedback.update(FEEDBACK)
c.HTMLExporter.sanitize_html = True
"""
"""What the settings of a first-edition course do."""

GRADE = """\
import json, sys
about = json.loads(sys.argv[1])
if about["missing"]:
    sys.modules["autograder"] = None  # importing it fails, as where it is not installed
folders = {f"{step}_directory": step for step in
           ("source", "release", "submitted", "autograded", "feedback")}
here = {"root": about["root"], "db_url": about["db_url"], **folders}
if about["formgrader"]:
    from nbgrader.apps import NbGraderAPI
    from nbgrader.apps.baseapp import NbGrader
    from nbgrader.coursedir import CourseDirectory
    app = NbGrader()
    app.load_cwd_config = True
    app.load_config_file()
    app.config.CourseDirectory.update(here)
    api = NbGraderAPI(CourseDirectory(config=app.config), config=app.config)
    sys.exit(0 if api.autograde(about["lesson"], about["student"])["success"] else 1)
from nbgrader.apps.nbgraderapp import NbGraderApp
sys.argv = ["nbgrader", "autograde", about["lesson"], "--student", about["student"], "--force"]
sys.argv += [f"--CourseDirectory.{name}={value}" for name, value in here.items()]
NbGraderApp.launch_instance()
"""
"""Grades one submission by nbgrader's command, or as formgrader's button does. It is run by the
environment in question, so it needs nothing but nbgrader; all places are those of the copy,
whatever the settings say."""


@dataclasses.dataclass(frozen=True)
class Way:
    """A way in which a course may come to be graded without its grader.

    missing: whether ``autograder`` cannot be imported. spoil: what befalls the course's folder.
    """

    name: str
    missing: bool
    spoil: Callable[[Path], None]


def _nothing(root: Path) -> None:
    pass


def _broken(root: Path) -> None:
    (root / SETTINGS).write_text("c = get_config(\n")
    (root / STEPS_FILE).write_text("{")


def _none(root: Path) -> None:
    for name in (SETTINGS, STEPS_FILE):
        (root / name).unlink(missing_ok=True)


def _mended(root: Path) -> None:
    """A first-edition course, and what ``autograder grade`` does with it before it grades."""
    as_first_edition(root)
    mend(Course(root))


def _unprotected(root: Path) -> None:
    """Neither line of defence: what the first edition was without its grader."""
    as_first_edition(root)


WAYS = (
    Way("without autograder", True, _nothing),
    Way("with a broken configuration", False, _broken),
    Way("without any configuration", False, _none),
    Way("a first-edition course, mended, without autograder", True, _mended),
)

UNPROTECTED = Way("with nothing that protects", True, _unprotected)


def as_first_edition(root: Path) -> None:
    """Make a course's folder what the first edition would have made of it."""
    _none(root)
    (root / SETTINGS).write_text(FIRST_EDITION)
    with Gradebook(url_of(root / "gradebook.db")) as gradebook:
        for assignment in gradebook.assignments:
            for notebook in assignment.notebooks:
                notebook.kernelspec = json.dumps(STUDENTS_KERNEL)
        gradebook.db.commit()
    for path in root.glob("source/*/*.ipynb"):
        write(path, as_text(with_kernel(nbformat.read(path, as_version=4), STUDENTS_KERNEL)))


def doctor_course(course: Course, told: Callable[[str], Any] = print) -> int:
    """Try all ways and tell; the exit status is 1 if one of them ran a student's code.

    Nothing in the course's folder is changed. Raises CourseError if there is no lesson in it.
    """
    lesson = next(iter(released(course)), None)
    if lesson is None:
        raise CourseError(
            f"there is no lesson in {course.root} to try this with; `autograder release` adds them."
        )
    course.config()  # a sentence if it cannot be read
    found = environments()
    for environment in found:
        told(described(environment))
    graders = [e.python for e in found if e.nbgrader]
    opened = 0
    with tempfile.TemporaryDirectory(prefix="doctor-") as folder:
        place = Path(folder)
        if not _seen_to_run(course, lesson, place, graders[0]):
            raise CourseError(
                "a notebook's code was not run even where nothing protects, so nothing can be said "
                "about this course; does `jupyter kernelspec list` show python3?"
            )
        for way in WAYS:
            ran = [why for python in graders for why in tried(course, lesson, way, place, python)]
            opened += bool(ran)
            told(f"{'✗' if ran else '✓'} {way.name}: {'; '.join(ran) or 'refused'}")
    if opened:
        told(
            f"{course.root} is NOT closed: `autograder --course {course.root} grade` mends a "
            "course of the first edition; in another, take out what overrides the steps in "
            f"{SETTINGS}, and let {STEPS_FILE} name them."
        )
    return 1 if opened else 0


def tried(
    course: Course, lesson: str, way: Way, place: Path, python: str, command: bool = True
) -> Iterator[str]:
    """What went wrong in a way: nothing if grading was refused, and no student's code was run.

    place: a folder for copies. python: of the environment to grade in. command: whether
    nbgrader's command is tried, too, or formgrader's way alone.
    """
    for formgrader in (False, True) if command else (True,):
        with tempfile.TemporaryDirectory(dir=place) as folder:
            root, witness = Path(folder) / "course", Path(folder) / "witness"
            copy_for_trial(course, lesson, root, witness)
            way.spoil(root)
            about = {
                "missing": way.missing,
                "formgrader": formgrader,
                "root": str(root),
                "db_url": url_of(root / "gradebook.db"),
                "lesson": lesson,
                "student": STUDENT,
            }
            by = "formgrader's button" if formgrader else "`nbgrader autograde`"
            status = _run(python, about, root)
            if witness.exists():
                yield f"{by} RAN A STUDENT'S CODE (exit status {status})"
            elif status == 0:
                yield f"{by} says that it has graded"
            elif _recorded(root, lesson):
                yield f"{by} recorded a score"


def _run(python: str, about: dict[str, Any], root: Path) -> int:
    # Not this process's own search path, which the environment in question may not have.
    # Where the package is not installed but on PYTHONPATH, that is the user's own doing.
    command = [python, "-c", GRADE, json.dumps(about)]
    try:
        ran = subprocess.run(
            command, cwd=root, capture_output=True, timeout=SECONDS, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired:
        return -1
    return ran.returncode


def _recorded(root: Path, lesson: str) -> bool:
    with Gradebook(url_of(root / "gradebook.db")) as gradebook:
        try:
            submission = gradebook.find_submission(lesson, STUDENT)
        except MissingEntry:
            return False
        grades = [grade for notebook in submission.notebooks for grade in notebook.grades]
        return any(grade.auto_score is not None for grade in grades)


def _seen_to_run(course: Course, lesson: str, place: Path, python: str) -> bool:
    ways = tried(course, lesson, UNPROTECTED, place, python, command=False)
    return any("RAN" in why for why in ways)


# ── the copy ────────────────────────────────────────────────────────────────


def copy_for_trial(course: Course, lesson: str, root: Path, witness: Path) -> None:
    """A course's settings, one lesson of it and its gradebook, with one submission of ours.

    witness: the file that the submission's code writes. No student's data but the gradebook's is
    copied, and a gradebook on a server is not: the copy gets one of its own, with its kernels.
    """
    root.mkdir(mode=0o700)
    for name in (SETTINGS, STEPS_FILE):
        with contextlib.suppress(FileNotFoundError):
            shutil.copyfile(course.root / name, root / name, follow_symlinks=False)
    for path in (course.source(lesson), course.released(lesson)):
        if path.is_file():
            there = root / path.relative_to(course.root)
            there.parent.mkdir(parents=True)
            shutil.copyfile(path, there)
    if not copy_gradebook(course, root / "gradebook.db"):
        _gradebook_of_its_own(course, lesson, root)
    source = nbformat.read(course.source(lesson), as_version=4)
    path = course.released(lesson)
    notebook = nbformat.read(path, as_version=4) if path.is_file() else source
    code = f"with open({str(witness)!r}, 'w') as file:\n    file.write('here')"
    handed_in = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell(code),
            *(c for c in notebook.cells if c.metadata.get("nbgrader")),
        ],
        metadata=with_kernel(notebook, STUDENTS_KERNEL).metadata,
    )
    there = root / "submitted" / STUDENT / lesson / f"{lesson}.ipynb"
    there.parent.mkdir(parents=True)
    there.write_text(as_text(handed_in), encoding="utf-8")


def _gradebook_of_its_own(course: Course, lesson: str, root: Path) -> None:
    copy = Course(root)
    copy.config().CourseDirectory.db_url = url_of(root / "gradebook.db")
    with environment_on_path():
        generate(copy, lesson)
    with Gradebook(course.db_url, course.course_id) as there, Gradebook(copy.db_url) as here:
        found = there.find_notebook(lesson, lesson).kernelspec
        here.find_notebook(lesson, lesson).kernelspec = found
        here.db.commit()
