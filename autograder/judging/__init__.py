"""Judging: what is decided about points is decided here, once, and handed on as a value.

``worker`` (one submission) calls ``judge`` (its test cells), which calls ``submission`` (its cells
in the sandbox, in one ``order`` or the other; ``replies`` are what they say). ``record`` is what
is kept. ``plugins`` are the steps by which nbgrader comes here.
"""
