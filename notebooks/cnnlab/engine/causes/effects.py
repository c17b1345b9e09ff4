"""Lines without effect, and rows that are one and the same list, as a source shows them.

A line is named only if what it calls is known to change nothing: torch's methods that end in ``_``,
``sort`` of a list, ``to`` of a model do something, and of what is not known nothing is said.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .fact import Fact

THROWN_AWAY, NOT_CALLED, SHARED = "thrown away", "not called", "one and the same"
MISLAID = (THROWN_AWAY, NOT_CALLED, SHARED)
"""Kinds of facts that are a mistake whatever else is wrong."""

METHODS = (
    *("eval", "train", "zero_grad", "step", "backward", "append", "sort", "reverse"),
    *("copy", "clone", "detach", "__init__"),
)
"""Methods that somebody means to call where they are only named."""

_OF_BOTH = (
    *("abs", "clip", "concatenate", "cumsum", "exp", "flip", "log", "max", "mean", "maximum"),
    *("min", "minimum", "pad", "reshape", "roll", "round", "sort", "sqrt", "squeeze", "stack"),
    *("sum", "transpose", "where"),
)
_NUMPY = (*_OF_BOTH, "array", "asarray", "expand_dims", "tile")
_TORCH = (
    *(*_OF_BOTH, "cat", "clamp", "flatten", "permute", "relu", "sigmoid", "softmax", "tanh"),
    *("log_softmax", "unsqueeze", "dropout"),
)
PURE = {"np": _NUMPY, "numpy": _NUMPY, "torch": _TORCH, "F": _TORCH}
"""Functions that give something new, by the name of their module."""

OF_ARRAYS = (
    *("argmax", "astype", "clamp", "clip", "detach", "flatten", "masked_fill", "mean", "permute"),
    *("ravel", "reshape", "round", "squeeze", "sum", "tolist", "transpose", "unsqueeze", "view"),
)
OF_TENSORS = ("to", "cpu", "cuda", "double", "float")
"""Methods that change a model, and of a tensor give a new one."""

ACTIVATION = "activation"
"""The parameter that is a function of arrays, in all exercises that have it."""

BUILTIN = ("abs", "float", "int", "len", "list", "max", "min", "round", "sorted", "sum", "tuple")

LAYERS = (
    *("Linear", "Conv1d", "Conv2d", "Embedding", "ReLU", "LeakyReLU", "Sigmoid", "Tanh", "GELU"),
    *("Softmax", "LogSoftmax", "Flatten", "Dropout", "MaxPool2d", "AvgPool2d"),
)
"""Layers that keep nothing of what they are given; others count, as normalisation does."""

LONGEST = 50


def without_effect(tree: ast.AST, defined: set[str]) -> Iterator[Fact]:
    """Expressions that stand alone and do nothing. defined: what the cell defines by itself."""
    tried = {n for t in ast.walk(tree) if isinstance(t, ast.Try) for s in t.body for n in _all(s)}
    for node in _all(tree):
        if not isinstance(node, ast.Expr) or node in tried:  # what may raise is asked for that
            continue
        value, text = node.value, _short(node.value)
        if isinstance(value, ast.Attribute) and value.attr in METHODS:
            said = f"Line {node.lineno}: `{text}` without parentheses calls nothing."
            yield Fact(said, NOT_CALLED, "statement", (node.lineno,))
        elif isinstance(value, _COMPUTED) and _pure(value, tree, defined):
            said = f"Line {node.lineno}: what `{text}` gives is thrown away."
            yield Fact(said, THROWN_AWAY, "statement", (node.lineno,))


_COMPUTED = (ast.Call, ast.Compare, ast.BinOp)


def _pure(value: ast.expr, tree: ast.AST, defined: set[str]) -> bool:
    """Whether nothing can come of an expression but its value."""
    odd = (ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom, ast.Lambda)
    if any(isinstance(n, odd) for n in _all(value)):
        return False
    return all(_call_is_pure(n, tree, defined) for n in _all(value) if isinstance(n, ast.Call))


def _call_is_pure(call: ast.Call, tree: ast.AST, defined: set[str]) -> bool:
    if any(k.arg in ("out", "inplace", None) for k in call.keywords):
        return False
    called = call.func
    if isinstance(called, ast.Name):
        return called.id in (*BUILTIN, ACTIVATION) and called.id not in defined
    if not isinstance(called, ast.Attribute) or called.attr in defined:
        return False
    base = called.value
    module = base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "")
    module = "F" if module == "functional" else module
    if module in PURE:
        in_place = called.attr in ("relu", "dropout") and len(call.args) > 1  # perhaps the flag
        return called.attr in PURE[module] and not in_place
    if module == "self":
        return called.attr in _plain_layers(tree)
    if called.attr in OF_TENSORS:
        return isinstance(base, ast.Name) and _is_a_tensor(base.id, tree)
    return called.attr in OF_ARRAYS and isinstance(base, (ast.Name, ast.Subscript))


def _plain_layers(tree: ast.AST) -> set[str]:
    """Attributes of self that are one of LAYERS, and do not work in place."""
    found: dict[str, list[bool]] = {}
    for node in _all(tree):
        if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Attribute):
            continue
        made = node.value
        name = made.func if isinstance(made, ast.Call) else None
        layer = getattr(name, "attr", "") in LAYERS and not any(
            k.arg in ("inplace", None) for k in getattr(made, "keywords", [])
        )
        in_place = getattr(name, "attr", "").endswith("U") and bool(getattr(made, "args", []))
        found.setdefault(node.targets[0].attr, []).append(layer and not in_place)
    return {name for name, plain in found.items() if all(plain)}


def _is_a_tensor(name: str, tree: ast.AST) -> bool:
    """Whether a name is a part of a batch, which somebody is given, and which nobody calls."""
    nodes = _all(tree)
    called = {n.func.id for n in nodes if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
    given = {
        a.id for n in nodes if isinstance(n, ast.Call) for a in n.args if isinstance(a, ast.Name)
    }
    parts = {target.id for n in nodes for target in _targets(n) if isinstance(target, ast.Name)}
    return name in parts and name in given and name not in called and "model" not in name


def _targets(node: ast.AST) -> list[ast.expr]:
    """The names that a loop or an assignment gives to parts of something."""
    if isinstance(node, ast.For):
        return [n for n in _all(node.target) if node.target is not n and isinstance(n, ast.Name)]
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Subscript):
        return node.targets
    return []


def one_list(tree: ast.AST) -> Iterator[Fact]:
    """Lists of one mutable thing, multiplied, into a part of which something is written."""
    stored = [
        (target.id, node.value)
        for node in _all(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    ]
    for name, value in stored:
        thing = _multiplied(value)
        if thing and [n for n, _ in stored].count(name) == 1 and _written_into(name, tree):
            yield Fact(
                f"Line {value.lineno}: all rows of `{_short(value)}` are one and the same {thing}.",
                *(SHARED, name, (value.lineno,)),
            )


def _multiplied(value: ast.expr) -> str:
    """What stands in a list that is multiplied, if it can be changed: "list" or "array"."""
    if not isinstance(value, ast.BinOp) or not isinstance(value.op, ast.Mult):
        return ""
    for side in (value.left, value.right):
        if isinstance(side, ast.List) and len(side.elts) == 1:
            (item,) = side.elts
            inner = item.left if isinstance(item, ast.BinOp) else item
            if isinstance(inner, (ast.List, ast.ListComp)):
                return "list"
            made = ast.unparse(item.func) if isinstance(item, ast.Call) else ""
            if made in ("np.zeros", "np.ones", "np.empty", "torch.zeros", "torch.ones"):
                return "array" if made.startswith("np") else "tensor"
    return ""


def _written_into(name: str, tree: ast.AST) -> bool:
    """Whether something is put into a row: ``rows[i][j] = …`` or ``rows[i].append(…)``."""
    for node in _all(tree):
        row = node.value if isinstance(node, (ast.Subscript, ast.Attribute)) else None
        if not isinstance(row, ast.Subscript) or getattr(row.value, "id", "") != name:
            continue
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            return True
        if isinstance(node, ast.Attribute) and node.attr in ("append", "extend", "insert"):
            return True
    return False


def _short(node: ast.expr) -> str:
    text = ast.unparse(node).replace("`", "'")
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _all(tree: ast.AST) -> list[ast.AST]:
    return list(ast.walk(tree))
