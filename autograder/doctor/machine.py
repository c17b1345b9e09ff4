"""``autograder doctor``: hand in every attack, grade them all, and say what held.

Courses are made for the purpose, one per worker, with words planted where no student may read,
sockets that listen, and a folder that everybody may write to. Each class of attackers is followed
by an honest student in the same warm process, so that what an attack spoils is seen. Restoring,
sandbox, judge, recorder, feedback, report and export are the real ones; only the time limits are
shorter.
"""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import io
import json
import os
import re
import secrets
import shutil
import socket
import sqlite3
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.api import Gradebook

from ..course import Course
from ..demo.demo import everything_right, filled_in
from ..intake.collect import collect
from ..judging import judge
from ..pages.class_report import report
from ..pages.feedback import feedback
from ..pages.lms import export
from ..recording import grade as recorder
from ..releasing import build
from ..sandbox.sandbox import Sandbox
from .attacks import ATTACKS, Attack

LESSON = "01_rolling_average"
EXERCISE = "conv1d"

SHORT = {"CALL_SECONDS": 0.5, "AGAIN_SECONDS": 0.1, "WALL_SECONDS": 2.0}
"""The limits that the attacks meet here; honest students have the longer ones (inside.limits)."""

HONEST = "-next"
"""How the ids of the honest students end, who follow the attackers."""

DELAY = 20.0
"""Seconds by the clock that no submission may take with these limits, on a busy machine too."""


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What came of an attack: nothing ("" in why), or what it got."""

    attack: Attack
    why: str

    @property
    def held(self) -> bool:
        """Whether the grader held against it."""
        return not self.why


class Place:
    """A course with secrets around it, made to be attacked. root: an empty folder."""

    def __init__(self, root: Path):
        self.root, self.course = root, Course(root / "course")
        self.whose: dict[str, str] = {}  # student id → the attacker, whatever the id was made of
        self.secret = f"planted-{secrets.token_hex(8)}"
        root.chmod(0o755)
        solutions = root / "solutions"
        solutions.mkdir()
        hidden = "### BEGIN HIDDEN TESTS"
        text = (build.SOLUTIONS / f"{LESSON}.md").read_text(encoding="utf-8")
        text = text.replace(hidden, f"{hidden}\n# {self.secret}")
        (solutions / f"{LESSON}.md").write_text(text, encoding="utf-8")
        with contextlib.redirect_stderr(None):
            build.release(self.course, [LESSON], solutions=solutions, notebooks=root / "notebooks")
        self.course.root.chmod(0o755)  # the sandbox has to hold, not the folder's permissions
        released = nbformat.read(root / "notebooks" / LESSON / f"{LESSON}.ipynb", as_version=4)
        source = nbformat.read(self.course.source(LESSON), as_version=4)
        answers = everything_right(source) | {"questions": f"What is {self.secret}?"}
        self.honest, self.blank = filled_in(released, answers), released
        for name in ("above.txt", "course/notes.txt", "home/.ssh/id_ed25519"):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(self.secret)
        (root / "honest.ipynb").write_text(nbformat.writes(self.honest))
        (root / "written").mkdir()
        (root / "written").chmod(0o777)
        self._listen()

    def _listen(self) -> None:
        self.abstract = f"doctor-{secrets.token_hex(4)}"
        tcp = socket.create_server(("127.0.0.1", 0), backlog=50)
        self.port = tcp.getsockname()[1]
        udp = socket.socket(type=socket.SOCK_DGRAM)
        udp.bind(("127.0.0.1", self.port))
        self.sockets = [tcp, udp]
        for address in ("\0" + self.abstract, str(self.root / "socket")):
            local = socket.socket(socket.AF_UNIX)
            local.bind(address)
            local.listen(50)
            self.sockets.append(local)
        (self.root / "socket").chmod(0o777)
        for one in self.sockets:
            one.setblocking(False)

    def close(self) -> None:
        """Stop listening."""
        for one in self.sockets:
            one.close()

    def fill(self, text: str, student: str) -> str:
        """A text of an attack with what this attacker knows."""
        known = {"ROOT": self.root, "COURSE": self.course.root, "NAME": student}
        known |= {"PORT": self.port, "ABSTRACT": self.abstract}
        return re.sub("@([A-Z]+)@", lambda found: str(known.get(found[1], found[0])), text)

    def notebook(self, attack: Attack, student: str) -> Any:
        """The attacker's notebook: nothing is solved, so nothing is to be earned."""
        answers = {EXERCISE: self.fill(attack.answer, student), "questions": "None."}
        notebook = filled_in(self.blank, answers)
        if attack.change:
            attack.change(notebook)
        return notebook

    def hand_in(self, attack: Attack, student: str) -> None:
        """Put an attack where submissions come from."""
        before = set(self.course.students(LESSON))
        self._hand_in(attack, student)
        for made in {student} | set(self.course.students(LESSON)) - before:
            self.whose[made] = student

    def _hand_in(self, attack: Attack, student: str) -> None:
        if attack.person:
            with Gradebook(self.course.db_url, self.course.course_id) as gradebook:
                gradebook.update_or_create_student(student, **attack.person)
        folder = self.course.submitted(student, LESSON)
        text = nbformat.writes(self.notebook(attack, student))
        if attack.place:
            attack.place(folder, self.root)
        elif attack.archive:
            path = self.root / "download.zip"
            path.write_bytes(attack.archive(student, text.encode()))
            collect(self.course, [path], LESSON)
        else:
            folder.mkdir(parents=True)
            (folder / f"{LESSON}.ipynb").write_text(text)
            for name, content in attack.files.items():
                (folder / name).write_text(self.fill(content, student))

    def reached(self) -> str:
        """What has been reached from inside since the last time, in words, or ""."""
        got = []
        for one in self.sockets:
            count = len(got)
            with contextlib.suppress(OSError):
                while True:  # until nobody is waiting any more
                    if one.type == socket.SOCK_DGRAM:
                        one.recv(100)
                    else:
                        one.accept()[0].close()
                    got[count:] = ["reached a socket outside"]
        for path in (self.root / "written").iterdir():
            path.unlink()
            got.append("wrote a file outside")
        for name in ("above.txt", "course/notes.txt", "home/.ssh/id_ed25519"):
            path = self.root / name
            if path.read_text() != self.secret:
                path.write_text(self.secret)
                got.append("changed a file outside")
        with contextlib.closing(sqlite3.connect(self.course.root / "gradebook.db")) as database:
            if database.execute("pragma user_version").fetchone() != (0,):
                database.execute("pragma user_version = 0")
                got.append("wrote into the gradebook")
        return "; ".join(got)


@contextlib.contextmanager
def _short_limits() -> Iterator[None]:
    """Give attackers less time than anybody gets in earnest, and honest students all of it."""
    work, limits = recorder.work, {name: getattr(judge, name) for name in SHORT}

    def timed(job: recorder.Job) -> dict[str, Any]:
        for name, value in (limits if job.student.endswith(HONEST) else SHORT).items():
            setattr(judge, name, value)
        return work(job)

    recorder.work = timed
    try:
        yield
    finally:
        recorder.work = work
        for name, value in limits.items():
            setattr(judge, name, value)


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
    with recorder._pool(workers) as pool:  # by number, since an attack holds functions
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
    root = Path(tempfile.mkdtemp(prefix="doctor-"))
    try:
        place = Place(root)
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
            place.hand_in(attack, student)
        except Exception as problem:
            why[student].append(f"stopped the collection ({problem!r})")
        if attack in last:
            folder = place.course.submitted(f"{student}{HONEST}", LESSON)
            folder.mkdir(parents=True)
            (folder / f"{LESSON}.ipynb").write_text(honest)
            place.whose[f"{student}{HONEST}"] = student
        if got := place.reached():
            why[student].append(got)
    by_student: dict[str, recorder.Result] = {}

    def told(result: recorder.Result) -> None:
        by_student[result.student] = result
        if got := place.reached():
            why[place.whose[result.student]].append(got)

    try:
        recorder.grade(place.course, [LESSON], workers=1, unsafe_local=unsafe_local, told=told)
    except Exception as problem:  # what a batch must never do
        for student, attacker in place.whose.items():
            if student not in by_student:
                why[attacker].append(f"was never graded: the batch ended with {problem!r}")
    rows = {row.student: row.marks for row in recorder.table(place.course, LESSON)}
    for student, attacker in place.whose.items():
        if student.endswith(HONEST):
            why[attacker] += _spoiled(by_student.get(student), rows.get(student, {}))
        else:
            attack = students[attacker]
            why[attacker] += _won(place, student, attack, by_student.get(student), rows)
    for attacker, said in _shown(place, {s for s, a in students.items() if a.goal == "page"}):
        why[attacker].append(said)
    return [Verdict(attack, "; ".join(why[student])) for student, attack in students.items()]


def _spoiled(result: recorder.Result | None, marks: dict[str, recorder.Mark]) -> Iterator[str]:
    """What the honest student has suffered who was graded after a class of attacks."""
    if not marks or any(mark.points != mark.max_points for mark in marks.values()):
        yield "the honest student after it and its like lost points"
    if result is not None and result.seconds > DELAY:
        yield f"the honest student after it and its like took {result.seconds:.0f} seconds"


def _won(
    place: Place,
    student: str,
    attack: Attack,
    result: recorder.Result | None,
    rows: dict[str, dict[str, recorder.Mark]],
) -> Iterator[str]:
    """What an attacker got: points, a secret, or the grader's time."""
    marks = rows.get(student, {})
    earned = sum(mark.points for mark in marks.values())
    if earned > 0:
        yield f"earned {earned:g} points"
    if any(mark.max_points > 4 for mark in marks.values()):
        yield "changed what can be earned"
    if result is not None and result.status == "fault":
        yield f"the grader failed: {result.notes[0]}"
    if result is not None and result.seconds > DELAY:
        yield f"took {result.seconds:.0f} seconds"
    path = place.course.autograded(student, LESSON) / f"{LESSON}.ipynb"
    if path.is_file():
        cells = nbformat.read(path, as_version=4).cells
        shown = json.dumps([cell.get("outputs", []) for cell in cells])
        if place.secret in shown or (attack.word and attack.word in shown):
            yield "read what it must not"


def _shown(place: Place, pages: set[str]) -> Iterator[tuple[str, str]]:
    """(attacker, what lives of it) in the feedback, the report and the table of points.

    pages: the attackers whose feedback is looked at.
    """
    table = place.root / "points.csv"
    export(place.course, table)
    for cells in formulas(table.read_text(encoding="utf-8-sig")):
        for attacker in {a for student, a in place.whose.items() if student in cells}:
            yield attacker, "a formula of its lives in the exported table"
    for folder in (place.course.root / "autograded").iterdir():
        if place.whose[folder.name] not in pages:
            shutil.rmtree(folder)
    if not pages:
        return
    feedback(place.course, [LESSON])
    alive = is_alive(report(place.course, [LESSON]).read_text(encoding="utf-8"))
    for student in pages:
        path = place.course.feedback(student, LESSON) / f"{LESSON}.html"
        if not path.is_file():
            yield student, "has no feedback page"
        elif is_alive(path.read_text(encoding="utf-8")):
            yield student, "its markup lives in the feedback"
        if alive:
            yield student, "its or its like's markup lives in the report on the class"


def formulas(text: str) -> list[list[str]]:
    """The rows of a CSV file, in cells, with one that a spreadsheet computes.

    Whatever parts cells where it is opened: a comma, a semicolon or a tab.
    """
    start = tuple("=+-@\t\r＝＋－＠")
    found = {}
    for mark in ",;\t":
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=mark):
            if any(cell.lstrip(" ").startswith(start) for cell in row):
                found[tuple(re.split("[,;\t]", mark.join(row)))] = row
    return [list(cells) for cells in found]


class _Markup(HTMLParser):
    """Looks for "alive" where a browser would run it."""

    def __init__(self) -> None:
        super().__init__()
        self.alive, self._inside = False, ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag
        texts = [value or "" for name, value in attrs if name not in ("alt", "title", "content")]
        self.alive |= any("alive" in text for text in texts)

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        self.alive |= self._inside in ("script", "style") and "alive" in data


def is_alive(page: str) -> bool:
    """Whether the markup of an attack is markup in a page, not text."""
    parser = _Markup()
    parser.feed(page)
    return parser.alive


def doctor(told: Callable[[str], Any] = print) -> int:
    """Examine this machine and tell, class by class; the exit status is 1 if anything got through.

    Raises SandboxError if there is no sandbox on this machine.
    """
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
        f"{real} of them are seen to work where nothing protects, by tests/test_doctor.py;\n"
        "the others would harm the machine, or are aimed at this grader alone."
    )
    return 1 if lost else 0
