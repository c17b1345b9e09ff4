"""A student's Markdown as HTML of which nothing runs and nothing is fetched.

The second of the two lines of defence that ``intake.inert`` tells of.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

from bleach import html5lib_shim
from bleach.css_sanitizer import CSSSanitizer
from bleach.sanitizer import Cleaner
from jinja2 import pass_context
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath, import_plugin
from pygments.token import STANDARD_TYPES

from ..intake.inert import COMMANDS, GAP, as_typed

TAGS = frozenset(
    re.findall(
        r"\w+",
        "p br hr h1 h2 h3 h4 h5 h6 em strong b i u s del sub sup blockquote ul ol li dl dt dd "
        "table thead tbody tr th td code pre kbd span div a img details summary",
    )
)

_CLASSES = {"highlight", *STANDARD_TYPES.values()} - {""}
"""Of coloured code. Others are not ours to allow: Bootstrap's fix a box over the whole page."""

_LINK = re.compile(r"(?:https?://|mailto:|#)", re.IGNORECASE)
_PICTURE = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]*", re.IGNORECASE)


def _allowed(tag: str, name: str, value: str) -> bool:
    """Whether an attribute stays. No id: formgrader finds its own fields by theirs."""
    if name == "href":
        return tag == "a" and _LINK.match(value) is not None
    if name == "src":
        return tag == "img" and _PICTURE.fullmatch(value) is not None
    if name == "class":
        return tag in ("span", "div") and set(value.split()) <= _CLASSES
    if name == "style":  # of which the alignment of a column is left
        return tag in ("td", "th")
    return name in ("title", "alt", "colspan", "rowspan", "start")


class _Pictures(html5lib_shim.Filter):
    """Shows the text of a picture in its place where the picture itself is not allowed."""

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for token in super().__iter__():
            picture = token["type"] in ("StartTag", "EmptyTag") and token["name"] == "img"
            if picture and (None, "src") not in token["data"]:
                alt = token["data"].get((None, "alt"), "")
                yield {"type": "Characters", "data": f"[picture: {alt}]" if alt else "[picture]"}
            else:
                yield token


_CLEANER = Cleaner(
    tags=TAGS,
    attributes=_allowed,
    protocols={"http", "https", "mailto", "data"},
    css_sanitizer=CSSSanitizer(allowed_css_properties=["text-align"], allowed_svg_properties=[]),
    filters=[_Pictures],
)


class _Renderer(IPythonRenderer):
    """nbconvert's, but a picture that is missing is told by its text, and fails no page."""

    def _embed_image_or_attachment(self, src: str) -> str:
        if not src.startswith("attachment:"):
            return src
        pictures = self.attachments.get(src.removeprefix("attachment:"), {})
        for kind in ("image/png", "image/jpeg", "image/gif", "image/webp"):
            if kind in pictures:
                return f"data:{kind};base64,{pictures[kind]}"
        return ""

    def block_mermaidjs(self, code: str) -> str:
        """A diagram's text: drawing it would make HTML of its labels."""
        return f"<pre><code>{html.escape(code)}</code></pre>\n"


@pass_context
def markdown(context: Any, source: str) -> str:
    """Markdown as HTML of which nothing runs and nothing is fetched.

    For ``c.HTMLExporter.filters``. context: of the template; its cell holds the attachments.
    """
    cell = context.get("cell") or {}
    return cleaned(str(source), cell.get("attachments") or {})


def cleaned(source: str, attachments: dict[str, dict[str, str]] | None = None) -> str:
    """Markdown as HTML, cleaned; as the plain text that it is where that fails."""
    source = as_typed(source)  # nothing here relies on the first line, and code reads better so
    try:
        renderer = _Renderer(escape=False, attachments=attachments or {}, exclude_anchor_links=True)
        # A task list's boxes would be fields of formgrader's form.
        plugins = [import_plugin(p) for p in MarkdownWithMath.DEFAULT_PLUGINS if p != "task_lists"]
        page = MarkdownWithMath(renderer=renderer, plugins=plugins).render(source)
    except Exception:  # such as a thousand quotes inside each other
        page = f"<pre>{html.escape(source)}</pre>"
    page = _CLEANER.clean(page)
    # MathJax looks for formulas in whatever is text on the page by now.
    return re.sub(COMMANDS, lambda found: found[0] + GAP, page, flags=re.IGNORECASE)
