"""How true the named causes are, and how much people hear of mistakes that nobody foresaw.

Answers that others wrote, and what a reader thought of what they are told (``unseen``).

Leave-one-out: each known mistake is hidden in turn, so that to the engine it is one that nobody
foresaw. It should hear no name then; one that it hears is that of *another* mistake.

The instructor's answers with one small edit each (``slips``).
"""

from __future__ import annotations

import copy
from collections.abc import Iterator

from cnnlab.engine.causes import find
from cnnlab.engine.exercise import EXERCISES, Exercise, Outcome
from cnnlab.engine.problems import problem_of
from cnnlab.engine.verdict import Known, Result

from . import unseen
from .slips import search_for_slips


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


def leave_one_out() -> None:
    """Print the mistakes that are named by another one when they are hidden."""
    count = named = 0
    for exercise in EXERCISES.values():
        for name, others in left_out(exercise):
            count += 1
            named += bool(others)
            if others:
                print(f"{exercise.name}: “{name}” is taken for “{' or '.join(others)}”")
    print(f"{named} of {count} known mistakes are named by another one ({named / count:.1%})")


def feedback() -> None:
    """Print all three; of the answers every set that lies there."""
    for name in unseen.sets():
        unseen.table(name)
        print(flush=True)
    leave_one_out()
    print(flush=True)
    search_for_slips()
