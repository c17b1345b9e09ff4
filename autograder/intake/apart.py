"""Reading and restoring, in a process of its own: whose notebook takes too long harms nobody else.

What a file may hold is capped, and what is done with it takes time in proportion; this is for what
nobody has thought of. A text that never comes to its end, or ends Python itself, takes along this
process alone. It is kept for the next submission, and ends with the worker that has started it.

``python -m autograder.intake.apart`` is that process: it answers each line on its input, JSON
followed by the bytes of a file, with a line of JSON.
"""

from __future__ import annotations

import atexit
import functools
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import nbformat
from nbformat import NotebookNode

from .claimed import claimed
from .reading import Unreadable, from_data, load
from .restore import restore

SECONDS = 20
"""Of computing, as the kernel counts it, for one submission: a busy machine costs nobody points.
Honest notebooks take tenths of one, and the largest that is read takes a few."""

TRIES = 2


class Broken(RuntimeError):
    """Our own process failed: no fault of the student's."""


TakenIn = tuple[NotebookNode, str, dict[str, str]]
"""A submission in the source's notebook; why it cannot be judged, or ""; and what it claims."""


Reports = tuple[str, Sequence[str]]
"""By what reports are known in outputs: the type of their data, and the words for a status."""


def taken_in(data: bytes | None, reason: str, source: str, reports: Reports) -> TakenIn:
    """A submission, taken in by a process of its own. Raises Broken.

    data: the file, or None, and the reason why there is none. source: the lesson's, as text.
    """
    about = {"source": source, "reason": reason, "size": -1 if data is None else len(data)}
    about |= {"seconds": SECONDS, "reports": reports}
    line = json.dumps(about).encode() + b"\n" + (data or b"")
    for _ in range(TRIES):
        process = _reader()
        try:
            process.stdin.write(line)
            process.stdin.flush()
            answer = process.stdout.readline()
        except BrokenPipeError:
            answer = b""
        if answer:
            said = json.loads(answer, object_hook=NotebookNode)
            if isinstance(said, str):
                raise Broken(said)
            return said
        _readers.clear()
        if process.wait() == -signal.SIGPROF:
            why = f"the file holds so much that it is not read in {SECONDS} seconds of computing"
            return taken_in(None, why, source, reports)
    raise Broken("the process that reads notebooks ends by itself")


# ── the process ─────────────────────────────────────────────────────────────

_readers: dict[int, subprocess.Popen] = {}
"""This process's own, by the process: what a fork has inherited is another's."""


def _reader() -> Any:
    process = _readers.get(os.getpid())
    if process is None or process.poll() is not None:
        command = [sys.executable, "-m", "autograder.intake.apart"]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        _readers[os.getpid()] = process
    return process


@atexit.register
def close() -> None:
    """End this process's own; who asks again gets a new one."""
    process = _readers.pop(os.getpid(), None)
    if process is not None:
        process.communicate()


def main() -> None:
    """Answer until there is nothing more to answer."""
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    while line := sys.stdin.buffer.readline():
        about = json.loads(line)
        size = about["size"]
        data = sys.stdin.buffer.read(size) if size >= 0 else None
        signal.setitimer(signal.ITIMER_PROF, about["seconds"])
        try:
            answer = take_in(data, about["reason"], about["source"], about["reports"])
        except Exception as problem:  # a mistake of ours in one must not stop the others
            answer = f"{type(problem).__name__}: {problem}"
        signal.setitimer(signal.ITIMER_PROF, 0)
        print(json.dumps(answer), flush=True)


def take_in(data: bytes | None, reason: str, source: str, reports: Reports) -> TakenIn:
    """The same, in this process."""
    submitted, remarks, said = None, [], {}
    try:
        if data is not None:
            raw, remarks = load(data)
            submitted, said = from_data(raw), claimed(raw, *reports)
    except Unreadable as problem:
        reason = str(problem)
    notebook, _ = restore(submitted, _source(source))
    notebook.metadata["cnnlab"]["repairs"] += remarks
    return notebook, reason if submitted is None else "", said


@functools.lru_cache(maxsize=8)
def _source(text: str) -> NotebookNode:
    """A lesson's source. It is the same for all who hand in the lesson, and nobody changes it."""
    return nbformat.reads(text, as_version=4)


if __name__ == "__main__":
    main()
