"""The visible cases as data: what chance gave when they were drawn, kept beside their lesson.

NumPy promises the numbers of a generator for one build of it only (NEP 19), and students have many.
So the draws of the visible cases are kept in the lesson's ``visible.npz`` and handed out again, in
their order, in place of a generator. Hidden cases are drawn. After a change of the declared cases
``python -m autograder.releasing.visible`` draws the visible ones anew.
"""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

FILE = "visible.npz"

VISIBLE = 0
"""The seed of the cases that students see."""


class Recording:
    """A generator that remembers what it gives."""

    def __init__(self, seed: int = VISIBLE):
        self._generator, self.given = np.random.default_rng(seed), []

    def __getattr__(self, method: str) -> Callable:
        """A method of the generator."""

        def draw(*args: Any, **kwargs: Any) -> Any:
            value = getattr(self._generator, method)(*args, **kwargs)
            self.given.append(value.copy() if isinstance(value, np.ndarray) else value)
            return value

        return draw

    def as_arrays(self, name: str) -> dict[str, np.ndarray]:
        """All of it in a few arrays, one for each type of number and one for their order."""
        arrays = [np.asarray(value) for value in self.given]
        order = [
            [array.dtype.kind + str(array.itemsize), list(array.shape), isinstance(value, float)]
            for array, value in zip(arrays, self.given, strict=True)
        ]
        found = {f"{name} order": np.array(json.dumps(order))}
        for kind in dict.fromkeys(kind for kind, *_ in order):
            chosen = [a.ravel() for a, (k, *_) in zip(arrays, order, strict=True) if k == kind]
            found[f"{name} {kind}"] = np.concatenate(chosen)
        return found


class Given:
    """In place of a generator: it gives again what a :class:`Recording` gave."""

    def __init__(self, name: str, arrays: dict[str, np.ndarray]):
        self._name, self._arrays = name, arrays
        self._order = iter(json.loads(str(arrays[f"{name} order"])))
        self._begin: dict[str, int] = {}

    def __getattr__(self, method: str) -> Callable:
        """A method of a generator, whatever its arguments are."""

        def draw(*args: Any, **kwargs: Any) -> Any:
            kind, shape, is_float = next(self._order)
            begin = self._begin.get(kind, 0)
            self._begin[kind] = begin + int(np.prod(shape))
            flat = self._arrays[f"{self._name} {kind}"][begin : self._begin[kind]]
            if shape:
                return flat.reshape(shape).copy()
            return float(flat[0]) if is_float else flat[0]

        return draw


def given_again(name: str, module: str) -> Given | None:
    """The kept draws of an exercise, by its name and its module's; None: nothing is kept."""
    arrays = _load(place(module))
    return Given(name, arrays) if f"{name} order" in arrays else None


def place(module: str) -> Path:
    """Where the draws of a lesson are kept, by a module in its folder."""
    file = Path(getattr(sys.modules[module], "__file__", None) or "nowhere")
    folders = [folder for folder in file.parents if folder.name.startswith("lesson_")]
    return (folders[0] if folders else file.parent) / FILE


@functools.cache
def _load(file: Path) -> dict[str, np.ndarray]:
    if not file.exists():
        return {}
    with np.load(file, allow_pickle=False) as arrays:
        return dict(arrays)
