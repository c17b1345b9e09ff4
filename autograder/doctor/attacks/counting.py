"""``conv2d_fast`` of lesson 03: a loop over positions that is not to be seen in the time."""

from __future__ import annotations

from .attack import Attack

ATTACKS: list[Attack] = []

_LOOP = """\
def slow(X, F, b=None):
    K1, K2, _, N = F.shape
    around = (((K1 - 1) // 2, K1 // 2), ((K2 - 1) // 2, K2 // 2), (0, 0))
    P = np.pad(np.asarray(X, dtype=float), around)
    weights = np.asarray(F, dtype=float).reshape(-1, N)
    H = np.zeros((*X.shape[:2], N))
    for i in range(X.shape[0]):
        for j in range(X.shape[1]):
            H[i, j] = P[i : i + K1, j : j + K2].reshape(-1) @ weights
    return H if b is None else H + b

"""
_CALL = """
def conv2d_fast(X, F, b=None):
    return slow(X, F, b)
"""

FAIR = 1.0
"""What a loop over positions earns, for its numbers."""


def _loop(name: str, answer: str) -> None:
    ATTACKS.append(
        Attack(
            "a loop that seems fast",
            name,
            _LOOP + answer,
            exercise="conv2d_fast",
            fair=FAIR,
            real=False,
        )
    )


_loop("a loop that remembers its results", """
seen = {}
def conv2d_fast(X, F, b=None):
    key = X.tobytes() + F.tobytes() + (b"" if b is None else b.tobytes())
    if (X.shape, key) not in seen:
        seen[X.shape, key] = slow(X, F, b)
    return seen[X.shape, key].copy()
""")  # fmt: skip
_loop("clocks that run as told", """
import time
now = 0.0
def clock(*which):
    return now
for name in ("perf_counter", "process_time", "thread_time", "monotonic", "time", "clock_gettime"):
    setattr(time, name, clock)
def conv2d_fast(X, F, b=None):
    global now
    now += 1e-3
    return slow(X, F, b)
""")  # fmt: skip
_loop("the work is done by a thread", """
import threading
def conv2d_fast(X, F, b=None):
    found = []
    worker = threading.Thread(target=lambda: found.append(slow(X, F, b)))
    worker.start()
    worker.join()
    return found[0]
""")  # fmt: skip
_FORKED = """
import os
def forked(X, F, b):
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        data = memoryview(slow(X, F, b).tobytes())
        while data:
            data = data[os.write(theirs, data):]
        os._exit(0)
    os.close(theirs)
    with os.fdopen(ours, "rb") as file:
        H = np.frombuffer(file.read()).reshape(*X.shape[:2], F.shape[3]).copy()
    return H, child
"""
_loop("the work is done by a child", _FORKED + """
def conv2d_fast(X, F, b=None):
    H, child = forked(X, F, b)
    os.waitpid(child, 0)
    return H
""")  # fmt: skip
_loop("the work is done by a child that nobody waits for", _FORKED + """
import signal
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
def conv2d_fast(X, F, b=None):
    H, child = forked(X, F, b)
    try: os.waitpid(child, 0)
    except ChildProcessError: pass
    return H
""")  # fmt: skip
_loop("time is wasted on small images", """
import time
def conv2d_fast(X, F, b=None):
    H = slow(X, F, b)
    if X.size < 1000:
        end = time.monotonic() + 1e-3
        while time.monotonic() < end: pass
    return H
""")  # fmt: skip
