"""Pictures that a student pasted into a text cell: images alone, and not too much of them.

Without them a question about a screenshot cannot be answered, nor its cell be shown by tools that
stop at an attachment that is missing.
"""

from __future__ import annotations

import base64
import re
from typing import Any

PICTURES_BYTES = 12 * 2**20
"""Characters of all pictures of a notebook; of each name there are NAME_CHARACTERS at most."""

NAME_CHARACTERS = 200

_BEGINNINGS = {
    "image/png": rb"\x89PNG\r\n\x1a\n",
    "image/jpeg": rb"\xff\xd8\xff",
    "image/gif": rb"GIF8[79]a",
    "image/webp": rb"RIFF....WEBP",
}
"""No SVG: it may hold a program."""


def pictures(cell: dict[str, Any], room: int) -> dict[str, dict[str, str]]:
    """The attachments of a cell in any JSON that are pictures, as long as there is room."""
    attachments = cell.get("attachments")
    kept: dict[str, dict[str, str]] = {}
    for name, bundle in attachments.items() if isinstance(attachments, dict) else ():
        if not (name.isprintable() and len(name) <= NAME_CHARACTERS and isinstance(bundle, dict)):
            continue
        for kind, beginning in _BEGINNINGS.items():
            text = _base64(bundle.get(kind))
            if not text or len(text) > room:
                continue
            if re.match(beginning, base64.b64decode(text[:32]), re.DOTALL):
                kept[name], room = {kind: text}, room - len(text)
                break
    return kept


def size_of(kept: dict[str, dict[str, str]]) -> int:
    """How many characters pictures take."""
    return sum(len(text) for bundle in kept.values() for text in bundle.values())


def _base64(value: Any) -> str:
    """A text of base64, without its white space, or ""."""
    if isinstance(value, list):
        value = "".join(part for part in value if isinstance(part, str))
    text = "".join(value.split()) if isinstance(value, str) else ""
    return text if len(text) % 4 == 0 and re.fullmatch(r"[A-Za-z0-9+/]++={0,2}", text) else ""
