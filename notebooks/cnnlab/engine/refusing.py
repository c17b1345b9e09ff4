"""What is ready-made, and refused: other packages, NumPy's convolutions, functions of torch.

The one list of refused packages is here, for the student's ``check`` and for the grader's
sandbox, which has this very file in it and nothing else of cnnlab: so it stands alone, knows no
answer, and imports NumPy and torch only where they are needed.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

READY_MADE = ("convolve", "correlate", "polymul")
"""NumPy's functions that are the answer already; ``np.fft`` is another way to them."""

OTHER_PACKAGES = (
    *("torch", "torchvision", "torchaudio", "tensorflow", "keras", "jax", "numba"),
    *("scipy", "skimage", "sklearn", "statsmodels", "pandas", "cv2"),
)
"""Packages with filters of their own, or a way to write fast loops: out of bounds in NumPy
exercises. An honest notebook may import them for its own trials; in an answer they are refused."""

AUTOGRAD = (
    "torch.Tensor.backward",
    "torch.autograd.backward",
    "torch.autograd.grad",
    "torch.autograd.forward_ad.make_dual",
    "torch.func.jvp",
    "torch.func.jacfwd",
)
"""Every way to let torch differentiate: ``torch.func`` and the rest end in one of these."""


class Forbidden(ImportError):
    """An answer used something ready-made that its exercise does not allow."""


def refuse(
    what: str,
    instead: str = "NumPy is fine: slices, sums, products, np.pad, sliding_window_view, einsum.",
) -> Callable:
    """A function that says that ``what`` is not allowed, and what is allowed instead."""

    def refused(*args: Any, **kwargs: Any) -> Any:
        raise Forbidden(
            f"{what} is not allowed in this exercise: it is the thing you are asked to write. "
            f"Plain {instead}"
        )

    return refused


def refuse_torch(what: str) -> Callable:
    """The same for a function of torch."""
    return refuse(what, "tensor operations are fine: products, sums, means, matmul, where.")


# ── NumPy exercises ─────────────────────────────────────────────────────────


@contextmanager
def ready_made_refused() -> Iterator[None]:
    """Inside the block, NumPy's ready-made convolutions and FFTs raise Forbidden."""
    import numpy as np

    ffts = [n for n in np.fft.__all__ if n.endswith(("fft", "fft2", "fftn"))]
    places = [(np, n, f"np.{n}") for n in READY_MADE] + [(np.fft, n, f"np.fft.{n}") for n in ffts]
    kept = [(module, name, getattr(module, name)) for module, name, _ in places]
    try:
        for module, name, shown in places:
            setattr(module, name, refuse(shown))
        yield
    finally:
        for module, name, original in kept:
            setattr(module, name, original)


def foreign(answer: Callable) -> str:
    """What an answer uses besides NumPy and the standard library, or "".

    Looks through the answer and the student's own functions that it calls, by
    name. It is there to tell an honest student early; the grader does not rely
    on it, since nothing of the kind exists where it runs answers.
    """
    import numpy as np

    ready_made = {id(getattr(np, name)): f"np.{name}" for name in READY_MADE}
    seen, to_see = set(), [answer]
    while to_see:
        function = to_see.pop()
        if id(function) in seen or not isinstance(function, types.FunctionType):
            continue
        seen.add(id(function))
        codes = [function.__code__]
        while codes:
            code = codes.pop()
            codes += [c for c in code.co_consts if isinstance(c, types.CodeType)]
            for name in code.co_names:
                # A name is looked up in the globals, or imported right there.
                value = function.__globals__.get(name, sys.modules.get(name))
                is_module = isinstance(value, types.ModuleType)
                home = (value.__name__ if is_module else getattr(value, "__module__", None)) or name
                package = str(home).partition(".")[0]
                if id(value) in ready_made:
                    return ready_made[id(value)]
                if package in OTHER_PACKAGES:
                    return package
                if package == "__main__":
                    to_see.append(value)
    return ""


# ── torch exercises ─────────────────────────────────────────────────────────


@contextmanager
def refusing(names: Iterable[str], refuse: Callable[[str], Callable]) -> Iterator[None]:
    """Inside the block, what the dotted ``names`` mean is replaced by ``refuse(name)``.

    names: functions, methods and classes of torch; of a class, ``__init__`` is replaced, and
        with it that of its subclasses.
    refuse: makes, from a name, the function that raises.

    A function that a student has imported by its own name is found too: torch shows every call
    that takes a tensor to a TorchFunctionMode.
    """
    if not names:
        yield
        return
    import torch
    from torch.overrides import TorchFunctionMode

    places = [_place(torch, name) for name in names]
    instead = {
        id(getattr(home, last)): refuse(name)
        for name, (home, last) in zip(names, places, strict=True)
    }

    class Refuse(TorchFunctionMode):
        def __torch_function__(
            self, function: Callable, types: Any, args: tuple = (), kwargs: dict | None = None
        ) -> Any:
            return instead.get(id(function), function)(*args, **(kwargs or {}))

    kept = [(home, last, vars(home)[last]) for home, last in places]
    try:
        for home, last, original in kept:
            setattr(home, last, instead[id(original)])
        with Refuse():
            yield
    finally:
        for home, last, original in kept:
            setattr(home, last, original)


def _place(torch: Any, name: str) -> tuple[Any, str]:
    """Where to replace: (module or class, attribute)."""
    *path, last = name.split(".")
    home = torch
    for i, part in enumerate(path[1:], 2):  # some of torch's modules are no attributes of torch
        home = sys.modules.get(".".join(path[:i])) or getattr(home, part)
    found = getattr(home, last)
    return (found, "__init__") if isinstance(found, type) else (home, last)
