"""Take in what students handed in: ``autograder collect PATH… --assignment LESSON``.

A PATH is a notebook, a folder or a zip; zips inside (students who zip their notebook) are
opened too. Whose a notebook is, is read from its name, in this order:

=====================  =========================================================  ==============
from                   name                                                       student id
=====================  =========================================================  ==============
Moodle, in folders     ``Ada Lovelace_4711_assignsubmission_file_/any.ipynb``     Ada_Lovelace
Moodle, flat           ``Ada Lovelace_4711_assignsubmission_file_any.ipynb``      Ada_Lovelace
Canvas                 ``lovelaceada_LATE_101_2002_any.ipynb`` (LATE: only then)  lovelaceada_101
a folder per student   ``ada/any.ipynb``, ``ada/01_rolling_average/any.ipynb``    ada
a file per student     ``ada.ipynb``                                              ada
=====================  =========================================================  ==============

Moodle's number is another one in each assignment, so it is no student id; two people of one
name are told apart by it and refused. Whatever fits none of these is listed and left.

Only the notebook is taken, under the lesson's name: a ``numpy.py`` beside it stays behind.
Nothing is unpacked to disk by a name that a student chose. What was there before is kept in
``replaced/``, and each notebook taken gets a line (sha256, time) in ``received.jsonl``.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import os
import re
import shutil
import stat
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from ..course import Course, is_name
from ..paths import read_file, why_not
from ..terminal import visible

# Far above any honest hand-in, far below what hurts.
NOTEBOOK_BYTES = 20 * 2**20
STUDENT_BYTES = 64 * 2**20  # of all notebooks of one: they are held in memory to be compared
ARCHIVE_BYTES = 2**31
FILES = 20_000
RATIO = 200  # a zip bomb's members unpack to a thousand times their size and more
DEPTH = 2  # the download, and a student's own zip in it
FOLDERS = 12

NOTEBOOK = re.compile(r"\.ipynb(?:\.txt|\.json)?$", re.IGNORECASE)
"""A notebook's ending, also with what browsers and e-mail programs make of it."""

MOODLE = re.compile(r"(?P<name>.+)_(?P<id>\d+)_assignsubmission_file(?:_.*)?")
CANVAS = re.compile(r"(?P<name>[^_]+)_(?:LATE_)?(?P<id>\d+)_\d+_.+")
JUNK = re.compile(
    r"(?:^|/)(?:__MACOSX|\.ipynb_checkpoints|\.DS_Store|desktop\.ini|Thumbs\.db)(?:/|$)"
)


class CollectError(ValueError):
    """A path that cannot be collected from at all; the message says why."""


@dataclasses.dataclass(frozen=True)
class Receipt:
    """One notebook taken in.

    origin: where it was found. handed_in: its time, UTC. new: False if it was there already.
    """

    student: str
    lesson: str
    origin: str
    sha256: str
    handed_in: datetime
    new: bool


@dataclasses.dataclass(frozen=True)
class Collected:
    """What came of a collection: notebooks taken, and a sentence for each thing refused."""

    taken: list[Receipt]
    refused: list[str]

    def __str__(self) -> str:
        rows = [
            f"{r.student}: {visible(r.origin)}  sha256 {r.sha256[:12]}…"
            + ("" if r.new else "  (unchanged)")
            for r in self.taken
        ]
        new = sum(r.new for r in self.taken)
        rows.append(f"{new} taken, {len(self.taken) - new} unchanged, {len(self.refused)} refused")
        return "\n".join([*rows, *(f"refused: {visible(said)}" for said in self.refused)])


@dataclasses.dataclass(frozen=True)
class _Found:
    """A file's bytes, its path inside what was collected, and when it was written."""

    inside: PurePosixPath
    origin: str
    content: bytes
    time: datetime


def collect(course: Course, paths: list[Path], lesson: str) -> Collected:
    """Put every notebook found under ``paths`` into ``submitted/STUDENT/LESSON/``.

    Raises CourseError for an unknown lesson and CollectError for a path that does not exist.
    Whatever else is wrong is refused by itself, with a sentence, and stops nothing.
    """
    course.chosen([lesson])
    for path in paths:
        if not Path(path).exists():
            raise CollectError(f"there is nothing at {path}; name a notebook, a folder or a zip.")
    refused: list[str] = []
    by_student: dict[str, list[tuple[str, _Found]]] = {}
    sizes: Counter[str] = Counter()
    for path in paths:
        for file in _files(Path(path), refused):
            if NOTEBOOK.search(file.inside.name):
                owner = _owner(file.inside, lesson, refused, file.origin)
                if owner:
                    student, person = owner
                    sizes[student] += len(file.content)
                    if sizes[student] > STUDENT_BYTES:
                        refused.append(
                            f"{file.origin}: {student} handed in more than "
                            f"{STUDENT_BYTES >> 20} MiB of notebooks; this one is left"
                        )
                        continue
                    by_student.setdefault(student, []).append((person, file))
            else:
                refused.append(f"{file.origin}: not a notebook, left where it is")
    taken = []
    for student, files in sorted(by_student.items()):
        file = _the_one(student, lesson, files, refused)
        if file:
            receipt = _take(course, student, lesson, file, refused)
            taken += [receipt] if receipt else []
    return Collected(taken, refused)


# ── finding files ───────────────────────────────────────────────────────────


def _files(path: Path, refused: list[str]) -> Iterator[_Found]:
    """The regular files at a path, in a folder, or in a zip."""
    if path.is_symlink() or not (path.is_dir() or path.is_file()):
        refused.append(f"{path}: a link or a device, not a file")
    elif path.is_file():
        yield from _opened(path, PurePosixPath(path.name), path.name, refused)
    else:
        yield from _in_folder(path, refused)


def _in_folder(folder: Path, refused: list[str]) -> Iterator[_Found]:
    count = 0
    for here, folders, files in os.walk(folder):
        inside = PurePosixPath(Path(here).relative_to(folder).as_posix())
        for name in [*folders]:
            if (Path(here) / name).is_symlink():
                folders.remove(name)
                refused.append(f"{inside / name}: a link, not followed")
        if len(inside.parts) >= FOLDERS:
            refused.append(f"{inside}: more than {FOLDERS} folders deep")
            folders.clear()
        folders.sort()
        for name in sorted(files):
            if JUNK.search(str(inside / name)):
                continue
            count += 1
            if count > FILES:
                refused.append(f"{folder}: more than {FILES} files; the rest was not looked at")
                return
            yield from _opened(Path(here) / name, inside / name, str(inside / name), refused)


def _opened(path: Path, inside: PurePosixPath, origin: str, refused: list[str]) -> Iterator[_Found]:
    """One file on disk: itself, or what is in it if it is a zip."""
    try:
        # Opened first and looked at then, so that nothing can be swapped in between;
        # a pipe would wait for a writer for ever.
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as problem:
        refused.append(f"{origin}: a link, or not readable ({problem.strerror})")
        return
    with open(handle, "rb") as file:
        about = os.fstat(handle)
        time = datetime.fromtimestamp(about.st_mtime, UTC)
        if not stat.S_ISREG(about.st_mode):
            refused.append(f"{origin}: a device or pipe, not a file")
        elif inside.suffix.lower() == ".zip":
            yield from _in_zip(file, inside.parent, origin, time, refused, 1)
        elif about.st_size > NOTEBOOK_BYTES:
            refused.append(_too_large(origin, about.st_size))
        else:
            yield _Found(inside, origin, file.read(NOTEBOOK_BYTES + 1), time)


def _in_zip(
    file: io.BufferedIOBase,
    folder: PurePosixPath,
    origin: str,
    time: datetime,
    refused: list[str],
    depth: int,
) -> Iterator[_Found]:
    """The files in a zip, read into memory one by one; nothing is unpacked to disk."""
    if depth > DEPTH:
        refused.append(f"{origin}: a zip inside a zip inside a zip")
        return
    try:
        archive = zipfile.ZipFile(file)
        members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        refused.append(f"{origin}: not a zip, or a damaged one")
        return
    if len(members) > FILES or sum(m.file_size for m in members) > ARCHIVE_BYTES:
        refused.append(f"{origin}: more than {FILES} files, or more than 2 GiB when unpacked")
        return
    for member in members:
        name = member.filename.replace("\\", "/")
        inside, here = folder / name, f"{origin} » {member.filename}"
        if member.is_dir() or JUNK.search(name):
            continue
        kind = stat.S_IFMT(member.external_attr >> 16)
        if (
            ".." in PurePosixPath(name).parts
            or name.startswith("/")
            or re.match(r"[A-Za-z]:", name)
        ):
            refused.append(f"{here}: a path that leads out of the zip")
        elif kind not in (0, stat.S_IFREG):
            refused.append(f"{here}: a link or a device, not a file")
        elif member.flag_bits & 1:
            refused.append(f"{here}: encrypted")
        elif member.file_size > NOTEBOOK_BYTES:
            refused.append(_too_large(here, member.file_size))
        elif member.file_size > RATIO * max(member.compress_size, 1):
            refused.append(f"{here}: unpacks to more than {RATIO} times its size")
        else:
            try:
                with archive.open(member) as unpacked:
                    content = unpacked.read(NOTEBOOK_BYTES + 1)  # its header may lie
            except Exception:  # zlib.error, BadZipFile, NotImplementedError, EOFError, …
                refused.append(f"{here}: damaged")
                continue
            if len(content) > NOTEBOOK_BYTES:
                refused.append(_too_large(here, len(content)))
            elif inside.suffix.lower() == ".zip":
                yield from _in_zip(
                    io.BytesIO(content),
                    inside.parent,
                    here,
                    _time(member, time),
                    refused,
                    depth + 1,
                )
            else:
                yield _Found(inside, here, content, _time(member, time))


def _time(member: zipfile.ZipInfo, otherwise: datetime) -> datetime:
    """When a zip's member was written; zips know no time zone, so it is taken as ours."""
    try:
        return datetime(*member.date_time).astimezone(UTC)
    except (ValueError, OverflowError):
        return otherwise


def _too_large(origin: str, size: int) -> str:
    return f"{origin}: {size / 2**20:.0f} MiB, at most {NOTEBOOK_BYTES // 2**20} are taken"


# ── whose it is ─────────────────────────────────────────────────────────────


def _owner(
    inside: PurePosixPath, lesson: str, refused: list[str], origin: str
) -> tuple[str, str] | None:
    """The student a notebook belongs to, as (student id, what tells people of one name apart)."""
    for part in inside.parts:
        if match := MOODLE.fullmatch(part):
            return _checked(match["name"], match["id"], refused, origin)
    if match := CANVAS.fullmatch(inside.name):
        return _checked(f"{match['name']}_{match['id']}", match["id"], refused, origin)
    if len(inside.parts) > 1:
        student, others = inside.parts[0], inside.parts[1:-1]
        other = next((p for p in others if re.match(r"\d\d_", p) and p != lesson), None)
        if other:
            refused.append(f"{origin}: belongs to {other}, not to {lesson}")
            return None
    else:
        student = NOTEBOOK.sub("", inside.name)
    if not is_name(student) or re.match(r"\d\d_|Untitled|submissions?$", student):
        refused.append(
            f"{origin}: whose is it? Put it into a folder named by the student's id, or name it "
            "ID.ipynb"
        )
        return None
    return student, ""


def _checked(name: str, person: str, refused: list[str], origin: str) -> tuple[str, str] | None:
    student = re.sub(r"[^\w.@-]+", "_", name).strip("_.-")[:100]
    if is_name(student):
        return student, person
    refused.append(f"{origin}: no student id can be made of the name {name!r}")
    return None


def _the_one(
    student: str, lesson: str, files: list[tuple[str, _Found]], refused: list[str]
) -> _Found | None:
    """The one notebook among a student's files that is the lesson's."""
    if len({person for person, _ in files}) > 1:
        origins = ", ".join(file.origin for _, file in files)
        refused.append(
            f"{student}: several people have this name ({origins}); put each notebook into a "
            "folder named by the student's id"
        )
        return None
    found = list({file.content: file for _, file in files}.values())
    named = [file for file in found if NOTEBOOK.sub("", file.inside.name).endswith(lesson)]
    best = found if len(found) == 1 else named
    if len(best) == 1:
        return best[0]
    origins = ", ".join(file.origin for file in found)
    refused.append(f"{student}: {len(found)} different notebooks ({origins}); leave one of them")
    return None


# ── taking it ───────────────────────────────────────────────────────────────


def _take(
    course: Course, student: str, lesson: str, file: _Found, refused: list[str]
) -> Receipt | None:
    """Put one notebook into the course, all of it or nothing; keep the one it replaces."""
    place = course.submitted(student, lesson)
    digest = hashlib.sha256(file.content).hexdigest()
    receipt = Receipt(student, lesson, file.origin, digest, file.time, True)
    kept = course.root / "replaced" / student / lesson
    if why := why_not(place, course.root) or why_not(kept, course.root):
        refused.append(f"{student}: {why}")
        return None
    there = read_file(place / f"{lesson}.ipynb", ARCHIVE_BYTES)
    if there is not None:
        if hashlib.sha256(there).hexdigest() == digest:
            return dataclasses.replace(receipt, new=False)
        if _handed_in(place) > file.time:
            refused.append(
                f"{file.origin}: older than what {student} handed in already; to take it all the "
                f"same, remove {place}"
            )
            return None
    fresh = place.with_name(f".{lesson}.{os.getpid()}")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    (fresh / f"{lesson}.ipynb").write_bytes(file.content)
    (fresh / "timestamp.txt").write_text(f"{file.time:%Y-%m-%d %H:%M:%S.%f} UTC")
    if place.exists():
        now = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
        old = kept / now
        old.parent.mkdir(parents=True, exist_ok=True)
        place.rename(old)
    fresh.rename(place)
    line = dataclasses.asdict(receipt) | {
        "origin": visible(file.origin),  # somebody will look at it in a terminal
        "handed_in": file.time.isoformat(),
        "received": datetime.now(UTC).isoformat(),
        "bytes": len(file.content),
    }
    del line["new"]
    with (course.root / "received.jsonl").open("a", encoding="utf-8") as receipts:
        receipts.write(json.dumps(line, ensure_ascii=False) + "\n")
    return receipt


def _handed_in(place: Path) -> datetime:
    """The time of a submission that is there, by its timestamp.txt or its notebook."""
    try:
        stamp = (read_file(place / "timestamp.txt", 1000) or b"").decode().removesuffix(" UTC")
        return datetime.fromisoformat(stamp).replace(tzinfo=UTC)
    except (OSError, ValueError):
        return datetime.fromtimestamp(place.stat().st_mtime, UTC)
