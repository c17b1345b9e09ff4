"""What has been taken in, a line each: ``DIR/received.jsonl``, which is only ever added to."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from ..course import add_line
from ..terminal import visible
from .lms_names import NobodysError, canvas, moodle

RECEIPTS = "received.jsonl"


@dataclasses.dataclass(frozen=True)
class Receipt:
    """One notebook taken in.

    origin: where it was found. sha256: of its bytes. as_of: when its file was written, UTC, which
    may be when the download was made; without a zone where nobody knows its clock's. handed_in:
    when it was handed in, UTC; None if nobody knows. source: by what that is known, or why not.
    lms: the LMS's number of the person, such as ``moodle:4711``, or "". late: the LMS says so.
    became: "taken", "replaced" (an older one) or "unchanged" (it was there already).
    """

    student: str
    lesson: str
    origin: str
    sha256: str
    as_of: datetime
    handed_in: datetime | None
    source: str
    lms: str = ""
    late: bool = False
    became: str = "taken"

    @property
    def new(self) -> bool:
        """Whether it was not there already."""
        return self.became != "unchanged"


def write_receipt(root: Path, receipt: Receipt, size: int) -> None:
    """Add a line. root: the course folder. size: the notebook's, in bytes."""
    line = dataclasses.asdict(receipt) | {
        "origin": visible(receipt.origin),  # somebody will look at it in a terminal
        "as_of": receipt.as_of.isoformat(),
        "handed_in": receipt.handed_in.isoformat() if receipt.handed_in else None,
        "received": datetime.now(UTC).isoformat(),
        "bytes": size,
    }
    add_line(root / RECEIPTS, line)


def read_receipts(root: Path) -> Iterator[Receipt]:
    """All that was noted, the oldest first; what is no receipt is passed over."""
    path = root / RECEIPTS
    if not path.is_file():
        return
    for text in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            line = json.loads(text)
            handed_in, as_of = line["handed_in"], line.get("as_of") or line["handed_in"]
            yield Receipt(
                line["student"],
                line["lesson"],
                line["origin"],
                line["sha256"],
                datetime.fromisoformat(as_of),
                datetime.fromisoformat(handed_in) if handed_in else None,
                line.get("source", ""),
                line["lms"] if "lms" in line else _number(line["student"], line["origin"]),
                bool(line.get("late")),
                line.get("became", "taken"),
            )
        except (ValueError, KeyError, TypeError):  # a last line cut off
            continue


def _number(student: str, origin: str) -> str:
    """The LMS's number in a line of the first edition, by the part of the path that made the id."""
    for part in PurePosixPath(origin.rpartition(" » ")[2]).parts:
        name = moodle(part) or canvas(part)
        with suppress(NobodysError):
            if name and name.student == student:
                return name.lms
    return ""
