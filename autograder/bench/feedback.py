"""How true the named causes are, and how many mistakes that nobody foresaw are found.

Leave-one-out: each known mistake is hidden in turn, so that to the engine it is one that nobody
foresaw. It should hear no name then; one that it hears is that of *another* mistake.

Slips: the instructor's answers with one small edit each are answers that nobody foresaw, too. Of
these it is known in which line the mistake is.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import dataclasses
import io
import linecache
import random
import statistics
import time
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from cnnlab.engine.causes import IN_ALL, find
from cnnlab.engine.causes.repairing import searching
from cnnlab.engine.examine import examine
from cnnlab.engine.exercise import EXERCISES, Exercise, Outcome
from cnnlab.engine.problems import problem_of
from cnnlab.engine.repair.candidates import outcome
from cnnlab.engine.repair.program import NotSearched, Program
from cnnlab.engine.repair.search import edits_of
from cnnlab.engine.verdict import Known, Result

from ..cells import name_of
from ..releasing import build


def left_out(exercise: Exercise, seed: int = 0) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each known mistake, and the names that it hears when it is not known itself."""
    known = Known(exercise, seed)
    for mistake, variant in known.mistakes:
        others = copy.copy(known)
        others.mistakes = [pair for pair in known.mistakes if pair[0] is not mistake]
        results = []
        for i, case in enumerate(known.cases):
            good = Outcome("returned") if case.judge else known.right[i]
            got = variant[i]
            results.append(Result(case, good.value, got, problem_of(case, good, got)))
        yield mistake.name, tuple(c.name for c in find(results, others, exercise).causes)


SLIPS = 8
"""So many edits are made of each of the instructor's answers."""


@dataclasses.dataclass
class Searched:
    """A search on one wrong answer: was the right line found, was another, and what did it take?"""

    found: bool
    right: bool
    tries: int
    seconds: float


def answers(lesson: str) -> dict[str, tuple[str, dict[str, Any]]]:
    """The instructor's answers of a lesson: source, in one style of writing, and names around."""
    space = {"np": np, "torch": torch, "nn": torch.nn, "F": torch.nn.functional}
    space |= {"fill": lambda answer: answer, "__name__": "__main__"}
    found = {}
    for cell in build.read(build.SOLUTIONS / f"{lesson}.md").cells:
        name = name_of(cell)
        if name in EXERCISES and EXERCISES[name].signature.parameters:
            tree = ast.parse(cell.source)
            for definition in tree.body:
                definition.decorator_list = []  # an edited answer has none either
            source = ast.unparse(tree)
            exec(source, space)  # our own
            found[name] = source
    return {name: (source, space) for name, source in found.items()}


def slips(name: str, source: str, space: dict[str, Any], chance: random.Random) -> list[tuple]:
    """Edits of an answer: (line, the source with it)."""
    case = EXERCISES[name].draw(0)[0]
    line = space[name].__init__.__code__ if isinstance(space[name], type) else space[name].__code__
    try:
        program = Program(source, name, line.co_firstlineno, space)
    except NotSearched:
        return []
    edits = [e for e in edits_of(program, lambda a: outcome(a, case)) if e.code is not None]
    made = []
    for edit in chance.sample(edits, min(SLIPS, len(edits))):
        edit.apply()
        made.append((edit.line, ast.unparse(program.tree)))
        edit.undo()
    return made


def defined(name: str, source: str, space: dict[str, Any]) -> Any:
    """An answer as if a student had run its cell; None: it cannot even be defined."""
    file = f"<slip {hash(source)}>"
    linecache.cache[file] = (len(source), None, source.splitlines(True), file)
    names = dict(space)
    try:
        exec(compile(source, file, "exec"), names)  # ours, with an edit
    except Exception:  # in the default of a parameter, say
        return None
    return names[name]


def searched(name: str, line: int, source: str, space: dict[str, Any]) -> Searched | None:
    """Search for a slip as ``check`` does; None: it is no mistake, or none to search for."""
    exercise, answer = EXERCISES[name], defined(name, source, space)
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
    return Searched(bool(lines), line in lines, got.tries, time.monotonic() - started)


def search_for_slips() -> None:
    """Print, for each lesson and in all, how many slips are found, and what it takes."""
    print(
        f"{'':22}{'slips':>7}{'found':>7}{'at its line':>13}{'tries':>8}{'ms':>7}{'ms, 95 %':>10}"
    )
    everything: list[Searched] = []
    for lesson in build.lesson_names():
        chance, done = random.Random(0), []
        for name, (source, space) in answers(lesson).items():
            for line, slip in slips(name, source, space, chance):
                with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
                    warnings.simplefilter("ignore")
                    done += [s for s in [searched(name, line, slip, space)] if s]
        _row(lesson, done)
        everything += done
    _row("all", everything)


def _row(name: str, done: list[Searched]) -> None:
    if not done:
        return
    found, seconds = sum(s.found for s in done), sorted(s.seconds for s in done)
    tries = statistics.median(s.tries for s in done)
    late = seconds[int(0.95 * len(seconds))]
    print(
        f"{name:22}{len(done):7}{found / len(done):7.0%}{sum(s.right for s in done):9} of{found:3}"
        f"{tries:7.0f}{1000 * statistics.median(seconds):7.0f}{1000 * late:10.0f}",
        flush=True,
    )


def feedback() -> None:
    """Print the mistakes that are named by another one, and how many slips are found."""
    count = named = 0
    for exercise in EXERCISES.values():
        for name, others in left_out(exercise):
            count += 1
            named += bool(others)
            if others:
                print(f"{exercise.name}: “{name}” is taken for “{' or '.join(others)}”")
    print(f"{named} of {count} known mistakes are named by another one ({named / count:.1%})")
    search_for_slips()
