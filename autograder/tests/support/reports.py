"""Reports on answers that a test writes down."""

from __future__ import annotations

import linecache
import textwrap

import numpy as np
import torch
from cnnlab.engine.examine import examine
from cnnlab.engine.exercise import EXERCISES
from cnnlab.engine.shown import as_text
from cnnlab.engine.verdict import Report


def report_on(name: str, source: str, search: float = 0) -> tuple[Report, str]:
    """The report on an answer, as if it stood in a cell, and its text in one line.

    search: seconds that its source is searched for the mistake.
    """
    source = textwrap.dedent(source)
    linecache.cache["<cell>"] = (len(source), None, source.splitlines(True), "<cell>")
    scope = {"np": np, "torch": torch, "nn": torch.nn, "F": torch.nn.functional}
    exec(compile(source, "<cell>", "exec"), scope)
    report = examine(EXERCISES[name], scope[name], search=search)
    return report, " ".join(as_text(report).split())
