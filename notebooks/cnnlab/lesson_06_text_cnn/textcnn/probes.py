"""Probes of TextCNN: their source goes to where the answer runs, so each stands alone.

What they give back is data, parameters and logits; what it says is found out elsewhere.
"""

from __future__ import annotations

import torch
from torch import nn


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


def parameters_of(TextCNN, V, M, ids, mask, **options):
    """All its parameters by name, and what it answers with them."""
    model = TextCNN(V, M, **options).eval()
    return {n: p.detach() for n, p in model.named_parameters()}, model(ids, mask).detach()


def dropout_of(TextCNN, V, M, ids, mask, **options):
    """What a new model answers: twice in evaluation mode, twice in training mode.

    And once in each mode what another one answers if its linear layer shows the pooled features
    themselves, plus 3; None if it has another number of them. Behind these the parameters of both.
    """

    def parameters(model):
        return {name: p.detach().clone() for name, p in model.named_parameters()}

    model = TextCNN(V, M, **options).double().eval()
    answers = [model(ids, mask).detach() for _ in range(2)]
    model.train()
    answers += [model(ids, mask).detach() for _ in range(2)]
    count = options["filters"] * len(options["widths"])
    showing = TextCNN(V, M, **{**options, "classes": count}).double().eval()
    if tuple(showing.linear.weight.shape) != (count, count):
        return [*answers, None, None, parameters(model), None]
    with torch.no_grad():
        showing.linear.weight.copy_(torch.eye(count))
        showing.linear.bias.fill_(3.0)
        answers += [showing(ids, mask), showing.train()(ids, mask)]
    return [*answers, parameters(model), parameters(showing)]


def gradients_of(TextCNN, V, M, ids, mask, labels, **options):
    """What a new model answers, its layers' parameters with their gradients, and who gets none."""
    model = TextCNN(V, M, **options)
    logits = model(ids, mask)
    nn.CrossEntropyLoss()(logits, labels).backward()
    layers = {f"convolutions.{i}": layer for i, layer in enumerate(model.convolutions)}
    layers |= {"embedding": model.embedding, "linear": model.linear}
    parts = {f"{n}.{p}": w for n, layer in layers.items() for p, w in layer.named_parameters()}
    return {
        "logits": logits.detach(),
        "parameters": {name: w.detach() for name, w in parts.items()},
        "gradients": {name: w.grad for name, w in parts.items()},
        "without": [n for n, p in model.named_parameters() if p.grad is None or not p.grad.any()],
    }
