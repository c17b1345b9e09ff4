"""The course's data sets, by name. What each holds and where it comes from: data/README.md."""

from __future__ import annotations

import csv
import dataclasses
from pathlib import Path

import numpy as np

_HERE = Path(__file__).resolve().parent
# Installed from the repository, the data lie in the package; in a checkout, at its top.
_FOLDERS = (_HERE / "_data", _HERE.parents[1] / "data")


def _path(name: str) -> Path:
    for folder in _FOLDERS:
        if (folder / name).is_file():
            return folder / name
    raise FileNotFoundError(
        f"the data file {name} is missing. It belongs to the course's folder data/: get the "
        "repository again, or install cnnlab from it again."
    )


@dataclasses.dataclass(frozen=True)
class CovidTests:
    """COVID-19 tests of one children's hospital, a value per day, oldest first.

    day: number of the day in the pandemic, shape (104,).
    tests: tests taken that day, shape (104,). positive: how many were positive, shape (104,).
    The published data were anonymised, shifted in time and permuted.
    """

    day: np.ndarray
    tests: np.ndarray
    positive: np.ndarray


def covid_tests() -> CovidTests:
    """15,524 real tests per day (R package medicaldata, MIT licence)."""
    with _path("covid_daily.csv").open(newline="") as file:
        rows = np.array([[int(v) for v in row.values()] for row in csv.DictReader(file)])
    return CovidTests(*rows.T)
