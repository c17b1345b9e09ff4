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
