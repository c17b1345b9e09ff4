"""Whose a notebook is, by the names that an LMS or the instructor gave: the outermost decides.

===========================  ===================================================  ==================
from                         name                                                 student id
===========================  ===================================================  ==================
Moodle, in folders           ``Ada Lovelace_4711_assignsubmission_file_/any``     Ada_Lovelace
Moodle, flat                 ``Ada Lovelace_4711_assignsubmission_file_any``      Ada_Lovelace
Moodle, names hidden         ``Participant_4711_assignsubmission_file_/any``      Participant_4711
Moodle, teams                ``Team A_17_assignsubmission_file_/any``             members (roster)
Moodle before 4, teams       ``Team A-Ada Lovelace_4711_assignsubmission_…``      Ada_Lovelace
Canvas                       ``lovelaceada_LATE_101_2002_any`` (LATE: only then)  lovelaceada_101
Canvas, names hidden         ``anon_xY12z_2002_any``, ``LATE_anon_…``             anon_xY12z
a folder per student         ``ada/any``, ``ada/01_rolling_average/any``          ada
… in a folder around them    ``export/ada/any``, ``export/bob/any``               ada, bob
a file or zip per student    ``ada.ipynb``, ``ada.zip``                           ada
===========================  ===================================================  ==================

Sources: Moodle, mod/assign/classes/downloader.php; Canvas, lib/content_zipper.rb. Moodle's number
is another one for each assignment, so it is no student id, but it tells people of one name apart.
Nothing inside an upload is asked: whoever uploaded it has chosen that.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from pathlib import PurePosixPath

from ..course import NAME_BYTES, NAME_CHARACTERS, in_a_name, is_name
from .files import NOTEBOOK

# Not greedy: what a student's file is called comes last, and may look like a name of Moodle's.
_MOODLE = re.compile(
    r"(?P<name>.+?)(?:_(?P<id>\d+))?_assignsubmission_(?:file|onlinetext)(?:_(?P<file>.*))?"
)
_CANVAS = re.compile(r"(?P<name>.+?)_(?P<late>LATE_)?(?P<id>\d+)_\d+_(?P<file>.+)")
_ANONYMOUS = re.compile(
    r"(?P<late>LATE_)?(?P<name>anon_(?!LATE_|\d+_\d)(?P<id>[A-Za-z0-9]+))_\d+_(?P<file>.+)"
)
_PARTICIPANT = "Participant"

ATTEMPT = re.compile(r"(?P<base>.*?)(?:-Copy(?P<copy>\d+)| ?\((?P<web>\d+)\))?")
"""A file's name without its ending, and what Jupyter or a browser has put behind it."""
BY_CANVAS = re.compile(r"(.+)-(\d{1,2})")
"""The same with what Canvas puts behind that, from the second attempt on."""

_NOBODY = re.compile(r"(?i)(?:untitled\d*|submissions?|)")


class NobodysError(ValueError):
    """A name that says not whose the notebook is; the message says what to do."""


@dataclasses.dataclass(frozen=True)
class Name:
    """What a name in a download says of a person.

    text: as it was written. kind: "moodle", "canvas", "anonymous" (the LMS hides who it is),
    "folder" or "file". number: the LMS's, by which people of one name are told apart, or "".
    late: Canvas says so. file: the upload's own name.
    """

    text: str
    kind: str
    number: str = ""
    late: bool = False
    file: str = ""

    @property
    def lms(self) -> str:
        """The LMS's number as receipts and roster have it, such as ``moodle:4711``, or ""."""
        site = "moodle" if self.text == _PARTICIPANT else self.kind
        return f"{site}:{self.number}" if self.number else ""

    @property
    def student(self) -> str:
        """The student id that is made of it where nobody knows better."""
        if self.kind == "canvas":
            return as_id(f"{self.text}_{self.number}")
        if self.kind == "anonymous" and self.text == _PARTICIPANT:
            return as_id(f"{self.text}_{self.number}")
        return self.text if is_name(self.text) else as_id(self.text)


def names_in(
    download: Sequence[tuple[str, ...]],
    lessons: Collection[str],
    known: Callable[[str], bool],
    all_known: bool = False,
) -> tuple[list[Name | NobodysError], int]:
    """For each path in a download, whose it is, or why nobody knows; and how many folders are
    around the people's own.

    download: the paths, an upload's own name last. lessons: names that are no student's.
    known: whether a text is somebody's id already. all_known: whether everybody's is.
    """
    around, unclear = _around(download, lessons, known, all_known)
    if unclear:
        problem = NobodysError(
            f"is “{unclear}” a student, or a folder around the students' folders? If it is one "
            "around them, collect it by itself; if a student, put them into the roster"
        )
        return [problem for _ in download], 0
    inner = [parts[around:] for parts in download]
    top = [parts[0] for parts in inner if len(parts) == 1]
    from_canvas = sum(_is_canvas(by_lms(name)) for name in top) * 2 > len(top)
    found = [_named(parts, from_canvas, lessons) for parts in inner]
    return _with_names_hidden(found), around


_AROUND = re.compile(
    r"(?i)(?<![^\W\d_])(?:submissions?|exports?|downloads?|dropbox(?:es)?|assignments?|homeworks?|hw"
    r"|exercises?|sheets?|labs?|weeks?|courses?|lessons?|abgaben?|aufgaben?|übung(?:en)?|uebung(?:en)?"
    r"|blatt|woche|kurs)(?![^\W\d_])|\d\d-\d\d-\d{4}|\d{4}-\d\d-\d\d"
)
"""What a folder is called that stands around others: no student chooses the name of theirs."""


def _around(
    download: Sequence[tuple[str, ...]],
    lessons: Collection[str],
    known: Callable[[str], bool],
    all_known: bool,
) -> tuple[int, str]:
    """How many folders stand around the students' own, and a folder of which that is not clear.

    A folder that all have in common may be one student's, who has called folders in it as others
    are called. So it stands around them if its name says so, or if nobody's work is at stake.
    """
    for depth in range(min(map(len, download), default=0)):
        shared = {parts[depth] for parts in download}
        if len(shared) > 1:
            return depth, ""
        (name,) = shared
        below = {parts[depth + 1] for parts in download if len(parts) > depth + 1}
        folders = {parts[depth + 1] for parts in download if len(parts) > depth + 2}
        if name in lessons and below:
            continue
        if not below or moodle(name) or known(name):
            return depth, ""
        if folders & set(lessons):  # one's lesson, or the lesson of those whose folders are in it
            inside = {p[depth + 2] for p in download if len(p) > depth + 3} - set(lessons)
            return depth, name if len(inside) > 1 or folders - set(lessons) else ""
        of_lms = {part for part in below if by_lms(part)}
        people = below if below in (folders, of_lms) else set()
        if not people:  # files beside each other are one student's
            return depth, ""
        strangers = not any(known(part) or known(_student(part)) for part in people)
        if not _AROUND.search(name) and not (len(people) > 1 and (strangers or all_known)):
            return depth, name
    return 0, ""


def _student(part: str) -> str:
    """The id that an LMS's name makes, or ""."""
    name = by_lms(part)
    with suppress(NobodysError):
        return name.student if name else ""
    return ""


def _named(
    parts: tuple[str, ...], from_canvas: bool, lessons: Collection[str]
) -> Name | NobodysError:
    """Whose one path is. parts: without the folders around. from_canvas: files at the top are."""
    outermost = parts[0]
    if len(parts) > 1:
        if name := moodle(outermost):
            return name
        name = Name(outermost, "folder", file=parts[-1])
    else:
        name = by_lms(outermost)
        if name and (from_canvas or not _is_canvas(name)):
            return name
        name = Name(_stem(outermost), "file", file=outermost)
    own = (ATTEMPT.fullmatch(name.text), BY_CANVAS.fullmatch(name.text))
    if _NOBODY.fullmatch(name.text) or {name.text, *(m[1] for m in own if m)} & set(lessons):
        return _whose()
    if name.kind == "file" and not is_name(name.text):
        return _whose()
    return name


def _whose() -> NobodysError:
    return NobodysError(
        "whose is it? Put it into a folder named by the student's id, or name it ID.ipynb"
    )


def _with_names_hidden(found: list[Name | NobodysError]) -> list[Name | NobodysError]:
    """Where Moodle hides who people are, all have one name, in the language of the site."""
    numbers = defaultdict(set)
    for name in found:
        if isinstance(name, Name) and name.kind == "moodle":
            numbers[name.text].add(name.number)
    all_alike = len(numbers) == 1 and len(next(iter(numbers.values()))) > 2

    def hidden(name: Name | NobodysError) -> Name | NobodysError:
        if not isinstance(name, Name) or name.kind != "moodle" or not name.number:
            return name
        if name.text == _PARTICIPANT or all_alike:
            return dataclasses.replace(name, text=_PARTICIPANT, kind="anonymous")
        return name

    return [hidden(name) for name in found]


def teams(found: Sequence[Name | NobodysError]) -> set[str]:
    """The teams, if a download of Moodle's before 4 names team and person: ``Team A-Ada Lovelace``.

    A hyphen alone is no proof (Anna-Lena): every name must have one, and some team two members.
    """
    texts = {n.text for n in found if isinstance(n, Name) and n.kind == "moodle" and n.number}
    prefixes = Counter(text.partition("-")[0] for text in texts)
    if not texts or not all("-" in text for text in texts) or max(prefixes.values()) < 2:
        return set()
    return set(prefixes)


def moodle(part: str) -> Name | None:
    """What Moodle says of a person in the name of a folder, file or zip, or None."""
    match = _MOODLE.fullmatch(part)
    return match and Name(match["name"], "moodle", match["id"] or "", file=match["file"] or "")


def canvas(part: str) -> Name | None:
    """What Canvas says of a person in the name of a file or zip, or None."""
    if match := _ANONYMOUS.fullmatch(part):
        return Name(match["name"], "anonymous", match["id"], bool(match["late"]), match["file"])
    if match := _CANVAS.fullmatch(part):
        return Name(match["name"], "canvas", match["id"], bool(match["late"]), match["file"])
    return None


def by_lms(part: str) -> Name | None:
    """What an LMS says of a person in a file's name, or None.

    Of two patterns that fit, the one that is complete first: what follows, the student has chosen.
    """
    found = [name for name in (moodle(part), canvas(part)) if name]
    return min(found, key=lambda name: len(name.text), default=None)


def _is_canvas(name: Name | None) -> bool:
    return name is not None and name.kind != "moodle"


def as_id(name: str) -> str:
    """A student id made of a person's name. Raises NobodysError if none can be made."""
    plain = "".join(c if in_a_name(c) else " " for c in unicodedata.normalize("NFC", name))
    student = re.sub(r"\s+", "_", plain.strip()).strip("_.-")
    while student and not student[0].isalnum():
        student = student[1:]
    if len(student) > NAME_CHARACTERS or len(student.encode()) > NAME_BYTES:
        # Cut, and still another one than all that begin like it.
        digest = hashlib.sha256(folded(student).encode()).hexdigest()[:8]
        cut = student[: NAME_CHARACTERS - 9].encode()[: NAME_BYTES - 9].decode(errors="ignore")
        student = f"{cut}_{digest}"
    if not is_name(student):
        raise NobodysError(f"no student id can be made of the name {name!r}")
    return student


def alike(found: Iterable[Name | NobodysError]) -> dict[str, set[str]]:
    """By what several people may share, what tells them apart: the numbers that one name has, or
    the names that make one id. See ``shared``.
    """
    several = defaultdict(set)
    for name in found:
        if isinstance(name, Name):
            several[shared(name)].add(name.number or folded(name.text))
    return several


def shared(name: Name) -> str:
    """What several people may have: a name of the LMS, or the id that is made of a name."""
    with contextlib.suppress(NobodysError):
        return name.text if name.number else folded(name.student)
    return name.text


def ids_of(text: str) -> set[str]:
    """What a person's text may be as an id, folded: as it is, and with what an id may not hold."""
    found = {folded(text)}
    with contextlib.suppress(NobodysError):
        found.add(folded(as_id(text)))
    return found


def folded(text: str) -> str:
    """A text by which one person's ways to write it are the same: one form, no capitals."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def _stem(file: str) -> str:
    return NOTEBOOK.sub("", file) if NOTEBOOK.search(file) else PurePosixPath(file).stem
