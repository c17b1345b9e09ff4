"""Groups of cases that a mistake may be all that is wrong in, from their arguments alone."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from ..comparing import is_array, to_numpy
from ..exercise import Case, Exercise
from .contrast import WINDOWS, arguments


def groups(case: Case, exercise: Exercise) -> tuple[str, ...]:
    """What can be said of a case, and of others that are asked for the same kind of thing.

    In words that go on with "all cases"; what an answer is likelier to branch by comes first.
    """
    if case.judge:  # it may ask for another thing altogether, such as the time it takes
        return ()
    given = arguments(case, exercise)
    if case.probe is None:
        for name, parameter in exercise.signature.parameters.items():
            if parameter.default is not inspect.Parameter.empty:
                given.setdefault(name, parameter.default)
    words = [word for name in given for word in _of_choice(name, given[name])]
    return (*words, *(word for name in given for word in _of_sizes(name, given[name])))


def _of_choice(name: str, value: Any) -> Iterator[str]:
    """What an argument chooses: a way to do it, or whether it is done at all."""
    if isinstance(value, (str, bool)):
        yield f"with {name} = {value!r}"
    elif value is None:
        yield f"without `{name}`"
    elif callable(value):
        yield f"with `{name}`"
    elif isinstance(value, (int, float)) and name[0] not in WINDOWS:
        yield f"with {name} = {value:g}" if value in (0, 1) else f"with a {name} beyond 0 and 1"
    elif isinstance(value, tuple) and value and all(isinstance(v, int) for v in value):
        yield f"with {'equal' if len({*value}) == 1 else 'different'} numbers in `{name}`"


def _of_sizes(name: str, value: Any) -> Iterator[str]:
    """How many axes an argument has, whether one has length 1, and if a window is even."""
    if isinstance(value, int) and not isinstance(value, bool) and name[0] in WINDOWS:
        yield f"with an even `{name}`" if value % 2 == 0 else f"with an odd `{name}`"
        yield f"with {name} = 1" if value == 1 else f"with {name} above 1"
    elif isinstance(value, list):
        yield f"with one item in `{name}`" if len(value) == 1 else f"with several in `{name}`"
    elif is_array(value) and (shape := to_numpy(value).shape):
        yield f"in which `{name}` has {len(shape)} ax{'i' if len(shape) == 1 else 'e'}s"
        for which, size in (("first", shape[0]), ("last", shape[-1])):
            so = "1" if size == 1 else "more than 1"
            yield f"in which the {which} axis of `{name}` has the length {so}"
        if name.lower() == "f":
            even = any(size % 2 == 0 for size in shape[:2])
            yield f"whose `{name}` has {'an even size' if even else 'odd sizes'}"
