"""A right answer keeps its points, whatever the notebook around it looks like.

What ``check`` said in a fresh kernel, run from top to bottom, is what the grader says. Each test is
a hand-in in which right answers once lost points, or a sibling of one.
"""

from __future__ import annotations

import re
import textwrap

import pytest

from autograder.cells import name_of
from autograder.intake.statements import definitions
from autograder.judging import submission
from autograder.sandbox.warm import Sandboxes
from autograder.tests.support.hand_in import HandIn

ONE = "01_rolling_average"

pytestmark = pytest.mark.xdist_group("fairness")


@pytest.fixture(scope="module")
def sandboxes():
    warm = Sandboxes()
    yield warm
    warm.close()


@pytest.fixture
def hand_in():
    return HandIn(ONE)


def insert(hand_in, name, line):
    """Put a line below the docstring of an answer."""
    cell = hand_in.cell(name)
    cell.source = cell.source.replace('"""\n', f'"""\n    {line}\n', 1)


# ── one notebook, one order ─────────────────────────────────────────────────

AVERAGE = """{}

@fill
def rolling_average(x, K=7):
    if K > len(x):
        raise ValueError("the window is longer than the series")
    return np.array([helper(x[i:i + K]) for i in range(len(x) - K + 1)])"""

HELPER = "def helper(window):\n    return sum(float(v) for v in window) / len(window)"

LATER = {
    "a function": "def helper(a, b, c):\n    return a, b, c",
    "a class": "class helper:\n    pass",
    "a constant": "helper = 3",
    "an import": "from math import floor as helper",
    "a function patched": "helper.__code__ = (lambda window: 0).__code__",
    "a library patched": "np.array = None",
    "a star": "from math import *\nfrom statistics import *\nsum = fsum = None\nhelper = gcd",
}


@pytest.mark.parametrize("what", LATER)
def test_a_later_answer_brings_something_of_the_same_name(what, hand_in, sandboxes):
    hand_in.cell("rolling_average").source = AVERAGE.format(HELPER)
    hand_in.cell("conv1d_layer").source += f"\n\n{LATER[what]}"
    hand_in.source.cells = [c for c in hand_in.source.cells if name_of(c) != "test_conv1d_layer"]
    assert hand_in.lost(sandboxes) == {}
    assert "rolling_average was judged from top to bottom" in hand_in.notes


def test_two_answers_and_their_checks_in_one_cell(hand_in, sandboxes):
    pad = LATER["a function"] + "\n\n" + hand_in.cell("pad").source
    text = AVERAGE.format(HELPER) + f"\ncheck(rolling_average)\n{pad}\ncheck(pad)"
    hand_in.cell("rolling_average").source = text
    gone = ("pad", "test_rolling_average", "test_pad")
    hand_in.notebook.cells = [c for c in hand_in.notebook.cells if name_of(c) not in gone]
    assert hand_in.lost(sandboxes) == {}


STUBS = {
    "as handed out": lambda stub: stub,
    "with a comment": lambda stub: f"# once more\n{stub}\n    # later",
    "without its documentation": lambda stub: re.sub(r'(?s)    """.*?"""\n', "", stub),
    "with other documentation": lambda stub: stub.replace('"""', '"""Mine: ', 1),
    "with pass": lambda stub: stub.replace("raise NotImplementedError()", "pass"),
    "with dots": lambda stub: stub.replace("raise NotImplementedError()", "..."),
    "with a message": lambda stub: stub.replace("Error()", "Error('tomorrow')"),
    "without fill": lambda stub: stub.replace("@fill\n", ""),
}


@pytest.mark.parametrize("marked", [True, False], ids=["with its mark", "without"])
@pytest.mark.parametrize("how", STUBS)
def test_a_stub_copied_below_a_right_answer_does_not_replace_it(how, marked, hand_in, sandboxes):
    text = STUBS[how](hand_in.stub("conv1d"))
    assert "def conv1d" in text
    hand_in.after("conv1d", text)
    if marked:
        at = hand_in.place("conv1d")
        hand_in.notebook.cells[at + 1].metadata = hand_in.notebook.cells[at].metadata
    assert hand_in.lost(sandboxes) == {}


@pytest.mark.parametrize(
    ("lesson", "name"),
    [("05_pytorch_tour", "FFN"), ("05_pytorch_tour", "gradients"), ("03_conv2d", "worked_example")],
)
def test_a_class_or_value_copied_below_its_answer_as_handed_out(lesson, name, sandboxes):
    hand_in = HandIn(lesson, (name,))
    hand_in.after(name, f"# again\n{hand_in.stub(name)}")
    assert hand_in.lost(sandboxes) == {}


def test_a_wrong_answer_gains_nothing_by_it(hand_in, sandboxes):
    hand_in.cell("conv1d").source = "@fill\ndef conv1d(x, f):\n    return np.zeros(3)"
    hand_in.after("test_conv1d", "check = fill = lambda *a, **k: 3.0\nconv1d.points = 3", "3.0")
    lost = hand_in.lost(sandboxes)
    assert lost["conv1d"] == 0
    assert "judged from top to bottom" not in hand_in.notes


LIBRARY = {
    "in an answer": ("04_pooling", "max_pool2d", "avg_pool2d",
                     "from torch.nn.functional import max_pool2d, relu\n"),
    "linear": ("05_pytorch_tour", "linear", "mse", "from torch.nn.functional import linear\n"),
    "pad": (ONE, "pad", "conv1d_layer", "from numpy import pad as there\npad = there\n"),
    "the lab's own": (ONE, "pad", "", "from cnnlab import pad\n"),
}  # fmt: skip


@pytest.mark.parametrize("what", LIBRARY)
def test_a_librarys_function_of_the_same_name_is_nobodys_answer(what, sandboxes):
    lesson, name, later, text = LIBRARY[what]
    hand_in = HandIn(lesson, (name,))
    if later and later in [name_of(c) for c in hand_in.notebook.cells]:
        hand_in.cell(later).source = text + hand_in.cell(later).source
    else:
        hand_in.after(f"test_{name}", text)
    assert hand_in.lost(sandboxes) == {}


def test_a_cell_that_also_assigns_the_name_of_an_exercise_is_not_lost(sandboxes):
    hand_in = HandIn("05_pytorch_tour", ("mse", "FFN"))
    mine = (
        "mse = nn.MSELoss()\n\ndef rectified(inputs, layer):\n    return torch.relu(layer(inputs))"
    )
    hand_in.after("test_mse", mine)
    cell = hand_in.cell("FFN")
    cell.source = cell.source.replace(
        "F.relu(self.linear1(inputs))", "rectified(inputs, self.linear1)"
    )
    assert hand_in.lost(sandboxes) == {}
    assert "FFN was judged from top to bottom" in hand_in.notes


def test_a_method_set_in_the_next_cell(sandboxes):
    hand_in = HandIn("05_pytorch_tour", ("FFN",))
    cell = hand_in.cell("FFN")
    cell.source = cell.source.split("    def forward")[0].rstrip()
    forward = "def forward(self, inputs):\n    return self.linear2(F.relu(self.linear1(inputs)))"
    hand_in.after("FFN", f"{forward}\nFFN.forward = forward")
    assert hand_in.lost(sandboxes) == {}


@pytest.mark.parametrize("value", ["pad = 3", "pad = {}\npad['x'] = 1", "conv1d_layer = None"])
def test_a_variable_of_an_exercises_name_beside_a_helper(value, hand_in, sandboxes):
    hand_in.after("test_pad", f"{value}\nimport math as m")
    insert(hand_in, "conv1d_layer", "m.floor(1.5)")
    if value.startswith("pad"):  # conv1d_layer of this lesson calls pad: also at home
        hand_in.before("conv1d_layer", hand_in.cell("pad").source)
    assert hand_in.lost(sandboxes) == {}


# ── which answer counts ─────────────────────────────────────────────────────

TYPED = {
    "an import": ("import math\ncheck(rolling_average)", "math.floor(1.5)"),
    "a helper below": ("check(rolling_average)\ndef mine(v):\n    return v", "mine(1.5)"),
    "a constant, no check": ("TWO = 2", "TWO * 2"),
    "a magic and a helper": ("%time check(rolling_average)\nimport math", "math.floor(1.5)"),
}


@pytest.mark.parametrize("what", TYPED)
def test_what_was_typed_into_a_test_cell_is_run(what, hand_in, sandboxes):
    text, used = TYPED[what]
    hand_in.cell("test_rolling_average").source = text
    insert(hand_in, "pad", used)
    assert hand_in.lost(sandboxes) == {}
    assert "test_rolling_average" in hand_in.notes


def test_a_helper_typed_above_the_check_in_the_same_test_cell(hand_in, sandboxes):
    hand_in.cell("test_pad").source = "import math\ncheck(pad)"
    insert(hand_in, "pad", "math.floor(1.5)")
    assert hand_in.lost(sandboxes) == {}


OLD = "@fill\ndef conv1d(x, f):\n    return np.zeros(3)"

NEWER = {
    "no @fill": ("{plain}", OLD),
    "fill as a call": ("{plain}\nfill(conv1d)", OLD),
    "fill of a module": ("import cnnlab as cl\n@cl.fill\n{plain}", OLD),
    "an alias": ("{mine}\nconv1d = mine", OLD),
    "an alias below the stub": ("{mine}\nconv1d = mine", ""),
    "a lambda": ("{mine}\nconv1d = lambda x, f: mine(x, f)", OLD),
    "one made of another": ("import functools\n{mine}\nconv1d = functools.partial(mine)", OLD),
}


@pytest.mark.parametrize("how", NEWER)
def test_the_newer_definition_counts_where_it_was_checked(how, hand_in, sandboxes):
    text, old = NEWER[how]
    plain = hand_in.cell("conv1d").source.removeprefix("@fill\n")
    hand_in.cell("conv1d").source = old or hand_in.stub("conv1d")
    text = text.format(plain=plain, mine=plain.replace("def conv1d", "def mine"))
    hand_in.after("test_conv1d", text, "check(conv1d)")
    assert hand_in.lost(sandboxes) == {}


def test_of_copies_that_differ_the_best_counts_and_the_note_says_which(hand_in, sandboxes):
    """The right one was checked by running the cell above again, and spoiled by a last trial."""
    plain = hand_in.cell("conv1d").source.removeprefix("@fill\n")
    hand_in.cell("conv1d").source = OLD
    hand_in.after("test_conv1d", f"# now it works\n{plain}", OLD.removeprefix("@fill\n"))
    hand_in.source.cells = [c for c in hand_in.source.cells if name_of(c) != "test_conv1d_layer"]
    assert hand_in.lost(sandboxes) == {}
    assert "begins with “def conv1d(x, f):”" in hand_in.notes
    assert "cells for conv1d" not in hand_in.notes


def test_a_class_that_extends_itself_in_the_next_cell(sandboxes):
    hand_in = HandIn("05_pytorch_tour", ("FFN",))
    cell = hand_in.cell("FFN")
    cell.source = cell.source.split("    def forward")[0].rstrip()
    hand_in.after(
        "FFN",
        "class FFN(FFN):\n    def forward(self, inputs):\n"
        "        return self.linear2(F.relu(self.linear1(inputs)))",
    )
    assert hand_in.lost(sandboxes) == {}


INDENTED = {
    "an assignment": '    np = __import__("numpy")\n    print(np.pi)',
    "an argument": "    x = [1, 2]\n    f = x",
    "below a blank line": "\n\n  K = 3\n  x = 7",
    "a comment first": "    # a trial\n    x = 3",
    "a tab": "\tx = 1\n\tprint(x)",
}


@pytest.mark.parametrize("what", INDENTED)
@pytest.mark.parametrize("name", ["conv1d", "pad"])
def test_an_indented_trial_below_an_answer_is_no_part_of_it(name, what, hand_in, sandboxes):
    hand_in.after(name, INDENTED[what])
    assert hand_in.lost(sandboxes) == {}
    assert "split" not in hand_in.notes


def test_an_indented_trial_below_an_answer_that_ends_otherwise(hand_in, sandboxes):
    """Nothing tells it from the rest of the function but that it runs by itself, as at home."""
    cell = hand_in.cell("conv1d")
    cell.source = f"{cell.source.rstrip()}\n    if False:\n        print(f)"
    cell.source = cell.source.replace("    if len(f)", "    assert np is not None\n    if len(f)")
    hand_in.after("conv1d", '    np = __import__("numpy")\n    print(np.pi)')
    assert hand_in.lost(sandboxes) == {}


INSIDE = {
    "try": "try:\n{}\nfinally:\n    pass",
    "a handler": "try:\n    import nothing_of_the_kind\nexcept ImportError:\n{}",
    "if": "if True:\n{}",
    "else": "if np is None:\n    pass\nelse:\n{}",
    "with": "import warnings\nwith warnings.catch_warnings():\n{}",
    "a loop": "for _ in range(1):\n{}",
    "two of them": "if True:\n  try:\n{}\n  finally:\n    pass",
    "match": "match 1:\n  case 1:\n{}",
}


@pytest.mark.parametrize("marks", [True, False])
@pytest.mark.parametrize("how", INSIDE)
def test_an_answer_inside_a_statement_is_found(how, marks, hand_in, sandboxes):
    cell = hand_in.cell("conv1d")
    cell.source = INSIDE[how].format(textwrap.indent(cell.source, " " * 4))
    if not marks:
        for cell in hand_in.notebook.cells:
            cell.metadata.pop("nbgrader", None)
    assert hand_in.lost(sandboxes) == {}
    assert "not attempted" not in hand_in.notes


def test_an_answer_inside_a_statement_with_fill_wins_over_an_older_one(hand_in, sandboxes):
    right = textwrap.indent(hand_in.cell("conv1d").source, " " * 4)
    hand_in.cell("conv1d").source = OLD
    hand_in.after("test_conv1d", f"if True:\n{right}")
    assert hand_in.lost(sandboxes) == {}
    assert "judged from top to bottom" not in hand_in.notes


# ── scratch cells ───────────────────────────────────────────────────────────


@pytest.fixture
def little_time(monkeypatch):
    monkeypatch.setattr(submission, "CALL_SECONDS", 0.5)
    monkeypatch.setattr(submission, "AGAIN_SECONDS", 0.4)
    monkeypatch.setattr(submission, "WALL_SECONDS", 18.0)


SLOW = {
    "animations": "import time\nfor i in range(200):\n    time.sleep(0.3)\ndef after(): pass",
    "computing": "while True:\n    pass",
    "printing": "while True:\n    print('x' * 10_000)",
    "counting prints": "import itertools\nfor i in itertools.count():\n    print(i)",
}


@pytest.mark.parametrize("what", SLOW)
def test_slow_scratch_cells_cost_no_answer_its_time(what, hand_in, sandboxes, little_time):
    hand_in.before("rolling_average", *[f"{SLOW[what]}\n# {i}" for i in range(40)])
    hand_in.before("conv1d", "import time\ntime.sleep(50)", "def doubled(v):\n    return 2 * v")
    insert(hand_in, "conv1d", "doubled(1)")
    assert hand_in.lost(sandboxes) == {}
    assert "The cell that begins with" in hand_in.notes
    assert SLOW[what].splitlines()[0] in hand_in.notes


@pytest.mark.parametrize("how", ["os._exit(1)", "os.abort()", "import ctypes; ctypes.string_at(0)"])
def test_scratch_cells_that_end_python_cost_no_answer_anything(how, hand_in, sandboxes):
    hand_in.before("rolling_average", *[f"import os\n{how}\n# {i}" for i in range(12)])
    assert hand_in.lost(sandboxes) == {}
    assert "one too many that ends Python" in hand_in.notes
    assert "import os" in hand_in.notes


PRINTS = {
    "much": 'print("x" * (17 * 2**20))',
    "to stderr": 'import sys\nsys.stderr.write("x" * (17 * 2**20))',
    "bytes": 'import sys\nsys.stdout.buffer.write(b"x" * (17 * 2**20))\nsys.stdout.flush()',
    "often": "for i in range(200_000):\n    print('0123456789' * 10)",
}


@pytest.mark.parametrize("what", PRINTS)
def test_printing_costs_nothing(what, hand_in, sandboxes):
    hand_in.before("rolling_average", PRINTS[what])
    insert(hand_in, "conv1d", "print('called', x, f)")
    insert(hand_in, "pad", "import sys; sys.stdout.buffer.write(b'called')")
    assert hand_in.lost(sandboxes) == {}


SAVED = {
    "arrays": "for i in range(9):\n    np.save(f'/tmp/{i}.npy', np.zeros(2**20))",
    "a large one": "np.save('mine.npy', np.zeros(7_500_000))",
    "many": "for i in range(9_990):\n    open(f'{i}.txt', 'w').close()",
    "in memory": "for i in range(9):\n    np.save(f'/dev/shm/{i}.npy', np.zeros(2**20))",
}


@pytest.mark.parametrize("what", SAVED)
def test_what_scratch_cells_save_leaves_answers_their_room(what, hand_in, sandboxes):
    hand_in.before("rolling_average", SAVED[what])
    folder = "/dev/shm/" if what == "in memory" else ""
    insert(hand_in, "conv1d", f"np.save('{folder}trace.npy', np.zeros(2**20))")
    assert hand_in.lost(sandboxes) == {}


HELD = {
    "an array": "held = np.ones(220_000_000)",
    "many": "held = []\nwhile True:\n    held.append(np.ones(2**20))",
    "one by one": "for i in range(99):\n    globals()[f'held_{i}'] = np.ones(2**24)",
    "numbers": "held = []\nwhile True:\n    held.append([float(len(held))] * 1000)",
}


@pytest.mark.parametrize("what", HELD)
def test_what_scratch_cells_hold_leaves_answers_their_memory(what, hand_in, sandboxes):
    hand_in.before("rolling_average", HELD[what], "mine = 3")
    insert(hand_in, "conv1d", "np.ones(2**25)[:mine]")
    assert hand_in.lost(sandboxes) == {}
    assert f"begins with “{HELD[what].splitlines()[0]}” asked for more memory" in hand_in.notes


def test_a_scratch_cell_that_asks_for_too_much_memory_keeps_its_functions(hand_in, sandboxes):
    text = "import math\nheld = [0] * 2**27\ndef half(v):\n    return math.floor(v) / 2\n"
    hand_in.before("rolling_average", f"{text}more = [0] * 2**27")
    insert(hand_in, "conv1d", "half(np.ones(2**25)[0])")
    assert hand_in.lost(sandboxes) == {}


@pytest.mark.parametrize("made", ["torch.ones(2**28)", "torch.ones(2**28).to('cuda')"])
def test_what_scratch_cells_hold_in_tensors_leaves_answers_their_memory(made, sandboxes):
    hand_in = HandIn("05_pytorch_tour", ("mse",))
    hand_in.before("mse", f"held = {made}", f"more = {made}")
    insert(hand_in, "mse", "torch.ones(2**26)")
    assert hand_in.lost(sandboxes) == {}
    assert "“more = " in hand_in.notes


def test_what_a_scratch_cell_holds_within_its_share_is_there_for_answers(hand_in, sandboxes):
    hand_in.before("rolling_average", "held = np.ones(150_000_000)")
    insert(hand_in, "conv1d", "held[-1] + np.ones(2**25)")
    assert hand_in.lost(sandboxes) == {} and "memory" not in hand_in.notes


def test_of_a_cell_that_is_left_out_its_definitions_are_kept():
    text = (
        "import math\n%matplotlib inline\n@cache\ndef f(x):\n    return g(x)\n\nK = 7\n"
        "W = np.ones(3)\nclass A:\n    size = 3\nclass B:\n    size = f(3)\nx = 1; run(x)\n"
    )
    kept = "import math\n@cache\ndef f(x):\n    return g(x)\nK = 7\nclass A:\n    size = 3"
    assert definitions(text) == kept
