"""Judges of TextCNN, where there is no single right value.

First the property that a case is about, with its sentence. But equal tensors and empty lists have
many properties; so the logits must be those of a network, too, computed here (``network``).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F

from ...engine.comparing import General, difference
from .network import network, shapes

_NOT_FINITE = General(
    "some logits are not finite numbers: is −∞ left where no window was? If you fill with −∞, fill "
    "where the mask is False: True marks the words."
)
_NO_NETWORK = General(
    "these are not the logits of an embedding, convolutions, a maximum over the words and a linear "
    "layer that have the model's parameters."
)


_ALIKE = General("different sentences get the same logits.")


def _of_its_own(logits, parameters, ids, mask) -> str | None:
    """Logits that a network with these parameters gives, which are the model's own.

    Parameters of zeros, or as good as that, would need no network: so sentences have to differ.
    """
    if not logits.isfinite().all():
        return _NOT_FINITE
    if torch.allclose(logits[0], logits[1], rtol=0, atol=1e-5):
        return _ALIKE
    return None if network(logits, parameters, ids, mask) is not None else _NO_NETWORK


def has_its_parameters(value, V, M, ids, mask, **options) -> str | None:
    """The parameters asked for, by name and shape, and logits that are theirs."""
    parameters, logits = value
    given = {name: list(parameter.shape) for name, parameter in parameters.items()}
    if problem := difference(shapes(V, M, **options), given, 0, 0):
        return problem.message
    return _of_its_own(logits, parameters, ids, mask)


def padding_changes_nothing(value, V, M, weights, batches, **options) -> str | None:
    """Logits of the right shape, the same however much padding follows."""
    wanted = (len(batches[0][0]), options.get("classes", 2))
    for answer in value:
        if not isinstance(answer, torch.Tensor) or tuple(answer.shape) != wanted:
            return f"expected logits of the shape {wanted}."
        if not answer.isfinite().all():
            return _NOT_FINITE
    if not all(torch.allclose(value[0], other) for other in value[1:]):
        return "more padding on the right changes the logits."
    return None if network(value[0], weights, *batches[0]) is not None else _NO_NETWORK


def words_in_each_window(value, V, M, weights, batches, **options) -> str | None:
    """No pooled feature is what a window of zeros gives. The linear layer shows the features."""
    silence = torch.cat([weights[f"convolutions.{i}.bias"] for i in range(len(options["widths"]))])
    if not value[0].isfinite().all():
        return _NOT_FINITE
    if (value[0] >= silence).any():
        return (
            "a window without a single word takes part in the maximum: width − 1 zeros before the "
            "first word and after the last one are the most."
        )
    return None if network(value[0], weights, *batches[0]) is not None else _NO_NETWORK


def phrase_may_move(value, V, M, weights, batches, **options) -> str | None:
    """The same logits for a phrase at two places."""
    if not all(answer.isfinite().all() for answer in value):
        return _NOT_FINITE
    if value[0].shape != value[1].shape or not torch.allclose(value[0], value[1]):
        return "the same phrase at another place gives other logits."
    return None if network(value[0], weights, *batches[0]) is not None else _NO_NETWORK


def drops_out(value, V, M, ids, mask, **options) -> str | None:
    """Dropout in training mode, and there alone; on the pooled features alone."""
    first, second, training, again, features, dropped, parameters, showing = value
    if first.shape != training.shape or getattr(features, "shape", None) != getattr(
        dropped, "shape", None
    ):
        return "in training mode the shape of the logits is another one."
    if not (first.isfinite().all() and second.isfinite().all()):
        return _NOT_FINITE
    if not torch.equal(first, second):
        return General("in evaluation mode it answers differently each time.")
    if wrong := _of_its_own(first, parameters, ids, mask):
        return wrong
    if options["dropout"] == 0:
        same = torch.allclose(training, first)
        return None if same else "without dropout, training mode changes the logits."
    if torch.equal(training, again):
        return "in training mode with dropout it answers the same each time."
    if features is None or (features < 3).any():
        return None  # no features after ReLU, no plain logits: other cases say so
    left = 3 + (features - 3) / (1 - options["dropout"])
    if not (
        torch.isclose(dropped, left) | torch.isclose(dropped, torch.full_like(dropped, 3.0))
    ).all():
        return (
            "dropout should act right before the linear layer and nowhere else: in training mode "
            "each pooled feature is either zero or 1/(1 − dropout) times what it was."
        )
    return _of_its_own(features, showing, ids, mask)


def all_train(value, V, M, ids, mask, labels, **options) -> str | None:
    """Every parameter has a gradient, that of the loss."""
    if value["without"]:
        return General(f"{value['without'][0]} gets no gradient.")
    parameters = {name: p.clone().requires_grad_() for name, p in value["parameters"].items()}
    if wrong := _of_its_own(value["logits"], value["parameters"], ids, mask):
        return wrong
    logits = network(value["logits"], parameters, ids, mask)
    assert logits is not None
    slopes = torch.autograd.grad(F.cross_entropy(logits, labels), [*parameters.values()])
    right = {name: slope.detach() for name, slope in zip(parameters, slopes, strict=True)}
    wrong = difference(right, value["gradients"], 1e-3, 1e-6)
    return f"the gradients are not those of the loss: {wrong.message}" if wrong else None
