"""Right answers to lesson 02 as students write them: EXERCISE__style."""

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view

# ── loops ───────────────────────────────────────────────────────────────────


def windows__loops(x, K):
    if len(x) < K:
        raise ValueError("the window is longer than the series")
    rows = []
    for i in range(len(x) - K + 1):
        rows.append([float(v) for v in x[i : i + K]])
    return np.array(rows)


def filter_gradient__loops(x, dh, K):
    df = np.zeros(K)
    for j in range(K, len(x) + 1):  # the lecture's j, counted from 1
        for k in range(1, K + 1):
            df[k - 1] += float(x[j + k - K - 1]) * float(dh[j - K])
    return df


def conv1d_backward__loops(x, f, dh):
    dx, df, db = np.zeros(len(x)), np.zeros(len(f)), 0.0
    for i in range(len(dh)):
        for k in range(len(f)):
            dx[i + k] += float(f[k]) * float(dh[i])
            df[k] += float(x[i + k]) * float(dh[i])
        db += float(dh[i])
    return dx, df, db


def numerical_gradient__loops(loss, p, eps=1e-6):
    slopes = np.zeros(p.shape)
    for index in np.ndindex(p.shape):
        old = p[index]
        p[index] = old + eps
        up = loss(p)
        p[index] = old - eps
        down = loss(p)
        p[index] = old
        slopes[index] = (up - down) / (2 * eps)
    return slopes


def train_filter__loops(x, y, K=7, learning_rate=0.05, steps=200):
    f, w, b = [1.0 / K] * K, 1.0, 0.0
    n = len(y)
    losses = []
    x, y = [float(v) for v in x], [float(v) for v in y]
    for _ in range(steps):
        df, dw, db, loss = [0.0] * K, 0.0, 0.0, 0.0
        for i in range(n):
            h = sum(f[k] * x[i + k] for k in range(K))
            error = w * h + b - y[i]
            loss += error**2 / n
            dw += 2 * error * h / n
            db += 2 * error / n
            for k in range(K):
                df[k] += 2 * error * w * x[i + k] / n
        f = [f[k] - learning_rate * df[k] for k in range(K)]
        w -= learning_rate * dw
        b -= learning_rate * db
        losses.append(loss)
    return np.array(f), w, b, np.array(losses)


# ── vectorised ──────────────────────────────────────────────────────────────


def windows__vectorised(x, K):
    if len(x) < K:
        raise ValueError(f"no window of {K} fits into {len(x)} days")
    return x[np.arange(len(x) - K + 1)[:, None] + np.arange(K)].astype(float)


def filter_gradient__vectorised(x, dh, K):
    return np.array([np.dot(x[k : k + len(dh)].astype(float), dh) for k in range(K)])


def conv1d_backward__vectorised(x, f, dh):
    f, dh = f.astype(float), dh.astype(float)
    padded = np.pad(dh, len(f) - 1)
    dx = np.array([padded[i : i + len(f)] @ f[::-1] for i in range(len(x))])
    return [dx, filter_gradient(x, dh, len(f)), dh.sum()]  # noqa: F821  (the student's own)


def numerical_gradient__vectorised(loss, p, eps=1e-6):
    steps = eps * np.eye(p.size).reshape(p.size, *p.shape)
    return np.array([(loss(p + s) - loss(p - s)) / (2 * eps) for s in steps]).reshape(p.shape)


def train_filter__vectorised(x, y, K=7, learning_rate=0.05, steps=200):
    W = windows(x, K)  # noqa: F821
    f, w, b = np.random.normal(size=K), np.random.normal(), 0.0
    losses = np.empty(steps)
    for i in range(steps):
        h = W @ f
        error = w * h + b - y
        losses[i] = np.mean(error**2)
        dy = 2 * error / len(y)
        df, dw, db = filter_gradient(x, w * dy, K), dy @ h, dy.sum()  # noqa: F821
        f -= learning_rate * df
        w -= learning_rate * dw
        b -= learning_rate * db
    return f, w, b, losses


# ── strided views and matrix products ───────────────────────────────────────


def windows__strided_views(x, K):
    return sliding_window_view(x, K).astype(np.float64)


def filter_gradient__strided_views(x, dh, K):
    return np.einsum("jk,j->k", sliding_window_view(x, K), dh, dtype=np.float64)


def conv1d_backward__strided_views(x, f, dh):
    x = np.ascontiguousarray(x, dtype=np.float64)
    rows = as_strided(x, (len(dh), len(f)), x.strides * 2, writeable=False)
    T = np.zeros((len(dh), len(x)))  # h = T @ x
    for i in range(len(dh)):
        T[i, i : i + len(f)] = f
    return T.T @ dh, rows.T @ dh, float(np.sum(dh, dtype=float))


def numerical_gradient__strided_views(loss, p, eps=1e-6):
    slopes = np.zeros_like(p)
    it = np.nditer(p, flags=["multi_index"], op_flags=["readwrite"])
    while not it.finished:
        i = it.multi_index
        p[i] += eps
        up = loss(p)
        p[i] -= 2 * eps
        down = loss(p)
        p[i] += eps
        slopes[i] = (up - down) / (2 * eps)
        it.iternext()
    return slopes


def train_filter__strided_views(x, y, K=7, learning_rate=0.05, steps=200):
    A = sliding_window_view(x, K).astype(float)
    rng = np.random.default_rng()
    f, w, b = np.zeros(K), rng.uniform(0.5, 1), np.mean(y)
    losses = np.zeros(steps)
    for i in range(steps):
        e = w * (A @ f) + b - y
        losses[i] = e @ e / len(e)
        g = A.T @ e * (2 / len(e))
        f, w, b = (
            f - learning_rate * w * g,
            w - learning_rate * (f @ g),
            b - learning_rate * 2 * e.mean(),
        )
    return f, w, b, losses


# ── reusing one's own answers ───────────────────────────────────────────────


def train_filter__own_answers(x, y, K=7, learning_rate=0.05, steps=200):
    p = np.concatenate([np.ones(K), [0.1, 0.0]])

    def loss(p):
        return np.mean((p[K] * (windows(x, K) @ p[:K]) + p[K + 1] - y) ** 2)  # noqa: F821

    losses = []
    for _ in range(steps):
        losses.append(loss(p))
        p = p - learning_rate * numerical_gradient(loss, p, 1e-5)  # noqa: F821
    return p[:K], p[K], p[K + 1], np.array(losses)


def windows__own_answers(x, K):
    if len(x) < K:
        raise ValueError("the window must fit into the series")
    return np.stack([x[k : len(x) - K + 1 + k] for k in range(K)], axis=1).astype(float)


def numerical_gradient__own_answers(loss, p, eps=1e-6):
    out = np.empty(p.shape)
    for n in range(p.size):
        a, b = p.copy(), p.copy()
        a.flat[n] += eps
        b.flat[n] -= eps
        out.flat[n] = (loss(a) - loss(b)) / (2 * eps)
    return out
