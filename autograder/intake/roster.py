"""Who is who: ``DIR/roster.csv``, made by ``autograder roster FILE…``, and the people known by it.

======== ==================================================================================
column   what it holds
======== ==================================================================================
id       the student id: the folder's name in submitted/, and in the gradebook
username the login, as on a JupyterHub
email
lms      the LMS's numbers of the person, as ``canvas:101 moodle:4711 moodle:9912``
name     names that the LMS gives the person, with `` | `` between several
group    of a team's hand-in every member gets the points
extension for later: what the person was granted
======== ==================================================================================

One line each, yours to edit. A course does without: then the names of downloads are the ids, as
``lms_names`` has it, and whoever has handed in is known from then on.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from ..course import Course, CourseError, is_name, write
from .lms_names import NobodysError, as_id, folded
from .receipts import read_receipts
from .times import TimesError, read_table

ROSTER = "roster.csv"
COLUMNS = ("id", "username", "email", "lms", "name", "group", "extension")
BETWEEN = " | "

_READ_AS = {
    "id": ("student id", "student_id"),
    "username": ("username", "sis login id", "user name", "login"),
    "email": ("email", "email address", "e-mail", "e-mail address"),
    "name": ("name", "full name", "student", "student name"),
    "first": ("first name", "first_name", "firstname", "given name"),
    "last": ("last name", "last_name", "surname", "lastname", "family name"),
    "number": ("id number", "sis user id", "idnumber"),
    "group": ("group", "groups", "group name", "section"),
    "extension": ("extension",),
    "lms": ("lms", "lms_user_id"),
    "identifier": ("identifier",),
}
"""What the columns of other tables are called, in small letters: of Moodle's list of participants
and grading worksheet, Canvas's gradebook, a hub's or nbgrader's list of students."""

_FORMULA = tuple("=+-@")


@dataclasses.dataclass
class Person:
    """A line of the roster; names and numbers may be several."""

    id: str = ""
    username: str = ""
    email: str = ""
    lms: list[str] = dataclasses.field(default_factory=list)
    names: list[str] = dataclasses.field(default_factory=list)
    group: str = ""
    extension: str = ""
    number: str = ""  # of the university; not kept, only to know a person by

    @property
    def keys(self) -> set[str]:
        """What a folder with this person's work may be called."""
        return {folded(k) for k in (self.id, self.username, self.email, self.number) if k}

    @property
    def teams(self) -> set[str]:
        """The groups that the person is in: Moodle lists all of them, with commas between."""
        return {self.group, *map(str.strip, re.split("[,;]", self.group))} - {""}

    @property
    def called(self) -> set[str]:
        """The person's names, as texts that are the same however they are written."""
        return {plain(name) for name in self.names} - {""}


def plain(name: str) -> str:
    """A name without order, capitals and punctuation: ``Lovelace, Ada`` is ``Ada Lovelace``."""
    return " ".join(sorted(re.findall(r"\w+", folded(name).replace("_", " "))))


def squashed(name: str) -> set[str]:
    """What Canvas makes of a name: ``lovelaceada``; also of one in the other order."""
    words = re.findall(r"\w+", folded(name))
    return {"".join(words), "".join(words[-1:] + words[:-1]), "".join(words[1:] + words[:1])}


# ── the file ────────────────────────────────────────────────────────────────


def read_roster(course: Course) -> list[Person]:
    """The people of a course; none without a roster. Raises CourseError for a damaged one."""
    path = course.root / ROSTER
    if not path.is_file():
        return []
    people = []
    rows = _rows(path)
    if rows and "id" not in rows[0]:
        raise CourseError(
            f"{path} has no column id; its first line must be {','.join(COLUMNS)}. To take people "
            "from another table, remove the file and name the table to `autograder roster`."
        )
    for row in rows:
        if not is_name(row.get("id", "")):
            raise CourseError(
                f"{path}: {row.get('id', '')!r} cannot be a student id; it must start with a "
                "letter or digit and hold only letters, digits and . _ - @. Correct the line, or "
                "remove the file and make it again with `autograder roster`."
            )
        people.append(_person(row))
    twice = [i for i, n in Counter(folded(p.id) for p in people).items() if n > 1]
    if twice:
        raise CourseError(f"{path} has {twice[0]!r} twice; leave one of the lines.")
    return people


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        rows = read_table(path)
    except TimesError as problem:
        raise CourseError(str(problem)) from None
    except OSError as problem:
        raise CourseError(f"{path} cannot be read ({problem.strerror}).") from None
    # On one line: some of it is told on a terminal.
    return [{k: " ".join(v.split()).removeprefix("'") for k, v in row.items()} for row in rows]


def _person(row: dict[str, str]) -> Person:
    return Person(
        row.get("id", ""),
        row.get("username", ""),
        row.get("email", ""),
        row.get("lms", "").split(),
        [name for name in row.get("name", "").split(BETWEEN) if name],
        row.get("group", ""),
        row.get("extension", ""),
    )


def write_roster(course: Course, people: Iterable[Person]) -> None:
    """Write the file, all of it or nothing."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    for p in sorted(people, key=lambda p: p.id):
        names = BETWEEN.join(name.replace("|", "/") for name in p.names)  # or one could be two
        cells = (p.id, p.username, p.email, " ".join(p.lms), names, p.group)
        # Names come from students: no spreadsheet is to take one for a formula.
        table.writerow(
            f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in (*cells, p.extension)
        )
    write(course.root / ROSTER, text.getvalue())


def add_to_roster(course: Course, paths: Sequence[Path]) -> tuple[list[Person], int, list[str]]:
    """Take people from tables into the roster; everybody in it then, how many are new, and a
    sentence for each row of which nobody can say whose it is.

    Raises CourseError for a table in which nobody is found.
    """
    people = read_roster(course)
    before = len(people)
    problems: list[str] = []
    handed_in = {folded(student): student for student in students_of(course)}
    handed_in |= {r.lms: r.student for r in read_receipts(course.root) if r.lms}
    for path in paths:
        if not path.is_file():
            raise CourseError(
                f"there is no file {path}; name a CSV file from Moodle, Canvas or Hub."
            )
        theirs = [p for row in _rows(path) if (p := from_elsewhere(row))]
        if not theirs:
            raise CourseError(
                f"nobody was found in {path}: it needs a first line with columns such as id, "
                "username, email, name (Moodle's participants or grading worksheet, Canvas's "
                "gradebook, a hub's list)."
            )
        for one in theirs:
            if not _merge(people, one, handed_in):
                who = ", ".join(filter(None, [*one.names, one.email, *one.lms]))
                problems.append(f"{path.name}: {who}: several lines of the roster fit this row")
    write_roster(course, people)
    return people, len(people) - before, problems


def from_elsewhere(row: dict[str, str]) -> Person | None:
    """The person in a row of some LMS's table, or None if there is none."""
    row = {re.sub(r"\s+", " ", k): v for k, v in row.items()}
    told = {
        key: next((row[name] for name in (key, *names) if row.get(name)), "")
        for key, names in _READ_AS.items()
    }
    name = told["name"] or " ".join(p for p in (told["first"], told["last"]) if p)
    lms = told["lms"].split()
    if "student" in row and "section" in row:  # Canvas's gradebook, whose id is Canvas's own
        if name.strip().casefold() in ("points possible", "student, test") or not told["id"]:
            return None
        lms, told["id"], told["group"] = [f"canvas:{told['id']}"], "", ""
    if found := re.search(r"(\d+)$", told["identifier"]):  # Moodle's: Participant 4711
        lms = [f"moodle:{found[1]}"]
    lms = [n if ":" in n else f"lms:{n}" for n in lms]
    one = Person(
        told["id"] if is_name(told["id"]) else "",
        told["username"],
        told["email"],
        lms,
        [name] if name else [],
        told["group"],
        told["extension"],
        told["number"],
    )
    return one if one.keys or one.names else None


def _merge(people: list[Person], one: Person, handed_in: dict[str, str]) -> bool:
    """Put what a table says of a person to what is known of them, or add the person.

    False if several fit. People of one name are the same only where nothing else says who they are.
    """
    same = [p for p in people if set(p.lms) & set(one.lms) or p.keys & one.keys]
    if not same and one.called:
        same = [p for p in people if p.called & one.called and not _differ(p, one)]
    if not same:
        one.id = _new_id(one, handed_in, {folded(p.id) for p in people})
        people.append(one)
        return True
    if len(same) > 1:
        return False
    (there,) = same
    for part in ("username", "email", "group", "extension"):
        setattr(there, part, getattr(one, part) or getattr(there, part))
    there.lms += [n for n in one.lms if n not in there.lms]
    there.names += [n for n in one.names if plain(n) not in there.called]
    return True


def _differ(one: Person, other: Person) -> bool:
    """Whether two of one name are two: both have an address, a login or such, and not the same."""
    parts = ("username", "email", "number")
    both = [(getattr(one, p), getattr(other, p)) for p in parts]
    return any(a and b and folded(a) != folded(b) for a, b in both)


def _new_id(one: Person, handed_in: dict[str, str], taken: set[str]) -> str:
    """The id of a person new in the roster: the one under which they have handed in already.

    handed_in: ids by themselves, folded, and by the LMS's numbers that they came with.
    """
    name = one.names[0] if one.names else ""
    of_name = []
    with suppress(NobodysError):
        of_name = [as_id(name)]
    of_canvas = [
        f"{written}_{number.partition(':')[2]}"
        for number in one.lms
        if number.startswith("canvas:")
        for written in sorted(squashed(name))
    ]
    ids = [one.id, *of_canvas, *of_name, one.username, one.number, one.email]
    for known in (handed_in.get(i) for i in (*one.lms, *map(folded, filter(None, ids)))):
        if known and folded(known) not in taken:
            return known
    usable = (one.id, one.username, one.email, one.number, *of_name)
    for i in usable:
        if i and is_name(i) and folded(i) not in taken:
            return i
    made = as_id(f"{name or one.email}_{one.number or len(taken) + 1}")
    return made


def students_of(course: Course) -> list[str]:
    """Everybody who has a folder in submitted/."""
    folder = course.root / "submitted"
    return sorted(p.name for p in folder.glob("*") if is_name(p.name)) if folder.is_dir() else []
