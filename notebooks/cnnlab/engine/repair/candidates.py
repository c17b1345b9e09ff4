"""Call a candidate: on arguments of its own, in silence, and always with the same luck."""

from __future__ import annotations

import contextlib
import copy
import io
import random
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..case import Case, Outcome
from ..comparing import difference
from ..limiting import TimeLimit


@contextlib.contextmanager
def silent() -> Iterator[None]:
    """Inside the block nothing is printed, and nobody is warned."""
    nowhere = io.StringIO()
    nowhere.write = len  # type: ignore[method-assign]
    out, err = contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere)
    with warnings.catch_warnings(), np.errstate(all="ignore"), out, err:
        warnings.simplefilter("ignore")
        yield


def outcome(answer: Callable, case: Case) -> Outcome:
    """What comes of calling a candidate, on arguments of its own."""
    args, kwargs = _copied(case.args), _copied(case.kwargs)
    try:
        value = (case.probe(answer, *args, **kwargs)) if case.probe else answer(*args, **kwargs)
    except (TimeLimit, KeyboardInterrupt):
        raise
    except BaseException as problem:  # SystemExit, too
        names = tuple(t.__name__ for t in type(problem).__mro__[:-1])
        return Outcome("raised", errors=names, message=str(problem))
    pairs = [*zip(case.args, args, strict=True), *((case.kwargs[k], kwargs[k]) for k in kwargs)]
    changed = any(not _untouched(a, b) and difference(a, b, 0, 0) for a, b in pairs)
    return Outcome("returned", value, changed=("an argument",) if changed else ())


def _untouched(given: Any, now: Any) -> bool:
    """Whether an argument is what it was: asked first, for nearly all of them are."""
    if type(given) is not type(now):
        return False
    if isinstance(given, (list, tuple)):
        return len(given) == len(now) and all(map(_untouched, given, now))
    if isinstance(given, dict):
        return given.keys() == now.keys() and all(_untouched(given[k], now[k]) for k in given)
    if isinstance(given, np.ndarray) or _is_tensor(given):
        if given.shape != now.shape or given.dtype != now.dtype:
            return False
        return bool(((given == now) | ((given != given) & (now != now))).all())  # nan stays nan
    return isinstance(given, (int, float, str, type(None))) and given == now


def _is_tensor(value: Any) -> bool:
    return type(value).__name__ == "Tensor"


@contextlib.contextmanager
def as_it_was() -> Iterator[None]:
    """Put the random generators, and what torch has for all, back after the block."""
    drawn, numpy_drawn, torch = random.getstate(), np.random.get_state(), torch_in_use()
    generator = torch.default_generator.get_state() if torch else None
    dtype = torch.get_default_dtype() if torch else None
    gradients = torch.is_grad_enabled() if torch else None
    try:
        yield
    finally:
        random.setstate(drawn)
        np.random.set_state(numpy_drawn)
        if torch:
            torch.default_generator.set_state(generator)
            torch.set_default_dtype(dtype)
            torch.set_grad_enabled(gradients)


def torch_in_use() -> Any:
    """torch, if it is in use. Where it may not be, something else can stand in its place."""
    torch = sys.modules.get("torch")
    return torch if torch is not None and "default_generator" in vars(torch) else None


def seed() -> None:
    """Let the next candidate draw the same numbers as all others."""
    random.seed(0)
    np.random.seed(0)
    if torch := torch_in_use():
        torch.default_generator.manual_seed(0)


def _copied(value: Any) -> Any:
    """Arguments anew: no candidate gets what another one may have changed."""
    if isinstance(value, np.ndarray):
        again = value.copy()
        if value.ndim and not value.flags.c_contiguous:  # nor is the copy
            again = np.repeat(again, 2, axis=-1)[..., ::2]
        again.flags.writeable = value.flags.writeable
        return again
    if _is_tensor(value) and value.is_contiguous() and not value.requires_grad:
        return value.clone()
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(map(_copied, value))
    return value if isinstance(value, (int, float, str, type(None))) else copy.deepcopy(value)
