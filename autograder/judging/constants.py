"""The lessons' constants: what is in the sandbox of cnnlab with its real value, besides ``device``.

They are numbers and words of the lecture that students import and build on. Helpers only: of the
modules that hold exercises nothing goes in, for nothing there knows an answer.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
from typing import Any

import numpy as np
from cnnlab.engine.lesson import LESSONS

HELPERS = ("lecture", "phrases", "reviews")


@functools.cache
def constants() -> dict[str, Any]:
    """The constants of all lessons, by name."""
    found: dict[str, Any] = {}
    for lesson in LESSONS:
        for helper in HELPERS:
            name = f"cnnlab.lesson_{lesson}.{helper}"
            if importlib.util.find_spec(name):
                values = vars(importlib.import_module(name))
                found |= {n: v for n, v in values.items() if n.isupper() and is_plain(v)}
    return found


def is_plain(value: Any) -> bool:
    """Whether a value is made of numbers, words and NumPy's arrays alone."""
    if isinstance(value, dict):
        return all(map(is_plain, (*value, *value.values())))
    if isinstance(value, list | tuple):
        return all(map(is_plain, value))
    return isinstance(value, np.ndarray | np.generic | str | int | float)
