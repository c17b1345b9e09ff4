"""When something was handed in, as far as a download knows: no late penalty rests on a guess.

=============================  ==============================================================
a file on disk                 its own time, an instant
a zip's extended field         an instant: ``zip``, 7-Zip and Finder write it
a zip's plain time             of a clock whose zone the zip does not say: not believed
all within minutes, or of      the time at which the download was made (Canvas and Moodle 4 write
the download itself            it into every file): not believed
a table of times               believed; a ``.csv`` among what is collected (``table_of_times``)
=============================  ==============================================================

What is not believed gives no time of handing in, but still says which of two downloads is newer.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import struct
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

# Times in tables are written as people read them, in many ways. nbgrader brings it along.
from dateutil import parser as dates

DOWNLOAD = timedelta(minutes=10)
"""Within so short a time of each other files were written by the download, not handed in."""

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
    return Written(datetime.fromtimestamp(seconds, UTC), "the file's own time", True)


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
    while len(fields) >= 4:
        kind, size = struct.unpack("<HH", fields[:4])
        field, fields = fields[4 : 4 + size], fields[4 + size :]
        try:
            if kind == _EXTENDED and field[0] & 1:
                return datetime.fromtimestamp(struct.unpack("<i", field[1:5])[0], UTC)
            if kind == _NTFS and field[4:6] == b"\1\0":
                ticks = struct.unpack("<Q", field[8:16])[0]  # of 100 ns
                return _WINDOWS + timedelta(microseconds=ticks // 10)
        except (IndexError, struct.error, OverflowError, OSError, ValueError):
            return None
    return None


def why_not_believed(written: Sequence[Written], made: datetime) -> str:
    """Why a download's times are not those of handing in, or "".

    written: of all that was handed in. made: when the download was, as well as that is known.
    """
    times = sorted(w.time for w in written)
    if times and times[-1] - times[0] <= DOWNLOAD and (len(times) > 1 or _near(times[0], made)):
        return "the files' times are those of the download"
    if not all(w.exact for w in written):
        return "the zip's times are of a clock whose zone it does not say"
    return ""


def _near(one: datetime, other: datetime) -> bool:
    return abs(one - other) <= DOWNLOAD


# ── a table of times ────────────────────────────────────────────────────────

_WHEN = (
    *("handed_in", "handed in", "time", "timestamp", "submitted", "submitted_at", "submitted at"),
    *("submission time", "last modified (submission)"),
)
"""What the column with the times is called, in small letters. The last is Moodle's."""


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
            when = dates.parse(text)
        except (ValueError, OverflowError):
            raise TimesError(
                f"{path.name}: {text!r} is no time that can be read; write 2026-11-20 23:59 +0100."
            ) from None
        if when.tzinfo is None:
            if not zone:
                raise TimesError(
                    f"{path.name}: {text!r} does not say its time zone; write 2026-11-20 23:59 "
                    "+0100, or say the zone in DIR/course.toml, under [times]: "
                    'zone = "Europe/Berlin".'
                )
            when = when.replace(tzinfo=ZoneInfo(zone))
        found.append((row, when.astimezone(UTC)))
    return found


def read_table(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file, separated as its first line is; column names in small letters.

    Raises TimesError if it is none.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        text = path.read_bytes().decode("latin-1")  # as old spreadsheets write it
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
