"""The files at a path, in a folder or in a zip, none of which is trusted.

No link is followed, nothing is unpacked to disk by a name that somebody chose, and what is too
large, too deep or too many is refused with a sentence before it is read.
"""

from __future__ import annotations

import dataclasses
import io
import os
import re
import stat
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

# Far above any honest hand-in, far below what hurts.
NOTEBOOK_BYTES = 20 * 2**20
ARCHIVE_BYTES = 2**31
FILES = 20_000
RATIO = 200  # a zip bomb's members unpack to a thousand times their size and more
DEPTH = 2  # the download, and a student's own zip in it
FOLDERS = 12

JUNK = re.compile(
    r"(?:^|/)(?:__MACOSX|\.ipynb_checkpoints|\.DS_Store|desktop\.ini|Thumbs\.db)(?:/|$)"
)


@dataclasses.dataclass(frozen=True)
class Found:
    """A file's bytes, its path inside what was collected, and when it was written."""

    inside: PurePosixPath
    origin: str
    content: bytes
    time: datetime


def files_at(path: Path, refused: list[str]) -> Iterator[Found]:
    """The regular files at a path, in a folder, or in a zip."""
    if path.is_symlink() or not (path.is_dir() or path.is_file()):
        refused.append(f"{path}: a link or a device, not a file")
    elif path.is_file():
        yield from _opened(path, PurePosixPath(path.name), path.name, refused)
    else:
        yield from _in_folder(path, refused)


def _in_folder(folder: Path, refused: list[str]) -> Iterator[Found]:
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


def _opened(path: Path, inside: PurePosixPath, origin: str, refused: list[str]) -> Iterator[Found]:
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
            refused.append(f"{origin}: {_too_large(about.st_size)}")
        else:
            yield Found(inside, origin, file.read(NOTEBOOK_BYTES + 1), time)


def _in_zip(
    file: io.BufferedIOBase,
    folder: PurePosixPath,
    origin: str,
    time: datetime,
    refused: list[str],
    depth: int,
) -> Iterator[Found]:
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
        if why := _refused(member, name):
            refused.append(f"{here}: {why}")
            continue
        try:
            with archive.open(member) as unpacked:
                content = unpacked.read(NOTEBOOK_BYTES + 1)  # its header may lie
        except Exception:  # zlib.error, BadZipFile, NotImplementedError, EOFError, …
            refused.append(f"{here}: damaged")
            continue
        written = _time(member, time)
        if len(content) > NOTEBOOK_BYTES:
            refused.append(f"{here}: {_too_large(len(content))}")
        elif inside.suffix.lower() == ".zip":
            inner = io.BytesIO(content)
            yield from _in_zip(inner, inside.parent, here, written, refused, depth + 1)
        else:
            yield Found(inside, here, content, written)


def _refused(member: zipfile.ZipInfo, name: str) -> str:
    """Why a zip's member is not unpacked, or "". name: its own, with slashes."""
    kind = stat.S_IFMT(member.external_attr >> 16)
    if ".." in PurePosixPath(name).parts or name.startswith("/") or re.match(r"[A-Za-z]:", name):
        return "a path that leads out of the zip"
    if kind not in (0, stat.S_IFREG):
        return "a link or a device, not a file"
    if member.flag_bits & 1:
        return "encrypted"
    if member.file_size > NOTEBOOK_BYTES:
        return _too_large(member.file_size)
    if member.file_size > RATIO * max(member.compress_size, 1):
        return f"unpacks to more than {RATIO} times its size"
    return ""


def _time(member: zipfile.ZipInfo, otherwise: datetime) -> datetime:
    """When a zip's member was written; zips know no time zone, so it is taken as ours."""
    try:
        return datetime(*member.date_time).astimezone(UTC)
    except (ValueError, OverflowError):
        return otherwise


def _too_large(size: int) -> str:
    return f"{size / 2**20:.0f} MiB, at most {NOTEBOOK_BYTES // 2**20} are taken"
