"""What a submission's process is asked, as data: a case with all that a call of it needs."""

from __future__ import annotations

import inspect
import textwrap
from typing import Any

from cnnlab.engine.exercise import Case, Exercise
from cnnlab.engine.repair import Asked


def call_of(exercise: Exercise | None, case: Case) -> dict[str, Any]:
    """What is asked of an answer."""
    return _arguments(case) | {"refused": exercise.refused if exercise else ()}


def _arguments(case: Case) -> dict[str, Any]:
    """What an answer is called with, and by what, if a plain call is not enough."""
    probe = textwrap.dedent(inspect.getsource(case.probe)) if case.probe else None
    return {"args": tuple(case.args), "kwargs": dict(case.kwargs), "probe": probe}


def as_data(asked: Asked) -> dict[str, Any]:
    """A visible case, what is right there, whether the answer is wrong, and what it is alike in."""
    case = asked.case
    about = {name: getattr(case, name) for name in ("raises", "draws", "rtol", "atol")}
    about |= {"case": case.name, "right": asked.right.value, "wrong": asked.wrong}
    about["groups"] = list(asked.groups)
    return about | _arguments(case)
