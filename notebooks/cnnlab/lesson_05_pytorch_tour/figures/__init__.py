"""Figures and widgets of lesson 05: graphs, optimizers, batches, devices, predictions."""

from .graph import autograd_graph, losses
from .optimizers import forgotten_zero_grad, race
from .training import batches, devices, overfitting, predicted

__all__ = [
    "autograd_graph",
    "batches",
    "devices",
    "forgotten_zero_grad",
    "losses",
    "overfitting",
    "predicted",
    "race",
]
