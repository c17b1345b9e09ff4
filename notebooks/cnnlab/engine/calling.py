"""Call an answer in this process: with a time limit, watched, and the process as it was after it.

The grader's answers are called elsewhere, in its sandbox; both say the same with an ``Outcome``.
"""

from __future__ import annotations

import dataclasses
import linecache
import random
import sys
import sysconfig
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import numpy as np

from .case import together
from .comparing import difference
from .exercise import Case, Exercise, Outcome
from .foreign import without_torch
from .limiting import TimeLimit, time_limit
from .refusing import Forbidden, ready_made_refused, refuse_torch, refusing
from .telling import on_purpose, told


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
def _as_it_was(case: Case) -> Iterator[None]:
    """Put the random generators, torch's default dtype and gradient mode back afterwards.

    Other answers follow in this process, and a student's own training must not depend on a check.
    Inside, what is drawn depends on the case alone, as where answers are graded: one answer has
    one report, however often it is asked for. And torch computes with one thread: cases are small,
    and on a busy machine several threads mostly wait for each other.
    """
    drawn, numpy_drawn = random.getstate(), np.random.get_state()
    number = zlib.crc32(case.name.encode())
    random.seed(number)
    np.random.seed(number)
    try:
        with _torch_as_it_was(number):
            yield
    finally:
        random.setstate(drawn)
        np.random.set_state(numpy_drawn)


@contextmanager
def _torch_as_it_was(number: int) -> Iterator[None]:
    """The same for torch, if it is in use; its generator starts with ``number``."""
    torch = sys.modules.get("torch")
    if torch is None:
        yield
        return
    dtype, gradients = torch.get_default_dtype(), torch.is_grad_enabled()
    threads, generator = torch.get_num_threads(), torch.default_generator  # a card has its own
    drawn = generator.get_state()
    torch.set_num_threads(1)
    generator.manual_seed(number)
    try:
        yield
    finally:
        generator.set_state(drawn)
        torch.set_num_threads(threads)
        torch.set_default_dtype(dtype)
        torch.set_grad_enabled(gradients)


def call(
    answer: Callable,
    given: Case,
    pristine: Case,
    exercise: Exercise,
    seconds: float | None,
    within: str = "",
) -> Outcome:
    """Call a function of this process on one case and say what came of it.

    pristine: the same case drawn again, to see whether the arguments were changed.
    seconds: after which it is stopped; None for our own functions, for a watch costs more than
        most calls.
    within: the file that the answer stands in, if it is called as it is: it is not stopped in what
        is set up and taken down around it.
    """
    if given.counted:
        pairs = zip(given.calls, pristine.calls, strict=True)
        return together(call(answer, *pair, exercise, seconds, within) for pair in pairs)
    limit = nullcontext() if seconds is None else time_limit(seconds, within)
    try:
        with _as_it_was(given), limit:
            before = _global_state()
            began = time.process_time()
            value = (given.probe or _plain_call)(answer, *given.args, **given.kwargs)
            cpu = time.process_time() - began
            after = _global_state()
    except TimeLimit:
        return Outcome("timeout")
    except Forbidden as problem:
        where = told(problem, rows_of, answer)
        return Outcome("forbidden", message=str(problem), line=where.line, code=where.code)
    except KeyboardInterrupt:
        raise
    except BaseException as problem:  # SystemExit too: an answer cannot end the lesson
        return _raised(problem, answer)
    changed = [
        n
        for n, a, b in zip(exercise.names(given), given.args, pristine.args, strict=False)
        if difference(b, a, 0, 0)
    ]
    changed += [n for n in given.kwargs if difference(pristine.kwargs[n], given.kwargs[n], 0, 0)]
    changed += [n for n in before if difference(before[n], after[n], 0, 0)]
    return Outcome("returned", value, changed=tuple(changed), cpu=cpu)


def _raised(problem: BaseException, answer: Callable) -> Outcome:
    """What is said of a call that raised."""
    unfilled = isinstance(problem, NotImplementedError) and on_purpose(problem)
    if unfilled:
        return Outcome("not filled in", message=str(problem))
    names = tuple(t.__name__ for t in type(problem).__mro__[:-1])
    about = dataclasses.asdict(told(problem, rows_of, answer))
    return Outcome("raised", errors=names, message=str(problem), **about)


def _plain_call(answer: Callable, *args: Any, **kwargs: Any) -> Any:
    return answer(*args, **kwargs)


_LIBRARIES = (
    __file__.rpartition("engine")[0],
    np.__file__.rpartition("numpy")[0],
    *(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")),
    "<frozen",
    "<seen>",
)


def outcomes_of(
    answer: Any, exercise: Exercise, seed: int, seconds: float, among: range, fenced: bool = True
) -> list[Outcome]:
    """What came of the cases with the numbers ``among`` of those that ``seed`` gives.

    fenced: what is ready-made is refused.
    """
    deadline = time.monotonic() + seconds
    outcomes = []
    own = getattr(answer, "__code__", None)
    answer = guarded(answer, exercise)
    with fence(exercise) if fenced else nullcontext():
        cases = list(zip(exercise.draw(seed), exercise.draw(seed), strict=True))
        for given, pristine in cases[among.start : among.stop]:
            left = max(deadline - time.monotonic(), seconds / 10)
            # A probe may compute long by itself, with what the answer has made.
            within = own.co_filename if own and given.probe is None else ""
            outcomes.append(call(answer, given, pristine, exercise, left, within))
    return outcomes


@contextmanager
def fence(exercise: Exercise) -> Iterator[None]:
    """Inside the block, what is ready-made raises Forbidden."""
    ready_made = ready_made_refused() if exercise.numpy_only else nullcontext()
    with ready_made, refusing(exercise.refused, refuse_torch):
        yield


def guarded(answer: Callable, exercise: Exercise) -> Callable:
    """The answer, without torch where that is not to be used."""
    return without_torch(answer) if exercise.numpy_only else answer


def rows_of(file: str) -> list[str] | None:
    """The lines of a student's own file; None: it belongs to Python, to a package or to us."""
    return None if file.startswith(_LIBRARIES) else linecache.getlines(file)
