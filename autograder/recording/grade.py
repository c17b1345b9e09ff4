"""Grade a course: judge what is new in parallel, and record it in nbgrader's gradebook.

Workers are stateless: a notebook goes in, the judged notebook comes back. One recorder,
the calling process, writes the gradebook and ``autograded/``; it runs no student code.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import itertools
import json
import multiprocessing
import os
import secrets
import shutil
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import nbformat
from nbgrader.api import BaseCell, Comment, Grade, Gradebook, InvalidEntry, MissingEntry
from nbgrader.preprocessors import (
    AssignLatePenalties,
    OverwriteCells,
    SaveAutoGrades,
    latesubmissions,
    overwritecells,
    saveautogrades,
)
from sqlalchemy.exc import SAWarning
from sqlalchemy.orm import Session, scoped_session, sessionmaker

from ..cells import STUDENTS_KERNEL, as_text, with_kernel
from ..course import Course, CourseError, environment_on_path, write
from ..intake.reading import Unreadable, parse
from ..intake.restore import is_test, name_of, restore
from ..intake.submitted import notebook_in, stamp_in, time_of
from ..judging.judge import Fault, Sandboxes, _error, judge_twice, reports
from ..paths import on_the_way, why_not
from ..sandbox.sandbox import SandboxError
from ..terminal import visible
from .points import after_penalty


@dataclasses.dataclass(frozen=True)
class Result:
    """What became of one submission.

    status: "graded", "unchanged" (since the last time), "no notebook" (zero points, the
        reason in ``notes``), "refused" (it leads somewhere else: nothing was recorded, the
        reason in ``notes``) or "fault" (ours: nothing was recorded, grade again).
    """

    student: str
    lesson: str
    status: str
    score: float = 0.0
    max_score: float = 0.0
    notes: tuple[str, ...] = ()
    seconds: float = 0.0

    def __str__(self) -> str:
        said = f"{self.student}, {self.lesson}: "
        if self.status == "fault":
            said += "NOT GRADED, and not the student's fault"
        elif self.status == "refused":
            said += "NOT GRADED; points from an earlier time stay"
        else:
            said += f"{self.score:g} of {self.max_score:g} points"
            said += f" ({self.status})" if self.status != "graded" else ""
        return "\n".join([visible(said), *(f"  {visible(note)}" for note in self.notes)])


@dataclasses.dataclass(frozen=True)
class Job:
    """One submission, as a worker gets it. data: the file, or None if there is none."""

    student: str
    lesson: str
    source: str
    data: bytes | None
    reason: str
    seed: int
    mark: str
    unsafe_local: bool


# ── in a worker ─────────────────────────────────────────────────────────────

_worker: dict[bool, Sandboxes] = {}
_busy = threading.Lock()
"""One submission at a time: a worker of Dask may have several threads."""


def work(job: Job) -> dict[str, Any]:
    """Restore and judge one submission; what comes back is the notebook, or the fault."""
    with _busy:
        return _work(job)


def _work(job: Job) -> dict[str, Any]:
    started = time.monotonic()
    if job.unsafe_local not in _worker:
        _worker[job.unsafe_local] = Sandboxes(job.unsafe_local)
    source = _source(job.source)
    reason = job.reason
    try:
        submitted = parse(job.data) if job.data is not None else None
    except Unreadable as problem:
        submitted, reason = None, str(problem)
    try:
        notebook, _ = restore(submitted, source)
        if submitted is None:
            notebook.metadata["cnnlab"]["repairs"] = [f"No points, because {reason}."]
            for cell in notebook.cells:
                if is_test(cell):
                    cell.outputs = [_error("NoNotebook", reason)]
        else:
            judge_twice(notebook, _worker[job.unsafe_local], job.seed)
    except (Fault, SandboxError) as problem:
        return {"fault": str(problem), "seconds": time.monotonic() - started}
    except Exception as problem:  # a mistake of ours in judging one must not stop the others
        fault = f"{type(problem).__name__}: {problem}"
        return {"fault": fault, "seconds": time.monotonic() - started}
    notebook.metadata["cnnlab"] |= {"mark": job.mark, "seconds": time.monotonic() - started}
    return {
        "notebook": json.dumps(notebook),  # not validated: all but the texts is ours
        "notes": tuple(notebook.metadata["cnnlab"]["repairs"]),
        "status": "no notebook" if submitted is None else "graded",
        "seconds": time.monotonic() - started,
    }


@functools.lru_cache(maxsize=8)
def _source(text: str) -> Any:
    """A lesson's source. It is the same for all who hand in the lesson, and nobody changes it."""
    return nbformat.reads(text, as_version=4)


def _close_worker() -> None:
    for sandboxes in _worker.values():
        sandboxes.close()
    _worker.clear()


# ── the batch ───────────────────────────────────────────────────────────────


def grade(
    course: Course,
    lessons: list[str] | None = None,
    student: str | None = None,
    workers: int | None = None,
    force: bool = False,
    unsafe_local: bool = False,
    told: Callable[[Result], None] = lambda result: None,
    scheduler: str | None = None,
    seed: int | None = None,
) -> list[Result]:
    """Judge every new or changed submission and record it.

    student: this one only. workers: processes, one per core if None. force: unchanged
    ones too. told: called with each result as it comes. scheduler: address of a Dask cluster
    that judges in the place of local processes. seed: of an earlier run, to ask its hidden
    cases again, of unchanged submissions too; drawn afresh if None.
    One broken submission never stops the others.
    Raises CourseError if a lesson was never released or there is no such cluster, SandboxError
    if there is no sandbox on this machine.
    """
    results: list[Result] = []

    def settle(result: Result) -> None:
        results.append(result)
        told(result)

    lessons = lessons or course.lessons()
    with _open(course) as gradebook:
        for lesson in lessons:
            _check(course, gradebook, lesson, student)

        def new() -> Iterator[Job]:
            for lesson in lessons:
                for one, why in _refused(course, lesson, student).items():
                    settle(Result(one, lesson, "refused", notes=(f"{why}.",)))
                for job in _jobs(course, lesson, student, unsafe_local, seed):
                    again = force or seed is not None
                    old = None if again else _graded_already(course, gradebook, job)
                    if old is None:
                        yield job
                    else:
                        settle(old)

        for job, answer in _judged(new(), workers or os.cpu_count() or 1, scheduler):
            settle(_settled(course, gradebook, job, answer))
    return sorted(results, key=lambda r: (r.lesson, r.student))


def _check(course: Course, gradebook: OpenGradebook, lesson: str, student: str | None) -> None:
    """Raise CourseError if the lesson was not released, or the student handed in nothing."""
    path = course.source(lesson)
    if not path.is_file():
        raise CourseError(
            f"{lesson} has not been released: there is no {path.name} in source/. "
            f"Run `autograder release {lesson}` first."
        )
    try:
        with gradebook.transaction():
            gradebook.find_notebook(lesson, lesson)
    except MissingEntry:
        raise CourseError(
            f"{lesson} is not in the gradebook. Run `autograder release {lesson}` first."
        ) from None
    known = [*course.students(lesson), *course.refused(lesson)]
    if student is not None and student not in known:
        raise CourseError(f"{student} has handed in nothing for {lesson}.")


def _refused(course: Course, lesson: str, student: str | None) -> dict[str, str]:
    """Who is not graded because of a link, and why."""
    refused = course.refused(lesson)
    for one in course.students(lesson):
        if why := why_not(course.autograded(one, lesson), course.root):
            refused[one] = why  # or we would write to where it leads
    return {s: why for s, why in sorted(refused.items()) if student in (None, s)}


def _jobs(
    course: Course, lesson: str, student: str | None, unsafe_local: bool, seed: int | None = None
) -> Iterator[Job]:
    """The submissions of a lesson, read one after the other as they are asked for."""
    source = course.source(lesson).read_text(encoding="utf-8")
    known_by = _known_by(source)
    if seed is None:
        seed = secrets.randbits(32)  # one for all, so that all are asked the same
    refused = _refused(course, lesson, student)
    for one in course.students(lesson) if student is None else [student]:
        if one in refused:
            continue
        folder = course.submitted(one, lesson)
        data, reason = notebook_in(folder, lesson)
        parts = (known_by, data or b"", stamp_in(folder).encode())
        mark = hashlib.sha256(b"".join(hashlib.sha256(p).digest() for p in parts)).hexdigest()
        yield Job(one, lesson, source, data, reason, seed, mark, unsafe_local)


def _known_by(source: str) -> bytes:
    """By what a lesson's source is known to be the same as the last time: all but its kernel.

    The first edition wrote another kernel into it; that is no reason to grade a class again.
    """
    notebook = with_kernel(nbformat.reads(source, as_version=4), STUDENTS_KERNEL)
    return as_text(notebook).encode()


def _graded_already(course: Course, gradebook: OpenGradebook, job: Job) -> Result | None:
    """The result of the last time, if nothing has changed since."""
    notebook = _autograded(course, job.student, job.lesson)
    if notebook is None or notebook.metadata.get("cnnlab", {}).get("mark") != job.mark:
        return None
    try:
        with gradebook.transaction():
            entry = gradebook.find_submission_notebook(job.lesson, job.lesson, job.student)
            score, most = _scores(entry)
    except MissingEntry:
        return None
    notes = tuple(notebook.metadata["cnnlab"].get("repairs", ()))
    return Result(job.student, job.lesson, "unchanged", score, most, notes)


def _autograded(course: Course, student: str, lesson: str) -> Any:
    path = course.autograded(student, lesson) / f"{lesson}.ipynb"
    if on_the_way(path, course.root):
        return None
    try:
        return nbformat.read(path, as_version=4)
    except (OSError, ValueError):
        return None


def _judged(
    jobs: Iterable[Job], workers: int, scheduler: str | None = None
) -> Iterator[tuple[Job, dict[str, Any]]]:
    """(job, what came of it) as they are done; a worker that dies takes only its own job along."""
    jobs = iter(jobs)
    first = list(itertools.islice(jobs, 2))
    jobs = itertools.chain(first, jobs)
    if scheduler:
        with _cluster(scheduler) as (pool, workers):
            yield from _through(pool, workers, jobs, [])
        return
    if workers == 1 or len(first) < 2:
        try:
            for job in jobs:
                yield job, work(job)
        finally:
            _close_worker()
        return
    lost = first
    while lost:
        lost = []
        with _pool(workers) as pool:
            yield from _through(pool, workers, jobs, lost)
        yield from _one_by_one(lost)


def _through(
    pool: Executor, workers: int, jobs: Iterator[Job], lost: list[Job]
) -> Iterator[tuple[Job, dict[str, Any]]]:
    """Send the jobs through a pool. Those during which it breaks go to ``lost``.

    Two jobs per worker are under way at a time, so memory does not grow with the class.
    """
    running: dict[Future, Job] = {}
    while True:
        for job in itertools.islice(jobs, 0 if lost else 2 * workers - len(running)):
            try:
                running[pool.submit(work, job)] = job
            except BrokenExecutor:
                lost.append(job)
                break
        if not running:
            return
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            job = running.pop(future)
            try:
                answer = future.result()
            except BrokenExecutor:  # it does not say by which job
                lost.append(job)
                continue
            except Exception as problem:
                answer = _ended(problem)
            yield job, answer


def _one_by_one(jobs: list[Job]) -> Iterator[tuple[Job, dict[str, Any]]]:
    """Each job alone, to see which of them breaks its pool."""
    with ExitStack() as pools:
        pool = None
        for job in jobs:
            pool = pool or pools.enter_context(_pool(1))
            try:
                answer = pool.submit(work, job).result()
            except Exception as problem:
                answer, pool = _ended(problem), None
            yield job, answer


def _ended(problem: Exception) -> dict[str, Any]:
    return {"fault": f"the worker ended ({problem})", "seconds": 0.0}


@contextmanager
def _cluster(address: str) -> Iterator[tuple[Executor, int]]:
    """A Dask cluster, and how many jobs it does at once. Raises CourseError if there is none."""
    try:
        from distributed import Client
    except ImportError:
        raise CourseError(
            "--scheduler needs Dask, which is not installed: pip install distributed"
        ) from None
    try:
        client = Client(address, timeout=5)
    except (OSError, ValueError) as problem:
        raise CourseError(
            f"there is no Dask scheduler at {address!r} ({problem}). Start one with `dask "
            "scheduler` and give the address that it prints, such as tcp://host:8786."
        ) from None
    with client:
        try:
            client.wait_for_workers(1, timeout=10)
        except TimeoutError:
            raise CourseError(
                f"the scheduler at {address} has no workers. Start some, each with "
                f"`dask worker {address} --nthreads 1`, where this package is installed."
            ) from None
        # Not pure: equal jobs are not the same job, and nothing is taken from an earlier run.
        yield client.get_executor(pure=False), sum(client.nthreads().values())


def _pool(workers: int) -> Executor:
    """Worker processes, forked from a clean process that has imported torch once."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return ProcessPoolExecutor(workers, mp_context=context, initializer=_end_with_the_grader)


def _end_with_the_grader() -> None:
    """Let a worker end, and its sandboxes with it, when the grader is killed.

    By itself it would wait for work for ever.
    """
    grader = multiprocessing.parent_process()

    def end() -> None:
        grader.join()
        os._exit(1)

    threading.Thread(target=end, daemon=True).start()


# ── recording ───────────────────────────────────────────────────────────────


def _settled(course: Course, gradebook: OpenGradebook, job: Job, answer: dict[str, Any]) -> Result:
    """Record what a worker sent back."""
    about = (job.student, job.lesson)
    if "fault" in answer:
        return Result(*about, "fault", notes=(answer["fault"],), seconds=answer["seconds"])
    try:
        notebook = nbformat.v4.reads(answer["notebook"])
        entry = (course, gradebook, job.student, job.lesson, notebook)
        try:
            score, most = record(*entry)
        except InvalidEntry:  # another grader entered the same student just now
            score, most = record(*entry)
    except CourseError:
        raise
    except Exception as problem:
        fault = f"it could not be recorded, {type(problem).__name__}: {problem}"
        return Result(*about, "fault", notes=(fault,), seconds=answer["seconds"])
    return Result(*about, answer["status"], score, most, answer["notes"], answer["seconds"])


class OneTransaction(Session):
    """A session in which ``commit`` waits for ``commit_all``."""

    def commit(self) -> None:
        """Send what has changed to the database, and keep the transaction open."""
        self.flush()

    def commit_all(self) -> None:
        """Commit indeed."""
        super().commit()


class OpenGradebook(Gradebook):
    """A gradebook that stays connected, and records a submission as a whole or not at all.

    Left alone, each of nbgrader's steps connects anew, so that SQLAlchemy compiles every query
    again, and commits after every cell: most of the time that recording would take.
    """

    def __init__(self, *about: Any):
        super().__init__(*about)
        self.db.remove()
        self.db = scoped_session(sessionmaker(class_=OneTransaction, bind=self.engine))
        self._found: dict[Any, dict[str, Any]] = {}

    def close(self) -> None:
        """Not yet: the next step goes on here."""

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what is done in the block; nothing of it if it fails. Nothing is kept in memory.

        Inside, nbgrader's steps use this gradebook.
        """
        try:
            with ExitStack() as stack:
                for module in (latesubmissions, overwritecells, saveautogrades):
                    stack.enter_context(patch.object(module, "Gradebook", lambda *_: self))
                yield
            self.db().commit_all()
        finally:
            self._found.clear()
            self.db.remove()

    def find_grade(self, cell: str, *notebook: str) -> Grade:
        """A cell's grade in a submitted notebook."""
        return self._find(Grade, cell, notebook)

    def find_comment(self, cell: str, *notebook: str) -> Comment:
        """A cell's comment in a submitted notebook."""
        return self._find(Comment, cell, notebook)

    def _find(self, kind: type, cell: str, notebook: tuple[str, ...]) -> Any:
        """Look all of a notebook's up at once: nbgrader asks for each, with five joins."""
        if (kind, notebook) not in self._found:
            entry = self.find_submission_notebook(*notebook)
            rows = self.db.query(BaseCell.name, kind).join(kind, kind.cell_id == BaseCell.id)
            rows = rows.filter(kind.notebook_id == entry.id)
            self._found[kind, notebook] = {name: found for name, found in rows}
        if cell not in self._found[kind, notebook]:
            raise MissingEntry(f"there is no {kind.__name__} of {cell} in {notebook}")
        return self._found[kind, notebook][cell]


@contextmanager
def _open(course: Course) -> Iterator[OpenGradebook]:
    with environment_on_path():  # should the database still be empty
        gradebook = OpenGradebook(course.db_url, course.course_id)
    try:
        yield gradebook
    finally:
        gradebook.engine.dispose()


@contextmanager
def _quiet() -> Iterator[None]:
    """nbgrader 0.9.6 builds its objects in an order that SQLAlchemy 2.1 remarks upon."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=SAWarning)
        yield


@_quiet()
def record(
    course: Course, gradebook: OpenGradebook, student: str, lesson: str, notebook: Any
) -> tuple[float, float]:
    """Write a judged notebook into the gradebook and ``autograded/``, as nbgrader does.

    Returns the score and what could be earned.
    """
    folder = course.submitted(student, lesson)
    stamp = stamp_in(folder)
    resources = {
        "nbgrader": {
            "student": student,
            "assignment": lesson,
            "notebook": lesson,
            "db_url": course.db_url,
        }
    }
    target = course.autograded(student, lesson)
    # Its presence says that all below is done. Who is interrupted there grades again.
    (target / f"{lesson}.ipynb").unlink(missing_ok=True)
    # Kernel and metadata are the source's already, as is all but the answers.
    steps = (OverwriteCells, SaveAutoGrades, AssignLatePenalties)
    with gradebook.transaction():
        gradebook.update_or_create_student(student)
        extra = {"timestamp": when} if (when := time_of(stamp)) else {}
        gradebook.update_or_create_submission(lesson, student, **extra)
        for step in steps:
            notebook, resources = step(config=course.config()).preprocess(notebook, resources)
        scores = _scores(gradebook.find_submission_notebook(lesson, lesson, student))
    if target.is_dir():
        for old in target.iterdir():  # of an earlier time, or of nbgrader's own command
            shutil.rmtree(old) if old.is_dir() and not old.is_symlink() else old.unlink()
    if stamp:
        write(target / "timestamp.txt", stamp + "\n")
    write(target / f"{lesson}.ipynb", nbformat.v4.writes(notebook) + "\n")
    return scores


def _scores(entry: Any) -> tuple[float, float]:
    return after_penalty(entry), float(entry.max_score)


# ── the class at a glance ───────────────────────────────────────────────────


@dataclasses.dataclass(frozen=True)
class Mark:
    """One exercise of one student.

    status: "correct", "incorrect", "not attempted", or "" if it was not checked.
    mistake: the known mistake found, or "".
    """

    points: float
    max_points: float
    status: str
    mistake: str


@dataclasses.dataclass(frozen=True)
class Row:
    """One student's marks in a lesson, by exercise; score after any late penalty."""

    student: str
    marks: dict[str, Mark]
    score: float
    max_score: float
    notes: tuple[str, ...]


def table(course: Course, lesson: str) -> list[Row]:
    """Students × exercises, from the gradebook (points) and the graded notebooks (mistakes)."""
    rows = []
    with Gradebook(course.db_url, course.course_id) as gradebook:
        for submission in gradebook.assignment_submissions(lesson):
            student = submission.student.id
            notebook = _autograded(course, student, lesson)
            if notebook is None:
                continue
            grades = {g.name: g for n in submission.notebooks for g in n.grades}
            marks = {}
            for cell in notebook.cells:
                grade = grades.get(name_of(cell))
                if is_test(cell) and grade is not None:
                    exercise = name_of(cell).removeprefix("test_")
                    marks[exercise] = _mark(grade, reports(cell))
            score, most = _scores(submission.notebooks[0])
            notes = tuple(notebook.metadata.get("cnnlab", {}).get("repairs", ()))
            rows.append(Row(student, marks, score, most, notes))
    return sorted(rows, key=lambda row: row.student)


def _mark(grade: Any, found: list[dict[str, Any]]) -> Mark:
    """The verdict on an exercise: wrong if any of its reports is."""
    order = ("not attempted", "incorrect", "correct")
    status = min((r["status"] for r in found), key=order.index, default="")
    causes = [cause for r in found for cause in r["causes"]]
    return Mark(float(grade.score), float(grade.max_score), status, next(iter(causes), ""))
