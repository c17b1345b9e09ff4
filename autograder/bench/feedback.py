"""How true the named causes are, measured on the known mistakes themselves.

Leave-one-out: each known mistake is hidden in turn, so that to the engine it is one that nobody
foresaw. It should hear no name then; one that it hears is that of *another* mistake.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator

from cnnlab.engine.causes import find
from cnnlab.engine.exercise import EXERCISES, Exercise, Outcome
from cnnlab.engine.problems import problem_of
from cnnlab.engine.verdict import Known, Result


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


def feedback() -> None:
    """Print the mistakes that are named by another one, and how many there are."""
    count = named = 0
    for exercise in EXERCISES.values():
        for name, others in left_out(exercise):
            count += 1
            named += bool(others)
            if others:
                print(f"{exercise.name}: “{name}” is taken for “{' or '.join(others)}”")
    print(f"{named} of {count} known mistakes are named by another one ({named / count:.1%})")
