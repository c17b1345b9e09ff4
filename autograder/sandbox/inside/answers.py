"""The answers: looked up in a notebook whose cells have been run, and called as the judge asks.

What is said of a call is said by a process in which student code has run, so nothing is decided
here. The judge chose the inputs; what comes back is data: the value, the arguments as they are
after the call, and what the generators draw next. The judge compares them.
"""

from __future__ import annotations

import contextlib
import random
import types
from typing import Any

from . import refusing
from .notebook import Notebook, Stopwatch, TimeLimit
from .refused import answering


class Answers:
    """What comes of asking for a value of a notebook, or of calling one of its functions.

    with_torch: it is there; without, what a student imports by that name is nothing.
    """

    def __init__(self, notebook: Notebook, with_torch: bool):
        self.notebook, self.with_torch = notebook, with_torch

    def value(self, name: str) -> dict[str, Any]:
        """The value that a name has in the notebook."""
        value = self.notebook.names.get(name)
        if value is None or value is ...:  # as it was handed out
            return self.missing(name)
        return {"status": "returned", "value": value}

    def missing(self, name: str) -> dict[str, Any]:
        """Why there is no answer of a name: its cell failed, or nothing defines it."""
        return self.notebook.broken.get(name) or {
            "status": "not filled in",
            "message": f"nothing in the notebook defines {name}",
        }

    def call(self, request: dict[str, Any]) -> dict[str, Any]:
        """Call an answer, or a probe with the answer, on the judge's arguments."""
        answer = self.notebook.find(request["name"])
        if answer is None:
            return self.missing(request["name"])
        args, kwargs = request["args"], request["kwargs"]
        before = _modes(self.with_torch)
        _seed(request["seed"], self.with_torch)
        refused = refusing.refusing(request["refused"], refusing.refuse_torch)
        try:
            call = probe(request["probe"], self.with_torch) if request["probe"] else _plain_call
            here = _torch_as_it_was(self.with_torch)
            with answering(), here, refused, Stopwatch(request["seconds"]):
                value = call(answer, *args, **kwargs)
                after = _modes(self.with_torch) | _drawn(self.with_torch)
        except TimeLimit:
            return {"status": "timeout"}
        except BaseException as problem:
            return self.notebook.describe(problem, answer)
        arguments = [*args, *kwargs.values()]
        about = {"arguments": arguments, "before": before, "after": after}
        return {"status": "returned", "value": value, **about}


def _plain_call(answer: Any, *args: Any, **kwargs: Any) -> Any:
    return answer(*args, **kwargs)


def probe(source: str, with_torch: bool) -> Any:
    """The judge's function that calls the answer where a plain call is not enough."""
    import numpy as np

    names: dict[str, Any] = {"np": np}
    if with_torch:
        import torch

        names |= {"torch": torch, "nn": torch.nn}
    exec(compile(source, "<probe>", "exec"), names)
    return next(v for v in reversed(names.values()) if isinstance(v, types.FunctionType))


def _seed(number: int, with_torch: bool) -> None:
    """Let the global generators begin where the judge says: what they draw next is known there."""
    import numpy as np

    np.random.seed(number)
    random.seed(number)
    if with_torch:
        import torch

        torch.manual_seed(number)


def _drawn(with_torch: bool) -> dict[str, Any]:
    """What the global generators draw next: a whole state is slow to read. torch's is its seed."""
    import numpy as np

    drawn: dict[str, Any] = {"numpy": np.random.random_sample(), "python": random.random()}
    if with_torch:
        import torch

        drawn["torch"] = torch.initial_seed()
    return drawn


def _modes(with_torch: bool) -> dict[str, Any]:
    """Settings that an answer must leave as it found them."""
    if not with_torch:
        return {}
    import torch

    return {"dtype": str(torch.get_default_dtype()), "gradients": torch.is_grad_enabled()}


@contextlib.contextmanager
def _torch_as_it_was(with_torch: bool) -> Any:
    """Put torch's default dtype and gradient mode back: other answers follow in this process."""
    if not with_torch:
        yield
        return
    import torch

    dtype, gradients = torch.get_default_dtype(), torch.is_grad_enabled()
    try:
        yield
    finally:
        torch.set_default_dtype(dtype)
        torch.set_grad_enabled(gradients)
