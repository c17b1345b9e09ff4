"""Where a student looks: rich output in a notebook, plain text everywhere else.

Everywhere else is plain Python, IPython in a terminal, and any output that goes to a file or a
pipe, which on Windows may hold a few hundred signs only.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from IPython import get_ipython
from IPython.display import display

# A pipe or log of another encoding is often read as UTF-8 later on: only ASCII is safe there.
_INSTEAD = {
    **{"✓": "+", "✗": "x", "○": "o", "●": "*", "…": "...", "→": "->", "←": "<-", "⋅": "*"},
    **{"−": "-", "–": "-", "—": "-", "·": "*", "×": "x", "“": '"', "”": '"', "’": "'", "‘": "'"},
    **{"∞": "inf", "∂": "d", "∑": "sum ", "Σ": "sum ", "≤": "<=", "≥": ">=", "≠": "!=", "≈": "~"},
    **{"ŷ": "y^", "∈": "in", "½": "1/2", "²": "^2", "³": "^3", "√": "root "},
}


def in_notebook() -> bool:
    """Whether what is displayed is shown as more than text."""
    shell = get_ipython()
    kinds = [kind.__name__ for kind in type(shell).__mro__]
    return shell is not None and "TerminalInteractiveShell" not in kinds


def say(text: str) -> None:
    """Print a text; where the output is not UTF-8, similar signs of ASCII for our own."""
    encoding = (getattr(sys.stdout, "encoding", None) or "utf-8").lower()
    if not encoding.startswith(("utf", "cp65001")):
        text = "".join(_INSTEAD.get(sign, sign) for sign in text)
        text = text.encode(encoding, "replace").decode(encoding)
    print(text)


def put(data: dict[str, Any]) -> None:
    """Show something by its kinds, text/plain among them: all in a notebook, else the text."""
    if in_notebook():
        display(data, raw=True)
    else:
        say(data["text/plain"])


def instead_of_a_crash(kind: type[Exception], shown: Callable[[Any], dict[str, Any]]) -> None:
    """In a notebook, show exceptions of this kind by their data, and not as a red traceback.

    The cell still counts as failed, so what is queued behind it waits as ever.
    """

    def handle(shell: Any, _: Any, problem: Exception, *rest: Any, **more: Any) -> list[str]:
        put(shown(problem))
        return []

    shell = get_ipython()
    if shell is not None and in_notebook():
        shell.set_custom_exc((kind,), handle)


class Live:
    """Something that changes while the student watches, such as a training."""

    def __init__(self) -> None:
        self._shown: Any = None

    def put(self, data: dict[str, Any], done: bool) -> None:
        """Show it in place of what was there; outside a notebook, once: when it is ``done``."""
        if not in_notebook():
            if done:
                say(data["text/plain"])
        elif self._shown is None:
            self._shown = display(data, raw=True, display_id=True)
        else:
            self._shown.update(data, raw=True)
