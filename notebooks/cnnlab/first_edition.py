"""Modules by the names they had in the first edition, for notebooks that were saved then.

A half-filled notebook keeps the imports of its setup cell, and graders elsewhere may import
``cnnlab.checking``. Old names lead to the same objects, and nothing is loaded before it is asked
for. Two things are different: an exercise is no attribute of its lesson any more
(``cnnlab.lesson_03_conv2d.conv2d`` is now the module in which it is declared; ``cnnlab.conv2d`` is
the exercise, as before), and names with an underscore are gone.

To be deleted, with its two lines in ``cnnlab/__init__`` and its test, in the edition after the
next: by then no notebook of the first edition is still being filled in.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import pkgutil
import sys
from collections.abc import Iterator
from types import CodeType, ModuleType
from typing import Any

from .engine.lesson import LESSONS

_HERE = __name__.rpartition(".")[0]

_MOVED: dict[str, tuple[str, ...]] = {
    "checking": (
        *("engine.examine", "engine.verdict", "engine.calling", "engine.comparing"),
        *("engine.limiting", "engine.refusing", "engine.foreign", "engine.causes"),
    ),
    "descent": ("lesson_02_backprop_1d.descent",),
    "draw": ("engine.drawing",),
    "evidence": ("lesson_06_text_cnn.evidence",),
    "exercise": ("engine.exercise",),
    "figures": ("engine.figures",),
    "figures.lesson_01": ("lesson_01_rolling_average.figures",),
    "figures.lesson_02": ("lesson_02_backprop_1d.figures",),
    "figures.lesson_03": ("lesson_03_conv2d.figures",),
    "figures.lesson_04": ("lesson_04_pooling.figures",),
    "figures.lesson_05": ("lesson_05_pytorch_tour.figures",),
    "figures.lesson_06": ("lesson_06_text_cnn.figures",),
    "phrases": ("lesson_06_text_cnn.phrases",),
    "refusing": ("engine.refusing", "engine.foreign"),
    "report": ("engine.shown", "engine.page"),
    "reviews": ("lesson_06_text_cnn.reviews",),
}
"""Old module → where its names are now, all within this package."""


def install() -> None:
    """Make the old names work: modules that have moved, and names that were a lesson's own."""
    # First, for what is left of a folder that has moved (its __pycache__) would be found instead.
    sys.meta_path.insert(0, _Finder())
    for lesson in LESSONS:
        package = sys.modules[f"{_HERE}.lesson_{lesson}"]
        package.__getattr__ = _Names(package)


def attribute(name: str) -> Any:
    """``cnnlab.NAME`` for an old module that nobody has imported yet."""
    if name in _MOVED:
        return importlib.import_module(f"{_HERE}.{name}")
    raise AttributeError(f"module {_HERE!r} has no attribute {name!r}")


class _Names:
    """``__getattr__`` of a module: looks a name up in other modules."""

    def __init__(self, module: ModuleType, homes: tuple[str, ...] = ()):
        self.module, self.homes = module, homes or (module.__name__,)

    def __call__(self, name: str) -> Any:
        if not name.startswith("_") and not self._is_submodule(name):
            for home in self.homes:
                for module in _with_parts(home):
                    if name in vars(module):
                        return vars(module)[name]
        raise AttributeError(f"module {self.module.__name__!r} has no attribute {name!r}")

    def _is_submodule(self, name: str) -> bool:
        is_package = hasattr(self.module, "__path__")
        return is_package and bool(importlib.util.find_spec(f"{self.module.__name__}.{name}"))


def _with_parts(home: str) -> Iterator[ModuleType]:
    """A module and, if it is a package, the modules in it; of a lesson all but its figures."""
    module = importlib.import_module(home)
    yield module
    for part in pkgutil.iter_modules(getattr(module, "__path__", ())):
        if part.name != "figures":
            yield importlib.import_module(f"{home}.{part.name}")


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the modules that have moved, each as a module that has the names of the new ones."""

    def find_spec(
        self, fullname: str, path: Any = None, target: Any = None
    ) -> importlib.machinery.ModuleSpec | None:
        old = fullname.removeprefix(f"{_HERE}.")
        if fullname == old or old not in _MOVED:
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=old == "figures")

    def exec_module(self, module: ModuleType) -> None:
        old = module.__name__.removeprefix(f"{_HERE}.")
        module.__doc__ = f"Moved: see {', '.join(_MOVED[old])}."
        module.__getattr__ = _Names(module, tuple(f"{_HERE}.{new}" for new in _MOVED[old]))

    def get_code(self, fullname: str) -> CodeType:
        """For ``python -m cnnlab.reviews``."""
        (new,) = _MOVED[fullname.removeprefix(f"{_HERE}.")]
        run = f"import runpy; runpy.run_module({f'{_HERE}.{new}'!r}, None, '__main__', True)"
        return compile(run, fullname, "exec")
