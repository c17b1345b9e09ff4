"""A report as HTML: in a notebook, and on a page of feedback.

It takes the colours of the page that it is part of, so it fits a light and a dark theme.
"""

from __future__ import annotations

import re
from html import escape

from .comparing import is_array, to_numpy
from .picturing import can_be_drawn, compared, own_work
from .shown import arguments, drawable, first_wrong, headline, lines, telling
from .verdict import Report

# Blue, orange and grey stay apart for every kind of colour vision; the mark,
# the words and the style of the border say the same without colour.
_BORDER = {
    "correct": "solid #0072B2",
    "incorrect": "double #D55E00",
    "not attempted": "dotted #767676",
}

_CODE = re.compile(r"`([^`\n]+)`")


def framed(status: str, title: str, body: str) -> str:
    """A verdict and what belongs to it. title: plain text; body: HTML."""
    return (
        f"<div class='cnnlab-report' data-status='{status}' style='border-left:6px "
        f"{_BORDER[status]};padding:.3em 1em;margin:.5em 0;max-width:52em;"
        "overflow-wrap:anywhere'>"
        f"<p style='margin:.2em 0;font-size:110%'><b>{escape(title)}</b></p>{body}</div>"
    )


def as_html(report: Report, drawing: bool = True) -> str:
    """The whole report as one HTML element; everything a student wrote is escaped."""
    body = (_marked_up(kind, text, report, drawing) for kind, text in lines(report))
    return framed(report.status, headline(report), "".join(body))


def _marked_up(kind: str, text: str, report: Report, drawing: bool) -> str:
    safe = _CODE.sub(r"<code>\1</code>", escape(text))
    if kind == "cause":
        name, _, advice = safe.partition(". ")
        return f"<p style='margin:.5em 0'><b>{name}.</b> {advice}</p>"
    if kind == "arithmetic":
        return (
            f"<pre style='margin:.3em 0 .3em 1em;color:inherit;background:none;"
            f"white-space:pre-wrap'>{safe}</pre>"
        )
    if kind == "picture":
        return picture_html(report) if drawing else ""
    if kind == "replay":
        return f"<p style='margin:.5em 0'>To try it yourself: <code>{safe}</code></p>"
    if kind == "list":
        items = "".join(f"<li>{row}</li>" for row in safe.split("\n"))
        return (
            f"<details><summary>All cases</summary><ul style='margin:.3em 0'>{items}</ul></details>"
        )
    return f"<p style='margin:.5em 0'>{safe}</p>"


def picture_html(report: Report) -> str:
    """The drawing as an element that says in text what it shows, or "": nothing can be drawn."""
    if report.hidden:
        return ""
    return _own(report) if report.status == "correct" else _wrong(report)


def _own(report: Report) -> str:
    """What a right answer was given in one case, and what it made of it."""
    example = telling(report)
    yours = drawable(example.outcome.value) if example else None
    if example is None or yours is None:
        return ""
    case = example.case
    names = list(report.exercise.signature.parameters)
    given = [*zip(names, case.args, strict=False), *case.kwargs.items()]
    seen = [(name, a) for name, value in given if (a := drawable(value)) is not None]
    alt = f"What yours made of {', '.join(arguments(report, case))}."
    return own_work(seen[:2], yours, alt)


def _wrong(report: Report) -> str:
    """Target, yours and their difference in the case that the report talks about."""
    result = first_wrong(report)
    if result is None or result.problem is None or result.problem.kind not in ("values", "shape"):
        return ""
    if not (is_array(result.expected) and is_array(result.outcome.value)):
        return ""
    target, yours = to_numpy(result.expected), to_numpy(result.outcome.value)
    if not (can_be_drawn(target) and can_be_drawn(yours)) or yours.ndim != target.ndim:
        return ""
    alt = (
        f"Target, yours and their difference for the case {result.case.name}. "
        f"{result.problem.message}"
    )
    return compared(target, yours, alt)
