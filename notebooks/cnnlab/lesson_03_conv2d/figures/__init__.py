"""Figures and widgets of lesson 03: windows on a picture, feature maps, time, receptive fields."""

from .assumptions import parameters, shift_both_ways, stack
from .feature_maps import bank, channels, words
from .learned import gallery, learn, small_patches
from .pictures import FILTERS
from .speed import by_torch, one_product, plain_loops, race, seconds
from .windows import example_window, example_windows, move_window, pixels

__all__ = [
    "FILTERS",
    "bank",
    "by_torch",
    "channels",
    "example_window",
    "example_windows",
    "gallery",
    "learn",
    "move_window",
    "one_product",
    "parameters",
    "pixels",
    "plain_loops",
    "race",
    "seconds",
    "shift_both_ways",
    "small_patches",
    "stack",
    "words",
]
