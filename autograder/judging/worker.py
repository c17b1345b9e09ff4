"""What a worker does with one submission: restore it, judge it, send the notebook back; and later
look for what would make its wrong answers right.

A worker, in this process, in one of its own or on another machine, gets a job and gives a value.
It knows no gradebook: nbgrader and its database are not even imported where submissions are
judged, so that nothing which got as far as here would find the grades open.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import multiprocessing
import os
import threading
import time

import nbformat
from nbformat import NotebookNode

from ..cells import is_test
from ..intake.apart import Broken, taken_in
from ..sandbox.inside.limits import TURNS
from ..sandbox.sandbox import SandboxError
from ..sandbox.warm import kept
from .judge import judge_twice
from .record import failed
from .search import SECONDS, search, searchable
from .submission import Fault, Unfinished
from .testimony import REPORTS, judged_otherwise

UNFINISHED = "unfinished"
"""The status of a submission that needs more time than it has at this turn."""

UNSEARCHED = "unsearched"
"""In a graded notebook's metadata: its wrong answers are still to be looked into."""


@dataclasses.dataclass(frozen=True)
class Job:
    """One submission, as a worker gets it. data: the file, or None if there is none.

    reason: why there is none. fingerprint: by which an unchanged submission is known next time.
    tests: by which unchanged tests are (``decides``). seconds: what it has at this turn.
    """

    student: str
    lesson: str
    source: str
    data: bytes | None
    reason: str
    seed: int
    fingerprint: str
    unsafe_local: bool
    tests: str = ""
    left: tuple[str, ...] = ()
    seconds: float = TURNS[-1]


@dataclasses.dataclass(frozen=True)
class Judged:
    """What a worker sends back.

    status: "graded", "no notebook" (each test failed, for the reason in ``notes``), "fault"
        (ours; why, in ``notes``) or UNFINISHED. notebook: the judged notebook as JSON; "" after
        the last two.
    otherwise: the exercises judged otherwise than the notebook's own last ``check`` says.
    """

    status: str
    seconds: float
    notes: tuple[str, ...] = ()
    notebook: str = ""
    otherwise: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Look:
    """One graded submission in which wrong answers are looked into. notebook: as JSON."""

    student: str
    lesson: str
    notebook: str
    unsafe_local: bool


Looked = dict[str, list[NotebookNode]]
"""The outputs of test cells, by grade id, that say more than before."""


_busy = threading.Lock()
"""One submission at a time: a worker of Dask may have several threads."""


def work(job: Job) -> Judged:
    """Restore and judge one submission; what comes back is the notebook, or the fault."""
    with _busy:
        started = time.monotonic()
        try:
            status, notebook, otherwise = _judged(job)
        except Unfinished:
            return Judged(UNFINISHED, time.monotonic() - started)
        except (Fault, SandboxError, Broken) as problem:
            return Judged("fault", time.monotonic() - started, (str(problem),))
        except Exception as problem:  # a mistake of ours in judging one must not stop the others
            fault = f"{type(problem).__name__}: {problem}"
            return Judged("fault", time.monotonic() - started, (fault,))
        seconds = time.monotonic() - started
        notebook.metadata["cnnlab"] |= {"mark": job.fingerprint, "seconds": seconds}
        notebook.metadata["cnnlab"] |= {"tests": job.tests} if job.tests else {}
        notebook.metadata["cnnlab"] |= {UNSEARCHED: True} if searchable(notebook) else {}
        if job.data is not None:
            notebook.metadata["cnnlab"]["sha256"] = hashlib.sha256(job.data).hexdigest()
        notes = tuple(notebook.metadata["cnnlab"]["repairs"])
        # Not validated: all but the texts is ours.
        text = json.dumps(notebook)
        return Judged(status, time.monotonic() - started, notes, text, otherwise)


def look(job: Look) -> Looked:
    """Look into the wrong answers of a submission. Whatever goes wrong, nothing is lost by it."""
    with _busy:
        try:
            notebook = nbformat.v4.reads(job.notebook)
            return search(notebook, kept(job.unsafe_local), SECONDS)
        except Exception:  # a report that says less is still a report
            return {}


def _judged(job: Job) -> tuple[str, NotebookNode, tuple[str, ...]]:
    """The status, the judged notebook, and what was judged otherwise than the student saw."""
    notebook, reason, claimed = taken_in(job.data, job.reason, job.source, REPORTS)
    if not reason:
        notebook.metadata["cnnlab"]["repairs"] += job.left
        notebook = judge_twice(notebook, kept(job.unsafe_local), job.seed, job.seconds)
        return "graded", notebook, judged_otherwise(notebook, claimed)
    notebook.metadata["cnnlab"]["repairs"] = [f"No points, because {reason}."]
    for cell in notebook.cells:
        if is_test(cell):
            cell.outputs = failed("NoNotebook", reason).outputs()
    return "no notebook", notebook, ()


def end_with_the_grader() -> None:
    """Let a worker process end, and its sandboxes with it, when the grader is killed.

    By itself it would wait for work for ever.
    """
    grader = multiprocessing.parent_process()

    def end() -> None:
        if grader is not None:  # None in the grader itself
            grader.join()
        os._exit(1)

    threading.Thread(target=end, daemon=True).start()
