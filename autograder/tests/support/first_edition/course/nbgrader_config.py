"""Settings of this course, read by nbgrader and by autograder. Yours to edit: it is written once.

Everything that nbgrader can be told goes here; `nbgrader --help-all` lists it.
"""

from pathlib import Path

from autograder.feedback import FEEDBACK
from autograder.judge import AUTOGRADE, SANITIZE

c = get_config()  # noqa: F821  (nbgrader defines it)

# Where the course is: this file's folder, wherever you move it. A folder set for all your
# courses in ~/.jupyter/nbgrader_config.py would win if this line were not here.
c.CourseDirectory.root = str(Path(__file__).resolve().parent)
c.CourseDirectory.course_id = "cnnlab"

# The gradebook is the file gradebook.db in this folder. For a PostgreSQL server instead:
# c.CourseDirectory.db_url = "postgresql://user@host/database"

# How submissions are graded. First the student's answers are put back into a clean copy of the
# lesson (students delete, split and duplicate cells), then the judge calls them in a sandbox.
# With these two lines `nbgrader autograde` and the button in formgrader do what
# `autograder grade` does. Taking them out lets student code run unprotected.
c.Autograde.sanitize_preprocessors = SANITIZE
c.Autograde.autograde_preprocessors = AUTOGRADE

# A test cell that a student deleted is put back and counts as any other.
c.OverwriteCells.add_missing_cells = True

# The page of feedback: formgrader's button writes the one that `autograder feedback` writes.
c.GenerateFeedback.update(FEEDBACK)

# Feedback is HTML that others open: whatever a student wrote into it must stay text.
c.HTMLExporter.sanitize_html = True

# What a student finds in the place of a solution.
c.ClearSolutions.code_stub = {"python": "# YOUR CODE HERE\nraise NotImplementedError()"}

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
