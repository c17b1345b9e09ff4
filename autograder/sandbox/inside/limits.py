"""What a submission may use, and how the kernel is told so.

Runs inside the sandbox, before any of the student's code: every submission gets
namespaces of its own (processes, mounts, users), an empty disk, limits, no
capabilities and a list of system calls that fail. Standard library only.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import resource
import struct
import sys
from collections.abc import Iterator

from . import calls

# ── the limits, all of them ─────────────────────────────────────────────────

CALL_SECONDS = 10
"""Computing time of one call of an answer, and of one cell; in torch lessons six times that."""

TORCH_FACTOR = 6

AGAIN_SECONDS = 1
"""What further calls get once one has run out of time in the same exercise."""

WALL_SECONDS = 120
"""All of a submission's calls and cells together; in torch lessons six times that."""

TURNS = (10, 60, WALL_SECONDS * (2 + TORCH_FACTOR))
"""What a submission may take at its first turn, its second and its last, all orders and tries of a
turn together. Whose turn is over comes again behind all others, so who hangs delays nobody for
long. The last is longer than all calls and cells may take, so it ends none of them."""

MEMORY = 2 * 2**30
"""Bytes of memory of a submission: of each process (RLIMIT_DATA: torch and NumPy fail under
RLIMIT_AS), and of all its processes together (a look at them every WATCH_SECONDS)."""

SPARED = MEMORY // 4
"""What of it cells of the student's own leave to answers."""

WATCH_SECONDS = 0.1

PROCESSES = 64
DISK = 64 * 2**20
"""Bytes of files, which vanish with the submission. /dev/shm has the same. Where less than ROOM of
them are left behind a cell, what has been saved is removed, the largest files first."""

ROOM = DISK // 4
FILES = 10_000
"""How many files there may be."""

NOBODY = 65534

# ── namespaces ──────────────────────────────────────────────────────────────

_libc = ctypes.CDLL(None, use_errno=True)


def _must(result: int, what: str) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def become_nobody() -> None:
    """Give up root for good, where the sandbox was started by it."""
    if os.getuid() == 0:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
        # The kernel then hides /proc/self from its owner, who has to write uid_map below.
        _must(_libc.prctl(4, 1, 0, 0, 0), "prctl(PR_SET_DUMPABLE)")


def own_namespaces() -> None:
    """Put the caller's *next child* into new namespaces, where it is process 1.

    When that child ends the kernel kills whatever it has left behind, so no thread
    or process of one submission is alive when the next one starts.
    """
    user, pid, mount, ipc, uts = 0x10000000, 0x20000000, 0x00020000, 0x08000000, 0x04000000
    _must(_libc.unshare(user | pid | mount | ipc | uts), "unshare")
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{NOBODY} {NOBODY} 1"),
        ("gid_map", f"{NOBODY} {NOBODY} 1"),
        ("oom_score_adj", "1000"),  # out of memory? then this one goes first
    ):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)
    nosuid, nodev, noexec = 2, 4, 8
    size = f"size={DISK},nr_inodes={FILES},mode=1777".encode()
    for place, options in ((b"/tmp", size), (b"/dev/shm", size), (b"/proc", b"size=4k,mode=555")):
        result = _libc.mount(b"tmpfs", place, b"tmpfs", nosuid | nodev | noexec, options)
        _must(result, f"mount {place.decode()}")


# ── limits, capabilities, system calls ──────────────────────────────────────


def limit(wall: int, namespaces: bool) -> None:
    """Set the limits of this process and its children. namespaces: it has its own."""
    limits = {
        "CPU": wall,
        "DATA": MEMORY,
        "FSIZE": DISK,
        "NOFILE": 256,
        "CORE": 0,
        "MEMLOCK": 64 * 2**10,
        "MSGQUEUE": 0,
    }
    if namespaces:  # outside, all processes of the user would be counted
        limits["NPROC"] = PROCESSES
    for name, value in limits.items():
        which = getattr(resource, f"RLIMIT_{name}")
        hard = resource.getrlimit(which)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(which, (value, value))


@contextlib.contextmanager
def sparing(own: bool) -> Iterator[None]:
    """In the block less memory can be had, if a cell of the student's own is run in it.

    What it then holds for good costs no answer the memory that it needs.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    less = MEMORY - SPARED
    if own and (soft == resource.RLIM_INFINITY or soft > less):
        resource.setrlimit(resource.RLIMIT_DATA, (less, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def drop_rights(children_are_waited_for: bool) -> None:
    """No capabilities, no new ones, and no system calls but those in ``calls``.

    children_are_waited_for: nothing else is done when a child ends. (torch's loaders wait for
    theirs by a handler.)
    """
    header = struct.pack("<Ii", 0x20080522, 0)
    _must(_libc.capset(header, struct.pack("<6I", *[0] * 6)), "capset")
    _must(_libc.prctl(38, 1, 0, 0, 0), "prctl(PR_SET_NO_NEW_PRIVS)")
    program = calls.program(children_are_waited_for)
    code = ctypes.create_string_buffer(program)
    size = len(program) // 8
    pointer = struct.pack("@HP", size, ctypes.addressof(code))
    _must(_libc.prctl(22, 2, ctypes.c_char_p(pointer), 0, 0), "prctl(PR_SET_SECCOMP)")


def memory_below(proc: int, top: int, socket: int) -> int:
    """Bytes that a process and all below it have, but for what they share with the caller.

    proc: a file descriptor of /proc, opened where it still shows these processes. socket: bytes
    that may wait in one. They are no process's memory, so each socket counts as that much.
    """
    inherited = _memory(proc, "self")
    own = sum(max(0, _memory(proc, str(pid)) - inherited) for pid in processes_below(proc, top))
    return own + sockets(proc) * socket


def _memory(proc: int, pid: str) -> int:
    """Bytes that a process has, but for files; 0 if it has ended meanwhile.

    Memory that it shares with others is its own, too: nobody else need have it still.
    """
    try:
        status = _read(proc, f"{pid}/status")
    except OSError:
        return 0
    return 1024 * sum(int(size) for size in re.findall(r"(?m)^Rss(?:Anon|Shmem):\s*(\d+)", status))


def sockets(proc: int) -> int:
    """How many sockets there are in the caller's network, where nobody else has any."""
    return int(_read(proc, "self/net/sockstat").split()[2])


def processes_below(proc: int, top: int) -> dict[int, list[str]]:
    """A process and all below it: what the kernel says of each behind its name (``proc(5)``, stat).

    So 0 is its state, 1 its parent, 13 and 14 the time of those that it has waited for.
    """
    stats: dict[int, list[str]] = {}
    for name in filter(str.isdigit, os.listdir(proc)):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            stats[int(name)] = _read(proc, f"{name}/stat").rpartition(")")[2].split()
    found: dict[int, list[str]] = {}
    new = {top} & stats.keys()
    while new:
        found |= {pid: stats[pid] for pid in new}
        new = {pid for pid, stat in stats.items() if int(stat[1]) in new}
    return found


def _read(proc: int, path: str) -> str:
    with open(path, opener=lambda path, flags: os.open(path, flags, dir_fd=proc)) as file:
        return file.read()


def make_room(places: tuple[str, ...] = ("/tmp", "/dev/shm")) -> None:
    """Remove what cells have saved where it leaves others too little room, the largest first.

    Only for a process that is locked in: then these places are its own, and end with it.
    """
    for place in places:
        if _has_room(place):
            continue
        paths = [os.path.join(folder, f) for folder, _, files in os.walk(place) for f in files]
        for path in sorted(paths, key=lambda path: -os.lstat(path).st_size):
            os.unlink(path)
            if _has_room(place):
                break


def _has_room(place: str) -> bool:
    disk = os.statvfs(place)
    return disk.f_bavail * disk.f_frsize >= ROOM and disk.f_favail >= FILES // 4


def close_files(keep: set[int]) -> None:
    """Close everything but ``keep``; input, output and errors become /dev/null."""
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    last = 3
    for fd in sorted(keep):
        os.closerange(last, fd)
        last = fd + 1
    os.closerange(last, 4096)


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent ends."""
    _must(_libc.prctl(1, 9, 0, 0, 0), "prctl(PR_SET_PDEATHSIG)")


def supported() -> bool:
    """Whether this is a system that namespaces exist on."""
    return sys.platform == "linux"
