"""Where nbgrader, formgrader and students' kernels run on this machine, and what is there."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from ..cells import STUDENTS_KERNEL

NEEDED = ("nbgrader", "autograder", "cnnlab")

COLABS = (3, 13)
"""Colab's Python, which most students have: what it can read, the grader must read as well."""


def about_python() -> list[str]:
    """A warning where this Python is older than Colab's: newer syntax would be an error here."""
    if sys.version_info >= COLABS:
        return []
    ours, theirs = (".".join(map(str, v[:2])) for v in (sys.version_info, COLABS))
    return [
        f"! This is Python {ours}, Colab has {theirs}: what students write there may be a syntax "
        f"error here. Grade with Python {theirs} or newer."
    ]


ABOUT = """\
import importlib.metadata as metadata, json, sys
def version(name):
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""
names = ("nbgrader", "autograder", "cnnlab")
print(json.dumps({"prefix": sys.prefix, **{name: version(name) for name in names}}))
"""


@dataclasses.dataclass
class Environment:
    """A Python that nbgrader, formgrader or a kernel runs in. uses: what for, a word or two each.

    nbgrader, autograder, cnnlab: the version that it has, or "".
    """

    python: str
    uses: list[str]
    nbgrader: str
    autograder: str
    cnnlab: str


def environments() -> list[Environment]:
    """The Pythons of this command, of nbgrader, of Jupyter's servers and of their kernel.

    Each once, whatever it is used for. An instructor's server often runs in another environment
    than the one that they type commands in.
    """
    found: dict[str, Environment] = {}
    for use, python in _pythons():
        asked = subprocess.run(
            [python, "-c", ABOUT], capture_output=True, text=True, stdin=subprocess.DEVNULL
        )
        if asked.returncode:
            continue
        about = json.loads(asked.stdout)
        prefix = about.pop("prefix")
        environment = found.setdefault(prefix, Environment(python, [], **about))
        if use not in environment.uses:
            environment.uses.append(use)
    return list(found.values())


def _pythons() -> Iterator[tuple[str, str]]:
    yield "this command", sys.executable
    for use, names in {
        "nbgrader's command": ("nbgrader",),
        "Jupyter's server": ("jupyter-lab", "jupyter-server", "jupyterhub-singleuser"),
    }.items():
        for name in names:
            if (path := shutil.which(name)) and (python := interpreter(Path(path))):
                yield use, python
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
    from jupyter_server.serverapp import list_running_servers

    for server in list_running_servers():
        with contextlib.suppress(OSError):
            command = Path(f"/proc/{server['pid']}/cmdline").read_bytes().split(b"\0")
            if python := shutil.which(os.fsdecode(command[0])):
                yield f"the server at {server['url']}", python
    with contextlib.suppress(NoSuchKernel):
        python = KernelSpecManager().get_kernel_spec(STUDENTS_KERNEL["name"]).argv[0]
        # Jupyter takes its own interpreter where a kernel only says "python".
        python = sys.executable if python.startswith("python") else shutil.which(python)
        if python:
            yield f"the kernel {STUDENTS_KERNEL['name']}", python


def interpreter(script: Path) -> str | None:
    """The Python that a command of an environment is run by, from its first lines."""
    with script.open("rb") as file:
        first, second = file.readline(500), file.readline(500)
    words = os.fsdecode(first[2:]).split() if first.startswith(b"#!") else []
    if words and words[0].endswith("/sh"):  # pip writes so where the path is long or has blanks
        words = [os.fsdecode(second).partition('"')[2].partition('"')[0]]
    if words and Path(words[0]).name == "env":
        words = words[1:]
    return shutil.which(words[0]) if words else None


def described(environment: Environment) -> str:
    """An environment and what it lacks, in a line."""
    said = f"{', '.join(environment.uses)}: {environment.python}"
    there = [f"{n} {v}" for n in NEEDED if (v := getattr(environment, n))]
    said += f" ({', '.join(there) or 'none of ours'})"
    if environment.nbgrader and not environment.autograder:
        said += "; grading there is refused until autograder is installed in it"
    if not environment.cnnlab and any("kernel" in use for use in environment.uses):
        said += "; lessons cannot be opened with this kernel until it has cnnlab"
    return said
