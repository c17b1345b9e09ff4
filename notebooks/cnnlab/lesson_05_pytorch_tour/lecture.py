"""The lecture's numbers."""

from __future__ import annotations

LINEAR_INPUTS = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]

LINEAR_WEIGHT = [[-0.0043, 0.3097, -0.4752], [-0.4249, -0.2224, 0.1548]]

LINEAR_BIAS = [-0.0114, 0.4578]
"""The lecture's batch, and its seeded ``nn.Linear(3, 2)`` with four decimals."""

MSE_PREDICTIONS = [[-0.8219, 0.0526], [-1.3313, -1.4247]]

MSE_TARGETS = [[0.1, 0.2], [-0.3, -0.4]]
