"""The lecture's worked example."""

from __future__ import annotations

import numpy as np

EXAMPLE = np.array([[3, 2, 3, 2], [2, 1, 2, 1], [2, 1, 2, 1], [1, 0, 1, 0]])
"""The lecture's 4×4 input."""

EXAMPLE_FILTER = np.array([[1, 2, 3], [1, 2, 3], [0, 1, 2]])
"""The lecture's 3×3 filter."""

EXAMPLE_KNOWN = {(0, 0): 16, (1, 2): 26, (3, 3): 5}
"""What the lecture gives of the output, by its place counted from 0."""
