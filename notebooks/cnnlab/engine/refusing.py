"""What is ready-made, and refused: other packages, NumPy's convolutions, functions of torch.

The one list of refused packages is here, for the student's ``check`` and for the grader's
sandbox, which has this very file in it and nothing else of cnnlab: so it stands alone, knows no
answer, and imports NumPy and torch only where they are needed.
"""

from __future__ import annotations

import sys
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
exercises, and torch alone is there in the others. An honest notebook may import them for its own
trials; in an answer they are refused."""

THERE = ("numpy", "ipython", "ipywidgets", "matplotlib")
"""The distributions that are there where answers are graded, with all that they require; in torch
exercises torch is, too. For STAND_INS there is something that does no harm."""

STAND_INS = ("cnnlab", "google", "tqdm")

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
            f"{what} is not allowed in this exercise: what it does is to be written by hand. "
            f"Plain {instead}"
        )

    return refused


def refuse_torch(what: str) -> Callable:
    """The same for a function of torch."""
    return refuse(what, "tensor operations are fine: products, sums, means, matmul, where.")


# ── NumPy exercises ─────────────────────────────────────────────────────────


def ready_made() -> list[tuple[Any, str, str]]:
    """NumPy's convolutions and FFTs: (module, name, what to call it)."""
    import numpy as np

    ffts = [n for n in np.fft.__all__ if n.endswith(("fft", "fft2", "fftn"))]
    return [(np, n, f"np.{n}") for n in READY_MADE] + [(np.fft, n, f"np.fft.{n}") for n in ffts]


@contextmanager
def ready_made_refused() -> Iterator[None]:
    """Inside the block, NumPy's ready-made convolutions and FFTs raise Forbidden."""
    places = ready_made()
    kept = [(module, name, getattr(module, name)) for module, name, _ in places]
    try:
        for module, name, shown in places:
            setattr(module, name, refuse(shown))
        yield
    finally:
        for module, name, original in kept:
            setattr(module, name, original)


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
