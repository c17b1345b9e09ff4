"""``python -m autograder.releasing.visible``: draw the visible cases anew and keep them as data."""

from __future__ import annotations

from pathlib import Path

import cnnlab  # noqa: F401  (declares the exercises)
import numpy as np
from cnnlab.engine.exercise import EXERCISES
from cnnlab.engine.kept import Recording, place


def drawn() -> dict[Path, dict[str, np.ndarray]]:
    """What the declarations draw with this NumPy, a file for each lesson."""
    found: dict[Path, dict[str, np.ndarray]] = {}
    for exercise in EXERCISES.values():
        generator = Recording()
        exercise.draw_with(generator)
        file = place(exercise.stub.__module__)
        found.setdefault(file, {}).update(generator.as_arrays(exercise.name))
    return found


def main() -> None:
    """Write the files."""
    for file, arrays in drawn().items():
        new = file.with_suffix(".new.npz")
        np.savez_compressed(new, **arrays)
        new.replace(file)
        print(f"{file}: {file.stat().st_size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
