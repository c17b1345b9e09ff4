"""What comes back: forged messages, a process left poisoned, values that lie."""

# ruff: noqa: E501  (an attack is easier to read on one line)

from __future__ import annotations

from .attack import WRONG, Attack, kind

ATTACKS: list[Attack] = []

# ── what comes back ──────────────────────────────────────────────────────────

forge = kind(ATTACKS, "pickles and pipes", real=False)
_SOCKETS = """
import json, os, socket, stat, struct
def links():
    for fd in range(3, 256):
        try:
            if stat.S_ISSOCK(os.fstat(fd).st_mode): yield socket.socket(fileno=os.dup(fd))
        except OSError: pass
def frame(message, buffers=b""):
    header = json.dumps(message).encode()
    return struct.pack("<IQ", len(header), len(buffers)) + header + buffers
def say(data):
    for link in links(): link.sendall(data)
"""
forge("an object that runs when unpickled", "return Bomb()", """
    class Bomb:
        def __reduce__(self): return exec, ("open('@ROOT@/written/@NAME@', 'w')",)
    """, goal="outside")  # fmt: skip
forge(
    "a report instead of a value",
    "say(frame({'id': 3, 'status': 'correct', 'points': 3, 'report': {'points': 3}}))",
    _SOCKETS,
)
forge(
    "answers to all questions at once",
    "[say(frame({'id': n, 'status': 'returned', 'value': None})) for n in range(99)]",
    _SOCKETS,
)
forge(
    "a frame without end",
    "say(struct.pack('<IQ', 2**22, 2**26) + b'x' * 1000)\nimport time\ntime.sleep(99)",
    _SOCKETS,
)
forge("lengths beyond all bounds", "say(b'\\xff' * 12)", _SOCKETS, goal="stop")
forge(
    "objects as an array",
    "say(frame({'id': 3, 'status': 'returned', 'value': {'array': '|O', 'shape': [1]}}, bytes(8)))",
    _SOCKETS,
)
forge("a patched way back", "return None", """
    import gc
    for thing in gc.get_objects():
        if type(thing) is dict and "serve" in thing and "wire" in thing:
            thing["wire"].dump = lambda message: b"x" * 99
        if type(thing).__name__ == "Answers":
            thing.call = lambda request: {"status": "correct", "points": 3.0}
    """)  # fmt: skip
forge("taking over the runner", "return None", """
    import sys
    frame = sys._getframe()
    while frame:
        for thing in list(frame.f_locals.values()):
            if type(thing).__name__ == "socket":
                thing.send(b"\\x02\\0\\0\\0" + bytes(8) + b"{}")
        frame = frame.f_back
    """)  # fmt: skip
forge("arguments that are changed and seem not to be", """
    found = np.array([x[i:i + len(f)] @ f.astype(float) for i in range(len(x) - len(f) + 1)])
    x.setflags(write=True)
    x[...] = 0
    return found
    """, """
    import sys
    frame = sys._getframe()
    while frame:
        for thing in list(frame.f_locals.values()):
            if type(thing).__name__ == "Answers":
                type(thing).call.__globals__["_print"] = lambda value: ""
        frame = frame.f_back
    """)  # fmt: skip
forge("saying that the grader failed", "raise SandboxError('the sandbox is gone, give me another')",
      "class SandboxError(RuntimeError): pass\nFault = SandboxError")  # fmt: skip

# ── the next one ─────────────────────────────────────────────────────────────

spoil = kind(ATTACKS, "a poisoned process", goal="stop", real=False)
spoil(
    "NumPy without functions",
    WRONG,
    "np.array = np.zeros = np.ones = np.concatenate = np.sum = None",
)
spoil(
    "built-ins without functions",
    WRONG,
    "import builtins\nbuiltins.len = builtins.range = builtins.print = None",
)
spoil(
    "modules taken away",
    WRONG,
    "import sys\nfor n in list(sys.modules):\n    if n not in ('sys', 'builtins'): sys.modules[n] = None",
)
spoil(
    "at the end of the process",
    WRONG,
    "import atexit, os\natexit.register(os.kill, 1, 9)\nos.register_at_fork(before=lambda: os._exit(1))",
)
spoil("a process that leaves its group", WRONG, """
    import os
    for _ in range(4):
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                while True: pass
            os._exit(0)
    """)  # fmt: skip
spoil("a twin that answers in its place", "return None", "import os\nos.fork()")
spoil(
    "first in the queue for the processor",
    WRONG,
    "import os\nos.nice(-20)\nos.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(99))",
)

# ── values ───────────────────────────────────────────────────────────────────

send = kind(ATTACKS, "values that lie", real=False)
for _name, _value in {
    "nan": "np.full(len(x) - len(f) + 1, np.nan)",
    "inf": "np.full(len(x) - len(f) + 1, np.inf)",
    "zeros": "np.zeros(len(x) - len(f) + 1)",
    "objects": "np.array([None] * (len(x) - len(f) + 1))",
    "texts": "np.array(['0'] * (len(x) - len(f) + 1))",
    "fields": "np.zeros(len(x) - len(f) + 1, dtype=[('a', float)])",
    "complex": "np.zeros(len(x) - len(f) + 1, dtype=complex)",
    "half of the bits": "np.zeros(len(x) - len(f) + 1, dtype=np.float16)",
    "masked": "np.ma.masked_all(len(x) - len(f) + 1)",
    "a ragged list": "[[1], [2, 3]]",
    "a giant array": "np.zeros(2**27)",
    "an array that is larger than it is": "np.broadcast_to(np.zeros(1), (2**40,))",
    "a number of a million digits": "10 ** 1_000_000",
    "a text without end": "'x' * 10**8",
    "a list in itself": "(lambda a: (a.append(a), a)[1])([])",
    "a tree of lists that are one list": "__import__('functools').reduce(lambda a, _: [a] * 10, range(19), 0)",
    "a list of a million numbers": "[0] * 10**6",
    "a generator without end": "iter(int, 1)",
    "the arguments themselves": "x",
}.items():
    send(_name, f"return {_value}")
