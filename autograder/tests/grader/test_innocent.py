"""A right answer keeps its points: the language of their kernel, and packages that Colab has."""

import copy
import sys
from contextlib import closing

import nbformat
import pytest

from autograder import cells
from autograder.cells import is_test, points_of, released
from autograder.intake.restore import restore
from autograder.judging import judge
from autograder.judging.constants import constants
from autograder.judging.order import to_run
from autograder.judging.submission import Submission
from autograder.releasing import build
from autograder.sandbox.warm import Sandboxes
from autograder.students import everything_right, filled_in

ONE, TWO, THREE, FOUR, FIVE, SIX = sorted(p.stem for p in build.SOLUTIONS.glob("0*.md"))


@pytest.fixture(scope="module")
def sandboxes():
    warm = Sandboxes()
    yield warm
    warm.close()


@pytest.fixture(scope="module")
def source():
    kept = {}

    def of(lesson):
        if lesson not in kept:
            kept[lesson] = build.read(build.SOLUTIONS / f"{lesson}.md")
        return copy.deepcopy(kept[lesson])

    return of


@pytest.fixture
def judged(source, sandboxes):
    """What comes of one exercise in a lesson that is answered right, but for a change.

    before: cells above the first answer. change: from the answer's text to another. The value is
    what share of the points it earns, and all that its report says.
    """

    def of(lesson, name, change=lambda text: text, before=(), metadata=None):
        theirs = source(lesson)
        answers = everything_right(theirs)
        answers[name] = change(answers[name])
        for cell in theirs.cells:
            cell.source = released(cell)
        theirs = filled_in(theirs, answers)
        theirs.metadata.update(metadata or {})
        first = next(i for i, c in enumerate(theirs.cells) if "solution" in str(c.metadata))
        theirs.cells[first:first] = [nbformat.v4.new_code_cell(text) for text in before]
        notebook, of.notes = restore(theirs, source(lesson))
        (test,) = [c for c in notebook.cells if is_test(c) and cells.tested_by(c) == name]
        names = [cells.tested_by(c) for c in notebook.cells if is_test(c)]
        with closing(Submission(list(to_run(notebook)), names, sandboxes)) as submission:
            judgement = judge.run_test(test, submission, 1)
        said = " ".join(o.data["text/plain"] for o in judgement.reports)
        of.said = " ".join(said.split())
        return judgement.points(points_of(test)) / points_of(test)

    return of


def replaced(old, new, above=""):
    def change(text):
        assert old in text
        return f"{above}\n{text.replace(old, new)}"

    return change


# ── the language of their kernel ────────────────────────────────────────────

ANNOTATED = replaced("def conv1d(x, f):", "def conv1d(x: NDArray, f: NDArray) -> NDArray:")


@pytest.mark.parametrize(
    "before",
    [
        ["from __future__ import annotations"],
        [],  # as on Python 3.14, where annotations are not looked at
        ["import numpy as np\nfrom __future__ import annotations as later"],
        ["from __future__ import annotations", "class Series:\n    values: NDArray\n    n: int"],
    ],
)
def test_annotations_cost_no_points(judged, before):
    assert judged(ONE, "conv1d", ANNOTATED, before) == 1, judged.said


def test_annotations_that_mean_something_are_what_they_are_at_home(judged):
    hints = (
        "assert conv1d.__annotations__ == {'x': np.ndarray}\nright = conv1d.__annotations__['x']"
    )
    answer = replaced(
        "def conv1d(x, f):", "def conv1d(x: np.ndarray, f):\n    isinstance(x, right)"
    )
    assert judged(ONE, "conv1d", lambda text: f"{answer(text)}\n\n{hints}") == 1, judged.said


def test_a_function_finds_its_own_source(judged):
    looks = "import inspect\nfound = inspect.getsource(conv1d).index('def conv1d')"
    answer = replaced("def conv1d(x, f):", "def conv1d(x, f):\n    found")
    assert judged(ONE, "conv1d", lambda text: f"{answer(text)}\n\n{looks}") == 1, judged.said


def test_a_scripted_helper_of_an_answer(judged):
    helper = "@torch.jit.script\ndef twice(x: torch.Tensor) -> torch.Tensor:\n    return 2 * x\n"

    def change(text):
        head, colon, body = text.partition("):\n")
        return f"{helper}\n{head}{colon}    twice(torch.ones(1))\n{body}"

    assert judged(SIX, "accuracy", change) == 1, judged.said


NEWER = [
    ("3.12.12", """d = {"a": 1}\nprint(f"{d["a"]}")""", (3, 12)),
    ("3.14.0", "try:\n    pass\nexcept ValueError, TypeError:\n    pass", (3, 14)),
    ("3.99.1", "def later(x) = x + 1", (3, 99)),
    ("3.99.1", "%matplotlib inline\nnew syntax here", (3, 99)),
]


@pytest.mark.parametrize(("version", "code", "since"), NEWER)
def test_a_newer_python_at_home_is_said(judged, version, code, since):
    if sys.version_info >= since:
        pytest.skip("this Python reads it")
    about = {"language_info": {"name": "python", "version": version}}
    judged(ONE, "conv1d", lambda text: f"{text}\n\n{code}", metadata=about)
    (note,) = [note for note in judged.notes if "Python" in note]
    assert f"Python {since[0]}.{since[1]}" in note and "conv1d" in note
    assert f"Python {sys.version_info[0]}.{sys.version_info[1]}" in note


@pytest.mark.parametrize("version", ["3.8.1", "", "3", "x.y", 3.99, None, ["3.99"], "9" * 99])
def test_no_python_is_named_where_that_is_not_why(judged, version):
    about = {"language_info": {"version": version}}
    judged(ONE, "conv1d", lambda text: f"{text}\n\nnew syntax here", metadata=about)
    assert not [note for note in judged.notes if "Python" in note]
    about = {"language_info": {"version": "3.99.1"}}
    assert judged(ONE, "conv1d", metadata=about) == 1
    assert not [note for note in judged.notes if "Python" in note]


# ── packages that are simply there in Colab ─────────────────────────────────


@pytest.mark.parametrize(
    ("imported", "loop"),
    [
        ("from tqdm.auto import tqdm", "tqdm(range(epochs), desc='epochs', leave=False)"),
        ("from tqdm import trange", "trange(epochs)"),
        ("from tqdm.notebook import tqdm, trange", "tqdm(range(epochs))"),
        ("import tqdm", "tqdm.tqdm(range(epochs))"),
        ("import tqdm.notebook as bars", "bars.tnrange(epochs)"),
        ("from tqdm.contrib import tenumerate", "(i for i, _ in tenumerate(range(epochs)))"),
        ("from tqdm import tqdm_notebook as b", "(b.write('on') or e for e in b(range(epochs)))"),
    ],
)  # fmt: skip
def test_a_progress_bar_in_the_training_loop(judged, imported, loop):
    change = replaced("in range(epochs)", f"in {loop}", imported)
    assert judged(FIVE, "train", change) == 1, judged.said


def test_a_bar_that_is_moved_by_hand(judged):
    above = (
        "from tqdm.autonotebook import tqdm\n"
        "def moved():\n"
        "    with tqdm(total=3) as bar:\n"
        "        bar.update(2); bar.set_postfix(loss=1.0); bar.set_description('x')\n"
        "    assert bar.n == 2 and len(bar) == 3 and len(tqdm([1, 2])) == 2\n"
        "    assert list(tqdm(zip([1], [2]), total=1)) == [(1, 2)]\n"
        "    return 1\n"
        "right = moved()"
    )
    change = replaced("def conv1d(x, f):", "def conv1d(x, f):\n    right", above)
    assert judged(ONE, "conv1d", change) == 1, judged.said


@pytest.mark.parametrize(
    "imported",
    [
        "from torch.utils.tensorboard import SummaryWriter",
        "from torch.utils import tensorboard\nSummaryWriter = tensorboard.SummaryWriter",
        "from tensorboardX import SummaryWriter",
    ],
)
def test_tensorboards_writer_in_the_training_loop(judged, imported):
    loop = "writer = SummaryWriter('runs/a', comment='b')\n    writer.add_scalar('loss', 1.0, 0)\n"
    change = replaced("    for epoch", f"    {loop}    for epoch", imported)
    assert judged(FIVE, "train", change) == 1, judged.said


def test_the_lessons_device_and_constants(judged):
    change = replaced("model.to(device)", "device = DEVICE\n    model.to(device)")
    before = ["DEVICE = torch.device(cnnlab.device())"]
    assert judged(SIX, "accuracy", change, before) == 1, judged.said
    change = replaced("np.full(K, 1 / K)", "(AVERAGE.copy() if K == 7 else np.full(K, 1 / K))")
    assert judged(TWO, "train_filter", change) == 1, judged.said


def test_a_constant_by_the_way_of_its_package(judged):
    above = "import cnnlab.lesson_01_rolling_average.lecture as l\nfrom cnnlab.start import device"
    use = "def conv1d(x, f):\n    assert l.ENGINEERED.sum() == 1 and device() == 'cpu'"
    assert judged(ONE, "conv1d", replaced("def conv1d(x, f):", use, above)) == 1, judged.said


def test_no_constant_knows_an_answer():
    from cnnlab.engine.exercise import EXERCISES

    assert not set(constants()) & set(EXERCISES)
    assert {"AVERAGE", "LECTURE", "EMBEDDING_SIZE"} <= set(constants())


@pytest.mark.parametrize("device", ["'cuda'", "torch.device('cuda:0')", "'cpu'", "None"])
def test_torch_set_to_colabs_gpu(judged, device):
    change = replaced(
        "    right = total", "    assert torch.ones(1).numpy() == 1\n    right = total"
    )
    before = [f"torch.set_default_device({device})"]
    assert judged(SIX, "accuracy", change, before) == 1, judged.said


CARDS = [
    "torch.ones(1, device='cuda')",
    "torch.tensor([1.0], device=torch.device('cuda', 0)).cpu()",
    "torch.ones(1).to('cuda:0', non_blocking=True) + torch.ones(1).to(device='mps')",
    "torch.ones(1).cuda() + torch.ones(1).cuda(0)",
    "nn.Linear(1, 1).cuda()(torch.ones(1).cuda())",
    "nn.Linear(1, 1, device='cuda').to('cuda')(torch.ones(1))",
    "torch.cuda.synchronize()",
    "with torch.device('cuda'):\n        torch.ones(1) + torch.ones(1).cpu()",
    "torch.ones(1).to(card)",
    "assert 'cuda' != 'cpu' and torch.einsum('i->', torch.ones(1).to(card)) == 1",
]


@pytest.mark.parametrize("use", CARDS)
def test_a_card_that_an_answer_names_is_the_processor_here(judged, use):
    def change(text):
        head, colon, body = text.partition("):\n")
        return f"{head}{colon}    {use}\n{body}"

    assert judged(SIX, "accuracy", change, ["card = torch.device('cuda')"]) == 1, judged.said


def test_a_card_that_has_no_stand_in_is_told_why_there_is_none(judged):
    def change(text):
        head, colon, body = text.partition("):\n")
        return f"{head}{colon}    torch.cuda.get_device_name()\n{body}"

    assert judged(SIX, "accuracy", change) == 0
    assert "where answers are graded there is no GPU" in judged.said


def test_a_card_in_the_place_of_the_device_asked_for_is_wrong(judged):
    def change(text):
        head, colon, body = text.partition("):\n")
        return f"{head}{colon}    device = 'cuda'\n{body}"

    assert judged(FIVE, "to_device", change) < 1


POOL = "def global_pool(h, how):"
EITHER = "same = lambda h: h if isinstance(h, both) else 0"
USES = f"{POOL}\n    h = same(h)"


@pytest.mark.parametrize(
    ("above", "head"),
    [
        ("", "def global_pool(h: np.ndarray | torch.Tensor, how: str) -> torch.Tensor:"),
        ("Array = np.ndarray | torch.Tensor", "def global_pool(h: Array, how):"),
        ("from jaxtyping import Float", "def global_pool(h: Float[Tensor, 'n'], how):"),
        ("@torch.no_grad()\ndef same(h):\n    return h", USES),
        ("@torch.jit.ignore\ndef same(h):\n    return h", USES),
        (
            "class Net(nn.Module):\n    def same(self, h):\n        return h\nsame = Net().same",
            USES,
        ),
        ("def same(h):\n    return h.numpy() if isinstance(h, torch.Tensor) else h", USES),
        (f"both = np.ndarray | torch.Tensor\n{EITHER}", USES),
        (f"both = torch.Tensor | np.ndarray\n{EITHER}", USES),
        (f"both = None | torch.Tensor | np.ndarray\n{EITHER}", USES),
        (f"both = np.ndarray | (int | (torch.Tensor | None))\n{EITHER}", USES),
        ("same = lambda h: None if h.dtype == torch.float32 else h", USES),
        ("with torch.no_grad():\n    torch.manual_seed(0)\n    same = np.array", USES),
    ],
)
def test_torch_named_beside_a_numpy_answer(judged, above, head):
    in_a_cell = judged(FOUR, "global_pool", replaced(POOL, head), ["from torch import nn", above])
    assert in_a_cell == 1, judged.said
    above = f"from torch import nn\n{above}"
    assert judged(FOUR, "global_pool", replaced(POOL, head, above)) == 1, judged.said


def test_torch_in_a_numpy_answer_is_refused_as_before(judged):
    uses = "def global_pool(h, how):\n    return torch.tensor(h).amax((-2, -1)).numpy()"
    assert judged(FOUR, "global_pool", replaced("def global_pool(h, how):", uses)) == 0
    assert "torch is not allowed in this exercise" in judged.said
    made = ["pooled = torch.tensor([1.0]).sum()"]
    uses = "def global_pool(h, how):\n    return pooled.item()"
    assert judged(FOUR, "global_pool", replaced("def global_pool(h, how):", uses), made) == 0
    assert "torch is not allowed in this exercise" in judged.said


CONSTANTS = [
    ("W = torch.tensor([1.0, 2.0]).numpy()", "W.sum()"),
    ("W = torch.ones(3).numpy()\nV = W * 2\nU = V.copy() + W", "U + V"),
    ("w = torch.ones(3)\nn = float(w.mean())", "n + 1"),
    ("W = [float(v) for v in torch.linspace(0, 1, 3)]", "W[1] + 1"),
    ("W = torch.ones(3).numpy()\ndef helper():\n    return W @ W", "helper()"),
    ("W = {'a': torch.nn.Conv1d(1, 1, 3).weight.detach().numpy()}", "W['a'] + 1"),
    ("n = torch.pi", "n + 1"),
    ("a, *b = torch.arange(3).tolist()", "a + b[0]"),
    ("W = [v for v in torch.linspace(0, 1, 3).numpy()]", "W[1] + 1"),
    ("W = []\nfor i in range(3):\n    W.append(torch.ones(1).item() * i)", "W[1] + 1"),
    ("W = torch.ones(3).numpy()\ndef half():\n    return W / 2\nV = half()", "V[1] + 1"),
    ("W = torch.ones(3).numpy()\nif W.sum() == 3:\n    V = np.array([W.mean()])", "V[0] + 1"),
    ("W = {'a': torch.ones(3).numpy()}\nV = {**W}", "V['a'][0] + 1"),
]


@pytest.mark.parametrize(("above", "use"), CONSTANTS)
@pytest.mark.parametrize("lesson", [ONE, FOUR])
def test_a_constant_made_with_torch_above_a_numpy_answer(judged, lesson, above, use):
    name, head = {ONE: ("conv1d", "def conv1d(x, f):"), FOUR: ("global_pool", POOL)}[lesson]
    change = replaced(head, f"{head}\n    {use}")
    assert judged(lesson, name, change, [f"import torch\n{above}"]) == 1, judged.said
    change = replaced(head, f"{head}\n    {use}", f"import torch\n{above}\n")
    assert judged(lesson, name, change) == 1, judged.said


@pytest.mark.parametrize(
    ("above", "use"),
    [
        ("W = torch.ones(3)", "W.sum()"),
        ("W = {'a': torch.ones(3)}", "W['a'].sum()"),
        ("W = torch.ones(3).numpy", "W().sum()"),
        ("W = torch.Tensor.sum", "W(x)"),
    ],
)
def test_what_torch_made_and_is_torchs_own_is_refused_as_before(judged, above, use):
    change = replaced("def conv1d(x, f):", f"def conv1d(x, f):\n    {use}")
    assert judged(ONE, "conv1d", change, [f"import torch\n{above}"]) == 0
    assert "torch is not allowed in this exercise" in judged.said


@pytest.mark.parametrize(
    ("imported", "use"),
    [
        ("from einops import rearrange", "rearrange"),
        ("import einops as e", "e.rearrange"),
        ("try:\n    import einops\nexcept ValueError:\n    pass", "einops"),
    ],
)
def test_a_package_that_is_not_there_is_named(judged, imported, use):
    change = replaced("def conv1d(x, f):", f"def conv1d(x, f):\n    {use}")
    assert judged(ONE, "conv1d", change, [imported]) == 0
    assert "No module named 'einops'" in judged.said
    assert "is not defined" not in judged.said
