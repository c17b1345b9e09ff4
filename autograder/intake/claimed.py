"""What a notebook's outputs claim that ``check`` said: any JSON, which anybody can write there."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

OUTPUTS = 20_000
"""So many outputs of a notebook are looked at."""


def claimed(raw: Any, mime: str, statuses: Collection[str]) -> dict[str, str]:
    """The last status of each exercise in a notebook's outputs, by whatever name it is called.

    raw: the submitted notebook. mime: the type of a report's data. statuses: those that there are.
    """
    said: dict[str, str] = {}
    left = OUTPUTS
    for cell in _list(raw, "cells"):
        for output in _list(cell, "outputs"):
            left -= 1
            if left < 0:
                return said
            report = _get(_get(output, "data"), mime)
            name, status = _get(report, "exercise"), _get(report, "status")
            if isinstance(name, str) and isinstance(status, str) and status in statuses:
                said[name] = status
    return said


def _get(data: Any, name: str) -> Any:
    return data.get(name) if isinstance(data, dict) else None


def _list(data: Any, name: str) -> list[Any]:
    value = _get(data, name)
    return value if isinstance(value, list) else []
