"""Figures and widgets of lesson 02: windows, gradients adding up, differences, training."""

from .gradients import (
    add_up_gradients,
    finite_differences,
    input_gradient,
    relu_gate,
    window_matrix,
)
from .training import compare_models, try_learning_rates, watch_training

__all__ = [
    "add_up_gradients",
    "compare_models",
    "finite_differences",
    "input_gradient",
    "relu_gate",
    "try_learning_rates",
    "watch_training",
    "window_matrix",
]
