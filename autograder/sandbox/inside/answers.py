"""The answers: looked up in a notebook whose cells have been run, and called as the judge asks.

What is said of a call (what it returned, what it changed) is said by a process in which student
code has run: the judge takes it for a claim, compares values itself, and chose the inputs.
"""

from __future__ import annotations

import contextlib
import json
import random
import types
from typing import Any

from . import refusing, wire
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
        _reseed(request["id"], self.with_torch)
        before = [_print(a) for a in (*args, *kwargs.values())]
        state = _global_state(self.with_torch)
        _reseed(request["id"], self.with_torch)  # looking at the generators has moved them on
        refused = refusing.refusing(request["refused"], refusing.refuse_torch)
        try:
            call = probe(request["probe"], self.with_torch) if request["probe"] else _plain_call
            here = _torch_as_it_was(self.with_torch)
            with answering(), here, refused, Stopwatch(request["seconds"]):
                value = call(answer, *args, **kwargs)
                now = _global_state(self.with_torch)
        except TimeLimit:
            return {"status": "timeout"}
        except BaseException as problem:
            return self.notebook.describe(problem, answer)
        names = [*request["parameters"][: len(args)], *kwargs]
        after = [_print(a) for a in (*args, *kwargs.values())]
        changed = [n for n, a, b in zip(names, before, after, strict=False) if a != b]
        changed += [n for n in state if state[n] != now[n]]
        return {"status": "returned", "value": value, "changed": changed}


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


def _print(value: Any) -> str:
    """A fingerprint of an argument, bit for bit."""
    buffers: list[bytes] = []
    packed = wire.pack(value, buffers)

    def values_only(data: Any) -> Any:
        if isinstance(data, dict):
            layout = ("strides", "writeable", "grad")
            return {k: values_only(v) for k, v in data.items() if k not in layout}
        return [values_only(v) for v in data] if isinstance(data, (list, tuple)) else data

    return json.dumps(values_only(packed)) + b"".join(buffers).hex()


def _reseed(number: int, with_torch: bool) -> None:
    """Give the global generators another state, or a second ``seed(0)`` would change nothing."""
    import numpy as np

    np.random.seed(1_000_003 + number)
    random.seed(1_000_003 + number)
    if with_torch:
        import torch

        torch.manual_seed(1_000_003 + number)


def _global_state(with_torch: bool) -> dict[str, Any]:
    """What an answer must leave as it found it, by the name a student knows it under.

    A generator is known by the number that it draws next: its whole state is slow to read.
    """
    import numpy as np

    state: dict[str, Any] = {
        "NumPy's global random generator": np.random.random_sample(),
        "Python's global random generator": random.random(),
    }
    if with_torch:
        import torch

        state["torch's default dtype"] = str(torch.get_default_dtype())
        state["torch's gradient mode"] = torch.is_grad_enabled()
        state["the seed of torch's global generator"] = torch.initial_seed()
    return state


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
