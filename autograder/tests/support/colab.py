"""An environment with Colab's versions, and cnnlab installed into it as Colab does."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from filelock import FileLock

from autograder.course import ROOT, write

REQUIREMENTS = Path(__file__).with_name("colab-requirements.txt")
ENVIRONMENT = ROOT / ".venv-colab"
PYTHON = ENVIRONMENT / "bin" / "python"
MADE = ENVIRONMENT / "made.json"
KERNEL = "colab"


def environment() -> dict[str, dict[str, str]]:
    """Make the environment unless it is there; give its packages before and after cnnlab.

    It is made once for all test processes, and made again when the requirements change;
    cnnlab is installed again when it has changed. Takes a minute the first time.
    """
    base = _hash(REQUIREMENTS.read_bytes(), sys.version.encode())
    package = _hash(base.encode(), *(p.read_bytes() for p in _files()))
    lock = ROOT / ".cache" / "venv-colab.lock"
    lock.parent.mkdir(exist_ok=True)
    with FileLock(lock):
        made = json.loads(MADE.read_text()) if MADE.is_file() else {}
        if made.get("package") == package:
            return made
        if made.get("base") != base:
            shutil.rmtree(ENVIRONMENT, ignore_errors=True)
            _run(sys.executable, "-m", "venv", ENVIRONMENT)
            _pip("install", "-r", REQUIREMENTS)
        else:
            _pip("uninstall", "--yes", "cnnlab")
        write(MADE, json.dumps({"base": base}))
        before = _packages()
        _pip("install", ROOT / "notebooks")
        made = {"base": base, "package": package, "before": before, "after": _packages()}
        write(_kernel_folder() / "kernel.json", json.dumps(_kernel()))
        write(MADE, json.dumps(made))
        return made


def _files() -> list[Path]:
    """What cnnlab is built from."""
    package = ROOT / "notebooks"
    return [
        package / "pyproject.toml",
        *sorted((package / "cnnlab").rglob("*.py")),
        *sorted(p for p in (ROOT / "data").iterdir() if p.is_file()),
    ]


def _hash(*parts: bytes) -> str:
    return hashlib.sha256(b"\0".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()


def _kernel_folder() -> Path:
    return ENVIRONMENT / "share" / "jupyter" / "kernels" / KERNEL


def _kernel() -> dict:
    """The kernel under a name of its own, since "python3" is always the tests' own."""
    return {
        "argv": [str(PYTHON), "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "Colab's versions",
        "language": "python",
    }


def _packages() -> dict[str, str]:
    listed = json.loads(_pip("list", "--format", "json"))
    return {entry["name"].lower().replace("_", "-"): entry["version"] for entry in listed}


def _pip(*command: object) -> str:
    return _run(PYTHON, "-m", "pip", "--disable-pip-version-check", *command)


def _run(*command: object) -> str:
    without = {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"}
    clean = {k: v for k, v in os.environ.items() if k not in without}
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, env=clean)
    assert done.returncode == 0, f"{' '.join(map(str, command))} failed:\n{done.stderr[-2000:]}"
    return done.stdout
