"""The address by which settings of the first edition name the steps; for one edition more.

``mending`` writes ``judging.plugins`` in its place. Where this file is gone, they are refused.
"""

from .judging.plugins import Judge, Restore
from .settings import STEPS

__all__ = ["AUTOGRADE", "SANITIZE", "Judge", "Restore"]

SANITIZE = STEPS["Autograde"]["sanitize_preprocessors"]
AUTOGRADE = STEPS["Autograde"]["autograde_preprocessors"]
