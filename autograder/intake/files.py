"""What is in a download: the names that its maker gave, and the notebooks behind each.

A download is what the instructor names: a notebook, a folder, a zip as an LMS makes it. A zip
*inside* a download is one person's upload: what it is called was decided by the LMS or the
instructor, what is in it by whoever uploaded it. So an ``Entry`` ends at the upload's name.

No link is followed, nothing is unpacked to disk by a name that somebody chose, and what is too
large, too deep or too many is refused with a sentence before it is read. Limits count for one
person: nobody's files keep another's from being read.
"""

from __future__ import annotations

import dataclasses
import io
import os
import re
import stat
import tempfile
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO

from .limits import UPLOAD_BYTES, NoRoomError, Room, list_size, shown
from .times import Written, of_file, of_member

# Far above any honest hand-in, far below what hurts.
NOTEBOOK_BYTES = 20 * 2**20
UPLOAD_FILES = 200_000  # a virtual environment with torch has 44,000
UPLOAD_LIST = 32 * 2**20  # the bytes in which a zip lists them
RATIO = 200  # a zip bomb's members unpack to a thousand times their size and more
DEPTH = 2  # an upload, and a zip in it
FOLDERS = 12
NAME = 255  # characters of a file's or folder's name: no disk takes more

NOTEBOOK = re.compile(r"\.ipynb(?:\.txt|\.json)?$", re.IGNORECASE)
"""A notebook's ending, also with what browsers and e-mail programs make of it."""

_JUNK = re.compile(
    r"(?i)(?:^|/)(?:\.(?!\.?(?:/|$))[^/]*|__MACOSX|__pycache__|node_modules|site-packages|venv"
    r"|desktop\.ini|Thumbs\.db)(?:/|$)"
)
"""Nobody's work: hidden files and folders (``.git``, ``.venv``, ``._NAME`` …), environments."""


def is_junk(name: str) -> bool:
    """Whether a file or folder is nobody's work, by its name."""
    return _JUNK.search(name) is not None


_ENVIRONMENT = "pyvenv.cfg"
"""The file by which a virtual environment is known, whatever its folder is called."""


@dataclasses.dataclass(frozen=True)
class Entry:
    """A notebook or an upload, by the names that the maker of the download gave.

    parts: its path in the download; of a zip its own name last. origin: the same for people to
    read. opened: opens it, anew each time. junk: a file or folder that is nobody's work.
    """

    parts: tuple[str, ...]
    origin: str
    written: Written
    size: int
    opened: Callable[[], IO[bytes]]
    junk: bool = False

    @property
    def is_zip(self) -> bool:
        """Whether it is an upload that has to be unpacked."""
        return self.parts[-1].lower().endswith(".zip")

    @property
    def is_notebook(self) -> bool:
        """Whether it is a notebook by its name."""
        return NOTEBOOK.search(self.parts[-1]) is not None


@dataclasses.dataclass(frozen=True)
class Found:
    """A notebook's bytes, its own name, where it was, and when it was written."""

    name: str
    origin: str
    content: bytes
    written: Written


@contextmanager
def download(
    path: Path, one_persons: bool, refused: list[str]
) -> Iterator[tuple[list[Entry], datetime]]:
    """The entries of a download, to be read inside the block, and when it was made.

    one_persons: the path's own name says whose it all is, so it is part of each entry's.
    """
    now = datetime.now(UTC)
    own = (readable(path.resolve().name),) if one_persons else ()
    with ExitStack() as stack:
        if path.is_symlink() or not (path.is_dir() or path.is_file()):
            refused.append(f"{path}: a link or a device, not a file")
            yield [], now
        elif path.is_dir():
            yield list(_in_folder(path, own, refused)), now
        elif path.suffix.lower() == ".zip" and not one_persons:
            made = of_file(path.stat().st_mtime).time
            file = stack.enter_context(path.open("rb"))
            yield list(_in_zip(file, None, path.name, made, refused, stack)), made
        else:
            yield list(_on_disk(path, (path.name,), refused)), now


# ── a folder ────────────────────────────────────────────────────────────────


def _in_folder(folder: Path, own: tuple[str, ...], refused: list[str]) -> Iterator[Entry]:
    def unreadable(problem: OSError) -> None:
        refused.append(f"{problem.filename}: cannot be read ({problem.strerror})")

    for here, folders, files in os.walk(folder, onerror=unreadable):
        parts = (*own, *(readable(part) for part in Path(here).relative_to(folder).parts))
        inside = "/".join(parts)
        if _ENVIRONMENT in files and parts:
            folders.clear()
            yield _junk(parts)
            continue
        for name in [*folders]:
            if _JUNK.search(name):
                folders.remove(name)
                yield _junk((*parts, readable(name)))
            elif (Path(here) / name).is_symlink():
                folders.remove(name)
                refused.append(f"{'/'.join((*parts, readable(name)))}: a link, not followed")
        if len(parts) >= FOLDERS and folders:
            refused.append(f"{inside}: more than {FOLDERS} folders deep")
            folders.clear()
        folders.sort()
        for name in sorted(files):
            if _JUNK.search(name):
                yield _junk((*parts, readable(name)))
            else:
                yield from _on_disk(Path(here) / name, (*parts, readable(name)), refused)


def _junk(parts: tuple[str, ...], origin: str = "") -> Entry:
    return Entry(parts, origin or "/".join(parts), of_file(0), 0, io.BytesIO, True)


def _on_disk(path: Path, parts: tuple[str, ...], refused: list[str]) -> Iterator[Entry]:
    origin = "/".join(parts)
    try:
        about = path.lstat()
    except OSError as problem:
        refused.append(f"{origin}: not readable ({problem.strerror})")
        return
    if stat.S_ISLNK(about.st_mode):
        refused.append(f"{origin}: a link, not followed")
    elif not stat.S_ISREG(about.st_mode):
        refused.append(f"{origin}: a device or pipe, not a file")
    else:
        yield Entry(
            parts, origin, of_file(about.st_mtime), about.st_size, lambda: _regular_file(path)
        )


def _regular_file(path: Path) -> IO[bytes]:
    # Opened first and looked at then, so that nothing can be swapped in between;
    # a pipe would wait for a writer for ever.
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(f"{path.name} is a device or pipe, not a file")
    return os.fdopen(handle, "rb")


# ── a zip ───────────────────────────────────────────────────────────────────


def _in_zip(
    file: IO[bytes],
    room: Room | None,
    origin: str,
    made: datetime,
    refused: list[str],
    stack: ExitStack,
) -> Iterator[Entry]:
    """The files in a zip. room: of the student whose upload it is, or None for a download."""
    try:
        if room and list_size(file) > UPLOAD_LIST:
            refused.append(f"{origin}: a list of files that is too long")
            return
        archive = stack.enter_context(zipfile.ZipFile(file))
        members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        refused.append(f"{origin}: not a zip, or a damaged one")
        return
    if room and len(members) > UPLOAD_FILES:
        refused.append(f"{origin}: more than {UPLOAD_FILES} files")
        return
    names = [_name(member) for member in members]
    ends = f"/{_ENVIRONMENT}"
    environments = {n.removesuffix(ends) for n in names if n.endswith(ends)}
    for member, inside in zip(members, names, strict=True):
        here = f"{origin} » {shown(inside)}"
        if not inside or inside.endswith("/"):
            continue
        in_environment = environments and not environments.isdisjoint(_folders(inside))
        if in_environment or _JUNK.search(inside):
            if not room:
                yield _junk(PurePosixPath(inside).parts, here)
            continue
        ours = NOTEBOOK.search(inside) or inside.lower().endswith(".zip")
        if ours and room:
            room.look()
        if ours and (why := _refused(member, inside)):
            refused.append(f"{here}: {why}")
            continue
        parts = PurePosixPath(inside).parts
        if parts:
            written = of_member(member, made)

            def opened(member: zipfile.ZipInfo = member) -> IO[bytes]:
                return archive.open(member)

            yield Entry(parts, here, written, member.file_size, opened)


def _folders(name: str) -> Iterator[str]:
    """The folders around a file, from the outermost, as deep as anything is looked at."""
    parts = name.split("/", FOLDERS)
    return ("/".join(parts[:depth]) for depth in range(1, len(parts)))


def _name(member: zipfile.ZipInfo) -> str:
    """A member's name, also of a zip that writes UTF-8 without saying so, as Finder does."""
    name = member.filename
    if not member.flag_bits & 0x800:
        with suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return readable(name.replace("\\", "/"))


def _refused(member: zipfile.ZipInfo, name: str) -> str:
    """Why a zip's member is not unpacked, or ""."""
    kind = stat.S_IFMT(member.external_attr >> 16)
    if ".." in PurePosixPath(name).parts or name.startswith("/") or re.match(r"[A-Za-z]:", name):
        return "a path that leads out of the zip"
    if name.count("/") > FOLDERS:
        return f"more than {FOLDERS} folders deep"
    if max(map(len, name.split("/"))) > NAME:
        return f"a name of more than {NAME} characters, which no disk takes"
    if kind not in (0, stat.S_IFREG):
        return "a link or a device, not a file"
    if member.flag_bits & 1:
        return "encrypted"
    if member.file_size > max(NOTEBOOK_BYTES, RATIO * member.compress_size):
        return f"unpacks to more than {RATIO} times its size"
    return ""


# ── the notebooks of an entry ───────────────────────────────────────────────


def notebooks_in(entry: Entry, room: Room, refused: list[str]) -> Iterator[Found]:
    """The notebooks of an entry: itself, or what is in it if it is an upload.

    Raises NoRoomError.
    """
    yield from _unpacked(entry, room, refused, 0)


def _unpacked(entry: Entry, room: Room, refused: list[str], depth: int) -> Iterator[Found]:
    if not entry.is_zip:
        content = _read(entry, room, refused)
        if content is not None:
            yield Found(entry.parts[-1], entry.origin, content, entry.written)
        return
    if depth >= DEPTH:
        refused.append(f"{entry.origin}: a zip inside a zip inside a zip")
        return
    if depth:
        room.unpack(entry.size)
    with ExitStack() as stack:
        try:
            file = stack.enter_context(_seekable(entry))
        except NoRoomError:
            raise
        except Exception as problem:  # what a damaged zip makes of it
            refused.append(f"{entry.origin}: damaged ({type(problem).__name__})")
            return
        made = entry.written.time
        for inner in _in_zip(file, room, entry.origin, made, refused, stack):
            if inner.is_zip or inner.is_notebook:
                yield from _unpacked(inner, room, refused, depth + 1)


@contextmanager
def _seekable(entry: Entry) -> Iterator[IO[bytes]]:
    """An upload's bytes, copied to where nobody's name counts if they lie in a zip."""
    with entry.opened() as file:
        if not isinstance(file, zipfile.ZipExtFile):
            yield file
            return
        with tempfile.TemporaryFile() as copy:
            room = UPLOAD_BYTES  # a header may lie
            while chunk := file.read(min(2**20, room)):
                copy.write(chunk)
                room -= len(chunk)
            if file.read(1):
                raise NoRoomError(f"more than {UPLOAD_BYTES >> 20} MiB in one zip")
            copy.seek(0)
            yield copy


def _read(entry: Entry, room: Room, refused: list[str]) -> bytes | None:
    """A notebook's bytes; None if there is a reason, which is said, not to take them."""
    size = entry.size
    if size <= NOTEBOOK_BYTES:
        room.read(size)
    try:
        if size <= NOTEBOOK_BYTES:
            with entry.opened() as file:
                content = file.read(NOTEBOOK_BYTES + 1)  # a zip's header may lie
            if len(content) <= NOTEBOOK_BYTES:
                return content
            size = len(content)
    except OSError as problem:
        refused.append(f"{entry.origin}: cannot be read ({problem.strerror or problem})")
        return None
    except Exception:  # zlib.error, BadZipFile, NotImplementedError, EOFError, …
        refused.append(f"{entry.origin}: damaged")
        return None
    refused.append(f"{entry.origin}: {_too_large(size, NOTEBOOK_BYTES)}")
    return None


def readable(name: str) -> str:
    """A file's name as text in one form (NFC); a byte that is not UTF-8 is read as Latin-1."""
    as_latin_1 = {0xDC00 + byte: byte for byte in range(0x80, 0x100)}
    return unicodedata.normalize("NFC", name.translate(as_latin_1))


def _too_large(size: int, most: int) -> str:
    return f"{size / 2**20:.0f} MiB, at most {most // 2**20} are taken"
