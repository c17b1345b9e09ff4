"""The address by which settings of the first edition name the page; for one edition more."""

from .course import STEPS

FEEDBACK = STEPS["GenerateFeedback"]
