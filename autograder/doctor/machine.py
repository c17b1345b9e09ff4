"""``autograder doctor``: hand in every attack, grade them all, and say what held.

Courses are made for the purpose, one per worker, with words planted where no student may read,
sockets that listen, and a folder that everybody may write to. Each class of attackers is followed
by an honest student in the same warm process, so that what an attack spoils is seen. Restoring,
sandbox, judge, recorder, feedback, report and export are the real ones; only the time limits are
shorter.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
from cnnlab.engine.exercise import EXERCISES

from ..judging import submission
from ..judging.worker import Job, Judged
from ..recording import batch
from ..recording.grade import Settled, grade
from ..recording.table import table
from ..sandbox.cgroup import about_memory
from ..sandbox.sandbox import Sandbox
from .attacks import ATTACKS, Attack
from .environments import about_python
from .outcome import shown, spoiled, won
from .place import HONEST, Place

SHORT = {"CALL_SECONDS": 0.5, "AGAIN_SECONDS": 0.1, "WALL_SECONDS": 2.0}
"""The limits that the attacks meet here; honest students have the longer ones (inside.limits)."""


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What came of an attack: nothing ("" in why), or what it got."""

    attack: Attack
    why: str

    @property
    def held(self) -> bool:
        """Whether the grader held against it."""
        return not self.why


@contextlib.contextmanager
def _short_limits() -> Iterator[None]:
    """Give attackers less time than anybody gets in earnest, and honest students all of it."""
    work, limits = batch.work, {name: getattr(submission, name) for name in SHORT}

    def timed(job: Job) -> Judged:
        for name, value in (limits if job.student.endswith(HONEST) else SHORT).items():
            setattr(submission, name, value)
        return work(job)

    batch.work = timed
    try:
        yield
    finally:
        batch.work = work
        for name, value in limits.items():
            setattr(submission, name, value)


@contextlib.contextmanager
def _environment(**variables: str) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def examine(
    attacks: list[Attack] = ATTACKS, workers: int = 1, unsafe_local: bool = False
) -> list[Verdict]:
    """Hand in the attacks, grade them, and look at what came of each.

    workers: processes that share the classes of attacks; more than one only for ATTACKS.
    unsafe_local: without a sandbox, to see that what it keeps out would be noticed here;
    only for attacks that do no harm. Raises SandboxError if there is no sandbox.
    """
    if not unsafe_local:
        with Sandbox("numpy"):
            pass
    if workers == 1:
        return _examined(attacks, unsafe_local)
    shares = _shares(attacks, workers)
    with batch.pool_of(workers) as pool:  # by number, since an attack holds functions
        whys = dict(pair for part in pool.map(_examined_by_number, shares) for pair in part)
    return [Verdict(attack, whys[i]) for i, attack in enumerate(attacks)]


def _shares(attacks: list[Attack], workers: int) -> list[list[int]]:
    """The attacks' numbers, shared out by whole classes; what tries to stop us takes longer."""
    kinds: dict[str, list[int]] = {}
    for i, attack in enumerate(attacks):
        kinds.setdefault(attack.kind, []).append(i)

    def cost(numbers: list[int]) -> int:
        return sum(3 if attacks[i].goal == "stop" else 1 for i in numbers)

    shares: list[list[int]] = [[] for _ in range(workers)]
    for numbers in sorted(kinds.values(), key=cost, reverse=True):
        min(shares, key=cost).extend(numbers)
    return [sorted(share) for share in shares if share]


def _examined_by_number(numbers: list[int]) -> list[tuple[int, str]]:
    verdicts = _examined([ATTACKS[i] for i in numbers], unsafe_local=False)
    return [(i, verdict.why) for i, verdict in zip(numbers, verdicts, strict=True)]


def _examined(attacks: list[Attack], unsafe_local: bool) -> list[Verdict]:
    """The attacks, in their order, each in a course of the lesson that it is on."""
    lessons = [EXERCISES[attack.exercise].lesson for attack in attacks]
    found = {
        lesson: iter(
            _in_a_course(
                [a for a, its in zip(attacks, lessons, strict=True) if its == lesson],
                lesson,
                unsafe_local,
            )
        )
        for lesson in dict.fromkeys(lessons)
    }
    return [next(found[lesson]) for lesson in lessons]


def _in_a_course(attacks: list[Attack], lesson: str, unsafe_local: bool) -> list[Verdict]:
    root = Path(tempfile.mkdtemp(prefix="doctor-"))
    try:
        place = Place(root, lesson)
        with _short_limits(), _environment(DOCTOR=place.secret, HOME=str(root / "home")):
            return graded(place, attacks, unsafe_local)
    finally:
        with contextlib.suppress(UnboundLocalError):
            place.close()
        shutil.rmtree(root, ignore_errors=True)


def graded(place: Place, attacks: list[Attack], unsafe_local: bool = False) -> list[Verdict]:
    """Hand in, grade and show the attacks in a place, and look at what came of each."""
    students = {f"a{i:03}": attack for i, attack in enumerate(attacks)}
    why: dict[str, list[str]] = {student: [] for student in students}
    honest = nbformat.writes(place.honest)
    last = list({attack.kind: attack for attack in attacks}.values())
    for student, attack in students.items():
        try:
            if got := place.hand_in(attack, student):
                why[student].append(got)
        except Exception as problem:
            why[student].append(f"stopped the collection ({problem!r})")
        if attack in last:
            folder = place.course.submitted(f"{student}{HONEST}", place.lesson)
            folder.mkdir(parents=True)
            (folder / f"{place.lesson}.ipynb").write_text(honest)
            place.whose[f"{student}{HONEST}"] = student
        if got := place.reached():
            why[student].append(got)
    by_student: dict[str, Settled] = {}

    def told(result: Settled) -> None:
        by_student[result.student] = result
        if got := place.reached():
            why[place.whose[result.student]].append(got)

    try:
        grade(place.course, [place.lesson], workers=1, unsafe_local=unsafe_local, told=told)
    except Exception as problem:  # what a batch must never do
        for student, attacker in place.whose.items():
            if student not in by_student:
                why[attacker].append(f"was never graded: the batch ended with {problem!r}")
    rows = {row.student: row.exercises for row in table(place.course, place.lesson)}
    for student, attacker in place.whose.items():
        if student.endswith(HONEST):
            why[attacker] += spoiled(by_student.get(student), rows.get(student, {}))
        else:
            attack = students[attacker]
            why[attacker] += won(place, student, attack, by_student.get(student), rows)
    for attacker, said in shown(place, {s for s, a in students.items() if a.goal == "page"}):
        why[attacker].append(said)
    return [Verdict(attack, "; ".join(why[student])) for student, attack in students.items()]


def doctor(told: Callable[[str], Any] = print) -> int:
    """Examine this machine and tell, class by class; the exit status is 1 if anything got through.

    Raises SandboxError if there is no sandbox on this machine.
    """
    for warning in about_python():
        told(warning)
    told(about_memory())
    workers = min(len(os.sched_getaffinity(0)), 4)
    told(f"{len(ATTACKS)} attacks, {workers} at a time; about a minute on two cores.")
    verdicts = examine(workers=workers)
    kinds = list(dict.fromkeys(v.attack.kind for v in verdicts))
    for kind in kinds:
        those = [v for v in verdicts if v.attack.kind == kind]
        held = sum(v.held for v in those)
        told(f"{'✓' if held == len(those) else '✗'} {kind:32} {held:3} of {len(those)} held")
        for verdict in those:
            if not verdict.held:
                said = f"{verdict.attack.name}: {verdict.why}"
                told(textwrap.indent("\n".join(textwrap.wrap(said, 92)), "    "))
    lost = sum(not v.held for v in verdicts)
    told(
        f"{len(verdicts)} attacks of {len(kinds)} classes on this machine: "
        + ("all held." if not lost else f"{lost} did NOT hold. Grade nothing on it until they do.")
    )
    real = sum(v.attack.real for v in verdicts)
    told(
        f"{real} of them are seen to work where nothing protects, by "
        "tests/boundary/test_doctor.py;\nthe others would harm the machine, or are aimed at this "
        "grader alone."
    )
    return 1 if lost else 0
