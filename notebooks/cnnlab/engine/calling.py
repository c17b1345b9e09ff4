"""Call an answer in this process: with a time limit, watched, and the process as it was after it.

The grader's answers are called elsewhere, in its sandbox; both say the same with an ``Outcome``.
"""

from __future__ import annotations

import random
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import numpy as np

from .comparing import difference
from .exercise import Case, Exercise, Outcome
from .foreign import without_torch
from .limiting import TimeLimit, time_limit
from .refusing import Forbidden, ready_made_refused, refuse_torch, refusing


def _global_state() -> dict[str, Any]:
    """What an answer must leave as it found it, by the name a student knows it under."""
    state = {
        "NumPy's global random generator": tuple(np.random.get_state())[1:3],
        "Python's global random generator": hash(random.getstate()),
    }
    if torch := sys.modules.get("torch"):
        state["torch's default dtype"] = str(torch.get_default_dtype())
        state["torch's gradient mode"] = torch.is_grad_enabled()
        state["the seed of torch's global generator"] = torch.initial_seed()
    return state


@contextmanager
def _torch_as_it_was() -> Iterator[None]:
    """Put torch's default dtype and gradient mode back: other answers follow in this process.

    Inside, torch computes with one thread, as where answers are graded: cases are small, and on
    a busy machine several threads mostly wait for each other.
    """
    torch = sys.modules.get("torch")
    if torch is None:
        yield
        return
    dtype, gradients = torch.get_default_dtype(), torch.is_grad_enabled()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        torch.set_default_dtype(dtype)
        torch.set_grad_enabled(gradients)


def call(
    answer: Callable, given: Case, pristine: Case, exercise: Exercise, seconds: float
) -> Outcome:
    """Call a function of this process on one case and say what came of it.

    pristine: the same case drawn again, to see whether the arguments were changed.
    """
    before = _global_state()
    try:
        with _torch_as_it_was(), time_limit(seconds):
            value = (given.probe or _plain_call)(answer, *given.args, **given.kwargs)
            after = _global_state()
    except TimeLimit:
        return Outcome("timeout")
    except NotImplementedError as problem:
        return Outcome("not filled in", message=str(problem))
    except Forbidden as problem:
        return Outcome("forbidden", message=str(problem))
    except KeyboardInterrupt:
        raise
    except BaseException as problem:  # SystemExit too: an answer cannot end the lesson
        line, code = _students_line(problem)
        names = tuple(t.__name__ for t in type(problem).__mro__[:-1])
        return Outcome("raised", errors=names, message=str(problem), line=line, code=code)
    names = list(exercise.signature.parameters)
    changed = [
        n
        for n, a, b in zip(names, given.args, pristine.args, strict=False)
        if difference(b, a, 0, 0)
    ]
    changed += [n for n in given.kwargs if difference(pristine.kwargs[n], given.kwargs[n], 0, 0)]
    changed += [n for n in before if difference(before[n], after[n], 0, 0)]
    return Outcome("returned", value, changed=tuple(changed))


def _plain_call(answer: Callable, *args: Any, **kwargs: Any) -> Any:
    return answer(*args, **kwargs)


def _students_line(problem: BaseException) -> tuple[int | None, str]:
    """The last line of the student's own code that the exception went through."""
    ours = (__file__.rpartition("engine")[0], np.__file__.rpartition("numpy")[0])
    frames = [
        f
        for f in traceback.extract_tb(problem.__traceback__)
        if not f.filename.startswith(ours) and "contextlib" not in f.filename
    ]
    return (frames[-1].lineno, frames[-1].line or "") if frames else (None, "")


def outcomes_of(answer: Any, exercise: Exercise, seed: int, seconds: float) -> list[Outcome]:
    """What came of each case that ``seed`` gives."""
    deadline = time.monotonic() + seconds
    outcomes = []
    ready_made = ready_made_refused() if exercise.numpy_only else nullcontext()
    if exercise.numpy_only:
        answer = without_torch(answer)
    with ready_made, refusing(exercise.refused, refuse_torch):
        for given, pristine in zip(exercise.draw(seed), exercise.draw(seed), strict=True):
            left = max(deadline - time.monotonic(), seconds / 10)
            outcomes.append(call(answer, given, pristine, exercise, left))
    return outcomes
