"""Right answers to lesson 01 as students write them: EXERCISE__style."""

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view

# ── loops ───────────────────────────────────────────────────────────────────


def rolling_average__loops(x, K=7):
    if len(x) < K:
        raise ValueError("the window is longer than the series")
    h = []
    for j in range(K - 1, len(x)):
        total = 0.0
        for k in range(K):
            total += float(x[j - k])
        h.append(total / K)
    return np.array(h)


def conv1d__loops(x, f):
    J, K = len(x), len(f)
    if K > J:
        raise ValueError("the filter is longer than the series")
    h = np.zeros(J - K + 1)
    for j in range(K, J + 1):  # the lecture's j, counted from 1
        for k in range(1, K + 1):
            h[j - K] += float(f[k - 1]) * float(x[j + k - K - 1])
    return h


def pad__loops(x, left, right, mode="zeros"):
    if mode not in ("zeros", "mean", "edge"):
        raise ValueError("this mode is not known here")
    out = []
    mean = sum(float(v) for v in x) / len(x)
    for i in range(left + len(x) + right):
        if left <= i < left + len(x):
            out.append(float(x[i - left]))
        elif mode == "zeros":
            out.append(0.0)
        elif mode == "mean":
            out.append(mean)
        else:
            out.append(float(x[0] if i < left else x[-1]))
    return np.array(out)


def conv1d_layer__loops(x, f, b=0.0, stride=1, padding=(0, 0), activation=None):
    if stride < 1:
        raise ValueError("the stride must be one or more")
    left, right = padding
    padded = [0.0] * left + [float(v) for v in x] + [0.0] * right
    if len(f) > len(padded):
        raise ValueError("the filter does not fit in")
    h, start = [], 0
    while start + len(f) <= len(padded):
        h.append(b + sum(float(f[k]) * padded[start + k] for k in range(len(f))))
        start += stride
    h = np.array(h)
    if activation is not None:
        h = activation(h)
    return h


# ── vectorised ──────────────────────────────────────────────────────────────


def rolling_average__vectorised(x, K=7):
    if len(x) < K:
        raise ValueError(f"no window of {K} fits into {len(x)} days")
    total = np.concatenate([[0.0], np.cumsum(x, dtype=float)])
    return (total[K:] - total[:-K]) / K


def conv1d__vectorised(x, f):
    J, K = len(x), len(f)
    if J < K:
        raise ValueError(f"no window of {K} fits into {J} days")
    x = x.astype(float)
    return sum(w * x[k : J - K + 1 + k] for k, w in enumerate(f.astype(float)))


def pad__vectorised(x, left, right, mode="zeros"):
    match mode:
        case "zeros":
            return np.pad(x.astype(float), (left, right))
        case "mean":
            return np.pad(x.astype(float), (left, right), mode="mean")
        case "edge":
            return np.pad(x.astype(float), (left, right), mode="edge")
    raise ValueError(f"unknown mode {mode}, use zeros, mean or edge")


def conv1d_layer__vectorised(x, f, b=0.0, stride=1, padding=(0, 0), activation=None):
    if stride < 1:
        raise ValueError("stride must be at least 1")
    h = conv1d(pad(x, padding[0], padding[1]), f)  # noqa: F821  (the student's own)
    h = h[::stride] + b
    return activation(h) if activation else h


# ── strided views ───────────────────────────────────────────────────────────


def rolling_average__strided_views(x, K=7):
    return sliding_window_view(x, K).mean(axis=1)


def conv1d__strided_views(x, f):
    if len(f) > len(x):
        raise ValueError("the filter is longer than the series")
    x = np.ascontiguousarray(x, dtype=np.float64)
    step = x.strides[0]
    windows = as_strided(x, (len(x) - len(f) + 1, len(f)), (step, step), writeable=False)
    return windows @ f


def pad__strided_views(x, left, right, mode="zeros"):
    sides = {"zeros": (0, 0), "mean": (np.mean(x),) * 2, "edge": (x[0], x[-1])}
    if mode not in sides:
        raise ValueError(f"mode must be one of {list(sides)}")
    out = np.empty(left + len(x) + right)
    out[:left], out[left + len(x) :] = sides[mode]
    out[left : left + len(x)] = x
    return out


def conv1d_layer__strided_views(x, f, b=0.0, stride=1, padding=(0, 0), activation=None):
    if stride < 1:
        raise ValueError(f"a stride of {stride} goes nowhere")
    padded = np.pad(x, padding)
    if len(padded) < len(f):
        raise ValueError("a filter longer than the padded series")
    windows = sliding_window_view(padded, len(f))[::stride]
    h = np.einsum("jk,k->j", windows, f, dtype=float) + b
    return h if activation is None else activation(h)
