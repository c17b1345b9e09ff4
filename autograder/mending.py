"""Bring a course made by an earlier edition up to date.

``release`` and ``grade`` do so before anything else, and say what they changed. What is changed
here is how grading is kept safe (``settings.STEPS``), and where the gradebook is, if it is not in
the folder; no score, no submission and no setting of the instructor's own.
"""

from __future__ import annotations

import json
from pathlib import Path

import nbformat

from .cells import NOBODYS_KERNEL, as_text, with_kernel
from .course import Course, write
from .database import connected, copy_gradebook, elsewhere, is_there, keep_gradebook, misplaced
from .settings import GRADEBOOK, SETTINGS, STEPS, STEPS_FILE

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
    Raises GradebookError if the gradebook can be neither copied nor read.
    """
    if not (course.root / SETTINGS).is_file():
        return []
    course.own_gradebook()  # a folder that cannot be used is left as it is
    said = [*_steps_file(course.root / STEPS_FILE), *_settings(course.root / SETTINGS)]
    course.forget_settings()
    said += [*_place(course), *_gradebook(course)]
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


def _place(course: Course) -> list[str]:
    """The gradebook in its folder, where signs in the name lead nbgrader's default elsewhere."""
    if "db_url" in course.written().CourseDirectory or elsewhere(course.root) is None:
        return []
    said = [f"{SETTINGS} says where the gradebook is: {course.root} means another as a URL"]
    old, home = misplaced(course), course.root / "gradebook.db"
    if old and not home.exists():
        copy_gradebook(course, home, old)
        shared = (old.parent / SETTINGS).is_file()  # another course has it, and goes on with it
        if not shared:
            old.unlink()
        said.append(f"the gradebook was {old}; it is {home}{' as well' if shared else ''} now")
    path = course.root / SETTINGS
    write(path, f"{path.read_text(encoding='utf-8').rstrip()}\n\n{GRADEBOOK}")
    course.forget_settings()
    return said


def _gradebook(course: Course) -> list[str]:
    """The kernels in the gradebook, from which nbgrader's own steps would take one."""
    if not is_there(course):
        return []
    with connected(course) as gradebook:
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
    try:
        notebook = nbformat.read(path, as_version=4)
    except ValueError:  # no notebook yet, and so nothing that could be run
        return False
    if notebook.metadata.get("kernelspec") == NOBODYS_KERNEL:
        return False
    return write(path, as_text(with_kernel(notebook, NOBODYS_KERNEL)))


def in_use(course: Course) -> bool:
    """Whether somebody's submission is in the gradebook."""
    if not (course.root / SETTINGS).is_file() or not is_there(course):
        return False
    with connected(course) as gradebook:
        return any(a.num_submissions for a in gradebook.assignments)
