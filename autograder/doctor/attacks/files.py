"""Submissions that are not what they seem: links, archives, damaged files."""

# ruff: noqa: E501  (an attack is easier to read on one line)

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

from .attack import Attack, kind

ATTACKS: list[Attack] = []

file = kind(ATTACKS, "links, archives, damaged files", real=False)


def _linked(target: str) -> Callable[[Path, Path], None]:
    def place(folder: Path, root: Path) -> None:
        folder.mkdir(parents=True)
        there = next(root.glob(target))
        (folder / f"{folder.name}.ipynb").symlink_to(there)

    return place


def _written(data: bytes) -> Callable[[Path, Path], None]:
    def place(folder: Path, root: Path) -> None:
        folder.mkdir(parents=True)
        (folder / f"{folder.name}.ipynb").write_bytes(data)

    return place


def _pipe(folder: Path, root: Path) -> None:
    folder.mkdir(parents=True)
    os.mkfifo(folder / f"{folder.name}.ipynb")


def _device(folder: Path, root: Path) -> None:
    folder.mkdir(parents=True)
    (folder / f"{folder.name}.ipynb").symlink_to("/dev/zero")


def folder_of_that_name(folder: Path, root: Path) -> None:
    """Make a submission in which a folder is called as the notebook."""
    (folder / f"{folder.name}.ipynb" / "deeper").mkdir(parents=True)


def _timed(text: str) -> Callable[[Path, Path], None]:
    def place(folder: Path, root: Path) -> None:
        folder.mkdir(parents=True)
        (folder / "timestamp.txt").write_text(text)

    return place


file("a link to the solution", place=_linked("course/source/*/*.ipynb"))
file("a link to another's work", place=_linked("honest.ipynb"))
file("empty lines", goal="stop", place=_written(b'{"x' + b"\n" * 2_000_000 + b"x"))
file("empty lines in a cell", goal="stop", place=_written(json.dumps({"cells": [
    {"cell_type": "code", "source": "def conv1d(x, f):\n" + " \n" * 90_000 + "x ?="}]}).encode()))  # fmt: skip
for _name, _deep in {
    "brackets": "(" * 90_000,
    "minuses": "-" * 90_000 + "1",
    "attributes": "x" + ".x" * 90_000,
    "sums": "1" + "+1" * 90_000,
    "question marks": "x = '" + "? " * 90_000 + "'",
}.items():
    file(f"very many {_name}", goal="stop", place=_written(json.dumps({"cells": [
        {"cell_type": "code", "source": f"def conv1d(x, f):\n    return 1\n{_deep}"}]}).encode()))  # fmt: skip
file("a pipe", goal="stop", place=_pipe)
file("a link to a device without end", goal="stop", place=_device)
file("a folder that is called a notebook", goal="stop", place=folder_of_that_name)
file("a time that is none", goal="stop", place=_timed("99999-99-99 99:99 " + "9" * 900))
file("a notebook of format 99", goal="stop", place=_written(b'{"nbformat": 99, "cells": [{}]}'))
file("everything of the wrong kind", goal="stop", place=_written(json.dumps({
    "nbformat": [], "nbformat_minor": {}, "metadata": {"kernelspec": "../../bin/sh", "cnnlab": 3, "nbgrader": [], "language_info": None},
    "cells": [7, None, {"cell_type": [], "source": {"a": 1}, "metadata": 3},
              {"cell_type": "code", "metadata": {"nbgrader": {"grade_id": ["test_conv1d"], "points": "9"}}, "source": [1, None], "outputs": 3}]}).encode()))  # fmt: skip
file("invalid JSON", goal="stop", place=_written(b'{"cells": [' + b'{"source": "x"},' * 9))
file("very deep JSON", goal="stop", place=_written(b'{"cells":' * 100_000))
file("very many cells", goal="stop", place=_written(b'{"cells": [' + b"{}," * 100_000 + b"{}]}"))
file(
    "numbers beyond all bounds",
    goal="stop",
    place=_written(b'{"cells": [1e999, ' + b"9" * 10_000 + b"]}"),
)
file("a cell of 30 MB", goal="stop", place=_written(json.dumps({"cells": [
    {"cell_type": "code", "source": "def conv1d(x, f):\n" + " " * 30_000_000 + "pass"}]}).encode()))  # fmt: skip


def zipped(*members: tuple[str, bytes], mode: int = 0o100644) -> bytes:
    """A zip with these members, under these names."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            info = zipfile.ZipInfo(name)
            info.external_attr, info.compress_type = mode << 16, zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return data.getvalue()


file("a zip whose paths lead out", goal="outside", archive=lambda name, notebook: zipped(
    (f"../../../../../../../../written/{name}", b""), (f"{name}/../../written/{name}.ipynb", notebook)))  # fmt: skip
file("a zip with a link to the solution", archive=lambda name, notebook: zipped(
    (f"{name}/01_rolling_average.ipynb", b"../../../source/01_rolling_average/01_rolling_average.ipynb"), mode=0o120777))  # fmt: skip
file(
    "a zip bomb",
    goal="stop",
    archive=lambda name, notebook: zipped((f"{name}/a.ipynb", bytes(2**27))),
)
file("zips in zips in zips", goal="stop", archive=lambda name, notebook: zipped(
    (f"{name}/a.zip", zipped(("b.zip", zipped(("c.zip", zipped(("a.ipynb", notebook)))))))))  # fmt: skip
