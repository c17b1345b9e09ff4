"""Figures and widgets of lesson 04: grid cells, moved digits, and a network looked into."""

from .cells import by_hand, routes
from .digits import change_by_shift, move_digit, pool_digit, shifted, some_digits, what_is_lost
from .sizes import sizes_through, tensor_shapes
from .training import first_filters, look_inside, mistakes, probabilities, train

__all__ = [
    "by_hand",
    "change_by_shift",
    "first_filters",
    "look_inside",
    "mistakes",
    "move_digit",
    "pool_digit",
    "probabilities",
    "routes",
    "shifted",
    "sizes_through",
    "some_digits",
    "tensor_shapes",
    "train",
    "what_is_lost",
]
