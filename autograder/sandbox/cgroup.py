"""Memory and processes as the kernel itself counts them, where this machine lets us have it do so.

The supervisor inside looks at a submission's memory ten times a second; a control group counts all
of it at once, files and what waits in sockets included. One can be made only below a group that
systemd has delegated, as ``systemd-run --user --scope -p Delegate=yes autograder grade`` asks for:
then each sandbox gets one. Where there is none the supervisor is what holds (``doctor`` says so).
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from .inside import limits

ROOT, OWN = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")
CONTROLLERS = ("memory", "pids")

OURS = "graders"
"""The group that this process and its like move to: one that has groups below it may hold none."""

SESSIONS = 2
"""How many submissions' processes a sandbox holds at most: one that is judged in two orders."""


def delegated() -> Path | None:
    """The group below which this process may make others, or None."""
    try:
        lines = OWN.read_text().splitlines()
        own = next((line[3:] for line in lines if line.startswith("0::")), "")
        place = ROOT / own.strip("/")
        place = place.parent if place.name == OURS else place
        told = os.getxattr(place, "user.delegate") == b"1"
        there = (place / "cgroup.controllers").read_text().split()
    except (OSError, AttributeError):  # no such files, or no Linux
        return None
    may = os.access(place, os.W_OK) and os.access(place / "cgroup.subtree_control", os.W_OK)
    return place if told and may and set(CONTROLLERS) <= set(there) else None


def enclose(top: int) -> Path | None:
    """Put a warm process and all below it into a group of their own; None where that cannot be.

    What it holds by then is not counted, only what its submissions add. More than that of memory
    and the kernel ends one of their processes; of processes, it makes no more.
    """
    place = delegated()
    if place is None:
        return None
    group = place / f"sandbox-{top}"
    try:
        (place / OURS).mkdir(exist_ok=True)
        for pid in (place / "cgroup.procs").read_text().split():
            with contextlib.suppress(ProcessLookupError):
                (place / OURS / "cgroup.procs").write_text(pid)
        for name in CONTROLLERS:
            (place / "cgroup.subtree_control").write_text(f"+{name}")
        group.mkdir()
        memory = SESSIONS * (limits.MEMORY + 2 * limits.DISK)
        (group / "memory.max").write_text(str(memory))
        (group / "pids.max").write_text(str((SESSIONS + 1) * limits.PROCESSES))
        proc = os.open("/proc", os.O_RDONLY)
        try:
            for pid in limits.processes_below(proc, top):
                (group / "cgroup.procs").write_text(str(pid))
        finally:
            os.close(proc)
    except OSError:
        remove(group)
        return None
    return group


def remove(group: Path) -> None:
    """Remove a group whose processes have ended. One that stays is empty, and its scope's."""
    with contextlib.suppress(OSError):
        group.rmdir()


def about_memory() -> str:
    """By what a submission's memory is held on this machine, in a sentence."""
    if delegated() is not None:
        return "Memory: each sandbox has a control group of its own; the kernel counts all of it."
    return (
        "Memory: no control group is delegated here, so it is looked at ten times a second. "
        "(`systemd-run --user --scope -p Delegate=yes autograder …` delegates one.)"
    )
