"""What an answer uses that it will not have where it is graded, or that is the answer already.

Here to tell an honest student early, and in the grader's words. The grader does not rely on it:
nothing of the kind exists where it runs answers.
"""

from __future__ import annotations

import builtins
import dis
import functools
import importlib.metadata
import re
import sys
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from .refusing import OTHER_PACKAGES, STAND_INS, THERE, Forbidden, ready_made, refuse

_GLOBALS = ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS")
_ATTRIBUTES = ("LOAD_ATTR", "LOAD_METHOD")


def foreign(answer: Any, numpy_only: bool = True) -> str:
    """The first thing that an answer uses and must not or cannot, or "".

    A package ("scipy"), or a ready-made function ("np.convolve"). Looks at the names that the
    answer loads, and at those of all that is the student's own and is loaded by it: functions,
    classes, what is in a container. What the notebook imports besides is nobody's business.
    """
    own = _own_modules(answer)
    refused = {id(getattr(m, n)): shown for m, n, shown in ready_made()} if numpy_only else {}
    for value in used_by(answer):
        if id(value) in refused:
            return refused[id(value)]
        package = _package(value)
        if package not in own and not _is_there(package, value, numpy_only):
            return package
        if package in own or value is answer:
            for imported in _imports(value):
                if not _is_there(imported, None, numpy_only):
                    return imported
    return ""


def used_by(answer: Any) -> Iterator[Any]:
    """The answer, and all that it and what is the student's own in it load, hold or stand for."""
    own = _own_modules(answer)
    seen: set[int] = set()
    to_see = [answer]
    while to_see:
        value = to_see.pop()
        if id(value) not in seen:
            seen.add(id(value))
            yield value
            to_see += _parts(value, own)


def message(used: str) -> str:
    """What to say about it: where it is refused, the same words as where it is graded."""
    if used.startswith("np.") or used in OTHER_PACKAGES:
        try:
            refuse(used)()
        except Forbidden as problem:
            return str(problem)
    return (
        f"{used} is not there where answers are graded. There are Python's own library, NumPy, "
        "matplotlib and, in the exercises on torch, torch: write it with these alone."
    )


@contextmanager
def _torch_refused() -> Iterator[None]:
    """Inside the block, torch computes nothing: its functions raise Forbidden."""
    import torch
    from torch.overrides import TorchFunctionMode

    modes = (torch.set_grad_enabled, torch._C._set_grad_enabled, torch.is_grad_enabled)

    class Refuse(TorchFunctionMode):
        def __torch_function__(
            self, function: Callable, types: Any, args: tuple = (), kwargs: dict | None = None
        ) -> Any:
            if function in modes:  # @torch.no_grad() above a NumPy answer
                return function(*args, **(kwargs or {}))
            return refuse("torch")()

    with Refuse():
        yield


def without_torch(answer: Callable) -> Callable:
    """The answer to a NumPy exercise, in which torch may be named but not used."""
    if "torch" not in sys.modules:
        return answer

    @functools.wraps(answer, updated=())
    def guarded(*args: Any, **kwargs: Any) -> Any:
        with _torch_refused():
            return answer(*args, **kwargs)

    return guarded


# ── what belongs to a value ─────────────────────────────────────────────────


def _own_modules(answer: Any) -> set[str]:
    """The packages in which the student writes: a decorator of torch's leaves that as it was."""
    named = str(getattr(answer, "__module__", "")).partition(".")[0]
    return {"__main__", named} - {"cnnlab", "torch", "numpy", "builtins"}


def _package(value: Any) -> str:
    """The top-level package that a value comes from; of a plain value its type's."""
    if isinstance(value, types.ModuleType):
        home = value.__name__
    else:
        home = getattr(value, "__module__", None)
        home = home if isinstance(home, str) else type(value).__module__
    package = str(home).partition(".")[0]
    return "builtins" if package.startswith("_cython") else package


def _is_there(package: str, value: Any, numpy_only: bool) -> bool:
    if package == "torch" and numpy_only:
        # A type is named in a comparison or an annotation, and computes nothing by that.
        return isinstance(value, type)
    if package in sys.stdlib_module_names or package in ("builtins", "numpy", "torch"):
        return True
    if package in STAND_INS:
        return True
    return package not in OTHER_PACKAGES and package in _modules_there(numpy_only)


@functools.cache
def _modules_there(numpy_only: bool) -> frozenset[str]:
    """The modules of the distributions that are there, and of all that they require."""
    todo, seen, found = [*THERE, *([] if numpy_only else ["torch"])], set(), set()
    while todo:
        name = re.sub(r"[-_.]+", "-", todo.pop()).lower()
        if name in seen:
            continue
        seen.add(name)
        try:
            distribution = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # required on other systems only
        required = [text for text in distribution.requires or [] if "extra ==" not in text]
        todo += [name for text in required for name in re.findall(r"^[\w.-]+", text)]
        found |= {file.parts[0].partition(".")[0] for file in distribution.files or []}
    return frozenset(found)


def _parts(value: Any, own: set[str]) -> list[Any]:
    """What is to be looked at with a value: what it loads, holds or stands for."""
    if isinstance(value, functools.partial):
        return [value.func, *value.args, *value.keywords.values()]
    if isinstance(value, (list, tuple, set, frozenset)):
        return list(value)[:100]
    if isinstance(value, dict):
        return list(value.values())[:100]
    if isinstance(value, types.MethodType):
        return [value.__func__, type(value.__self__)]
    if isinstance(value, (staticmethod, classmethod)):
        return [value.__func__]
    if isinstance(value, property):
        return [f for f in (value.fget, value.fset) if f]
    parts = [value.__wrapped__] if hasattr(value, "__wrapped__") else []
    if isinstance(value, type):
        return [*parts, *value.__bases__, *vars(value).values()] if _is_own(value, own) else parts
    if not isinstance(value, types.FunctionType):
        return [*parts, type(value)] if _is_own(type(value), own) else parts
    if str(value.__globals__.get("__name__")).partition(".")[0] in own:
        parts += [*(value.__defaults__ or ()), *(value.__kwdefaults__ or {}).values()]
        parts += [cell.cell_contents for cell in value.__closure__ or () if _is_filled(cell)]
        parts += [
            thing for code in _codes(value.__code__) for thing in _loaded(code, value.__globals__)
        ]
    return parts


def _is_own(kind: type, own: set[str]) -> bool:
    return _package(kind) in own


def _is_filled(cell: types.CellType) -> bool:
    try:
        cell.cell_contents  # noqa: B018
    except ValueError:
        return False
    return True


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    """A function's code, and that of the functions, classes and comprehensions inside it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _codes(constant)


def _loaded(code: types.CodeType, space: dict[str, Any]) -> Iterator[Any]:
    """The values of the global names that a code loads; of ``torch.nn.Module`` the whole name's.

    A name that is only an attribute's, as the mean of ``x.mean()``, is no global's.
    """
    found: Any = None
    following = False
    for step in dis.get_instructions(code):
        if following and step.opname in _ATTRIBUTES and isinstance(found, types.ModuleType):
            found = getattr(found, str(step.argval), None)
            continue
        if following:
            yield found
        name = str(step.argval) if step.opname in _GLOBALS else ""
        following = bool(name) and (name in space or hasattr(builtins, name))
        if following:
            found = space[name] if name in space else getattr(builtins, name)
    if following:
        yield found


def _imports(value: Any) -> Iterator[str]:
    """The packages that a function imports when it is called."""
    if isinstance(value, types.FunctionType):
        for code in _codes(value.__code__):
            for step in dis.get_instructions(code):
                if step.opname == "IMPORT_NAME" and step.argval:
                    yield step.argval.partition(".")[0]
