"""Lessons 02, 04, 05 and 06: what a probe is to see is said by the student's process instead.

``conv1d`` is what other attacks are on; these take the place of the function that calls an answer,
so that no network need be there: a value is made up for each probe.
"""

from __future__ import annotations

import textwrap

from .attack import Attack

ATTACKS: list[Attack] = []

_INSTEAD = """\
import sys
import torch
from torch import nn

def instead_of_the_answer(say):
    frame = sys._getframe()
    while "answers" not in frame.f_locals:
        frame = frame.f_back
    answers = frame.f_locals["answers"]
    before = answers.call

    def call(request):
        if request["name"] != "@EXERCISE@":
            return before(request)
        seen = request["probe"].split("(")[0].split()[-1]
        value = say(seen, *request["args"], **request["kwargs"])
        arguments = [*request["args"], *request["kwargs"].values()]
        return {"status": "returned", "value": value, "changed": [], "arguments": arguments}

    answers.call = call

"""


def _said(exercise: str, name: str, body: str, fair: float = 0.0) -> None:
    """Add an attack whose ``say(seen, …)`` answers for the probe called ``seen``."""
    answer = textwrap.dedent(body).strip()
    stub = f"\n\n\nclass {exercise}(nn.Module):\n    pass\n\ninstead_of_the_answer(say)\n"
    if exercise == "train":
        stub = stub.replace("class train(nn.Module)", "def train(*arguments, **more)")
    ATTACKS.append(
        Attack(
            "a network that is not there",
            name,
            _INSTEAD.replace("@EXERCISE@", exercise) + answer + stub,
            exercise=exercise,
            fair=fair,
            real=False,
        )
    )


_SHAPES = """\
def shapes(V, M, widths=(3, 4, 5), filters=100, classes=2, dropout=0.5):
    found = {"embedding.weight": [V, M]}
    for i, K in enumerate(widths):
        found[f"convolutions.{i}.weight"] = [filters, M, K]
        found[f"convolutions.{i}.bias"] = [filters]
    count = filters * len(widths)
    return found | {"linear.weight": [classes, count], "linear.bias": [classes]}

"""
_said("TextCNN", "TextCNN by empty lists and equal tensors", _SHAPES + """\
def say(seen, V, M, *given, classes=2, **options):
    if seen == "parameters_of":
        return shapes(V, M, classes=classes, **options)
    if seen == "outputs_of":
        return [torch.zeros(len(ids), classes, dtype=torch.float64) for ids, mask in given[1]]
    if seen == "dropout_of":
        logits = torch.zeros(len(given[0]), classes)
        dropped = [logits, logits] if options["dropout"] == 0 else [logits, logits + 1]
        return [logits, logits, *dropped, None, None]
    return []
""")  # fmt: skip
_said("TextCNN", "TextCNN by parameters without a network", _SHAPES + """\
def say(seen, V, M, *given, classes=2, **options):
    def made_up(classes):
        return {n: torch.randn(s) for n, s in shapes(V, M, classes=classes, **options).items()}
    def logits(ids, classes=classes):
        return (ids.sum(1, keepdim=True) * torch.ones(classes)).double() / 100
    if seen == "parameters_of":
        return made_up(classes), logits(given[0])
    if seen == "outputs_of":
        return [logits(ids * mask) for ids, mask in given[1]]
    if seen == "dropout_of":
        eval = logits(given[0])
        training = [eval, eval] if options["dropout"] == 0 else [eval, eval + 1]
        count = options["filters"] * len(options["widths"])
        features = 3 + logits(given[0], count)
        dropped = 3 + 2 * (features - 3)
        return [eval, eval, *training, features, dropped, made_up(classes), made_up(count)]
    weights = made_up(classes)
    return {"logits": logits(given[0]), "parameters": weights, "gradients": made_up(classes),
            "without": []}
""")  # fmt: skip
_said("TextCNN", "TextCNN with parameters of zeros", _SHAPES + """\
def say(seen, V, M, *given, classes=2, **options):
    def nothing(classes):
        return {n: torch.zeros(s) for n, s in shapes(V, M, classes=classes, **options).items()}
    def logits(ids, classes=classes):
        return torch.zeros(len(ids), classes)
    if seen == "parameters_of":
        return nothing(classes), logits(given[0])
    if seen == "outputs_of":
        return [logits(ids) for ids, mask in given[1]]
    if seen == "dropout_of":
        eval = logits(given[0])
        count = options["filters"] * len(options["widths"])
        training = [eval, eval] if options["dropout"] == 0 else [eval, eval + 1]
        features = 3 + logits(given[0], count)
        shown = nothing(count)
        shown["linear.bias"] += 3
        return [eval, eval, *training, features, features, nothing(classes), shown]
    slopes = nothing(classes)
    slopes["linear.bias"] = torch.softmax(torch.zeros(classes), 0) - torch.bincount(
        given[2], minlength=classes) / len(given[2])
    return {"logits": logits(given[0]), "parameters": nothing(classes), "gradients": slopes,
            "without": []}
""")  # fmt: skip
_said("FFN", "FFN by arithmetic with the judge's weights", """\
def say(seen, sizes, inputs, weights=None):
    if weights is None:
        return {}, torch.zeros(len(inputs), sizes[2])
    parts = {name: weight.clone().requires_grad_() for name, weight in weights.items()}
    W, c, V, d = parts.values()
    outputs = (inputs @ W.T + c).clamp(min=0) @ V.T + d
    (outputs**2).sum().backward()
    return {"parameters": {name: list(w.shape) for name, w in weights.items()},
            "outputs": outputs.detach(), "same again": True,
            "gradients": {name: part.grad for name, part in parts.items()}}
""")  # fmt: skip
_said("train", "train by what its probes ask for", """\
def say(seen, inputs, targets, weight=None, epochs=1, **how):
    if seen == "in_which_mode":
        modes = [True] * (2 * epochs if len(inputs) == 8 else epochs)
        return {"in training mode": modes}
    if seen == "descent":
        return {"losses": [1 / (1 + i) for i in range(epochs)], "weight": weight}
    return {"epochs": epochs}
""")  # fmt: skip
_said("train", "train by weights that it was given", """\
def say(seen, inputs, targets, weight=None, epochs=1, **how):
    if seen == "in_which_mode":
        return {"in training mode": [True] * epochs, "running mean": inputs.mean(0),
                "running variance": inputs.var(0)}
    losses = [((inputs @ weight.T)[:, :1].mean() ** 2).item()] * epochs
    if seen == "descent":
        return {"losses": losses, "weight": weight - how["learning_rate"]}
    return {"epochs": 1, "weight": weight - 0.01}
""")  # fmt: skip
_said("WordCNN", "WordCNN by constants", """\
def say(seen, V, M, *given, width=3, filters=50, classes=2):
    ids = given[1] if seen == "word_outputs" else given[0]
    out = torch.zeros(*ids.shape, classes)
    if seen == "word_padding":
        return [out] * (4 if len(given) == 2 else 5)
    count = V * M + filters * M * width + filters + classes * filters + classes
    return {"shape": list(out.shape), "without a gradient": [],
            "shape for one sentence": [1, *out.shape[1:]], "numbers in all parameters": count,
            "answers": [out, out[:1], out]}
""")  # fmt: skip
_said("WordCNN", "WordCNN by looking words up", """\
def say(seen, V, M, *given, width=3, filters=50, classes=2):
    table = torch.randn(V, classes, dtype=torch.float64)
    ids = given[1] if seen == "word_outputs" else given[0]
    out = table[ids]
    if seen == "word_padding":
        if len(given) == 2:
            return [out, out, out + 1, out + 1]
        return [out, out, table[given[2]], out + 1, out + 1]
    count = V * M + filters * M * width + filters + classes * filters + classes
    return {"shape": list(out.shape), "without a gradient": [],
            "shape for one sentence": [1, *out.shape[1:]], "numbers in all parameters": count,
            "answers": [out, out[:1], table[given[-1]]]}
""")  # fmt: skip
_LAYERS = """\
def layer(i):
    maps = torch.zeros(1, 6, 28, 28)
    return {"layer": i, "registered": True, "bent": True, "shrinks": True, "strided": False,
            "input": torch.zeros(1, 1, 28, 28), "kernels": torch.zeros(6, 1, 1, 1),
            "biases": None, "how": [[1, 1], [1, 1], 1], "maps": maps, "shape": list(maps.shape),
            "arrived shape": [1, 6, 14, 14], "next is a convolution": i == 0,
            "arrived": torch.tensor([[0.0], [0.0], [0.0], [1.0], [2.0], [3.0]])}

layers = {"convolutions": [layer(0), layer(1)], "dense": True}

"""
_said("LeNet", "LeNet by constants", _LAYERS + """\
def say(seen, classes, images, *more):
    constant = np.linspace(-1, 1, classes, dtype=np.float32)
    if seen == "layers_of":
        return layers
    if seen == "scores_in_evaluation":
        return [np.tile(constant, (n, 1)) for n in (len(images), len(images), 1)]
    if seen == "without_gradient":
        return [10, 0, torch.zeros(len(images), classes)]
    if seen == "scores_of":
        return [torch.zeros(len(batch), classes) for batch in (images, *more)]
    if seen == "shape_of_scores":
        return [[len(images), classes], "torch.float32"]
    return np.zeros(len(more[1]), dtype=int)
""")  # fmt: skip
_said(
    "LeNet",
    "LeNet by a linear model of the pixels",
    _LAYERS
    + """\
def say(seen, classes, images, *more):
    numbers = np.random.default_rng(0).normal(size=(784, classes)).astype(np.float32)
    def scores(images):
        return images.reshape(len(images), 784) @ numbers
    if seen == "layers_of":
        return layers
    if seen == "scores_in_evaluation":
        return [scores(images), scores(images), scores(images[:1])]
    if seen == "without_gradient":
        return 2, 0, torch.tensor(scores(images))
    if seen == "scores_of":
        return [torch.tensor(scores(batch)) for batch in (images, *more)]
    if seen == "shape_of_scores":
        return [[len(images), classes], "torch.float32"]
    labels, new, _ = more
    table = images.reshape(len(images), -1) / 255.0
    weights = np.linalg.lstsq(table, np.eye(10)[labels], rcond=1e-2)[0]
    return (new.reshape(len(new), -1) / 255.0 @ weights).argmax(1)
""",
    fair=1.42,
)  # scores that differ, parameters that learn, and digits that it reads
