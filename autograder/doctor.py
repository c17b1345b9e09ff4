"""``autograder doctor``: hand in every attack, grade them all, and say what held.

A course is made for the purpose, with words planted where no student may read, sockets that
listen, and a folder that everybody may write to. Each class of attackers is followed by an
honest student, so that what an attack spoils is seen. Restoring, sandbox, judge and recorder are
the real ones; only the time limits are shorter.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import re
import secrets
import shutil
import socket
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import nbformat

from . import build, judge, recorder
from .attacks import ATTACKS, Attack
from .collect import collect
from .course import Course
from .demo import everything_right, filled_in
from .feedback import feedback
from .sandbox import Sandbox

LESSON = "01_rolling_average"
EXERCISE = "conv1d"

CALL_SECONDS, AGAIN_SECONDS, WALL_SECONDS = 0.5, 0.1, 2.0
"""The limits that the attacks meet here; in earnest they are confine's, and longer."""

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
        self.honest = filled_in(released, answers)
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

    def notebook(self, attack: Attack, student: str, honest: Any = None) -> Any:
        """The attacker's notebook: everything right but for the exercise under attack."""
        answers = {EXERCISE: self.fill(attack.answer, student), "questions": "None."}
        answers["conv1d_layer"] = ""  # it would call conv1d, and fail with it
        notebook = filled_in(honest or self.honest, answers)
        if attack.change:
            attack.change(notebook)
        return notebook

    def hand_in(self, attack: Attack, student: str) -> None:
        """Put an attack where submissions come from."""
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
        return "; ".join(got)


@contextlib.contextmanager
def _short_limits() -> Iterator[None]:
    names = ("CALL_SECONDS", "AGAIN_SECONDS", "WALL_SECONDS")
    before = {name: getattr(judge, name) for name in names}
    for name in names:
        setattr(judge, name, globals()[name])
    try:
        yield
    finally:
        for name, value in before.items():
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


def examine(attacks: list[Attack] = ATTACKS, unsafe_local: bool = False) -> list[Verdict]:
    """Hand in the attacks, grade them, and look at what came of each.

    unsafe_local: without a sandbox, to see that what it keeps out would be noticed here;
    only for attacks that do no harm. Raises SandboxError if there is no sandbox.
    """
    if not unsafe_local:
        with Sandbox("numpy"):
            pass
    root = Path(tempfile.mkdtemp(prefix="doctor-"))
    try:
        place = Place(root)
        with _short_limits(), _environment(DOCTOR=place.secret, HOME=str(root / "home")):
            return _graded(place, attacks, unsafe_local)
    finally:
        with contextlib.suppress(UnboundLocalError):
            place.close()
        shutil.rmtree(root, ignore_errors=True)


def _graded(place: Place, attacks: list[Attack], unsafe_local: bool) -> list[Verdict]:
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
            folder = place.course.submitted(f"{student}-next", LESSON)
            folder.mkdir(parents=True)
            (folder / f"{LESSON}.ipynb").write_text(honest)
        if got := place.reached():
            why[student].append(got)
    for student in place.course.students(LESSON):
        if student[0] in "=+-@\t":
            why[student[-4:]].append("a student id is a formula")
    done = ""

    def told(result: recorder.Result) -> None:
        nonlocal done
        done = result.student[:4]
        if (got := place.reached()) and done in why:
            why[done].append(got)

    try:
        results = recorder.grade(
            place.course, [LESSON], workers=1, unsafe_local=unsafe_local, told=told
        )
    except Exception as problem:  # what a batch must never do
        for student in students:
            if student > done:
                why[student].append(f"was never graded: the batch ended with {problem!r}")
        results = []
    by_student = {result.student: result for result in results}
    rows = {row.student: row.marks for row in recorder.table(place.course, LESSON)}
    for student, attack in students.items():
        why[student] += _looked_at(place, student, attack, by_student, rows)
        after = rows.get(f"{student}-next", {})
        if attack in last and not (after and all(m.points == m.max_points for m in after.values())):
            why[student].append("the honest student after it and its like lost points")
    pages = {s for s, a in students.items() if a.goal == "page"}
    for folder in (place.course.root / "autograded").iterdir():
        if folder.name not in pages:
            shutil.rmtree(folder)
    feedback(place.course, [LESSON])
    for student in pages:
        path = place.course.feedback(student, LESSON) / f"{LESSON}.html"
        if not path.is_file():
            why[student].append("has no feedback page")
        elif is_alive(path.read_text()):
            why[student].append("its markup lives in the feedback")
    return [Verdict(attack, "; ".join(why[student])) for student, attack in students.items()]


def _looked_at(
    place: Place, student: str, attack: Attack, results: dict[str, Any], rows: dict[str, Any]
) -> Iterator[str]:
    """What an attacker got: points, a secret, or the grader's time."""
    marks = rows.get(student, {})
    if EXERCISE in marks and marks[EXERCISE].points > 0:
        yield f"earned {marks[EXERCISE].points:g} points"
    if any(mark.max_points > 4 for mark in marks.values()):
        yield "changed what can be earned"
    result = results.get(student)
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
    verdicts = examine()
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
    return 1 if lost else 0
