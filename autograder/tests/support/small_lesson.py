"""A lesson of a few cells, with solutions and hidden tests like a real one, for the tests."""

from __future__ import annotations

from pathlib import Path

import nbformat

from autograder.cells import released
from autograder.course import Course
from autograder.releasing import build

LESSON = "01_rolling_average"

SOLUTIONS = {
    "rolling_average": """\
def rolling_average(x, K=7):
    ### BEGIN SOLUTION
    if K > len(x):
        raise ValueError(f"a window of {K} days is longer than the series")
    means = [x[i : i + K].mean() for i in range(len(x) - K + 1)]
    return np.array(means, dtype=float)
    ### END SOLUTION
""",
    "conv1d": """\
def conv1d(x, f):
    if len(f) > len(x):
        raise ValueError("the filter is longer than the series")
    ### BEGIN SOLUTION
    filtered = np.zeros(len(x) - len(f) + 1)
    for k, weight in enumerate(f):
        # every day of all windows at once
        filtered += weight * x[k : k + len(filtered)].astype(float)
    return filtered
    ### END SOLUTION
""",
    "pad": """\
def pad(x, left, right, mode="zeros"):
    ### BEGIN SOLUTION
    beyond = {"zeros": (0, 0), "mean": (x.mean(), x.mean()), "edge": (x[0], x[-1])}
    if mode not in beyond:
        raise ValueError(f"there is no mode {mode}, only zeros, mean and edge")
    before, after = beyond[mode]
    return np.concatenate([np.full(left, before), x, np.full(right, after)]).astype(float)
    ### END SOLUTION
""",
    "conv1d_layer": """\
def conv1d_layer(x, f, b=0.0, stride=1, padding=(0, 0), activation=None):
    ### BEGIN SOLUTION
    if stride < 1:
        raise ValueError("the stride must be at least 1")
    response = conv1d(pad(x, *padding), f)[::stride] + b
    return response if activation is None else activation(response)
    ### END SOLUTION
""",
}

POINTS = {"rolling_average": 2, "conv1d": 3, "pad": 2, "conv1d_layer": 4}

FLIPPED = """@fill
def conv1d(x, f):
    if len(f) > len(x):
        raise ValueError("the filter is longer than the series")
    h = [x[i : i + len(f)] @ f[::-1].astype(float) for i in range(len(x) - len(f) + 1)]
    return np.array(h)
"""
"""A wrong answer, whose likely cause is known: the filter is flipped."""

MARKUP = "<script>alert(1)</script><img src=x onerror=alert(2)> **bold** [a](javascript:alert(3))"
"""What a student writes to see it run on somebody's page."""

HEAD = """\
---
kernelspec:
  display_name: my own kernel
  language: python
  name: mine
author: somebody
---

[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/OWNER/REPOSITORY/blob/main/notebooks/01_rolling_average/01_rolling_average.ipynb)

# A rolling average

```{code-cell} ipython3
:tags: [setup]

import numpy as np
from cnnlab import check, fill, hint
```
"""

EXERCISE = """
## Exercise: {name}

```{{code-cell}} ipython3
---
nbgrader:
  grade: false
  grade_id: {name}
  locked: false
  schema_version: 3
  solution: true
  task: false
---
@fill
{solution}```

```{{code-cell}} ipython3
---
nbgrader:
  grade: true
  grade_id: test_{name}
  locked: true
  points: {points}
  schema_version: 3
  solution: false
  task: false
---
check({name})
### BEGIN HIDDEN TESTS
check({name}, hidden=True)
### END HIDDEN TESTS
```
"""

QUESTIONS = """
+++ {"nbgrader": {"grade": true, "grade_id": "questions", "locked": false, "points": 0, "schema_version": 3, "solution": true, "task": false}}

Your questions.
"""  # noqa: E501  (one line of MyST)


def text() -> str:
    """The lesson's source."""
    exercises = [
        EXERCISE.format(name=name, solution=solution, points=POINTS[name])
        for name, solution in SOLUTIONS.items()
    ]
    return HEAD + "".join(exercises) + QUESTIONS


def write(folder: Path, lesson: str = LESSON, source: str | None = None) -> Path:
    """Put the lesson into a folder of solutions; gives the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{lesson}.md").write_text(text() if source is None else source, encoding="utf-8")
    return folder


def released_in(root: Path) -> Course:
    """A course in a folder of ``root``, with the lesson in it as its students get it."""
    course = Course(root / "course")
    solutions = write(root / "solutions")
    build.release(course, [LESSON], solutions=solutions, notebooks=root / "notebooks")
    return course


def hand_in(
    course: Course,
    student: str,
    answers: dict[str, str] | None = None,
    solved: bool = True,
    name: str = LESSON,
) -> Path:
    """Put a notebook into a submission folder: everything right but for some answers."""
    notebook = nbformat.read(course.source(LESSON), as_version=4)
    for cell in notebook.cells:
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        if grade_id not in POINTS or not solved:
            cell.source = released(cell)
        cell.source = (answers or {}).get(grade_id, cell.source)
    folder = course.submitted(student, LESSON)
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, folder / f"{name}.ipynb")
    return folder
