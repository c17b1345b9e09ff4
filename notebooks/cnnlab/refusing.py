"""Refuse ready-made torch functions for the length of a call.

Stands alone, on torch, so that the grader's sandbox can use the very same file: an
exercise says what it refuses as plain names, ``refused=("torch.nn.functional.linear",)``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

AUTOGRAD = (
    "torch.Tensor.backward",
    "torch.autograd.backward",
    "torch.autograd.grad",
    "torch.autograd.forward_ad.make_dual",
    "torch.func.jvp",
    "torch.func.jacfwd",
)
"""Every way to let torch differentiate: ``torch.func`` and the rest end in one of these."""


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
