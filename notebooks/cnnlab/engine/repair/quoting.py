"""The student's own words for an edited place: so few that it is clear what is meant, and no fewer.

A name may stand several times in a line. So what is quoted with it is the smallest expression
around it that stands there once.
"""

from __future__ import annotations

import ast
import re

from .edits import Edit

LONGEST = 60
"""Characters of the student's own text."""

COUNTED = ("first", "second", "third", "fourth", "fifth")


def quoted(edit: Edit, source: str, by_value: bool) -> tuple[str, str, str]:
    """(the edited part, what it stands in, which of several it is); "" where that is not needed.

    by_value: whether two values of it are told, too.
    """
    if edit.code is None:
        return "", "", ""
    off = by_value or edit.kind == "one more or less"
    node, around = watched(edit) if off else edit.code, parents(edit.statement)
    part = _changed_part(edit) if node is edit.code else None
    if part is not None:
        around |= {part: (node, "slice")}
        node = part
    text = _text(node, source)
    rows = source.splitlines()
    row = rows[node.lineno - 1] if node.lineno <= len(rows) else ""
    inside = ""
    outer = node
    while len(_places(inside or row, text)) > 1 and outer in around:
        outer = around[outer][0]
        if not hasattr(outer, "lineno") or isinstance(outer, ast.stmt):
            break
        wider = _text(outer, source)
        if len(_places(row, wider)) == 1 and wider != text:
            begin = row.find(wider)
            inside, which = wider, _which(wider, text, node.col_offset - _columns(row, begin))
            if len(_places(wider, text)) == 1 or isinstance(outer, ast.BinOp):
                return _cut(text), _cut(inside), which
    if part is not None and not inside and len(whole := _text(edit.code, source)) <= LONGEST:
        inside = whole
    if edit.kind == "constant" and not inside:  # a bare number is no place
        wider = _text(around[node][0], source) if node in around else ""
        inside = wider if wider != text and len(wider) <= LONGEST else ""
    return _cut(text), _cut(inside), ""


def _columns(row: str, begin: int) -> int:
    return len(row[:begin].encode())


def _which(wider: str, text: str, column: int) -> str:
    """Which of several places in a wider expression it is."""
    places = _places(wider, text)
    before = [p for p in places if len(wider[:p].encode()) <= column]
    return f"the {COUNTED[len(before) - 1]} " if len(places) > 1 and 0 < len(before) < 6 else ""


def _places(text: str, part: str) -> list[int]:
    """Where a part stands in a text, as whole words."""
    return [m.start() for m in re.finditer(rf"(?<!\w){re.escape(part)}(?!\w)", text)]


def _text(node: ast.AST, source: str) -> str:
    return ast.get_source_segment(source, node) or ""


def _changed_part(edit: Edit) -> ast.expr | None:
    """The slice in an index that an edit changes."""
    old, new = edit.code, edit.new()
    if not isinstance(old, ast.Subscript) or not isinstance(new, ast.Subscript):
        return None
    if isinstance(old.slice, ast.Slice) and isinstance(new.slice, ast.Slice):
        return old.slice
    if not isinstance(old.slice, ast.Tuple) or not isinstance(new.slice, ast.Tuple):
        return None
    pairs = zip(old.slice.elts, new.slice.elts, strict=False)
    changed = [one for one, other in pairs if one is not other]
    return changed[0] if len(changed) == 1 else None


def watched(edit: Edit) -> ast.expr:
    """The part of which a value says something: of a bare name or a length what is made of it."""
    node = edit.code
    assert node is not None
    if not isinstance(node, ast.Name) and ast.unparse(node)[:4] != "len(":
        return node
    outer = parents(edit.statement).get(node, (None, ""))[0]
    return outer if isinstance(outer, ast.BinOp) and edit.kind in BY_ITS_OPERATION else node


BY_ITS_OPERATION = {
    *("name", "constant for a name", "name for a constant", "one more or less", "term missing"),
    *("factor missing", "divisor missing", "length"),
}
"""Kinds of edits of a name that show in the operation which it is part of."""


def parents(statement: ast.stmt) -> dict[ast.AST, tuple[ast.AST, str]]:
    """For each node in a statement what it is a part of, and as which field."""
    found = {}
    for owner in ast.walk(statement):
        for field, value in ast.iter_fields(owner):
            for node in value if isinstance(value, list) else [value]:
                if isinstance(node, ast.AST):
                    found[node] = (owner, field)
    return found


def part_of(edit: Edit, source: str) -> str:
    """What is too much in the edited expression, or a name, in the student's own words."""
    node, kind = edit.code, edit.kind
    if node is None:
        return ""
    whole = ast.get_source_segment(source, node) or ""
    if kind == "keyword too much" and edit.key:
        return f"{edit.key[2]}=…"
    if kind == "name" and isinstance(node, ast.Name):
        return node.id
    if kind == "function":
        called = node.func if isinstance(node, ast.Call) else node
        return ast.get_source_segment(source, called) or ""
    kept = edit.new() if kind.endswith("too much") else node
    if not hasattr(kept, "lineno") or kept is node or not isinstance(kept, ast.expr):
        return ""
    text = ast.get_source_segment(source, kept)
    return _cut(whole.replace(text, "…", 1)) if text and text in whole and text != whole else ""


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
