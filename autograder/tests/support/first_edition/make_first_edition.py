"""Make the course that stands beside this file: one of the first edition, in use.

It was made by commit f216337, whose code alone must be found; with a checkout of it in FIRST::

    cd FIRST
    PYTHONPATH=.:notebooks python .../first_edition/make_first_edition.py FOLDER

FOLDER gets ``released/``, ``course/``, ``packed/`` and ``scores.json``, as they lie here. Every
submission is graded several times, with other hidden cases, and the points must be the same.
Made again, only what is drawn anew differs (the gradebook's ids, the seconds that grading took).
"""

from __future__ import annotations

import copy
import json
import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import packed
from cnnlab.exercise import EXERCISES
from nbgrader.api import Gradebook

from autograder import demo
from autograder.build import lesson_names, release
from autograder.collect import collect
from autograder.course import ROOT, Course
from autograder.recorder import grade

HANDED_IN = 1_762_164_000  # a Monday morning in November
COLLECTED = ("01_rolling_average", "04_pooling")
"""What the student ``collected`` handed in, by an archive as Moodle makes it."""

STEADY = {
    "windows": "one window too few",
    "conv1d_backward": "dx keeps whole numbers",
    "LeNet": "no convolution",
    "FFN": "another nonlinearity",
    "make_dataloader": "never shuffles",
    "masked_pool": "padding dilutes the mean",
    "top_ngrams": "the weakest first",
    "accuracy": "a tensor instead of a number",
}
"""Exercises whose first mistake is right in some hidden cases by chance; what stands for it."""

SEEDS = (20261102, 20261103, 20261104, 20261105)
"""Of the hidden cases, by which everything is graded."""

SCRATCH = "trial = [1, 2, 3]\nprint(sum(trial) / len(trial))"
QUESTIONS = "Why is the filter turned round in one lecture and not in the other?"


# ── the submissions ─────────────────────────────────────────────────────────


def right(released: Any, source: Any) -> Any:
    """Everything right."""
    return demo.filled_in(released, demo.everything_right(source))


def mistaken(released: Any, source: Any) -> Any:
    """In every exercise the first of its known mistakes, or one that always costs the same."""
    answers = demo.typical_mistakes(source)
    for name, mistake in STEADY.items():
        if name in answers:
            exercise = copy.copy(EXERCISES[name])
            exercise.mistakes = [m for m in exercise.mistakes if m.name == mistake]
            answers[name] = demo.mistaken(exercise, demo.everything_right(source)[name])
    return demo.filled_in(released, answers)


def untouched(released: Any, source: Any) -> Any:
    """As it was handed out."""
    return copy.deepcopy(released)


def half(released: Any, source: Any) -> Any:
    """Every other exercise answered, and a notebook as people make them.

    The first answer is split in the middle of its code, the test of the next answer that is there
    is deleted, a trial of their own stands above, and a question below.
    """
    answers = demo.everything_right(source)
    kept = {name: text for place, (name, text) in enumerate(answers.items()) if place % 2 == 0}
    notebook = demo.filled_in(released, {**kept, "questions": QUESTIONS})
    first, *others = kept
    deleted = f"test_{others[0] if others else first}"
    cells = []
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if name == deleted:
            continue
        if name == first:
            cells.append(nbformat.v4.new_code_cell(SCRATCH, id="a-trial-of-mine"))
            cells += split(cell)
        else:
            cells.append(cell)
    notebook.cells = cells
    return notebook


def split(cell: Any) -> list[Any]:
    """A cell cut in two above its last line, as JupyterLab does it: both keep the metadata."""
    above, _, below = cell.source.rstrip().rpartition("\n")
    lower = copy.deepcopy(cell)
    lower.id = f"{cell.id}-below"
    lower.source, cell.source = below, above
    return [cell, lower]


STYLES: dict[str, Callable[[Any, Any], Any]] = {
    "right": right,
    "mistaken": mistaken,
    "half": half,
    "untouched": untouched,
}


# ── the course ──────────────────────────────────────────────────────────────


def make(folder: Path, work: Path) -> None:
    """Release, hand in, collect, grade; then put down what came of it."""
    course = Course(work / "course")
    release(course, notebooks=work / "released")
    lessons = lesson_names()
    for lesson in lessons:
        path = work / "released" / lesson / f"{lesson}.ipynb"
        committed = ROOT / "notebooks" / lesson / f"{lesson}.ipynb"
        assert path.read_bytes() == committed.read_bytes(), f"{lesson} is not as committed"
        (folder / "released").mkdir(exist_ok=True)
        shutil.copy(committed, folder / "released")
        hand_in(course, lesson, nbformat.read(path, as_version=4), work)
    again = Course(shutil.copytree(course.root, work / "again"))
    graded(course, SEEDS[0])
    for seed in SEEDS[1:]:
        graded(again, seed)
        first, second = scores(course), scores(again)
        assert first == second, (seed, differences(first, second))
    by_hand(course)
    keep(course, folder)
    (folder / "scores.json").write_text(json.dumps(scores(course), indent=1) + "\n")


def graded(course: Course, seed: int) -> None:
    """Grade everything, and see that it was."""
    results = grade(course, workers=2, seed=seed, told=lambda result: print(result, flush=True))
    assert {r.status for r in results} == {"graded"}


def hand_in(course: Course, lesson: str, released: Any, work: Path) -> None:
    """Put everybody's notebook of a lesson into the course."""
    source = nbformat.read(course.source(lesson), as_version=4)
    for style, filled in STYLES.items():
        place = course.submitted(style, lesson)
        place.mkdir(parents=True)
        nbformat.write(filled(released, source), place / f"{lesson}.ipynb")
    if lesson in COLLECTED:
        download = work / "download" / lesson / "collected_1007_assignsubmission_file_"
        download.mkdir(parents=True)
        path = download / f"{lesson}.ipynb"
        nbformat.write(mistaken(released, source), path)
        os.utime(path, (HANDED_IN, HANDED_IN))
        print(collect(course, [download.parent], lesson))


def by_hand(course: Course) -> None:
    """What a grader has entered in formgrader."""
    with Gradebook(course.db_url, course.course_id) as gradebook:
        find = ("03_conv2d", "03_conv2d", "half")
        grades = gradebook.find_submission_notebook(*find).grades
        next(g for g in grades if g.auto_score).extra_credit = 0.5
        gradebook.find_comment("questions", *find).manual_comment = "Good question."
        gradebook.db.commit()


def scores(course: Course) -> dict[str, dict[str, dict[str, float]]]:
    """student → lesson → points by graded cell, "score" and "max_score"."""
    found: dict[str, dict[str, dict[str, float]]] = {}
    with Gradebook(course.db_url, course.course_id) as gradebook:
        for lesson in course.lessons():
            for submission in gradebook.assignment_submissions(lesson):
                (notebook,) = submission.notebooks
                points = {g.name: g.score for g in sorted(notebook.grades, key=lambda g: g.name)}
                points |= {"score": notebook.score, "max_score": notebook.max_score}
                found.setdefault(submission.student_id, {})[lesson] = points
    return {student: dict(sorted(found[student].items())) for student in sorted(found)}


def differences(first: Any, second: Any) -> list[str]:
    return [
        f"{student} {lesson} {cell}: {points} and {second[student][lesson][cell]}"
        for student, lessons in first.items()
        for lesson, cells in lessons.items()
        for cell, points in cells.items()
        if second[student][lesson][cell] != points
    ]


# ── putting it down ─────────────────────────────────────────────────────────


def keep(course: Course, folder: Path) -> None:
    """The course as text: real files where structure matters, else what is different."""
    target = folder / "course"
    target.mkdir()
    for name in ("nbgrader_config.py", "received.jsonl"):
        shutil.copy(course.root / name, target / name)
    connection = sqlite3.connect(course.root / "gradebook.db")
    (target / "gradebook.sql").write_text("\n".join(connection.iterdump()) + "\n")
    connection.close()
    for lesson in course.lessons():
        name = f"{lesson}.ipynb"
        released = packed.read(folder / "released" / name)
        source = packed.read(course.source(lesson))
        put(course.source(lesson), folder / "packed/source" / lesson, released)
        put(course.released(lesson), folder / "packed/release" / lesson, released)
        for student in course.students(lesson):
            theirs = course.submitted(student, lesson)
            if student == "half":
                shutil.copytree(theirs, target / "submitted" / student / lesson)
            else:
                put(theirs / name, folder / "packed/submitted" / student / lesson, released)
            graded = course.autograded(student, lesson) / name
            model = packed.MODEL[student]
            like = packed.read(course.autograded(model, lesson) / name) if model else source
            put(graded, folder / "packed/autograded" / student / lesson, like)
            for step, beside in (("submitted", theirs), ("autograded", graded.parent)):
                stamp = beside / "timestamp.txt"
                if stamp.is_file() and student != "half":
                    place = target / step / student / lesson
                    place.mkdir(parents=True)
                    shutil.copy(stamp, place)


def put(path: Path, place: Path, base: Any) -> None:
    """Pack a notebook, and see that it comes out again as it was."""
    kept = packed.pack(packed.read(path), base)
    again = packed.text(packed.unpack(kept, base))
    assert again == path.read_text(encoding="utf-8").rstrip("\n") + "\n", path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.with_name(f"{place.name}.jsonl").write_text(kept, encoding="utf-8")


if __name__ == "__main__":
    (out,) = map(Path, sys.argv[1:])
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        make(out.resolve(), Path(scratch))
