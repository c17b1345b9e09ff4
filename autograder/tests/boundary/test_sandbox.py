"""What student code can reach, use up and leave behind, tried from the inside."""

import ctypes
import errno
import os
import struct
import subprocess
import sys
import time

import numpy as np
import pytest
from cnnlab.engine.case import Case

from autograder.judging.replies import changed_by
from autograder.sandbox.inside import calls, limits
from autograder.sandbox.sandbox import CNNLABS, INSIDE, SEARCH, Sandbox, SandboxError
from autograder.sandbox.session import Ended

NO_ARGUMENTS = {
    "do": "call",
    "args": (),
    "kwargs": {},
    "seed": 1,
    "probe": None,
    "refused": (),
}
"""The judge's request to call an answer; a test adds the name and the seconds."""


@pytest.fixture(scope="module", params=["as it is", "for other users"])
def warm(request):
    """A warm process, started as root starts it (where we are root) and as others do."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "for other users":
            if os.geteuid() != 0:
                pytest.skip("we are such a user, so this is what the other one tries")
            patch.setattr("autograder.sandbox.sandbox.os.geteuid", lambda: 1000)
        sandbox = Sandbox("numpy")
        sandbox.start()
    yield sandbox
    sandbox.close()


@pytest.fixture
def ask(warm):
    """Run a cell, then call its ``f()`` in the sandbox: the reply."""
    sessions = []

    def call(cell, *args, seconds=5.0, name="f"):
        session = warm.open()
        sessions.append(session)
        session.ask({"do": "start", "exercises": ["f"]}, 10)
        session.ask({"do": "cell", "label": "f", "source": cell, "seconds": seconds}, 30)
        request = {"do": "call", "name": name, "args": args, "kwargs": {}, "probe": None}
        return session.ask({**request, "seed": 1, "refused": (), "seconds": seconds}, 60)

    yield call
    for session in sessions:
        session.close()


def value(reply):
    assert reply["status"] == "returned", reply
    return reply["value"]


# ── what can be seen ────────────────────────────────────────────────────────


def test_no_file_of_the_course_or_of_anybody_is_there(ask, tmp_path):
    secret = tmp_path / "gradebook.db"
    secret.write_text("scores")
    cell = """
import os
def f(path):
    names = {name for top in ("/", "/home", "/root", "/tmp", "/etc", "/var", "/runner", "/proc")
             if os.path.isdir(top) for name in os.listdir(top)}
    searching = os.listdir("/runner/repair") if os.path.isdir("/runner/repair") else []
    return os.path.exists(path), sorted(names), searching, dict(os.environ)
"""
    there, names, searching, environment = value(ask(cell, str(secret)))
    assert not there
    assert set(searching) <= {path.name for path in SEARCH.glob("*.py")}
    assert set(names) <= {
        *("dev", "etc", "lib", "lib32", "lib64", "packages", "proc", "python", "runner", "tmp"),
        *("usr", "ld.so.cache", SEARCH.name, *(path.name for path in CNNLABS)),
        *(path.name for path in INSIDE.glob("*.py")),
    }
    assert not any("work" in text or "root" in text for text in environment.values())


def test_our_packages_and_the_ready_made_ones_are_not_on_its_disk(ask):
    cell = """
import os
def f():
    ours = ("torch", "scipy", "pandas", "cnnlab", "autograder", "nbgrader", "examine.py")
    return [name for top in ("/packages", "/usr/lib", "/python")
            for _, folders, files in os.walk(top) for name in (*folders, *files) if name in ours]
"""
    assert value(ask(cell)) == []


def test_it_is_nobody_alone_on_its_machine(ask):
    cell = """
import os
def f():
    return os.getuid(), os.getgid(), os.getpid(), os.listdir("/proc")
"""
    assert value(ask(cell)) == (65534, 65534, 1, [])


@pytest.mark.parametrize("address", [("127.0.0.1", 22), ("1.1.1.1", 80)])
def test_there_is_no_network(ask, address):
    cell = """
import socket
def f(host, port):
    try:
        socket.create_connection((host, port), timeout=2)
    except OSError as problem:
        return type(problem).__name__
"""
    assert value(ask(cell, *address)) in ("OSError", "ConnectionRefusedError", "TimeoutError")


def test_the_machine_it_runs_on_cannot_be_called(ask):
    cell = """
import socket
def f():
    out = []
    for family in (getattr(socket, "AF_VSOCK", 40), socket.AF_NETLINK, socket.AF_PACKET):
        try:
            socket.socket(family, socket.SOCK_RAW if family == 17 else socket.SOCK_STREAM)
        except OSError as problem:
            out.append(problem.errno)
    return out
"""
    assert value(ask(cell)) == [97, 97, 97]


def test_no_address_of_a_network_can_be_used_among_its_own_processes_either(ask):
    """What waits in such a connection is memory that no limit of ours counts."""
    cell = """
import socket
def f():
    out = []
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.socket(family)
        except OSError as problem:
            out.append(problem.errno)
    return out
"""
    assert value(ask(cell)) == [97, 97]


def test_nothing_but_its_own_disk_can_be_written(ask):
    cell = """
def f():
    out = []
    for path in ("/x", "/runner/runner.py", "/packages/numpy/x", "/python/x", "/usr/x", "/dev/x"):
        try:
            open(path, "w")
        except OSError:
            continue
        out.append(path)
    open("/tmp/mine", "w").write("fine")
    return out
"""
    assert value(ask(cell)) == []


def test_a_later_submission_finds_nothing_of_an_earlier_one(ask):
    cell = """
import builtins, os, numpy as np
def f():
    seen = os.path.exists("/tmp/x"), hasattr(builtins, "x"), hasattr(np, "x")
    open("/tmp/x", "w").close(); builtins.x = np.x = 1
    np.array = None
    return seen
"""
    assert value(ask(cell)) == value(ask(cell)) == (False, False, False)


# ── what it cannot do ───────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "attempt",
    [
        "__import__('subprocess').run(['/python/bin/python3', '-c', '1'])",
        "os.execv(sys.executable, [sys.executable, '-c', '1'])",
        "os.posix_spawn(sys.executable, [sys.executable, '-c', '1'], {})",
        "os.system('true') and 1/0",
        "os.chroot('/tmp')",
        "os.setuid(0)",
        "open('/packages/numpy/__init__.py', 'a')",
        "[os.kill(p, 9) for p in (2, 3, 4)]",
        "os.memfd_create('x')",
        "os.mknod('/tmp/sda', 0o660 | 0o060000, os.makedev(8, 0))",
        "__import__('mmap').mmap(-1, 2**20)",
        "__import__('mmap').mmap(os.open('/dev/zero', os.O_RDWR), 2**20)",
        "__import__('socket').socketpair()[0].setsockopt(1, 7, 2**20)",
    ],
)
def test_ways_out_are_refused(ask, attempt):
    reply = ask(f"import os, sys\ndef f():\n    {attempt}")
    assert reply["status"] == "raised", reply


@pytest.mark.parametrize("call", ["mount", "unshare", "ptrace", "setns", "keyctl"])
def test_system_calls_that_lead_out_are_refused_below_python(ask, call):
    number = calls.DENIED[call][os.uname().machine == "aarch64"]
    cell = f"""
import ctypes
def f():
    libc = ctypes.CDLL(None, use_errno=True)
    return libc.syscall({number}, 0, 0, 0, 0, 0), ctypes.get_errno()
"""
    assert value(ask(cell)) == (-1, 1)


NOT_THERE = {
    "semget": (64, 190),
    "msgget": (68, 186),
    "shmget": (29, 194),
    "mq_open": (240, 180),
    "io_setup": (206, 0),
    "inotify_init1": (294, 26),
    "memfd_secret": (447, 447),
    "one of the next years": (600, 600),
}


@pytest.mark.parametrize("call", NOT_THERE)
def test_system_calls_that_are_not_on_the_list_are_not_there(ask, call):
    number = NOT_THERE[call][os.uname().machine == "aarch64"]
    cell = f"""
import ctypes
def f():
    libc = ctypes.CDLL(None, use_errno=True)
    return libc.syscall({number}, b"/x", 1, 0o1600, 0, 0), ctypes.get_errno()
"""
    assert value(ask(cell)) == (-1, errno.EPERM if call in calls.DENIED else errno.ENOSYS)


def _answer(program, machine, number, *arguments):
    """What a filter answers a system call, as the kernel would run it."""
    data = struct.pack(
        "<iIQ6Q", number, calls.AUDIT[machine], 0, *arguments, *[0] * (6 - len(arguments))
    )
    lines, place, value = list(struct.iter_unpack("<HBBI", program)), 0, 0
    while True:
        do, yes, no, k = lines[place]
        place += 1
        if do == 0x06:
            return k
        if do == 0x20:
            (value,) = struct.unpack_from("<I", data, k)
        elif do == 0x54:
            value &= k
        else:
            holds = {0x15: value == k, 0x25: value > k, 0x35: value >= k}[do]
            place += yes if holds else no


@pytest.mark.parametrize("machine", calls.AUDIT)
def test_the_list_means_the_calls_that_libseccomp_knows_by_these_names(machine, monkeypatch):
    monkeypatch.setattr(calls.platform, "machine", lambda: machine)
    program, column = calls.program(children_are_waited_for=True), list(calls.AUDIT).index(machine)
    seccomp = ctypes.CDLL("libseccomp.so.2")
    named = seccomp.seccomp_syscall_resolve_name_arch
    named.argtypes = [ctypes.c_uint32, ctypes.c_char_p]
    allowed = {name: numbers[column] for name, numbers in calls.allowed().items()}
    for name, number in allowed.items():
        known = named(calls.AUDIT[machine], name.encode())
        assert (known if known >= 0 else None) == number, name
    there = set(allowed.values())
    refused = {numbers[column] for numbers in calls.DENIED.values()}
    for number in range(700):
        got = _answer(program, machine, number, 1)
        if number in refused:
            assert got == 0x50000 | errno.EPERM
        else:
            assert got == (0x7FFF0000 if number in there else 0x50000 | errno.ENOSYS), number
    for name, arguments, said in (
        ("clone", (0x1200011,), 0x7FFF0000),
        ("clone", (0x10000000,), 0x50000 | errno.EPERM),
        ("socket", (2,), 0x50000 | errno.EAFNOSUPPORT),
        ("mmap", (0, 0, 0, 0x21), 0x50000 | errno.ENOMEM),
        ("mmap", (0, 0, 0, 0x22), 0x7FFF0000),
        ("setsockopt", (3, 1, 7), 0x50000 | errno.EPERM),
        ("setsockopt", (3, 1, 8), 0x50000 | errno.EPERM),
        ("setsockopt", (3, 1, 9), 0x7FFF0000),
        ("rt_sigaction", (17,), 0x50000),
    ):
        assert _answer(program, machine, allowed[name], *arguments) == said, (name, arguments)


READY_MADE = {
    "its name": "np.correlate(x, x)",
    "another name": "np.convolve(x, x)",
    "a polynomial": "np.polymul(x, x)",
    "polynomials, newer": "np.polynomial.polynomial.polymul(x, x)",
    "masked arrays": "np.ma.convolve(x, x)",
    "the C function": "np._core.multiarray.correlate(x, x)",
    "the C function itself": "np._core._multiarray_umath.correlate2(x, x)",
    "the old place": "__import__('numpy.core.multiarray').core.multiarray.correlate(x, x)",
    "a Fourier transform": "np.fft.ifft(np.fft.fft(x))",
    "its C function": "np.fft._pocketfft_umath.fft(x, 1.0)",
    "its module": "__import__('numpy.fft._pocketfft', fromlist='x').rfft(x)",
    "wrapped": "np.correlate.__wrapped__(x, x)",
    "reloaded": "importlib.reload(np._core.numeric).correlate(x, x)",
    "reloaded FFT": "importlib.reload(np.fft._pocketfft).fft(x)",
    "loaded afresh": "fresh('numpy').correlate(x, x)",
    "C code of FFT afresh": "fresh('numpy.fft._pocketfft_umath').fft(x, 1.0)",
    "found in memory": "found('correlate')(x, x)",
    "a transform found in memory": "found('rfft')(x)",
    "its list of functions": "listed('correlate')(x, x)",
    "scipy": "__import__('scipy.signal').signal.correlate(x, x)",
    "torch": "__import__('torch').nn.functional.conv1d(x, x)",
}


@pytest.mark.parametrize("way", READY_MADE)
def test_ready_made_filters_are_not_to_be_had(ask, way):
    cell = f"""
import importlib, sys
import numpy as np
def fresh(name):
    for other in list(sys.modules):
        if other.startswith(name):
            del sys.modules[other]
    return importlib.import_module(name)
def found(name):
    import gc
    return next(o for o in gc.get_objects() if callable(o) and not isinstance(o, type)
                and getattr(o, "__name__", "") == name)
def listed(name):
    functions = np._core.overrides.ARRAY_FUNCTIONS
    return next(o for o in functions if getattr(o, "__name__", "") == name)
def f(x):
    return {READY_MADE[way]}
"""
    reply = ask(cell, np.arange(5.0))
    assert reply["status"] in ("forbidden", "raised"), reply


def test_a_refusal_says_what_and_why(ask):
    reply = ask("import numpy as np\ndef f(x):\n    return np.convolve(x, x)", np.ones(3))
    assert reply["status"] == "forbidden"
    assert "np.convolve is not allowed" in reply["message"]
    reply = ask("import torch.nn.functional as F\ndef f(x):\n    return F.conv1d(x, x)", np.ones(3))
    assert reply["status"] == "forbidden"
    assert "torch is not allowed" in reply["message"]


def test_honest_numpy_still_works(ask):
    cell = """
import numpy as np
import torch                      # for a trial of one's own
from scipy.signal import convolve
def f(x):
    w = np.lib.stride_tricks.sliding_window_view(np.pad(x, 1), 3)
    return np.einsum("jk,k->j", w, np.ones(3)), np.linalg.norm(x), np.random.default_rng(0).random()
"""
    windows, *_ = value(ask(cell, np.arange(4.0)))
    assert windows.tolist() == [1, 3, 6, 5]


# ── what it cannot use up ───────────────────────────────────────────────────


def test_an_endless_loop_is_stopped_and_the_rest_still_answers(warm):
    session = warm.open()
    cell = "def f():\n    while True: pass\ndef g():\n    return 1"
    session.ask({"do": "start", "exercises": []}, 5)
    session.ask({"do": "cell", "label": "f", "source": cell, "seconds": 5}, 5)
    call = {
        "do": "call",
        "args": (),
        "kwargs": {},
        "probe": None,
        "seed": 1,
        "refused": (),
        "seconds": 0.3,
    }
    assert session.ask({**call, "name": "f"}, 30)["status"] == "timeout"
    assert session.ask({**call, "name": "g"}, 30)["value"] == 1
    session.close()


def test_a_loop_that_swallows_everything_is_killed(warm):
    session = warm.open()
    cell = """
import signal
def f():
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    while True:
        try:
            while True: pass
        except BaseException: pass
"""
    session.ask({"do": "start", "exercises": []}, 5)
    session.ask({"do": "cell", "label": "f", "source": cell, "seconds": 5}, 5)
    call = {
        "do": "call",
        "args": (),
        "kwargs": {},
        "probe": None,
        "seed": 1,
        "refused": (),
        "seconds": 0.2,
    }
    with pytest.raises(TimeoutError):
        session.ask({**call, "name": "f"}, 2)


def test_memory_ends_at_its_limit(ask):
    reply = ask("import numpy as np\ndef f():\n    return np.ones(2**29).sum()")
    assert "MemoryError" in reply["errors"]


def test_memory_of_many_processes_ends_at_the_same_limit(ask, warm):
    cell = """
import os, time
def f():
    for _ in range(9):
        if os.fork() == 0:
            hoard = b"x" * (3 * 2**27)
            time.sleep(60)
    time.sleep(60)
"""
    with pytest.raises(Ended, match="too much computing time or memory"):
        ask(cell, seconds=10)
    assert warm.alive()


SHARED = """
import mmap, os, sys, time
from autograder.sandbox.inside import limits
told, tell = os.pipe()
child = os.fork()
if child == 0:
    memory = mmap.mmap(os.open("/dev/zero", os.O_RDWR), 200 * 2**20)
    memory.write(bytes(200 * 2**20))
    os.write(tell, b"x")
    time.sleep(60)
os.read(told, 1)
print(limits.memory_below(os.open("/proc", os.O_RDONLY), child, 0))
os.kill(child, 9)
"""


def test_memory_that_processes_share_is_counted():
    """Where nothing refuses it, as here."""
    ran = subprocess.run([sys.executable, "-c", SHARED], capture_output=True, text=True, check=True)
    assert 200 <= int(ran.stdout) >> 20 < 220


def test_what_waits_in_sockets_is_counted(ask, warm):
    cell = """
import os, socket, time
def f():
    for _ in range(50):
        if os.fork() == 0:
            pairs = [socket.socketpair() for _ in range(110)]
            for ours, _ in pairs:
                ours.setblocking(False)
                try:
                    while True: ours.send(bytes(2**15))
                except BlockingIOError: pass
            time.sleep(60)
    time.sleep(10)
"""
    with pytest.raises(Ended, match="too much computing time or memory"):
        ask(cell, seconds=10)
    assert warm.alive()


def test_disk_ends_at_its_limit(ask):
    cell = """
import os
def f():
    done = 0
    try:
        for i in range(100):
            with open(f"/tmp/{i}", "wb") as file:
                file.write(bytes(2**20)); done += 1
    except OSError:
        pass
    return done
"""
    assert 30 < value(ask(cell)) <= limits.DISK >> 20


def test_a_fork_bomb_meets_its_limit(ask, warm, request):
    if request.node.callspec.params["warm"] == "for other users":
        assert os.geteuid() == 0  # still root to the kernel, which no limit on processes binds
        return
    cell = """
import os, time
def f():
    n = 0
    while n < 1000:
        try:
            if os.fork() == 0:
                time.sleep(60); os._exit(0)
        except OSError:
            return n
        n += 1
"""
    assert value(ask(cell)) < limits.PROCESSES


def test_prints_without_end_are_stopped_by_their_time_alone(ask):
    reply = ask("def f():\n    while True: print('x' * 10000)")
    assert reply["status"] == "timeout"


def test_nothing_it_started_outlives_it(warm):
    """A process that left its group and its parent would go on computing, and be counted here."""
    session = warm.open()
    cell = """
import os, time
for i in range(5):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            while True: pass
        os._exit(0)
"""
    session.ask({"do": "start", "exercises": []}, 5)
    session.ask({"do": "cell", "label": "f", "source": cell, "seconds": 5}, 20)
    assert len(_below(warm._process.pid)) >= 5
    session.close()
    deadline = time.monotonic() + 10
    while len(_below(warm._process.pid)) > 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    # bubblewrap's own first process, and the warm one.
    assert len(_below(warm._process.pid)) <= 2


def _below(top):
    """The processes that descend from one, dead ones aside."""
    parents = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat") as file:
                    state, parent = file.read().rpartition(")")[2].split()[:2]
            except OSError:
                continue
            if state != "Z":
                parents[int(name)] = int(parent)
    found, new = set(), {top}
    while new:
        new = {p for p, parent in parents.items() if parent in new}
        found |= new
    return found


# ── how long it computes ────────────────────────────────────────────────────

COMPUTE = """
import os, signal, threading, time
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
def compute():
    end = time.thread_time() + 0.3
    while time.thread_time() < end: pass
def forked(do):
    child = os.fork()
    if child == 0:
        do()
        os._exit(0)
    return child
def wait(child):
    try: os.waitpid(child, 0)
    except ChildProcessError: pass
def is_over(pid):
    while True:
        try: os.kill(pid, 0)
        except OSError: return
        if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT): return
        time.sleep(0.01)
"""
WHERE = {
    "in the call": "compute()",
    "in a thread": "t = threading.Thread(target=compute); t.start(); t.join()",
    "in a child": "wait(forked(compute))",
    "in a child that nobody waits for": "is_over(forked(compute))",
    "in a grandchild": "wait(forked(lambda: wait(forked(compute))))",
    "in a grandchild without a parent": "wait(forked(lambda: forked(compute))); wait(-1)",
}


@pytest.mark.parametrize("where", WHERE.values(), ids=WHERE)
def test_whatever_computes_is_counted(warm, where):
    session = warm.open()
    cell = f"{COMPUTE}\ndef f():\n    {where}"
    session.ask({"do": "start", "exercises": ["f"]}, 10)
    session.ask({"do": "cell", "label": "f", "source": cell, "seconds": 5}, 30)
    reply = session.ask({**NO_ARGUMENTS, "name": "f", "seconds": 5}, 60, counted=True)
    session.close()
    assert reply["status"] == "returned", reply
    assert 0.28 < reply["cpu"] < 0.6  # of a child that has ended in steps of 0.01


def test_waiting_is_not_counted(warm):
    session = warm.open()
    session.ask({"do": "start", "exercises": ["f"]}, 10)
    cell = "import time\ndef f():\n    time.sleep(1)"
    session.ask({"do": "cell", "label": "f", "source": cell, "seconds": 5}, 30)
    reply = session.ask({**NO_ARGUMENTS, "name": "f", "seconds": 5}, 60, counted=True)
    session.close()
    assert reply["cpu"] < 0.5


def test_what_it_says_of_its_own_computing_is_not_taken(warm):
    session = warm.open()
    cell = """
import gc
for thing in gc.get_objects():
    if type(thing).__name__ == "Answers":
        thing.call = lambda request: {"status": "returned", "value": 1, "cpu": 1e9}
def f(): pass
"""
    session.ask({"do": "start", "exercises": ["f"]}, 10)
    session.ask({"do": "cell", "label": "f", "source": cell, "seconds": 5}, 30)
    call = {**NO_ARGUMENTS, "name": "f", "seconds": 5}
    for counted in (True, False):
        assert session.ask(call, 60, counted=counted)["cpu"] < 1
    session.close()


def test_who_ends_while_it_is_counted_has_ended(warm):
    session = warm.open()
    cell = "import os\ndef f():\n    os._exit(0)"
    session.ask({"do": "start", "exercises": ["f"]}, 10)
    session.ask({"do": "cell", "label": "f", "source": cell, "seconds": 5}, 30)
    with pytest.raises(Ended, match="ended itself"):
        session.ask({**NO_ARGUMENTS, "name": "f", "seconds": 5}, 60, counted=True)
    assert warm.alive()


# ── what it sends ───────────────────────────────────────────────────────────


FORGE = """
import os, socket, stat, struct, json
def is_open(fd):
    try:
        return stat.S_ISSOCK(os.fstat(fd).st_mode)
    except OSError:
        return False
def sockets():
    return [socket.socket(fileno=os.dup(fd)) for fd in [n for n in range(3, 256) if is_open(n)]]
def frame(message, buffers=b""):
    header = json.dumps(message).encode()
    return struct.pack("<IQ", len(header), len(buffers)) + header + buffers
"""


@pytest.mark.parametrize(
    "said",
    [
        "b'x' * 100",
        "struct.pack('<IQ', 2**31, 2**60)",
        "frame([1, 2])",
        "frame({'id': 99, 'status': 'returned', 'value': 1})",
        "frame({'id': 3, 'status': 'returned', 'value': {'array': '|O', 'shape': [1]}}, bytes(8))",
        "frame({'id': 3, 'value': {'array': '<f8', 'shape': [10**9, 10**9]}})",
        "frame({'id': 3, 'value': {'array': '<f8', 'shape': [-1]}})",
        "frame({'id': 3, 'value': {'array': '<f8', 'shape': [1]}}, bytes(800))",
        "b'\\x40\\x42\\x0f\\x00' + bytes(8) + b'[' * 1000000",
    ],
)
def test_forged_replies_end_the_session_and_nothing_else(ask, said):
    with pytest.raises(Ended):
        ask(f"{FORGE}\ndef f():\n    [s.sendall({said}) for s in sockets()]\n    os._exit(0)")


def test_only_one_connection_is_open_in_it(ask):
    assert value(ask(f"{FORGE}\ndef f():\n    return len(sockets())")) == 1


@pytest.mark.parametrize(
    ("made", "kind"),
    [
        ("(i for i in x)", "generator"),
        ("np.array([print], dtype=object)", "NumPy array of object"),
        ("np.ones(3).view(type('Yes', (np.ndarray,), {}))", "Yes"),
        ("type('Seven', (int,), {})(7)", "Seven"),
        ("10 ** 100", "whole number beyond 64 bits"),
    ],
)
def test_what_is_not_plain_data_crosses_as_a_word(ask, made, kind):
    reply = ask(f"import numpy as np\ndef f(x):\n    return {made}", np.ones(3))
    assert str(value(reply)) == kind


def test_too_large_a_value_is_an_error_of_the_call(ask):
    reply = ask("import numpy as np\ndef f():\n    return np.zeros(2**24)")
    assert reply["status"] == "raised"
    assert "64 MiB" in reply["message"]


@pytest.mark.parametrize("end", ["os._exit(0)", "os.abort()", "ctypes.string_at(0)"])
def test_ending_the_process_is_told(ask, end):
    with pytest.raises(Ended, match=r"ended itself|crashed"):
        ask(f"import os, ctypes\ndef f():\n    {end}")


# ── what honest notebooks need ──────────────────────────────────────────────


def test_a_cell_may_hold_magics_prints_and_a_failing_line(ask):
    cell = """%matplotlib inline
import matplotlib.pyplot as plt
from cnnlab import check, fill, figures, widgets
from cnnlab.data import covid
!pip install numpy
plt.plot([1, 2]); plt.show()
this_name_does_not_exist
answer = input("well? ")
display(covid().head())
raise SystemExit
@fill
def f(x):
    print(x)
    return 2 * x
check(f)
%timeit f(1)
"""
    assert value(ask(cell, 21)) == 42


def test_a_timed_cell_defines_its_function(ask):
    assert value(ask("%%time\ndef f(x):\n    return x + 1", 1)) == 2


def test_arguments_arrive_as_they_were_drawn(ask):
    cell = """
def f(x):
    return x.dtype.str, x.flags.c_contiguous, x.flags.writeable, x.tolist()
"""
    x = np.arange(10, dtype=np.uint8)[::-2]
    x.flags.writeable = False
    assert value(ask(cell, x)) == ("|u1", False, False, [9, 7, 5, 3, 1])


def test_changed_arguments_and_global_state_are_told(ask):
    cell = """
import numpy as np, random
def f(x):
    x[0] = 5; np.random.seed(0); random.seed(0)
"""
    x = np.ones(3)
    case = Case("any", (x,), {})
    reply = ask(cell, x)
    assert changed_by(reply, case, ["x"], 1) == (
        "x",
        "NumPy's global random generator",
        "Python's global random generator",
    )
    assert changed_by(ask("def f(x):\n    return x + 1", x), case, ["x"], 1) == ()


def test_an_error_is_told_with_the_students_own_line(ask):
    reply = ask("import numpy as np\n\ndef f(x):\n    return np.linalg.inv(x)\n", np.zeros((2, 2)))
    assert reply["errors"][:2] == ["LinAlgError", "ValueError"]
    assert (reply["line"], reply["code"]) == (4, "return np.linalg.inv(x)")


def test_an_error_is_told_in_words_as_at_home(ask):
    reply = ask("def f(x):\n    return x[1:4] * x\n", np.zeros(3))
    assert reply["words"].startswith(
        "In `x[1:4] * x`, `x[1:4]` has the shape (2,) and `x` has the shape (3,). "
        "`x[1:4]` asks for 3 values and only 2 are there"
    )


def test_what_the_students_own_values_do_when_they_are_looked_at_harms_nothing(ask):
    cell = """
class Trap:
    @property
    def shape(self):
        raise SystemExit("a trap")
def f(x):
    trap = Trap()
    return trap * x
"""
    reply = ask(cell, 1)
    assert reply["errors"][0] == "TypeError" and reply["code"] == "return trap * x"


def test_a_cell_that_cannot_be_read_is_the_reason_given(ask):
    reply = ask("def f(x)\n    return x", 1)
    assert reply["errors"][0] == "SyntaxError"
    assert reply["line"] == 1


# ── without a sandbox ───────────────────────────────────────────────────────


def test_no_bubblewrap_is_said_in_a_sentence(monkeypatch):
    monkeypatch.setattr("autograder.sandbox.sandbox.importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr("autograder.sandbox.sandbox.shutil.which", lambda name: None)
    with pytest.raises(SandboxError, match=r"bubblewrap is not installed.*pip install"):
        Sandbox().start()


def test_a_sandbox_that_does_not_start_is_said_in_a_sentence(monkeypatch):
    monkeypatch.setattr("autograder.sandbox.sandbox.bwrap", lambda: "/bin/false")
    with pytest.raises(SandboxError, match=r"did not start.*--unsafe-local"):
        Sandbox().start()


def test_without_a_sandbox_the_same_runner_answers():
    with Sandbox("numpy", unsafe_local=True) as sandbox:
        session = sandbox.open()
        session.ask({"do": "start", "exercises": []}, 5)
        cell = {"do": "cell", "label": "f", "source": "def f(x): return x + 1", "seconds": 1}
        session.ask(cell, 5)
        call = {"do": "call", "name": "f", "args": (1,), "kwargs": {}, "probe": None}
        assert session.ask({**call, "seed": 1, "refused": (), "seconds": 1}, 5)["value"] == 2
        session.close()
