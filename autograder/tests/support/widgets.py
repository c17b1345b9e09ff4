"""Move every control of a lesson's widgets, in a kernel."""

from __future__ import annotations

import inspect

import nbformat
from nbformat import NotebookNode

from autograder.tests.support import lessons


def moving(notebook: NotebookNode) -> NotebookNode:
    """A notebook that makes a lesson's widgets, as the lesson makes them, and moves them.

    It has those of the lesson's cells that the widgets need, and no others.
    """
    cells = lessons.code_cells(notebook)
    sources, shown = [inspect.getsource(move)], set()
    for cell in lessons.widget_cells(notebook):
        before = [c.source for c in cells[: cells.index(cell)]]
        sources += [s for s in lessons.needed(before, cell.source) if s not in shown]
        shown.update(sources)
        sources += [cell.source, "move(_)"]
    return nbformat.v4.new_notebook(
        metadata=notebook.metadata, cells=[nbformat.v4.new_code_cell(s) for s in sources]
    )


def move(widget):
    """Give each control of a widget its extremes and values between; raise if something is wrong.

    It must draw without errors or warnings, alike for alike controls, and each control
    must change what is drawn: with the others as they are at first, or with one
    choice among them made differently (weights typed in count only if they are chosen).

    Sent into the kernel as source, so it imports what it needs.
    """
    import random
    import warnings

    from IPython.utils.capture import capture_output

    controls = {control.description: control for control in widget.kwargs_widgets}
    assert len(controls) == len(widget.kwargs_widgets), "two controls have the same description"
    assert all(controls), "a control has no description"
    first = {name: control.value for name, control in controls.items()}
    draw, drawn, failures, paused = widget.f, {}, [], []

    def now():
        return {name: control.value for name, control in controls.items()}

    def recorded(**arguments):
        if paused or str(now()) in drawn:
            return
        try:
            with capture_output() as shown, warnings.catch_warnings():
                warnings.simplefilter("error")
                # What other packages say to each other (Colab's matplotlib to its pyparsing).
                warnings.filterwarnings("ignore", "", DeprecationWarning, "(?!cnnlab)")
                draw(**arguments)
        except Exception as problem:
            failures.append(f"{type(problem).__name__}: {problem}\n  with {now()}")
            return
        picture = (shown.stdout, [sorted(o.data.items()) for o in shown.outputs])
        if shown.stderr or picture == ("", []):
            failures.append(f"draws nothing, or writes to stderr {shown.stderr!r}\n  with {now()}")
        drawn[str(now())] = picture

    def picture(name, value):
        controls[name].value = value
        return drawn.get(str(now()))

    def extremes(control):
        if hasattr(control, "_options_full"):
            return [value for _, value in control._options_full]
        if hasattr(control, "min"):
            return [control.min, control.max]
        if isinstance(control.value, bool):
            return [True, False]
        if isinstance(control.value, str):
            return ["", "nonsense", "1", "0.5, -0.5", "nan", "1e999", "1 " * 99]
        raise AssertionError(f"no rule how to move a {type(control).__name__}")

    def between(control):
        if not hasattr(control, "min"):
            return []
        steps = int((control.max - control.min) / control.step)
        return [control.min + control.step * n for n in (1, steps // 2, max(steps - 1, 0))]

    def has_effect(name):
        tried = [*extremes(controls[name]), *between(controls[name]), first[name]]
        return len({str(picture(name, value)) for value in tried}) > 1

    def has_effect_somewhere(name):
        if has_effect(name):
            return True
        for other, choice in controls.items():
            if other != name and hasattr(choice, "_options_full"):
                for option in extremes(choice):
                    choice.value = option
                    if has_effect(name):
                        return True
                choice.value = first[other]
        return False

    widget.f = recorded
    widget.update()
    once = drawn.pop(str(first), None)
    widget.update()
    if drawn.get(str(first)) != once:
        failures.append("does not draw the same twice")
    without_effect = []
    for name in controls:
        if not has_effect_somewhere(name):
            without_effect.append(name)
        for other, value in first.items():
            controls[other].value = value
    chance = random.Random(0)
    for _ in range(20):  # extremes meet
        paused.append(True)
        for control in controls.values():
            control.value = chance.choice(extremes(control))
        paused.clear()
        widget.update()
    assert not failures, "\n".join(failures[:5])
    assert not without_effect, f"moving these changes nothing: {without_effect}"
