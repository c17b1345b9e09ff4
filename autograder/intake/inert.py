"""Markdown that a student wrote is text to read: nothing of it runs, and nothing is fetched.

It is shown in formgrader, in the instructor's Jupyter origin, where a script could do all that
the instructor can. Two lines of defence, neither of which relies on the other:

- ``disarmed``, here, changes the text itself, before it is written into ``autograded/``, so that
  it holds for whatever shows the notebook, with or without this course's settings: formgrader
  opened from another folder, nbconvert, JupyterLab.
- ``pages.markdown`` is the filter by which nbconvert, formgrader's pages and nbgrader's feedback
  make HTML of Markdown where the course's settings name it. It also covers notebooks that were
  graded before there was ``disarmed``.
"""

from __future__ import annotations

import re

GAP = "\u200c"
"""Stands, unseen, where the text would otherwise mean more than it says (a non-joiner)."""

COMMANDS = r"\\(?=(?:href|url|class|cssId|style|data|require|unicode|bbox|html|mmlToken|include))"
"""Of MathJax, those that reach beyond a formula."""

_WEB = r"\s*(?:https?://|mailto:)"

# Only pairs of signs are looked at, never where they stand: a reader that takes a place for code
# where another takes it for text must make no difference.
_MEANING = re.compile(
    r"""
      <(?=[A-Za-z/!?])                          # a tag, a comment; "a < b" is none
    | !(?=\[)                                   # a picture, which is fetched from anywhere
    | \](?=[(:])(?![(:]""" + _WEB + r""")       # a link that does not lead into the web
    | (?<!`)`{3,}+(?=\s*+mermaid)               # a diagram, whose labels are HTML
    | (?<!~)~{3,}+(?=\s*+mermaid)
    | """ + COMMANDS,
    re.VERBOSE | re.IGNORECASE,
)  # fmt: skip


def disarmed(text: str) -> str:
    """Markdown with nothing in it that lives, whoever renders it; it looks the same.

    Bold, lists, tables, code and formulas stay what they are; links stay that lead into the web.
    HTML, pictures and other links are seen as they were typed.
    """
    return _MEANING.sub(lambda found: found[0] + GAP, text)


def as_typed(text: str) -> str:
    """What ``disarmed`` was given, for pages of ours that show it as plain text."""
    return re.sub(rf"(?<=[<!\]\\`~]){GAP}", "", text)
