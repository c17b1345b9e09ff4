"""What is measured: ``make bench``. Times are given as ratios, which hold on every machine.

``python -m autograder.bench PART…`` measures some parts only: checks, conv2d, feedback,
grading (followed by lessons, if not all), recorder, reviews, searching.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import itertools
import logging
import os
import re
import secrets
import statistics
import sys
import tempfile
import time
import types
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import patch

import nbformat
import numpy as np
import psutil
import torch
import torch.nn.functional as F
from cnnlab.engine.examine import examine
from cnnlab.engine.exercise import EXERCISES
from cnnlab.engine.lesson import LESSONS
from cnnlab.lesson_06_text_cnn import reviews
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from tqdm import tqdm
from traitlets.config import Config

from ..cells import is_answer, name_of, released
from ..course import Course
from ..intake.restore import restore
from ..judging.order import to_run
from ..judging.worker import work
from ..recording import batch
from ..recording.grade import Settled, grade, jobs
from ..releasing import build
from ..sandbox.warm import close_kept
from .checks import checks
from .feedback import feedback
from .searching import searching


def solutions(lesson: str, *names: str) -> dict[str, Callable]:
    """The instructor's answers to some exercises of a lesson, by name."""
    notebook = build.read(build.SOLUTIONS / f"{lesson}.md")
    scope = {"np": np, "torch": torch, "fill": lambda answer: answer}
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") in names:
            exec(cell.source, scope)  # our own source
    return {name: scope[name] for name in names}


def fastest(*calls: Callable[[], object], rounds: int = 30) -> list[float]:
    """Seconds of each call at its best; the calls take turns, so a busy moment hits all."""
    best = [float("inf")] * len(calls)
    for _ in range(rounds):
        for i, call in enumerate(calls):
            start = time.perf_counter()
            call()
            best[i] = min(best[i], time.perf_counter() - start)
    return best


def conv2d_fast_ratio() -> float:
    """How many times as long as F.conv2d the vectorised solution of lesson 03 takes.

    64×64 pixels, 16 channels, 32 filters of 3×3, float64, one thread; 5 is allowed.
    """
    lesson = EXERCISES["conv2d_fast"].lesson
    fast = solutions(lesson, "im2col", "conv2d_fast")["conv2d_fast"]
    rng = np.random.default_rng(0)
    X, bank = rng.normal(size=(64, 64, 16)), rng.normal(size=(3, 3, 16, 32))
    # torch's own layout, made beforehand, so that nothing but the convolution counts.
    image = torch.from_numpy(X).permute(2, 0, 1)[None].contiguous()
    weight = torch.from_numpy(bank).permute(3, 2, 0, 1).contiguous()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        h = F.conv2d(image, weight, padding="same")[0].permute(1, 2, 0)
        if not np.allclose(h, fast(X, bank)):
            raise ValueError("conv2d_fast and F.conv2d disagree, so their times say nothing")
        ours, theirs = fastest(
            lambda: fast(X, bank), lambda: F.conv2d(image, weight, padding="same")
        )
    finally:
        torch.set_num_threads(threads)
    return ours / theirs


def conv2d() -> None:
    """Print the ratio of lesson 03."""
    ratio = conv2d_fast_ratio()
    print(f"conv2d_fast takes {ratio:.2f} times as long as F.conv2d (at most 5)", flush=True)


# ── grading: stock nbgrader, ours, and the bare answers and tests ───────────

OURS = 30
"""How many are ours, stock's among them; the first three are not counted."""


def submissions(source: NotebookNode) -> list[NotebookNode]:
    """Three honest notebooks of a lesson: all right, untouched, and the first half right."""
    answers = [name_of(cell) for cell in source.cells if is_answer(cell)]
    made = []
    for solved in (answers, [], answers[: len(answers) // 2]):
        notebook = copy.deepcopy(source)
        for cell in notebook.cells:
            if not (is_answer(cell) and name_of(cell) in solved):
                cell.source = released(cell)
        made.append(notebook)
    return made


def _hand_in(course: Course, lesson: str, notebooks: list[NotebookNode], count: int) -> None:
    for i in range(count):
        folder = course.submitted(f"s{i:03}", lesson)
        folder.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebooks[i % len(notebooks)], folder / f"{lesson}.ipynb")


def stock(course: Course, lesson: str) -> float:
    """Median seconds of a submission in nbgrader as it comes: a kernel for each, all cells."""
    config = Config()
    config.CourseDirectory.root = str(course.root)
    config.CourseDirectory.course_id = course.course_id
    config.CourseDirectory.assignment_id = lesson
    config.Execute.timeout = 300 if LESSONS[lesson].trains else 60
    taken = []
    for student in course.students(lesson):
        config.CourseDirectory.student_id = student
        for last in (False, True):
            config.BaseConverter.force = last
            start = time.perf_counter()
            try:
                Autograde(coursedir=CourseDirectory(config=config), config=config).start()
            except NbGraderException:
                # nbclient can lose the reply of a cell that shows an Output widget, and then
                # waits, often until its limit (jupyter/nbclient#312). The second try counts.
                if last:
                    raise
            else:
                break
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def _scores(course: Course, lesson: str) -> dict[str, float]:
    with Gradebook(course.db_url, course.course_id) as gradebook:
        return {s.student.id: s.score for s in gradebook.assignment_submissions(lesson)}


def _cpu_of_sandboxes() -> float:
    """CPU seconds of this process and of the sandboxes, ended forks of theirs included."""
    children = psutil.Process().children(recursive=True)
    return time.process_time() + sum(sum(child.cpu_times()[:4]) for child in children)


def ours(course: Course, lesson: str) -> tuple[float, float]:
    """Seconds per submission of one worker, and CPU seconds, once the sandbox is warm."""
    graded: list[Settled] = []
    marks: list[tuple[float, float]] = []

    def told(result: Settled) -> None:
        if result.status != "graded":
            raise ValueError(f"{result}: its time says nothing")
        graded.append(result)
        # After three all kinds have been seen, and their right and wrong values are known.
        if len(graded) in (3, OURS):
            marks.append((time.perf_counter(), _cpu_of_sandboxes()))

    grade(course, [lesson], workers=1, force=True, told=told)
    (start, before), (end, after) = marks
    return (end - start) / (OURS - 3), (after - before) / (OURS - 3)


@contextlib.contextmanager
def _as_main(module: types.ModuleType) -> Iterator[None]:
    """Let a module be ``__main__``. (``patch.dict`` would forget what is imported meanwhile.)"""
    kept, sys.modules["__main__"] = sys.modules["__main__"], module
    try:
        yield
    finally:
        sys.modules["__main__"] = kept


def bare(lesson: str, source: NotebookNode, notebooks: list[NotebookNode]) -> float:
    """CPU seconds per submission that ``check`` takes for the answers, in this process.

    The answers are called on the cases that are shown and on hidden ones, the oracle is called
    on the same, and the values are compared; there is no notebook, no kernel and no sandbox.
    """
    spent = 0.0
    for notebook in notebooks:
        clean, _ = restore(notebook, source)
        module = types.ModuleType("__main__")
        names = vars(module)
        names["fill"] = lambda answer: answer
        silent = contextlib.redirect_stdout(None)
        with _as_main(module), warnings.catch_warnings(), silent:
            warnings.simplefilter("ignore")
            for cell in to_run(clean):
                text = re.sub(r"(?m)^(\s*)%.*", r"\1pass", cell.source)
                for statement in ast.parse(text).body:
                    # No notebook is here, and what nobody has filled in says so.
                    with contextlib.suppress(NameError, NotImplementedError):
                        exec(compile(ast.Module([statement], []), "<answer>", "exec"), names)
            start = time.process_time()
            for name, exercise in EXERCISES.items():
                if exercise.lesson == lesson and name in names:
                    answer = names[name]
                    if not exercise.signature.parameters:
                        answer = lambda value=answer: value  # noqa: E731
                    for seed in (0, secrets.randbits(32)):
                        examine(exercise, answer, seed, hidden=seed > 0, search=0)
            spent += time.process_time() - start
    return spent / len(notebooks)


def grading(lessons: list[str] | None = None) -> None:
    """Print stock nbgrader against ours on the same submissions, lesson by lesson."""
    logging.getLogger("traitlets").setLevel(logging.CRITICAL)
    warnings.simplefilter("ignore")
    print("Grading, seconds per submission (one worker, sandbox and kernels cold for stock, ")
    print("warm for ours), and CPU seconds against those of the bare answers and tests. Stock's")
    print("are the median of three submissions, or of the right one alone where lessons train (1).")
    print(f"{'':20}{'stock':>8}{'ours':>8}{'ratio':>7}   {'CPU':>7}{'bare':>8}{'ratio':>7}  scores")
    for lesson in lessons or build.lesson_names():
        with tempfile.TemporaryDirectory() as folder:
            places = [Course(Path(folder) / name) for name in ("stock", "ours")]
            for course in places:
                build.release(course, [lesson], notebooks=Path(folder) / "notebooks")
            source = nbformat.read(places[0].source(lesson), as_version=4)
            notebooks = submissions(source)
            # Where a lesson trains, stock nbgrader runs it all: it gets the right submission only.
            _hand_in(places[0], lesson, notebooks, 1 if LESSONS[lesson].trains else 3)
            _hand_in(places[1], lesson, notebooks, OURS)
            wall, cpu = ours(places[1], lesson)
            least = bare(lesson, source, notebooks)
            theirs = stock(places[0], lesson)
            stocks, own = (_scores(course, lesson) for course in places)
            agree = "agree" if all(own[s] == stocks[s] for s in stocks) else f"{stocks} {own}"
            print(
                f"{lesson:20}{theirs:8.2f}{wall:8.3f}{theirs / wall:6.0f}×   "
                f"{cpu:7.3f}{least:8.3f}{cpu / least:6.1f}×  {agree} ({len(stocks)})",
                flush=True,
            )


# ── the recorder ────────────────────────────────────────────────────────────


def _resident() -> float:
    """The memory of this process in MiB."""
    return psutil.Process().memory_info().rss / 2**20


def recording(course: Course, lesson: str, count: int, parts: int = 5) -> Iterator[tuple]:
    """Record one judged notebook under many names; (ms per submission, MiB) for each part.

    course: one in which the lesson is released. The whole of ``grade`` runs, only that the
    verdict is the same for all and not made anew.
    """
    first = course.submitted("s00000", lesson)
    first.mkdir(parents=True)
    file = first / f"{lesson}.ipynb"
    file.write_bytes(course.source(lesson).read_bytes())
    answer = work(next(jobs(course, lesson, None, False)))
    close_kept()
    for i in range(1, count):
        folder = course.submitted(f"s{i:05}", lesson)
        folder.mkdir(parents=True)
        os.link(file, folder / file.name)
    recorded: list[str] = []  # a bar that is not shown does not count
    marks = [(time.perf_counter(), _resident())]

    def told(result: Settled) -> None:
        if result.status != "graded":
            raise ValueError(f"{result}: its time says nothing")
        bar.update()
        recorded.append(result.student)
        if len(recorded) % (count // parts) == 0:
            marks.append((time.perf_counter(), _resident()))

    with (
        tqdm(total=count, disable=None, leave=False) as bar,
        patch.object(batch, "work", lambda job: copy.copy(answer)),
    ):
        grade(course, [lesson], workers=1, told=told)
    for (start, _), (end, memory) in itertools.pairwise(marks):
        yield 1000 * (end - start) * parts / count, memory


def record(count: int = 5000) -> None:
    """Print what recording costs, from the first submissions of a lesson to the last."""
    lesson = build.lesson_names()[0]
    with tempfile.TemporaryDirectory() as folder:
        course = Course(Path(folder) / "course")
        build.release(course, [lesson], notebooks=Path(folder) / "notebooks")
        print(f"Recording {count} submissions of {lesson}")
        for i, (cost, memory) in enumerate(recording(course, lesson, count), 1):
            print(f"{i * count // 5:7}: {cost:6.1f} ms each, {memory:6.0f} MiB", flush=True)


def full_table() -> None:
    """Train the text CNNs of lesson 06: some minutes."""
    torch.set_num_threads(len(os.sched_getaffinity(0)))  # what this process may use
    reviews.full_table()


PARTS = {
    "checks": checks,
    "conv2d": conv2d,
    "feedback": feedback,
    "grading": grading,
    "recorder": record,
    "reviews": full_table,
    "searching": searching,
}


def main(arguments: list[str]) -> None:
    """Print all benchmarks, the quick ones first, or those that are named."""
    lessons = [a for a in arguments if a in build.lesson_names()]
    chosen = [a for a in arguments if a not in lessons] or list(PARTS)
    if unknown := set(chosen) - set(PARTS):
        raise SystemExit(f"there is no part {', '.join(unknown)}, only {', '.join(PARTS)}")
    for part in chosen:
        PARTS[part](*([lessons] if part == "grading" else []))
        print(flush=True)
