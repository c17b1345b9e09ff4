"""The rest of the class in the demo: twenty made-up students, right here and wrong there.

Each has an ability, some a misconception that goes with them from exercise to exercise. What they
hand in is drawn by their name and the attempt: the same in every run.
"""

from __future__ import annotations

import ast
import random

from cnnlab.engine.exercise import EXERCISES, Exercise
from nbformat import NotebookNode

from ..students import everything_right, mistaken

NAMES = """Emil Ernst, Fatima Farah, Greta Grün, Hugo Heller, Ida Iversen, Jonas Jung, Kira Koch,
Lars Lund, Mira Mond, Nils Noack, Olga Orlow, Paul Probst, Quirin Quast, Rosa Roth, Sami Saleh,
Tara Thal, Udo Uhl, Vera Voss, Wim Witt, Yara Yilmaz""".replace("\n", " ").split(", ")

LESSONS = ("01_rolling_average", "03_conv2d")
"""They hand in these, and the first one again."""

BELIEFS = ("the filter is flipped", "zeros beyond the edge", "the bias is added once per weight")
"""Mistakes of several exercises, which a student who makes one makes again."""


def answers(name: str, source: NotebookNode) -> dict[str, str]:
    """What a student hands in first. source: the instructor's notebook."""
    drawn = random.Random(f"{name} {source.cells[0].source}")
    ability = random.Random(name).uniform(0.5, 1)
    belief = random.Random(name).choice([*BELIEFS, ""])
    given = {}
    for exercise, right in everything_right(source).items():
        if drawn.random() > 0.97 + 0.03 * ability:
            break  # and nothing of what follows
        known = drawn.random() < ability
        given[exercise] = right if known else _wrong(EXERCISES[exercise], right, belief, drawn)
    return given


def again(name: str, source: NotebookNode) -> dict[str, str]:
    """What the same student hands in after the feedback; nothing where all was right or empty.

    Half of what was wrong is right now; of the rest some is wrong in another way.
    """
    drawn = random.Random(f"{name} again")
    right, before = everything_right(source), answers(name, source)
    wrong = [exercise for exercise, answer in before.items() if answer != right[exercise]]
    ways = {exercise: drawn.choice(("right", "right", "as it was", "a slip")) for exercise in wrong}
    fixed = {exercise: right[exercise] for exercise, way in ways.items() if way == "right"}
    slips = {e: slip(right[e], drawn) for e, way in ways.items() if way == "a slip"}
    same = {e: f"{before[e]}\n# tried again" for e, way in ways.items() if way == "as it was"}
    return before | fixed | slips | same if wrong else {}


def _wrong(exercise: Exercise, right: str, belief: str, drawn: random.Random) -> str:
    """A wrong answer: the student's belief, a known mistake, or a slip that nobody foresaw."""
    believed = [m for m in exercise.mistakes if m.name == belief]
    if believed and drawn.random() < 0.7:
        return mistaken(exercise, right, believed[0])
    if exercise.mistakes and drawn.random() < 0.6:
        return mistaken(exercise, right, drawn.choice(exercise.mistakes[:3]))
    return slip(right, drawn)


def slip(right: str, drawn: random.Random) -> str:
    """A right answer with one whole number too large by one, or one sign the other way round."""
    tree = ast.parse(right)
    places = [node for node in ast.walk(tree) if _can_slip(node)]
    if not places:
        return right
    place = drawn.choice(places)
    if isinstance(place, ast.Constant):
        place.value += 1
    else:
        place.op = ast.Sub() if isinstance(place.op, ast.Add) else ast.Add()
    return ast.unparse(tree)


def _can_slip(node: ast.AST) -> bool:
    if isinstance(node, ast.Constant):
        return type(node.value) is int
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub)
