"""The processes inside: one that is warm, and for every submission a fork that is locked in.

It is started once (``__main__``), imports NumPy (and torch, for torch lessons), and forks for
every submission. The fork gets a socket, locks itself in and serves the judge: first the cells,
then one call after the other. It knows no test, no right answer and no other submission, and
whatever it says is data to the judge.
"""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import io
import json
import os
import select
import signal
import socket
import sys
from types import ModuleType
from typing import Any, NoReturn

from . import computing, limits, packages, refusing, searching, wire
from .answers import Answers
from .notebook import Inert, Notebook, Sink, is_code
from .refused import Stubs, poison_numpy

# ── one submission ──────────────────────────────────────────────────────────


def serve(link: socket.socket, answers: Answers, confined: bool) -> None:
    """Do what the judge asks until it hangs up. confined: the disk is this submission's own."""
    notebook = answers.notebook
    while True:
        request = wire.receive(link, layout=True)
        try:
            if request["do"] == "start":
                reply = notebook.start(request["exercises"], request.get("constants", {})) or {}
            elif request["do"] == "cell":
                reply = _run_cell(request, answers)
                if confined:
                    with contextlib.suppress(Exception):
                        limits.make_room()
            elif request["do"] == "value":
                reply = answers.value(request["name"])
            elif request["do"] == "lacking":
                reply = {"names": sorted(notebook.lacking)}
            elif request["do"] == "take":
                reply = notebook.names.update(request["values"]) or {}
            elif request["do"] == "search":
                reply = searching.search(request, answers)
            else:
                reply = answers.call(request)
            frame = wire.dump({**reply, "id": request["id"]})
        except (EOFError, KeyboardInterrupt):
            raise
        except BaseException as problem:  # a value that cannot even be looked at
            frame = wire.dump({**notebook.describe(problem), "id": request["id"]})
        wire.send(link, frame)


def _run_cell(request: dict[str, Any], answers: Answers) -> dict[str, Any]:
    """Run a cell. If the student's own asks for too much memory, what data it made is let go."""
    notebook, own = answers.notebook, bool(request.get("own"))
    if answers.with_torch:
        packages.read_for_cards(request["source"])
    before = set(notebook.names)
    with limits.sparing(own):
        reply = notebook.run_cell(request["label"], request["source"], request["seconds"])
    said = (*reply.get("errors", ()), reply.get("message", ""))
    if own and any("MemoryError" in text or "allocate memory" in text for text in said):
        for name in notebook.names.keys() - before:
            if not is_code(notebook.names[name]):
                del notebook.names[name]
        gc.collect()
        return {**reply, "greedy": True}
    return reply


@dataclasses.dataclass(frozen=True)
class Setting:
    """How the warm process was started. confined: by bubblewrap, so that forks can lock themselves
    in; otherwise student code runs as whoever grades."""

    with_torch: bool
    confined: bool


def _serve_locked_in(link: int, life: int, setting: Setting, answers: Answers) -> NoReturn:
    """The child: lock this process in, say so, and serve. No student code runs before that."""
    wall = limits.WALL_SECONDS * (limits.TORCH_FACTOR if setting.with_torch else 1)
    try:
        limits.die_with_parent()
        os.setsid()
        limits.limit(wall + 10, setting.confined)
        limits.close_files({link, life})
        if setting.confined:
            os.chdir("/tmp")
            limits.drop_rights(children_are_waited_for=not setting.with_torch)
        os.write(life, b"S")
        os.close(life)
    except BaseException as problem:
        _give_up(life, problem)
    sys.stdout = sys.stderr = Sink()
    sys.stdin = io.StringIO("")
    try:
        serve(socket.socket(fileno=link), answers, setting.confined)
    finally:
        os._exit(0)


def _give_up(life: int, problem: BaseException) -> NoReturn:
    os.write(life, f"!{problem}".encode())
    os._exit(1)


def supervise(link: int, life: int, setting: Setting, answers: Answers) -> NoReturn:
    """Run one submission in a child of its own, kill it when the judge says so, tell its end.

    The child's first word on ``life``, before any student code, is that it is locked in.
    The judge hanging up on ``life`` means: kill it. A byte from it there asks how long the
    submission has computed; the answer is ``=`` and the CPU seconds, in a line.
    """
    try:
        proc = os.open("/proc", os.O_RDONLY)  # in its namespaces there will be none
        if setting.confined:
            limits.own_namespaces()
        child = os.fork()
        if child == 0:
            _serve_locked_in(link, life, setting, answers)
    except BaseException as problem:
        _give_up(life, problem)
    os.close(link)
    ended = _until_over(child, life, proc, limits.MEMORY if setting.confined else sys.maxsize)
    for kill, which in ((os.killpg, child), (os.kill, child)):
        with contextlib.suppress(OSError):
            kill(which, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if ended:
        os.write(life, json.dumps(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def _until_over(child: int, life: int, proc: int, memory: int) -> bool:
    """Wait until a child has ended or takes too much memory (True), or the judge hangs up.

    proc: a file descriptor of /proc that shows the child. memory: how many bytes are too much.
    """
    done = os.pidfd_open(child)
    with socket.socket(fileno=os.dup(life)) as one:  # as large as any of theirs (``calls``)
        most = 2 * one.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)  # with what the kernel adds
    poll = select.poll()
    poll.register(done, select.POLLIN)
    poll.register(life, select.POLLIN | select.POLLHUP)
    while True:
        events = dict(poll.poll(1000 * limits.WATCH_SECONDS))
        if done in events or limits.memory_below(proc, child, most) > memory:
            return True
        if events.get(life, 0) & select.POLLHUP:
            return False
        if life in events:
            os.read(life, 1)
            os.write(life, f"={computing.cpu_below(proc, child):.9f}\n".encode())


# ── the warm process ────────────────────────────────────────────────────────


def warm(control: socket.socket, setting: Setting, answers: Answers) -> None:
    """Fork for every pair of sockets that comes in, until the judge hangs up."""
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    gc.collect()
    gc.freeze()
    control.sendall(b"R")
    while True:
        fds = socket.recv_fds(control, 1, 2)[1]
        if len(fds) != 2:
            return
        link, life = fds
        if os.fork() == 0:
            control.close()
            supervise(link, life, setting, answers)
        for fd in fds:
            os.close(fd)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def main(control: int, flavour: str, confined: bool) -> None:
    """Import everything, then wait for submissions."""
    setting = Setting(flavour == "torch", confined)
    notebook = Notebook()
    if confined:
        limits.become_nobody()
    absent = refusing.OTHER_PACKAGES
    if setting.with_torch:
        absent = tuple(name for name in absent if name != "torch")
        _warm_up_torch()

    def others(name: str) -> ModuleType | None:
        return packages.stand_in(name, setting.with_torch)

    sys.meta_path.insert(0, Stubs(absent, lambda name: Inert(name, notebook), others))
    _warm_up_the_rest()
    if flavour == "numpy":
        poison_numpy()
    answers = Answers(notebook, setting.with_torch)
    warm(socket.socket(fileno=control), setting, answers)


def _warm_up_torch() -> None:
    import torch

    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    torch.nn.functional.conv1d(torch.zeros(1, 1, 3), torch.zeros(1, 1, 2))
    torch.optim.SGD([torch.zeros(1)], lr=1.0)  # the first one imports for seconds
    packages.without_a_card()


def _warm_up_the_rest() -> None:
    import IPython.core.inputtransformer2
    import IPython.display
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot
    import numpy.lib.stride_tricks
    import numpy.random  # NumPy itself does so at the first use, in each fork anew
    import numpy.testing  # noqa: F401

    IPython.core.inputtransformer2.TransformerManager().transform_cell("%time 1\n")
