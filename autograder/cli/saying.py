"""What all commands share: how they are added, and how they say what they did."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TypeAlias

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
"""What ``argparse`` adds commands to."""


def say(sentences: list[str]) -> None:
    """What was done besides what was asked for."""
    for sentence in sentences:
        print(f"autograder: {sentence}", flush=True)


def shown(path: Path) -> Path:
    """A path as short as it can be from where the user stands."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
