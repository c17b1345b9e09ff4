"""By what the tests of a lesson are known to be the same as the last time.

What decides about points is an exercise's right answer and its cases, with all of the lesson's own
functions and numbers that they use. Words do not: advice, hints, comments, specifications.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import inspect
import textwrap
import types
from collections.abc import Iterator
from typing import Any

import numpy as np
from cnnlab.engine.exercise import EXERCISES, Exercise

_LESSONS = "cnnlab.lesson_"


def decided_by(names: tuple[str, ...]) -> str:
    """A fingerprint of what decides about the points of some exercises; "" where none is known."""
    parts = []
    for name in names:
        if exercise := EXERCISES.get(name):
            seen: dict[int, str] = {}
            for function in exercise.decides:
                _walk(function, seen)
            about = (name, exercise.numpy_only, exercise.refused)
            parts.append("\n".join([repr(about), *sorted(seen.values())]))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest() if parts else ""


def _walk(thing: Any, seen: dict[int, str]) -> None:
    """Add a function and all that it uses of the lessons, each as text."""
    todo = [thing]
    while todo:
        thing = todo.pop()
        if id(thing) in seen:
            continue
        if isinstance(thing, functools.partial):
            todo += [thing.func, *thing.args, *thing.keywords.values()]
        elif isinstance(thing, Exercise):
            todo += thing.decides[:1]
        elif isinstance(thing, types.FunctionType | type):
            if str(thing.__module__).startswith(_LESSONS):
                seen[id(thing)] = _text(thing)
                todo += _used(thing)
        elif isinstance(thing, np.ndarray):
            seen[id(thing)] = repr((thing.shape, thing.tolist()))
        elif _is_plain(thing):
            seen[id(thing)] = repr(thing)
        elif isinstance(thing, dict | tuple | list | set | frozenset):
            seen[id(thing)] = type(thing).__name__
            todo += [*thing, *thing.values()] if isinstance(thing, dict) else thing


def _is_plain(thing: Any) -> bool:
    """Whether a text says all of a value, the same each time."""
    if isinstance(thing, dict):
        return all(map(_is_plain, (*thing, *thing.values())))
    if isinstance(thing, list | tuple):
        return all(map(_is_plain, thing))
    return isinstance(thing, int | float | str)


def _used(thing: Any) -> Iterator[Any]:
    """What a function or class means by the names in it."""
    parts = vars(thing).values() if isinstance(thing, type) else [thing]
    for function in parts:
        function = getattr(function, "__func__", function)
        if not isinstance(function, types.FunctionType):
            continue
        yield from (function.__defaults__ or (), *(function.__kwdefaults__ or {}).values())
        for cell in function.__closure__ or ():
            try:
                yield cell.cell_contents
            except ValueError:
                continue  # nothing is in it yet
        codes = [function.__code__]
        while codes:
            code = codes.pop()
            codes += [c for c in code.co_consts if isinstance(c, types.CodeType)]
            known = function.__globals__
            yield from (known[name] for name in code.co_names if name in known)


def _text(thing: Any) -> str:
    """The source of a function or class without comments, its documentation and its layout."""
    try:
        source = textwrap.dedent(inspect.getsource(thing))
    except (OSError, TypeError):
        return thing.__qualname__
    try:
        tree = ast.parse(source)
    except SyntaxError:  # a lambda in the middle of something
        return " ".join(source.split())
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
            value = body[0].value
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                value.value = ""
    return ast.unparse(tree)
