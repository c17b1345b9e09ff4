"""The static look at answers: what is a way around a refusal, and what loses nothing."""

import pytest
from cnnlab.engine.exercise import EXERCISES
from cnnlab.engine.refusing import AUTOGRAD

from autograder.judging.shortcuts import shortcut
from autograder.tests.support.students import right_answers

LINEAR = ("torch.nn.functional.linear",)
SETUP = "import torch\nfrom torch import nn\nimport torch.nn.functional as F"
RIGHT = "def linear(x, W, b=None):\n    y = x @ W.T\n    return y if b is None else y + b\n"


def seen(answer, *more, refused=LINEAR, name="linear"):
    return shortcut(name, [SETUP, answer, *more], refused)


@pytest.mark.parametrize("answer", right_answers(), ids=str)
def test_no_right_answer_is_taken_for_a_way_around(answer):
    exercise = answer.exercise
    assert shortcut(exercise.name, [SETUP, answer.needs, answer.source], exercise.refused) == ""


MENTIONS = {
    "a comment": RIGHT + "    # torch.ops.aten.linear(x, W, b) does the same",
    "a string": RIGHT.replace("    y =", "    'as torch.ops.aten.linear'\n    y =", 1),
    "an annotation": RIGHT.replace("W,", "W: torch._C.TensorBase,"),
    "a returned type": RIGHT.replace("):\n", ") -> torch._C.TensorBase:\n", 1),
    "a cell that it does not use": (RIGHT, "trial = torch.ops.aten.linear"),
    "another function": (RIGHT, "def compare(x, W):\n    return torch.ops.aten.linear(x, W)"),
    "compiled, and by hand": "@torch.jit.script\n" + RIGHT,
    "a thread, and by hand": (
        "import threading\n" + RIGHT.replace("    y =", "    threading.Lock()\n    y =", 1)
    ),
    "the function itself": RIGHT + "    return F.linear(x, W, b)",  # refused where it is called
}


@pytest.mark.parametrize("mention", MENTIONS)
def test_what_only_mentions_it_loses_nothing(mention):
    cells = MENTIONS[mention]
    assert seen(*([cells] if isinstance(cells, str) else cells)) == ""


WAYS = {
    "its place": "def linear(x, W, b=None): return torch.ops.aten.linear(x, W, b)",
    "another name of torch": "import torch as t\ndef linear(x, W): return t._C._nn.linear(x, W)",
    "imported": "from torch._C import _nn\ndef linear(x, W, b=None): return _nn.linear(x, W, b)",
    "a module of its own": "import torch._VF as v\ndef linear(x, W, b): return v.addmm(b, x, W)",
    "getattr": "def linear(x, W, b=None): return getattr(torch, 'ops').aten.linear(x, W, b)",
    "a helper": "f = torch.ops.aten\ndef g(*a): return f.linear(*a)\ndef linear(*a): return g(*a)",
    "a value": "linear = torch.ops.aten.linear",
    "a class, compiled": "def linear(x, W):\n    return torch.jit.trace(nn.Linear(3, 2), x)(x)",
    "in a pool": "from concurrent.futures import ThreadPoolExecutor as Pool\n"
    "def linear(x, W, b=None): return Pool().submit(F.linear, x, W, b).result()",
}


@pytest.mark.parametrize("way", WAYS)
def test_a_way_around_is_seen_and_told_in_the_words_of_a_refusal(way):
    said = seen(WAYS[way])
    assert "is not allowed in this exercise" in said


def test_it_is_found_in_another_cell_that_the_answer_uses():
    helper = "def helper(x, W, b):\n    return torch.ops.aten.linear(x, W, b)"
    said = seen("def linear(x, W, b=None): return helper(x, W, b)", helper)
    assert said.startswith("torch.ops.aten.linear is not allowed")


@pytest.mark.parametrize(
    "line",
    [
        "return threading.Thread(target=J.backward)",
        "J.grad_fn(torch.ones(()))",
        "J.grad_fn.next_functions[0][0].variable",
        "return threading.Thread(target=torch.func.grad(f))",
    ],
)
def test_gradients_by_torch_are_seen(line):
    answer = f"import threading\ndef slope(w, x, y):\n    J = (w * x - y) ** 2\n    {line}"
    assert seen(answer, refused=AUTOGRAD, name="slope")
    assert seen(answer, refused=(), name="slope") == ""


def test_asking_whether_there_is_a_graph_loses_nothing():
    answer = "def slope(w, x, y):\n    assert w.grad_fn is None\n    return 2 * (w * x - y) * x"
    assert seen(answer, refused=AUTOGRAD, name="slope") == ""


def test_what_is_no_python_is_no_way_around():
    assert seen("def linear(x, W:\n    torch.ops") == ""


def test_refused_functions_have_names_that_the_look_knows():
    refused = {name for exercise in EXERCISES.values() for name in exercise.refused}
    assert refused and all(name.startswith("torch.") for name in refused)
