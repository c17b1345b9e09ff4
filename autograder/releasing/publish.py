"""Make the students' repository: ``autograder publish DIR --repository OWNER/NAME``.

DIR gets notebooks/, data/, a README and a conda environment; nothing of solutions/ or
autograder/. Publish again after a change: DIR is brought up to date, its .git stays. A course
that gives other points or leaves exercises out hands out the lessons that it has released.
"""

from __future__ import annotations

import posixpath
import re
import subprocess
import tomllib
from pathlib import Path

from ..choices import read_choices
from ..course import ROOT, Course
from .build import NOTEBOOKS, SOLUTIONS, read_all
from .leaks import NEVER, scan

PLACEHOLDER = "OWNER/REPO"
"""What lessons write where the address of the students' repository belongs."""

MARK = ".published"
"""The file by which a folder made by publish is known; it lists what publish wrote."""

FOLDERS = ("notebooks", "data")
FILES = ("LICENSE", "CITATION.cff")

VERSION = tomllib.loads((ROOT / "notebooks/pyproject.toml").read_text())["project"]["version"]
TAG = f"v{VERSION}"
"""The version of ``cnnlab`` that a notebook's setup cell installs: the one it was made with.

So a new version reaches students with a new notebook, and no change of ours reaches a lesson
that somebody is in the middle of.
"""

README = Path("notebooks/README.md")
"""What students read. Ours stands beside the notebooks; theirs at the top of their repository."""

LESSONS = "<!-- lessons -->"
"""Where the table of lessons goes in it."""

ENVIRONMENT = """\
name: cnnlab
channels: [conda-forge]
dependencies:
  - python>=3.11,<3.14
  - pip
  - pip:
      - jupyterlab
      - ipykernel<7   # 7 loses a request now and then (ipython/ipykernel#1554)
      - ./notebooks
"""


class PublishError(ValueError):
    """The students' repository cannot be made; the message says why."""


def publish(folder: Path, repository: str, course: Course | None = None) -> list[Path]:
    """Write the students' repository into a folder and return the files written.

    repository: where it will be on GitHub, OWNER/NAME. course: whose lessons, if it has chosen
    others than notebooks/ holds (``choices``).
    Raises PublishError, before anything is written, if the folder holds something that
    publish did not make, or if something in notebooks/, data/ or the course's lessons must not be
    seen.
    """
    folder = Path(folder).expanduser().resolve()
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]*/[\w.-]+", repository, re.ASCII):
        raise PublishError(
            f"{repository!r} is no repository; give OWNER/NAME, as in github.com/OWNER/NAME."
        )
    if folder.exists() and not folder.is_dir():
        raise PublishError(f"{folder} is a file; name a new or an empty folder.")
    before = _written_before(folder)
    secrets = read_all(SOLUTIONS)
    leaks = [leak for name in FOLDERS for leak in scan(ROOT / name, secrets)]
    own = course.root / "release" if course and read_choices(course) else None
    leaks += scan(own, secrets) if own else []
    if leaks:
        raise PublishError("\n".join(["nothing is published:", *(f"  {leak}" for leak in leaks)]))

    contents: dict[Path, bytes | str] = {Path("environment.yml"): ENVIRONMENT}
    contents |= {Path(name): (ROOT / name).read_bytes() for name in FILES}
    for name in FOLDERS:
        for path in _files(ROOT / name):
            contents[path.relative_to(ROOT)] = path.read_bytes()
    contents[Path("README.md")] = _readme(contents.pop(README).decode(), repository)
    for path in own.glob("*/*.ipynb") if own else []:
        contents[NOTEBOOKS.relative_to(ROOT) / path.relative_to(own)] = path.read_bytes()
    written = []
    for path, content in sorted(contents.items()):
        data = content.encode() if isinstance(content, str) else content
        # Only text can hold the placeholder, and bytes that do are text.
        data = data.replace(f"{PLACEHOLDER}#".encode(), f"{repository}@{TAG}#".encode())
        data = data.replace(PLACEHOLDER.encode(), repository.encode())
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
        written.append(folder / path)
    for path in before - set(contents):
        (folder / path).unlink(missing_ok=True)
    listed = "\n".join(map(str, sorted(contents)))
    (folder / MARK).write_text(f"Written by autograder publish for {repository}:\n{listed}\n")
    return written


def what_to_push(folder: Path, repository: str) -> str:
    """What is left to do by hand, for the setup cells to find their version of ``cnnlab``."""
    there = ["git", "-C", str(folder)]
    tagged = subprocess.run([*there, "rev-parse", "-q", "--verify", TAG], capture_output=True)
    said = f"{folder} is ready to be pushed to {repository}, without solutions/ and autograder/."
    if tagged.returncode:
        return (
            f"{said} The setup cells install the tag {TAG}, so push it, too: git add --all, "
            f"git commit, git tag {TAG}, git push --follow-tags origin HEAD {TAG}"
        )
    package = ["notebooks/cnnlab", "notebooks/pyproject.toml", "data"]
    changed = subprocess.run([*there, "diff", "--quiet", TAG, "--", *package], capture_output=True)
    if changed.returncode:
        return (
            f"{said} But cnnlab differs from the one that is tagged {TAG} there, which the setup "
            "cells install: give it a new version in notebooks/pyproject.toml (and in "
            "pyproject.toml and CITATION.cff) and publish again, or students do not get it."
        )
    return f"{said} cnnlab is the one that is tagged {TAG} there already."


def _written_before(folder: Path) -> set[Path]:
    """What an earlier publish wrote there; PublishError if somebody else filled the folder."""
    mark = folder / MARK
    if mark.is_file():
        listed = [Path(line) for line in mark.read_text().splitlines()[1:]]
        return {path for path in listed if not path.is_absolute() and ".." not in path.parts}
    others = [p.name for p in folder.iterdir() if p.name != ".git"] if folder.exists() else []
    if others:
        raise PublishError(
            f"{folder} holds things that publish did not make ({', '.join(sorted(others)[:3])}); "
            "name a new or an empty folder."
        )
    return set()


def _files(folder: Path) -> list[Path]:
    """The files of a folder that belong to the repository: no caches, nothing hidden."""
    found = []
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        ours = not any(p in NEVER or p.startswith(".") or p.endswith(".egg-info") for p in parts)
        if ours and path.is_file():
            found.append(path)
    return found


def _readme(text: str, repository: str) -> str:
    """The students' README at the top of their repository: links from there, and the lessons."""
    rows = ["| lesson | in the browser |", "|---|---|"]
    for path in sorted(NOTEBOOKS.glob("*/*.ipynb")):
        there = path.relative_to(ROOT).as_posix()
        rows.append(
            f"| [{path.stem}]({there}) | [open in Colab](https://colab.research.google.com/"
            f"github/{repository}/blob/main/{there}) |"
        )

    def from_the_top(link: re.Match[str]) -> str:
        return f"]({posixpath.normpath(f'{README.parent}/{link[1]}')})"

    text = re.sub(r"\]\((?!https?:|#)([^)]+)\)", from_the_top, text)
    return text.replace(LESSONS, "\n".join(rows))
