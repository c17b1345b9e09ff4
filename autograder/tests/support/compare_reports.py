"""Full reports on all right answers and all known mistakes, to be compared before and after.

::

    python -m autograder.tests.support.compare_reports before.json --way check
    python -m autograder.tests.support.compare_reports before.json --way grader
    python -m autograder.tests.support.compare_reports --compare before.json after.json

``check`` examines every answer in this process, with the student's seed and with a hidden one.
``grader`` hands notebooks, each with one answer to every exercise, through restore, sandbox and
judge, and keeps what the judge wrote into their test cells. ``--compare`` prints what differs and
exits with 1, or prints that nothing does.

So that two runs of one edition are equal, this is fixed or made the same, and nothing else:

- every seed: of the hidden cases; of ``random``, NumPy and torch before each examination; the same
  in each notebook, by a cell of its own, since NumPy in a sandbox is seeded by the system;
- addresses in the text of an object (``at 0x7f…``);
- time: an answer may compute for a minute and not for its exercise's seconds (``check``), and
  a notebook is judged again if something in it ran out of time (``grader``);
- a picture is kept as its SHA-256, for size alone.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import dataclasses
import difflib
import hashlib
import importlib
import io
import itertools
import json
import multiprocessing
import random
import re
import sys
import textwrap
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import torch
from nbgrader.utils import determine_grade

HIDDEN_SEED = 20261123
RANDOM_SEED = 20261124
SECONDS = 60.0
ATTEMPTS = 4

RANDOM_CELL = f"""\
import random as _random
_random.seed({RANDOM_SEED})
np.random.seed({RANDOM_SEED})
"""


# ── the one place that knows where things are ───────────────────────────────

PLACES = {
    "EXERCISES": ("cnnlab.engine.exercise", "cnnlab.exercise"),
    "examine": ("cnnlab.engine.examine", "cnnlab.checking"),
    "Known": ("cnnlab.engine.verdict", "cnnlab.engine.examine", "cnnlab.checking"),
    "as_text": ("cnnlab.engine.shown", "cnnlab.report"),
    "as_html": ("cnnlab.engine.page", "cnnlab.engine.shown", "cnnlab.report"),
    "right_answers": ("autograder.tests.support.students", "autograder.tests.students"),
    "wrong_answers": ("autograder.tests.support.students", "autograder.tests.students"),
    "read_all": ("autograder.releasing.build", "autograder.build"),
    "restore": ("autograder.intake.restore", "autograder.restore"),
    "is_test": ("autograder.cells", "autograder.intake.restore", "autograder.restore"),
    "Sandboxes": ("autograder.judging.judge", "autograder.sandbox", "autograder.judge"),
    "judge": ("autograder.judging.judge", "autograder.judge"),
}
"""Name → modules, the newest first. Both editions have to be read by this very file: with two
files, a difference could be one between them. Old names would do as long as they are kept, but
what is compared shall be the new modules, not what an alias says they are."""


def found(name: str) -> Any:
    """A function or class of the edition that is there."""
    import cnnlab  # noqa: F401  (declares the exercises)

    for place in PLACES[name]:
        try:
            module = importlib.import_module(place)
        except ModuleNotFoundError as problem:
            if not place.startswith(str(problem.name)):
                raise  # it is there, and lacks something
            continue
        if hasattr(module, name):
            return getattr(module, name)
    raise ImportError(f"{name} is in none of {', '.join(PLACES[name])}; tell PLACES where it is")


def answers(lesson: str) -> list[Any]:
    """All right answers of a lesson and all known mistakes."""
    known = found("right_answers")() + found("wrong_answers")()
    return [answer for answer in known if answer.exercise.lesson == lesson]


def key(answer: Any, seed: str) -> str:
    kind = "right" if answer.mistake is None else "mistake"
    return f"{answer.exercise.lesson} {answer.exercise.name} {kind} “{answer.style}”, {seed}"


# ── what two runs may differ in ─────────────────────────────────────────────


def same_chance() -> None:
    """From here on, chance is the same in each run."""
    random.seed(RANDOM_SEED)
    np.random.seed(RANDOM_SEED)
    torch.manual_seed(RANDOM_SEED)


def normalised(value: Any) -> Any:
    """As JSON, without addresses, and with a hash in the place of a picture."""
    if isinstance(value, str):
        value = re.sub(r"\bat 0x[0-9a-f]+", "at 0x…", value)
        return re.sub(r"(?<=data:image/png;base64,)[\w+/=]+", _hashed, value)
    if isinstance(value, dict):
        return {str(k): normalised(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [normalised(v) for v in value]
    return value


def _hashed(picture: re.Match) -> str:
    return "sha256:" + hashlib.sha256(picture[0].encode()).hexdigest()


# ── by check ────────────────────────────────────────────────────────────────


def checked(lesson: str, exercise: str) -> dict[str, Any]:
    """The reports on all answers to one exercise."""
    torch.set_num_threads(1)
    made = {}
    declared = found("EXERCISES")[exercise]
    # What our own functions give is computed once for all answers, as the judge does: some train.
    known = {seed: found("Known")(declared, seed) for seed in (0, HIDDEN_SEED)}
    for answer in answers(lesson):
        if answer.exercise.name == exercise:
            for seed in known:
                same_chance()
                defined = answer.define()
                function = defined if callable(defined) else lambda value=defined: value
                about = {"seconds": SECONDS, "known": known[seed]}
                with contextlib.redirect_stdout(io.StringIO()):  # some print what they reach
                    report = found("examine")(declared, function, seed, **about)
                made[key(answer, f"seed {seed}")] = normalised(in_full(report))
    return made


def in_full(report: Any) -> dict[str, Any]:
    """All that a report says, openly and as one whose inputs are hidden."""
    as_text, as_html = found("as_text"), found("as_html")
    hidden = dataclasses.replace(report, hidden=True)
    return {
        "status": report.status,
        "points": report.points,
        "causes": [{"name": m.name, "advice": m.advice} for m in report.causes],
        "problems": [dataclasses.asdict(r.problem) if r.problem else None for r in report.results],
        "data": report.as_data(),
        "text": as_text(report),
        "html": as_html(report),
        "hidden text": as_text(hidden),
        "hidden html": as_html(hidden),
    }


# ── by the grader ───────────────────────────────────────────────────────────


def graded(lesson: str, _: str = "") -> dict[str, Any]:
    """What the judge wrote about all answers of a lesson."""
    source = found("read_all")()[lesson]
    sandboxes = found("Sandboxes")()
    made = {}
    try:
        known = answers(lesson)
        right = shared_out([a for a in known if a.mistake is None])
        wrong = shared_out([a for a in known if a.mistake is not None])
        for some in right + wrong:
            by_exercise = {answer.exercise.name: answer for answer in some}
            for name, said in judged(source, by_exercise, sandboxes):
                made[key(by_exercise[name], f"seed {HIDDEN_SEED}")] = normalised(said)
    finally:
        sandboxes.close()
    return made


def shared_out(some: list[Any]) -> list[list[Any]]:
    """Notebooks: each gets one answer to every exercise that still has some."""
    by_exercise: dict[str, list[Any]] = {}
    for answer in some:
        by_exercise.setdefault(answer.exercise.name, []).append(answer)
    return [[a for a in row if a] for row in itertools.zip_longest(*by_exercise.values())]


def judged(
    source: Any, by_exercise: dict[str, Any], sandboxes: Any
) -> Iterator[tuple[str, dict[str, Any]]]:
    """(exercise, what its test cell says) for a notebook with these answers."""
    handed_in = copy.deepcopy(source)
    for cell in handed_in.cells:
        answer = by_exercise.get(cell.metadata.get("nbgrader", {}).get("grade_id"))
        cell.source = cell_of(answer) if answer else cell.source
    for attempt in range(ATTEMPTS):
        same_chance()
        restored, repairs = found("restore")(with_chance_fixed(handed_in), source)
        judged = found("judge")(restored, sandboxes, HIDDEN_SEED)
        late = json.dumps(judged).count('"problem": "timeout"')
        if not late:
            break
        print(f"{late} cases ran out of time, attempt {attempt + 1} of {ATTEMPTS}", flush=True)
    for cell in filter(found("is_test"), judged.cells):
        name = cell.metadata.nbgrader.grade_id.removeprefix("test_")
        if name in by_exercise:
            points, most = determine_grade(cell)
            outputs = [dict(output) for output in cell.outputs]
            yield name, {"points": points, "most": most, "repairs": repairs, "outputs": outputs}


def with_chance_fixed(notebook: Any) -> Any:
    """The notebook with a cell of the student's own that seeds NumPy, above their first answer."""
    notebook = copy.deepcopy(notebook)
    solutions = (c.metadata.get("nbgrader", {}).get("solution") for c in notebook.cells)
    place = next(i for i, solution in enumerate(solutions) if solution)
    notebook.cells.insert(place, nbformat.v4.new_code_cell(RANDOM_CELL, id="same-chance"))
    return notebook


def cell_of(answer: Any) -> str:
    """An answer's cell. What it builds on stays inside, out of the other answers' reach."""
    name = answer.exercise.name
    inside = textwrap.indent(f"{answer.needs}\n\n{answer.source}\n\nreturn {name}", "    ")
    return f"def _mine():\n{inside}\n\n\n{name} = _mine()\n"


# ── both, for all lessons ───────────────────────────────────────────────────


def read(way: str, lessons: list[str]) -> dict[str, Any]:
    """The reports of some lessons (all whose names begin so), with two processes."""
    exercises = [e for e in found("EXERCISES").values() if e.lesson.startswith(tuple(lessons))]
    if way == "check":
        todo = [(checked, e.lesson, e.name) for e in exercises]
    else:
        todo = [(graded, lesson, "") for lesson in dict.fromkeys(e.lesson for e in exercises)]
    started, made, done = time.monotonic(), {}, 0
    # A fresh process for each lesson that is judged: what the judge keeps from one to the next
    # must not depend on which of the two processes was free. An examination keeps nothing.
    about = {"mp_context": multiprocessing.get_context("spawn")}
    about |= {"max_tasks_per_child": 1} if way == "grader" else {}
    with ProcessPoolExecutor(2, **about) as pool:
        waiting = {pool.submit(*job): job for job in reversed(todo)}  # the long ones first
        for future in as_completed(waiting):
            made |= future.result()
            done += 1
            _, lesson, name = waiting[future]
            seconds = time.monotonic() - started
            print(f"{done}/{len(todo)} {lesson} {name}, {seconds:.0f} s", flush=True)
    return dict(sorted(made.items()))


# ── comparing ───────────────────────────────────────────────────────────────


def differences(before: Any, after: Any, where: str = "") -> Iterator[str]:
    """A line or a few for each difference."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in [*before, *(k for k in after if k not in before)]:
            place = f"{where} » {name}" if where else name
            if name not in after:
                yield f"{place}: only before"
            elif name not in before:
                yield f"{place}: only after"
            else:
                yield from differences(before[name], after[name], place)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for number, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from differences(one, other, f"{where} » {number}")
    elif isinstance(before, str) and isinstance(after, str) and before != after:
        lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
        yield "\n".join([f"{where}:", *(f"    {line}" for line in itertools.islice(lines, 2, 40))])
    elif before != after or type(before) is not type(after):
        yield f"{where}: {before!r} before, {after!r} after"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("out", nargs="?", type=Path, metavar="OUT.json")
    parser.add_argument("--lesson", nargs="+", default=[""], metavar="NN", help="all if not given")
    parser.add_argument("--way", choices=("check", "grader"), default="check")
    parser.add_argument("--compare", nargs=2, type=Path, metavar=("A.json", "B.json"))
    options = parser.parse_args(arguments)
    if options.compare:
        before, after = (json.loads(p.read_text(encoding="utf-8")) for p in options.compare)
        said = list(differences(before, after))
        print("\n".join(said) or f"all {len(before)} reports are equal")
        return 1 if said else 0
    if options.out is None:
        parser.error("name the file to write, or two to --compare")
    made = read(options.way, options.lesson)
    text = json.dumps(made, ensure_ascii=False, indent=1)
    options.out.write_text(text + "\n", encoding="utf-8")
    print(f"{len(made)} reports written to {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
