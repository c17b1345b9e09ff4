"""Right answers to lesson 03 as students write them: EXERCISE__style."""

# ruff: noqa: F821  (an answer may call the same student's other answers by their plain names)

import math

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view

# ── loops, straight from the formula (counted from 1) ───────────────────────

worked_example__loops = np.array(
    [[16, 21, 18, 8], [23, 31, 26, 12], [15, 22, 17, 8], [9, 14, 10, 5]]
)


def conv2d__loops(X, F, b=0.0, activation=None):
    (J1, J2), (K1, K2) = X.shape, F.shape
    H = np.zeros((J1, J2))
    for j1 in range(1, J1 + 1):
        for j2 in range(1, J2 + 1):
            total = b
            for k1 in range(1, K1 + 1):
                for k2 in range(1, K2 + 1):
                    row = j1 + k1 - math.ceil(K1 / 2)
                    column = j2 + k2 - math.ceil(K2 / 2)
                    if 1 <= row <= J1 and 1 <= column <= J2:
                        total += float(F[k1 - 1, k2 - 1]) * float(X[row - 1, column - 1])
            H[j1 - 1, j2 - 1] = total
    return activation(H) if activation else H


def conv2d_channels__loops(X, F, b=0.0, activation=None):
    H = np.full(X.shape[:2], float(b))
    for m in range(X.shape[2]):
        H += conv2d(X[:, :, m], F[:, :, m])
    return activation(H) if activation else H


def conv2d_bank__loops(X, F, b=None, activation=None):
    N = F.shape[3]
    biases = [0.0] * N if b is None else b
    H = np.zeros((X.shape[0], X.shape[1], N))
    for n in range(N):
        H[:, :, n] = conv2d_channels(X, F[:, :, :, n], biases[n])
    return activation(H) if activation else H


def im2col__loops(X, K1, K2):
    J1, J2, M = X.shape
    top, left = math.ceil(K1 / 2) - 1, math.ceil(K2 / 2) - 1
    rows = []
    for j1 in range(J1):
        for j2 in range(J2):
            row = []
            for k1 in range(j1 - top, j1 - top + K1):
                for k2 in range(j2 - left, j2 - left + K2):
                    inside = 0 <= k1 < J1 and 0 <= k2 < J2
                    row.extend(X[k1, k2] if inside else [0.0] * M)
            rows.append(row)
    return np.array(rows, dtype=float)


def conv2d_fast__loops(X, F, b=None):
    # a loop over the few weights is no loop over the positions
    (J1, J2, M), (K1, K2, _, N) = X.shape, F.shape
    P = np.zeros((J1 + K1 - 1, J2 + K2 - 1, M))
    P[(K1 - 1) // 2 : (K1 - 1) // 2 + J1, (K2 - 1) // 2 : (K2 - 1) // 2 + J2] = X
    H = np.zeros((J1, J2, N)) if b is None else np.tile(np.asarray(b, float), (J1, J2, 1))
    for k1 in range(K1):
        for k2 in range(K2):
            H += P[k1 : k1 + J1, k2 : k2 + J2] @ F[k1, k2]
    return H


def conv_parameters__loops(K1, K2, M, N):
    count = 0
    for _ in range(N):
        count += K1 * K2 * M + 1
    return count


def dense_parameters__loops(J1, J2, M, N):
    inputs, outputs = J1 * J2 * M, J1 * J2 * N
    return sum([inputs + 1] * outputs) if outputs < 10_000 else (inputs + 1) * outputs


def receptive_field__loops(kernel_sizes, strides):
    field = step = 1
    for K, S in zip(kernel_sizes, strides, strict=True):
        field += (K - 1) * step
        step *= S
    return field


# ── vectorised: all windows at once ─────────────────────────────────────────


def _windows(X, K1, K2):
    """(J1, J2, K1, K2) or, with channels, (J1, J2, M, K1, K2)."""
    around = [((K1 - 1) // 2, K1 // 2), ((K2 - 1) // 2, K2 // 2)] + [(0, 0)] * (X.ndim - 2)
    return sliding_window_view(np.pad(X.astype(float), around), (K1, K2), axis=(0, 1))


worked_example__windows = np.einsum(
    "ijkl,kl->ij",
    _windows(np.array([[3, 2, 3, 2], [2, 1, 2, 1], [2, 1, 2, 1], [1, 0, 1, 0]]), 3, 3),
    np.array([[1, 2, 3], [1, 2, 3], [0, 1, 2]]),
)


def conv2d__windows(X, F, b=0.0, activation=None):
    H = (_windows(X, *F.shape) * F).sum(axis=(2, 3)) + b
    return H if activation is None else activation(H)


def conv2d_channels__windows(X, F, b=0.0, activation=None):
    H = np.einsum("ijmkl,klm->ij", _windows(X, F.shape[0], F.shape[1]), F) + b
    return H if activation is None else activation(H)


def conv2d_bank__windows(X, F, b=None, activation=None):
    H = np.tensordot(_windows(X, F.shape[0], F.shape[1]), F, axes=([2, 3, 4], [2, 0, 1]))
    if b is not None:
        H = H + b
    return H if activation is None else activation(H)


def im2col__windows(X, K1, K2):
    J1, J2, M = X.shape
    return _windows(X, K1, K2).transpose(0, 1, 3, 4, 2).reshape(J1 * J2, K1 * K2 * M)


def conv2d_fast__windows(X, F, b=None):
    rows = im2col(X, F.shape[0], F.shape[1])
    H = (rows @ F.reshape(-1, F.shape[3])).reshape(X.shape[0], X.shape[1], F.shape[3])
    return H if b is None else H + b


def conv_parameters__windows(K1, K2, M, N):
    return np.zeros((K1, K2, M, N)).size + np.zeros(N).size


def dense_parameters__windows(J1, J2, M, N):
    return np.prod([J1, J2, J1, J2, M, N], dtype=np.int64) + J1 * J2 * N


def receptive_field__windows(kernel_sizes, strides):
    steps = np.cumprod([1, *strides])[:-1]
    return int(1 + np.sum((np.array(kernel_sizes, dtype=int) - 1) * steps))


# ── strides, shifts and index arrays ────────────────────────────────────────


worked_example__strided = np.array(
    [[16.0, 21, 18, 8], [23, 31, 26, 12], [15, 22, 17, 8], [9, 14, 10, 5]], dtype=np.float32
)


def conv2d__strided(X, F, b=0.0, activation=None):
    (J1, J2), (K1, K2) = X.shape, F.shape
    P = np.zeros((J1 + K1 - 1, J2 + K2 - 1))
    top, left = (K1 + 1) // 2 - 1, (K2 + 1) // 2 - 1
    P[top : top + J1, left : left + J2] = X
    windows = as_strided(P, (J1, J2, K1, K2), P.strides * 2, writeable=False)
    H = np.tensordot(windows, F, 2) + b
    return H if activation is None else activation(H)


def conv2d_channels__strided(X, F, b=0.0, activation=None):
    H = b
    for x, f in zip(np.moveaxis(X, 2, 0), np.moveaxis(F, 2, 0), strict=True):
        H = H + conv2d(x, f)
    return H if activation is None else activation(H)


def conv2d_bank__strided(X, F, b=None, activation=None):
    maps = [conv2d_channels(X, F[..., n]) for n in range(F.shape[-1])]
    H = np.stack(maps, axis=-1) + (0 if b is None else np.asarray(b))
    return H if activation is None else activation(H)


def im2col__strided(X, K1, K2):
    J1, J2, M = X.shape
    columns = []
    for k1 in range(K1):
        for k2 in range(K2):
            moved = np.zeros((J1 + K1, J2 + K2, M))
            moved[(K1 - 1) // 2 : (K1 - 1) // 2 + J1, (K2 - 1) // 2 : (K2 - 1) // 2 + J2] = X
            columns.append(moved[k1 : k1 + J1, k2 : k2 + J2].reshape(J1 * J2, M))
    return np.hstack(columns)


def conv2d_fast__strided(X, F, b=None):
    # gather every window by its indices
    (J1, J2), (K1, K2) = X.shape[:2], F.shape[:2]
    P = np.pad(X.astype(float), (((K1 - 1) // 2, K1 // 2), ((K2 - 1) // 2, K2 // 2), (0, 0)))
    rows = np.arange(J1)[:, None, None, None] + np.arange(K1)[:, None]
    columns = np.arange(J2)[:, None, None] + np.arange(K2)
    H = np.einsum("ijklm,klmn->ijn", P[rows, columns], F)
    return H + b if b is not None else H


def conv_parameters__strided(K1, K2, M, N):
    return (K1 * K2 * M + 1) * N


def dense_parameters__strided(J1, J2, M, N):
    outputs = J1 * J2 * N
    return float(J1 * J2 * M * outputs + outputs)


def receptive_field__strided(kernel_sizes, strides):
    if not kernel_sizes:
        return 1
    return kernel_sizes[0] + strides[0] * (receptive_field(kernel_sizes[1:], strides[1:]) - 1)
