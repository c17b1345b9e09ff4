"""What came of a collection, as one table: taken, replaced, left (why), set aside, missing."""

from __future__ import annotations

import dataclasses
from collections import Counter

from ..terminal import visible
from .receipts import Receipt


@dataclasses.dataclass(frozen=True)
class Collected:
    """What came of a collection.

    taken: a receipt for each student's notebook, also where it was there already. left: what was
    decided without anybody's help, a sentence each. refused: what was set aside and waits for the
    instructor, a sentence each. missing: who of the roster has handed in nothing of the lesson.
    new: students that nobody knew before. by_name: who is known by a name alone, which others may
    have, too. stopped: why the rest was not looked at, or "".
    """

    taken: list[Receipt]
    left: list[str]
    refused: list[str]
    missing: list[str] = dataclasses.field(default_factory=list)
    new: set[str] = dataclasses.field(default_factory=set)
    by_name: set[str] = dataclasses.field(default_factory=set)
    stopped: str = ""

    @property
    def done(self) -> bool:
        """Whether nothing waits for the instructor."""
        return not self.refused and not self.stopped

    def __str__(self) -> str:
        counts = Counter(receipt.became for receipt in self.taken)
        width = min(max((len(r.student) for r in self.taken), default=0), 30)
        rows = [self._row(r, width) for r in self.taken]
        rows += [f"{'left':9}  {visible(said)}" for said in self.left]
        rows += [f"set aside  {visible(said)}" for said in self.refused]
        if self.missing:
            rows.append(f"{'missing':9}  {', '.join(map(visible, self.missing))}")
        if self.by_name:
            rows.append(
                f"names      of {len(self.by_name)}: Moodle gives no id, so they are known by "
                "their names alone; with a roster (`autograder roster`) people of one name are two"
            )
        rows += self._about_times()
        total = [f"{counts[what]} {what}" for what in ("taken", "unchanged", "replaced")]
        total += [f"{len(self.left)} left", f"{len(self.refused)} set aside"]
        total += [f"{len(self.missing)} missing"] if self.missing else []
        rows.append(", ".join(total))
        return "\n".join([*rows, *([self.stopped] if self.stopped else [])])

    def _row(self, receipt: Receipt, width: int) -> str:
        when = f"{receipt.handed_in:%Y-%m-%d %H:%M} UTC" if receipt.handed_in else "time unknown"
        notes = ["a new student"] * (receipt.student in self.new)
        notes += ["late, says the LMS"] * receipt.late
        number = receipt.lms.partition(":")[2]
        if receipt.student in (f"Participant_{number}", f"anon_{number}"):
            notes.append("names are hidden: an id of this assignment alone")
        return (
            f"{receipt.became:9}  {receipt.student:{width}}  {when:20}  {visible(receipt.origin)}  "
            f"sha256 {receipt.sha256[:12]}…" + "".join(f"  ({note})" for note in notes)
        )

    def _about_times(self) -> list[str]:
        """Where the times come from, and what follows where there are none."""
        sources = Counter((r.source, r.handed_in is None) for r in self.taken)
        said = []
        for (source, unknown), count in sources.items():
            what = f"times      of {count}: {source}"
            if unknown:
                what += (
                    ": so there is no time of handing in, and no points are taken off for late "
                    "work. To give the times, name a table of them beside the download (CSV: id, "
                    "handed_in; or Moodle's grading worksheet)"
                )
            said.append(what)
        return said
