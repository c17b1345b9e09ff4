"""What wrong cases have and right ones have not, from their arguments alone.

As a sentence it is always true: "right in all cases without `b`, wrong in all with it".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np

from ..comparing import is_array, is_number, to_numpy
from ..exercise import Case, Exercise
from ..verdict import Result

Feature = tuple[str, str]
"""A thing that is so or not, in words for both: ("with an even `K`", "with an odd `K`")."""


def contrast(results: list[Result], exercise: Exercise) -> Iterator[str]:
    """The one thing (or two that go together) that parts the right cases from the wrong ones.

    Cases that ask for a ValueError are left out, and it is said so.
    """
    asked = [r for r in results if not r.case.raises]
    wrong = [_features(r.case, exercise) for r in asked if r.problem]
    right = [_features(r.case, exercise) for r in asked if not r.problem]
    least = min(len(right), len(wrong))
    parting = []
    for feature in dict.fromkeys(name for features in wrong + right for name in features):
        so, not_so = ({f.get(feature, _absent(feature)) for f in some} for some in (wrong, right))
        if (so, not_so) in (({True}, {False}), ({False}, {True})) and least >= _needed(feature):
            parting.append(feature if so == {True} else feature[::-1])
    # Of what goes together (what is given, and its kind) the first says enough.
    if parting and (len(parting) == 1 or _one_thing(parting)):
        is_wrong, is_right = min(parting, key=lambda feature: " = '" not in feature[0])
        where = "Where a value is asked for: " if len(asked) < len(results) else ""
        yield _sentence(is_wrong, is_right, where)


def _sentence(is_wrong: str, is_right: str, where: str = "") -> str:
    wrong = "wrong" if where else "Wrong"
    return f"{where}{wrong} in all cases {is_wrong}, right in all {is_right}."


def _one_thing(features: list[Feature]) -> bool:
    """Whether all features speak of one argument."""
    about = [set(re.findall(r"`(\w+)`|(\w+) =", " ".join(words))) for words in features]
    return bool(set.intersection(*about))


def _features(case: Case, exercise: Exercise) -> dict[Feature, bool]:
    """What can be said of a case by its arguments."""
    given = arguments(case, exercise)
    found: dict[Feature, bool] = {}
    for name, parameter in exercise.signature.parameters.items():
        if parameter.default is not parameter.empty:  # a bias of 0 is as good as none
            there = name in given and not (is_number(given[name]) and given[name] == 0)
            article = "an" if name[0] in "aeiou" else "a"
            words = f"with {article} `{name}`", f"without `{name}`"
            if is_number(parameter.default) and parameter.default not in (0, 1):
                words = f"that give `{name}` a value", f"with the usual `{name}`"
            found[words] = there
    lists: list[int] = []
    for name, value in given.items():
        if isinstance(value, list):  # of several that are as long as each other one is enough
            if len(value) in lists:
                continue
            lists.append(len(value))
        found |= _of_value(name, value)
    for one, other in combinations(given, 2):
        alike = re.sub(r"\d$", "", one) == re.sub(r"\d$", "", other) or {one, other} == _SIDES
        if alike and isinstance(given[one], int):
            same = given[one] == given[other]
            found[f"in which `{one}` and `{other}` differ", "in which they are equal"] = not same
    return found


def _needed(feature: Feature) -> int:
    """How many right and wrong cases it takes: sizes are soon parted by chance."""
    told = re.match(r"without `|with another `|with fractions|with one |with two ", feature[1])
    return 2 if told else 4 if "even" in feature[0] or "differ" in feature[0] else 3


def _absent(feature: Feature) -> bool | None:
    """What it means that a case knows nothing of a feature: another word was given, or nothing."""
    return False if " = '" in feature[0] else None


WINDOWS = "KPwk"
"""How the names of sizes begin that are halved: of filters, cells and windows."""

_SIDES = {"left", "right"}


def arguments(case: Case, exercise: Exercise) -> dict[str, Any]:
    """The arguments by name; an activation, which a probe gives, counts as one."""
    given = dict(zip(exercise.names(case), case.args, strict=False)) | case.kwargs
    if case.activated:
        given["activation"] = True
    return given


def _of_value(name: str, value: Any) -> dict[Feature, bool]:
    """What can be said of one argument."""
    found: dict[Feature, bool] = {}
    if isinstance(value, str):
        found[f"with {name} = {value!r}", f"with another `{name}`"] = True
    elif isinstance(value, int) and not isinstance(value, bool):
        if name[0] in WINDOWS:  # nobody halves a number of channels or filters
            found[f"with an even `{name}`", f"with an odd `{name}`"] = value % 2 == 0
        found[f"with {name} above 1", f"with {name} = 1"] = value > 1
        found[f"with {name} = 0", f"with {name} above 0"] = value == 0
    elif isinstance(value, tuple) and len(value) == 2 and all(isinstance(v, int) for v in value):
        words = f"with two different numbers in `{name}`", f"with two equal ones in `{name}`"
        found[words] = value[0] != value[1]
    elif isinstance(value, list) and all(map(is_number, value)):
        for least, most in ((2, "one or none"), (3, "two at most")):
            words = f"with more than {least - 1} numbers in `{name}`"
            found[words.replace("than 1 numbers", "than one number"), f"with {most}"] = (
                len(value) >= least
            )
    elif is_array(value) and to_numpy(value).ndim:
        found |= _of_array(name, to_numpy(value))
    return found


def _of_array(name: str, array: np.ndarray) -> dict[Feature, bool]:
    """What can be said of an array: its type, its layout, its sizes."""
    found: dict[Feature, bool] = {}
    whole, strange = array.dtype.kind in "iu", not array.flags.c_contiguous
    found[f"with whole numbers in `{name}`", f"with fractions in `{name}`"] = whole
    found[f"with a `{name}` that is not contiguous", "with one that is"] = strange
    negative = bool(array.size) and float(array.min()) < 0
    found[f"with negative numbers in `{name}`", f"without negative numbers in `{name}`"] = negative
    if name.lower() == "f":
        sizes = array.shape[: 1 if array.ndim == 1 else 2]
        found["whose filter has an even size", "whose filter has odd sizes only"] = any(
            n % 2 == 0 for n in sizes
        )
        one = [n for n in sizes if n > 1]
        found["whose filter has more than one weight", "whose filter has one"] = bool(one)
    found[f"in which `{name}` has several axes", "in which it has one"] = array.ndim > 1
    if array.ndim > 1:
        rows, columns = array.shape[:2]
        found[
            f"in which `{name}` has other numbers of rows and columns", "in which both are equal"
        ] = rows != columns
    return found
