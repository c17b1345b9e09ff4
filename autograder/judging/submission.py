"""A submission as the judge sees it: cells in the sandbox, and what comes of calling its answers.

Whatever comes back is data that student code may have written, so nothing in it is taken on
trust: it is cut to size here, and becomes an ``Outcome`` or the end of that process.
"""

from __future__ import annotations

import builtins
import dataclasses
import math
import time
import zlib
from collections import Counter
from typing import Any

from cnnlab.engine.case import together
from cnnlab.engine.exercise import EXERCISES, Case, Outcome
from cnnlab.engine.repair import Asked

from ..intake.statements import defined, definitions, reads
from ..sandbox.inside.limits import AGAIN_SECONDS, CALL_SECONDS, TORCH_FACTOR, WALL_SECONDS
from ..sandbox.session import Ended, Session
from ..sandbox.warm import Sandboxes
from .constants import constants, is_plain
from .order import Cell, Time, beginning
from .replies import changed_by, outcome_from, texts
from .requests import as_data, call_of
from .shortcuts import shortcut

DEATHS = 4
"""How often one answer may take its process along before its other cases count as lost, too."""

CELL_DEATHS = 8
"""How many answers' cells may do so before nothing more is run; and how many of a student's own,
before these are left out."""

LESS_PATIENCE = 2
"""How many calls of one answer may run out of time when it is judged once more."""

LOANS = 200
"""How many values that cells made with torch are handed to answers without it."""


class Fault(RuntimeError):
    """Grading failed for reasons that are not the student's: no points, grade again."""


class Unfinished(RuntimeError):
    """A submission needs more time than it has at this turn."""


class Submission:
    """A student's cells in the sandbox, and what comes of calling their answers.

    cells: those that are run, in this order. exercises: the names that are answers. turn: the time
    that it has with all that is tried besides; when that is over, Unfinished is raised. before: the
    same notebook's, judged in another order: what is left of its time is this one's. seconds: what
    there is in all, if that is less than what a submission may use.
    A process that dies or hangs is the student's affair: that case fails, and a new process runs
    the cells again for the cases that are left.
    """

    def __init__(
        self,
        cells: list[Cell],
        exercises: list[str],
        sandboxes: Sandboxes,
        turn: Time | None = None,
        before: Submission | None = None,
        seconds: float | None = None,
    ):
        self.sandboxes = sandboxes
        self.cells, self.exercises = cells, exercises
        self.notes: list[str] = []
        self.wrong: set[str] = set()  # the exercises whose answers are known not to be right
        self.knows_hidden = False  # from then on no word of its processes is shown
        self._seconds, self._turn = seconds, turn or Time(math.inf)
        self._until = len(cells)  # how many of them have been run when an answer is asked for
        self._sessions: dict[str, Session] = {}
        self._ran: dict[str, int] = {}  # the number of cells that each session has run
        self._deaths: dict[str, list[Outcome]] = {}
        self._time: dict[str, Time] = {}
        self._lent: tuple[Session, int] | None = None  # at how many cells a session was lent values
        self._last_end = ""
        self._shortcuts: dict[str, str] = {}
        self._fates: dict[str, Outcome] = {}  # cells that ended their process: not run again
        self._slow: Counter[str] = Counter(before._slow.keys() if before else ())
        self._patience = LESS_PATIENCE if before else None
        self._left_before = {f: t.left() for f, t in before._time.items()} if before else {}

    def close(self) -> None:
        """Kill what is left of it."""
        for session in self._sessions.values():
            session.close()
        self._sessions.clear()

    def stop_at(self, place: int) -> None:
        """From now on ask for answers as they stand when this number of cells has been run."""
        self._until = place
        self._deaths.clear()
        for flavour in [f for f, ran in self._ran.items() if ran > place]:
            if session := self._sessions.pop(flavour, None):
                session.close()

    def outcome(self, name: str, case: Case, value: bool = False) -> Outcome:
        """What comes of calling an answer on a case; value: of looking at a value."""
        if case.counted:
            return together(self._outcome(name, call, counted=True) for call in case.calls)
        return self._outcome(name, case, value)

    def _outcome(
        self, name: str, case: Case, value: bool = False, counted: bool = False
    ) -> Outcome:
        """What comes of one call. counted: with the CPU seconds that it took."""
        deaths = self._deaths.setdefault(name, [])
        if len(deaths) >= DEATHS:
            return deaths[-1]
        exercise, flavour = EXERCISES.get(name), flavour_of(name)
        if why := self._shortcut(name):
            return Outcome("forbidden", message=why)
        out_of_patience = self._patience is not None and self._slow[name] > self._patience
        if self._books(flavour).left() <= 0 or out_of_patience:
            return Outcome("timeout")
        seconds = AGAIN_SECONDS if name in self._slow else CALL_SECONDS * _factor(flavour)
        request = {"do": "value" if value else "call", "name": name, "seconds": seconds}
        # What is drawn depends on the case alone, as at home.
        seed = zlib.crc32(case.name.encode())
        if not value:
            request |= call_of(exercise, case) | {"seed": seed}
        try:
            session = self._session(flavour)
            if session is None:
                return self._fates.get(name) or Outcome("died", message=self._last_end)
            if flavour == "numpy" and self._lent != (session, self._until):
                self._lend(session)
            reply = self._ask(flavour, session, request, seconds, counted=counted)
        except TimeoutError:
            self._slow[name] += 1
            deaths.append(Outcome("timeout"))
            return deaths[-1]
        except Ended as end:
            deaths.append(Outcome("died", message=str(end)))
            return deaths[-1]
        got = outcome_from(reply)
        if got.status == "timeout":
            self._slow[name] += 1
        if got.status == "not filled in" and name in self._fates:
            return self._fates[name]
        if got.status == "returned" and not value:
            names = exercise.names(case) if exercise else []
            got = dataclasses.replace(got, changed=changed_by(reply, case, names, seed))
        return got

    def search(
        self, name: str, asked: list[Asked], more: list[Asked], seconds: float
    ) -> dict[str, Any]:
        """What a search in an answer's source says: a claim; {} if it did not come to its end."""
        flavour, refused = flavour_of(name), EXERCISES[name].refused
        request = {"do": "search", "name": name, "seconds": seconds, "refused": refused}
        request |= {"asked": [*map(as_data, asked)], "more": [*map(as_data, more)]}
        try:
            session = self._session(flavour)
            return self._ask(flavour, session, request, seconds) if session else {}
        except (TimeoutError, Ended):
            return {}

    def wrong_ones_called(self, name: str) -> tuple[str, ...]:
        """The other answers that an answer's cell names, and that are known not to be right."""
        sources = [cell.source for cell in self.cells if cell.label == name]
        named = {n for source in sources for n in reads(source) - defined(source).keys()}
        return tuple(sorted(named & self.wrong - {name}))

    def _shortcut(self, name: str) -> str:
        """Why an answer's text alone is reason to refuse it, or ""."""
        if name not in self._shortcuts:
            refused = EXERCISES[name].refused if name in EXERCISES else ()
            sources = (cell.source for cell in self.cells)
            self._shortcuts[name] = shortcut(name, sources, refused)
        return self._shortcuts[name]

    def _lend(self, session: Session) -> None:
        """Hand over what cells have made with torch, which is not there where NumPy answers are.

        ``W = torch.tensor([…]).numpy()`` above an answer is right at home, and so here. Data only,
        and from the cells alone: nothing that an answer is called with comes to where torch is.
        """
        self._lent = (session, self._until)
        names = self._ask("numpy", session, {"do": "lacking"}, CALL_SECONDS).get("names")
        lacking = texts(names, LOANS)
        torch = self._session("torch") if lacking else None
        if torch is None:
            return
        for name in lacking:
            try:
                reply = self._ask("torch", torch, {"do": "value", "name": name}, CALL_SECONDS)
            except (TimeoutError, Ended):
                return
            value = outcome_from(reply).value
            if value is not None and is_plain(value):
                self._ask("numpy", session, {"do": "take", "values": {name: value}}, CALL_SECONDS)

    def _books(self, flavour: str) -> Time:
        """The seconds that are there for all calls and cells, and those that are gone."""
        if flavour not in self._time:
            whole = self._seconds or WALL_SECONDS * _factor(flavour)
            self._time[flavour] = Time(min(whole, self._left_before.get(flavour, whole)))
        return self._time[flavour]

    def _ask(
        self,
        flavour: str,
        session: Session,
        request: dict,
        seconds: float,
        own: bool = False,
        counted: bool = False,
    ) -> dict:
        """Ask, and keep the books: a session that ends is gone, time is counted."""
        books, turn = self._books(flavour), self._turn
        if turn.left() <= 0:
            raise Unfinished
        started = time.monotonic()
        # By the clock, so generous: the runner itself stops what computes too long.
        most = max(min(3 * seconds + 5, books.left()), 0.01)
        try:
            return session.ask(request, min(most, turn.left()), counted)
        except (TimeoutError, Ended) as problem:
            del self._sessions[flavour]
            self._last_end = str(problem) or "it did not come to an end and was stopped"
            if not self.sandboxes[flavour].alive():
                raise Fault(f"the sandbox itself ended ({problem})") from problem
            if isinstance(problem, TimeoutError) and most > turn.left():
                raise Unfinished from problem
            raise
        finally:
            for each in (books, turn):
                each.book(time.monotonic() - started, own)

    def _session(self, flavour: str) -> Session | None:
        """A session in which the cells have been run, or None if they do not let it live."""
        own = {cell.label for cell in self.cells if cell.own}
        while flavour not in self._sessions or self._ran[flavour] < self._until:
            if len(self._fates.keys() - own) >= CELL_DEATHS:
                return None
            label, doing, cell = "", "it was started", None
            try:
                if flavour not in self._sessions:
                    self._sessions[flavour], self._ran[flavour] = self.sandboxes[flavour].open(), 0
                    start = {"do": "start", "exercises": self.exercises}
                    start["constants"] = constants()
                    self._ask(flavour, self._sessions[flavour], start, CALL_SECONDS)
                cell = self.cells[self._ran[flavour]] if self._until else None
                if cell is not None:
                    label, doing = cell.label, "its cell was run"
                    self._run(flavour, cell, len(self._fates.keys() & own))
                    self._ran[flavour] += 1
            except TimeoutError:
                self._fates[label] = Outcome("timeout")
            except Ended as end:
                self._fates[label] = Outcome("died", message=f"{end}, while {doing}")
            if cell and cell.own and len(self._fates.keys() & own) == CELL_DEATHS:
                self._note(cell, "is one too many that ends Python or hangs")
        return self._sessions[flavour]

    def _run(self, flavour: str, cell: Cell, own_deaths: int) -> None:
        """Run a cell. One that is the student's own gets what is left for such cells."""
        if cell.label in self._fates:
            return
        seconds, source = CALL_SECONDS * _factor(flavour), cell.source
        if cell.own:
            share = self._books(flavour).share(seconds)
            if own_deaths >= CELL_DEATHS or share <= 0:
                share, source = AGAIN_SECONDS / 2, definitions(source)
            if not source or own_deaths >= 2 * CELL_DEATHS:
                return
            seconds = share
        request = {"do": "cell", "label": cell.label, "source": source, "seconds": seconds}
        request["own"] = cell.own
        reply = self._ask(flavour, self._sessions[flavour], request, seconds, cell.own)
        if cell.own and self._books(flavour).short():
            self._note(cell, "used up the time that there is for cells of one's own")
        if reply.get("greedy") is True:
            what = "asked for more memory than there is for cells of one's own"
            self._note(cell, what, "what data it would have made is not there")

    def _note(
        self,
        cell: Cell,
        what: str,
        so: str = "such cells after it may be left out, but for what they define",
    ) -> None:
        """Say once which cell was the one too many."""
        if not (self.notes or self.knows_hidden):
            first = beginning(cell.source)
            self.notes.append(
                f"The cell that begins with {first} {what}: {so}. Answers keep their share."
            )


def flavour_of(name: str) -> str:
    """The sandbox that an answer is asked in."""
    exercise = EXERCISES.get(name)
    return "numpy" if exercise is not None and exercise.numpy_only else "torch"


def _factor(flavour: str) -> int:
    return TORCH_FACTOR if flavour == "torch" else 1


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

    def wrong_ones_called(self) -> tuple[str, ...]:
        """The other answers that it calls and that are known not to be right."""
        return self._submission.wrong_ones_called(self.__name__)

    def search(self, asked: list[Asked], more: list[Asked], seconds: float) -> dict[str, Any]:
        """What a search in its source says."""
        return self._submission.search(self.__name__, asked, more, seconds)

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
