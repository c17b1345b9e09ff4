"""Out of the sandbox."""

# ruff: noqa: E501  (an attack is easier to read on one line)

from __future__ import annotations

from .attack import Attack, kind

ATTACKS: list[Attack] = []

leave = kind(ATTACKS, "ways out of the sandbox", goal="outside", real=False)
_LIBC = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def mark(): open("@ROOT@/written/@NAME@", "w").close()
"""
leave("a file where everybody may write", "mark()", _LIBC, real=True)
leave(
    "another root",
    "os.mkdir('/tmp/r'); os.chroot('/tmp/r'); [os.chdir('..') for _ in range(20)]; os.chroot('.'); mark()",
    _LIBC,
)
leave(
    "new namespaces",
    "libc.unshare(0x10000000) and 1 / 0; libc.mount(b'/', b'/tmp', b'', 4096, None); mark()",
    _LIBC,
)
leave(
    "namespaces of another process",
    "libc.setns(os.open('/proc/1/ns/mnt', 0), 0) and 1 / 0; mark()",
    _LIBC,
)
leave("root again", "os.setresuid(0, 0, 0); mark()", _LIBC)
leave(
    "a device of its own",
    "os.mknod('/tmp/disk', 0o60666, os.makedev(8, 0)); open('/tmp/disk', 'rb').read(1); mark()",
    _LIBC,
)
leave("a descriptor by handle", "libc.open_by_handle_at(0, 0, 0) and 1 / 0; mark()", _LIBC)
leave(
    "a program made in memory",
    "fd = os.memfd_create('x'); os.write(fd, b'#!/bin/sh'); os.execv(f'/proc/self/fd/{fd}', ['x'])",
    _LIBC,
)
leave("the runner's own files", "open('/runner/runner.py', 'a').write('x'); mark()", _LIBC)
leave("mounting over", "libc.umount2(b'/tmp', 2) and 1 / 0; mark()", _LIBC)
