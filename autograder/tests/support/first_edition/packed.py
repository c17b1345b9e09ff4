"""Notebooks by what they differ in from another notebook.

A submission is the released notebook but for its answers, a graded one the source but for
answers and outputs. Only that is kept, a cell a line. Nothing here belongs to an edition: files
are taken as JSON, never as what some version of a package makes of them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

MODEL = {
    "right": "",
    "half": "right",
    "mistaken": "right",
    "untouched": "right",
    "collected": "mistaken",
}
"""Whose graded notebook a student's is packed by; "" for the source. A model stands first."""


def text(notebook: Any) -> str:
    """A notebook as the text of its file, as nbformat has written it for years."""
    return json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def pack(notebook: Any, base: Any) -> str:
    """What ``unpack`` needs beside ``base`` to give ``notebook``."""
    places = {cell["id"]: place for place, cell in enumerate(base["cells"])}
    lines = [json.dumps({k: v for k, v in notebook.items() if k != "cells"}, ensure_ascii=False)]
    for cell in notebook["cells"]:
        place = places.get(cell.get("id"))
        kept = cell
        if place is not None and _reached(base["cells"][place], cell):
            kept = {"like": place} | _new(base["cells"][place], cell)
        lines.append(json.dumps(kept, ensure_ascii=False, sort_keys=True))
    return "\n".join(lines) + "\n"


def unpack(packed: str, base: Any) -> Any:
    """The notebook that was packed."""
    first, *lines = packed.rstrip("\n").split("\n")  # a text may hold other ends of lines
    notebook = json.loads(first) | {"cells": []}
    for line in lines:
        cell = json.loads(line)
        like = base["cells"][cell.pop("like")] if "like" in cell else {}
        notebook["cells"].append(_with(like, cell))
    return notebook


def _reached(old: dict, new: dict) -> bool:
    """Whether nothing has to be taken out of ``old`` to get ``new``."""
    return all(
        key in new and (not _both(value, new[key]) or _reached(value, new[key]))
        for key, value in old.items()
    )


def _new(old: dict, new: dict) -> dict:
    """What ``new`` has and ``old`` has not, or not so."""
    return {
        key: _new(old[key], value) if _both(old.get(key), value) else value
        for key, value in new.items()
        if old.get(key, ...) != value
    }


def _with(old: dict, new: dict) -> dict:
    return old | {k: _with(old[k], v) if _both(old.get(k), v) else v for k, v in new.items()}


def _both(one: Any, other: Any) -> bool:
    return isinstance(one, dict) and isinstance(other, dict)


def read(path: Path) -> Any:
    """A notebook's file as JSON."""
    return json.loads(path.read_text(encoding="utf-8"))
