"""What an exercise is: its specification, and all that is needed to check it.

A module of its own, in its lesson's folder, declares each exercise once::

    @exercise(points=2, minutes=10, difficulty=2, importance=4)
    def conv1d(x, f):
        "the specification students read"

    @conv1d.oracle                      # the right answer, by torch
    @conv1d.cases                       # example inputs, drawn from a generator
    @conv1d.mistake("name", "advice")   # a wrong answer that people really give,
    def _(right, x, f): ...             # written on top of a right one

    conv1d.hints = [...]                # a question, a formula or drawing, a skeleton
    conv1d.built = "..."                # to a right answer: what it is, and where it is used next

The student's own function is put in by :func:`fill`. From then on the name in
``cnnlab`` calls the student's code.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any, Protocol, runtime_checkable

import numpy as np

from .case import Case, Outcome
from .case import case as case  # lessons declare with both
from .kept import VISIBLE, given_again


class NotFilledIn(NotImplementedError):
    """An exercise was called that nobody has filled in yet."""

    def __init__(self, exercise: Exercise):
        super().__init__(
            f"{exercise.name} (lesson {exercise.lesson}) is not filled in yet. "
            "Write it in its exercise cell, run that cell, then run this one again."
        )

        self.exercise = exercise.name

    def _render_traceback_(self) -> list[str]:
        """What IPython shows: the sentence, without a way through this package."""
        return [f"NotFilledIn: {self}"]


@dataclasses.dataclass(frozen=True)
class Mistake:
    """A wrong answer that people really give.

    name: a few words, the same in the report, the grader and the class report.
    advice: one or two sentences to the student: what happened, what to look at.
    function: the wrong answer itself, ``function(right, *args, **kwargs)``, usually
        a line on top of ``right``, a right answer. Like a student's answer it uses
        nothing but ``np`` (in torch lessons also ``torch`` and ``nn``).
    symptom: the name says what is seen, not why it is so, and is true whatever the reason. Then
        an exception, a judge's general sentence, output without content or a wrong shape are
        enough for it.
    """

    name: str
    advice: str
    function: Callable
    symptom: bool = False


@runtime_checkable
class StandIn(Protocol):
    """An answer that is asked for, not called in this process: the grader asks its sandbox."""

    __name__: str

    def outcome(self, case: Case) -> Outcome:
        """What comes of calling the answer on a case, where it is."""
        ...

    def as_value(self) -> StandIn:
        """The same for an exercise whose answer is a value, not a function."""
        ...

    def wrong_ones_called(self) -> tuple[str, ...]:
        """The other answers that it calls and that are known not to be right, by name."""
        ...

    def search(self, asked: list[Any], more: list[Any], seconds: float) -> Any:
        """What a search in its source says (``repair.said``), where it is: a claim.

        asked, more: cases with what is right there (``repair.Asked``); without a judge, for a
        judge is ours. seconds: at most.
        """
        ...


class Exercise:
    """A function (class, or value) that students write; see the module's docstring.

    Calling it calls the student's answer; ``reference`` calls the oracle.
    """

    def __init__(
        self,
        stub: Callable,
        lesson: str,
        points: float,
        numpy_only: bool,
        refused: tuple[str, ...] = (),
        seconds: float = 3.0,
        *,
        minutes: int,
        difficulty: int,
        importance: int,
    ):
        self.stub = stub
        self.name = stub.__name__
        self.lesson = lesson
        self.points = points
        self.numpy_only = numpy_only
        self.refused = refused
        self.seconds = seconds
        self.minutes = minutes
        self.difficulty = difficulty
        self.importance = importance
        self.signature = inspect.signature(stub)
        self.__doc__ = stub.__doc__
        self.answer: Callable | None = None
        self.mistakes: list[Mistake] = []
        self.hints: list[str] = []
        self.built = ""
        self._oracle: Callable | None = None
        self._cases: Callable[[np.random.Generator], Iterator[Case]] | None = None
        self._working: Callable | None = None

    def __repr__(self) -> str:
        state = "filled in" if self.answer else "not filled in yet"
        return f"<exercise {self.name}{self.signature}, lesson {self.lesson}, {state}>"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the student's answer; raise NotFilledIn while there is none."""
        if self.answer is None:
            raise NotFilledIn(self)
        try:
            return self.answer(*args, **kwargs)
        except NotImplementedError:
            raise NotFilledIn(self) from None

    def reference(self, *args: Any, **kwargs: Any) -> Any:
        """The right answer, by the oracle."""
        assert self._oracle is not None, f"{self.name} has no oracle"
        return self._oracle(*args, **kwargs)

    # Decorators: each hands the function back, so that it can be used by name.

    def oracle(self, function: Callable) -> Callable:
        """Declare the right answer."""
        self._oracle = function
        return function

    def cases(self, function: Callable) -> Callable:
        """Declare ``cases(rng)``, which yields the calls an answer must get right."""
        self._cases = function
        return function

    @property
    def is_class(self) -> bool:
        """Whether a class is asked for: declared as one, or as what makes a torch module."""
        return isinstance(self.stub, type) or "Module" in str(self.signature.return_annotation)

    def names(self, case: Case) -> list[str]:
        """What the arguments of a case are called: a probe has names of its own for them."""
        if case.probe:  # its first parameter is the answer itself
            return list(inspect.signature(case.probe).parameters)[1:]
        return list(self.signature.parameters)

    @property
    def decides(self) -> tuple[Callable | None, Callable | None]:
        """The functions that decide about points: the right answer, and the cases."""
        return self._oracle, self._cases

    def draw(self, seed: int) -> list[Case]:
        """The cases that ``seed`` gives; the same seed gives the same cases.

        Those that students see are kept as data: they are the same with every NumPy.
        """
        kept = given_again(self.name, self.stub.__module__) if seed == VISIBLE else None
        return self.draw_with(kept or np.random.default_rng(seed))

    def draw_with(self, rng: Any) -> list[Case]:
        """The cases that a generator gives, or what stands for one."""
        assert self._cases is not None, f"{self.name} has no cases"
        return list(self._cases(rng))

    def mistake(self, name: str, advice: str, *, symptom: bool = False) -> Callable:
        """Declare a wrong answer that people really give; ``symptom``: see :class:`Mistake`."""

        def declare(function: Callable) -> Callable:
            self.mistakes.append(Mistake(name, advice, function, symptom))
            return function

        return declare

    def working(self, function: Callable) -> Callable:
        """Declare ``working(index, *args, **kwargs)``: the arithmetic of one entry, as text."""
        self._working = function
        return function

    def work_out(self, index: tuple[int, ...], case: Case) -> str:
        """The arithmetic that gives entry ``index`` of the right answer, or "" if none is known."""
        if self._working is None or (case.probe and not case.args):
            return ""
        worked = self._working(index, *case.args, **case.kwargs)
        activated = case.activated and "activation" in self.signature.parameters
        return f"{worked}, then the activation" if worked and activated else worked


EXERCISES: dict[str, Exercise] = {}
"""Every exercise that has been declared, by name, in the order of the lessons."""


def exercise(
    *,
    points: float,
    minutes: int,
    difficulty: int,
    importance: int,
    lesson: str | None = None,
    numpy_only: bool = True,
    refused: tuple[str, ...] = (),
    seconds: float = 3.0,
) -> Callable:
    """Turn a typed stub with a docstring into an :class:`Exercise`.

    points: what a right answer earns. minutes: what it takes a student, reading included.
    difficulty, importance: 1 to 4, shown as filled dots.
    lesson: NN_topic, taken from the module's folder, ``cnnlab.lesson_NN_topic``, unless given.
    numpy_only: torch, scipy and NumPy's ready-made convolutions are not allowed.
    refused: what else is the answer already, by its full name: "torch.nn.functional.linear".
    seconds: how long all calls of one ``check`` may take together before a loop is stopped;
        more where the cases train, for a busy machine.
    """

    def declare(stub: Callable) -> Exercise:
        name = lesson or "".join(re.findall(r"lesson_(\w+)", stub.__module__))
        made = Exercise(
            *(stub, name, points, numpy_only, refused, seconds),
            minutes=minutes,
            difficulty=difficulty,
            importance=importance,
        )
        EXERCISES[made.name] = made
        return made

    return declare


def fill(answer: Callable) -> Callable:
    """Install a student's function (or class) as the answer to the exercise of its name.

    Raises NameError if there is no such exercise and TypeError if the parameters
    are not the ones asked for: both say what was expected.
    """
    name = getattr(answer, "__name__", str(answer))
    if name not in EXERCISES:
        raise NameError(
            f"there is no exercise called {name!r}. Keep the function's name as it was given; "
            f"the exercises are: {', '.join(EXERCISES)}."
        )
    wanted = EXERCISES[name]
    theirs = list(inspect.signature(answer).parameters)
    ours = list(wanted.signature.parameters)
    if theirs != ours:
        raise TypeError(
            f"{name} was asked for with the parameters ({', '.join(ours)}), "
            f"yours has ({', '.join(theirs)}). {_first_line(answer, wanted)}:"
        )
    wanted.answer = answer
    return answer


def _first_line(answer: Callable, wanted: Exercise) -> str:
    """What to do about the line that has the parameters: of a class it is that of __init__."""
    plain = _plain(wanted.signature)
    if not isinstance(answer, type):
        return f"Change the first line back to def {wanted.name}{plain}"
    parameters = ", ".join(filter(None, ("self", plain[1:-1])))
    if "__init__" in vars(answer):
        return f"Change the first line of its __init__ back to def __init__({parameters})"
    return (
        "Your class has no method __init__ of its own. It has two underscores on each side and is "
        f"indented into the class: def __init__({parameters})"
    )


def _plain(signature: inspect.Signature) -> str:
    """The signature without annotations, as a student would type it."""
    bare = [p.replace(annotation=p.empty) for p in signature.parameters.values()]
    return str(inspect.Signature(bare))
