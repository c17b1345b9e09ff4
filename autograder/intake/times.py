"""When something was handed in, as far as a download knows: no late penalty rests on a guess.

=============================  ==============================================================
a file on disk                 its own time, an instant
a zip's extended field         an instant: ``zip``, 7-Zip and Finder write it
a zip's plain time             of a clock whose zone the zip does not say: not believed
within minutes of others', or  the time at which a download was made (Canvas and Moodle 4 write it
of the download itself         into every file; unpacked ones keep it): not believed
a table of times               believed; a ``.csv`` among what is collected (``table_of_times``)
=============================  ==============================================================

What is not believed gives no time of handing in, but still says which of two downloads is newer.
"""

from __future__ import annotations

import codecs
import csv
import dataclasses
import io
import re
import struct
import warnings
import zipfile
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

# Times in tables are written as people read them, in many ways. nbgrader brings it along.
from dateutil import parser as dates

from .limits import shown

DOWNLOAD = timedelta(minutes=10)
"""Within so short a time of each other files were written by the download, not handed in."""
CROWD = 5
"""So many, or half of a small class, are no chance; who hands in with the crowd is not late."""

_EXTENDED, _NTFS = 0x5455, 0x000A
_WINDOWS = datetime(1601, 1, 1, tzinfo=UTC)


class TimesError(ValueError):
    """A table of times that cannot be read; the message says what to do."""


@dataclasses.dataclass(frozen=True)
class Written:
    """When a file was written.

    time: UTC. source: by what it is known. exact: whether that is an instant, its zone known.
    """

    time: datetime
    source: str
    exact: bool


def of_file(seconds: float) -> Written:
    """The time of a file on disk. seconds: its mtime."""
    try:
        return Written(datetime.fromtimestamp(seconds, UTC), "the file's own time", True)
    except (ValueError, OverflowError, OSError):  # a year that no date has, as anybody may set it
        return Written(datetime.fromtimestamp(0, UTC), "the file's own time, which is none", False)


def of_member(member: zipfile.ZipInfo, archive: datetime) -> Written:
    """The time of a file in a zip. archive: of the zip itself, where it has none that is one."""
    if instant := _extra(member.extra):
        return Written(instant, "the zip's time, UTC", True)
    source = "the zip's time, in a zone that it does not say"
    try:
        return Written(datetime(*member.date_time, tzinfo=UTC), source, False)
    except ValueError:
        return Written(archive, source, False)


def _extra(fields: bytes) -> datetime | None:
    """The instant in a zip member's extra fields (APPNOTE 4.5; 0x5455 by Info-ZIP), if any."""
    at = 0
    while len(fields) - at >= 4:
        kind, size = struct.unpack_from("<HH", fields, at)
        field, at = fields[at + 4 : at + 4 + size], at + 4 + size
        try:
            if kind == _EXTENDED and field[0] & 1:
                return datetime.fromtimestamp(struct.unpack("<i", field[1:5])[0], UTC)
            if kind == _NTFS and field[4:6] == b"\1\0":
                ticks = struct.unpack("<Q", field[8:16])[0]  # of 100 ns
                return _WINDOWS + timedelta(microseconds=ticks // 10)
        except (IndexError, struct.error, OverflowError, OSError, ValueError):
            return None
    return None


def why_not_believed(written: Sequence[Written], made: datetime) -> list[str]:
    """Why each of a download's times is not that of handing in, or "".

    written: of all that was handed in. made: when the download was, as well as that is known.
    Several downloads may lie in one folder, and of an unpacked one a file may have been written
    again since: with half of the files in crowds, no other is believed either.
    """
    times = sorted(w.time for w in written)
    crowd = max(2, min(len(times) / 2, CROWD))

    def in_crowd(w: Written) -> bool:
        near = bisect_right(times, w.time + DOWNLOAD) - bisect_left(times, w.time - DOWNLOAD)
        return near >= crowd

    most = sum(map(in_crowd, written)) * 2 >= len(written)

    def why(w: Written) -> str:
        if most or in_crowd(w) or abs(w.time - made) <= DOWNLOAD:
            return "the files' times are those of the download"
        return "" if w.exact else "the zip's times are of a clock whose zone it does not say"

    return [why(w) for w in written]


# ── a table of times ────────────────────────────────────────────────────────

_WHEN = (
    *("handed_in", "handed in", "time", "timestamp", "submitted", "submitted_at", "submitted at"),
    *("submission time", "last modified (submission)"),
)
"""What the column with the times is called, in small letters. The last is Moodle's."""

_DEFAULTS = (2001, 1, 1, 0, 0), (2003, 5, 6, 7, 8)
"""What a time would take from where it says nothing itself; two, so that it is seen."""
_YEAR_FIRST = re.compile(r"\d{4}\D")


def table_of_times(path: Path, zone: str) -> list[tuple[dict[str, str], datetime]]:
    """The rows of a CSV file, keys in small letters, and the time that each says, UTC.

    zone: of times that say none, as in ``Europe/Berlin``; "" if nobody has said it.
    Moodle's grading worksheet is such a table. Raises TimesError.
    """
    rows = read_table(path)
    column = next((name for name in _WHEN if rows and name in rows[0]), None)
    if column is None:
        raise TimesError(
            f"{path.name} is no table of times: it needs a column handed_in, or Moodle's "
            "“Last modified (submission)”, and one to know people by (id, email, name …)."
        )
    found = []
    for row in rows:
        text = row[column].strip()
        if text in ("", "-"):
            continue  # has not handed in
        try:
            found.append((row, _instant(text, zone)))
        except (ValueError, OverflowError) as problem:
            why = problem if isinstance(problem, TimesError) else "is no time that can be read"
            raise TimesError(
                f"{path.name}: {shown(text)!r} {why}; write 2026-11-20 23:59 +0100."
            ) from None
    return found


def _instant(text: str, zone: str) -> datetime:
    """The instant that a text says, UTC. Raises TimesError where some of it would be a guess."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", dates.UnknownTimezoneWarning)
        try:
            when, other = (dates.parse(text, default=datetime(*d)) for d in _DEFAULTS)
        except dates.UnknownTimezoneWarning:
            raise TimesError("names a time zone that is not the same everywhere") from None
        if when != other:
            raise TimesError("is not a whole date and time of day")
        if not _YEAR_FIRST.match(text) and dates.parse(text, dayfirst=True) != when:
            raise TimesError("does not say which is the day and which the month")
    if when.tzinfo is None:
        if not zone:
            raise TimesError(
                "does not say its time zone, nor does DIR/course.toml, under [times], as in "
                'zone = "Europe/Berlin"'
            )
        when = when.replace(tzinfo=ZoneInfo(zone))
    return when.astimezone(UTC)


def read_table(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file, separated as its first line is; column names in small letters.

    Raises TimesError if it is none.
    """
    data = path.read_bytes()
    if data.startswith(b"PK\3\4"):
        raise TimesError(f"{path.name} is a workbook, no CSV file; save it as CSV.")
    utf_16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))  # Excel's Unicode text
    try:
        text = data.decode("utf-16" if utf_16 else "utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")  # as old spreadsheets write it
    text = re.sub(r"\Asep=.\r?\n", "", text)  # Excel's, for itself
    head = text.partition("\n")[0]
    between = max(",;\t", key=head.count)
    try:
        table = list(csv.reader(io.StringIO(text, newline=""), delimiter=between))
    except csv.Error as problem:
        raise TimesError(f"{path.name} cannot be read as a CSV file: {problem}.") from None
    names = [name.strip().casefold() for name in table[0]] if table else []
    return [
        dict(zip(names, [*row, *[""] * len(names)], strict=False)) for row in table[1:] if any(row)
    ]
