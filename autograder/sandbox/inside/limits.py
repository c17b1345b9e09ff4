"""What a submission may use, and how the kernel is told so.

Runs inside the sandbox, before any of the student's code: every submission gets
namespaces of its own (processes, mounts, users), an empty disk, limits, no
capabilities and a list of system calls that fail. Standard library only.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import resource
import signal
import struct
import sys
from collections.abc import Iterator

# ── the limits, all of them ─────────────────────────────────────────────────

CALL_SECONDS = 10
"""Computing time of one call of an answer, and of one cell; in torch lessons six times that."""

TORCH_FACTOR = 6

AGAIN_SECONDS = 1
"""What further calls get once one has run out of time in the same exercise."""

WALL_SECONDS = 120
"""All of a submission's calls and cells together; in torch lessons six times that."""

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
    """No capabilities, no new ones, and none of the system calls in ``_DENIED``.

    children_are_waited_for: what is to be done when a child ends stays as it is: nothing. Whoever
    wants something else is told that it is done. (torch's loaders wait for theirs by a handler.)
    """
    header = struct.pack("<Ii", 0x20080522, 0)
    _must(_libc.capset(header, struct.pack("<6I", *[0] * 6)), "capset")
    _must(_libc.prctl(38, 1, 0, 0, 0), "prctl(PR_SET_NO_NEW_PRIVS)")
    program = _filter()
    if children_are_waited_for:
        program = _ignored_handlers() + program
    code = ctypes.create_string_buffer(program)
    size = len(program) // 8
    pointer = struct.pack("@HP", size, ctypes.addressof(code))
    _must(_libc.prctl(22, 2, ctypes.c_char_p(pointer), 0, 0), "prctl(PR_SET_SECCOMP)")


# Numbers on x86_64 and aarch64. A program started anew would have a NumPy that allows
# everything; the rest are ways out of a sandbox, or to memory that no limit counts.
_DENIED = {
    "execve": (59, 221),
    "execveat": (322, 281),
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "kexec_load": (246, 104),
    "open_by_handle_at": (304, 265),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "io_uring_setup": (425, 425),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
}
_CLONE, _CLONE3, _MMAP, _SOCKET = (56, 220), (435, 435), (9, 222), (41, 198)
_SIGACTION = (13, 134)
_AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}


def _ignored_handlers() -> bytes:
    """The start of a filter by which a handler for the end of children is set only seemingly."""
    load, equal, answer, done = 0x20, 0x15, 0x06, 0x50000
    number = _SIGACTION[list(_AUDIT).index(platform.machine())]
    code = [(load, 0, 0, 0), (equal, 0, 3, number), (load, 0, 0, 16)]
    code += [(equal, 0, 1, signal.SIGCHLD), (answer, 0, 0, done)]
    return b"".join(struct.pack("<HBBI", *line) for line in code)


def _filter() -> bytes:
    """The system call filter, as a BPF program: a list of tests, each with its answer."""
    machine = platform.machine()
    if machine not in _AUDIT:
        raise OSError(f"no system call filter is known for {machine} processors")
    column = list(_AUDIT).index(machine)
    load, equal, masked, above, answer = 0x20, 0x15, 0x54, 0x35, 0x06
    allow, kill = 0x7FFF0000, 0x80000000
    eperm, enosys, eafnosupport, enomem = (0x50000 | n for n in (1, 38, 97, 12))
    code: list[tuple[int, int, int, int]] = []

    def add(op: int, k: int, yes: int = 0, no: int = 0) -> None:
        code.append((op, yes, no, k))

    def argument(number: int) -> None:
        add(load, 16 + 8 * number)  # the lower half, on these little-endian machines

    add(load, 4)
    add(equal, _AUDIT[machine], 1, 0)
    add(answer, kill)
    add(load, 0)
    add(above, 0x40000000, 0, 1)  # the x32 names of the same calls
    add(answer, eperm)
    for numbers in _DENIED.values():
        add(equal, numbers[column], 0, 1)
        add(answer, eperm)
    add(equal, _CLONE3[column], 0, 1)  # its flags cannot be read here; libc falls back to clone
    add(answer, enosys)
    add(equal, _CLONE[column], 0, 4)  # threads and forks, but no new namespaces
    argument(0)
    add(masked, 0x7E020000)
    add(equal, 0, 0, 1)
    add(answer, allow)
    # Falls through to here with the masked flags where they were not 0.
    add(load, 0)
    add(equal, _CLONE[column], 0, 1)
    add(answer, eperm)
    add(equal, _MMAP[column], 0, 5)  # memory shared with nobody: RLIMIT_DATA does not count it
    argument(3)
    add(masked, 0x21)
    add(equal, 0x21, 0, 1)
    add(answer, enomem)
    add(answer, allow)
    add(equal, _SOCKET[column], 0, 5)  # local and internet only: not, say, to the virtual machine
    argument(0)
    for family in (1, 2, 10):
        add(equal, family, {1: 3, 2: 2, 10: 1}[family], 0)
    add(answer, eafnosupport)
    add(answer, allow)
    return b"".join(struct.pack("<HBBI", *line) for line in code)


def memory_below(proc: int, top: int) -> int:
    """Bytes that a process and all below it have, but for what they share with the caller.

    proc: a file descriptor of /proc, opened where it still shows these processes.
    """
    inherited = _memory(proc, int(os.readlink("self", dir_fd=proc)))
    return sum(max(0, _memory(proc, pid) - inherited) for pid in processes_below(proc, top))


def _memory(proc: int, pid: int) -> int:
    """Bytes that a process has for itself; 0 if it has ended meanwhile."""
    try:
        _, resident, shared = _read(proc, f"{pid}/statm").split()[:3]
    except OSError:
        return 0
    return (int(resident) - int(shared)) * resource.getpagesize()


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
