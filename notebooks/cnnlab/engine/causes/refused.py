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
from ..verdict import Explanation, Known, Result
from .known import likely
from .static import function_of

REFUSED = "beneath what is refused"


def refused(
    results: list[Result], known: Known, exercise: Exercise, answer: Any, seed: int
) -> Explanation | None:
    """What is to be said of the values of an answer that is refused for a function of NumPy's."""
    due = [i for i, r in enumerate(results) if not r.case.raises]
    if isinstance(answer, StandIn) or not due or not exercise.numpy_only:
        return None
    used = foreign(answer)
    if not used.startswith("np.") or any(results[i].outcome.status != "forbidden" for i in due):
        return None
    got = outcomes_of(answer, exercise, seed, exercise.seconds, range(len(results)), fenced=False)
    beneath = [
        Result(known.cases[i], right.value, g, problem_of(known.cases[i], right, g))
        for i, g in enumerate(got)
        if (right := known.right[i])
    ]
    where = "".join(f" in line {line}" for line in _lines(answer, used)[:1])
    kind, said = "right values", "All else is right: write by hand what it does."
    if wrong := [r for r in beneath if r.problem]:
        causes = likely(beneath, known).causes
        kind = causes[0].name if causes else "wrong values"
        why = " ".join(f"Likely cause: {c.name}. {c.advice}" for c in causes)
        problem = wrong[0].problem
        shown = f"In the case “{wrong[0].case.name}”: {problem.message if problem else ''}"
        said = f"With it the values are not right, either. {why or shown}"
    told = f"`{used}`{where} is not allowed here. {said}"
    return Explanation("refused", told, kind, REFUSED, due[0], len(due), len(due))


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
