"""A course made to be attacked, with what an attacker would like to have around it."""

from __future__ import annotations

import contextlib
import re
import secrets
import shutil
import socket
import sqlite3
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook

from ..course import Course
from ..intake.collect import collect
from ..releasing import build
from ..students import everything_right, filled_in
from .attacks import Attack
from .attacks.impersonating import VICTIM

LESSON = "01_rolling_average"

HONEST = "-next"
"""How the ids of the honest students end, who follow the attackers."""


class Place:
    """A course of one lesson with secrets around it, made to be attacked. root: an empty folder."""

    def __init__(self, root: Path, lesson: str = LESSON):
        self.root, self.course, self.lesson = root, Course(root / "course"), lesson
        self.whose: dict[str, str] = {}  # student id → the attacker, whatever the id was made of
        self.secret = f"planted-{secrets.token_hex(8)}"
        root.chmod(0o755)
        solutions = root / "solutions"
        solutions.mkdir()
        hidden = "### BEGIN HIDDEN TESTS"
        text = (build.SOLUTIONS / f"{self.lesson}.md").read_text(encoding="utf-8")
        text = text.replace(hidden, f"{hidden}\n# {self.secret}")
        (solutions / f"{self.lesson}.md").write_text(text, encoding="utf-8")
        with contextlib.redirect_stderr(None):
            build.release(
                self.course, [self.lesson], solutions=solutions, notebooks=root / "notebooks"
            )
        self.course.root.chmod(0o755)  # the sandbox has to hold, not the folder's permissions
        released = nbformat.read(
            root / "notebooks" / self.lesson / f"{self.lesson}.ipynb", as_version=4
        )
        source = nbformat.read(self.course.source(self.lesson), as_version=4)
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

    def notebook(self, attack: Attack, student: str) -> NotebookNode:
        """The attacker's notebook: nothing is solved, so nothing is to be earned."""
        answers = {attack.exercise: self.fill(attack.answer, student), "questions": "None."}
        notebook = filled_in(self.blank, answers)
        if attack.change:
            attack.change(notebook)
        return notebook

    def hand_in(self, attack: Attack, student: str) -> str:
        """Put an attack where submissions come from; in words what it got by that, or ""."""
        victim = self.course.submitted(VICTIM, self.lesson)
        if attack.goal == "impersonate":
            victim.mkdir(parents=True)
            (victim / f"{self.lesson}.ipynb").write_text(self.secret)
            (victim / "timestamp.txt").write_text("1970-01-02 00:00:00 UTC")  # older than any other
        before = set(self.course.students(self.lesson))
        self._hand_in(attack, student)
        made = set(self.course.students(self.lesson)) - before
        for one in {student} | made:
            self.whose[one] = student
        if attack.goal != "impersonate":
            return ""
        replaced = (victim / f"{self.lesson}.ipynb").read_text() != self.secret
        shutil.rmtree(victim.parent)
        others = made - {student} | ({VICTIM} if replaced else set())
        return f"its work was taken for that of {', '.join(sorted(others))}" if others else ""

    def _hand_in(self, attack: Attack, student: str) -> None:
        if attack.person:
            with Gradebook(self.course.db_url, self.course.course_id) as gradebook:
                gradebook.update_or_create_student(student, **attack.person)
        folder = self.course.submitted(student, self.lesson)
        text = nbformat.writes(self.notebook(attack, student))
        if attack.place:
            attack.place(folder, self.root)
        elif attack.archive:
            path = self.root / "download.zip"
            path.write_bytes(attack.archive(student, text.encode()))
            collect(self.course, [path], self.lesson)
        else:
            folder.mkdir(parents=True)
            (folder / f"{self.lesson}.ipynb").write_text(text)
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
