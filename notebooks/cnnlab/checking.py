"""Examine an answer: call it on every case, compare, and name the mistake.

The same examination serves the student's ``check`` and the grader. They differ
in where the answer runs: the student's is a plain function, the grader's a
stand-in whose ``outcome`` method asks the sandbox.
"""

from __future__ import annotations

import ctypes
import dataclasses
import functools
import random
import sys
import threading
import time
import traceback
import types
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import numpy as np

from .exercise import Case, Exercise, Mistake, Outcome
from .refusing import refusing

# ── calling an answer ───────────────────────────────────────────────────────


class TimeLimit(BaseException):
    """Raised inside an answer that runs too long.

    Not an Exception, so that an ``except Exception`` in the answer lets it through.
    """


class Forbidden(ImportError):
    """An answer used something ready-made that its exercise does not allow."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise TimeLimit in the current thread if the block is not done in time.

    Signals would be simpler, but Windows has no alarm, and a kernel may run
    cells outside its main thread.
    """
    thread = ctypes.c_ulong(threading.get_ident())
    raise_in = ctypes.pythonapi.PyThreadState_SetAsyncExc
    done = threading.Event()

    def watch() -> None:
        wait = seconds
        while not done.wait(wait):
            raise_in(thread, ctypes.py_object(TimeLimit))
            wait = 0.1  # again, should the answer have swallowed it

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        while True:  # nothing may arrive late, nor get lost in here
            try:
                done.set()
                watcher.join()
                raise_in(thread, None)
                break
            except TimeLimit:
                continue


READY_MADE = ("convolve", "correlate", "polymul")
"""NumPy's functions that are the answer already; ``np.fft`` is another way to them."""


OTHER_PACKAGES = {"torch", "scipy", "pandas", "skimage", "sklearn", "cv2", "jax", "tensorflow"}
"""Packages with filters of their own, out of bounds in NumPy exercises."""


def _refuse(
    what: str,
    instead: str = "NumPy is fine: slices, sums, products, np.pad, sliding_window_view, einsum.",
) -> Callable:
    def refused(*args: Any, **kwargs: Any) -> Any:
        raise Forbidden(
            f"{what} is not allowed in this exercise: it is the thing you are asked to write. "
            f"Plain {instead}"
        )

    return refused


def _refuse_torch(what: str) -> Callable:
    return _refuse(what, "tensor operations are fine: products, sums, means, matmul, where.")


@contextmanager
def ready_made_refused() -> Iterator[None]:
    """Inside the block, NumPy's ready-made convolutions and FFTs raise Forbidden."""
    ffts = [n for n in np.fft.__all__ if n.endswith(("fft", "fft2", "fftn"))]
    places = [(np, n, f"np.{n}") for n in READY_MADE] + [(np.fft, n, f"np.fft.{n}") for n in ffts]
    kept = [(module, name, getattr(module, name)) for module, name, _ in places]
    try:
        for module, name, shown in places:
            setattr(module, name, _refuse(shown))
        yield
    finally:
        for module, name, original in kept:
            setattr(module, name, original)


def foreign(answer: Callable) -> str:
    """What an answer uses besides NumPy and the standard library, or "".

    Looks through the answer and the student's own functions that it calls, by
    name. It is there to tell an honest student early; the grader does not rely
    on it, since nothing of the kind exists where it runs answers.
    """
    ready_made = {id(getattr(np, name)): f"np.{name}" for name in READY_MADE}
    seen, to_see = set(), [answer]
    while to_see:
        function = to_see.pop()
        if id(function) in seen or not isinstance(function, types.FunctionType):
            continue
        seen.add(id(function))
        codes = [function.__code__]
        while codes:
            code = codes.pop()
            codes += [c for c in code.co_consts if isinstance(c, types.CodeType)]
            for name in code.co_names:
                # A name is looked up in the globals, or imported right there.
                value = function.__globals__.get(name, sys.modules.get(name))
                is_module = isinstance(value, types.ModuleType)
                home = (value.__name__ if is_module else getattr(value, "__module__", None)) or name
                package = str(home).partition(".")[0]
                if id(value) in ready_made:
                    return ready_made[id(value)]
                if package in OTHER_PACKAGES:
                    return package
                if package == "__main__":
                    to_see.append(value)
    return ""


def _global_state() -> dict[str, Any]:
    """What an answer must leave as it found it, by the name a student knows it under."""
    state = {
        "NumPy's global random generator": np.random.get_state()[1:3],
        "Python's global random generator": hash(random.getstate()),
    }
    if torch := sys.modules.get("torch"):
        state["torch's default dtype"] = str(torch.get_default_dtype())
        state["torch's gradient mode"] = torch.is_grad_enabled()
        state["the seed of torch's global generator"] = torch.initial_seed()
    return state


@contextmanager
def _torch_as_it_was() -> Iterator[None]:
    """Put torch's default dtype and gradient mode back: other answers follow in this process.

    Inside, torch computes with one thread, as where answers are graded: cases are small, and on
    a busy machine several threads mostly wait for each other.
    """
    torch = sys.modules.get("torch")
    if torch is None:
        yield
        return
    dtype, gradients = torch.get_default_dtype(), torch.is_grad_enabled()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        torch.set_default_dtype(dtype)
        torch.set_grad_enabled(gradients)


def call(
    answer: Callable, given: Case, pristine: Case, exercise: Exercise, seconds: float
) -> Outcome:
    """Call a function of this process on one case and say what came of it.

    pristine: the same case drawn again, to see whether the arguments were changed.
    """
    before = _global_state()
    try:
        with _torch_as_it_was(), time_limit(seconds):
            value = (given.probe or _plain_call)(answer, *given.args, **given.kwargs)
            after = _global_state()
    except TimeLimit:
        return Outcome("timeout")
    except NotImplementedError as problem:
        return Outcome("not filled in", message=str(problem))
    except Forbidden as problem:
        return Outcome("forbidden", message=str(problem))
    except KeyboardInterrupt:
        raise
    except BaseException as problem:  # SystemExit too: an answer cannot end the lesson
        line, code = _students_line(problem)
        names = tuple(t.__name__ for t in type(problem).__mro__[:-1])
        return Outcome("raised", errors=names, message=str(problem), line=line, code=code)
    names = list(exercise.signature.parameters)
    changed = [
        n
        for n, a, b in zip(names, given.args, pristine.args, strict=False)
        if difference(b, a, 0, 0)
    ]
    changed += [n for n in given.kwargs if difference(pristine.kwargs[n], given.kwargs[n], 0, 0)]
    changed += [n for n in before if difference(before[n], after[n], 0, 0)]
    return Outcome("returned", value, changed=tuple(changed))


def _plain_call(answer: Callable, *args: Any, **kwargs: Any) -> Any:
    return answer(*args, **kwargs)


def _students_line(problem: BaseException) -> tuple[int | None, str]:
    """The last line of the student's own code that the exception went through."""
    ours = (__file__.rpartition("checking")[0], np.__file__.rpartition("numpy")[0])
    frames = [
        f
        for f in traceback.extract_tb(problem.__traceback__)
        if not f.filename.startswith(ours) and "contextlib" not in f.filename
    ]
    return (frames[-1].lineno, frames[-1].line or "") if frames else (None, "")


def _outcomes(answer: Any, exercise: Exercise, seed: int, seconds: float) -> list[Outcome]:
    """What came of each case that ``seed`` gives."""
    deadline = time.monotonic() + seconds
    outcomes = []
    ready_made = ready_made_refused() if exercise.numpy_only else nullcontext()
    with ready_made, refusing(exercise.refused, _refuse_torch):
        for given, pristine in zip(exercise.draw(seed), exercise.draw(seed), strict=True):
            left = max(deadline - time.monotonic(), seconds / 10)
            outcomes.append(call(answer, given, pristine, exercise, left))
            if outcomes[-1].status == "not filled in":
                break
    return outcomes


# ── comparing values ────────────────────────────────────────────────────────


@dataclasses.dataclass(frozen=True)
class Problem:
    """Why a case is not right.

    kind: "type", "shape", "dtype", "values", "changed", "raised", "no error",
        "timeout", "forbidden", "died" or "judged".
    message: the sentence for the student.
    index: the first entry that differs, where there is one.
    """

    kind: str
    message: str
    index: tuple[int, ...] | None = None


def difference(expected: Any, got: Any, rtol: float, atol: float, at: str = "") -> Problem | None:
    """How ``got`` differs from ``expected``, or None.

    Arrays and tensors are compared by type, shape, dtype and value; numbers of
    Python and NumPy count alike, and so do tuples and lists.
    """
    where = f" ({at})" if at else ""
    if is_array(expected):
        return _array_difference(expected, got, rtol, atol, where)
    if isinstance(expected, (list, tuple)):
        if not isinstance(got, (list, tuple)):
            return Problem("type", f"expected {_kind(expected)}{where}, you returned {_kind(got)}.")
        if len(expected) != len(got):
            return Problem(
                "shape", f"expected {len(expected)} items{where}, you returned {len(got)}."
            )
        pairs = [
            (a, b, f"item {i} of {at or 'the result'}")
            for i, (a, b) in enumerate(zip(expected, got, strict=True))
        ]
        return next(filter(None, (difference(a, b, rtol, atol, w) for a, b, w in pairs)), None)
    if isinstance(expected, dict):
        if not isinstance(got, dict):
            return Problem("type", f"expected a dict{where}, you returned {_kind(got)}.")
        if set(expected) != set(got):
            odd = sorted(map(repr, set(expected) ^ set(got)))[0]
            side = "is missing" if odd in map(repr, expected) else "should not be there"
            return Problem("values", f"the key {odd} {side}{where}.")
        pairs = [(expected[k], got[k], f"key {k!r}") for k in expected]
        return next(filter(None, (difference(a, b, rtol, atol, w) for a, b, w in pairs)), None)
    if isinstance(expected, (int, float, np.number)) and not isinstance(expected, bool):
        if isinstance(got, np.ndarray) and got.shape == ():
            got = got.item()
        if not isinstance(got, (int, float, np.number)) or isinstance(got, bool):
            return Problem("type", f"expected a number{where}, you returned {_kind(got)}.")
        if not np.isclose(got, expected, rtol=rtol, atol=atol):
            return Problem("values", f"expected {expected:.6g}{where}, you returned {got:.6g}.", ())
        return None
    if type(expected) is not type(got) or expected != got:
        return Problem("values", f"expected {expected!r:.200}{where}, you returned {got!r:.200}.")
    return None


def _array_difference(
    expected: Any, got: Any, rtol: float, atol: float, where: str
) -> Problem | None:
    if type(got) is not type(expected):
        hint = " Make it one with np.array(…)." if isinstance(got, (list, tuple)) else ""
        return Problem(
            "type", f"expected {_kind(expected)}{where}, you returned {_kind(got)}.{hint}"
        )
    if tuple(got.shape) != tuple(expected.shape):
        return Problem(
            "shape",
            f"expected the shape {tuple(expected.shape)}{where}, yours is {tuple(got.shape)}.",
        )
    if got.dtype != expected.dtype:
        return Problem(
            "dtype", f"expected numbers of type {expected.dtype}{where}, yours are {got.dtype}."
        )
    ours, theirs = to_numpy(expected), to_numpy(got)
    if ours.dtype.kind in "fc":
        wrong = ~np.isclose(theirs, ours, rtol=rtol, atol=atol)
    else:
        wrong = theirs != ours
    if not wrong.any():
        return None
    index = tuple(int(i) for i in np.argwhere(wrong)[0])
    place = f"entry [{', '.join(map(str, index))}]" if index else "the value"
    return Problem(
        "values",
        f"{place}{where} should be {ours[index]:.6g}, "
        f"yours is {theirs[index]:.6g}; {int(wrong.sum())} of {wrong.size} "
        f"differ.",
        index,
    )


def is_array(value: Any) -> bool:
    """Whether a value is a NumPy array or a torch tensor."""
    return isinstance(value, np.ndarray) or type(value).__name__ == "Tensor"


def to_numpy(value: Any) -> np.ndarray:
    """An array or tensor as a NumPy array."""
    return value if isinstance(value, np.ndarray) else value.detach().cpu().numpy()


def _kind(value: Any) -> str:
    """What a value is, in a student's words."""
    if value is None:
        return "nothing (None): is a return missing?"
    names = {
        np.ndarray: "a NumPy array",
        list: "a list",
        tuple: "a tuple",
        str: "a string",
        dict: "a dict",
        bool: "True or False",
        int: "a whole number",
        float: "a number",
    }
    if type(value) in names:
        return names[type(value)]
    if type(value).__name__ == "Tensor":
        return "a torch tensor"
    if type(value).__name__ == "Foreign":  # the grader's word for what cannot cross
        return f"a {value}"
    return "a number" if isinstance(value, np.number) else f"a {type(value).__name__}"


# ── the examination ─────────────────────────────────────────────────────────


@dataclasses.dataclass(frozen=True)
class Result:
    """One case: what was asked, what came of it, and the problem if there is one."""

    case: Case
    expected: Any
    outcome: Outcome
    problem: Problem | None


@dataclasses.dataclass(frozen=True)
class Report:
    """The examination of one answer.

    status: "not attempted", "incorrect" or "correct".
    causes: the known mistakes that explain the problems, most likely first.
    points: what is earned; max_points: what could be.
    hidden: nothing of the inputs may be shown.
    """

    exercise: Exercise
    seed: int
    results: list[Result]
    causes: list[Mistake]
    hidden: bool = False

    @property
    def status(self) -> str:
        if not self.results or self.results[0].outcome.status == "not filled in":
            return "not attempted"
        return "incorrect" if self.wrong else "correct"

    @property
    def wrong(self) -> list[Result]:
        return [r for r in self.results if r.problem]

    @property
    def points(self) -> float:
        """Points for each case that is right; none unless some value is right.

        Saying no to wrong arguments earns nothing by itself (the stub may hand
        those lines out), and a refused shortcut earns nothing at all.
        """
        right = [r for r in self.results if not r.problem]
        refused = any(r.outcome.status == "forbidden" for r in self.results)
        if refused or not any(not r.case.raises for r in right):
            return 0.0
        share = sum(r.case.weight for r in right) / sum(r.case.weight for r in self.results)
        return float(np.floor(100 * self.exercise.points * share + 1e-9) / 100)

    def as_data(self) -> dict[str, Any]:
        """What the grader keeps of it: JSON, and nothing of the inputs."""
        return {
            "exercise": self.exercise.name,
            "status": self.status,
            "points": self.points,
            "max_points": self.exercise.points,
            "causes": [m.name for m in self.causes],
            "cases": [
                {"name": r.case.name, "problem": r.problem.kind if r.problem else None}
                for r in self.results
            ],
            "seed": self.seed,
        }


def examine(
    exercise: Exercise,
    answer: Any,
    seed: int = 0,
    *,
    hidden: bool = False,
    seconds: float | None = None,
    known: Known | None = None,
) -> Report:
    """Call ``answer`` on all cases of ``seed``, compare with the oracle, name the mistakes.

    known: what has been computed for this exercise and seed already, for other answers.
    """
    known = known or Known(exercise, seed)
    local = isinstance(answer, types.FunctionType)
    used = foreign(answer) if exercise.numpy_only and local else ""
    if used:
        try:
            _refuse(used)()
        except Forbidden as problem:
            outcomes = [Outcome("forbidden", message=str(problem)) for _ in known.cases]
    elif hasattr(answer, "outcome"):  # the grader's stand-in
        outcomes = [answer.outcome(case) for case in known.cases]
    else:
        outcomes = _outcomes(answer, exercise, seed, seconds or exercise.seconds)
    if not exercise.signature.parameters and all(o.value is None for o in outcomes):
        outcomes = [Outcome("not filled in")]  # a value exercise starts as None
    results = []
    for i, got in enumerate(outcomes):
        case = known.cases[i]
        # Where a judge decides there is no single right value to ask for.
        good = Outcome("returned") if case.judge else known.right[i]
        results.append(Result(case, good.value, got, _problem(case, good, got)))
    stopped = results and results[0].outcome.status == "not filled in"
    causes = [] if stopped else _causes(results, known)
    return Report(exercise, seed, results, causes, hidden)


class Known:
    """What our own functions give on the cases of a seed, each computed once, when it is needed.

    It lasts for one examination, or for many: the grader asks everybody the same. No answer
    gets hold of anything in it.
    """

    def __init__(self, exercise: Exercise, seed: int):
        self.cases = exercise.draw(seed)
        self.right = _Variant(exercise, exercise.reference, seed)
        self.mistakes = [
            (m, _Variant(exercise, functools.partial(m.function, exercise.reference), seed))
            for m in exercise.mistakes
        ]


class _Variant:
    """One of our own functions, the oracle or a mistake; ``[i]`` is its outcome for case i."""

    def __init__(self, exercise: Exercise, function: Callable, seed: int):
        self._exercise, self._function, self._seed = exercise, function, seed
        self._outcomes: dict[int, Outcome] = {}

    @functools.cached_property
    def _cases(self) -> list[tuple[Case, Case]]:
        """Each case twice: as it is given, and to see whether that was changed."""
        draw = self._exercise.draw
        return list(zip(draw(self._seed), draw(self._seed), strict=True))

    def __getitem__(self, i: int) -> Outcome:
        if i not in self._outcomes:
            with warnings.catch_warnings():  # a wrong variant's overflow is not the student's
                warnings.simplefilter("ignore")
                self._outcomes[i] = call(self._function, *self._cases[i], self._exercise, 60)
            if len(self._outcomes) == len(self._cases):
                del self._cases
        return self._outcomes[i]


def _problem(case: Case, right: Outcome, got: Outcome) -> Problem | None:
    if got.status == "timeout":
        return Problem(
            "timeout",
            "it did not come to an end and was stopped. Is there a loop "
            "whose condition never becomes false?",
        )
    if got.status == "died":
        return Problem("died", f"the process running it ended: {got.message}")
    if got.status in ("forbidden", "not filled in"):
        return Problem(got.status, got.message)
    if case.raises:
        return _refusal_problem(got)
    if got.status == "raised":
        place = f", raised in your line {got.line}:" if got.line else ""
        return Problem("raised", f"{got.errors[0]}: {got.message or 'no message'}{place}")
    if case.judge:
        try:
            sentence = case.judge(got.value, *case.args, **case.kwargs)
        except Exception:  # it was written for values of the form asked for, and this is none
            sentence = "what came back does not have the form that was asked for."
        problem = Problem("judged", sentence) if sentence else None
    else:
        problem = difference(right.value, got.value, case.rtol, case.atol)
    changed = [c for c in got.changed if not (case.draws and "random generator" in c)]
    if problem is None and changed:
        return Problem(
            "changed",
            f"the values are right, but the call changed "
            f"{' and '.join(changed)}. Work on a copy: the caller "
            f"still needs the original.",
        )
    return problem


def _refusal_problem(got: Outcome) -> Problem | None:
    if got.status == "returned":
        return Problem(
            "no error",
            "these arguments make no sense: raise a ValueError with a "
            "sentence saying why. Yours returned a value.",
        )
    if "ValueError" not in got.errors:
        return Problem(
            "raised",
            f"these arguments make no sense: raise a ValueError; yours raised {got.errors[0]}.",
        )
    if len(got.message.split()) < 3:
        return Problem("raised", "the ValueError needs a sentence that says what is wrong.")
    return None


def _causes(results: list[Result], known: Known) -> list[Mistake]:
    """The mistakes that do what the answer does, fewest first to cover its problems."""
    explains = [(_explained(variant, results), m) for m, variant in known.mistakes]
    explains = [(same, mistake) for same, mistake in explains if same]
    # A judge's sentence fits many mistakes, so it is no sign of a second one.
    judged = {i for i, r in enumerate(results) if r.case.judge}
    causes = []
    while explains:
        best, mistake = max(explains, key=lambda pair: len(pair[0]))
        causes.append(mistake)
        explains = [(s - best, m) for s, m in explains if s - best - judged]
    return causes


def _explained(variant: _Variant, results: list[Result]) -> set[int]:
    """The wrong cases where a mistake does what the answer does; none if it errs elsewhere, too.

    Cases that train come last, and only for a mistake that has explained something or where
    nothing else is wrong: they take long. How well training goes is partly luck, so where the
    answer trained well enough, the mistake need not.
    """
    trains = {i for i, r in enumerate(results) if r.case.draws and r.case.judge}
    wrong = {i for i, r in enumerate(results) if r.problem}
    same = set()
    for i, result in enumerate(results):
        if i in trains or not wrong:
            continue
        good = Outcome("returned", result.expected)
        errs = _problem(result.case, good, variant[i]) is not None
        if i not in wrong:
            if errs:
                return set()
        elif errs and _same(result, variant[i]):
            same.add(i)
    if same or wrong <= trains:
        same |= {i for i in wrong & trains if _same(results[i], variant[i])}
    return same


def _same(result: Result, variant: Outcome) -> bool:
    """Whether a wrong variant does on this case just what the answer does."""
    got = result.outcome
    if got.status != variant.status:
        return False
    if got.status == "raised":
        return got.errors[:1] == variant.errors[:1]
    if got.status != "returned":
        return True
    if result.case.judge:
        return result.problem == _problem(result.case, variant, variant)
    return (
        got.changed == variant.changed
        and difference(variant.value, got.value, result.case.rtol, result.case.atol) is None
    )
