"""Classes at random: whatever a download looks like, everybody's newest work is theirs alone.

A class of 30 with every shape of name hands in twice; two downloads of one of the shapes that an
LMS or an instructor makes are collected in any order, one perhaps twice, or both at once.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import os
import random
import re
import shutil
import unicodedata
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import nbformat
import pytest

from autograder.course import ROOT, Course, is_name
from autograder.intake.collect import collect
from autograder.intake.lms_names import folded
from autograder.intake.roster import plain
from autograder.tests.support import small_lesson
from autograder.tests.support.small_lesson import LESSON

CLASSES, MORE = 24, 240
DAY = datetime(2026, 11, 20, 12, 0)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return small_lesson.released_in(tmp_path_factory.mktemp("downloads"))


# ── notebooks ───────────────────────────────────────────────────────────────


class Notebooks:
    """The lesson's notebook as given, as worked on by somebody, and another lesson's."""

    def __init__(self, course: Course):
        released = nbformat.read(course.released(LESSON), as_version=4)
        self.cells = [{**c, "outputs": []} for c in released.cells]
        self.original = self._json(self.cells)
        other = ROOT / "notebooks/02_backprop_1d/02_backprop_1d.ipynb"
        cells = nbformat.read(other, as_version=4).cells
        self.other = self._json([c for c in cells if c.metadata.get("nbgrader")])

    def by(self, person: Person, attempt: int) -> bytes:
        """What a person (or a person's team) has made of it."""
        cells = [dict(c) for c in self.cells]
        answer = next(c for c in cells if "def conv1d(" in c["source"])
        answer["source"] += f"\n# {person.owner} attempt {attempt}."
        return self._json(cells)

    @staticmethod
    def _json(cells: list) -> bytes:
        return json.dumps({"cells": cells, "nbformat": 4, "metadata": {}}).encode()


# ── people ──────────────────────────────────────────────────────────────────

NAMES = [
    *("Anna Schmidt", "Anna Schmidt", "Jürgen Müller", "JOSÉ Álvarez", "रामकुमार शर्मा"),
    *("रामकमार शर्मा", "สมชาย ใจดี", "李" * 88, "李" * 89, "Anna-Lena Meier", "Anna-Lena Huber"),
    *("Sean O'Neil", "Sean O Neil", "d'Arcy, Zoë", "12345", "21_12345", "22_12345"),
    *("ada+hw@uni.example", "ada_hw@uni.example", "01_rolling_average", "02_backprop_1d"),
    *("lovelaceada_101_2002", "Participant One", "anon", "Nguyễn Thị", "Untitled", "submission 7"),
    *("Ann", "Ann-1", "Ann-Copy1", "Test, Student", "=cmd()", "x.y", "late"),
]


LESSONS = ("01_rolling_average", "02_backprop_1d")


@dataclasses.dataclass
class Person:
    """name: as the LMS or the instructor writes it. number: the LMS's. owner: whose work it is."""

    name: str
    number: int
    owner: str
    id: str = ""  # by the roster, if there is one
    email: str = ""
    team: str = ""

    @property
    def squashed(self) -> str:
        """As Canvas writes it."""
        return "".join(re.findall(r"\w+", self.name.casefold())).replace("_", "") or "x"


def people(rng: random.Random, fit: Callable[[str], bool], one_each: bool) -> list[Person]:
    names = [name for name in NAMES if fit(name)]
    if one_each:
        names = list(dict.fromkeys(names))
    names = rng.sample(names, min(len(names), 18))
    space = " " if fit("A B") else "_"
    names += [f"Student{i}{space}Name{i * 7}" for i in range(30 - len(names))]
    numbers = rng.sample(range(1000, 9999), 30)
    rng.shuffle(names)
    return [
        Person(n, number, f"p{i}") for i, (n, number) in enumerate(zip(names, numbers, strict=True))
    ]


# ── downloads ───────────────────────────────────────────────────────────────

# How files are called, by a person, the number of an upload, and the upload's own name.
MOODLE = "{name}_{number}_assignsubmission_file_"
SOURCES: dict[str, str] = {
    "moodle folders": MOODLE + "/{file}",
    "moodle 4 folders": "{name}_{number}_assignsubmission_file/{file}",
    "moodle below a folder": "Course 1/" + MOODLE + "/{file}",
    "moodle flat": MOODLE + "{file}",
    "moodle hidden": "Participant_{number}_assignsubmission_file_/{file}",
    "moodle teams": MOODLE + "/{file}",
    "canvas": "{squashed}_{number}_{upload}_{file}",
    "canvas late": "{squashed}{late}_{number}_{upload}_{file}",
    "canvas hidden": "anon_x{number}_{upload}_{file}",
    "folders": "{name}/{file}",
    "nbgrader": "{name}/" + LESSON + "/{file}",
    "folders below a folder": "assignment_1_export/{name}/{file}",
    "folders below a lesson's": LESSON + "/{name}/{file}",
    "files": "{name}{ending}",
    "zips": "{name}.zip",
    "Finder": "class/{name}/{file}",
}


@dataclasses.dataclass
class Class:
    """A class, how it hands in, and what was in its downloads: path → bytes, by origin."""

    rng: random.Random
    source: str
    books: Notebooks
    people: list[Person] = dataclasses.field(default_factory=list)
    roster: bool = False
    told: dict[str, bytes] = dataclasses.field(default_factory=dict)

    def __post_init__(self):
        self.people = people(self.rng, self._fits, not self.by_number)
        self.roster = self.rng.random() < 0.5 or self.source == "moodle teams"
        for i, person in enumerate(self.people):
            person.id, person.email = f"s{i:02}", f"person{i}@uni.example"
            if self.source == "moodle teams":
                person.team = person.owner = f"Team {i % 10}"

    @property
    def by_number(self) -> bool:
        """Whether an LMS's number tells people of one name apart."""
        return "{number}" in SOURCES[self.source]

    def _fits(self, name: str) -> bool:
        if name in LESSONS and not SOURCES[self.source].startswith("{name}"):
            return False  # then it is a folder of lessons
        if "{name}/" in SOURCES[self.source]:
            return len(name.encode()) < 255 and "(" not in name
        if self.source in ("files", "zips"):
            return is_name(name) and len(name.encode()) < 240
        return "_" not in name  # neither Moodle nor Canvas leaves one in

    def hard(self, person: Person) -> bool:
        """Whether nothing in a download (and the roster) says who this is."""
        others = [p for p in self.people if p is not person]
        if self.source in ("moodle hidden", "canvas hidden"):
            return self.roster
        if self.source.startswith("moodle"):
            return self.roster and any(plain(p.name) == plain(person.name) for p in others)
        if self.source.startswith("canvas"):
            return self.roster and any(p.squashed == person.squashed for p in others)
        alike = any(_as_id(p.name) == _as_id(person.name) for p in others)
        names = any(plain(p.name) == plain(person.name) for p in others)
        said = person.name in (*LESSONS, "Untitled")
        return alike or said or (self.roster and names) or self.asked

    @property
    def asked(self) -> bool:
        """Whether the second time it is asked if the folder around them is one student's, who has
        called folders in it as others are called: somebody in it is known then, and no roster
        says that all are."""
        around = self.source == "Finder" and not self.roster
        return around and any(is_name(person.name) for person in self.people)

    def write_roster(self, course: Course):
        text = io.StringIO()
        table = csv.writer(text)
        table.writerow(["id", "username", "email", "lms", "name", "group", "extension"])
        for p in self.people:
            lms = f"canvas:{p.number}" if self.rng.random() < 0.3 else ""
            lms = lms if self.source.startswith("canvas") else ""
            table.writerow([p.id, "", p.email, lms, p.name, p.team, ""])
        (course.root / "roster.csv").write_text(text.getvalue(), encoding="utf-8")

    # What one download holds.

    def download(self, at: Path, attempt: int) -> Path:
        """Write the download of everybody's attempt; a zip, or a folder as if unpacked."""
        members: dict[str, bytes] = {}
        done = set()
        for person in self.people:
            if person.owner not in done:
                done.add(person.owner)
                members |= self._of(person, attempt)
        when = DAY + timedelta(days=3 * attempt)
        long = any(len(part.encode()) > 240 for path in members for part in path.split("/"))
        as_zip = self.source in ("Finder",) or long or self.rng.random() < 0.5
        path = at / f"download{attempt}{'.zip' * as_zip}"
        made = _zip(members, when, self.source == "Finder") if as_zip else None
        if made:
            path.write_bytes(made)
        seconds = when.timestamp()
        latin = all(ord(c) < 256 for path in members for c in path)
        old_tool = latin and self.rng.random() < 0.5  # names are Latin-1 bytes
        for name, content in ({} if as_zip else members).items():
            file = path / (os.fsdecode(name.encode("latin-1")) if old_tool else name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
            os.utime(file, (seconds, seconds))
        prefix = f"{path.name} » " if as_zip else ""
        for name, content in members.items():
            self._tell(prefix + unicodedata.normalize("NFC", name), content)
        return path

    def _tell(self, origin: str, content: bytes):
        if re.search(r"(/|» )\.", origin) or "__MACOSX" in origin or re.search(r"[/ ]env/", origin):
            return
        if origin.endswith(".zip"):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                for name in archive.namelist():
                    self._tell(f"{origin} » {name}", archive.read(name))
        elif origin.endswith(".ipynb"):
            self.told[origin] = content

    def _of(self, person: Person, attempt: int) -> dict[str, bytes]:
        """One person's part of a download: path → bytes."""
        rng = self.rng
        files = self._files(person, attempt)
        if self.source == "zips" or rng.random() < 0.3:
            files = {f"all-{attempt}.zip": _zip(files, DAY - timedelta(days=attempt))}
        elif attempt == 2 and self.source.startswith("canvas"):  # it counts attempts
            files = {re.sub(r"(\.\w+)$", r"-1\1", name): data for name, data in files.items()}
        elif self.source == "files":
            files = {"x.ipynb": self.books.by(person, attempt)}
        if "/{file}" not in SOURCES[self.source]:
            files = {name: data for name, data in files.items() if "/" not in name}
        name = person.name
        if attempt == 2 and not self.source.startswith("canvas"):
            name = rng.choice([name, name, unicodedata.normalize("NFD", name), name.upper()])
        if self.source == "moodle teams":
            name = person.team
        late = rng.choice(["", "_LATE"])
        return {
            SOURCES[self.source].format(
                name=name.replace("/", "").replace("|", ""),
                number=person.number,
                squashed=person.squashed,
                upload=20000 + 2000 * attempt + i,
                late=late,
                file=file,
                ending=Path(file).suffix,
            ): content
            for i, (file, content) in enumerate(files.items())
        }

    def _files(self, person: Person, attempt: int) -> dict[str, bytes]:
        """What a person hands in: the work, and what lies beside it."""
        rng, books = self.rng, self.books
        mine = books.by(person, attempt)
        stem = rng.choice(
            [LESSON, "my answers", "x 1_2_y", "lösung", "Bob_7_assignsubmission_file"]
        )
        beside = rng.choice(["nothing", "original", "-Copy1", " (1)", "-Copy1 of the original"])
        files = {f"{stem}.ipynb": mine}
        if beside == "original":
            files = {f"{stem}.ipynb": books.original, f"{stem}-Copy1.ipynb": mine}
        elif beside == "-Copy1 of the original":
            files[f"{stem}-Copy1.ipynb"] = books.original
        elif beside != "nothing":
            files = {f"{stem}.ipynb": books.by(person, attempt - 1), f"{stem}{beside}.ipynb": mine}
        junk = {
            f"__MACOSX/._{stem}.ipynb": b"\0",
            f".ipynb_checkpoints/{stem}-checkpoint.ipynb": books.by(person, 0),
            ".venv/share/x.ipynb": books.by(person, 0),
            "env/pyvenv.cfg": b"",
            "env/share/y.ipynb": books.by(person, 0),
            "02_of_another_lesson.ipynb": books.other,
            "notes.txt": b"hello",
        }
        taken = [name for name in junk if rng.random() < 0.15]
        if "env/share/y.ipynb" in taken:
            taken.append("env/pyvenv.cfg")
        return files | {name: junk[name] for name in taken}


def _as_id(name: str) -> str:
    return folded(re.sub(r"[^\w.@-]+", "_", unicodedata.normalize("NFC", name)).strip("_.-"))


class _Finders(zipfile.ZipInfo):
    """A member with a decomposed name in UTF-8 that does not say that it is UTF-8."""

    def _encodeFilenameFlags(self):
        return unicodedata.normalize("NFD", self.filename).encode(), 0


def _zip(members: dict[str, bytes], when: datetime, finder: bool = False) -> bytes:
    """A zip, by Finder or an LMS."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in members.items():
            kind = _Finders if finder else zipfile.ZipInfo
            member = kind(name, when.timetuple()[:6])
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, content)
    return file.getvalue()


# ── what must be ────────────────────────────────────────────────────────────


def check(seed: int, made: Course, tmp_path: Path):
    rng = random.Random(seed)
    source = list(SOURCES)[seed % len(SOURCES)]
    for name in ("submitted", "replaced"):
        shutil.rmtree(made.root / name, ignore_errors=True)
    for name in ("received.jsonl", "roster.csv"):
        (made.root / name).unlink(missing_ok=True)
    them = Class(rng, source, Notebooks(made))
    if them.roster:
        them.write_roster(made)
    downloads = [them.download(tmp_path, attempt) for attempt in (1, 2)]
    calls = rng.choice(["0 1", "1 0", "0 0 1", "1 0 1", "01", "10"]).split()
    results = [collect(made, [downloads[int(i)] for i in call], LESSON) for call in calls]
    about = f"seed {seed}, {source}, roster {them.roster}, {calls}"
    everything_is_listed(them, results, about)
    newest_is_theirs_alone(them, made, results, about)
    assert all(r.handed_in is None for result in results for r in result.taken), about


def everything_is_listed(them: Class, results: list, about: str):
    """Each notebook by its origin, by its upload's if that was set aside, or by an equal one's."""
    said = [s for r in results for s in (*r.left, *r.refused, *(t.origin for t in r.taken))]
    text = "\n".join(said)
    heard = {
        content
        for origin, content in them.told.items()
        if origin in text or f"{origin.rpartition('.zip » ')[0]}.zip:" in text or "more: " in text
    }
    silent = [origin for origin, content in them.told.items() if content not in heard]
    assert silent == [], f"{about}: nothing is said of {silent}"


def _about(person: Person, refused: str, asked: bool) -> list[str]:
    """What is said of somebody whose work waits. asked: of all in a folder at once."""
    of = [f"{person.number}_", person.name, f"{person.id}:"]
    of += ["a folder around the students' folders?"] if asked else []
    return [said for said in refused.splitlines() if any(text in said for text in of)]


def newest_is_theirs_alone(them: Class, course: Course, results: list, about: str):
    found: dict[str, set[str]] = {}
    for student in course.students(LESSON):
        text = (course.submitted(student, LESSON) / f"{LESSON}.ipynb").read_text()
        (mark,) = re.findall(r"# ([\w ]+) attempt (\d)\.", text)
        found.setdefault(mark[0], set()).add((student, int(mark[1])))
    refused = "\n".join(s for r in results for s in r.refused)
    for person in them.people:
        there = found.get(person.owner, set())
        team = [p for p in them.people if p.owner == person.owner]
        said = _about(person, refused, them.asked)
        if not (them.hard(person) and said):
            assert {a for _, a in there} == {2}, f"{about}: {person} has {there}, {said}"
            assert len(there) == len(team), f"{about}: {person} is {there}"
        if them.roster and there:
            assert {s for s, _ in there} <= {p.id for p in team}, f"{about}: {person} {there}"
        assert len({s for s, _ in there}) <= len(team), f"{about}: {person} is several: {there}"
    owners = [s for there in found.values() for s, _ in there]
    assert len(owners) == len(set(owners)), about


@pytest.mark.parametrize("seed", range(CLASSES))
def test_everybodys_newest_work_is_theirs_alone(seed, made, tmp_path):
    check(seed, made, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(CLASSES, CLASSES + MORE))
def test_also_in_many_more_classes(seed, made, tmp_path):
    check(seed, made, tmp_path)
