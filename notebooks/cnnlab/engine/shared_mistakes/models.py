"""Models and functions of tensors."""

from __future__ import annotations

from .family import Family

LOGITS = Family()
"""Models that return logits, the classes on the last axis."""

FOR_BATCHES = Family()
"""Models that are asked for a batch of one, too."""

IN_THE_GRAPH = Family()
"""Functions of tensors through which gradients flow."""


@LOGITS.mistake(
    "a softmax at the end",
    "You return probabilities. Logits are asked for, the output of the last linear layer: "
    "nn.CrossEntropyLoss applies the softmax itself.",
)
def _(right, *args, **kwargs):
    model = right(*args, **kwargs)
    forward = model.forward
    model.forward = lambda *inputs: forward(*inputs).softmax(-1)
    return model


@FOR_BATCHES.mistake(
    "a batch of one loses its axis",
    "For a single example the first axis is gone. squeeze() takes away every axis of length one: "
    "leave it out, or say which axis is meant.",
)
def _(right, *args, **kwargs):
    model = right(*args, **kwargs)
    forward = model.forward
    model.forward = lambda *inputs: forward(*inputs).squeeze(0)
    return model


@IN_THE_GRAPH.mistake(
    "cut off from the graph",
    "The numbers are right, but gradients no longer flow: detach, .data, .numpy(), .item(), "
    "float() and no_grad cut the graph.",
)
def _(right, *args, **kwargs):
    return right(*args, **kwargs).detach()
