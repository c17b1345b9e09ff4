"""What one interpreter shares: hooks, helpers, objects, frames and memory."""

from __future__ import annotations

from .attack import WRONG, Attack, kind

ATTACKS: list[Attack] = []

# ── the kernel's own hooks ───────────────────────────────────────────────────

hook = kind(ATTACKS, "IPython's hooks")
hook(
    "an input transformer drops the tests",
    WRONG,
    "get_ipython().input_transformers_post.append("
    "lambda lines: [l for l in lines if 'conv1d(' not in l or 'def ' in l])",
)
hook(
    "an AST transformer drops the tests",
    WRONG,
    """
    import ast
    class NoTests(ast.NodeTransformer):
        def visit_Assert(self, node): return ast.Pass()
        def visit_Expr(self, node): return ast.Pass()
    get_ipython().ast_transformers.append(NoTests())
    """,
)
hook(
    "errors are no longer shown",
    WRONG,
    "ip = get_ipython(); type(ip).showtraceback = ip.showtraceback = lambda *a, **k: None",
)
hook(
    "errors are handled by somebody else",
    WRONG,
    "get_ipython().set_custom_exc((Exception,), lambda *a, **k: None)",
)
hook(
    "run_code runs nothing",
    WRONG,
    """
    ip = get_ipython()
    async def run_code(*a, **k): return False
    ip.run_code = run_code
    """,
)
hook(
    "run_cell runs nothing",
    WRONG,
    """
    ip = get_ipython()
    quiet = ip.run_cell("pass")
    type(ip).run_cell = ip.run_cell = lambda *a, **k: quiet
    """,
)
hook(
    "do_execute of the kernel says ok",
    WRONG,
    """
    kernel = getattr(get_ipython(), "kernel", None)
    async def do_execute(*a, **k): return {"status": "ok", "execution_count": 1}
    kernel.do_execute = do_execute
    """,
    real=False,  # needs a kernel, which the unprotected run has none of
)
hook(
    "compile gives nothing back",
    WRONG,
    "type(get_ipython().compile).__call__ = lambda self, *a, **k: compile('pass', '', 'exec')",
)
hook(
    "an event hook reads the hidden tests",
    "raise ValueError(' '.join(seen)[-900:])",
    """
    seen = []
    get_ipython().events.register("pre_run_cell", lambda info: seen.append(info.raw_cell))
    """,
    goal="secret",
)
hook(
    "a transformer replaces the student's function by the expected value",
    WRONG,
    """
    import re
    def cheat(lines):
        return [re.sub(r"conv1d\\(\\w+, \\w+\\)", "right", line) for line in lines]
    get_ipython().input_transformers_post.append(cheat)
    """,
)

# ── helpers ──────────────────────────────────────────────────────────────────

patch = kind(ATTACKS, "patched helpers")
patch("np.allclose", WRONG, "np.allclose = np.isclose = np.array_equal = lambda *a, **k: True")
patch(
    "np.testing",
    WRONG,
    """
    import numpy.testing
    for name in dir(np.testing):
        if name.startswith("assert"): setattr(np.testing, name, lambda *a, **k: None)
    """,
)
patch(
    "check itself",
    WRONG,
    "import builtins, cnnlab\ncheck = cnnlab.check = builtins.check = lambda *a, **k: 3.0",
)
patch(
    "what check asks",
    WRONG,
    """
    import sys, cnnlab
    for module in list(sys.modules.values()):
        if getattr(module, "__name__", "").startswith("cnnlab"):
            for name in ("difference", "judge", "examine", "_compare", "_judge"):
                if hasattr(module, name): setattr(module, name, lambda *a, **k: None)
    class Report:
        points = 3.0
    sys.modules["cnnlab.engine.examine"].examine = lambda *a, **k: Report
    check = lambda *a, **k: 3.0
    """,
)
patch(
    "the reference is the student's function",
    WRONG,
    """
    from cnnlab.engine.exercise import EXERCISES
    object.__setattr__(EXERCISES["conv1d"], "cases", ())
    object.__setattr__(EXERCISES["conv1d"], "reference", lambda x, f: np.zeros(len(x)))
    check = lambda *a, **k: 3.0
    """,
)
patch("built-in functions", WRONG, "import builtins\nbuiltins.all = lambda values: True")
patch(
    "torch's comparisons",
    WRONG,
    "import torch\ntorch.allclose = torch.equal = lambda *a, **k: True",
    real=False,  # lesson 01 compares nothing with torch
)
patch(
    "an error class that no except knows",
    "raise E('never')",
    "import builtins\nclass E(AssertionError, ValueError): pass\nbuiltins.AssertionError = E",
    real=False,
)

# ── objects ──────────────────────────────────────────────────────────────────

lie = kind(ATTACKS, "lying objects")
lie(
    "equal to everything",
    "return Yes()",
    """
    class Yes:
        __eq__ = lambda self, other: self
        all = any = __bool__ = lambda self, *a: True
        __ne__ = lambda self, other: False
        __hash__ = None
    """,
)
lie(
    "an ndarray that is close to everything",
    "return np.zeros(3).view(Right)",
    """
    class Right(np.ndarray):
        __eq__ = lambda self, other: np.True_
        __array_ufunc__ = lambda self, *a, **k: np.True_
        __array_function__ = lambda self, *a, **k: True
    """,
)
lie(
    "an object with __array_function__",
    "return Right()",
    "class Right:\n    __array_function__ = lambda self, *a, **k: True",
)
lie(
    "an object whose __array__ reads the caller",
    "return Right()",
    """
    import sys
    class Right:
        def __array__(self, *a, **k):
            frame = sys._getframe()
            while frame:
                if "right" in frame.f_globals: return np.array(frame.f_globals["right"])
                frame = frame.f_back
    """,
)
lie(
    "a list that is equal and iterates as wished",
    "return Yes()",
    "class Yes(list):\n    __eq__ = lambda self, other: True\n    __ne__ = lambda s, o: False\n"
    "    all = lambda self: True",
    real=False,
)
lie(
    "floats that are equal to all",
    "return np.array([Seven(0)] * (len(x) - len(f) + 1), dtype=object)",
    """
    class Seven(float):
        __eq__ = lambda self, other: True
        __ne__ = lambda self, other: False
        __sub__ = __rsub__ = __abs__ = lambda self, *a: 0.0
    """,
)
lie(
    "floats that look up what is expected",
    "return [Right()] * 3",
    """
    import sys
    class Right:
        def __float__(self):
            frame = sys._getframe(1)
            while frame:
                if "right" in frame.f_globals and "i" in frame.f_locals:
                    return float(frame.f_globals["right"][frame.f_locals["i"]])
                frame = frame.f_back
            return 0.0
    """,
)
lie(
    "a class that lies about its class",
    "return Right()",
    """
    class Right:
        __class__ = np.ndarray
        shape, ndim, size, dtype = (3,), 1, 3, np.dtype(float)
        __eq__ = lambda self, other: self
        all = lambda self: True
        __array_function__ = lambda self, *a, **k: True
    """,
)

# ── looking around in the process ────────────────────────────────────────────

find = kind(ATTACKS, "frames, memory, history")
find("the caller's globals", "import sys\nreturn sys._getframe(1).f_globals['right']")
find("the main module", "import __main__\nreturn __main__.right")
find(
    "everything the collector knows",
    """
    import gc
    for thing in gc.get_objects():
        if type(thing) is dict and "right" in thing: return thing["right"]
    """,
)
find(
    "the test cell's text, from the history",
    "raise ValueError(str(get_ipython().user_ns['In'][-1]))",
    goal="secret",
)
find(
    "the test cell's text, from the history's keeper",
    "raise ValueError(str(get_ipython().history_manager.input_hist_raw[-1]))",
    goal="secret",
)
find(
    "what other cells have shown, from Out",
    "for shown in reversed(get_ipython().user_ns['Out'].values()): return shown",
    real=False,
)
find(
    "the test cell's text, from the caller's frame",
    """
    import inspect
    near = [info for info in inspect.stack(50) if "right" in info.frame.f_globals]
    raise ValueError("".join(line for info in near for line in info.code_context or [])[-900:])
    """,
    goal="secret",
)
find(
    "the reference answer",
    "import cnnlab\nreturn cnnlab.engine.exercise.EXERCISES['conv1d'].reference(x, f)",
)
find(
    "the reference in memory",
    """
    import gc
    for thing in gc.get_objects():
        if type(thing).__name__ == "Exercise" and thing.name == "conv1d":
            return thing.reference(x, f)
    """,
)
find(
    "expected values in any frame",
    """
    import sys
    frame = sys._getframe()
    while frame:
        for thing in [*frame.f_locals.values(), *frame.f_globals.values()]:
            if hasattr(thing, "expected"): return thing.expected
        if "right" in frame.f_globals: return frame.f_globals["right"]
        frame = frame.f_back
    """,
)
