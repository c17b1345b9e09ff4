"""What a submission's process says of a call, as an ``Outcome``. Nothing is taken on trust."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
from cnnlab.engine.exercise import Case, Outcome

from ..sandbox.inside import wire

MOST_CHARACTERS = 80

STATUSES = ("returned", "raised", "timeout", "not filled in", "forbidden")
"""What the inside may say of a call. That a process has died it cannot say itself."""


def outcome_from(reply: dict[str, Any]) -> Outcome:
    """A reply from the sandbox as an outcome. Nothing in it is taken on trust."""
    status = reply.get("status")
    if type(status) is not str or status not in STATUSES:
        return Outcome("died", message="it sent something that is no answer")
    line = reply.get("line")
    return Outcome(
        status,
        value=reply.get("value"),
        errors=texts(reply.get("errors")) or (("Exception",) if status == "raised" else ()),
        message=_text(reply.get("message"), 1000),
        line=line if type(line) is int and 0 < line < 100_000 else None,
        code=_text(reply.get("code"), 200),
        words=_text(reply.get("words"), 600),
        cpu=reply.get("cpu", 0.0),  # our own session's word
    )


def _text(value: Any, limit: int) -> str:
    return value[:limit] if isinstance(value, str) else ""


def texts(value: Any, most: int = 20) -> tuple[str, ...]:
    """So many names at most, of a list of them."""
    many = value[:most] if isinstance(value, (list, tuple)) else ()
    return tuple(t[:MOST_CHARACTERS] for t in many if isinstance(t, str))


def changed_by(reply: dict[str, Any], case: Case, names: list[str], seed: int) -> tuple[str, ...]:
    """What a call changed, under the names that a student knows: arguments, or global state.

    names: of the arguments. seed: where the global generators began. The bytes of the arguments
    after the call are compared with those that were sent, and what the generators draw next with
    what they draw here. A process that keeps the arguments and sends them back has them unchanged:
    nobody else holds them.
    """
    sent = [*case.args, *case.kwargs.values()]
    got = reply.get("arguments")
    got = got if isinstance(got, list) and len(got) == len(sent) else [wire.Foreign("")] * len(sent)
    called = [*names[: len(case.args)], *case.kwargs]
    changed = [n for n, a, b in zip(called, sent, got, strict=False) if _bits(a) != _bits(b)]
    here = {"numpy": np.random.RandomState(seed).random_sample()}
    here |= {"python": random.Random(seed).random(), "torch": seed}
    before, after = ({**d} if isinstance(d := reply.get(w), dict) else {} for w in _WHEN)
    found = {name: here.get(name, before.get(name)) for name in after}
    return (
        *changed,
        *(n for key, n in STATE.items() if _bits(found.get(key)) != _bits(after.get(key))),
    )


_WHEN = ("before", "after")

STATE = {
    "numpy": "NumPy's global random generator",
    "python": "Python's global random generator",
    "dtype": "torch's default dtype",
    "gradients": "torch's gradient mode",
    "torch": "the seed of torch's global generator",
}


def _bits(value: Any) -> tuple[Any, bytes]:
    """A value bit for bit, without the way in which it lies in memory."""
    buffers: list[bytes] = []

    def values_only(data: Any) -> Any:
        if isinstance(data, dict):
            layout = ("strides", "writeable", "grad")
            return {k: values_only(v) for k, v in data.items() if k not in layout}
        return [values_only(v) for v in data] if isinstance(data, (list, tuple)) else data

    return values_only(wire.pack(value, buffers)), b"".join(buffers)
