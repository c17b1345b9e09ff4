"""Put a notebook into the course, all of it or nothing; what it replaces is kept."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from ..course import Course, write
from .receipts import Receipt, write_receipt
from .submitted import STAMP, stamp_in


def put(course: Course, receipt: Receipt, content: bytes) -> None:
    """Put a notebook into its submission folder, with its time and a receipt.

    Raises OSError, and then nothing of it is there.
    """
    place = course.submitted(receipt.student, receipt.lesson)
    fresh = place.with_name(f".{receipt.lesson}.{os.getpid()}")
    try:
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        (fresh / f"{receipt.lesson}.ipynb").write_bytes(content)
        if stamp := _stamp(receipt):
            (fresh / STAMP).write_text(stamp)
        write_receipt(course.root, receipt, len(content))
        if place.exists():
            old = kept_in(course, receipt) / datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
            old.parent.mkdir(parents=True, exist_ok=True)
            place.rename(old)
        fresh.rename(place)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        with suppress(OSError):
            place.parent.rmdir()  # only if it is empty


def put_time(course: Course, receipt: Receipt, size: int) -> None:
    """Note the time of a notebook that is there already, if it is known now. size: in bytes."""
    place = course.submitted(receipt.student, receipt.lesson)
    stamp = _stamp(receipt)
    if stamp and stamp != stamp_in(place):
        write(place / STAMP, stamp)
        write_receipt(course.root, receipt, size)


def kept_in(course: Course, receipt: Receipt) -> Path:
    """Where what a student's notebook has replaced is kept."""
    return course.root / "replaced" / receipt.student / receipt.lesson


def clear_up(course: Course, lesson: str) -> None:
    """Remove what a collection left behind that was killed."""
    for path in (course.root / "submitted").glob(f"*/.{lesson}.*"):
        pid = path.name.rpartition(".")[2]
        if pid.isdigit() and not Path(f"/proc/{pid}").exists() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
            with suppress(OSError):
                path.parent.rmdir()


def _stamp(receipt: Receipt) -> str:
    """What timestamp.txt says, in nbgrader's form; "" where no time is known."""
    when = receipt.handed_in
    return f"{when:%Y-%m-%d %H:%M:%S.%f} UTC" if when else ""
