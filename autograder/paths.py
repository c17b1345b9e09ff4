"""Files that somebody else has put there: looked at without following a link.

Kept apart from ``links``, so that nothing heavy is imported for it.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

from .terminal import visible


def on_the_way(path: Path, root: Path) -> Path | None:
    """The first link on the way from a folder down to a path, the path too; None if there is none.

    Also a link that leads nowhere. root: the folder, which may be reached by a link itself.
    """
    inner = path.relative_to(root).parts if path.is_relative_to(root) else path.parts[1:]
    here = root if path.is_relative_to(root) else Path(path.anchor)
    for part in inner:
        here = here / part
        if here.is_symlink():
            return here
    return None


def why_not(path: Path, root: Path) -> str:
    """Why a path in a course is not used, in a sentence, or ""."""
    link = on_the_way(path, root)
    if link is None:
        return ""
    name = link.relative_to(root) if link.is_relative_to(root) else link
    return (
        f"{visible(str(name))} is a link, which is not followed: put in its place what it leads to"
    )


def open_file(path: Path | str, folder: int | None = None) -> BinaryIO:
    """Open a regular file, and nothing else. folder: an open one that the path is in.

    Raises OSError for a link, a folder, a device or a pipe, for which nobody waits.
    """
    # Opened first and looked at then, so that nothing can be swapped in between.
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(f"{visible(str(path))} is no file")
    return os.fdopen(handle, "rb")


def read_file(path: Path, limit: int) -> bytes | None:
    """The bytes of a regular file; None if it is none, cannot be read, or is larger than limit."""
    try:
        with open_file(path) as file:
            data = file.read(limit + 1)
    except OSError:
        return None
    return data if len(data) <= limit else None
