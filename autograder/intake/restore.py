"""Rebuild a clean notebook from the source and paste the student's answers into it.

Students delete, split, duplicate and reorder cells, and Colab forgets what made a cell
an answer. So nothing of a submission's structure is used: the structure is the
source's, and an answer is the cell that defines the exercise's name. Where several do,
the last one counts, as in Jupyter, but a copy left as it was handed out never wins over
one that was worked on. Where none does, the cell with the ``grade_id`` is taken, then one
with the marker ``# exercise: NAME``: code too broken to define anything is told so.

Where an answer that was found so is not right, the judge looks at the submission in its own order,
too (``straight``).
"""

from __future__ import annotations

import copy
import dataclasses
import itertools
import re

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from ..cells import (
    STUB,
    TEST,
    bare,
    exercise_marker,
    is_answer,
    is_test,
    name_of,
    released,
    title_of,
)
from ..terminal import visible
from .inert import disarmed
from .python import about_python
from .reading import from_data
from .statements import defined, ends, runs_alone, same_code, statements
from .straight import straight

# ── restoring ───────────────────────────────────────────────────────────────


def restore(submitted: NotebookNode | None, source: NotebookNode) -> tuple[NotebookNode, list[str]]:
    """The clean notebook, and what was repaired, a sentence each.

    submitted: any notebook, or None. source: the instructor's notebook of the lesson.
    The result is the source with the student's answers in it. In each cell's metadata
    ``cnnlab.role`` says whose it is: "answer", "test", "ours", or "own" for a code cell
    that the student added or changed, which stands before the answer that it preceded. The
    notebook's ``cnnlab.straight`` has the submission in its own order, until it is judged.
    """
    repairs: list[str] = []
    cells, apart = _joined(from_data(submitted).cells if submitted else [], repairs)
    clean = copy.deepcopy(source)
    answers = [c for c in clean.cells if is_answer(c)]
    meant = [defined(c.source) if c.cell_type == "code" or name_of(c) else {} for c in cells]
    found = {n: _place_of(c, clean, cells, meant, repairs) for c in answers if (n := name_of(c))}
    tests = {name_of(c): released(c) for c in source.cells if is_test(c)}

    kept = _kept(cells, meant, found, {released(c) for c in source.cells}, tests)

    out: list[NotebookNode] = []
    for cell in clean.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        role = "test" if is_test(cell) else "ours"
        if is_answer(cell):
            role, place = "answer", found[name_of(cell)]
            # Before every answer, or an old attempt would take a new one's place.
            out += kept.attempts
            kept.attempts = []
            if place is None and cell.cell_type == "code":
                repairs.append(f"There is no answer cell for {name_of(cell)}: not attempted.")
                cell.source = STUB
            elif place is None:
                cell.source = ""
            else:
                out += kept.before.pop(place, [])
                text = cells[place].source
                ours = cell.cell_type == "code" or bare(text) == released(cell)
                cell.source = text if ours else disarmed(text)
                if cell.cell_type == "markdown" and "attachments" in cells[place]:
                    cell.attachments = cells[place].attachments
        cell.metadata["cnnlab"] = {"role": role}
        out.append(cell)
    clean.cells = out + [c for left in (*kept.before.values(), kept.after) for c in left]
    _about_tests(tests, cells, repairs, source)
    repairs += about_python(submitted, clean, lambda text: statements(text) is not None)
    clean.metadata["cnnlab"] = {"repairs": repairs, "straight": straight(cells, apart, source)}
    return clean, repairs


@dataclasses.dataclass
class _Kept:
    """Code cells that the student added or changed.

    before: by the place of the answer they precede. after: those behind the last answer.
    attempts: those that define an exercise whose answer stands further down.
    """

    before: dict[int, list[NotebookNode]]
    after: list[NotebookNode]
    attempts: list[NotebookNode]


def _kept(
    cells: list[NotebookNode],
    meant: list[dict[str, str]],
    found: dict[str, int | None],
    not_theirs: set[str],
    tests: dict[str, str],
) -> _Kept:
    """What is kept of a student's other cells. meant: what each cell defines, and how.
    found: the place of each answer.
    """
    kept = _Kept({}, [], [])
    for i, cell in enumerate(cells):
        if i in found.values():
            kept.before[i], kept.after = kept.after, []
        elif cell.cell_type == "code" and name_of(cell) not in tests:
            text = bare(cell.source)
            places = [found[name] for name in found if name in meant[i]]
            overridden = any(place is not None and i > place for place in places)
            if text and text not in not_theirs and not overridden:
                (kept.attempts if places else kept.after).append(_cell(cell.source, "own"))
    return kept


def _cell(source: str, role: str) -> NotebookNode:
    return new_code_cell(source, metadata={"cnnlab": {"role": role}})


def _joined(
    cells: list[NotebookNode], repairs: list[str]
) -> tuple[list[NotebookNode], dict[int, list[str]]]:
    """The cells with those put together again that somebody split inside a function.

    And, by the place of a joined cell, the texts it was made of where each runs by itself.
    """
    out: list[NotebookNode] = []
    apart: dict[int, list[str]] = {}
    pieces = 1  # of the last cell
    for cell in cells:
        whole = cell.cell_type != "code" or not out or pieces >= PIECES
        if not whole and _continues(out[-1], cell.source):
            pieces += 1
            texts = apart.setdefault(len(out) - 1, [out[-1].source])
            if runs_alone(texts[-1]) and runs_alone(cell.source):
                texts.append(cell.source)
            else:
                texts[-1] = texts[-1].rstrip("\n") + "\n" + cell.source
            out[-1].source = out[-1].source.rstrip("\n") + "\n" + cell.source
            repairs.append("A cell that had been split in the middle of its code was joined.")
        else:
            out.append(cell)
            pieces = 1
    return out, apart


PIECES = 10
"""Of so many a cell is put together at most: all that it has so far is read again for each."""


def _continues(above: NotebookNode, source: str) -> bool:
    """Whether a cell is code only together with the one above.

    That it begins with a blank is no proof: such a cell runs by itself in Jupyter, and below a
    function that ends with its return it is nothing else.
    """
    if above.cell_type != "code" or not bare(above.source) or not bare(source):
        return False
    first = next(line for line in source.splitlines() if line.strip())
    if first[0] in " \t" and ends(above.source) and runs_alone(source):
        return False
    half = first[0] in " \t)]}" or statements(above.source) is None
    return half and statements(above.source.rstrip("\n") + "\n" + source) is not None


_FILLS = re.compile(r"(?m)^[ \t]*+(?:@(?:\w+\.)?fill\b|(?:\w+\.)?fill\()")


def _place_of(
    cell: NotebookNode,
    source: NotebookNode,
    cells: list[NotebookNode],
    meant: list[dict[str, str]],
    repairs: list[str],
) -> int | None:
    """Where what the student wrote into a cell of the source is."""
    is_code = cell.cell_type == "code"
    return _find(cell, cells, meant, repairs) if is_code else _written(cell, source, cells)


def _find(
    cell: NotebookNode,
    cells: list[NotebookNode],
    meant: list[dict[str, str]],
    repairs: list[str],
) -> int | None:
    """Where the student's answer for a code cell of the source is. meant: what each defines."""
    name = name_of(cell)
    named = [i for i, c in enumerate(cells) if name_of(c) == name]
    wanted = defined(cell.source).get(name)
    places = []
    for i, c in enumerate(cells):
        # A text cell can only be an answer whose type was changed by accident.
        if (c.cell_type == "code" or name_of(c) == name) and name in meant[i]:
            places.append(i)
    if wanted == "def":  # `pad = 3` in some trial is no answer, unless there is no other
        places = [i for i in places if meant[i][name] == "def"] or places
    if not places:
        marker = exercise_marker(name)
        places = named or [i for i, c in enumerate(cells) if marker.search(c.source)]
    if not places:
        return None
    stub = released(cell)
    worked_on = [i for i in places if bare(cells[i].source) != stub]
    if len(worked_on) > 1:  # a copy that is only put in other words is none
        worked_on = [i for i in worked_on if not same_code(cells[i].source, stub)] or worked_on
    # An experiment further down goes by the same name, but hands nothing in.
    filled = [i for i in worked_on if _FILLS.search(cells[i].source)]
    chosen = (filled or worked_on or places)[-1]
    if len(places) > 1:
        which = "the last that was worked on" if worked_on else "the last"
        which = "the last with @fill" if len(worked_on) > len(filled) > 0 else which
        repairs.append(f"There are {len(places)} cells for {name}: {which} counts.")
    elif named and chosen not in named:
        repairs.append(f"The answer to {name} stands in another cell than its own.")
    if cells[chosen].cell_type != "code":
        repairs.append(f"The answer to {name} stands in a text cell: it was read as code.")
    return chosen


def _written(cell: NotebookNode, source: NotebookNode, cells: list[NotebookNode]) -> int | None:
    """Where the student's text for a text cell of the source is."""
    named = [i for i, c in enumerate(cells) if name_of(c) == name_of(cell)]
    written = [i for i in named if bare(cells[i].source) != released(cell)]
    if named:
        return (written or named)[-1]
    # Its mark is lost: then it is the text below the same heading, if that is not ours.
    place = source.cells.index(cell)
    heading = released(source.cells[place - 1]) if place else ""
    ours = {released(c) for c in source.cells if c is not cell}
    for i, (above, below) in enumerate(itertools.pairwise(cells), 1):
        if heading and bare(above.source) == heading and bare(below.source) not in ours:
            return i
    return None


def _about_tests(
    tests: dict[str, str], cells: list[NotebookNode], repairs: list[str], source: NotebookNode
) -> None:
    """Tell what happened to test cells. Ours are used in any case."""
    theirs = {name_of(c): bare(c.source) for c in cells if name_of(c) in tests}
    others = [name_of(c) for c in cells if name_of(c).startswith(TEST) and name_of(c) not in tests]
    if not theirs and len(others) > 1:
        title = title_of(NotebookNode(cells=cells))
        named = f", “{visible(title[:80])}”" if title and title != title_of(source) else ""
        repairs.append(
            f"This is the notebook of another lesson{named}: it has none of this lesson's tests, "
            f"but {others[0]} and {len(others) - 1} more."
        )
        return
    if cells and tests and not theirs:
        repairs.append(
            "The marks by which nbgrader knows its cells were lost, as in Colab. The answers "
            "were found by the names they define."
        )
        return
    missing = [n for n in tests if n not in theirs]
    changed = [n for n in theirs if theirs[n] != tests[n]]
    if cells and missing:
        repairs.append(f"Deleted test cells were put back: {', '.join(missing)}.")
    if changed:
        repairs.append(f"Changed test cells were put right: {', '.join(changed)}.")
