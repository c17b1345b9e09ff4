"""The judge: runs a lesson's test cells outside the sandbox and writes the verdicts.

In a test cell the names that students define are stand-ins. Calling one, or checking it,
sends arguments into the sandbox and brings data back; what is right is known here alone.
The verdicts go into the test cells as nbgrader expects them, so that its gradebook,
formgrader and feedback need not know that anything is different.
"""

from __future__ import annotations

import ast
import builtins
import functools
import inspect
import io
import re
import secrets
import textwrap
import time
import types
from collections.abc import Set
from contextlib import closing, redirect_stderr, redirect_stdout
from typing import Any

import cnnlab
import nbformat
import numpy as np
import torch
from cnnlab.engine.examine import examine
from cnnlab.engine.exercise import EXERCISES, Case, Outcome
from cnnlab.engine.shown import as_html, as_text, first_wrong
from cnnlab.engine.verdict import Known, Report
from nbgrader.utils import determine_grade

from ..cells import STUDENTS_KERNEL
from ..intake.restore import disturbing, is_test, name_of
from ..sandbox.inside.limits import AGAIN_SECONDS, CALL_SECONDS, TORCH_FACTOR, WALL_SECONDS
from ..sandbox.sandbox import Ended, Sandbox, SandboxError, Session

DEATHS = 4
"""How often one answer may take its process along before its other cases count as lost, too."""

CELL_DEATHS = 8
"""How many cells may do so before nothing more is run."""

REPORT = "application/vnd.cnnlab.report+json"

STATUSES = ("returned", "raised", "timeout", "not filled in", "forbidden")


class Fault(RuntimeError):
    """Grading failed for reasons that are not the student's: no points, grade again."""


class Sandboxes:
    """The warm processes of one worker, started when they are first needed."""

    def __init__(self, unsafe_local: bool = False):
        self.unsafe_local = unsafe_local
        self._warm: dict[str, Sandbox] = {}

    def __getitem__(self, flavour: str) -> Sandbox:
        if flavour not in self._warm:
            self._warm[flavour] = Sandbox(flavour, self.unsafe_local)
        return self._warm[flavour]

    def close(self) -> None:
        """End them all."""
        for sandbox in self._warm.values():
            sandbox.close()


# ── the submission, as the judge sees it ────────────────────────────────────


class Submission:
    """A student's cells in the sandbox, and what comes of calling their answers.

    notebook: a restored one. leave_out: places of cells that are not run. A process that
    dies or hangs is the student's affair: that case fails, and a new process runs the cells
    again for the cases that are left.
    """

    def __init__(self, notebook: Any, sandboxes: Sandboxes, leave_out: Set[int] = frozenset()):
        self.sandboxes = sandboxes
        self.cells = list(_to_run(notebook, leave_out))
        self.exercises = [name_of(c) for c in notebook.cells if _role(c) == "answer"]
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
        got = _outcome(reply)
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
                start = {"do": "start", "exercises": self.exercises}
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


def _role(cell: Any) -> str:
    return cell.metadata.get("cnnlab", {}).get("role", "")


def _to_run(notebook: Any, leave_out: Set[int] = frozenset()) -> Any:
    """(label, source) of the cells that answers need: setup, answers, the student's own.

    Our demonstrations, as they were handed out, define nothing that an answer may use, and are
    most of what stock nbgrader spends its time on: the later lessons train nets in them. Who
    changes one has made it a cell of their own, and it is run.
    """
    for place, cell in enumerate(notebook.cells):
        if cell.cell_type != "code" or place in leave_out:
            continue
        role = _role(cell)
        if role == "answer":
            yield name_of(cell), cell.source
        elif role == "own" or (role == "ours" and "setup" in cell.metadata.get("tags", [])):
            yield f"cell {place + 1}", cell.source


def _outcome(reply: dict[str, Any]) -> Outcome:
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


class StandIn:
    """The student's function in a test cell; ``outcome`` is what ``cnnlab`` asks of it."""

    def __init__(self, name: str, submission: Submission, value: bool = False):
        self.__name__ = name
        self._submission, self._value = submission, value

    def outcome(self, case: Case) -> Outcome:
        """What comes of the case in the sandbox."""
        return self._submission.outcome(self.__name__, case, self._value)

    def as_value(self) -> StandIn:
        """The same for an exercise whose answer is a value, not a function."""
        return StandIn(self.__name__, self._submission, value=True)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        got = self.outcome(Case(f"{self.__name__}(…)", args, kwargs))
        if got.status == "returned":
            return got.value
        known = [getattr(builtins, name, None) for name in got.errors]
        error = next((e for e in known if isinstance(e, type) and issubclass(e, Exception)), None)
        message = got.message or got.status
        raise type("Failed", (Failed, error), {})(message) if error else Failed(message)


# ── the test cells ──────────────────────────────────────────────────────────


def judge(notebook: Any, sandboxes: Sandboxes, seed: int | None = None) -> Any:
    """Run the test cells of a restored notebook and write the verdicts into them.

    seed: of the hidden cases; drawn if None, and noted in the notebook's metadata so
    that a verdict can be looked into. Returns the same notebook. Raises Fault, and then
    every test cell holds an error: nothing counts as passed that was not.
    """
    torch.set_num_threads(1)  # cases are small: several threads only wait for each other
    seed = secrets.randbits(32) if seed is None else seed
    notebook.metadata.setdefault("cnnlab", {})["seed"] = seed
    notebook.metadata["kernelspec"] = dict(STUDENTS_KERNEL)  # who opens it can run it
    if sandboxes.unsafe_local:
        notebook.metadata["cnnlab"]["unsafe_local"] = True
    tests = [c for c in notebook.cells if is_test(c)]
    for cell in tests:
        cell.outputs = [_error("NotJudged", "this test has not been run to its end")]
    try:
        with closing(Submission(notebook, sandboxes)) as submission:
            for cell in tests:
                cell.outputs = _run_test(cell, submission, seed)
        _look_again(notebook, tests, sandboxes, seed)
    except SandboxError as problem:
        raise Fault(str(problem)) from problem
    return notebook


def _look_again(notebook: Any, tests: list[Any], sandboxes: Sandboxes, seed: int) -> None:
    """Judge answers that are not right once more without the cells that may have spoiled them.

    All cells have been run before the first test, for students write helpers below an answer, too.
    """
    spoiling = disturbing(notebook)
    failed = [c for c in tests if determine_grade(c)[0] < c.metadata["nbgrader"]["points"]]
    if not spoiling or not failed:
        return
    with closing(Submission(notebook, sandboxes, spoiling)) as submission:
        for cell in failed:
            before, points = cell.outputs, determine_grade(cell)[0]
            cell.outputs = _run_test(cell, submission, seed)
            if determine_grade(cell)[0] <= points:
                cell.outputs = before
                continue
            notebook.metadata["cnnlab"].setdefault("repairs", []).append(
                f"{name_of(cell).removeprefix('test_')} was judged without cells further down that "
                "give other meanings to names that it uses."
            )


def _run_test(cell: Any, submission: Submission, seed: int) -> list[Any]:
    """The outputs of one test cell."""
    outputs: list[Any] = []
    names = _names(submission, outputs, seed, cell)
    hidden = _hidden_lines(cell.source)
    statement: ast.stmt | None = None
    value = None
    try:
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            for statement in ast.parse(cell.source).body:
                value = None
                if isinstance(statement, ast.Expr):
                    code = compile(ast.Expression(statement.value), "<test>", "eval")
                    value = eval(code, names)
                else:
                    exec(compile(ast.Module([statement], []), "<test>", "exec"), names)
    except (AssertionError, Failed) as problem:
        if statement.lineno in hidden:
            return [*outputs, _error("Failed", "a hidden test is not passed")]
        text = ast.get_source_segment(cell.source, statement) or ""
        return [*outputs, _error(type(problem).__name__, str(problem)[:1000], text)]
    except (Fault, SandboxError):
        raise
    except Exception as problem:
        raise Fault(
            f"the test cell {name_of(cell)} failed by itself, {type(problem).__name__}: {problem}"
        ) from problem
    if value is not None:
        points = float(cell.metadata["nbgrader"]["points"])
        if not isinstance(value, int | float) or not 0 <= value <= points:
            raise Fault(f"the test cell {name_of(cell)} gave {value!r}, not 0 to {points} points")
        data = {"text/plain": repr(float(value))}
        outputs.append(_output("execute_result", data=data, metadata={}, execution_count=None))
    return outputs


def _names(submission: Submission, outputs: list[Any], seed: int, cell: Any) -> dict[str, Any]:
    """What a test cell finds: stand-ins, our own check, and cnnlab for all else."""

    def check(
        answer: Any = None, *, hidden: bool = False, points: float | None = None, **value: Any
    ) -> float:
        if value:
            ((name, answer),) = value.items()
            answer = answer.as_value() if isinstance(answer, StandIn) else answer
        else:
            name = answer.__name__
        drawn = seed if hidden else 0
        known = _known(name, drawn)
        # The cell and its metadata are the source's. No student has a say in what counts.
        own = name_of(cell) == f"test_{name}"
        worth = cell.metadata["nbgrader"]["points"] if own else points
        report = examine(EXERCISES[name], answer, drawn, hidden=hidden, known=known, worth=worth)
        _be_sure(report, known)
        outputs.append(_shown(report))
        return report.points

    lab = types.ModuleType("cnnlab")
    lab.__dict__.update({k: v for k, v in vars(cnnlab).items() if k != "check"})
    lab.__getattr__ = lambda name: getattr(cnnlab, name)
    lab.check = check
    stand_ins = {name: StandIn(name, submission) for name in submission.exercises}
    names = {name: getattr(cnnlab, name) for name in cnnlab.__all__}

    def find(name: str, *rest: Any) -> Any:
        return lab if name == "cnnlab" else __import__(name, *rest)

    own = {**vars(builtins), "__import__": find}
    return {"np": np, **names, "check": check, "cnnlab": lab, **stand_ins} | {"__builtins__": own}


@functools.lru_cache(maxsize=64)
def _known(name: str, seed: int) -> Known:
    """Right and known wrong values, computed once for all submissions that are asked the same."""
    return Known(EXERCISES[name], seed)


def _be_sure(report: Report, known: Known) -> None:
    """Raise Fault if our own right answer to a case could not be computed: nobody loses points."""
    for i, result in enumerate(report.results):
        asked = not (result.case.judge or result.case.raises)
        if asked and (right := known.right[i]).status != "returned":
            _known.cache_clear()  # for the second try
            raise Fault(
                f"the right answer to {report.exercise.name}, {result.case.name}, could not be "
                f"computed: {right.status} {' '.join(right.errors[:1])} {right.message}"
            )


def _shown(report: Report) -> Any:
    """A report as a cell's output: text, HTML, and data for tables. Inputs only if visible."""
    data = {**report.as_data(), "hidden": report.hidden}
    wrong = first_wrong(report)
    if not report.hidden and wrong is not None and wrong.problem.kind in ("values", "shape"):
        target, yours = wrong.expected, wrong.outcome.value
        if _can_be_drawn(target) and _can_be_drawn(yours) and target.ndim == yours.ndim:
            alt = f"Target, yours and difference for the case {wrong.case.name}. "
            alt += wrong.problem.message
            data["drawing"] = {"target": target.tolist(), "yours": yours.tolist(), "alt": alt}
    shown = {"text/plain": as_text(report), "text/html": as_html(report, drawing=False)}
    return _output("display_data", data={**shown, REPORT: data}, metadata={})


def _can_be_drawn(value: Any) -> bool:
    """Whether the feedback can draw it. Drawing here would cost more than judging."""
    return (
        isinstance(value, np.ndarray)
        and value.ndim in (1, 2)
        and 0 < value.size <= 400
        and value.dtype.kind in "fiub"
        and bool(np.isfinite(value.astype(float)).all())
    )


def _error(name: str, message: str, code: str = "") -> Any:
    said = f"{name}: {message}"
    return _output("error", ename=name, evalue=message, traceback=[*code.splitlines(), said])


def _output(kind: str, **parts: Any) -> Any:
    """A cell's output. nbformat's own function checks each against its schema, at length."""
    return nbformat.from_dict({"output_type": kind, **parts})


def _hidden_lines(source: str) -> set[int]:
    """The line numbers between the marks of hidden tests."""
    lines: set[int] = set()
    inside = False
    for place, line in enumerate(source.splitlines(), 1):
        inside = inside or re.match(r"\s*### BEGIN HIDDEN TESTS", line) is not None
        if inside:
            lines.add(place)
        inside = inside and re.match(r"\s*### END HIDDEN TESTS", line) is None
    return lines


def reports(cell: Any) -> list[dict[str, Any]]:
    """The reports' data in a judged test cell, hidden ones too."""
    return [o.data[REPORT] for o in cell.get("outputs", []) if REPORT in o.get("data", {})]


def judge_twice(notebook: Any, sandboxes: Sandboxes, seed: int | None = None) -> Any:
    """Judge; if that fails for our own reasons, once more with a fresh sandbox."""
    try:
        return judge(notebook, sandboxes, seed)
    except Fault:
        sandboxes.close()
        return judge(notebook, sandboxes, seed)
