"""The lecture's filters."""

from __future__ import annotations

import numpy as np

AVERAGE = np.full(7, 1 / 7)
"""The 7-day rolling average as a filter, one weight a day, oldest first."""

ENGINEERED = np.array([1, 1, 1, 1, 2, 2, 2]) / 10
"""The lecture's hand-made filter: recent days count twice as much as older ones."""
