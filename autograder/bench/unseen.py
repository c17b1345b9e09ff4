"""What ``check`` says of wrong answers that nobody foresaw, counted by what a reader thought of it.

The answers and the readings lie in sets beside the tests; the README there says what is in them. A
reading belongs to what was said: when something else is said, it has to be read again. This prints
what nobody has read, beside the true cause, and keeps a reading:

    python -c "from autograder.bench.unseen import unread; unread('half')"
    python -c "from autograder.bench.unseen import keep; keep('half', 'conv1d/flipped', 'true')"
"""

from __future__ import annotations

import contextlib
import dataclasses
import io
import itertools
import json
import linecache
import multiprocessing
import re
import statistics
import time
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from cnnlab.engine import causes
from cnnlab.engine.examine import examine
from cnnlab.engine.exercise import EXERCISES
from cnnlab.engine.shown import as_text

from ..course import ROOT

FOLDER = ROOT / "autograder/tests/support/unseen"
VERDICTS = ("true", "suffices", "partly", "misleading", "blind")
UNREAD = "unread"
UNDEFINED = "undefined"
"""In the place of a status: the cell itself raised."""

Readings = dict[str, list[dict[str, str]]]


@dataclasses.dataclass(frozen=True)
class Told:
    """An answer, and what ``check`` said of it.

    name: EXERCISE/NAME. right: whether it is right. cause: why it is not; seen: whether somebody
    really made that mistake. names, first: the named causes and the first sentence; text: the whole
    report. tries: of the search in its source, 0 if none came to its end.
    """

    name: str
    right: bool
    cause: str
    seen: bool
    status: str
    names: tuple[str, ...]
    first: str
    text: str
    seconds: float
    tries: int

    @property
    def exercise(self) -> str:
        return self.name.partition("/")[0]

    @property
    def said(self) -> str:
        """What a reading of it belongs to."""
        return "; ".join(self.names) or re.sub(r"\d+", "0", self.first)[:200]

    @property
    def rejected(self) -> bool:
        """Whether a wrong answer is found to be one."""
        return not self.right and self.status not in ("correct", UNDEFINED)

    def verdict(self, readings: Readings) -> str:
        """What a reader thought of it; UNREAD if nobody has read what is said now."""
        kept = {r["said"]: r["verdict"] for r in readings.get(self.name, [])}
        return kept.get(self.said, UNREAD)


# ── the answers ─────────────────────────────────────────────────────────────


def sets() -> list[str]:
    """The names of all sets."""
    return sorted(p.stem for p in FOLDER.glob("*.json") if not p.stem.endswith("_readings"))


def told(name: str, only: Iterable[str] = ()) -> Iterator[Told]:
    """Examine all answers of a set, or those to some exercises: each exercise in a new process."""
    anew = multiprocessing.get_context("spawn")
    for exercise, answers in json.loads(_place(name).read_text(encoding="utf-8")).items():
        if not only or exercise in only:
            with ProcessPoolExecutor(1, anew) as process:
                yield from process.submit(_examined, exercise, answers).result()


def _place(name: str) -> Path:
    return FOLDER / f"{name}.json"


def _examined(exercise: str, answers: dict[str, dict[str, dict[str, str]]]) -> list[Told]:
    torch.set_num_threads(1)
    return [
        _told(exercise, name, answer, kind == "correct")
        for kind, those in answers.items()
        for name, answer in those.items()
    ]


def _told(exercise: str, name: str, answer: dict[str, str], right: bool) -> Told:
    """Examine an answer as if its cell had been run in a notebook."""
    begun, begin = [], causes.searching

    def noted(*asked: Any) -> Any:
        begun.append(begin(*asked))
        return begun[-1]

    silent = contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO())
    with warnings.catch_warnings(), silent[0], silent[1], patch.object(causes, "searching", noted):
        warnings.simplefilter("ignore")
        started = time.monotonic()
        try:
            value = _defined(exercise, name, answer["source"])
        except Exception as problem:  # it needs a package that is not here, say
            report, status, first = None, UNDEFINED, repr(problem)
        else:
            report = examine(EXERCISES[exercise], value if callable(value) else lambda: value)
            status = report.status
            first = next((r.problem.message for r in report.results if r.problem), "")
        seconds = time.monotonic() - started
    return Told(
        *(f"{exercise}/{name}", right, answer.get("true_cause", ""), answer.get("from") == "seen"),
        *(status, tuple(sorted(cause.name for cause in report.causes)) if report else (), first),
        *(as_text(report) if report else first, seconds),
        begun[0].running.wait(0.0).tries if any(begun) else 0,
    )


def _defined(exercise: str, name: str, source: str) -> Any:
    """What a cell with this source defines."""
    file = f"<answer {exercise}/{name}>"
    linecache.cache[file] = (len(source), None, source.splitlines(True), file)
    space: dict[str, Any] = {"np": np, "torch": torch, "nn": torch.nn, "F": torch.nn.functional}
    space["__name__"] = "__main__"
    exec(compile(source, file, "exec"), space)
    return space[exercise]


# ── the readings ────────────────────────────────────────────────────────────


def readings(name: str) -> Readings:
    """The readings of a set, by EXERCISE/NAME; nobody may have read any of it."""
    file = _place(f"{name}_readings")
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def unread(name: str, *exercises: str) -> None:
    """Print each report of a set that nobody has read yet, beside the true cause."""
    kept = readings(name)
    for one in told(name, exercises):
        if one.rejected and one.verdict(kept) == UNREAD:
            print(f"── {one.name}\n   true cause: {one.cause}\n{one.text}\n", flush=True)


def keep(name: str, answer: str, verdict: str, comment: str = "") -> None:
    """Keep what a reader thinks of what is said now. answer: EXERCISE/NAME."""
    if verdict not in VERDICTS:
        raise ValueError(f"{verdict!r} is no verdict; there are {', '.join(VERDICTS)}")
    found = [one for one in told(name, [answer.partition("/")[0]]) if one.name == answer]
    if not found:
        raise ValueError(f"there is no answer {answer!r} in the set {name!r}")
    kept, said = readings(name), found[0].said
    others = [r for r in kept.get(answer, []) if r["said"] != said]
    kept[answer] = [*others, {"said": said, "verdict": verdict, "comment": comment}]
    file = _place(f"{name}_readings")
    new = file.with_suffix(".new")
    new.write_text(json.dumps(kept, indent=0, ensure_ascii=False) + "\n", encoding="utf-8")
    new.replace(file)


# ── the table ───────────────────────────────────────────────────────────────


def counted(those: list[Told], kept: Readings) -> dict[str, Any]:
    """A row of the table: what to print under each of its headings."""
    wrong, right = [t for t in those if not t.right], [t for t in those if t.right]
    rejected = [t for t in wrong if t.rejected]
    verdicts = Counter(t.verdict(kept) for t in rejected)
    seen = [t.verdict(kept) for t in rejected if t.seen]
    tries = [t.tries for t in rejected if t.tries]
    return {
        "wrong": len(wrong),
        "rejected": len(rejected),
        "named": sum(bool(t.names) for t in rejected),
        "told": verdicts["true"] + verdicts["suffices"],
        **{v: verdicts[v] for v in (*VERDICTS[2:], UNREAD)},
        "seen told": f"{sum(v in ('true', 'suffices') for v in seen)}/{len(seen)}",
        "right ok": f"{sum(t.status == 'correct' for t in right)}/{len(right)}",
        "tries": round(statistics.median(tries)) if tries else "–",
        **milliseconds([t.seconds for t in rejected]),
    }


def milliseconds(seconds: list[float]) -> dict[str, Any]:
    """The median of some times, and what 95 % of them do not exceed."""
    if not seconds:
        return {"ms": "–", "ms, 95 %": "–"}
    late = sorted(seconds)[int(0.95 * len(seconds))]
    return {"ms": round(1000 * statistics.median(seconds)), "ms, 95 %": round(1000 * late)}


def line(name: str, row: dict[str, Any], heads: bool = False) -> str:
    """A row as text, or the headings of all rows."""
    cells = (
        f"{head if heads else value!s:>{max(len(head), 5) + 2}}" for head, value in row.items()
    )
    return f"{name:20}{''.join(cells)}"


def table(name: str) -> None:
    """Print, for each exercise of a set and in all, how much its wrong answers are told."""
    kept, everything = readings(name), []
    print(line(f"“{name}”", counted([], kept), heads=True))
    for exercise, those in itertools.groupby(told(name), lambda one: one.exercise):
        of_one = list(those)
        everything += of_one
        print(line(exercise, counted(of_one, kept)), flush=True)
    row = counted(everything, kept)
    print(line("all", row))
    rejected, named = row["rejected"] or 1, row["named"] or 1
    print(
        f"told {row['told']} of {row['rejected']} ({row['told'] / rejected:.0%}); "
        f"of {row['named']} that hear a name {row['misleading']} are misled "
        f"({row['misleading'] / named:.1%})",
        flush=True,
    )
