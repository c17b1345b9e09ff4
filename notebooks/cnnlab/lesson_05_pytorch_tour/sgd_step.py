"""``sgd_step``: what an optimizer does in a step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import nn

from ..engine.drawing import sizes
from ..engine.exercise import Case, exercise
from .lecture import LINEAR_BIAS, LINEAR_WEIGHT
from .tensors import double, normal


@exercise(
    points=2,
    minutes=10,
    difficulty=2,
    importance=4,
    numpy_only=False,
    refused=("torch.optim.Optimizer", "torch.optim.sgd.sgd"),
)
def sgd_step(parameters: Any, learning_rate: float) -> None:
    """A step of gradient descent by hand: $\\theta\\leftarrow\\theta-\\eta\\,\\nabla_\\theta J$.

    The parameters are changed in place, without autograd recording it; afterwards their gradients
    are None (or zeros). Parameters without a gradient are left alone.

    parameters: an iterable of tensors, perhaps a generator such as ``model.parameters()``, which
        can be run through only once. learning_rate: η.
    Returns nothing.
    Lecture 6(b), "Gradient update".
    """


@sgd_step.oracle
def _(parameters, learning_rate):
    for parameter in parameters:
        if parameter.grad is not None:
            parameter.data.add_(parameter.grad, alpha=-learning_rate)
            parameter.grad = None


def stepped(
    answer: Callable,
    values: list,
    gradients: list,
    learning_rate: float,
    generator: bool = False,
) -> dict:
    """Make parameters with these values and gradients, take one step, and look at them."""
    parameters = [nn.Parameter(v.clone()) for v in values]
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = None if gradient is None else gradient.clone()
    answer((p for p in parameters) if generator else parameters, learning_rate)
    return {
        "parameters": [p.detach().clone() for p in parameters],
        "still trainable": [p.requires_grad and p.is_leaf for p in parameters],
        "gradients afterwards": [
            "none" if p.grad is None or not p.grad.any() else "left over" for p in parameters
        ],
    }


@sgd_step.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    def step(name: str, values: list, gradients: list, rate: float, **more: Any) -> Case:
        kwargs = {"values": values, "gradients": gradients, "learning_rate": rate, **more}
        return Case(name, kwargs=kwargs, probe=stepped)

    n, m = sizes(rng, 2, 6, 2)
    rate = float(rng.uniform(0.05, 0.5))
    yield step(
        "the lecture's layer and gradients",
        [double(LINEAR_WEIGHT), double(LINEAR_BIAS)],
        [
            double([[-2.5235, -3.5000, -4.4766], [-2.1231, -2.7092, -3.2953]]),
            double([-0.9766, -0.5861]),
        ],
        0.01,
    )
    shapes = [(n, m), (m,), (2, n, m)]
    values, slopes = [normal(rng, *s) for s in shapes], [normal(rng, *s) for s in shapes]
    yield step("several parameters", values, slopes, rate)
    yield step("parameters as a generator", values, slopes, rate, generator=True)
    yield step("one without gradient", values, [slopes[0], None, slopes[2]], rate)
    yield step("a learning rate of 1", [normal(rng, n)], [normal(rng, n)], 1.0)


sgd_step.hints = [
    "What does torch do when you compute with a parameter? And what would it mean to record that "
    "computation, too? Which context switches the recording off?",
    "`p = p - 0.1 * g` makes a new tensor and calls it p; the model keeps the old one. "
    "`p -= 0.1 * g` and `p.sub_(…)` change the parameter itself. Afterwards a gradient can be "
    "thrown away by setting it to None.",
    "```python\nwith ...:\n    for parameter in parameters:\n        if ...:          # none?"
    " Next one\n            continue\n        ...              # move the parameter itself\n"
    "        ...              # throw the gradient away\n```",
]
sgd_step.built = (
    "Plain gradient descent for any model: `step()` and then `zero_grad()` of `optim.SGD`. Next "
    "you see why gradients have to be forgotten, and how this rule does in a race against RMSprop"
    " and Adam."
)


@sgd_step.mistake(
    "autograd is still recording",
    "torch refuses to change a parameter in place while it records. Do it inside torch.no_grad().",
    symptom=True,
)
def _(right, parameters, learning_rate):
    for parameter in parameters:
        if parameter.grad is not None:
            parameter -= learning_rate * parameter.grad
            parameter.grad = None


@sgd_step.mistake(
    "a new tensor instead of the parameter",
    "p = p − … gives the name p to a new tensor; the parameter has not moved. Use -= or sub_.",
)
def _(right, parameters, learning_rate):
    with torch.no_grad():
        for parameter in parameters:
            if parameter.grad is not None:
                parameter = parameter - learning_rate * parameter.grad
                parameter.grad = None


@sgd_step.mistake(
    "the gradients are left over",
    "The next backward() would add to them. Set each grad to None when it has been used.",
)
def _(right, parameters, learning_rate):
    parameters = list(parameters)
    kept = [p.grad for p in parameters]
    right(parameters, learning_rate)
    for parameter, gradient in zip(parameters, kept, strict=True):
        parameter.grad = gradient


@sgd_step.mistake(
    "uphill", "The gradient points to where the loss grows. Subtract it, do not add it."
)
def _(right, parameters, learning_rate):
    right(parameters, -learning_rate)


@sgd_step.mistake("the learning rate is forgotten", "Multiply the gradient with the learning rate.")
def _(right, parameters, learning_rate):
    right(parameters, 1.0)


@sgd_step.mistake(
    "a parameter without gradient is not skipped",
    "A parameter that took no part in the loss has the gradient None: skip it.",
    symptom=True,
)
def _(right, parameters, learning_rate):
    with torch.no_grad():
        for parameter in parameters:
            parameter -= learning_rate * parameter.grad
            parameter.grad = None


@sgd_step.mistake(
    "a generator is run through twice",
    "Your second loop sees nothing: model.parameters() is a generator, empty after one run. Do "
    "everything in one loop, or make a list first.",
)
def _(right, parameters, learning_rate):
    with torch.no_grad():
        for parameter in parameters:
            if parameter.grad is not None:
                parameter -= learning_rate * parameter.grad
        for parameter in parameters:
            parameter.grad = None


@sgd_step.mistake(
    "gradients stay switched off",
    "set_grad_enabled(False) holds until somebody switches it on again, for the whole notebook. "
    "`with torch.no_grad():` ends by itself.",
)
def _(right, parameters, learning_rate):
    right(parameters, learning_rate)
    torch.set_grad_enabled(False)


@sgd_step.mistake(
    "the parameters are frozen",
    "After requires_grad_(False) they receive no gradients any more. Use torch.no_grad() instead.",
)
def _(right, parameters, learning_rate):
    parameters = list(parameters)
    right(parameters, learning_rate)
    for parameter in parameters:
        parameter.requires_grad_(False)


@sgd_step.mistake(
    "the parameters do not move",
    "The gradients are gone, and the parameters are what they were: p − … and p.sub(…) make a new "
    "tensor and leave p alone. Use -= or sub_.",
)
def _(right, parameters, learning_rate):
    right(parameters, 0.0)


@sgd_step.mistake(
    "the step in the parameter's place",
    "The parameter has become the step itself: its old value is lost. Move it by the step. (Did "
    "you write =- for -=?)",
)
def _(right, parameters, learning_rate):
    parameters = list(parameters)
    for parameter in parameters:
        if parameter.grad is not None:
            parameter.data.zero_()
    right(parameters, learning_rate)
