"""Take in what students handed in: ``autograder collect PATH… --assignment LESSON``.

A PATH is a download: a notebook, a folder, a zip, as an LMS or the instructor made it; a ``.csv``
among them is a table of times (``times``). Zips inside are uploads and are opened, too. Whose a
notebook is, the outermost name says (``lms_names``, ``people``); of several, the one that counts
is chosen (``which``). Whatever is not taken is listed, with the reason.

Only the notebook is taken, under the lesson's name: a ``numpy.py`` beside it stays behind.
Nothing is unpacked to disk by a name that a student chose. What was there before is kept in
``replaced/``, and each notebook taken gets a line in ``received.jsonl`` (``receipts``).
"""

from __future__ import annotations

import dataclasses
import errno
import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path

from ..choices import read_choices
from ..course import Course, CourseError
from ..paths import read_file, why_not
from .collected import Collected
from .files import Entry, Found, download, notebooks_in, readable
from .limits import UPLOAD_BYTES, NoRoomError, Room
from .lms_names import NobodysError, alike, by_lms, names_in, shared, teams
from .others import about_others, person_in
from .people import People
from .receipts import Receipt, read_receipts
from .submitted import stamp_in, time_of
from .taking import clear_up, kept_in, put, put_time
from .times import TimesError, table_of_times, why_not_believed
from .which import ZONES, Candidate, choose, lessons_known

_FULL = {errno.ENOSPC: "the disk is full", errno.EDQUOT: "the quota of the disk is used up"}


class CollectError(ValueError):
    """A path that cannot be collected from at all; the message says why."""


@dataclasses.dataclass(frozen=True)
class _Upload:
    """Something handed in by somebody.

    lms: the LMS's number of that person, or "". late: the LMS says so. disbelieved: why its time
    is none of handing in, or "". download: in which it was.
    """

    entry: Entry
    lms: str
    late: bool
    disbelieved: str
    download: Path


def collect(
    course: Course, paths: Sequence[Path], lesson: str, new: Sequence[str] = ()
) -> Collected:
    """Put every notebook found under ``paths`` into ``submitted/STUDENT/LESSON/``.

    new: students to take although the roster does not have them.
    Raises CourseError for an unknown lesson and CollectError for a path that does not exist.
    Whatever else is wrong is set aside by itself, with a sentence, and stops nothing.
    """
    course.chosen([lesson])
    paths = [Path(path) for path in paths]
    if all(path.suffix.lower() == ".csv" for path in paths):
        raise CollectError(
            "there is nothing to collect: name the download beside the table of times, which may "
            "be one that was collected before."
        )
    for path in paths:
        if not path.exists():
            raise CollectError(f"there is nothing at {path}; name a notebook, a folder or a zip.")
    return _Collection(course, lesson, new).of(paths)


class _Collection:
    """One collection of a lesson, and what has come of it so far."""

    def __init__(self, course: Course, lesson: str, new: Sequence[str]):
        self.course, self.lesson = course, lesson
        self.people = People(course, lesson, new)
        self.lessons = lessons_known(course)
        self.before = {r.student: r for r in read_receipts(course.root) if r.lesson == lesson}
        self.beside: set[str] = set()  # the LMS's numbers in the names of what is collected
        self.times: dict[str, tuple[datetime, str]] = {}
        self.left: list[str] = []
        self.refused: list[str] = []

    def of(self, paths: Sequence[Path]) -> Collected:
        """Collect from some downloads, with the tables of times among them."""
        taken: list[Receipt] = []
        stopped = ""
        tables = [path for path in paths if path.suffix.lower() == ".csv"]
        clear_up(self.course, self.lesson)
        with ExitStack() as stack:
            uploads: dict[str, list[_Upload]] = defaultdict(list)
            self.beside = {n.lms for path in paths if (n := by_lms(readable(path.name)))}
            for path in paths:
                if path not in tables:
                    self._sort(path, stack, uploads)
            for table in tables:
                self._read_times(table)
            for student, handed_in in sorted(uploads.items()):
                try:
                    receipt = self._of_student(student, handed_in)
                except OSError as problem:
                    if problem.errno not in _FULL:
                        self.refused.append(f"{student}: could not be written ({problem.strerror})")
                        continue
                    stopped = (
                        f"Stopped at {student}: {_FULL[problem.errno]}. Make room and run the same "
                        "command again; it takes up what is left."
                    )
                    break
                taken += [receipt] if receipt else []
        there = {r.student for r in taken}
        with suppress(CourseError):  # submitted/ is a link, as was said of each
            there |= set(self.course.students(self.lesson))
        new = {r.student for r in taken if self.people.is_new(r.student)}
        by_name = {r.student for r in taken if self.people.by_name_alone(r.student, r.lms)}
        missing = self.people.missing(there)
        return Collected(taken, self.left, self.refused, missing, new, by_name, stopped)

    # ── whose ───────────────────────────────────────────────────────────────

    def _sort(self, path: Path, stack: ExitStack, uploads: dict[str, list[_Upload]]) -> None:
        """The uploads of a download, by student id."""
        one_persons = self._is_one_persons(path)
        before = len(self.refused)
        entries, made = stack.enter_context(download(path, one_persons, self.refused))
        if not entries and len(self.refused) == before:
            self.refused.append(f"{path}: there is nothing in it")
        ours = [e for e in entries if not e.junk and (e.is_notebook or e.is_zip)]
        about = (set(self.lessons), self.people.knows, bool(self.people.roster))
        names, around = names_in([e.parts for e in ours], *about)
        people = {person_in(e.parts, around) for e in ours}
        left, refused = about_others(
            [e for e in entries if e.junk or not (e.is_notebook or e.is_zip)], around, people
        )
        self.left += left
        self.refused += refused
        disbelieved = why_not_believed([e.written for e in ours], made)
        in_teams = teams(names)
        several = alike(names)
        for problem in {id(n): n for n in names if isinstance(n, NobodysError)}.values():
            origins = [e.origin for e, n in zip(ours, names, strict=True) if n is problem]
            more = f" and {len(origins) - 1} more" if len(origins) > 1 else ""
            self.refused.append(f"{origins[0]}{more}: {problem}")
        for entry, name, why in zip(ours, names, disbelieved, strict=True):
            if isinstance(name, NobodysError):
                continue
            other = next((p for p in entry.parts[:-1] if p in self.lessons), self.lesson)
            if other != self.lesson:
                self.left.append(f"{entry.origin}: belongs to {other}, not to {self.lesson}")
                continue
            try:
                students, lms = self.people.whose(name, several[shared(name)], in_teams)
            except NobodysError as problem:
                self.refused.append(f"{entry.origin}: {problem}")
                continue
            for student in students:
                uploads[student].append(_Upload(entry, lms, name.late, why, path))
        self.people.save()

    def _is_one_persons(self, path: Path) -> bool:
        """Whether a path that was named is an upload, by its name, as in ``collect *.zip``."""
        name = readable(path.resolve().name)
        by = by_lms(name)
        if by and by.kind != "moodle":  # or a date, as in submissions_2026_11_20.zip
            return by.lms in self.people.numbers or len(self.beside) > 1
        return by is not None or self.people.knows(name if path.is_dir() else Path(name).stem)

    def _read_times(self, path: Path) -> None:
        """The times in a table, by student id."""
        try:
            rows = table_of_times(path, read_choices(self.course).zone)
        except TimesError as problem:
            raise CollectError(str(problem)) from None
        found: dict[str, set[datetime]] = defaultdict(set)
        for row, when in rows:
            student = self.people.in_row(row)
            if student:
                found[student].add(when)
            else:
                who = ", ".join([v for v in row.values() if v][:3])
                self.refused.append(f"{path.name}: nobody known is in the row {who}")
        for student, times in found.items():
            if len(times) == 1:
                self.times[student] = (times.pop(), f"the table {path.name}")
            else:  # of people of one name, for example: which is whose would be a guess
                what = f"{len(times)} different times for {student}, of which none is taken"
                self.refused.append(f"{path.name}: {what}")

    # ── which, and when ─────────────────────────────────────────────────────

    def _of_student(self, student: str, uploads: list[_Upload]) -> Receipt | None:
        """Take the one notebook of a student's, if there is one."""
        by_content: dict[bytes, _Upload] = {}
        candidates: list[Candidate] = []
        problems: list[str] = []
        came: dict[Path, datetime] = {}
        for upload in uploads:
            when = upload.entry.written.time
            came[upload.download] = max(when, came.get(upload.download, when))
        room = Room()
        for upload in uploads:
            for found in self._looked_at(student, upload, room, problems):
                by_content.setdefault(found.content, upload)
                about = (found.name, found.origin, found.content, found.written.time)
                exact = upload.entry.written.exact
                candidates.append(Candidate(*about, exact, came[upload.download]))
        self.refused += problems
        if not candidates:
            if not problems:
                self.refused.append(f"{uploads[0].entry.origin}: there is no notebook in it")
            return None
        chosen = choose(candidates, self.lesson, self.lessons)
        self.left += [f"{origin}: {why}" for origin, why in chosen.left]
        if chosen.one is None:
            zips = [u.entry.origin for u in uploads if u.entry.is_zip]
            whole = f"; if {zips[0]} is a whole download, collect it by itself" if zips else ""
            self.refused.append(f"{student}: {chosen.why}{whole}")
            return None
        upload = by_content[chosen.one.content]
        written = upload.entry.written
        handed_in, source = written.time, written.source
        if upload.disbelieved:
            handed_in, source = None, upload.disbelieved
        if student in self.times:
            handed_in, source = self.times[student]
        receipt = Receipt(
            student,
            self.lesson,
            chosen.one.origin,
            hashlib.sha256(chosen.one.content).hexdigest(),
            handed_in or (written.time if written.exact else written.time.replace(tzinfo=None)),
            handed_in,
            source,
            upload.lms,
            upload.late,
        )
        return self._take(receipt, chosen.one)

    @staticmethod
    def _looked_at(
        student: str, upload: _Upload, room: Room, problems: list[str]
    ) -> Iterator[Found]:
        """The notebooks of an upload, as many as there is room for."""
        try:
            yield from notebooks_in(upload.entry, room, problems)
        except NoRoomError as problem:
            origin = upload.entry.origin
            problems.append(f"{origin}: {student} handed in {problem}; what is beyond is left")

    # ── taking ──────────────────────────────────────────────────────────────

    def _take(self, receipt: Receipt, file: Candidate) -> Receipt | None:
        """Put one notebook into the course, all of it or nothing; keep the one it replaces."""
        course, student, lesson = self.course, receipt.student, self.lesson
        place = course.submitted(student, lesson)
        if why := why_not(place, course.root) or why_not(kept_in(course, receipt), course.root):
            self.refused.append(f"{student}: {why}")
            return None
        there = read_file(place / f"{lesson}.ipynb", UPLOAD_BYTES)
        if there is not None:
            if hashlib.sha256(there).hexdigest() == receipt.sha256:
                receipt = dataclasses.replace(receipt, became="unchanged")
                put_time(course, receipt, len(there))
                return receipt
            if self._outdone(receipt, file, there, place):
                return None
            receipt = dataclasses.replace(receipt, became="replaced")
        put(course, receipt, file.content)
        return receipt

    def _outdone(self, receipt: Receipt, file: Candidate, there: bytes, place: Path) -> str:
        """What becomes of a file if what is there already stays, which is said; else ""."""
        old = self.before.get(receipt.student)
        if old and old.sha256 == hashlib.sha256(there).hexdigest():
            name, when = old.origin.rpartition("/")[2].rpartition(" » ")[2], old.as_of
        else:
            name, when = f"{self.lesson}.ipynb", time_of(stamp_in(place)) or _mtime(place)
        origin = f"what {receipt.student} handed in already"
        before = Candidate(name, origin, there, _utc(when), when.tzinfo is not None)
        when = receipt.as_of
        new = dataclasses.replace(
            file, written=_utc(when), exact=when.tzinfo is not None, came=None
        )
        chosen = choose([before, new], self.lesson, self.lessons)
        remedy = f"; to take it all the same, remove {place}"
        near = abs(new.written - before.written) < ZONES
        if chosen.one is None and near and before.exact != new.exact:
            why = "is it newer? One of the times is of a clock whose zone nobody says"
            self.refused.append(f"{file.origin}, and {origin}: {why}{remedy}")
            return "set aside"
        if chosen.one is new or (chosen.one is None and new.written >= before.written):
            return ""
        _, why = next(iter(chosen.left), ("", f"older than {origin}"))
        self.left.append(f"{file.origin}: {why}{remedy}")
        return "left"


def _utc(when: datetime) -> datetime:
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def _mtime(place: Path) -> datetime:
    return datetime.fromtimestamp(place.stat().st_mtime, UTC)
