"""``FFN``: a model of one's own."""

from __future__ import annotations

import collections
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import nn

from ..engine.comparing import difference
from ..engine.drawing import sizes
from ..engine.exercise import Case, exercise
from ..engine.shared_mistakes import LOGITS
from .tensors import normal


@exercise(points=2, minutes=10, difficulty=2, importance=4, numpy_only=False)
def FFN(input_size: int, hidden_size: int, output_size: int) -> nn.Module:
    """A feed-forward net as a module of its own: linear1, ReLU, linear2.

    A class derived from ``nn.Module`` whose ``forward(inputs)`` maps (batch, input_size) to
    (batch, output_size): logits, nothing after the second layer.

    Returns (when called) a model with the sub-modules ``linear1`` and ``linear2``, both
    ``nn.Linear`` with bias.
    Lecture 6(b), "Implementing your own model".
    """


@FFN.oracle
def _(input_size, hidden_size, output_size):
    return nn.Sequential(
        collections.OrderedDict(
            linear1=nn.Linear(input_size, hidden_size),
            relu=nn.ReLU(),
            linear2=nn.Linear(hidden_size, output_size),
        )
    )


def examined(answer: Callable, sizes: list, weights: dict, inputs: Any) -> dict:
    """A model's parameters; with given weights, its outputs and gradients."""
    with torch.random.fork_rng():
        torch.manual_seed(7)
        model = answer(*sizes)
        if not isinstance(model, nn.Module):
            raise TypeError(f"FFN(...) gave a {type(model).__name__}: derive it from nn.Module")
        if type(model).forward is nn.Module.forward and "forward" not in vars(model):
            raise AttributeError("the class has no method forward(self, inputs); is it indented?")
        found = {name: list(p.shape) for name, p in model.named_parameters()}
        report = {"parameters": found, "outputs": None, "same again": None, "gradients": None}
        if found != {name: list(w.shape) for name, w in weights.items()}:
            return report
        model.double()
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                parameter.copy_(weights[name])
        outputs = model(inputs)
        report["outputs"] = outputs.detach()
        report["same again"] = model.eval()(inputs).detach()
        if outputs.requires_grad:
            (outputs**2).sum().backward()
        report["gradients"] = {name: p.grad for name, p in model.named_parameters()}
    return report


def with_its_own(answer: Callable, sizes: list, inputs: Any) -> tuple:
    """A new model's parameters, and what it answers with them."""
    model = answer(*sizes)
    return {name: p.detach() for name, p in model.named_parameters()}, model(inputs).detach()


def is_its_own(value: Any, sizes: list, inputs: torch.Tensor) -> str | None:
    """The parameters asked for, and the outputs that our own network has with them."""
    parameters, outputs = value
    ours = FFN.reference(*sizes)
    wanted = {name: list(p.shape) for name, p in ours.named_parameters()}
    given = {name: list(p.shape) for name, p in parameters.items()}
    if problem := difference(wanted, given, 0, 0):
        return problem.message
    ours.load_state_dict(parameters)
    right = ours(inputs).detach()
    if torch.allclose(right, right[:1], rtol=0, atol=1e-5):  # parameters of zeros need no network
        return "different inputs get the same outputs."
    problem = difference(right, outputs, 1e-4, 1e-5)
    return problem.message if problem else None


@FFN.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    def build(name: str, batch: int, *sizes: int) -> Case:
        i, h, o = sizes
        weights = {
            "linear1.weight": normal(rng, h, i),
            "linear1.bias": normal(rng, h),
            "linear2.weight": normal(rng, o, h),
            "linear2.bias": normal(rng, o),
        }
        kwargs = {"sizes": list(sizes), "weights": weights, "inputs": normal(rng, batch, i)}
        return Case(name, kwargs=kwargs, probe=examined)

    i, h, o, batch = sizes(rng, 3, 8, 4)
    yield build("the lecture's sizes 3, 2, 2", 6, 3, 2, 2)
    yield build("random sizes", batch, i, h, o)
    yield build("many hidden units", 4, 3, 20, 5)
    yield build("a single output", 7, 4, 6, 1)
    kwargs = {"sizes": [i, h, o], "inputs": normal(rng, batch, i).float()}
    yield Case("with its own parameters", kwargs=kwargs, probe=with_its_own, judge=is_its_own)


FFN.hints = [
    "A module has two parts: what it owns (made once, when it is created) and what it does (every "
    "time it is called). Which of linear1, ReLU, linear2 own parameters?",
    "inputs (batch, I) → linear1 → (batch, H) → ReLU → (batch, H) → linear2 → (batch, O). "
    "Attributes of `self` that are modules are registered by themselves, but only after "
    "`super().__init__()` has run.",
    "```python\nclass FFN(nn.Module):\n"
    "    def __init__(self, input_size, hidden_size, output_size):\n"
    "        super().__init__()\n        self.linear1 = ...\n        self.linear2 = ...\n\n"
    "    def forward(self, inputs):\n        hidden = ...\n        return ...\n```",
]
FFN.built = (
    "A model whose parameters torch finds, names and moves; an `nn.Sequential` of the same layers"
    " would compute the same. In part 10 it learns to predict tomorrow's COVID-19 tests from the "
    "last seven days."
)


@FFN.mistake(
    "no nonlinearity",
    "Without ReLU between them two linear layers are one: apply it to the hidden vector.",
)
def _(right, input_size, hidden_size, output_size):
    model = right(input_size, hidden_size, output_size)
    model.forward = lambda inputs: model.linear2(model.linear1(inputs))
    return model


@FFN.mistake(
    "ReLU after the last layer as well",
    "The predictions could never be negative. ReLU stands between the layers only.",
)
def _(right, input_size, hidden_size, output_size):
    model = right(input_size, hidden_size, output_size)
    model.forward = lambda x: torch.relu(model.linear2(torch.relu(model.linear1(x))))
    return model


@FFN.mistake(
    "ReLU at the wrong place",
    "ReLU comes after linear1, not after linear2: otherwise the two layers are one linear map.",
)
def _(right, input_size, hidden_size, output_size):
    model = right(input_size, hidden_size, output_size)
    model.forward = lambda inputs: torch.relu(model.linear2(model.linear1(inputs)))
    return model


@FFN.mistake(
    "another nonlinearity", "Asked for is ReLU; yours is a sigmoid. (torch.relu, F.relu, nn.ReLU)"
)
def _(right, input_size, hidden_size, output_size):
    model = right(input_size, hidden_size, output_size)
    model.forward = lambda inputs: model.linear2(torch.sigmoid(model.linear1(inputs)))
    return model


@FFN.mistake(
    "layers that torch does not see",
    "Layers in a plain Python list are not registered: parameters() is empty, and nothing would "
    "train. Make them attributes, self.linear1 = …",
)
def _(right, input_size, hidden_size, output_size):
    class FFN(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = [nn.Linear(input_size, hidden_size), nn.Linear(hidden_size, output_size)]

        def forward(self, inputs):
            return self.layers[1](torch.relu(self.layers[0](inputs)))

    return FFN()


@FFN.mistake(
    "other names",
    "The sub-modules are to be called linear1 and linear2, so that saved weights find their place.",
)
def _(right, input_size, hidden_size, output_size):
    class FFN(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc1 = nn.Linear(input_size, hidden_size)
            self.fc2 = nn.Linear(hidden_size, output_size)

        def forward(self, inputs):
            return self.fc2(torch.relu(self.fc1(inputs)))

    return FFN()


@FFN.mistake(
    "super().__init__() is missing",
    "Its parent class has to set itself up before layers can be registered: call "
    "super().__init__() first.",
    symptom=True,
)
def _(right, input_size, hidden_size, output_size):
    class FFN(nn.Module):
        def __init__(self):
            self.linear1 = nn.Linear(input_size, hidden_size)

    return FFN()


@FFN.mistake(
    "the second layer is left out",
    "Forward ends with the hidden vectors. They go through linear2, too.",
)
def _(right, input_size, hidden_size, output_size):
    model = right(input_size, hidden_size, output_size)
    model.forward = lambda inputs: torch.relu(model.linear1(inputs))
    return model


@FFN.mistake("no biases", "Both layers have a bias, which is nn.Linear's default.")
def _(right, input_size, hidden_size, output_size):
    model = right(input_size, hidden_size, output_size)
    model.linear1 = nn.Linear(input_size, hidden_size, bias=False)
    model.linear2 = nn.Linear(hidden_size, output_size, bias=False)
    return model


@FFN.mistake(
    "the sizes are mixed up",
    "linear1 goes from input_size to hidden_size, linear2 from hidden_size to output_size.",
)
def _(right, input_size, hidden_size, output_size):
    return right(hidden_size, input_size, output_size)


@FFN.mistake(
    "a single output loses its axis",
    "With one output you return (batch,), not (batch, 1). squeeze() takes away every axis of "
    "length one: leave it out.",
)
def _(right, input_size, hidden_size, output_size):
    model = right(input_size, hidden_size, output_size)
    forward = model.forward
    model.forward = lambda inputs: forward(inputs).squeeze()
    return model


LOGITS.belongs_to(FFN)
