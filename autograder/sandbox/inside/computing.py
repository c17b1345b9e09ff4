"""How long a submission has computed, as the kernel counts it, read from outside its processes.

The supervisor asks: it is the parent of the submission's first process, runs no student code, and
cannot be reached from inside. All threads count, and all processes below, also those that have
ended, for the kernel adds a process's time to whoever waits for it. It forgets that of a process
whose parent ignores the end of its children, so a submission cannot (``limits.drop_rights``).
"""

from __future__ import annotations

import contextlib
import os
import signal
import time

from . import limits

STILL_SECONDS = 1.0
"""How long to wait for processes to stand still: one that waits for a disk does not at once."""


def cpu_below(proc: int, top: int) -> float:
    """CPU seconds of a process and all below it, since it was started.

    proc: a file descriptor of /proc that shows these processes. They stand still meanwhile: one
    that ends between two looks would be counted twice, or not at all.
    """
    still = _hold(proc, top)
    try:
        ticks = os.sysconf("SC_CLK_TCK")
        waited_for = sum(int(t) for stat in still.values() for t in stat[13:15]) / ticks
        return waited_for + sum(map(_clock, still))
    finally:
        for pid in still:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGCONT)


def _hold(proc: int, top: int) -> dict[int, list[str]]:
    """Stop all processes, and wait until they stand still and are no more than were stopped."""
    stopped: set[int] = set()
    until = time.monotonic() + STILL_SECONDS
    while True:
        found = limits.processes_below(proc, top)
        for pid in found.keys() - stopped:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGSTOP)
        held = found.keys() <= stopped and all(stat[0] in "TtZX" for stat in found.values())
        if held or time.monotonic() > until:
            return found
        stopped |= found.keys()
        os.sched_yield()


def _clock(pid: int) -> float:
    """CPU seconds of a process with all its threads, in nanoseconds' steps; 0 if it has ended.

    The number of the clock is made as ``clock_getcpuclockid(3)`` makes it.
    """
    try:
        return time.clock_gettime(~pid << 3 | 2)
    except OSError:
        return 0.0
