"""The address by which settings of the first edition name the page; for one edition more."""

from .settings import STEPS

FEEDBACK = STEPS["GenerateFeedback"]
