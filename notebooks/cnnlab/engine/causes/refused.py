"""An answer that uses what is refused: whether its values would be right at all.

Who has to write a convolution by hand will do so as it was called. So what is wrong with that comes
with the refusal, not after it.
"""

from __future__ import annotations

import ast
from typing import Any

from ..calling import outcomes_of
from ..exercise import Exercise, StandIn
from ..foreign import foreign
from ..problems import problem_of
from ..verdict import Known, Result
from .static import function_of


def beneath(
    results: list[Result], known: Known, exercise: Exercise, answer: Any, seed: int
) -> tuple[str, str, list[Result]] | None:
    """(what is to be said, an example if there is one, what would come of it if it were not).

    None: the answer is not refused, or for something else than a function of NumPy's.
    """
    due = [i for i, r in enumerate(results) if not r.case.raises]
    if isinstance(answer, StandIn) or not due or not exercise.numpy_only:
        return None
    used = foreign(answer)
    if not used.startswith("np.") or any(results[i].outcome.status != "forbidden" for i in due):
        return None
    got = outcomes_of(answer, exercise, seed, exercise.seconds, range(len(results)), fenced=False)
    found = [
        Result(known.cases[i], right.value, g, problem_of(known.cases[i], right, g))
        for i, g in enumerate(got)
        if (right := known.right[i])
    ]
    where = "".join(f" in line {line}" for line in _lines(answer, used)[:1])
    told = f"`{used}`{where} is not allowed here."
    first = next((r for r in found if r.problem), None)
    if first is None or first.problem is None:
        return f"{told} All else is right: write by hand what it does.", "", found
    shown = f" In the case “{first.case.name}”: {first.problem.message}"
    return f"{told} With it the values are not right, either.", shown, found


def _lines(answer: Any, used: str) -> list[int]:
    """Where in an answer a function is named."""
    name, tree = used.rpartition(".")[2], function_of(answer)
    nodes = ast.walk(tree) if tree is not None else ()
    return sorted(
        n.lineno
        for n in nodes
        if (isinstance(n, ast.Attribute) and n.attr == name)
        or (isinstance(n, ast.Name) and n.id == name)
    )
