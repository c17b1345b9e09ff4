"""What happens to honest students' notebooks on their way, one function each.

A damage gets a notebook as a student would hand it in, as plain data (what ``json.loads`` gives),
and the names of two exercises of it that are answered right. It changes the notebook, or returns
the bytes of the file. ``told`` is what student and instructor must read of it, ``loses`` which of
the two answers is gone, "ab" if nothing is left to grade, and ``file`` the name it is handed in by.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass

Notebook = dict
NOTHING = ""


@dataclass(frozen=True)
class Damage:
    """One way to damage a notebook, and what must come of it."""

    name: str
    change: Callable[[Notebook, str, str], bytes | None]
    told: str
    loses: str
    file: str

    def applied(self, notebook: Notebook, a: str, b: str) -> bytes:
        """The file that is handed in."""
        done = self.change(notebook, a, b)
        return done if isinstance(done, bytes) else as_file(notebook)


DAMAGES: list[Damage] = []


def damage(told: str = NOTHING, loses: str = "", file: str = "{lesson}.ipynb"):
    """Enter a function in the list."""

    def enter(change):
        DAMAGES.append(Damage(change.__name__, change, told, loses, file))
        return change

    return enter


def as_file(notebook: Notebook, **how) -> bytes:
    return json.dumps(notebook, ensure_ascii=False, indent=1, **how).encode()


def code(source: str, **more) -> dict:
    blank = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
    return {**blank, "source": source, **more}


def text(source: str) -> dict:
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def place(notebook: Notebook, name: str) -> int:
    """Where the cell with a grade_id is."""
    ids = [c["metadata"].get("nbgrader", {}).get("grade_id") for c in notebook["cells"]]
    return ids.index(name)


def cell(notebook: Notebook, name: str) -> dict:
    return notebook["cells"][place(notebook, name)]


def insert(notebook: Notebook, before: str, *cells: dict) -> None:
    at = place(notebook, before)
    notebook["cells"][at:at] = cells


def wrong(answer: dict, name: str) -> dict:
    """A copy of an answer cell that answers nothing right."""
    head = answer["source"].partition(f"def {name}")[2].partition("\n")[0]
    return {**answer, "source": f"@fill\ndef {name}{head}\n    return None"}


# ── Colab and other places to edit in ───────────────────────────────────────


@damage()
def colab_and_back(notebook, a, b):
    notebook["nbformat_minor"] = 0
    notebook["metadata"] = {
        "colab": {"provenance": [{"file_id": "1x", "timestamp": 1}], "toc_visible": True},
        "kernelspec": {"display_name": "Python 3", "name": "python3"},
        "accelerator": "GPU",
    }
    for i, each in enumerate(notebook["cells"]):
        each.pop("id", None)
        more = {"id": f"x{i}", "colab": {"base_uri": "https://localhost:8080/", "height": 35}}
        if each["cell_type"] == "code":
            more |= {"outputId": "y", "executionInfo": {"status": "ok", "user": {"userId": "1"}}}
        each["metadata"] |= more


@damage(told="as in Colab")
def colab_that_lost_every_mark(notebook, a, b):
    colab_and_back(notebook, a, b)
    for each in notebook["cells"]:
        each["metadata"] = {k: v for k, v in each["metadata"].items() if k != "nbgrader"}


@damage(told="as in Colab")
def all_metadata_stripped(notebook, a, b):
    notebook["metadata"] = {}
    for each in notebook["cells"]:
        each.pop("id", None)
        each["metadata"] = {}


@damage()
def the_state_of_widgets_saved_with_it(notebook, a, b):
    state = {f"{i:032x}": {"model_module": "@jupyter-widgets/controls"} for i in range(500)}
    notebook["metadata"]["widgets"] = {"application/vnd.jupyter.widget-state+json": state}
    view = {"application/vnd.jupyter.widget-view+json": {"model_id": "0"}}
    shown = {"output_type": "display_data", "metadata": {}, "data": view}
    notebook["cells"].insert(3, code("interact(lambda K: K, K=3)", outputs=[shown]))


@damage()
def edited_in_vs_code(notebook, a, b):
    notebook["metadata"]["language_info"] = {"name": "python", "version": "3.12.1"}
    for i, each in enumerate(notebook["cells"]):
        each["id"] = f"#VSC-{i}"
        each["metadata"]["vscode"] = {"languageId": "python"}


@damage()
def a_kernel_that_nobody_else_has(notebook, a, b):
    kernel = {"display_name": "R (my-env)", "language": "R", "name": "conda-env-my-env-r"}
    notebook["metadata"] |= {"kernelspec": kernel, "language_info": {"name": "R"}}


@damage()
def points_and_marks_that_somebody_changed(notebook, a, b):
    for each in notebook["cells"]:
        if "nbgrader" in each["metadata"]:
            each["metadata"]["nbgrader"] |= {"points": 0, "locked": "yes", "schema_version": 1}
            each["metadata"] |= {"deletable": True, "editable": "?"}


# ── cells ───────────────────────────────────────────────────────────────────


@damage(told="put back: test_{a}")
def a_test_deleted(notebook, a, b):
    del notebook["cells"][place(notebook, f"test_{a}")]


@damage(told="marks by which nbgrader knows its cells|put back")
def all_tests_deleted(notebook, a, b):
    notebook["cells"] = [c for c in notebook["cells"] if not c["source"].startswith("check(")]


@damage(told="no answer cell for {a}", loses="a")
def an_answer_deleted(notebook, a, b):
    del notebook["cells"][place(notebook, a)]


@damage()
def all_text_deleted(notebook, a, b):
    notebook["cells"] = [c for c in notebook["cells"] if c["cell_type"] == "code"]


@damage()
def the_setup_deleted(notebook, a, b):
    notebook["cells"] = [c for c in notebook["cells"] if "import cnnlab" not in c["source"]]


@damage(told="2 cells for {a}")
def an_answer_twice(notebook, a, b):
    insert(notebook, f"test_{a}", dict(cell(notebook, a)))


@damage(told="2 cells for {a}")
def a_wrong_answer_and_a_right_one_below(notebook, a, b):
    insert(notebook, a, wrong(cell(notebook, a), a))


@damage(told="2 cells for {a}")
def an_answer_and_an_untouched_copy_below(notebook, a, b):
    stub = wrong(cell(notebook, a), a)
    stub["source"] = notebook["stubs"][a]
    insert(notebook, f"test_{a}", stub)


@damage(told="2 cells for {a}")
def the_answer_written_below_the_stub(notebook, a, b):
    answer = cell(notebook, a)["source"]
    cell(notebook, a)["source"] = notebook["stubs"][a]
    notebook["cells"].append(code(answer))


@damage(told="2 cells for {a}")
def an_old_attempt_left_and_the_answer_written_at_the_end(notebook, a, b):
    answer = cell(notebook, a)["source"]
    cell(notebook, a)["source"] = wrong(cell(notebook, a), a)["source"]
    notebook["cells"].append(code(answer))


@damage(told="another cell than its own")
def an_answer_in_a_cell_of_its_own_and_the_stub_emptied(notebook, a, b):
    insert(notebook, f"test_{a}", code(cell(notebook, a)["source"]))
    cell(notebook, a)["source"] = "# see below"


@damage(told="split")
def an_answer_split_in_its_function(notebook, a, b):
    lines = cell(notebook, a)["source"].splitlines(keepends=True)
    first = next(i for i, line in enumerate(lines) if line.startswith("    "))
    cell(notebook, a)["source"] = "".join(lines[: first + 1])
    insert(notebook, f"test_{a}", code("".join(lines[first + 1 :])))


@damage(told="split|another cell")
def an_answer_split_below_its_decorator(notebook, a, b):
    lines = cell(notebook, a)["source"].splitlines(keepends=True)
    cell(notebook, a)["source"] = lines[0]
    insert(notebook, f"test_{a}", code("".join(lines[1:])))


@damage()
def a_cell_that_begins_with_a_blank_below_an_answer(notebook, a, b):
    cell(notebook, a)["source"] += f"\n\nprint({a})"
    insert(notebook, f"test_{a}", code("  print('Jupyter takes this well')"))


@damage(told="as in Colab|put back|another cell")
def all_code_in_one_cell(notebook, a, b):
    cells = [c["source"] for c in notebook["cells"] if c["cell_type"] == "code"]
    notebook["cells"] = [code("\n\n".join(cells))]


@damage(told="put back: test_{a}")
def an_answer_merged_with_its_test(notebook, a, b):
    cell(notebook, a)["source"] += "\n\n" + cell(notebook, f"test_{a}")["source"]
    del notebook["cells"][place(notebook, f"test_{a}")]


@damage()
def cells_in_another_order(notebook, a, b):
    random.Random(1).shuffle(notebook["cells"])


@damage()
def all_answers_at_the_end(notebook, a, b):
    cells = notebook["cells"]
    cells.sort(key=lambda c: c["metadata"].get("nbgrader", {}).get("solution", False))


@damage(told="text cell")
def an_answer_turned_into_text(notebook, a, b):
    at = place(notebook, a)
    old = notebook["cells"][at]
    notebook["cells"][at] = {**text(old["source"]), "metadata": old["metadata"]}


@damage(told="text cell")
def an_answer_turned_into_a_raw_cell(notebook, a, b):
    cell(notebook, a)["cell_type"] = "raw"


@damage()
def an_answer_turned_into_text_and_back(notebook, a, b):
    old = cell(notebook, a)
    old |= {"outputs": [], "execution_count": None, "attachments": {}}
    old["metadata"] |= {"collapsed": True}


@damage()
def a_test_turned_into_text(notebook, a, b):
    cell(notebook, f"test_{a}")["cell_type"] = "markdown"


@damage(told="put right: test_{a}")
def a_test_changed(notebook, a, b):
    cell(notebook, f"test_{a}")["source"] = f"# I like this one\ncheck({a})"


@damage()
def a_mark_twice_on_another_cell(notebook, a, b):
    insert(notebook, a, {**code("print('scratch')"), "metadata": cell(notebook, a)["metadata"]})


@damage(told="another cell than its own")
def two_marks_exchanged(notebook, a, b):
    one, other = cell(notebook, a), cell(notebook, b)
    one["metadata"], other["metadata"] = other["metadata"], one["metadata"]


@damage(told="2 cells for {a}")
def both_sides_of_a_merge_as_nbdime_leaves_them(notebook, a, b):
    insert(notebook, a, text("`<<<<<<< local`"), wrong(cell(notebook, a), a), text("`=======`"))
    insert(notebook, f"test_{a}", text("`>>>>>>> remote`"))


@damage()
def cells_with_parts_missing(notebook, a, b):
    for each in notebook["cells"]:
        each.pop("outputs", None)
        each.pop("execution_count", None)
    notebook["cells"][3:3] = [{}, {"cell_type": "code"}, {"cell_type": "markdown", "source": None}]


# ── the file ────────────────────────────────────────────────────────────────


@damage(file="{lesson} (1).ipynb")
def downloaded_for_the_second_time(notebook, a, b): ...


@damage(file="Übung für Jürgen – gelöst.ipynb")
def a_name_with_umlauts(notebook, a, b): ...


@damage(file="{lesson}.IPYNB")
def a_name_in_capitals(notebook, a, b): ...


@damage(file="{lesson}.ipynb.txt")
def a_name_that_an_e_mail_program_made_longer(notebook, a, b): ...


@damage(file="{lesson}.ipynb.json")
def a_name_that_a_browser_made_longer(notebook, a, b): ...


@damage()
def the_format_of_2014(notebook, a, b):
    cells = []
    for each in notebook["cells"]:
        old = {k: v for k, v in each.items() if k not in ("id", "source", "execution_count")}
        if each["cell_type"] == "code":
            old |= {"input": each["source"].splitlines(keepends=True), "language": "python"}
            old |= {"prompt_number": 3, "collapsed": False}
        else:
            old["source"] = each["source"]
        cells.append(old)
    sheets = [{"cells": cells, "metadata": {}}]
    return as_file({"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": sheets})


@damage()
def the_first_of_the_formats_4(notebook, a, b):
    notebook["nbformat_minor"] = 0
    for each in notebook["cells"]:
        del each["id"]


@damage()
def a_format_4_without_ids(notebook, a, b):
    notebook["nbformat_minor"] = 4
    for each in notebook["cells"]:
        del each["id"]
        each["source"] = each["source"].splitlines(keepends=True)


@damage()
def every_cell_with_the_same_id(notebook, a, b):
    for each in notebook["cells"]:
        each["id"] = "same"


@damage()
def a_byte_order_mark(notebook, a, b):
    return b"\xef\xbb\xbf" + as_file(notebook)


@damage()
def utf_16_as_a_windows_editor_saves_it(notebook, a, b):
    return as_file(notebook).decode().encode("utf-16")


@damage()
def latin_1_with_umlauts_in_names(notebook, a, b):
    insert(notebook, a, code("größe = 1"))
    cell(notebook, a)["source"] = cell(notebook, a)["source"].replace(
        "\n    ", "\n    größer = größe + 1  # für später\n    ", 1
    )
    return as_file(notebook).decode().encode("latin-1", "replace")


@damage()
def line_ends_of_windows(notebook, a, b):
    for each in notebook["cells"]:
        each["source"] = each["source"].replace("\n", "\r\n")
    return as_file(notebook).replace(b"\n", b"\r\n")


@damage()
def no_line_ends_at_all(notebook, a, b):
    return json.dumps(notebook).encode()


# ── scratch cells ───────────────────────────────────────────────────────────


def scratch(called: str, source: str, **output: str) -> None:
    """Enter a damage that is a cell of the student's own, above one answer and below another."""

    def change(notebook, a, b):
        cells = [code(source, outputs=[output] if output else [])]
        insert(notebook, a, *cells)
        insert(notebook, f"test_{b}", *cells)

    change.__name__ = called
    damage()(change)


scratch("a_cell_that_fails", "data[17] / undefined")
scratch("a_cell_that_is_no_python", "so then I tried (")
scratch("a_cell_that_hangs", "while True:\n    pass")
scratch("a_cell_that_sleeps", "import time\ntime.sleep(10**6)")
scratch("a_cell_that_waits_for_input", "n = int(input('How many? '))\nprint(n)")
scratch(
    "cells_that_install",
    "%pip install -q pandas\n!pip install seaborn\nimport pandas as pd, seaborn as sns\n"
    "pd.DataFrame({'x': [1]}).plot()",
)
scratch("commands", "!ls -la\nfiles = !ls\nprint(files)\n!nvidia-smi")
scratch(
    "magics",
    "%load_ext autoreload\n%autoreload 2\n%matplotlib widget\n"
    "%timeit -n 3 sum([1])\nnp.pad?\n%who\n%reset -f",
)
scratch("another_language", "%%bash\nfor i in 1 2 3; do echo $i; done")
scratch("html", "%%html\n<b>bold</b>")
scratch(
    "noise_on_stderr",
    "import sys, warnings\nfor i in range(1000):\n    print('careful', file=sys.stderr)\n"
    "warnings.warn('mind the gap')\nimport logging\nlogging.error('oh')",
    output_type="stream",
    name="stderr",
    text="careful\n" * 1000,
)
scratch(
    "a_huge_output",
    "for i in range(10**6):\n    print(i)",
    output_type="stream",
    name="stdout",
    text="".join(f"{i}\n" for i in range(200_000)),
)
scratch(
    "widgets_and_plots",
    "import ipywidgets\nfrom ipywidgets import interact\nimport matplotlib.pyplot as plt\n"
    "@interact(K=(1, 9))\ndef show(K=3):\n    plt.plot(np.arange(K))\n    plt.show()\n"
    "display(ipywidgets.IntSlider())\nplt.savefig('figure.png')",
)
scratch("a_cell_that_ends_python", "import sys\nexit()\nsys.exit(1)")
scratch("files_that_only_the_student_has", "np.loadtxt('C:/Users/me/data.csv')\n%cd ~/Downloads")
scratch("an_await", "import asyncio\nawait asyncio.sleep(0)")


@damage(told="{a} was judged from top to bottom")
def names_of_python_used_for_something_else_further_down(notebook, a, b):
    source = cell(notebook, a)["source"]
    cell(notebook, a)["source"] = source.replace("\n    ", "\n    sum([1, 2])\n    ", 1)
    notebook["cells"].append(code("sum = 0\nlen = 3\nrange = zip = enumerate = max = 1\nnp = None"))


@damage()
def the_answer_deleted_further_down(notebook, a, b):
    notebook["cells"].append(code(f"del {a}\nx = f = None"))


@damage(told="2 cells for {a}")
def an_experiment_of_the_same_name_further_down(notebook, a, b):
    trial = wrong(cell(notebook, a), a)["source"].removeprefix("@fill\n")
    notebook["cells"].append(code(f"# what if …\n{trial}\nprint({a})"))


# ── answers ─────────────────────────────────────────────────────────────────


@damage()
def an_answer_that_prints(notebook, a, b):
    source = cell(notebook, a)["source"]
    cell(notebook, a)["source"] = source.replace(
        "\n    ", "\n    print('here', locals())\n    ", 1
    ) + (f"\n\nprint({a})\n{a}(1, 2, 3, 4)")


@damage()
def white_space_everywhere(notebook, a, b):
    for each in notebook["cells"]:
        each["source"] = "\n\n" + each["source"].replace("\n", "   \n") + "\n \n"


@damage()
def tabs(notebook, a, b):
    cell(notebook, a)["source"] = cell(notebook, a)["source"].replace("    ", "\t")


@damage()
def an_answer_that_is_timed(notebook, a, b):
    cell(notebook, a)["source"] = "%%time\n" + cell(notebook, a)["source"]


@damage()
def an_answer_without_its_decorator(notebook, a, b):
    cell(notebook, a)["source"] = cell(notebook, a)["source"].removeprefix("@fill\n")


@damage()
def the_stubs_last_line_left_below_the_answer(notebook, a, b):
    cell(notebook, a)["source"] += "\n    # YOUR CODE HERE\n    raise NotImplementedError()"


def _by_way_of_a_helper(notebook, a):
    """The answer in a function of another name, which the answer's own cell calls."""
    source = cell(notebook, a)["source"].removeprefix("@fill\n")
    cell(notebook, a)["source"] = (
        f"@fill\ndef {a}(*args, **kwargs):\n    return my_own(*args, **kwargs)"
    )
    return code(source.replace(f"def {a}", "def my_own"))


@damage()
def a_helper_in_a_cell_above(notebook, a, b):
    insert(notebook, a, _by_way_of_a_helper(notebook, a))


@damage()
def a_helper_in_a_cell_at_the_end(notebook, a, b):
    notebook["cells"].append(_by_way_of_a_helper(notebook, a))


@damage()
def an_import_made_in_a_scratch_cell(notebook, a, b):
    insert(notebook, b, code("import functools as ft\nfrom math import *"))
    source = cell(notebook, a)["source"]
    cell(notebook, a)["source"] = source.replace(
        "\n    ", "\n    ft.partial(floor, 1.5)()\n    ", 1
    )


# ── nothing left to grade, and said so ──────────────────────────────────────


@damage(told="cut off", loses="ab")
def a_file_cut_off(notebook, a, b):
    return as_file(notebook)[:-2000]


@damage(told="is empty", loses="ab")
def an_empty_file(notebook, a, b):
    return b""


@damage(told="merge", loses="ab")
def the_marks_of_a_git_merge(notebook, a, b):
    lines = as_file(notebook).splitlines()
    return b"\n".join([*lines[:9], b"<<<<<<< HEAD", *lines[9:12], b"=======", *lines[9:]])


@damage(told="web page", loses="ab")
def the_page_of_a_login_saved_in_its_place(notebook, a, b):
    return b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head></html>"


@damage(told="Python script", loses="ab")
def a_script_under_a_notebooks_name(notebook, a, b):
    cells = [c["source"] for c in notebook["cells"] if c["cell_type"] == "code"]
    return "# coding: utf-8\n\n# In[1]:\n\n{}".format("\n\n# In[ ]:\n\n".join(cells)).encode()
