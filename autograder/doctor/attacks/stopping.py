"""What ends the grader or hangs it, and the network."""

from __future__ import annotations

from .attack import WRONG, Attack, kind

ATTACKS: list[Attack] = []

# ── the end of the process ───────────────────────────────────────────────────

end = kind(ATTACKS, "ending the process", goal="stop")
end("os._exit in a call", "import os\nos._exit(0)")
end("os._exit in a cell", answer="import os\nos._exit(0)")
end("sys.exit in a call", "import sys\nsys.exit(0)", real=False)
end("killing itself", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
end("killing everybody", "import os\nos.kill(-1, 9)", real=False)
end(
    "killing its group and parent",
    "import os\nos.kill(os.getppid() or 1, 9)\nos.killpg(0, 9)",
    real=False,
)
end("a segmentation fault", "import ctypes\nctypes.string_at(0)")
end("closing every file", "import os\nos.closerange(0, 1024)\nos.kill(os.getpid(), 15)")
end("stopping itself", "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)")
end("an error whose text ends the process", "raise Odd",
    "class Odd(Exception):\n    __str__ = lambda self: __import__('os')._exit(0)")  # fmt: skip

# ── using everything up ──────────────────────────────────────────────────────

use = kind(ATTACKS, "using everything up", goal="stop")
use("an endless loop", "while True: pass")
use("an endless loop in a cell", answer="while True: pass")
use(
    "a loop that ignores every signal",
    """
    import signal
    for number in range(1, 32):
        try: signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError): pass
    while True:
        try:
            while True: pass
        except BaseException: pass
    """,
)
use(
    "waiting for ever",
    "import threading\nthreading.Lock().acquire(); l = threading.Lock(); l.acquire(); l.acquire()",
)
use("one computation without end in C", "return pow(3, 10**10) % 7")
use("a regular expression without end", "import re\nreturn re.match('(a+)+$', 'a' * 40 + 'b')")
use("waiting for input", "return input('the answer, please')", real=False)
use("endless output", "while True: print('x' * 10000)")
use("memory", "return [bytearray(2**28) for _ in range(100)]", real=False)
use("processes", "import os\nwhile True: os.fork()", real=False)
use(
    "memory, by many processes",
    """
    import os, time
    for _ in range(9):
        if os.fork() == 0:
            hoard = b"x" * (3 * 2**27)
            time.sleep(60)
            os._exit(0)
    time.sleep(60)
    """,
    real=False,
)
use(
    "threads",
    "import threading, time\nwhile True: threading.Thread(target=time.sleep, args=(99,)).start()",
    real=False,
)
use(
    "disk",
    "n = 0\nwhile True:\n    n += 1\n    open(f'/tmp/{n}', 'wb').write(bytes(2**24))",
    real=False,
)
use("shared memory", "import mmap\nreturn [mmap.mmap(-1, 2**28) for _ in range(100)]", real=False)
use(
    "file descriptors",
    "import os\nopened = []\nwhile True: opened.append(os.open('/dev/null', 0))",
    real=False,
)
use(
    "files without number",
    "n = 0\nwhile True:\n    n += 1\n    open(f'/tmp/{n}', 'w').close()",
    real=False,
)
use("recursion", "return conv1d(x, f)", real=False)
use(
    "threads that stay and compute",
    WRONG,
    """
    import threading
    def work():
        while True: np.add(1, 1)
    for _ in range(4): threading.Thread(target=work, daemon=True).start()
    """,
    real=False,
)

# ── memory that is no process's ──────────────────────────────────────────────

hold = kind(ATTACKS, "memory that nobody counts", goal="secret", word="nobody-counted", real=False)
_HAS = """
import ctypes, mmap, os, socket
libc = ctypes.CDLL(None)
def call(x86, arm, *how):
    return libc.syscall(arm if os.uname().machine == "aarch64" else x86, *how)
def has(got):
    raise ValueError("nobody-" + "counted" if got not in (None, -1) else "nothing")
"""
for _name, _body in {
    "shared by /dev/zero": "has(mmap.mmap(os.open('/dev/zero', os.O_RDWR), 2**20))",
    "semaphores": "has(call(64, 190, 0, 1, 0o1600))",
    "a queue of messages": "has(call(68, 186, 0, 0o1600))",
    "shared memory": "has(call(29, 194, 0, 4096, 0o1600))",
    "large buffers": "has(socket.socketpair()[0].setsockopt(1, 7, 2**24) or 1)",
    "connections to itself": "has(socket.create_server(('127.0.0.1', 0)))",
}.items():
    hold(_name, _body, _HAS)

# ── network ──────────────────────────────────────────────────────────────────

call = kind(ATTACKS, "network", goal="outside")
_CONNECT = "import socket\ns = socket.socket({})\ns.settimeout(2)\ns.connect({})\ns.send(b'@NAME@')"
call("this machine", _CONNECT.format("", "('127.0.0.1', @PORT@)"))
call(
    "this machine, by datagram",
    "import socket\nsocket.socket(type=socket.SOCK_DGRAM).sendto(b'@NAME@', ('127.0.0.1', @PORT@))",
)
call("an abstract socket", _CONNECT.format("socket.AF_UNIX", "'\\0@ABSTRACT@'"))
call("a socket on the disk", _CONNECT.format("socket.AF_UNIX", "'@ROOT@/socket'"))
call(
    "a server far away",
    "import urllib.request\nreturn urllib.request.urlopen('http://192.0.2.1', timeout=2)",
    real=False,
)
