"""A figure as part of a page: it takes the page's ink and paper, so it fits every theme.

Inline SVG, in which black is the colour of the page's text, white that of its background and each
grey what lies between: on a dark page the axes are light. Colours stay as they are.
"""

from __future__ import annotations

import io
import re
import zlib
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BLACK, WHITE = "#000001", "#fffffe"
"""As they are on every page: for what stands on a colour or on a picture."""

# The names under which JupyterLab, Colab and VS Code keep their background.
_PAPER = (
    "var(--cnnlab-paper, var(--jp-layout-color0, var(--colab-primary-surface-color, "
    "var(--vscode-editor-background, Canvas))))"
)


def as_svg(figure: Figure, alt: str) -> str:
    """A figure as an <svg> element that says ``alt`` to who cannot see it."""
    import matplotlib as mpl

    with mpl.rc_context({"svg.hashsalt": "cnnlab", "svg.fonttype": "path"}):
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", transparent=True, metadata=_NOTHING)
    drawn = buffer.getvalue()
    drawn = drawn[drawn.index("<svg") :]
    drawn = re.sub(r"<metadata>.*?</metadata>", "", drawn, flags=re.DOTALL)
    # One page holds many drawings: parts of different ones must not have the same name.
    drawn = _NAMED.sub(rf"\g<0>{zlib.crc32(drawn.encode()):08x}-", drawn)
    drawn = _GREY.sub(_on_paper, drawn)
    size = re.search(r'width="([\d.]+)pt" height="([\d.]+)pt"', drawn)
    assert size is not None, "matplotlib writes a size into every SVG"
    width = float(size[1]) * 96 / 72
    style = f"width:{width:.0f}px;max-width:100%;height:auto;--paper:{_PAPER}"
    said = f'role="img" aria-label="{escape(alt, quote=True)}" style="{style}"'
    drawn = drawn.replace(size[0], said, 1)
    # What matplotlib leaves black, the default, is written nowhere: the letters.
    return drawn.replace("<svg ", '<svg fill="currentColor" ', 1)


_NOTHING = {"Date": None, "Creator": None, "Format": None, "Type": None}
_NAMED = re.compile(r'\bid="|url\(#|href="#')
_GREY = re.compile(r"#(?P<level>[0-9a-f]{2})(?P=level)(?P=level)\b")


def _on_paper(found: re.Match) -> str:
    """A grey between the page's ink and its paper."""
    ink = round(100 * (1 - int(found["level"], 16) / 255))
    if ink in (0, 100):
        return "currentColor" if ink else "var(--paper)"
    return f"color-mix(in srgb, currentColor {ink}%, var(--paper))"
