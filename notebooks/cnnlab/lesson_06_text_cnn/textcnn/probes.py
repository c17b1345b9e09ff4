"""Probes of TextCNN: their source goes to where the answer runs, so each stands alone."""

from __future__ import annotations

import torch
from torch import nn


def parameters_of(TextCNN, V, M, **options):
    """The shape of each parameter, by name."""
    return {name: list(p.shape) for name, p in TextCNN(V, M, **options).named_parameters()}


def outputs_of(TextCNN, V, M, weights, batches, **options):
    """What the model answers in evaluation mode when its parameters are ``weights``."""
    model = TextCNN(V, M, **options).double().eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name in weights:
                parameter.copy_(weights[name])
        if getattr(model.embedding, "padding_idx", None) is not None:
            model.embedding.weight[model.embedding.padding_idx] = 0
        return [model(ids, mask) for ids, mask in batches]


def dropout_of(TextCNN, V, M, ids, mask, **options):
    """What a new model answers: twice in evaluation mode, twice in training mode.

    And once in each mode what it answers if its linear layer shows the pooled features
    themselves, plus 3; None if it has another number of them.
    """
    model = TextCNN(V, M, **options).double().eval()
    answers = [model(ids, mask).detach() for _ in range(2)]
    model.train()
    answers += [model(ids, mask).detach() for _ in range(2)]
    count = options["filters"] * len(options["widths"])
    model = TextCNN(V, M, **{**options, "classes": count}).double().eval()
    if tuple(model.linear.weight.shape) != (count, count):
        return [*answers, None, None]
    with torch.no_grad():
        model.linear.weight.copy_(torch.eye(count))
        model.linear.bias.fill_(3.0)
        return [*answers, model(ids, mask), model.train()(ids, mask)]


def untrained_parts(TextCNN, V, M, ids, mask, labels, **options):
    """The names of the parameters that get no gradient from a batch."""
    model = TextCNN(V, M, **options)
    nn.CrossEntropyLoss()(model(ids, mask), labels).backward()
    return [n for n, p in model.named_parameters() if p.grad is None or not p.grad.any()]
