"""For type checkers alone: what is mounted here by this name is cnnlab's."""

from cnnlab.engine.repair import *  # noqa: F403
