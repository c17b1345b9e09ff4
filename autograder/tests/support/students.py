"""Students for the tests: right answers in several styles, and every known mistake.

An answer is the source of an answer cell, so that the same text goes into the
student's ``check`` and into a notebook for the grader.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
import textwrap
from pathlib import Path
from typing import Any

import cnnlab  # noqa: F401  (declares the exercises)
import numpy as np
import torch
from cnnlab.engine.exercise import EXERCISES, Exercise, Mistake

from autograder.tests.support.lessons import needed

RIGHT = Path(__file__).with_name("right_answers")


@dataclasses.dataclass(frozen=True)
class Answer:
    """One way to answer one exercise.

    style: the name of the way. source: what the student writes in the cell.
    mistake: the known mistake that it makes, if it makes one.
    needs: the same student's imports and other answers that this one uses.
    """

    exercise: Exercise
    style: str
    source: str
    needs: str = ""
    mistake: Mistake | None = None

    def __str__(self) -> str:
        return f"{self.exercise.lesson}-{self.exercise.name}-{self.style}".replace(" ", "_")

    def define(self) -> Any:
        """Run the cell, as a notebook would, and give what it defines."""
        scope = {
            "np": np,
            "torch": torch,
            "nn": torch.nn,
            "F": torch.nn.functional,
            "fill": lambda answer: answer,
            "__name__": "__main__",
        }
        exec(self.needs, scope)
        exec(self.source, scope)
        return scope[self.exercise.name]


class _Rename(ast.NodeTransformer):
    """Give ``conv1d__loops`` its plain name, wherever it is defined or used."""

    def __init__(self, style: str):
        self.end = f"__{style}"

    def visit(self, node: ast.AST) -> ast.AST:
        for field in ("name", "id"):
            if isinstance(value := getattr(node, field, None), str) and value.endswith(self.end):
                setattr(node, field, value.removesuffix(self.end))
        return self.generic_visit(node)


def _style(node: ast.AST) -> tuple[str, str]:
    """("conv1d", "loops") for the definition of conv1d__loops."""
    if isinstance(node, ast.Assign):
        name = getattr(node.targets[0], "id", "")
    else:
        name = getattr(node, "name", "")
    name, _, style = name.partition("__")
    return (name, style) if name in EXERCISES and style else ("", "")


def right_answers() -> list[Answer]:
    """All right answers of right_answers/, lesson by lesson."""
    found = []
    for path in sorted(RIGHT.glob("lesson_*.py")):
        nodes = ast.parse(path.read_text()).body
        shared = [ast.unparse(node) for node in nodes if not _style(node)[1]]
        by_style: dict[str, dict[str, str]] = {}
        for node in nodes:
            name, style = _style(node)
            if style:
                plain = ast.unparse(_Rename(style).visit(node))
                by_style.setdefault(style, {})[name] = plain
        for style, answers in by_style.items():
            for name, source in answers.items():
                others = [s for n, s in answers.items() if n != name]
                needs = "\n\n".join(needed([*shared, *others], source))
                found.append(Answer(EXERCISES[name], style, source, needs))
    return found


def wrong_answers() -> list[Answer]:
    """Every known mistake of every exercise, on top of a right answer."""
    right: dict[str, Answer] = {}
    for answer in right_answers():
        right.setdefault(answer.exercise.name, answer)
    return [
        _wrong(exercise, mistake, right[exercise.name])
        for exercise in EXERCISES.values()
        for mistake in exercise.mistakes
    ]


def _wrong(exercise: Exercise, mistake: Mistake, right: Answer) -> Answer:
    written = ast.parse(textwrap.dedent(inspect.getsource(mistake.function))).body[0]
    assert isinstance(written, ast.FunctionDef), f"write {mistake.name!r} as a def"
    written.name, written.decorator_list, written.returns = "_wrong", [], None
    parameters = [p.replace(annotation=p.empty) for p in exercise.signature.parameters.values()]
    passed = ", ".join(p.name for p in parameters)
    if not parameters:  # a value, not a function
        ending = f"{exercise.name} = _wrong(lambda: _right)"
    else:
        ending = (
            f"def {exercise.name}{inspect.Signature(parameters)}:\n"
            f"    return _wrong(_right, {passed})"
        )
    source = f"{right.source}\n\n_right = {exercise.name}\n\n{ast.unparse(written)}\n\n{ending}\n"
    return Answer(exercise, mistake.name, source, right.needs, mistake)
