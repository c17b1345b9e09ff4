"""A submission as the judge sees it: cells in the sandbox, and what comes of calling its answers.

Whatever comes back is data that student code may have written, so nothing in it is taken on
trust: it is cut to size here, and becomes an ``Outcome`` or the end of that process.
"""

from __future__ import annotations

import builtins
import inspect
import textwrap
import time
from collections.abc import Iterator, Set
from typing import Any

from cnnlab.engine.exercise import EXERCISES, Case, Outcome
from nbformat import NotebookNode

from ..cells import name_of, role_of
from ..sandbox.inside.limits import AGAIN_SECONDS, CALL_SECONDS, TORCH_FACTOR, WALL_SECONDS
from ..sandbox.session import Ended, Session
from ..sandbox.warm import Sandboxes
from .constants import constants

DEATHS = 4
"""How often one answer may take its process along before its other cases count as lost, too."""

CELL_DEATHS = 8
"""How many cells may do so before nothing more is run."""

STATUSES = ("returned", "raised", "timeout", "not filled in", "forbidden")
"""What the inside may say of a call. That a process has died it cannot say itself."""


class Fault(RuntimeError):
    """Grading failed for reasons that are not the student's: no points, grade again."""


class Submission:
    """A student's cells in the sandbox, and what comes of calling their answers.

    notebook: a restored one. leave_out: places of cells that are not run. A process that
    dies or hangs is the student's affair: that case fails, and a new process runs the cells
    again for the cases that are left.
    """

    def __init__(
        self, notebook: NotebookNode, sandboxes: Sandboxes, leave_out: Set[int] = frozenset()
    ):
        self.sandboxes = sandboxes
        self.cells = list(to_run(notebook, leave_out))
        self.exercises = [name_of(c) for c in notebook.cells if role_of(c) == "answer"]
        self._sessions: dict[str, Session] = {}
        self._deaths: dict[str, list[Outcome]] = {}
        self._spent: dict[str, float] = {}
        self._last_end = ""
        self._fates: dict[str, Outcome] = {}  # cells that ended their process: not run again
        self._slow: set[str] = set()

    def close(self) -> None:
        """Kill what is left of it."""
        for session in self._sessions.values():
            session.close()
        self._sessions.clear()

    def outcome(self, name: str, case: Case, value: bool = False) -> Outcome:
        """What comes of calling an answer on a case; value: of looking at a value."""
        deaths = self._deaths.setdefault(name, [])
        if len(deaths) >= DEATHS:
            return deaths[-1]
        exercise = EXERCISES.get(name)
        flavour = "numpy" if exercise is not None and exercise.numpy_only else "torch"
        if self._left(flavour) <= 0:
            return Outcome("timeout")
        seconds = AGAIN_SECONDS if name in self._slow else CALL_SECONDS * _factor(flavour)
        request = {"do": "value" if value else "call", "name": name, "seconds": seconds}
        if not value:
            parameters = list(exercise.signature.parameters) if exercise else []
            probe = textwrap.dedent(inspect.getsource(case.probe)) if case.probe else None
            request |= {"args": tuple(case.args), "kwargs": dict(case.kwargs)}
            refused = exercise.refused if exercise else ()
            request |= {"parameters": parameters, "probe": probe, "refused": refused}
        try:
            session = self._session(flavour)
            if session is None:
                return self._fates.get(name) or Outcome("died", message=self._last_end)
            reply = self._ask(flavour, session, request, seconds)
        except TimeoutError:
            self._slow.add(name)
            deaths.append(Outcome("timeout"))
            return deaths[-1]
        except Ended as end:
            deaths.append(Outcome("died", message=str(end)))
            return deaths[-1]
        got = outcome_from(reply)
        if got.status == "timeout":
            self._slow.add(name)
        if got.status == "not filled in" and name in self._fates:
            return self._fates[name]
        return got

    def _left(self, flavour: str) -> float:
        """The seconds that are left for all calls and cells."""
        return WALL_SECONDS * _factor(flavour) - self._spent.get(flavour, 0.0)

    def _ask(self, flavour: str, session: Session, request: dict, seconds: float) -> dict:
        """Ask, and keep the books: a session that ends is gone, time is counted."""
        started = time.monotonic()
        left = self._left(flavour)
        try:
            # By the clock, so generous: the runner itself stops what computes too long.
            return session.ask(request, max(min(3 * seconds + 5, left), 0.01))
        except (TimeoutError, Ended) as problem:
            del self._sessions[flavour]
            self._last_end = str(problem) or "it did not come to an end and was stopped"
            if not self.sandboxes[flavour].alive():
                raise Fault(f"the sandbox itself ended ({problem})") from problem
            raise
        finally:
            self._spent[flavour] = self._spent.get(flavour, 0.0) + time.monotonic() - started

    def _session(self, flavour: str) -> Session | None:
        """A session in which the cells have been run, or None if they do not let it live."""
        while flavour not in self._sessions:
            if len(self._fates) >= CELL_DEATHS:
                return None
            session = self._sessions[flavour] = self.sandboxes[flavour].open()
            label = ""
            try:
                start = {"do": "start", "exercises": self.exercises, "constants": constants()}
                self._ask(flavour, session, start, CALL_SECONDS)
                for label, source in self.cells:
                    if label not in self._fates:
                        seconds = CALL_SECONDS * _factor(flavour)
                        request = {"do": "cell", "label": label, "source": source}
                        self._ask(flavour, session, {**request, "seconds": seconds}, seconds)
            except TimeoutError:
                self._fates[label] = Outcome("timeout")
            except Ended as end:
                message = f"{end}, while its cell was run"
                self._fates[label] = Outcome("died", message=message)
        return self._sessions[flavour]


def _factor(flavour: str) -> int:
    return TORCH_FACTOR if flavour == "torch" else 1


def to_run(notebook: NotebookNode, leave_out: Set[int] = frozenset()) -> Iterator[tuple[str, str]]:
    """(label, source) of the cells that answers need: setup, answers, the student's own.

    Our demonstrations, as they were handed out, define nothing that an answer may use, and are
    most of what stock nbgrader spends its time on: the later lessons train nets in them. Who
    changes one has made it a cell of their own, and it is run.
    """
    for place, cell in enumerate(notebook.cells):
        if cell.cell_type != "code" or place in leave_out:
            continue
        role = role_of(cell)
        if role == "answer":
            yield name_of(cell), cell.source
        elif role == "own" or (role == "ours" and "setup" in cell.metadata.get("tags", [])):
            yield f"cell {place + 1}", cell.source


def outcome_from(reply: dict[str, Any]) -> Outcome:
    """A reply from the sandbox as an outcome. Nothing in it is taken on trust."""
    status = reply.get("status")
    if status not in STATUSES:
        return Outcome("died", message="it sent something that is no answer")
    line = reply.get("line")
    return Outcome(
        status,
        value=reply.get("value"),
        errors=_texts(reply.get("errors"), 80) or (("Exception",) if status == "raised" else ()),
        message=_text(reply.get("message"), 1000),
        line=line if type(line) is int and 0 < line < 100_000 else None,
        code=_text(reply.get("code"), 200),
        changed=_texts(reply.get("changed"), 80),
    )


def _text(value: Any, limit: int) -> str:
    return value[:limit] if isinstance(value, str) else ""


def _texts(value: Any, limit: int) -> tuple[str, ...]:
    many = value[:20] if isinstance(value, (list, tuple)) else ()
    return tuple(t[:limit] for t in many if isinstance(t, str))


class Failed(Exception):
    """A call in a test cell failed as the student's answer does: the student's error, as text."""


class Sandboxed:
    """The student's answer in a test cell: a ``StandIn``, which asks the sandbox for outcomes."""

    def __init__(self, name: str, submission: Submission, value: bool = False):
        self.__name__ = name
        self._submission, self._value = submission, value

    def outcome(self, case: Case) -> Outcome:
        """What comes of the case in the sandbox."""
        return self._submission.outcome(self.__name__, case, self._value)

    def as_value(self) -> Sandboxed:
        """The same for an exercise whose answer is a value, not a function."""
        return Sandboxed(self.__name__, self._submission, value=True)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        got = self.outcome(Case(f"{self.__name__}(…)", args, kwargs))
        if got.status == "returned":
            return got.value
        known = [getattr(builtins, name, None) for name in got.errors]
        error = next((e for e in known if isinstance(e, type) and issubclass(e, Exception)), None)
        message = got.message or got.status
        raise type("Failed", (Failed, error), {})(message) if error else Failed(message)
