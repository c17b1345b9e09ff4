"""What was found, in words: the line, and what is asked about it. Never what should stand there.

A number in the place of a number is no formula, and whoever sees 2 against 0 finds out why. Where
there is no such number the sentence asks about the student's own words.
"""

from __future__ import annotations

from .goals import Found

STEPS = (
    "The steps of each update are: set the old gradients to zero, compute the output and the loss, "
    "go backward, take a step."
)

ASKS = {
    "function": "is {part} what is asked for here? With another function {good}.",
    "operator": "look at the operator in {code}: with another one {good}.",
    "sign": "look at the sign of {code}: with the other one {good}.",
    "order of operands": "are the two sides of {code} the right way round? Swapped, {good}.",
    "parentheses": "what is computed first in {code}? Look at the parentheses.",
    "string": "is {code} the right word here? With another one {good}.",
    "flag": "is {code} the right choice here? With the other one {good}.",
    "name": "{code} is used here. With another of your names {good}.",
    "constant": "is {code} the right number here? With another one {good}.",
    "constant for a name": (
        "{code} stands here whatever the arguments are. Should it depend on one of them?"
    ),
    "name for a constant": "{code} is used here. With a fixed number {good}.",
    "order of arguments": (
        "are the arguments of {code} in the right order? In another order {good}."
    ),
    "argument too much": "are all arguments of {code} needed? Without one of them {good}.",
    "item too much": "are all parts of {code} needed? Without one of them {good}.",
    "condition too much": "look at {code}: without this condition {good}.",
    "lower of a slice too much": "should {code} begin there? From the first entry on {good}.",
    "upper of a slice too much": "should {code} end there? Up to the last entry {good}.",
    "step of a slice too much": "should {code} leave entries out, or turn them round?",
    "positions": "does the loop need the values of {code}, or their positions?",
    "order of items": "are the parts of {code} in the right order? In another one, {good}.",
    "order of axes": "are the axes in {code} in the right order? In another one, {good}.",
    "order of entries laid out": (
        "{code} goes through the entries in the order of the axes. Is that the order that is "
        "needed? With an axis moved before, {good}."
    ),
    "length": "is {code} the right length here? With another one {good}.",
    "order of entries": "look at the direction of {code}: counted from the other end {good}.",
    "order of names": "are the names on the left in the right order? Swapped, {good}.",
    "one more or less": "{code} is off by one here.",
    "comparison": "look at the comparison {code}: with another one {good}.",
    "step missing": "{code} goes on by 1 each time. Is that the step that is asked for?",
    "begin of a range": "{code} begins with 0. Is that where it should begin?",
    "other end": "{code} takes entries from one end. From the other end, {good}.",
    "expression": "{code} is used here. With another of your expressions {good}.",
    "letters": "look at the letters in {code}: with two of them swapped, {good}.",
    "slice": "should {code} go from the very first entry to the very last?",
    "axis": "{code}: is that the axis that is meant?",
    "keyword missing": (
        "an argument that is given by its name, perhaps an axis, is missing in {code}: with it "
        "{good}."
    ),
    "factor missing": "something is missing at {code}: it still has to be multiplied.",
    "divisor missing": "something is missing at {code}: it still has to be divided.",
    "term missing": "something is missing at {code}: it still has to be added or subtracted.",
    "power missing": "something is missing at {code}: is a square asked for?",
    "reduction missing": "{code} has an axis too many: is a sum, a mean or a maximum missing?",
    "subscript missing": "is all of {code} meant here? With one part of it {good}.",
    "transposition missing": "are the axes of {code} in the order that is needed here?",
    "reversal missing": "is {code} in the order that is needed here? The other way round, {good}.",
    "copy missing": "work on a copy here: {good} then.",
    "clone missing": "work on a copy here: {good} then.",
    "float missing": "is {code} an array of numbers with fractions? With one {good}.",
    "flatten missing": "is the shape of {code} the one that is needed here?",
    "squeeze missing": "does {code} have an axis too many?",
    "detach missing": "should gradients flow through {code}?",
    "sorted missing": "are the entries of {code} in the right order?",
    "len missing": "is {code} meant here, or how many entries it has?",
    "list missing": "is {code} the kind of thing that is asked for? As a list, {good}.",
    "tuple missing": "is {code} the kind of thing that is asked for? As a tuple, {good}.",
    "tolist missing": "is {code} the kind of thing that is asked for? As a list, {good}.",
    "item missing": "is {code} the kind of thing that is asked for? As a number, {good}.",
    "int missing": "is {code} a whole number? As one, {good}.",
    "long missing": "is {code} made of whole numbers? With such {good}.",
    "order of calls": "what is done first in {code}? The other way round, {good}.",
    "exchanged": "are {code} and {part} taken for each other? The other way round, {good}.",
    "rebinds": (
        "this line gives the name to something new, and what it stood for stays as it was. Should "
        "that be changed in place?"
    ),
    "relu missing": "is an activation missing at {code}? With one {good}.",
    "sets anew": "what was there before is lost in this line. Should it be kept, and added to?",
    "adds up": "this line adds to what was there before. Should it replace that?",
    "statement too much": "is this line needed? Without it {good}.",
    "order of statements": "should this line and the next one be in this order? Swapped, {good}.",
    "branches swapped": "are the two branches the wrong way round? Swapped, {good}.",
    "ends the loop": "this line ends the loop too early. After the loop, {good}.",
    "last in the block": "this line stands inside the block above it. After the block, {good}.",
    "first in the block": "this line stands inside the block. Before the block, {good}.",
    "block too long": (
        "this line and those under it stand inside the block above. After the block, {good}."
    ),
    "block too short": (
        "the block above ends before this line. With it (and perhaps more) inside, {good}."
    ),
    "in every round": (
        "the last term is added in every round of the loop. Added once, after the loop, {good}."
    ),
    "sign missing": "look at the sign of {code}: with the other one {good}.",
    "after the loop": "this line stands after the loop. Inside the loop, {good}.",
    "before the loop": "this line stands before the loop. Inside the loop, {good}.",
    "return missing": "the function ends here and returns nothing. Is a return missing?",
    "value not used": "what this line gives is not used. Returned here, {good}.",
    "super missing": "before this line `super().__init__()` has to be called.",
    "zero_grad missing": f"before this line a step is missing. {STEPS}",
    "step missing in a loop": f"after this line a step is missing. {STEPS}",
}
"""What to say of each kind of edit. code, part: the student's own; good: how far it goes."""

FLOATS = "before this line an array has to become one of numbers with fractions: {good} then."
TOO_MUCH = "is {part} needed? Without it {good}."
CALL_TOO_MUCH = "is {part} needed in {code}? Without it {good}."
FUNCTION = (
    "is {part} what is asked for here? It gives {was}{when}. With a function that gives {would} "
    "there {good}."
)
MISSING = "a step is missing at {code}: with it {good}."
VALUE = "{code} is {was}{when}; with {would} there {good}."
NAME = (
    "is {code} meant here? It is {was}{when}; with another of your names (whose value there is "
    "{would}) {good}."
)
NAME_IN = (
    "is {part} meant in {code}? That is {was}{when}; with another of your names (which makes it "
    "{would} there) {good}."
)
CONDITION = "look at what is decided here: it sends the case “{case}” the wrong way."

BY_VALUE = {
    *("constant for a name", "name", "operator", "one more or less", "sign", "sign missing"),
    *("name for a constant", "parentheses", "order of operands", "factor missing", "power missing"),
    *("divisor missing", "term missing", "reduction missing", "function", "subscript missing"),
    *("condition too much", "order of entries", "transposition missing", "operand too much"),
    *("length", "list missing", "float missing", "tuple missing", "item missing"),
}
"""Kinds of which two values say more than a question."""


def sentence(found: list[Found], good: str) -> str:
    """What to say of what was found: one place, or either of several.

    good: how far it goes, "all cases would be right".
    """
    found = sorted(found[:3], key=lambda f: f.lines)
    said = [_one(f, good) for f in found]
    if len(said) == 1:
        return said[0]
    places = [f"in {_place(f.lines)}" for f in found]
    either = "either " if len(places) == 2 else ""
    return f"It is {either}{', '.join(places[:-1])} or {places[-1]}. {' '.join(said)}"


def _place(lines: tuple[int, ...]) -> str:
    if len(lines) == 1:
        return f"line {lines[0]}"
    first = ", ".join(map(str, lines[:-1]))
    return f"lines {first} and {lines[-1]}"


def _one(found: Found, good: str) -> str:
    place = _place(found.lines)
    template = _template(found)
    part = found.part[1:] if template == CALL_TOO_MUCH else found.part or found.code
    inside = f" in {_code(found.inside)}" if found.inside else ""
    both = ", in the same way in each: " if len(found.lines) > 1 else ": "
    said = template.format(
        **{"code": f"{found.which}{_code(found.code)}{inside}", "part": _code(part), "good": good},
        **{"was": found.was, "would": found.would, "case": found.case},
        when=_when(found),
    )
    return f"{place[0].upper()}{place[1:]}{both}{said}"


def _when(found: Found) -> str:
    """When it is so: what the loops have come to but for what is quoted, or in which case."""
    told = found.at.split(" and ")
    at = " and ".join(part for part in told if not part.startswith(f"{_code(found.code)} is "))
    return f" when {at}" if at else f" in the case “{found.case}”"


def _template(found: Found) -> str:
    if found.role == "condition":
        return CONDITION
    if found.kind == "float missing" and not found.code:  # a whole line, above this one
        return FLOATS
    literal = found.code.strip("-").replace(".", "", 1).isdigit()
    if found.kind == "constant" and literal and _whole(found.would):
        more = int(found.would) - int(found.code) if _whole(found.code) else 0
        if abs(more) == 1:
            return f"{{code}} is one too {'small' if more > 0 else 'large'} here."
    too_much = found.kind.endswith("too much") and found.kind not in ASKS
    if too_much and found.part.startswith("….") and found.code:
        return CALL_TOO_MUCH
    if too_much and found.part:  # the student's own words for it say more than a number
        return TOO_MUCH
    if found.kind == "name" and found.part and found.was and found.would:
        return NAME if found.part == found.code else NAME_IN
    if found.kind in BY_VALUE and found.was and found.would and not literal:
        return FUNCTION if found.kind == "function" else VALUE
    if too_much:
        return TOO_MUCH
    return ASKS.get(found.kind, MISSING)


def _whole(text: str) -> bool:
    return text.lstrip("-").isdigit()


def _code(text: str) -> str:
    """The student's own words, in one line and marked as code."""
    line = " ".join(text.replace("`", "'").split())
    return f"`{line}`" if line else "this line"
