"""A fact: what can be seen in a source, or is known of it, and is true whatever the reason."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Fact:
    """A sentence; kind, role: what it is about; lines: where, if it is a place."""

    sentence: str
    kind: str
    role: str
    lines: tuple[int, ...] = ()
