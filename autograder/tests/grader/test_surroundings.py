"""Right answers in innocent surroundings, put together at random: none loses a point.

Every answer is right where its notebook checks it last, in a fresh kernel run from top to bottom:
what is around it there is what students, Jupyter, Colab and habit leave in a notebook.
"""

from __future__ import annotations

import random
import re
import textwrap

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell

from autograder.cells import is_answer, is_test, name_of
from autograder.releasing import build
from autograder.sandbox.warm import Sandboxes
from autograder.tests.support.hand_in import HandIn
from autograder.tests.support.students import right_answers

SEED = 20_261_125

ANSWERS: dict[str, list[tuple[str, str]]] = {}
for _answer in right_answers():
    ANSWERS.setdefault(_answer.exercise.name, []).append((_answer.needs, _answer.source))

# ── what stands around an answer ────────────────────────────────────────────

SCRATCH = (
    "print('so far so good')",
    "for i in range(3):\n    print(i)",
    "import matplotlib.pyplot as plt\nplt.plot([1, 2, 3])\nplt.show()",
    "%matplotlib inline\n%load_ext autoreload\n%autoreload 2",
    "!pip install -q seaborn\n!ls",
    "%%bash\necho hello",
    "%%html\n<b>bold</b>",
    "%timeit -n 1 sum([1])\nnp.zeros?",
    "1 / 0",
    "this is no Python (",
    "# TODO ask in the tutorial",
    "a = [i ** 2 for i in range(10)]\na",
    "import math, random, collections\nmath.pi",
    "def helper(x):\n    return x",
    "from collections import *",
    "class Trial:\n    size = 3\nTrial().size",
    "    y = 3\n    print(y)",
    "display(a) if 'a' in globals() else None",
    "print('x' * 2**22)",
    "np.save('trace.npy', np.zeros(2**21))",
    "import warnings\nwarnings.warn('mind the gap')",
    "exit()",
    "from cnnlab import hint\nhint",
    "value = input('How many? ')",
    "held = np.ones(2**28)",
    "import torch\nW = torch.ones(3).numpy()\nV = W * 2",
    "import torch\ntorch.ones(3).to('cuda')",
    "try:\n    import pandas\nexcept ImportError:\n    pandas = None",
)

METADATA = (
    {"collapsed": True, "scrolled": False},
    {"colab": {"base_uri": "https://localhost:8080/"}, "id": "Ab3", "outputId": "0"},
    {"execution": {"iopub.execute_input": "2026-01-01T00:00:00Z"}, "trusted": True},
    {"vscode": {"languageId": "python"}, "tags": ["mine"], "jp-MarkdownHeadingCollapsed": True},
)


class Notebook:
    """One notebook in the making. draw: all chance there is in it. did: what was done to it."""

    def __init__(self, lesson: str, seed: int):
        self.draw, self.hand_in = random.Random(seed), HandIn(lesson)
        self.cells = self.hand_in.notebook.cells
        self.did: list[str] = []
        self.functions = []
        for cell in self.cells:
            if is_answer(cell) and cell.cell_type == "code":
                self.answer(cell)

    def answer(self, cell):
        """A right answer in one of its styles, or the solution."""
        name = name_of(cell)
        # With a loop in im2col conv2d_fast is not fast, and check says so.
        styles = [] if name == "im2col" else ANSWERS.get(name, [])
        pick = self.draw.randrange(len(styles) + 1)
        if pick < len(styles):
            needs, source = styles[pick]
            fill = "@fill\n" if re.match(r"def |class ", source) else ""
            cell.source = f"{needs}\n\n{fill}{source}".lstrip()
            self.did.append(f"{name} in style {pick}")
        if re.search(rf"(?m)^def {name}\b", cell.source):
            self.functions.append(name)

    def below(self, name, *sources):
        self.hand_in.after(name, *sources)
        self.cells = self.hand_in.notebook.cells

    def used_below(self, name):
        """Whether a later cell reads the name, so that another meaning would be a mistake."""
        at = self.hand_in.place(f"test_{name}")
        return any(re.search(rf"\b{name}\b", c.source) for c in self.cells[at + 1 :])

    # ── each of these is innocent ───────────────────────────────────────────

    def scratch(self):
        at = self.draw.randrange(3, len(self.cells))
        text = self.draw.choice(SCRATCH)
        # Below a cell that is not whole an indented one may well belong to it.
        if not text.startswith(" ") or is_test(self.cells[at - 1]):
            self.cells.insert(at, new_code_cell(text))

    def helper(self, name):
        """The answer by way of a helper, of the same name as other answers' helpers."""
        cell = self.hand_in.cell(name)
        head, found, body = cell.source.rpartition(f"@fill\ndef {name}(")
        if found and not re.search(rf"\b{name}\b", body):
            cell.source = (
                f"{head}def step({body}\n\n\n@fill\ndef {name}(*args, **kwargs):\n"
                "    return step(*args, **kwargs)"
            )

    def newer(self, name):
        """A wrong first try, and the right answer in a cell below, checked there."""
        cell = self.hand_in.cell(name)
        head, found, body = cell.source.rpartition(f"@fill\ndef {name}(")
        if found:
            start = "def mine(" if self.draw.random() < 0.3 else f"def {name}("
            ending = f"\n\n{name} = mine" if "mine" in start else ""
            ending = ending or self.draw.choice(["", f"\n\nfill({name})"])
            cell.source = f"@fill\ndef {name}(*args, **kwargs):\n    return None"
            self.below(f"test_{name}", f"{head}{start}{body}{ending}", f"check({name})")

    def typed(self, name):
        """What the answer imports and needs, typed into the test cell above it."""
        tests = [c for c in self.cells[: self.hand_in.place(name)] if is_test(c)]
        cell = self.hand_in.cell(name)
        head, found, body = cell.source.rpartition(f"@fill\ndef {name}(")
        if tests and found and head.strip() and "def " not in head and head[0] != "%":
            tests[-1].source += f"\n{head.strip()}"
            cell.source = found + body

    def taken(self, name):
        """Another meaning of the exercise's name, below its test."""
        if not self.used_below(name):
            other = [f"{name} = 3", f"from math import floor as {name}", f"{name} = {{}}"]
            self.below(f"test_{name}", f"{self.draw.choice(other)}\nunused = 1")

    def twin(self, name):
        self.below(f"test_{name}", self.hand_in.cell(name).source)

    def stub(self, name):
        self.hand_in.before(name, self.hand_in.stub(name))
        self.cells = self.hand_in.notebook.cells

    def indented(self, name):
        if self.hand_in.cell(name).source.rstrip().splitlines()[-1].startswith("    return"):
            self.below(name, "    trial = 3\n    print(trial)")

    def said(self, name):
        cell = self.hand_in.cell(name)
        head, found, body = cell.source.rpartition(f"@fill\ndef {name}(")
        if found and (line := re.search(r"\n    (?=[a-z])", body)):
            body = f"{body[: line.start()]}\n    print('called')\n    {body[line.end() :]}"
            cell.source = head + found + body

    def inside(self, name):
        """The answer in a block of a statement."""
        cell = self.hand_in.cell(name)
        head = self.draw.choice(["if True:", "for _ in [0]:", "with open('/dev/null'):"])
        if not cell.source.startswith("%"):
            cell.source = f"{head}\n{textwrap.indent(cell.source, ' ' * 4)}"

    def lent(self, name):
        """A constant made with torch, in a cell above, which the answer uses."""
        cell = self.hand_in.cell(name)
        head, found, body = cell.source.rpartition(f"@fill\ndef {name}(")
        if found and (line := re.search(r"\n    (?=[a-z])", body)):
            body = f"{body[: line.start()]}\n    lent[0] + 1\n    {body[line.end() :]}"
            cell.source = head + found + body
            made = self.draw.choice(["torch.ones(3).numpy()", "[torch.pi]", "{0: float(torch.e)}"])
            self.hand_in.before(name, f"import torch\nlent = {made}")
            self.cells = self.hand_in.notebook.cells

    def timed(self, name):
        self.hand_in.cell(name).source = "%%time\n" + self.hand_in.cell(name).source

    def again(self, name):
        self.below(f"test_{name}", f"result = check({name})\nresult")

    def tools(self):
        for cell in self.cells:
            if self.draw.random() < 0.5:
                cell.metadata |= self.draw.choice(METADATA)

    def words(self):
        self.cells.insert(self.draw.randrange(len(self.cells)), new_markdown_cell("## My notes"))

    def last(self):
        """At the very end nothing is checked any more."""
        mine = ["np = None", "sum = len = 0", "def step(): pass", "del np", "x = f = K = None"]
        self.cells.append(new_code_cell(self.draw.choice(mine)))

    def surround(self):
        """Do some of all this."""
        once = [self.tools, self.words, self.last]
        each = [self.helper, self.newer, self.typed, self.taken, self.twin, self.stub]
        each += [self.indented, self.said, self.timed, self.again, self.inside, self.lent]
        for name in self.functions:
            for do in self.draw.sample(each, 2):
                if self.draw.random() < 0.5:
                    do(name)
                    self.did.append(f"{name}: {do.__name__}")
        for do in [*once, *[self.scratch] * 6]:
            if self.draw.random() < 0.7:
                do()
                self.did.append(do.__name__)
        return self.hand_in


@pytest.fixture(scope="module")
def sandboxes():
    warm = Sandboxes()
    yield warm
    warm.close()


def lost(lesson, seed, sandboxes):
    """What a notebook lost, with the seed that makes it again."""
    notebook = Notebook(lesson, seed)
    hand_in = notebook.surround()
    gone = hand_in.lost(sandboxes, seed)
    return f"{lesson}, seed {seed}: {gone}; {notebook.did}" if gone else ""


QUICK = ("01_rolling_average", "03_conv2d", "01_rolling_average")


@pytest.mark.parametrize(
    "part", [0, *(pytest.param(part, marks=pytest.mark.slow) for part in (1, 2))]
)
def test_thirty_notebooks_of_right_answers_lose_nothing(part, sandboxes):
    seeds = range(SEED + part, SEED + 30, 3)
    print(f"seeds {seeds}")
    assert [x for s in seeds if (x := lost(QUICK[part], s, sandboxes))] == []


@pytest.mark.slow
@pytest.mark.parametrize("part", range(10))
@pytest.mark.parametrize("lesson", build.lesson_names())
def test_three_hundred_notebooks_of_all_lessons_lose_nothing(lesson, part, sandboxes):
    seeds = range(SEED + 1000 + 5 * part, SEED + 1005 + 5 * part)
    print(f"seeds {seeds}")
    assert [x for s in seeds if (x := lost(lesson, s, sandboxes))] == []


def test_what_surrounds_answers_is_drawn_by_the_seed_alone():
    one, other = (Notebook("01_rolling_average", SEED).surround() for _ in range(2))
    assert [c.source for c in one.notebook.cells] == [c.source for c in other.notebook.cells]
