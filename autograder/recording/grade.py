"""Grade a course: judge what is new in parallel, and record it in nbgrader's gradebook.

Workers are stateless: a notebook goes in, the judged notebook comes back. One recorder,
the calling process, writes the gradebook and ``autograded/``; it runs no student code.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import secrets
from collections.abc import Callable, Iterator

import nbformat
from nbgrader.api import InvalidEntry, MissingEntry

from ..cells import STUDENTS_KERNEL, as_text, is_test, tested_by, with_kernel
from ..course import Course, CourseError
from ..database import explained, released
from ..intake.submitted import STAMP, Undecided, notebook_in, stamp_in, time_of
from ..intake.which import lessons_known
from ..judging.decides import decided_by
from ..judging.worker import UNSEARCHED, Job, Judged, Look
from ..paths import why_not
from ..terminal import visible
from .batch import Workers
from .earlier import keep_earlier
from .gradebook import (
    OpenGradebook,
    complete,
    given_by_hand,
    graded_notebook,
    opened,
    read_graded,
    record,
    scores,
)


@dataclasses.dataclass(frozen=True)
class Settled:
    """What became of one submission.

    status: "graded", "unchanged" (since the last time), "no notebook" (zero points, the
        reason in ``notes``), "refused" (it leads somewhere else, or nobody can say which of
        several notebooks counts: nothing was recorded, the reason in ``notes``) or "fault" (ours:
        nothing was recorded, grade again).
    otherwise: the exercises judged otherwise than the notebook's own last ``check`` says.
    unsearched: its wrong answers are still to be looked into.
    """

    student: str
    lesson: str
    status: str
    score: float = 0.0
    max_score: float = 0.0
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    otherwise: tuple[str, ...] = ()
    unsearched: bool = False

    def __str__(self) -> str:
        said = f"{self.student}, {self.lesson}: "
        if self.status == "fault":
            said += "NOT GRADED, and not the student's fault"
        elif self.status == "refused":
            said += "NOT GRADED; points from an earlier time stay"
        else:
            said += f"{self.score:g} of {self.max_score:g} points"
            said += f" ({self.status})" if self.status != "graded" else ""
        notes = [*self.notes]
        if self.otherwise:
            notes.append(f"judged otherwise than its own check says: {', '.join(self.otherwise)}")
        return "\n".join([visible(said), *(f"  {visible(note)}" for note in notes)])


def grade(
    course: Course,
    lessons: list[str] | None = None,
    student: str | None = None,
    workers: int | None = None,
    force: bool = False,
    unsafe_local: bool = False,
    told: Callable[[Settled], None] = lambda settled: None,
    scheduler: str | None = None,
    seed: int | None = None,
    looked: Callable[[int, int], None] = lambda done, of: None,
) -> list[Settled]:
    """Judge every new or changed submission and record it; then look into what is wrong.

    student: this one only. workers: processes, one per core if None. force: unchanged ones too.
    told: called with each result as it comes. scheduler: of a Dask cluster that judges in place
    of local processes. seed: of an earlier run, to ask its hidden cases again, of unchanged ones
    too; drawn afresh if None. looked: called when all points are recorded, with how many
    submissions have been looked into, of how many. One broken submission never stops the others.
    Raises CourseError if a lesson was never released or there is no such cluster, SandboxError
    if there is no sandbox on this machine.
    """
    results: list[Settled] = []

    def settle(result: Settled) -> None:
        results.append(result)
        told(result)

    lessons = lessons or released(course) or course.lessons()
    with opened(course) as gradebook, Workers(workers, scheduler) as crew:
        for lesson in lessons:
            _check(course, gradebook, lesson, student)

        def new() -> Iterator[Job]:
            for lesson in lessons:
                for one, why in _refused(course, lesson, student).items():
                    settle(Settled(one, lesson, "refused", notes=(f"{why}.",)))
                for job in jobs(course, lesson, student, unsafe_local, seed):
                    again = force or seed is not None
                    if isinstance(job, Job) and not again:
                        job = _as_before(course, gradebook, job) or job
                    if isinstance(job, Settled):
                        settle(job)
                    else:
                        yield job

        for job, answer in crew.judged(new()):
            settle(settled(course, gradebook, job, answer))
        _look_into(course, crew, [r for r in results if r.unsearched], unsafe_local, looked)
    return sorted(results, key=lambda r: (r.lesson, r.student))


def _look_into(
    course: Course,
    crew: Workers,
    wrong: list[Settled],
    unsafe_local: bool,
    looked: Callable[[int, int], None],
) -> None:
    """Search for what would make wrong answers right, and let their reports say it."""
    places = [(one.student, one.lesson) for one in wrong]
    looks = (Look(*place, read_graded(course, *place), unsafe_local) for place in places)
    for done, (job, outputs) in enumerate(crew.looked(looks), 1):
        complete(course, job.student, job.lesson, job.notebook, outputs)
        looked(done, len(places))


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
        raise CourseError(course.not_released(lesson)) from None
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


def jobs(
    course: Course, lesson: str, student: str | None, unsafe_local: bool, seed: int | None = None
) -> Iterator[Job | Settled]:
    """The submissions of a lesson, read one after the other as they are asked for.

    One of which nobody can say which notebook counts is settled: it waits for the instructor.
    """
    source = course.source(lesson).read_text(encoding="utf-8")
    known_by, tests = _known_by(source), _tests_known_by(source)
    if seed is None:
        seed = secrets.randbits(32)  # one for all, so that all are asked the same
    refused = _refused(course, lesson, student)
    known = functools.cache(lambda: lessons_known(course))
    for one in course.students(lesson) if student is None else [student]:
        if one in refused:
            continue
        folder = course.submitted(one, lesson)
        try:
            data, reason, left = notebook_in(folder, lesson, known)
        except Undecided as problem:
            yield Settled(one, lesson, "refused", notes=(f"{problem}.",))
            continue
        stamp = stamp_in(folder)
        if stamp and time_of(stamp) is None:
            left = (*left, f"{STAMP} holds no time, so nobody knows when this was handed in.")
        parts = (known_by, data or b"", stamp.encode())
        digests = b"".join(hashlib.sha256(part).digest() for part in parts)
        fingerprint = hashlib.sha256(digests).hexdigest()
        about = (one, lesson, source, data, reason, seed, fingerprint, unsafe_local, tests, left)
        yield Job(*about)


def _known_by(source: str) -> bytes:
    """By what a lesson's source is known to be the same as the last time: all but its kernel.

    The first edition wrote another kernel into it; that is no reason to grade a class again.
    """
    notebook = with_kernel(nbformat.reads(source, as_version=4), STUDENTS_KERNEL)
    return as_text(notebook).encode()


def _tests_known_by(source: str) -> str:
    """By what the tests of a lesson's source are known to be the same as the last time."""
    cells = nbformat.reads(source, as_version=4).cells
    return decided_by(tuple(tested_by(cell) for cell in cells if is_test(cell)))


def _as_before(course: Course, gradebook: OpenGradebook, job: Job) -> Settled | None:
    """The result of the last time, if that counts; a fault if the gradebook cannot be asked now."""
    try:
        return _graded_already(course, gradebook, job)
    except Exception as problem:
        if not explained(problem, course):
            raise
        return _fault(course, job, problem)


def _graded_already(course: Course, gradebook: OpenGradebook, job: Job) -> Settled | None:
    """The result of the last time, if nothing has changed since."""
    notebook = graded_notebook(course, job.student, job.lesson)
    own = notebook.metadata.get("cnnlab", {}) if notebook is not None else {}
    # Where nobody noted the tests, as in the first edition, they count as unchanged.
    if own.get("mark") != job.fingerprint or own.get("tests", job.tests) != job.tests:
        return None
    try:
        with gradebook.transaction():
            entry = gradebook.find_submission_notebook(job.lesson, job.lesson, job.student)
            score, most = scores(entry)
            by_hand = given_by_hand(entry)
    except MissingEntry:
        return None
    notes = (*own.get("repairs", ()), *by_hand)
    about = (job.student, job.lesson, "unchanged", score, most, notes)
    return Settled(*about, unsearched=UNSEARCHED in own)


def settled(course: Course, gradebook: OpenGradebook, job: Job, answer: Judged) -> Settled:
    """Record what a worker sent back."""
    about = (job.student, job.lesson)
    if answer.status == "fault":
        return Settled(*about, "fault", notes=answer.notes, seconds=answer.seconds)
    try:
        notebook = nbformat.v4.reads(answer.notebook)
        keep_earlier(course, gradebook, *about, notebook.metadata["cnnlab"].get("sha256", ""))
        entry = (course, gradebook, job.student, job.lesson, notebook)
        try:
            score, most, by_hand = record(*entry)
        except InvalidEntry as problem:
            if explained(problem, course):
                raise
            # Another grader entered the same student just now.
            score, most, by_hand = record(*entry)
    except CourseError:
        raise
    except Exception as problem:
        return _fault(course, job, problem, answer.seconds)
    notes = (*answer.notes, *by_hand)
    said = (answer.status, score, most, notes, answer.seconds, answer.otherwise)
    return Settled(*about, *said, UNSEARCHED in notebook.metadata["cnnlab"])


def _fault(course: Course, job: Job, problem: Exception, seconds: float = 0.0) -> Settled:
    """What is said of a submission that could not be recorded; the next run takes it up."""
    why = explained(problem, course) or f"{type(problem).__name__}: {problem}"
    notes = (f"it could not be recorded: {why}",)
    return Settled(job.student, job.lesson, "fault", notes=notes, seconds=seconds)
