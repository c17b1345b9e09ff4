"""What is out of bounds inside: packages that are not there, and NumPy's ready-made functions.

The words in which an answer is refused, and the one list of refused packages, are cnnlab's own
(``refusing``, mounted beside these files). There it tells an honest student early; here nothing
of the kind exists, so nothing that student code does can bring it back.
"""

from __future__ import annotations

import contextlib
import gc
import importlib.abc
import importlib.machinery
import os
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

from . import refusing


class Answering:
    """Whether an answer is being called just now, and not a cell run.

    Whoever changes that from inside gets a dummy that computes nothing in the place of an error.
    """

    now = False


@contextlib.contextmanager
def answering() -> Iterator[None]:
    """While an answer is called: what is not there is refused."""
    Answering.now = True
    try:
        yield
    finally:
        Answering.now = False


class Absent(types.ModuleType):
    """A package that is not there: it can be imported and named, and using it is refused.

    That is, inside an answer. While cells are run it takes part and computes nothing: beside an
    answer that needs no torch there may be a helper that is annotated with ``torch.Tensor``,
    decorated with ``@torch.no_grad()`` or asks ``isinstance(x, torch.Tensor)``.

    took_part: whether one has, since this was last set to False.
    """

    took_part = False

    def __init__(self, name: str):
        super().__init__(name)
        self.__path__: list[str] = []

    def __getattr__(self, name: str) -> Any:
        Absent.took_part = True
        if name.startswith("__"):
            raise AttributeError(name)
        return Absent(f"{self.__name__}.{name}")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self._refuse()
        if len(args) == 1 and not kwargs and isinstance(args[0], (types.FunctionType, type)):
            return args[0]  # as a decorator it leaves the function alone
        return Absent(f"{self.__name__}()")

    def __mro_entries__(self, bases: Any) -> tuple:
        self._refuse()
        return ()

    def __getitem__(self, key: Any) -> Any:
        self._refuse()
        return Absent(f"{self.__name__}[]")

    def __iter__(self) -> Any:
        self._refuse()
        return iter(())

    def __enter__(self) -> Any:
        self._refuse()
        return self

    def __exit__(self, *problem: Any) -> None:
        return None

    def _refuse(self) -> None:
        Absent.took_part = True
        if Answering.now:
            refusing.refuse(self.__name__.partition(".")[0])()

    def __or__(self, other: Any) -> Either:
        return Either(self, other)

    def __ror__(self, other: Any) -> Either:
        return Either(other, self)

    def __instancecheck__(self, value: Any) -> bool:
        return False

    def __subclasscheck__(self, kind: Any) -> bool:
        return False


class Either:
    """``np.ndarray | torch.Tensor``: what is one of these, nothing being the absent one."""

    def __init__(self, *kinds: Any):
        self.kinds = tuple(type(None) if kind is None else kind for kind in kinds)

    def __or__(self, other: Any) -> Either:
        return Either(*self.kinds, other)

    def __ror__(self, other: Any) -> Either:
        return Either(other, *self.kinds)

    def __instancecheck__(self, value: Any) -> bool:
        return isinstance(value, self.kinds)

    def __subclasscheck__(self, kind: Any) -> bool:
        return issubclass(kind, self.kinds)


class Stubs(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds absent packages, and the stand-in for ``cnnlab`` with all its parts.

    lab: makes that stand-in, or a part of it, from a name.
    others: makes the stand-in for another package, or gives None.
    """

    def __init__(
        self,
        absent: tuple[str, ...],
        lab: Callable[[str], types.ModuleType],
        others: Callable[[str], types.ModuleType | None],
    ):
        self.absent, self.lab, self.others = absent, lab, others

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """What is imported here: a package that is absent, or one that has a stand-in."""
        if name.partition(".")[0] in (*self.absent, "cnnlab", "google") or self.others(name):
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec: Any) -> types.ModuleType:
        """An absent package, or a stand-in."""
        top = spec.name.partition(".")[0]
        if top in self.absent:
            return Absent(spec.name)
        return self.others(spec.name) or self.lab(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        """Nothing to run: these modules answer every name by themselves."""


def poison_numpy() -> None:
    """Refuse NumPy's ready-made convolutions and FFTs, below every name they go by."""
    import numpy as np
    import numpy.fft._pocketfft_umath as fft_functions
    from numpy._core import _multiarray_umath, multiarray, numeric  # pyright: ignore

    for name in ("convolve", "correlate", "polymul"):
        setattr(np, name, refusing.refuse(f"np.{name}"))
    for name in np.fft.__all__:
        if name.endswith(("fft", "fft2", "fftn")):
            for module in (np.fft, np.fft._pocketfft):
                setattr(module, name, refusing.refuse(f"np.fft.{name}"))
    for name, function in list(vars(fft_functions).items()):
        if callable(function):
            setattr(fft_functions, name, refusing.refuse("np.fft"))
    for module in (_multiarray_umath, multiarray, numeric):
        for name in ("correlate", "correlate2", "convolve"):
            if hasattr(module, name):
                setattr(module, name, refusing.refuse(f"np.{name}"))
    for module in list(sys.modules.values()):
        if getattr(module, "__name__", "").startswith("numpy"):
            for name in ("convolve", "correlate", "polymul"):
                if callable(module.__dict__.get(name)):
                    setattr(module, name, refusing.refuse(f"np.{name}"))
    _unlist_in_c(_multiarray_umath)
    gc.collect()


def _unlist_in_c(module: types.ModuleType) -> None:
    """Take the two correlations out of NumPy's table for C programs, which ctypes can read."""
    import ctypes
    import re

    import numpy as np

    get = ctypes.pythonapi.PyCapsule_GetPointer
    get.restype, get.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    table = ctypes.cast(get(module._ARRAY_API, None), ctypes.POINTER(ctypes.c_void_p))
    header = os.path.join(np.get_include(), "numpy", "__multiarray_api.h")
    with open(header) as file:
        text = file.read()
    for name in ("PyArray_Correlate", "PyArray_Correlate2"):
        place = re.search(rf"#define {name}\s.*?PyArray_API\[(\d+)\]", text, re.DOTALL)
        if place:
            table[int(place[1])] = None
