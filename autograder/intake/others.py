"""What was handed in that is no notebook, told once for each person, so that all are listed."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable

from .files import Entry
from .lms_names import by_lms

_ARCHIVES = (".rar", ".7z", ".gz", ".tgz", ".tar", ".bz2", ".xz")

_MISNAMED = re.compile(r"(?i)[^.]+|.*\.(?:txt|json|ipynb[^/]*)", re.DOTALL)
"""Names under which notebooks have come in that had lost their own ending, or got another."""

LISTED = 10
"""So many people's other files are listed one by one: a download has the same for everybody."""


def person_in(parts: tuple[str, ...], around: int) -> str:
    """The part of a path that says whose it is. around: how many folders are around people's own.

    Of a file by an LMS only what the LMS has written, so that one person's files are together.
    """
    part = parts[min(around, len(parts) - 1)]
    name = by_lms(part) if len(parts) <= around + 1 else None
    return f"{name.text}_{name.number}" if name else part


def about_others(
    entries: Iterable[Entry], around: int, people: Collection[str]
) -> tuple[list[str], list[str]]:
    """What was left, and what was set aside since it should have been a notebook: sentences.

    people: who has handed in a notebook. Of the others also those are told of whom nothing but
    junk came.
    """
    refused: list[str] = []
    of_person: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        if not entry.junk and looks_like_a_notebook(entry):
            what = "a notebook by its content, but not by its name: rename it to end in .ipynb"
            refused.append(f"{entry.origin}: {what}")
        elif not entry.junk and entry.parts[-1].lower().endswith(_ARCHIVES):
            what = "an archive that is not opened; unpack it, or make it a zip"
            refused.append(f"{entry.origin}: {what}")
        else:
            of_person[person_in(entry.parts, around)].append(entry)
    left: list[str] = []
    rest: list[int] = []
    for person, theirs in of_person.items():
        files = [e for e in theirs if not e.junk]
        if files and len(left) >= LISTED:
            rest.append(len(files))
        elif files:
            more = f" and {len(files) - 1} more files" if len(files) > 1 else ""
            left.append(f"{files[0].origin}{more}: not a notebook")
        elif person not in people:
            what = "hidden files and environments alone, which are not looked at"
            left.append(f"{theirs[0].origin}: {what}")
    if rest:
        left.append(f"{sum(rest)} more files in {len(rest)} folders: not notebooks")
    return left, refused


def looks_like_a_notebook(entry: Entry) -> bool:
    """Whether something that is none by its name is one by its beginning."""
    if not _MISNAMED.fullmatch(entry.parts[-1]):
        return False
    try:
        with entry.opened() as file:
            head = file.read(2**16)
    except Exception:  # it is not taken in any case
        return False
    return b'"cell_type"' in head and b'"cells"' in head
