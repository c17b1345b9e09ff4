"""What an exception usually means, where its operation is known.

In the grader's sandbox, too; see ``telling``.
"""

from __future__ import annotations

import ast
import math
import re

from .at_work import Place, Seen, is_array, is_tensor, length, listed, operands

TYPES = r"same dtype|scalar type \w+ but (found|got)|Found dtype|Input type .* should be"
"""What torch says, in as many ways, of types of numbers that differ."""


def meaning(problem: BaseException, place: Place, seen: list[Seen]) -> str:
    """What such an error usually means."""
    text = str(problem)
    if isinstance(place.node, ast.Raise):
        asked = place.condition()
        why = f", where `{ast.unparse(asked)}` holds" if asked else ""
        return f"You raise it yourself{why}: here a value is asked for."
    for means in (_of_none, _of_names, _of_ends, _of_kinds, _of_graphs, _of_types, _of_numbers):
        if said := means(problem, text, place, seen):
            return said
    return ""


def _of_none(problem: BaseException, text: str, place: Place, seen: list[Seen]) -> str:
    if "NoneType" not in text:
        return ""
    nothing = next((s for s in seen if s.value is None), None)
    if nothing is None:
        called = [n for n in operands(place.node) if isinstance(n, ast.Call)]
        name = f"`{ast.unparse(called[0])}`" if called else "What stands there"
        return f"{name} gave None: is a return missing in it, or in one of its branches?"
    if nothing.text.endswith(".grad"):
        return (
            f"`{nothing.text}` is None until backward() has filled it in, and it stays None for "
            "what took no part, and for a new tensor made by `a = a - …`."
        )
    if nothing.text in place.parameters:
        return f"`{nothing.text}` was not given here: None has to be looked after first."
    return (
        f"`{nothing.text}` is None: a function without a return gives None, and so does a method "
        "that works in place, such as append or sort."
    )


def _of_names(problem: BaseException, text: str, place: Place, seen: list[Seen]) -> str:
    name = getattr(problem, "name", None) or next(iter(re.findall(r"'(\w+)'", text)), "")
    if isinstance(problem, UnboundLocalError):
        return (
            f"`{name}` is used before it has a value. A name that a function assigns anywhere is "
            "its own, from the first line on: set it before the loop, and on every way there."
        )
    if isinstance(problem, NameError):
        return f"Nothing is called `{name}` here: is it spelt as where it was set, and set before?"
    if isinstance(problem, AttributeError) and "has no attribute" in text:
        base = getattr(problem, "obj", None)
        if is_array(base) and hasattr(type(base), "shape"):
            return f"A NumPy array has no `{name}`; is a torch tensor meant?"
        if is_tensor(base):
            return f"A torch tensor has no `{name}`: that may be NumPy's name for it."
        if hasattr(base, "named_modules"):
            return f"`{name}` was never set on self: is it spelt as in __init__?"
    return ""


def _of_ends(problem: BaseException, text: str, place: Place, seen: list[Seen]) -> str:
    """Indices and slices that reach over the end."""
    for one in seen:
        for part in ast.walk(one.node):
            if isinstance(part, ast.Subscript) and (said := _short_slice(part, place)):
                return said
        if isinstance(one.value, (list, tuple)) and "nhomogeneous" in text:
            return (
                "An array needs rows of one length. The last windows are shorter: they run over "
                "the end."
                if _falling([length(v) for v in one.value])
                else "An array needs rows of one length."
            )
    if isinstance(problem, IndexError) and (match := re.search(r"index (-?\d+) is out of", text)):
        return f"Index {match[1]} is past the end: an axis of size n has the indices 0 … n−1."
    if isinstance(problem, IndexError) and "imension out of range" in text:
        return "There are fewer axes than that: has one been lost, by squeeze() or an index?"
    if isinstance(problem, IndexError) and "range" in text:
        return "The index is past the end: n items have the indices 0 … n−1."
    return ""


def _falling(lengths: list[int | None]) -> bool:
    known = [n for n in lengths if n is not None]
    return len(known) > 1 and known == sorted(known, reverse=True) and known[0] > known[-1]


def _short_slice(node: ast.Subscript, place: Place) -> str:
    """A slice that holds fewer values than it asks for."""
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    try:
        shape = tuple(getattr(place.value(node.value), "shape", ()))
        for axis, part in enumerate(parts):
            if not isinstance(part, ast.Slice) or part.step or not part.upper:
                continue
            low = place.value(part.lower) if part.lower else 0
            high = place.value(part.upper)
            if low >= 0 and high > shape[axis] and high > low:
                there = max(shape[axis] - low, 0)
                return (
                    f"`{ast.unparse(node)}` asks for {high - low} values and only {there} are "
                    "there: the window runs over the end. Either there is one window too many, "
                    "or the padding is too short."
                )
            if low < 0 <= high and shape[axis] + low >= high:
                return (
                    f"`{ast.unparse(node)}` starts at {low}: a negative index counts from the end."
                )
    except Exception:
        return ""
    return ""


def _of_kinds(problem: BaseException, text: str, place: Place, seen: list[Seen]) -> str:
    """A tensor where an array is due, and the other way round; truth of an array."""
    if "ambiguous" in text:
        return (
            "`if`, `and`, `or` and `not` need one True or False, and an array has many. Whether "
            "something was given is asked with `is None`; else say .all() or .any()."
        )
    kinds = {is_tensor(s.value) for s in seen if is_tensor(s.value) or is_array(s.value)}
    if len(kinds) == 2:
        return "One is a NumPy array, the other a torch tensor: turn one into the other's kind."
    if "must be Tensor, not" in text or "expected Tensor as" in text:
        return "A torch tensor is due here."
    return ""


def _of_graphs(problem: BaseException, text: str, place: Place, seen: list[Seen]) -> str:
    """Gradients where nothing was recorded."""
    if "does not require grad" in text:
        return (
            "Nothing has been recorded to go back through: it was made inside torch.no_grad(), "
            "from .detach(), .data, .item() or .numpy(), or from what requires no gradient."
        )
    return ""


def _of_types(problem: BaseException, text: str, place: Place, seen: list[Seen]) -> str:
    """Types of numbers."""
    if re.search(TYPES, text):
        kinds = {s.text: str(s.value.dtype) for s in seen if hasattr(s.value, "dtype")}
        told = listed([f"`{name}` is {kind}" for name, kind in kinds.items()]) if kinds else ""
        return (
            f"{told + ': t' if told else 'T'}he types of numbers differ. torch.zeros, torch.ones, "
            "torch.randn, and layers that are made in forward or kept in a plain list, are float32 "
            "whatever comes in: give dtype=….dtype, and make layers attributes in __init__."
        )
    if "same_kind" in text or "can't be cast" in text:
        return "The result would lose its fractions in an array of whole numbers: make it floats."
    return ""


def _of_numbers(problem: BaseException, text: str, place: Place, seen: list[Seen]) -> str:
    """Shapes that do not fit, numbers of arguments."""
    if match := re.search(r"expected .* to have (\d+) channels, but got (\d+) channels", text):
        return (
            f"The layer wants {match[1]} features on axis 1 and finds {match[2]} there: a layer of "
            "torch's takes (batch, features, positions). Are two axes to be exchanged first?"
        )
    if match := re.search(r"size (\d+) into shape \(|for input of size (\d+)", text):
        sizes = re.findall(
            r"\d+", text.rpartition("shape")[2].partition("]" if match[2] else ")")[0]
        )
        size, places = int(match[1] or match[2]), math.prod(map(int, sizes))
        if sizes and 0 < places < size:
            return f"That shape has {places} places for {size} values: what is left over?"
        return f"That shape has {places} places, and there are {size} values." if sizes else ""
    if re.search(r"takes .* positional arguments? but|missing \d+ required positional", text):
        return "Compare with the line in which it is defined: self counts as one of them."
    if isinstance(problem, ZeroDivisionError):
        return "What stands below the line is 0 at least once: look at the first and last round."
    shapes = [
        tuple(s.value.shape) for s in seen if isinstance(getattr(s.value, "shape", None), tuple)
    ]
    if len(shapes) == 2 and shapes[0] != shapes[1] and shapes[0] == shapes[1][::-1]:
        return "One has its axes in the other order."
    return ""
