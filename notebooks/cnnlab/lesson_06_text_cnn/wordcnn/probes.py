"""Probes of WordCNN: their source goes to where the answer runs, so each stands alone."""

from __future__ import annotations

import torch
from torch import nn


def word_outputs(WordCNN, V, M, weights, ids, **options):
    """What the model answers when its parameters, found by their shapes, are ``weights``.

    A filter bank may be held in any form: weights of no such shape are found by their gradients.
    """
    model = WordCNN(V, M, **options).double().eval()
    table, bank, bias, linear, ends = weights.values()
    (N, _, width), every = bank.shape, list(model.parameters())

    def held(weight):
        # A linear layer may be written as a convolution of one word: (classes, N, 1).
        found = [p for p in every if p.squeeze().shape == weight.squeeze().shape]
        if weight is bank and width == M:  # its shape alone does not tell which axis is which
            sure = {id(m.weight) for m in model.modules() if isinstance(m, nn.Conv1d)}
            found = [p for p in found if id(p) in sure]
        return found

    def slopes(features, heads):
        with torch.no_grad():
            held(table)[0].copy_(torch.stack([features * (i == 1) for i in range(V)]))
            held(linear)[0].copy_(heads.expand(len(linear), N).reshape(held(linear)[0].shape))
        out = model(torch.tensor([[2] * 2 * width + [1] + [2] * 2 * width]))[0, :, 0]
        found = [torch.autograd.grad(o, parts, None, True, allow_unused=True) for o in out]
        found = [[torch.zeros(1) if g is None else g for g in grads] for grads in found]
        return [grads for grads in found[::-1] if any(g.any() for g in grads)]

    yours = ", ".join(f"{n} {tuple(p.shape)}" for n, p in model.named_parameters())
    known = {n: w for n, w in weights.items() if held(bank) or (w is not bank and w is not bias)}
    if wrong := [f"{n} {tuple(w.shape)}" for n, w in known.items() if len(held(w)) != 1]:
        raise ValueError(f"among the parameters there should be one {wrong[0]}. Yours: {yours}")
    if not held(bank):
        taken = {id(p) for w in (table, bias, linear, ends) for p in held(w)}
        parts = [p for p in every if id(p) not in taken]
        with torch.no_grad():
            for p in every:  # every filter answers with 1, where ReLU has a slope
                p.fill_(1.0 if p is (held(bias) or [None])[0] else 0.0)
        places = slopes(torch.arange(1.0, M + 1), torch.ones(1)) if parts else []
        filters = slopes(torch.ones(M), torch.arange(1.0, N + 1)) if parts else []
        count = 0
        for k, pair in enumerate(zip(places[:width], filters, strict=False)):
            for p, m, n in zip(parts, *pair, strict=True):
                here, count = m != 0, count + int(m.count_nonzero())
                with torch.no_grad():
                    p[here] = bank[n[here].long() - 1, m[here].long() - 1, k]
        if count != bank.numel() or not held(bias):
            raise ValueError(f"no parameters do what filters {tuple(bank.shape)} do: {yours}")
    with torch.no_grad():
        for weight in [*known.values(), *[bias] * (not held(bank))]:
            held(weight)[0].copy_(weight.reshape(held(weight)[0].shape))
        return model(ids)


def word_padding(WordCNN, V, M, ids, zeros, others, **options):
    """What the model answers with and without zeros after the sentence, new and trained.

    And what it answers if a word is another one.
    """
    model = WordCNN(V, M, **options).double()
    more = torch.cat([ids, torch.zeros(len(ids), zeros, dtype=torch.int64)], 1)
    answers = [model(ids).detach(), model(more)[:, : ids.shape[1]].detach()]
    answers += [model(others).detach()]
    model(more).square().sum().backward()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.grad is not None:
                parameter -= 0.5 * parameter.grad
    return [*answers, model(ids).detach(), model(more)[:, : ids.shape[1]].detach()]


def word_shape(WordCNN, V, M, ids, others, **options):
    """What the model answers, for one sentence, and if a word is another one.

    And what gets no gradient, and how many numbers its parameters hold.
    """
    model = WordCNN(V, M, **options)
    out = model(ids)
    out.square().sum().backward()
    return {
        "answers": [out.detach(), model(ids[:1]).detach(), model(others).detach()],
        "without a gradient": [
            n for n, p in model.named_parameters() if p.grad is None or not p.grad.any()
        ],
        "numbers in all parameters": sum(p.numel() for p in model.parameters()),
    }
