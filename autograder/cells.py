"""What a lesson's notebook is made of, in one vocabulary for all who read or write one."""

from __future__ import annotations

import nbformat
from nbformat import NotebookNode

STUDENTS_KERNEL = {
    "display_name": "Python 3 (ipykernel)",
    "language": "python",
    "name": "python3",
}
"""The one kernel that Jupyter, JupyterHub and Colab all have: with another they ask first."""

NOBODYS_KERNEL = {
    "display_name": "none: `autograder grade` needs no kernel",
    "language": "python",
    "name": "graded-by-autograder-only",
}
"""The kernel of source/ and of the gradebook, which no machine has. Our judge starts no kernel.

nbgrader's own steps take a submission's kernel from the gradebook. Should they run in the place
of ours, whatever became of the course's settings, they find none, and no student's code is run.
"""


def with_kernel(notebook: NotebookNode, kernel: dict[str, str]) -> NotebookNode:
    """A notebook with another kernel: the same cells, in a notebook of its own."""
    metadata = {**notebook.metadata, "kernelspec": dict(kernel)}
    return nbformat.from_dict({**notebook, "metadata": metadata})


def as_text(notebook: NotebookNode) -> str:
    """A notebook as the bytes of its file, always the same for the same notebook."""
    return nbformat.writes(notebook, version=4).rstrip("\n") + "\n"
