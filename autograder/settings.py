"""A course's settings as they are first written, and in them what keeps grading safe.

Nothing of ours is imported by a course's configuration: it names our steps by strings.
"""

from __future__ import annotations

import json
from typing import Any

OURS = "autograder.judging.plugins"
"""Where nbgrader finds our steps. Courses hold this address, so it never moves again."""

STEPS: dict[str, dict[str, Any]] = {
    # First the student's answers are put back into a clean copy of the lesson (students delete,
    # split and duplicate cells), then the judge calls them in a sandbox.
    "Autograde": {
        "sanitize_preprocessors": [
            f"{OURS}.Restore",
            "nbgrader.preprocessors.OverwriteKernelspec",
            "nbgrader.preprocessors.OverwriteCells",
            "nbgrader.preprocessors.CheckCellMetadata",
        ],
        "autograde_preprocessors": [
            f"{OURS}.Judge",
            "nbgrader.preprocessors.SaveAutoGrades",
            "nbgrader.preprocessors.AssignLatePenalties",
            "nbgrader.preprocessors.CheckCellMetadata",
        ],
        # Of a student's files the notebook alone is copied, and no link is followed.
        "exporter_class": f"{OURS}.NotebookOnly",
    },
    "ExchangeFactory": {
        "collect": f"{OURS}.Collect",
        "release_feedback": f"{OURS}.ReleaseFeedback",
    },
    # A test cell that a student deleted is put back and counts as any other.
    "OverwriteCells": {"add_missing_cells": True},
    # nbgrader's own steps, and then the kernel that students have (see cells.NOBODYS_KERNEL).
    "GenerateAssignment": {
        "preprocessors": [
            "nbgrader.preprocessors.IncludeHeaderFooter",
            "nbgrader.preprocessors.InstantiateTests",
            "nbgrader.preprocessors.LockCells",
            "nbgrader.preprocessors.ClearSolutions",
            "nbgrader.preprocessors.ClearOutput",
            "nbgrader.preprocessors.CheckCellMetadata",
            "nbgrader.preprocessors.ComputeChecksums",
            "nbgrader.preprocessors.SaveCells",
            "nbgrader.preprocessors.ClearHiddenTests",
            "nbgrader.preprocessors.ClearMarkScheme",
            "nbgrader.preprocessors.ComputeChecksums",
            "nbgrader.preprocessors.CheckCellMetadata",
            f"{OURS}.StudentsKernel",
        ]
    },
    # Formgrader's button writes the page that `autograder feedback` writes.
    "GenerateFeedback": {
        "exporter_class": f"{OURS}.PageExporter",
        "preprocessors": [f"{OURS}.Page"],
    },
    # What a student wrote runs nothing in a page that others open, in formgrader's neither, and
    # fetches nothing.
    "HTMLExporter": {
        "sanitize_html": True,
        "preprocessors": [f"{OURS}.Straight"],
        "filters": {"markdown2html": f"{OURS}.markdown"},
    },
}
"""What makes grading safe, by nbgrader's class and setting: all named by strings, nothing imported.

So a course whose grader is missing, moved or broken stops at a step that cannot be found, where
a configuration that imports would be skipped, and the stock steps run students' code unprotected.
They stand in both files of settings, which nbgrader reads one by one; the JSON one has the last
word.
"""

SETTINGS, STEPS_FILE = "nbgrader_config.py", "nbgrader_config.json"

GRADEBOOK = """\
# The gradebook is the file gradebook.db in this folder, also where signs in the folder's name mean
# something in a URL, as % and ? do.
from pathlib import Path

from sqlalchemy.engine import URL

gradebook = Path(__file__).resolve().parent / "gradebook.db"
get_config().CourseDirectory.db_url = URL.create(  # noqa: F821  (nbgrader defines it)
    "sqlite", database=str(gradebook)
).render_as_string()
"""
"""Where the gradebook is, for the settings of a course that do not say so."""

CONFIG = '''\
"""Settings of this course, read by nbgrader and by autograder. Yours to edit: it is written once.

Everything that nbgrader can be told goes here; `nbgrader --help-all` lists it.
"""

from pathlib import Path

from sqlalchemy.engine import URL

c = get_config()  # noqa: F821  (nbgrader defines it)

# Where the course is: this file's folder, wherever you move it. A folder set for all your
# courses in ~/.jupyter/nbgrader_config.py would win if this line were not here.
c.CourseDirectory.root = str(Path(__file__).resolve().parent)
c.CourseDirectory.course_id = "cnnlab"

# The gradebook is the file gradebook.db in this folder, also where signs in the folder's name mean
# something in a URL, as % and ? do. For a PostgreSQL server write in the place of these lines
# c.CourseDirectory.db_url = "postgresql://user@host/database"
gradebook = Path(__file__).resolve().parent / "gradebook.db"
c.CourseDirectory.db_url = URL.create("sqlite", database=str(gradebook)).render_as_string()

# How submissions are graded: in a sandbox. With these lines `nbgrader autograde` and the button
# in formgrader do what `autograder grade` does. They stand in nbgrader_config.json again, which
# counts where the two differ.
@STEPS@
# What a student finds in the place of a solution.
c.ClearSolutions.code_stub = {"python": "# YOUR CODE HERE\\nraise NotImplementedError()"}

# Points off for late work: set a due date in formgrader ("Manage Assignments", the pencil), then
# take the marks off these lines. score is in points; what is returned is taken off, never more than
# the score. Grades that are there already get it with `autograder grade --force`.
# from nbgrader.plugins import LateSubmissionPlugin
#
# class TenPercentADay(LateSubmissionPlugin):
#     def late_submission_penalty(self, student_id, score, total_seconds_late):
#         return score * min(1.0, 0.1 * -(-total_seconds_late // 86_400))
#
# c.AssignLatePenalties.plugin_class = TenPercentADay
'''


def settings() -> str:
    """The text of a new course's nbgrader_config.py."""
    lines = []
    for section, options in STEPS.items():
        for option, value in options.items():
            python = isinstance(value, bool)
            shown = repr(value) if python else json.dumps(value, indent=4)
            lines.append(f"c.{section}.{option} = {shown}\n")
    return CONFIG.replace("@STEPS@", "".join(lines))
