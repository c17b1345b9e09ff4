"""Names that a spreadsheet computes."""

# ruff: noqa: E501  (an attack is easier to read on one line)

from __future__ import annotations

from .attack import Attack, kind
from .files import folder_of_that_name, zipped

ATTACKS: list[Attack] = []

name = kind(ATTACKS, "formulas in the table", real=False, goal="outside")
for _formula in ("=cmd|' /C calc'!A0", "+1+1", "-1+1", "@SUM(A1)", "\t=1"):
    name(_formula.strip(), archive=lambda name, notebook, _formula=_formula: zipped(
        (f"{_formula}_{name[1:]}_assignsubmission_file_/01_rolling_average.ipynb", notebook)))  # fmt: skip

for _formula in ("=1+1", "@SUM(A1)", "\t=1", "\r-1", "x;=1", "x\n+1", "＝1", " =1"):
    for _part in ("first_name", "last_name", "email", "lms_user_id"):
        person = {"first_name": "", "last_name": "", _part: _formula}
        name(f"{_formula!r} as {_part}", place=folder_of_that_name, person=person)
name(
    "a folder",
    place=lambda folder, root: folder_of_that_name(
        folder.parent.parent / "=1+1" / folder.name, root
    ),
)
name("a file for Canvas", archive=lambda name, notebook: zipped((f"=1+1_{name[1:]}_2002_x.ipynb", notebook)))  # fmt: skip
