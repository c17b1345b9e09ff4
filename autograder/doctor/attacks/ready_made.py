"""Somebody else's work: functions that are the answer already."""

# ruff: noqa: E501  (an attack is easier to read on one line)

from __future__ import annotations

from .attack import Attack, kind

ATTACKS: list[Attack] = []

ready = kind(ATTACKS, "ready-made answers")
_LONG = "if len(f) > len(x): raise ValueError('the filter is longer than the series')\n"
for _name, _value in {
    "np.correlate": "np.correlate(x * 1.0, f, 'valid')",
    "np.convolve": "np.convolve(x * 1.0, f[::-1], 'valid')",
    "polynomials": "np.polynomial.polynomial.polymul(x, f[::-1])[len(f) - 1 : len(x)]",
    "polynomials, as objects": "(np.poly1d(x) * np.poly1d(f[::-1])).coeffs[len(f) - 1 : len(x)]",
    "Fourier transforms": "np.fft.irfft(np.fft.rfft(x, 4096) * np.fft.rfft(f[::-1], 4096), 4096)[len(f) - 1 : len(x)]",
    "a function for NumPy's own tests": "__import__('numpy._core._umath_tests')._core._umath_tests.conv1d_full(x * 1.0, f[::-1] * 1.0)[len(f) - 1 : len(x)]",
    "the C function": "np._core._multiarray_umath.correlate(x * 1.0, f * 1.0, 0)",
    "torch": "__import__('torch').conv1d(*(__import__('torch').tensor(a * 1.0)[None, None] for a in (x, f)))[0, 0].numpy()",
    "a new interpreter": "np.array(__import__('json').loads(__import__('subprocess').check_output([__import__('sys').executable, '-c', "
    "'import sys, json, numpy as np; x, f = json.loads(sys.argv[1]); print(np.correlate(x, f).tolist())', "
    "__import__('json').dumps([x.tolist(), f.tolist()])], env={'PYTHONPATH': ':'.join(sys.path)}))) * 1.0",
    "NumPy loaded afresh": "fresh().correlate(x * 1.0, f, 'valid')",
}.items():
    ready(_name, _LONG + f"return {_value}", """
        import importlib, json, sys
        def fresh():
            for name in ("numpy._core.numeric", "numpy.core.numeric"):
                if name in sys.modules: return importlib.reload(sys.modules[name])
        """)  # fmt: skip

_IN_A_THREAD = """
def elsewhere(do):
    import threading
    found = []
    worker = threading.Thread(target=lambda: found.append(do()))
    worker.start()
    worker.join()
    return found[0]
"""
_GRADIENT = """
def slope(w, x, y):
    w = torch.tensor(float(w), dtype=torch.float64, requires_grad=True)
    J = (w * x - y) ** 2
    return {}
"""
_TORCH = "import torch\nfrom torch.autograd import grad\nfrom torch.nn.functional import linear as ready\n"
for _name, _exercise, _answer in (
    ("torch below its functions", "linear", "def linear(x, W, b=None): return torch.ops.aten.linear(x, W, b)"),
    ("torch without its modes", "linear", "def linear(x, W, b=None):\n    with torch._C.DisableTorchFunction(): return ready(x, W, b)"),
    ("torch in a thread", "linear", _IN_A_THREAD + "def linear(x, W, b=None): return elsewhere(lambda: ready(x, W, b))"),
    ("torch, compiled", "mse", "from torch.nn.functional import mse_loss\nf = torch.jit.trace(mse_loss, (torch.zeros(2).double(),) * 2)\ndef mse(yhat, y): return f(yhat, y)"),
    ("autograd in a thread", "slope", _IN_A_THREAD + _GRADIENT.format("elsewhere(lambda: grad(J, w)[0].item())")),
    ("the graph, by hand", "slope", _GRADIENT.format("float(J.grad_fn(torch.ones(())) * x)")),
    ("autograd's own engine", "slope", _GRADIENT.format("torch.autograd.Variable._execution_engine.run_backward((J,), (torch.ones_like(J),), False, False, (), True, True) or w.grad.item()")),
):  # fmt: skip
    ready(_name, answer=_TORCH + _answer, exercise=_exercise, real=False)
