"""A submission in its own order: what a fresh kernel runs, from top to bottom, before each check.

``restore`` puts answers into the source's notebook, which finds them in the worst of notebooks;
but there an earlier answer meets whatever a later cell has made of its names. Here the student's
cells stand as they were handed in, none left out, and it is noted after how many of them each
exercise is asked for: where the notebook checks it last, and behind every other copy of it.
"""

from __future__ import annotations

import itertools
from typing import Any

from nbformat import NotebookNode

from ..cells import bare, is_answer, is_test, name_of, released, tested_by
from .statements import defined, parts

COPIES = 4
"""How many copies of one answer are looked at, the last ones."""


def straight(
    submitted: list[NotebookNode], apart: dict[int, list[str]], source: NotebookNode
) -> dict[str, Any]:
    """The submission in its own order, as plain data, which a notebook's metadata can hold.

    apart: the texts of cells that were joined although each runs by itself.
    "cells" has (label, text, whether it is the student's own) of each cell; "asks" has, for each
    exercise, the numbers of cells that are run before it is asked for.
    """
    names = [name_of(c) for c in source.cells if is_answer(c) and c.cell_type == "code"]
    known = _Known(source, names)
    cells: list[tuple[str, str, bool]] = []
    asks: dict[str, list[int]] = {name: [] for name in names}
    checked: dict[str, int] = {}
    present = {bare(c.source) for c in submitted}
    cells += [("setup", text, False) for text in known.setup if text not in present]
    for place, cell in enumerate(submitted):
        is_code = cell.cell_type == "code" or name_of(cell) in names
        if not is_code:
            continue
        here: dict[str, int] = {}
        for text in apart.get(place, [cell.source]):
            for piece, asked in parts(text, names):
                _take(piece, place, known, cells, asks)
                here |= {name: len(cells) for name in asked}
        if name_of(cell) in known.tests:  # whatever has become of its text
            here.setdefault(known.tests[name_of(cell)], len(cells))
        checked |= here
    for name, places in asks.items():
        last = checked.get(name, 0)
        if places and last > places[0]:
            places.append(last)
        asks[name] = sorted(set(places[-COPIES:]))
    asks = {name: places for name, places in asks.items() if places}
    return {
        "cells": cells,
        "asks": {n: _without_twins(p, checked.get(n, 0)) for n, p in asks.items()},
    }


class _Known:
    """What of a notebook is ours."""

    def __init__(self, source: NotebookNode, names: list[str]):
        self.names = names
        self.labels: set[str] = set()  # those given away
        code = [c for c in source.cells if c.cell_type == "code"]
        self.setup = [released(c) for c in code if "setup" in c.metadata.get("tags", [])]
        self.stubs = {name_of(c): released(c) for c in code if is_answer(c)}
        self.how = {n: defined(c.source).get(n) for c in code if is_answer(c) and (n := name_of(c))}
        self.tests = {name_of(c): tested_by(c) for c in code if is_test(c)}
        kept = {*self.setup, *self.stubs.values()}
        self.shown = {released(c) for c in source.cells} - kept


def _take(
    text: str,
    place: int,
    known: _Known,
    cells: list[tuple[str, str, bool]],
    asks: dict[str, list[int]],
) -> None:
    """Take a cell, or a part of one, and note whose answers stand in it."""
    plain = bare(text)
    if not plain or plain in known.shown:
        return
    meant = defined(text)
    here = [n for n in known.names if plain != known.stubs[n] and n in meant]
    label = next((name for name in here if name not in known.labels), f"cell {place + 1}")
    if label in known.labels:  # one that was cut behind its checks
        label = f"cell {place + 1}, part {len(cells) + 1}"
    known.labels.add(label)
    answers = [name for name in here if meant[name] == known.how[name]]
    own = not answers and plain not in known.setup and plain not in known.stubs.values()
    cells.append((label, text, own))
    for name in here:
        asks[name].append(len(cells))


def _without_twins(places: list[int], last: int) -> list[int]:
    """Without a copy's own place where the last check follows, with no other copy between."""
    follows = {a for a, b in itertools.pairwise(places) if b == last}
    return [p for p in places if p not in follows]
