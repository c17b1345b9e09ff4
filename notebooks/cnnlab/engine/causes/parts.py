"""Say which part of what is wrong an edit mends: a group of cases, or one item of the result."""

from __future__ import annotations

import re

from ..exercise import Exercise, Outcome
from ..repair.goals import Asked, Found, items, right_items
from ..repair.wording import sentence
from ..verdict import Result
from .groups import groups

PLACES = 2
"""With more places that would each do for a part none of them is named."""

POSITIONS = ("first", "second", "third", "fourth")

TRIED = " that were tried"


def chosen(found: list[Found], wrong: list[Result], exercise: Exercise) -> list[list[Found]]:
    """The part that is most of what is wrong, and another one that has a line of its own.

    found: for all parts; of each the places that come into question.
    """
    parts: dict[tuple, list[Found]] = {}
    for one in found:
        parts.setdefault((one.group, one.item), []).append(one)
    clear = [several for several in parts.values() if len(several) <= PLACES]
    clear.sort(key=lambda several: -several[0].repaired)
    for other in clear[1:]:
        more = _mended(other[0], wrong, exercise) - _mended(clear[0][0], wrong, exercise)
        if more and not _lines(other) & _lines(clear[0]):
            return [clear[0], other]
    return clear[:1]


def told(parts: list[list[Found]], wrong: list[Result], exercise: Exercise, tried: str) -> str:
    """The sentences on them. tried: TRIED, if some cases were not; else ""."""
    said = []
    for several in parts:
        good = _good(several[0], exercise, tried)
        one = sentence(several, good)
        said.append(one if good in one else f"{one} With that mended, {good}.")
    firsts = [several[0] for several in parts]
    left = _all(firsts, wrong).difference(*(_mended(one, wrong, exercise) for one in firsts))
    if left:
        groups_alone = all(one.item is None for one in firsts)
        other = "In the others something else is wrong, too."
        said.append(other if groups_alone else "The rest of the result is another matter.")
    return " ".join(said)


def _lines(found: list[Found]) -> set[int]:
    return {line for one in found for line in one.lines}


def _mended(found: Found, wrong: list[Result], exercise: Exercise) -> set[int]:
    """The wrong cases, or the item, that become right."""
    if found.item is not None:
        return {found.item}
    return {i for i, r in enumerate(wrong) if found.group in groups(r.case, exercise)}


def _all(found: list[Found], wrong: list[Result]) -> set[int]:
    """All wrong cases, or all items that are wrong in some."""
    if found[0].item is None:
        return set(range(len(wrong)))
    asked = [(Asked(r.case, Outcome("returned", r.expected), True), r.outcome) for r in wrong]
    return {i for case, got in asked for i in items(case) - right_items(case, got)}


def _good(found: Found, exercise: Exercise, tried: str) -> str:
    """How far it goes."""
    if found.item is None:
        return f"all cases {found.group}{tried} would be right"
    names = _names(exercise)
    name = f" (`{names[found.item]}`)" if found.item < len(names) else ""
    item = f"the {POSITIONS[found.item]} item of the result{name}"
    return f"{item} would be right in all cases{tried}"


def _names(exercise: Exercise) -> list[str]:
    """What its specification calls the items of the result; [] if it does not name them."""
    text = (exercise.__doc__ or "").partition("Returns ")[2].partition("Lecture")[0]
    if listed := re.match(r"\(?(\w+(?:, \w+)+)\)?[:.]", text):
        return listed[1].split(", ")
    return re.findall(r"(?:^|; |, and )(\w+),", text)
