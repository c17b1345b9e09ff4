"""What a submission's process says of a call, as an ``Outcome``. Nothing is taken on trust."""

from __future__ import annotations

from typing import Any

from cnnlab.engine.exercise import Outcome

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
        changed=texts(reply.get("changed")),
        cpu=reply.get("cpu", 0.0),  # our own session's word
    )


def _text(value: Any, limit: int) -> str:
    return value[:limit] if isinstance(value, str) else ""


def texts(value: Any, most: int = 20) -> tuple[str, ...]:
    """So many names at most, of a list of them."""
    many = value[:most] if isinstance(value, (list, tuple)) else ()
    return tuple(t[:MOST_CHARACTERS] for t in many if isinstance(t, str))
