"""Which system calls a submission may make: those of a list, by name. Standard library only.

Any other answers ENOSYS, as a kernel does that is too old to know it, and libc then does without.
So what kernels learn in years to come is refused as well, and so is what holds memory that nobody
counts or could outlive a process: System V's semaphores, queues and shared memory, POSIX's queues,
asynchronous input and output, watches on files.
"""

from __future__ import annotations

import errno
import platform
import signal
import socket
import struct
from collections.abc import Iterable

AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
"""The processors that a filter is known for, by the kernel's number of each."""

ALLOWED = """
accept 43 202 | accept4 288 242 | access 21 - | alarm 37 - | arch_prctl 158 - | bind 49 200
brk 12 214 | capget 125 90 | chdir 80 49 | chmod 90 - | chown 92 - | clock_getres 229 114
clock_gettime 228 113 | clock_nanosleep 230 115 | clone 56 220 | close 3 57
close_range 436 436 | connect 42 203 | copy_file_range 326 285 | creat 85 - | dup 32 23
dup2 33 - | dup3 292 24 | epoll_create 213 - | epoll_create1 291 20 | epoll_ctl 233 21
epoll_pwait 281 22 | epoll_pwait2 441 441 | epoll_wait 232 - | eventfd 284 - | eventfd2 290 19
exit 60 93 | exit_group 231 94 | faccessat 269 48 | faccessat2 439 439 | fadvise64 221 223
fallocate 285 47 | fchdir 81 50 | fchmod 91 52 | fchmodat 268 53 | fchmodat2 452 452
fchown 93 55 | fchownat 260 54 | fcntl 72 25 | fdatasync 75 83 | fgetxattr 193 10
flistxattr 196 13 | flock 73 32 | fork 57 - | fremovexattr 199 16 | fsetxattr 190 7 | fstat 5 80
fstatfs 138 44 | fsync 74 82 | ftruncate 77 46 | futex 202 98 | futex_requeue 456 456
futex_wait 455 455 | futex_waitv 449 449 | futex_wake 454 454 | futimesat 261 -
get_robust_list 274 100 | getcpu 309 168 | getcwd 79 17 | getdents 78 - | getdents64 217 61
getegid 108 177 | geteuid 107 175 | getgid 104 176 | getgroups 115 158 | getitimer 36 102
getpeername 52 205 | getpgid 121 155 | getpgrp 111 - | getpid 39 172 | getppid 110 173
getpriority 140 141 | getrandom 318 278 | getresgid 120 150 | getresuid 118 148
getrlimit 97 163 | getrusage 98 165 | getsid 124 156 | getsockname 51 204 | getsockopt 55 209
gettid 186 178 | gettimeofday 96 169 | getuid 102 174 | getxattr 191 8 | ioctl 16 29
kill 62 129 | lchown 94 - | lgetxattr 192 9 | link 86 - | linkat 265 37 | listen 50 201
listxattr 194 11 | llistxattr 195 12 | lremovexattr 198 15 | lseek 8 62 | lsetxattr 189 6
lstat 6 - | madvise 28 233 | map_shadow_stack 453 453 | membarrier 324 283 | mincore 27 232
mkdir 83 - | mkdirat 258 34 | mknod 133 - | mknodat 259 33 | mlock 149 228 | mlock2 325 284
mlockall 151 230 | mmap 9 222 | mprotect 10 226 | mremap 25 216 | msync 26 227 | munlock 150 229
munlockall 152 231 | munmap 11 215 | nanosleep 35 101 | newfstatat 262 79 | open 2 -
openat 257 56 | openat2 437 437 | pause 34 - | pidfd_open 434 434 | pidfd_send_signal 424 424
pipe 22 - | pipe2 293 59 | pkey_alloc 330 289 | pkey_free 331 290 | pkey_mprotect 329 288
poll 7 - | ppoll 271 73 | prctl 157 167 | pread64 17 67 | preadv 295 69 | preadv2 327 286
prlimit64 302 261 | pselect6 270 72 | pwrite64 18 68 | pwritev 296 70 | pwritev2 328 287
read 0 63 | readahead 187 213 | readlink 89 - | readlinkat 267 78 | readv 19 65
recvfrom 45 207 | recvmmsg 299 243 | recvmsg 47 212 | removexattr 197 14 | rename 82 -
renameat 264 38 | renameat2 316 276 | restart_syscall 219 128 | rmdir 84 - | rseq 334 293
rt_sigaction 13 134 | rt_sigpending 127 136 | rt_sigprocmask 14 135 | rt_sigqueueinfo 129 138
rt_sigreturn 15 139 | rt_sigsuspend 130 133 | rt_sigtimedwait 128 137
rt_tgsigqueueinfo 297 240 | sched_get_priority_max 146 125 | sched_get_priority_min 147 126
sched_getaffinity 204 123 | sched_getattr 315 275 | sched_getparam 143 121
sched_getscheduler 145 120 | sched_rr_get_interval 148 127 | sched_setaffinity 203 122
sched_setattr 314 274 | sched_setparam 142 118 | sched_setscheduler 144 119 | sched_yield 24 124
select 23 - | sendfile 40 71 | sendmmsg 307 269 | sendmsg 46 211 | sendto 44 206
set_robust_list 273 99 | set_tid_address 218 96 | setitimer 38 103 | setpgid 109 154
setpriority 141 140 | setrlimit 160 164 | setsid 112 157 | setsockopt 54 208 | setxattr 188 5
shutdown 48 210 | sigaltstack 131 132 | signalfd 282 - | signalfd4 289 74 | socket 41 198
socketpair 53 199 | splice 275 76 | stat 4 - | statfs 137 43 | statx 332 291 | symlink 88 -
symlinkat 266 36 | sysinfo 99 179 | tgkill 234 131 | time 201 - | timer_create 222 107
timer_delete 226 111 | timer_getoverrun 225 109 | timer_gettime 224 108 | timer_settime 223 110
timerfd_create 283 85 | timerfd_gettime 287 87 | timerfd_settime 286 86 | times 100 153
tkill 200 130 | truncate 76 45 | umask 95 166 | uname 63 160 | unlink 87 - | unlinkat 263 35
utime 132 - | utimensat 280 88 | utimes 235 - | vfork 58 - | wait4 61 260 | waitid 247 95
write 1 64 | writev 20 66
"""
"""Name, number on x86_64, number on aarch64. The numbers are libseccomp's and never change."""

DENIED = {
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
    "io_uring_setup": (425, 425),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
}
"""What answers EPERM instead, on purpose: a program started anew would have a NumPy that allows
everything; the rest are ways out of a sandbox, or to memory that no limit counts."""

_LOAD, _IS, _ABOVE, _FROM, _AND, _ANSWER = 0x20, 0x15, 0x25, 0x35, 0x54, 0x06
_LET, _KILL, _ERROR = 0x7FFF0000, 0x80000000, 0x50000
_DONE = _ERROR  # seemingly: it answers 0, and nothing has been done
_NAMESPACES = 0x7E020000  # clone(2)
_SHARED_WITH_NOBODY = 0x21  # mmap(2), MAP_SHARED | MAP_ANONYMOUS: RLIMIT_DATA does not count it

Line = tuple[int, int, int, int]
"""Of a BPF program: what to do, with what, and how many lines to skip if it holds or does not."""


def program(children_are_waited_for: bool) -> bytes:
    """The filter, as a BPF program. Raises OSError for processors that none is known for.

    children_are_waited_for: what is to be done when a child ends stays as it is: nothing. Whoever
    wants something else is told that it is done.
    """
    if platform.machine() not in AUDIT:
        raise OSError(f"no system call filter is known for {platform.machine()} processors")
    column = list(AUDIT).index(platform.machine())
    calls = {name: numbers[column] for name, numbers in allowed().items()}
    here = {name: number for name, number in calls.items() if number is not None}
    refused = _ERROR | errno.EPERM
    lines: list[Line] = [(_LOAD, 4, 0, 0), (_IS, AUDIT[platform.machine()], 1, 0)]
    lines += [(_ANSWER, _KILL, 0, 0), (_LOAD, 0, 0, 0)]
    lines += [(_FROM, 0x40000000, 0, 1), (_ANSWER, refused, 0, 0)]  # x32, other names of the same
    for numbers in DENIED.values():
        lines += [(_IS, numbers[column], 0, 1), (_ANSWER, refused, 0, 0)]
    if children_are_waited_for:
        lines += _asked(here["rt_sigaction"], 0, [signal.SIGCHLD], _DONE)
    # Threads and forks, but no new namespaces. (clone3, whose flags cannot be read here, is not on
    # the list.) Sockets to one's own processes only, with the buffers that all begin with.
    lines += _asked(here["clone"], 0, [0], refused, mask=_NAMESPACES, unless=True)
    shared = _SHARED_WITH_NOBODY
    lines += _asked(here["mmap"], 3, [shared], _ERROR | errno.ENOMEM, mask=shared)
    for name in ("socket", "socketpair"):
        no_such = _ERROR | errno.EAFNOSUPPORT
        lines += _asked(here[name], 0, [socket.AF_UNIX], no_such, unless=True)
    lines += _asked(here["setsockopt"], 2, [socket.SO_SNDBUF, socket.SO_RCVBUF], refused)
    for first, last in _ranges(here.values()):
        lines += [(_ABOVE, last, 3, 0), (_FROM, first, 0, 1)]
        lines += [(_ANSWER, _LET, 0, 0), (_ANSWER, _ERROR | errno.ENOSYS, 0, 0)]
    lines += [(_ANSWER, _ERROR | errno.ENOSYS, 0, 0)]
    return b"".join(struct.pack("<HBBI", do, yes, no, k) for do, k, yes, no in lines)


def allowed() -> dict[str, tuple[int | None, ...]]:
    """The calls that are let through: their numbers on each processor, None where it has none."""
    rows = (row.split() for row in ALLOWED.replace("\n", "|").split("|") if row)
    return {name: tuple(None if n == "-" else int(n) for n in numbers) for name, *numbers in rows}


def _asked(
    call: int,
    argument: int,
    values: list[int],
    answer: int,
    mask: int = 0xFFFFFFFF,
    unless: bool = False,
) -> list[Line]:
    """Answer a call if an argument is one of some values; unless: if it is none of them."""
    # Of an argument the lower half, which comes first on these machines.
    lines = [(_LOAD, 16 + 8 * argument, 0, 0), (_AND, mask, 0, 0)]
    for after in reversed(range(len(values))):
        hit, miss = (after + 1, 0) if unless else (after, int(not after))
        lines.append((_IS, values[-1 - after], hit, miss))
    lines += [(_ANSWER, answer, 0, 0), (_LOAD, 0, 0, 0)]
    return [(_IS, call, 0, len(lines)), *lines]


def _ranges(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Numbers as ranges without gaps, in order: first and last of each."""
    found: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if found and number == found[-1][1] + 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found
