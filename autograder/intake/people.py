"""Which student a name in a download means, by the roster and by who has handed in before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from ..course import Course
from .lms_names import Name, NobodysError, as_id, folded, ids_of
from .receipts import read_receipts
from .roster import (
    Person,
    from_elsewhere,
    plain,
    read_roster,
    squashed,
    students_of,
    write_roster,
)

_LINE = "give the right one's line in roster.csv its number, in the column lms"


class People:
    """Everybody known to a course, as one collection of a lesson sees them.

    new: ids to be taken although the roster does not have them.
    """

    def __init__(self, course: Course, lesson: str, new: Sequence[str] = ()):
        self.course = course
        self.roster = read_roster(course)
        self.asked_for = {folded(n) for n in new}
        self.ids = {folded(s): s for s in students_of(course)}
        self.numbers: dict[str, str] = {}
        self.seen: dict[str, set[str]] = defaultdict(set)  # numbers of a student in this lesson
        self.numbered: set[str] = set()  # ids with a number that tells people of one name apart
        for receipt in read_receipts(course.root):
            student, number = receipt.student, receipt.lms
            self.ids.setdefault(folded(student), student)
            if number.startswith("moodle:") and student.endswith("_" + number[7:]):
                self.numbered.add(student)
            # Moodle's are of one assignment; those of its teams may be the same as somebody's.
            if number and (receipt.lesson == lesson or not number.startswith("moodle:")):
                self.numbers[number] = student
                self.seen[student].add(number)
        for person in self.roster:
            self.ids[folded(person.id)] = person.id
            self.numbers.update(dict.fromkeys(person.lms, person.id))
        self.before = set(self.ids.values())
        self._told = False  # something that belongs into the roster

    def knows(self, text: str) -> bool:
        """Whether a text is somebody's id, login, address or name, or a team's."""
        name = Name(text, "folder")
        return bool(ids_of(text) & set(self.ids) or self._fitting(name) or self._members(name))

    def is_new(self, student: str) -> bool:
        """Whether a student has neither handed in before nor stands in the roster."""
        return student not in self.before

    def by_name_alone(self, student: str, number: str) -> bool:
        """Whether nothing but a name of Moodle's says who a student is."""
        moodle, _, digits = number.partition(":")
        return moodle == "moodle" and not self.roster and not student.endswith(f"_{digits}")

    def missing(self, there: set[str]) -> list[str]:
        """Who of the roster is not among some students."""
        return sorted({p.id for p in self.roster} - there)

    def in_row(self, row: dict[str, str]) -> str:
        """The student that a row of a table is about, or ""."""
        one = from_elsewhere(row)
        if one is None:
            return ""
        for number in one.lms:
            if number in self.numbers:
                return self.numbers[number]
        fits = (lambda p: bool(p.keys & one.keys), lambda p: bool(p.called & one.called))
        for fit in fits:
            if len(found := [p for p in self.roster if fit(p)]) == 1:
                return found[0].id
        texts = [one.id, one.username, one.email, one.number, *one.names]
        return next((self.ids[i] for text in texts for i in ids_of(text) if i in self.ids), "")

    def whose(self, name: Name, alike: set[str], teams: set[str]) -> tuple[list[str], str]:
        """The students that a name means: one, or a team's members; and the number of the one.

        alike: the numbers that one name has in this download, or the names that make one id.
        teams: of a download that has ``Team-Person``. Raises NobodysError, with what to do.
        """
        if name.lms in self.numbers:
            return [self.numbers[name.lms]], name.lms
        team, hyphen, rest = name.text.partition("-")
        if hyphen and team in teams and not self.knows(name.text):
            name = Name(rest, name.kind, name.number, name.late, name.file)
        if self.roster and not self._fitting(name) and (members := self._members(name)):
            return members, ""
        student = self._in_roster(name, alike) if self.roster else self._by_id(name, alike)
        self.ids.setdefault(folded(student), student)
        if name.number:
            self._remember(student, name)
        return [student], name.lms

    def save(self) -> None:
        """Write into the roster what was told in the meantime."""
        if self._told:
            write_roster(self.course, self.roster)
            self._told = False

    # ── with a roster ───────────────────────────────────────────────────────

    def _in_roster(self, name: Name, alike: set[str]) -> str:
        found = self._fitting(name)
        proposed = as_id(name.text) if not name.number else name.student
        if self._others(found, name, alike):
            proposed, found = as_id(f"{name.text}_{name.number}"), []
            if folded(proposed) not in self.asked_for:
                raise NobodysError(
                    f"another person called {name.text} by the LMS's number; {_LINE} "
                    f"({name.lms}), or take a new one with `--new {proposed}`"
                )
        if len(found) == 1:
            return found[0].id
        if found:
            ids = ", ".join(p.id for p in found)
            raise NobodysError(f"several people are called {name.text} ({ids}); {_LINE}")
        if folded(proposed) in self.asked_for:
            person = Person(proposed, names=[name.text], lms=[name.lms] * bool(name.lms))
            self.roster.append(person)
            self._told = True
            return proposed
        raise NobodysError(
            f"nobody in the roster is {name.text}; take a new student with `--new {proposed}`, or "
            "give the person a line in roster.csv"
        )

    def _fitting(self, name: Name) -> list[Person]:
        """The people of the roster whom a name fits: by id, login or address, else by name."""
        if name.kind == "anonymous":
            return []
        keys = ids_of(name.text)
        fits = [
            lambda p: folded(name.text) in p.keys,
            lambda p: bool(keys & p.keys),
            lambda p: plain(name.text) in p.called,
            lambda p: any(folded(name.text) in squashed(n) for n in p.names),
        ]
        if name.number:  # an LMS gives names, and an id that somebody took as name is no proof
            fits = [*fits[2:], *fits[:2]]
        return next((found for fit in fits if (found := [*filter(fit, self.roster)])), [])

    def _others(self, found: list[Person], name: Name, alike: set[str]) -> bool:
        """Whether a name is that of one who is known by another number in the same lesson."""
        if len(found) != 1 or not name.number:
            return False
        same_site = {n for n in self.seen[found[0].id] if n.partition(":")[0] == name.kind}
        return len(alike) > 1 or bool(same_site - {name.lms})

    def _members(self, name: Name) -> list[str]:
        """The students of a team; with Moodle's default group those who are in none."""
        if name.kind == "moodle" and not name.number:
            return [p.id for p in self.roster if not p.group]
        teams = {team for p in self.roster for team in p.teams}
        as_written, by_canvas = plain(name.text), folded(name.text)
        mine = {t for t in teams if plain(t) == as_written or by_canvas in squashed(t)}
        return [p.id for p in self.roster if p.teams & mine]

    def _remember(self, student: str, name: Name) -> None:
        """The LMS's number of a student, for the rest of this collection and those to come."""
        self.numbers[name.lms] = student
        self.seen[student].add(name.lms)
        person = next((p for p in self.roster if p.id == student), None)
        if person and name.lms not in person.lms and name.kind != "anonymous":
            person.lms.append(name.lms)
            self._told = True

    # ── without ─────────────────────────────────────────────────────────────

    def _by_id(self, name: Name, alike: set[str]) -> str:
        """The id that a name makes; a number is added where one name is several people's."""
        if name.kind == "moodle" and not name.number:
            raise NobodysError(
                "the hand-in of Moodle's default group: who is in no team, only a roster says "
                "(`autograder roster FILE.csv`)"
            )
        student = self.ids.get(folded(name.student), name.student)
        if not name.number and len(alike) > 1 and folded(name.text) != folded(student):
            raise NobodysError(f"another name beside it makes the same id, {student}; rename one")
        if name.kind != "moodle":
            return student
        numbered = as_id(f"{name.student}_{name.number}")
        namesakes = [s for s in self.numbered if folded(s.rpartition("_")[0]) == folded(student)]
        if len(alike) > 1 or self.seen[student]:
            return self.ids.get(folded(numbered), numbered)
        if namesakes:
            ids = ", ".join([student, *sorted(namesakes)])
            raise NobodysError(
                f"several people are called {name.text} ({ids}), and Moodle's number is another "
                "one in each assignment; make a roster (`autograder roster FILE.csv`: Moodle's "
                "grading worksheet of this assignment has the numbers)"
            )
        return student
