"""Hand-ins that are to be taken for somebody else's: whatever the uploader names, nothing counts.

Each archive is a download as an LMS or an instructor makes it, in which the attacker is named on
the outside; all further names are the attacker's own.
"""

from __future__ import annotations

from .attack import Attack, kind
from .files import zipped

ATTACKS: list[Attack] = []

VICTIM = "victim"
"""A student who has handed in before."""

as_another = kind(ATTACKS, "handing in as another", real=False, goal="impersonate")

_MOODLE = "{}_{}_assignsubmission_file_"
_INSIDE = (
    ("a file", f"{VICTIM}.ipynb"),
    ("a folder", f"{VICTIM}/x.ipynb"),
    ("nbgrader's folders", f"{VICTIM}/01_rolling_average/01_rolling_average.ipynb"),
    ("a folder of Moodle's", f"{_MOODLE.format(VICTIM, 1)}/x.ipynb"),
    ("a file of Moodle's", f"{_MOODLE.format(VICTIM, 1)}x.ipynb"),
    ("a file of Canvas's", f"{VICTIM}_101_2002_x.ipynb"),
    ("a folder in capitals", f"{VICTIM.upper()}/x.ipynb"),
    ("a path that leads up", f"../{VICTIM}/x.ipynb"),
    ("a path of Windows", f"..\\{VICTIM}\\x.ipynb"),
)
for _what, _path in _INSIDE:
    as_another(f"{_what} in a zip for Moodle", archive=lambda name, notebook, path=_path: zipped(
        (f"{_MOODLE.format(name, 4)}/x.zip", zipped((path, notebook)))))  # fmt: skip
    as_another(f"{_what} in a zip in a zip", archive=lambda name, notebook, path=_path: zipped(
        (f"{name}/x.zip", zipped(("y.zip", zipped((path, notebook)))))))  # fmt: skip
    as_another(f"{_what} in a zip of the student's name", archive=lambda name, notebook, path=_path:
        zipped((f"{name}.zip", zipped((path, notebook)))))  # fmt: skip
    as_another(f"{_what} in a student's folder", archive=lambda name, notebook, path=_path: zipped(
        (f"{name}/{path}", notebook)))  # fmt: skip
    as_another(f"{_what} in Moodle's folder", archive=lambda name, notebook, path=_path: zipped(
        (f"{_MOODLE.format(name, 4)}/{path}", notebook)))  # fmt: skip
    as_another(f"{_what} and one more in a folder", archive=lambda name, notebook, path=_path:
        zipped((f"{name}/{path}", notebook), (f"{name}/another/x.ipynb", notebook)))  # fmt: skip
as_another(
    "a name of Moodle's behind Moodle's",
    archive=lambda name, notebook: zipped(
        (f"{_MOODLE.format(name, 4)}{VICTIM}_1_assignsubmission_file_x.ipynb", notebook)
    ),
)
