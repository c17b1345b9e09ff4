"""Lesson 05: what is ready-made is refused, however it is called, and only while answers run."""

import pytest
import torch
from cnnlab.engine.examine import examine
from cnnlab.engine.exercise import EXERCISES
from torch import nn
from torch.nn.functional import linear as imported_linear
from torch.nn.functional import mse_loss as imported_loss
from torch.optim import SGD as ImportedSGD

from autograder.cells import is_test
from autograder.intake.restore import restore
from autograder.judging import judge
from autograder.judging.record import records
from autograder.releasing import build
from autograder.sandbox.warm import Sandboxes


def linear_by_a_module(inputs, weight, bias=None):
    layer = nn.Linear(weight.shape[1], weight.shape[0]).to(weight.dtype)
    layer.weight, layer.bias = nn.Parameter(weight), bias if bias is None else nn.Parameter(bias)
    return layer(inputs)


def step_by_an_optimizer(parameters, learning_rate):
    ImportedSGD(parameters, lr=learning_rate).step()


def slope_by_autograd(w, x, y):
    w = torch.tensor(w, requires_grad=True)
    ((w * x - y) ** 2).backward()
    return w.grad.item()


def ffn_by_func(x, y, W, V):
    def loss(W, V):
        return ((torch.relu(x @ W) @ V - y) ** 2).mean()

    return torch.func.grad(loss, argnums=(0, 1))(W, V)


READY_MADE = [
    ("linear", torch.nn.functional.linear),
    ("linear", imported_linear),
    ("linear", linear_by_a_module),
    ("mse", imported_loss),
    ("mse", lambda predictions, targets: nn.MSELoss()(predictions, targets)),
    ("sgd_step", step_by_an_optimizer),
    ("slope", slope_by_autograd),
    ("ffn_gradients", ffn_by_func),
]


@pytest.mark.parametrize("name, answer", READY_MADE)
def test_the_ready_made_answer_is_refused_and_earns_nothing(name, answer):
    report = examine(EXERCISES[name], answer)
    assert {r.outcome.status for r in report.results} == {"forbidden"}
    assert report.points == 0
    assert "not allowed in this exercise" in report.wrong[0].problem.message


def test_after_a_check_everything_that_was_refused_works_again():
    examine(EXERCISES["linear"], imported_linear)
    examine(EXERCISES["slope"], slope_by_autograd)
    layer = nn.Linear(3, 2)
    layer(torch.ones(1, 3)).sum().backward()
    ImportedSGD(layer.parameters(), lr=0.1).step()
    assert nn.MSELoss()(torch.ones(2), torch.zeros(2)) == 1


def test_an_answer_cannot_leave_gradients_switched_off_for_the_next_one():
    def switching_off(parameters, learning_rate):
        torch.set_grad_enabled(False)

    report = examine(EXERCISES["sgd_step"], switching_off)
    assert torch.is_grad_enabled()
    assert report.status == "incorrect"


IN_A_NOTEBOOK = {
    "linear": "from torch.nn.functional import linear as ready\n\n"
    "def linear(inputs, weight, bias=None):\n    return ready(inputs, weight, bias)",
    "mse": "def mse(predictions, targets):\n    return nn.MSELoss()(predictions, targets)",
    "ffn_gradients": "def ffn_gradients(x, y, W, V):\n"
    "    loss = lambda W, V: ((torch.relu(x @ W) @ V - y) ** 2).mean()\n"
    "    return torch.func.grad(loss, argnums=(0, 1))(W, V)",
    "gradients": "def gradients(x, w):\n    torch.set_grad_enabled(False)\n    return None, None",
}


@pytest.fixture(scope="module")
def graded():
    """What the grader says of a solution in which some answers are ready-made: (status, points)."""
    notebook = build.read(build.SOLUTIONS / "05_pytorch_tour.md")
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        cell.source = IN_A_NOTEBOOK.get(name, cell.source)
    sandboxes = Sandboxes()
    try:
        restored, _ = restore(notebook, build.read(build.SOLUTIONS / "05_pytorch_tour.md"))
        judge.judge(restored, sandboxes, seed=3)
    finally:
        sandboxes.close()
    found = [r for cell in restored.cells if is_test(cell) for r in records(cell)]
    return {r.exercise: r for r in found}


@pytest.mark.parametrize("name", ["linear", "mse", "ffn_gradients"])
def test_the_grader_refuses_the_ready_made_answer_too(graded, name):
    assert graded[name].points == 0
    assert {problem for _, problem in graded[name].cases} == {"forbidden"}


def test_in_the_grader_too_gradients_stay_on_for_the_next_answer(graded):
    assert graded["gradients"].points == 0
    for name in ("sgd_step", "train", "FFN"):
        assert graded[name].points == graded[name].max_points
