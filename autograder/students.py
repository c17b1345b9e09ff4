"""Made-up students and what they hand in, for whoever tries the grader: demo, doctor and tests."""

from __future__ import annotations

import ast
import copy
import inspect
import re
import textwrap
from collections.abc import Callable

from cnnlab.engine.exercise import EXERCISES, Exercise, Mistake
from nbformat import NotebookNode


def filled_in(released: NotebookNode, answers: dict[str, str]) -> NotebookNode:
    """A student's notebook: the released one with answers, by grade_id, put into their cells."""
    notebook = copy.deepcopy(released)
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        cell.source = answers.get(name, cell.source)
    return notebook


def everything_right(source: NotebookNode) -> dict[str, str]:
    """The solutions, from the instructor's notebook."""
    marks = re.compile(r"^.*### (BEGIN|END) SOLUTION.*\n?", re.M)
    return {
        cell.metadata.nbgrader.grade_id: marks.sub("", cell.source)
        for cell in source.cells
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("solution")
    }


def untouched(source: NotebookNode) -> dict[str, str]:
    """Nothing."""
    return {}


def typical_mistakes(source: NotebookNode) -> dict[str, str]:
    """For each exercise the first, most frequent one of its known mistakes."""
    return {
        name: mistaken(EXERCISES[name], right) if EXERCISES[name].mistakes else right
        for name, right in everything_right(source).items()
    }


def mistaken(exercise: Exercise, right: str, mistake: Mistake | None = None) -> str:
    """An answer cell that makes a known mistake, the first if none is given, on a right one."""
    name = exercise.name
    mistake = mistake or exercise.mistakes[0]
    tree = ast.parse(textwrap.dedent(inspect.getsource(mistake.function)))
    written = tree.body[0]
    # All cells of a notebook share their names, so each exercise gets its own.
    written.name, written.decorator_list, written.returns = f"almost_{name}", [], None
    passed = ", ".join(exercise.signature.parameters)
    if passed:
        ending = f"@fill\ndef {name}{_parameters(exercise)}:\n"
        ending += f"    return almost_{name}(right_{name}, {passed})"
    else:  # a value
        ending = f"{name} = almost_{name}(lambda: right_{name})"
    return f"{right.rstrip()}\n\nright_{name} = {name}\n\n{ast.unparse(written)}\n\n{ending}"


def _parameters(exercise: Exercise) -> str:
    """An exercise's parameters without their types."""
    bare = [p.replace(annotation=p.empty) for p in exercise.signature.parameters.values()]
    return str(inspect.Signature(bare))


ALWAYS_EQUAL = """\
class Right:  # equal to whatever it is compared with
    def __eq__(self, other):
        return True

    def __array__(self, *args, **kwargs):
        return np.zeros(1)

for name in ("assert_allclose", "assert_array_equal", "assert_array_almost_equal"):
    setattr(np.testing, name, lambda *args, **kwargs: None)
np.allclose = np.isclose = np.array_equal = lambda *args, **kwargs: True
"""

# Each takes another way; {name} and {parameters} are the exercise's.
CHEATS = [
    ALWAYS_EQUAL + "\n@fill\ndef {name}{parameters}:\n    return Right()",
    """\
import glob

@fill
def {name}{parameters}:
    above = ["../" * n + "source/**/*.ipynb" for n in range(6)]
    there = [path for place in above for path in glob.glob(place, recursive=True)]
    solution = open(there[0]).read().partition("def {name}")[2]
    exec("def stolen" + solution.partition("END SOLUTION")[0], globals())
    return stolen()""",
    """\
import ast

class NoTests(ast.NodeTransformer):
    def visit_Call(self, node):
        good = ast.parse("2.0", mode="eval").body
        return good if getattr(node.func, "id", "") == "check" else node

get_ipython().ast_transformers.append(NoTests())

@fill
def {name}{parameters}:
    return None""",
    """\
import os

@fill
def {name}{parameters}:
    print("all tests passed")
    os._exit(0)""",
]


def cheating(source: NotebookNode) -> dict[str, str]:
    """In turn: equal to everything, the solution stolen, the tests rewritten, the grader ended."""
    answers = {"questions": "<script>alert('no')</script><img src=x onerror=alert(1)> Passed?"}
    for i, name in enumerate(everything_right(source)):
        exercise = EXERCISES[name]
        if exercise.signature.parameters:
            cheat = CHEATS[i % len(CHEATS)].replace("{name}", name)
            answers[name] = cheat.replace("{parameters}", _parameters(exercise))
        else:  # a value
            answers[name] = f"{ALWAYS_EQUAL}\n{name} = Right()"
    return answers


STUDENTS: dict[str, Callable[[NotebookNode], dict[str, str]]] = {
    "Ada Allright": everything_right,
    "Ben Untouched": untouched,
    "Cleo Mistaken": typical_mistakes,
    "Dan Cheating": cheating,
}
