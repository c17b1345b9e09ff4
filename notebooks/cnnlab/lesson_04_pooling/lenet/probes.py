"""Probes of LeNet: their source goes to where the answer runs, so each stands alone.

They give back scores, kernels and maps; what these show is found out elsewhere (``judges``).
"""

from __future__ import annotations

import torch
from torch import nn


def scores_of(answer, classes, *batches):
    """The scores of batches of images."""
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(1)
        model = answer(classes)
        return [model(torch.tensor(images)) for images in batches]


def layers_of(answer, classes, images):
    """What each nn.Conv2d makes of its input, and what of that arrives at the next layer.

    No list of names could know every way to write these, so we watch what they
    do. Each convolution's output is replaced by maps that are the same
    everywhere; pooling leaves such a map as it is. If the next layer's input
    does not change in a straight line with their height, a nonlinearity lies between.
    """
    convolutions, dense = [], False
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(2)
        model = answer(classes).eval()
        images = torch.tensor(images)
        model(images)  # layers that find out their size by themselves do it now
        registered = {id(module) for module in model.modules()}
        height, calls = [0.0], []

        def entered(module, given):
            if given and isinstance(module, (nn.Conv2d, nn.Linear)):
                calls.append([module, given[0], None])

        def left(module, given, result):
            if calls and calls[-1][0] is module and isinstance(module, nn.Conv2d):
                calls[-1][2] = result
                slope = torch.linspace(0.5, 1.5, result.shape[-3])[:, None, None]
                return (height[0] * slope).expand_as(result).clone()

        hooks = nn.modules.module
        handles = [
            hooks.register_module_forward_pre_hook(entered),
            hooks.register_module_forward_hook(left),
        ]
        runs = []
        try:
            for height[0] in (-2.0, -1.0, 0.0, 1.0, 2.0, 3.0):
                calls.clear()
                scores = model(images)
                runs.append([*calls, [None, scores, None]])
        finally:
            for handle in handles:
                handle.remove()
        for i, (module, _, result) in enumerate(runs[0][:-1]):
            if not isinstance(module, nn.Conv2d):
                dense = dense or id(module) in registered
                continue
            following, arrived, _ = runs[0][i + 1]
            around = module._reversed_padding_repeated_twice
            mode = "constant" if module.padding_mode == "zeros" else module.padding_mode
            few = slice(8 if module.groups == 1 else None)  # of its maps are enough to see
            convolutions.append(
                {
                    "layer": [id(m) for m, _, _ in runs[0]].index(id(module)),
                    "registered": id(module) in registered,
                    "input": nn.functional.pad(runs[0][i][1], around, mode),
                    "kernels": module.weight[few].detach(),
                    "biases": None if module.bias is None else module.bias[few].detach(),
                    "how": [list(module.stride), list(module.dilation), module.groups],
                    "maps": result[..., few, :, :],
                    "shape": list(result.shape),
                    "arrived shape": list(arrived.shape),
                    "next is a convolution": isinstance(following, nn.Conv2d),
                    "arrived": torch.stack([run[i + 1][1].flatten()[:5000] for run in runs]),
                }
            )
            # A convolution that sees everything at once is a dense layer.
            dense = dense or result.shape[-2:].numel() == 1
        dense = dense or any(p.ndim == 2 for p in model.parameters())
    return {"convolutions": convolutions, "dense": dense}


def scores_in_evaluation(answer, classes, images):
    """The scores of a batch, of the same batch again, and of its first image alone."""
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(3)
        model = answer(classes)
        images = torch.tensor(images)
        model.eval()
        return [model(batch).numpy() for batch in (images, images, images[:1])]


def without_gradient(answer, classes, images, labels):
    """How many parameters there are, how many of them get no gradient, and the scores."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(4)
        model = answer(classes)
        images, labels = torch.tensor(images), torch.tensor(labels)
        scores = model(images)
        loss = nn.functional.cross_entropy(scores, labels)
        if loss.requires_grad:
            loss.backward()
    gradients = [p.grad for p in model.parameters()]
    return len(gradients), sum(g is None for g in gradients), scores.detach()


def predictions_after_training(answer, classes, images, labels, new, seed):
    """Train for eighty small steps, then name the class of each new image."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = answer(classes)
        images = torch.tensor(images, dtype=torch.float32)[:, None] / 255
        new = torch.tensor(new, dtype=torch.float32)[:, None] / 255
        labels = torch.tensor(labels)
        model.eval()
        with torch.no_grad():
            model(images[:2])  # layers that find out their size by themselves do it now
        if not any(isinstance(module, nn.Conv2d) for module in model.modules()):
            return None  # other networks learn this, too, but were not asked for
        model.train()
        learning = [p for p in model.parameters() if p.requires_grad]
        optimizer = torch.optim.Adam(learning, lr=3e-3) if learning else None
        # A very wide network is slow, but needs fewer steps. Its size says so, never a clock: on a
        # busy machine that would cut the training of the smallest short.
        steps = 40 if sum(p.numel() for p in learning) > 1_000_000 else 80
        for _ in range(steps if learning else 0):
            batch = torch.randint(len(images), (16,))
            loss = nn.functional.cross_entropy(model(images[batch]), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            return model(new).argmax(dim=1).numpy()
