"""One call of an answer, and what comes of it: data that knows no exercise and no right answer."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from typing import Any


@dataclasses.dataclass(frozen=True)
class Case:
    """One call that an answer must get right.

    name: what the case is about, in words a student reads.
    args, kwargs: the arguments, as data (arrays, numbers, strings, containers).
    probe: where a plain call is not enough (an argument is a function, a model
        has to be built): a module-level function ``probe(answer, *args, **kwargs)``
        that does it and returns data. It must be written with nothing but the
        names ``np`` and, in torch lessons, ``torch`` and ``nn``: the grader sends
        its source to the place where the student's code runs.
    raises: the case asks for a ValueError with a sentence, not for a value.
    judge: where there is no single right value: ``judge(value, *args, **kwargs)``
        returns None if the value will do, otherwise a sentence saying why not.
    draws: the answer may draw random numbers, from a global generator too.
    counted: each argument is a tuple, the arguments of a call of its own. The value is a list of
        pairs, the CPU seconds that a call took and what it returned. At home that is the
        process's own count, in the grader the kernel's, read outside the student's process.
    rtol, atol: relative tolerance, and its floor.
    weight: how much it counts for the points, where one matters more than others.
    """

    name: str
    args: tuple = ()
    kwargs: dict = dataclasses.field(default_factory=dict)
    probe: Callable | None = None
    raises: bool = False
    judge: Callable | None = None
    draws: bool = False
    counted: bool = False
    rtol: float = 1e-8
    atol: float = 1e-10
    weight: float = 1.0

    @property
    def calls(self) -> list[Case]:
        """The calls of a counted case, each as a case."""
        return [dataclasses.replace(self, args=args, counted=False) for args in self.args]

    @property
    def activated(self) -> bool:
        """Whether its probe gives an activation, as those called ``with_…`` do."""
        return self.probe is not None and self.probe.__name__.startswith("with_")


def case(name: str, *args: Any, **kwargs: Any) -> Case:
    """A :class:`Case` that is a plain call: ``case("short series", x, f)``."""
    return Case(name, args, kwargs)


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What came of calling an answer once.

    status: "returned", "raised", "timeout", "not filled in", "forbidden" or
        "died" (its process ended).
    value: what was returned, as data.
    errors: names of the exception's type and its bases; message: its text.
    line, code: the student's own line where it showed that it raised: number and text.
    words: the operation in it, with what its names hold, and what that usually means.
    changed: what the call modified: names of arguments, or of global state.
    cpu: the CPU seconds that it took, where they were counted.
    """

    status: str
    value: Any = None
    errors: tuple[str, ...] = ()
    message: str = ""
    line: int | None = None
    code: str = ""
    words: str = ""
    changed: tuple[str, ...] = ()
    cpu: float = dataclasses.field(default=0.0, compare=False)


def together(outcomes: Iterable[Outcome]) -> Outcome:
    """What came of a counted case, from what comes of its calls; the first that fails is it."""
    values, changed = [], {}
    for outcome in outcomes:
        if outcome.status != "returned":
            return outcome
        values.append((outcome.cpu, outcome.value))
        changed |= dict.fromkeys(outcome.changed)
    return Outcome("returned", values, changed=tuple(changed))
