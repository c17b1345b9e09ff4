"""Show a report: what it says line by line, and all of it as text."""

from __future__ import annotations

import builtins
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from .causes.simple import simplest
from .comparing import is_array, to_numpy
from .exercise import Case
from .verdict import Cause, Report, Result

MARK = {"correct": "✓", "incorrect": "✗", "not attempted": "○"}
HEADLINE = {
    "correct": "Correct",
    "incorrect": "Not right yet",
    "not attempted": "Not attempted yet",
}
PROBLEMS = {
    "type": "wrong type",
    "shape": "wrong shape",
    "dtype": "wrong dtype",
    "values": "wrong values",
    "changed": "changed what is not its own",
    "no error": "no ValueError",
    "timeout": "did not end",
    "forbidden": "not allowed",
    "died": "its process ended",
    "judged": "not good enough",
    "not filled in": "not filled in",
}
"""Kinds of problems (``Problem.kind``) in a reader's words; "raised" names its error."""

_OPEN = ("values", "shape", "raised", "judged")
"""The kinds of problem that do not say by themselves what to change."""


LONGEST = 78
"""Characters of a value in one line."""


def number(value: float | np.number) -> str:
    """A number as a person would write it: 2, 0.5, 1.25e-07, and 0 without a sign."""
    return f"{value + 0:.6g}"


def factor(value: float | np.number) -> str:
    """The same where it stands behind a sign, or before a power: a negative one in brackets."""
    return f"({number(value)})" if value < 0 else number(value)


def products(left: Iterable, right: Iterable) -> list[str]:
    """Products as terms of a sum: 2·0.5, 4·(-1), and (-2)·1 unless it is the first."""
    pairs = enumerate(zip(left, right, strict=True))
    return [f"{factor(a) if i else number(a)}·{factor(b)}" for i, (a, b) in pairs]


def shown(value: Any, limit: int = 12) -> str:
    """A value in one line; of long arrays the shape and the first entries."""
    if type(value).__name__ == "Tensor":
        value = value.detach().cpu().numpy()
    if isinstance(value, np.ndarray) and value.ndim:
        flat = " ".join(number(v) for v in value.ravel()[:limit])
        if value.ndim == 1:
            dots = " …" if value.size > limit else ""
            return f"[{flat}{dots}]"
        if value.size <= 25:
            return f"[{', '.join(shown(row) for row in value)}]"
        return f"array of shape {value.shape}, starting {flat} …"
    if isinstance(value, (float, np.number)):
        return number(value)
    if isinstance(value, (list, tuple)):
        text = f"[{', '.join(map(shown, value))}]"
        text = text if isinstance(value, list) else f"({text[1:-1]})"
    elif isinstance(value, dict):
        text = f"{{{', '.join(f'{key!r}: {shown(item)}' for key, item in value.items())}}}"
    else:
        text = repr(value)
    return text if len(text) <= LONGEST else _cut(text[:LONGEST])


def _cut(text: str) -> str:
    """A text up to its last comma, else its last word: half a number would be another one."""
    whole, comma, _ = text.rpartition(", ")
    return f"{whole}{comma}…" if comma else f"{text.rpartition(' ')[0]} …"


def arguments(report: Report, case: Case) -> list[str]:
    """The arguments of a case, a line each."""
    given = [*zip(report.exercise.names(case), case.args, strict=False), *case.kwargs.items()]
    return [f"{name} = {shown(value)}" + _remark(value) for name, value in given]


def _remark(value: object) -> str:
    """What is unusual about an array argument."""
    if not isinstance(value, np.ndarray):
        return ""
    remarks = [] if value.dtype == np.float64 else [str(value.dtype)]
    remarks += [] if value.flags.c_contiguous else ["not contiguous"]
    remarks += [] if value.flags.writeable else ["read-only"]
    return f"   ({', '.join(remarks)})" if remarks else ""


def headline(report: Report) -> str:
    """The verdict in one line."""
    verdict = f"{MARK[report.status]} {report.exercise.name}: {HEADLINE[report.status]}"
    if report.status == "not attempted":
        return verdict
    right, cases = len(report.results) - len(report.wrong), report.results + report.waiting
    return (
        f"{verdict}: {right} of {len(cases)} cases, "
        f"{number(report.points)} of {number(report.max_points)} points"
    )


def first_wrong(report: Report) -> Result | None:
    """The case to talk about: the one that shows the cause, else the simplest wrong one.

    A missing ValueError comes last: it is a slip of its own.
    """
    causes = report.causes or tuple(filter(None, [report.findings.perhaps]))
    if causes:
        return report.results[causes[0].shown_by]
    wrong = [i for i, r in enumerate(report.results) if r.problem]
    # That arguments are changed says all, and may be why other cases are wrong.
    changed = [i for i in wrong if (p := report.results[i].problem) and p.kind == "changed"]
    return report.results[simplest(report.results, changed or wrong)] if wrong else None


def lines(report: Report) -> list[tuple[str, str]]:
    """The report as (kind, text) pairs, from which both text and HTML are made.

    kind: "cause", "found" (what was tried), "certain", "case", "problem", "arithmetic", "replay",
        "picture" (which text has none of), "list" or "next".
    """
    if report.status == "not attempted":
        return [
            (
                "next",
                "Replace the line that raises NotImplementedError with your answer. "
                f"If you are stuck: hint({report.exercise.name})",
            )
        ]
    wrong = first_wrong(report)
    if wrong is None:
        return _built(report)
    out = why(report)
    if not report.hidden:
        elsewhere = [*_raised_elsewhere(report, wrong), *_without_sentence(report, wrong)]
        out += [*_about(report, wrong), *elsewhere, ("picture", "")]
    out.append(("list", listed(report)))
    if not report.causes and not report.hidden:
        out.append(("next", f"Stuck? hint({report.exercise.name})"))
    return out


def listed(report: Report) -> str:
    """All cases, a line each."""
    rows = [
        f"{'✓ right' if not r.problem else '✗ ' + _short(r, report.hidden)}: {r.case.name}"
        for r in report.results
    ]
    rows += [
        f"○ comes once the others are right, because it trains: {c.name}" for c in report.waiting
    ]
    return "\n".join(rows)


def _built(report: Report) -> list[tuple[str, str]]:
    """What a right answer is good for, and what it made of one of the cases."""
    if report.hidden:
        return [("next", f"All {len(report.results)} cases are right.")]
    out = [("next", report.exercise.built)] if report.exercise.built else []
    example = telling(report)
    if example is not None:
        out.append(("case", f"Yours at work, in the case “{example.case.name}”:"))
        made = [*arguments(report, example.case), f"→ {shown(example.outcome.value)}"]
        out += [("arithmetic", "\n".join(made)), ("picture", "")]
    return [*out, ("list", listed(report))]


def telling(report: Report) -> Result | None:
    """The case to show a right answer with: of the plain calls one that can be drawn, if any."""
    plain = [r for r in report.results if not (r.case.raises or r.case.probe)]
    drawn = (r for r in plain if drawable(r.outcome.value) is not None)
    return next(drawn, plain[0] if plain else None)


def drawable(value: Any) -> np.ndarray | None:
    """An array as it can be drawn, with one or two axes; of features only the first is seen."""
    if not is_array(value):
        return None
    array = to_numpy(value)
    if array.ndim == 3:
        array = array[:, :, 0]
    drawn = array.ndim in (1, 2) and array.size > 1 and array.dtype.kind in "fiu"
    return array if drawn and bool(np.isfinite(array).all()) else None


def why(report: Report) -> list[tuple[str, str]]:
    """What is known of the cause, and how far it goes."""
    out = _known(report)
    perhaps = report.findings.perhaps
    found = report.findings.explanation
    if report.hidden:
        return out
    if found:
        out.append(("found", found.sentence))
    if out:
        return [*out, *(("certain", fact) for fact in report.findings.certain)]
    if perhaps:
        out.append(
            ("cause", f"Perhaps: {perhaps.name}. {perhaps.advice} {_how_far(perhaps, [perhaps])}")
        )
    first = first_wrong(report)
    kinds = (*_OPEN, "forbidden")
    if first and first.problem and (first.problem.kind in kinds or first.case.raises):
        certain = " ".join(report.findings.certain)
        if not (perhaps or _says_why(report, first)):
            begin = "I don't know why it is wrong"
            certain = f"{begin}; this much is certain: {certain}" if certain else f"{begin}."
        out += [("certain", certain)] if certain else []
    return out


def _says_why(report: Report, first: Result) -> bool:
    """Whether what is said of the case, or was seen in the source, says what to change."""
    clear = ("raised", "forbidden")
    told = first.case.raises or first.outcome.status in clear or report.findings.seen
    return bool(told or (first.problem and first.problem.kind == "shape"))


def _known(report: Report) -> list[tuple[str, str]]:
    """The known mistakes that the answer makes, and what to do about them."""
    causes = report.findings.causes
    if report.findings.either:
        out = [("cause", f"One of these two: {c.name}. {c.advice}") for c in causes]
        if (parted := causes[0].parted) is not None and not report.hidden:
            out.append(("next", f"The case “{report.results[parted].case.name}” parts them."))
        return out
    begin = {True: "What happens", False: "Likely cause"}
    return [
        ("cause", f"{begin[c.mistake.symptom]}: {c.name}. {c.advice} {_how_far(c, causes)}")
        for c in causes
    ]


def _how_far(cause: Cause, causes: Sequence[Cause]) -> str:
    """How much a cause explains."""
    explains = len(cause.explains)
    if explains == cause.of:
        all_ = {1: "the", 2: "both"}.get(cause.of)
        return f"(That explains {all_ or f'all {cause.of}'} wrong case{'s' * (cause.of > 1)}.)"
    rest = "" if len(causes) > 1 else " Look at the others afterwards."
    return f"(That explains {explains} of {cause.of} wrong cases.{rest})"


def _raised_elsewhere(report: Report, shown: Result) -> list[tuple[str, str]]:
    """Where another case raises and this one does not: the line at fault may be that one."""
    if shown.outcome.status == "raised":
        return []
    raised = [r for r in report.wrong if r.outcome.status == "raised" and not r.case.raises]
    if not raised:
        return []
    first = raised[0]
    assert first.problem is not None  # it is one of report.wrong
    told = [("problem", f"The case “{first.case.name}” raises {first.problem.message}")]
    return [*told, ("arithmetic", first.outcome.code)] if first.outcome.code else told


def _without_sentence(report: Report, shown: Result) -> list[tuple[str, str]]:
    """What else is asked of a ValueError, while another case is talked about."""
    short = [r for r in report.wrong if _is_short(r) and r is not shown]
    return [
        ("problem", f"In the case “{r.case.name}” {r.problem.message}")
        for r in short[:1]
        if r.problem
    ]


def _is_short(result: Result) -> bool:
    """Whether the ValueError that is asked for came, without a sentence."""
    return (
        result.case.raises and result.problem is not None and "ValueError" in result.outcome.errors
    )


def _about(report: Report, result: Result) -> list[tuple[str, str]]:
    """Where one case goes wrong, worked out."""
    case, problem = result.case, result.problem
    assert problem is not None  # it is one of report.wrong
    out = [
        ("case", f"Look at the case “{case.name}”"),
        ("arithmetic", "\n".join(arguments(report, case))),
        ("problem", problem.message),
    ]
    if problem.kind == "raised" and result.outcome.code:
        out.append(("arithmetic", result.outcome.code))
    if problem.index is not None:
        worked = report.exercise.work_out(problem.index, case)
        if worked:
            out.append(("arithmetic", worked))
    number_ = report.results.index(result)
    names = list(report.exercise.signature.parameters)[: len(case.args)]
    if case.probe is None:
        left = f"{', '.join([*names, *case.kwargs])} = " if names or case.kwargs else ""
        seed = f", seed={report.seed}" if report.seed else ""
        out.append(("replay", f'{left}replay("{report.exercise.name}", {number_}{seed})'))
    return out


def _short(result: Result, hidden: bool) -> str:
    """A problem in two words; hidden: none of them the student's, who could say an input."""
    assert result.problem is not None  # it is one of report.wrong
    kind = result.problem.kind
    if _is_short(result):
        return "no sentence in the ValueError"
    if kind == "raised":
        errors = [e for e in result.outcome.errors if not hidden or hasattr(builtins, e)]
        return f"raised {errors[0]}" if errors else "raised"
    return PROBLEMS[kind]


def as_text(report: Report) -> str:
    """The whole report as plain text, at most 79 columns of prose."""
    out = [headline(report)]
    for kind, text in lines(report):
        if kind in ("arithmetic", "list"):
            out.append(textwrap.indent(text, "    "))
        elif kind == "picture":
            pass
        elif kind == "replay":
            out.append(f"  To try it yourself:\n    {text}")
        else:
            out.append(textwrap.fill(text, 79, initial_indent="  ", subsequent_indent="  "))
    return "\n".join(out)
