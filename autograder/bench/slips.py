"""Slips: right answers with one small edit each are answers that nobody foresaw, too.

Of these it is known in which line the mistake is, so nobody has to read what is said of them.
"""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import io
import linecache
import random
import statistics
import time
import warnings
from typing import Any

import numpy as np
import torch
from cnnlab.engine.calling import rows_of
from cnnlab.engine.causes import IN_ALL
from cnnlab.engine.causes.repairing import searching
from cnnlab.engine.examine import examine
from cnnlab.engine.exercise import EXERCISES
from cnnlab.engine.repair.candidates import outcome
from cnnlab.engine.repair.listing import edits_of
from cnnlab.engine.repair.program import NotSearched, Program
from cnnlab.engine.verdict import Known

from ..cells import name_of
from ..releasing import build
from .unseen import line, milliseconds

SLIPS = 8
"""So many edits are made of each of the instructor's answers."""


@dataclasses.dataclass
class Searched:
    """A search on one wrong answer: was the right line found, was another, and what did it take?"""

    found: bool
    right: bool
    tries: int
    seconds: float


@dataclasses.dataclass(frozen=True)
class Right:
    """A right answer: its source, in one style of writing, and what it needs beside itself."""

    name: str
    source: str
    needs: str = ""

    def defined(self, source: str) -> Any:
        """What this source defines in the answer's place, as if a student had run the cells.

        None: it cannot even be defined.
        """
        file = f"<slip {hash(source)}>"
        linecache.cache[file] = (len(source), None, source.splitlines(True), file)
        names: dict[str, Any] = {"np": np, "torch": torch, "nn": torch.nn, "__name__": "__main__"}
        names["F"] = torch.nn.functional
        exec(self.needs, names)  # our own
        try:
            exec(compile(source, file, "exec"), names)  # ours, with an edit
        except Exception:  # in the default of a parameter, say
            return None
        return names[self.name]


def answers(lesson: str) -> list[Right]:
    """The instructor's answers of a lesson."""
    sources = {}
    for cell in build.read(build.SOLUTIONS / f"{lesson}.md").cells:
        name = name_of(cell)
        if name in EXERCISES and EXERCISES[name].signature.parameters:
            tree = ast.parse(cell.source)
            for definition in tree.body:
                definition.decorator_list = []  # an edited answer has none either
            sources[name] = ast.unparse(tree)
    return [
        Right(name, source, "\n\n".join(other for other in sources.values() if other != source))
        for name, source in sources.items()
    ]


def slips(right: Right, chance: random.Random, count: int = SLIPS) -> list[tuple[int, str]]:
    """So many edits of an answer: (line, the source with it)."""
    case, answer = EXERCISES[right.name].draw(0)[0], right.defined(right.source)
    try:
        program = Program.of(answer, right.name, rows_of)
    except NotSearched:
        return []
    edits = [e for e in edits_of(program, lambda a: outcome(a, case)) if e.code is not None]
    made = []
    for edit in chance.sample(edits, min(count, len(edits))):
        edit.apply()
        made.append((edit.line, ast.unparse(program.tree)))
        edit.undo()
    return made


def searched(right: Right, place: int, source: str) -> Searched | None:
    """Search for a slip as ``check`` does; None: it is no mistake, or none to search for."""
    exercise, answer = EXERCISES[right.name], right.defined(source)
    if answer is None:
        return None
    known = Known(exercise, 0)
    report = examine(exercise, answer, known=known, search=0)
    started = time.monotonic()
    search = report.status == "incorrect" and searching(
        *(report.results, known, exercise, answer, IN_ALL)
    )
    if not search:
        return None
    got = search.running.wait(started + 2 * IN_ALL)
    search.stop()
    lines = {n for found in got.found for n in found.lines}
    return Searched(bool(lines), place in lines, got.tries, time.monotonic() - started)


def search_for_slips() -> None:
    """Print, for each lesson and in all, how many slips are found, and what it takes."""
    everything: list[Searched] = []
    print(line("", counted([]), heads=True))
    for lesson in build.lesson_names():
        chance, done = random.Random(0), []
        for right in answers(lesson):
            for place, slip in slips(right, chance):
                with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
                    warnings.simplefilter("ignore")
                    done += [s for s in [searched(right, place, slip)] if s]
        if done:
            print(line(lesson, counted(done)), flush=True)
        everything += done
    print(line("all", counted(everything)), flush=True)


def counted(done: list[Searched]) -> dict[str, Any]:
    """A row of the table: what to print under each of its headings."""
    found = [s for s in done if s.found]
    tries = [s.tries for s in done if s.tries]
    return {
        "slips": len(done),
        "found": f"{len(found) / max(len(done), 1):.0%}",
        "at its line": f"{sum(s.right for s in found)}/{len(found)}",
        "tries": round(statistics.median(tries)) if tries else "–",
        **milliseconds([s.seconds for s in done]),
    }
