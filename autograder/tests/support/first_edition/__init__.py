"""A course of the first edition, in use: what teachers have on their disks, as test data.

``course_in(folder)`` puts it there. Its students, and the lessons that they have handed in:

===========  =======  ========================================================================
right        all six  everything right
mistaken     all six  a known mistake in every exercise
half         all six  every other exercise; an answer split in two, a test deleted, a trial of
                      their own, a question; some bonus and a comment given by hand in lesson 03
untouched    all six  the notebook as it was handed out
collected    01, 04   the same as ``mistaken``, taken in by ``collect``, with its time
===========  =======  ========================================================================

All of it was graded by the first edition, and ``SCORES`` has what its gradebook said:
student → lesson → points by graded cell, and "score" and "max_score" of the notebook.
``make_first_edition.py`` made it all, from commit f216337. It is never made again by a newer one.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

from autograder.course import Course

from . import packed

HERE = Path(__file__).resolve().parent

LESSONS = sorted(path.stem for path in (HERE / "released").glob("*.ipynb"))

SCORES: dict[str, dict[str, dict[str, float]]] = json.loads((HERE / "scores.json").read_text())


def released(lesson: str) -> Path:
    """The notebook that the first edition's students opened, byte for byte."""
    return HERE / "released" / f"{lesson}.ipynb"


def course_in(folder: Path) -> Course:
    """The course, put into a folder that is not there yet, as the first edition left it."""
    shutil.copytree(HERE / "course", folder)
    statements = (folder / "gradebook.sql").read_text(encoding="utf-8")
    (folder / "gradebook.sql").unlink()
    connection = sqlite3.connect(folder / "gradebook.db")
    connection.executescript(statements)
    connection.close()
    for lesson in LESSONS:
        handed_out = packed.read(released(lesson))
        source = _put(folder, f"source/{lesson}", lesson, handed_out)
        _put(folder, f"release/{lesson}", lesson, handed_out)
        graded = {"": source}
        for student, model in packed.MODEL.items():
            if lesson not in SCORES[student]:
                continue
            place = f"autograded/{student}/{lesson}"
            graded[student] = _put(folder, place, lesson, graded[model])
            if student != "half":  # that one is there as it is
                _put(folder, f"submitted/{student}/{lesson}", lesson, handed_out)
    folder.chmod(0o700)
    return Course(folder)


def _put(folder: Path, place: str, lesson: str, base: dict) -> dict:
    """Write the packed notebook of ``place`` into the course, and give it."""
    kept = (HERE / "packed" / f"{place}.jsonl").read_text(encoding="utf-8")
    notebook = packed.unpack(kept, base)
    path = folder / place / f"{lesson}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(packed.text(notebook), encoding="utf-8")
    return notebook


SHORTER = {
    "06_text_cnn": {
        'train_cnn(train, dev, "random", watch': 'train_cnn(train, dev, "random", epochs=1, watch',
        "sentences=1000, filters=30)": "sentences=1000, filters=30, seeds=(0,), epochs=1)",
        "filters=30, epochs=5)": "filters=30, seeds=(0,), epochs=1)",
        'how="avg", filters=30)': 'how="avg", filters=30, seeds=(0,), epochs=1)',
    },
}
"""Where these notebooks train for minutes: what to write instead where only its working matters."""
