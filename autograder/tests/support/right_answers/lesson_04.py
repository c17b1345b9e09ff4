"""Right answers to lesson 04 as students write them: EXERCISE__style."""

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from numpy.lib.stride_tricks import sliding_window_view

# ── loops ───────────────────────────────────────────────────────────────────


def max_pool2d__loops(H, P1, P2):
    if P1 < 1 or P2 < 1:
        raise ValueError("a cell needs at least one row and one column")
    J1, J2, N = H.shape
    out = np.zeros((J1 // P1, J2 // P2, N))
    for i in range(J1 // P1):
        for j in range(J2 // P2):
            for n in range(N):
                largest = float("-inf")
                for a in range(P1):
                    for b in range(P2):
                        largest = max(largest, float(H[i * P1 + a, j * P2 + b, n]))
                out[i, j, n] = largest
    return out


def avg_pool2d__loops(H, P1, P2):
    if P1 < 1 or P2 < 1:
        raise ValueError("a cell needs at least one row and one column")
    J1, J2, N = H.shape
    out = np.zeros((J1 // P1, J2 // P2, N))
    for i in range(J1 // P1):
        for j in range(J2 // P2):
            for n in range(N):
                total = 0.0
                for a in range(P1):
                    for b in range(P2):
                        total += float(H[i * P1 + a, j * P2 + b, n])
                out[i, j, n] = total / (P1 * P2)
    return out


def max_pool2d_backward__loops(H, P1, P2, dout):
    dH = np.zeros(H.shape)
    for i in range(dout.shape[0]):
        for j in range(dout.shape[1]):
            for n in range(dout.shape[2]):
                best, where = None, None
                for a in range(i * P1, (i + 1) * P1):
                    for b in range(j * P2, (j + 1) * P2):
                        if best is None or H[a, b, n] > best:
                            best, where = H[a, b, n], (a, b, n)
                dH[where] = dout[i, j, n]
    return dH


def global_pool__loops(h, how):
    if how not in ("max", "avg"):
        raise ValueError("only max and avg are known")
    out = []
    for n in range(h.shape[1]):
        column = [float(v) for v in h[:, n]]
        out.append(max(column) if how == "max" else sum(column) / len(column))
    return np.array(out)


class LeNet__loops(nn.Module):
    """Blocks in a ModuleList, run in a loop; authentic tanh and average pooling."""

    def __init__(self, classes=10):
        super().__init__()
        self.convs = nn.ModuleList([nn.Conv2d(1, 6, 5, padding=2), nn.Conv2d(6, 16, 5)])
        self.dense = nn.ModuleList([nn.Linear(400, 120), nn.Linear(120, 84)])
        self.last = nn.Linear(84, classes)

    def forward(self, images):
        h = images
        for conv in self.convs:
            h = F.avg_pool2d(torch.tanh(conv(h)), 2)
        h = torch.flatten(h, 1)
        for dense in self.dense:
            h = torch.tanh(dense(h))
        return self.last(h)


# ── vectorised ──────────────────────────────────────────────────────────────


def _cells(H, P1, P2):
    if P1 < 1 or P2 < 1:
        raise ValueError(f"cells of {P1} by {P2} do not exist")
    rows, columns, features = H.shape[0] // P1, H.shape[1] // P2, H.shape[2]
    full = np.asarray(H, dtype=float)[: rows * P1, : columns * P2]
    return full.reshape(rows, P1, columns, P2, features)


def max_pool2d__vectorised(H, P1, P2):
    return _cells(H, P1, P2).max(axis=(1, 3))


def avg_pool2d__vectorised(H, P1, P2):
    return np.einsum("iajbn->ijn", _cells(H, P1, P2)) / (P1 * P2)


def max_pool2d_backward__vectorised(H, P1, P2, dout):
    cells = _cells(H, P1, P2)
    won = cells == cells.max(axis=(1, 3), keepdims=True)
    gradient = (won * dout[:, None, :, None, :]).reshape(
        dout.shape[0] * P1, dout.shape[1] * P2, H.shape[2]
    )
    dH = np.zeros(H.shape, dtype=float)
    dH[: gradient.shape[0], : gradient.shape[1]] = gradient
    return dH


def global_pool__vectorised(h, how):
    pool = {"max": np.max, "avg": np.mean}
    if how not in pool:
        raise ValueError(f"how must be one of {list(pool)}")
    return pool[how](h, axis=0).astype(np.float64)


class LeNet__vectorised(nn.Sequential):
    """One nn.Sequential, as many tutorials write it, with batch normalisation and dropout."""

    def __init__(self, classes=10):
        super().__init__(
            nn.Conv2d(1, 8, 3, padding=1),
            nn.BatchNorm2d(8),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 3, padding=1),
            nn.BatchNorm2d(16),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Dropout(0.25),
            nn.Linear(16 * 7 * 7, classes),
        )


# ── windows: strided views, and a network that strides ──────────────────────


def _windows(H, P1, P2):
    if min(P1, P2) < 1:
        raise ValueError("P1 and P2 must be one or more")
    J1, J2 = H.shape[:2]
    if J1 < P1 or J2 < P2:
        return np.zeros((J1 // P1, J2 // P2, H.shape[2], P1, P2))
    return sliding_window_view(H, (P1, P2), axis=(0, 1))[::P1, ::P2]


def max_pool2d__windows(H, P1, P2):
    return _windows(H, P1, P2).max(axis=(-2, -1)).astype(float)


def avg_pool2d__windows(H, P1, P2):
    return _windows(H, P1, P2).mean(axis=(-2, -1))


def max_pool2d_backward__windows(H, P1, P2, dout):
    dH = np.zeros_like(H, dtype=np.float64)
    for i, j, n in np.ndindex(*dout.shape):
        cell = H[i * P1 : (i + 1) * P1, j * P2 : (j + 1) * P2, n]
        a, b = np.unravel_index(np.argmax(cell), cell.shape)
        dH[i * P1 + a, j * P2 + b, n] += dout[i, j, n]
    return dH


def global_pool__windows(h, how):
    if how == "avg":
        return np.ones(len(h)) / len(h) @ h
    if how == "max":
        return np.sort(h, axis=0)[-1].astype(float)
    raise ValueError("how is max or avg, nothing else")


class LeNet__windows(nn.Module):
    """Strided convolutions instead of pooling layers."""

    def __init__(self, classes=10):
        super().__init__()
        self.first = nn.Conv2d(1, 12, 5, stride=2, padding=2)
        self.second = nn.Conv2d(12, 24, 5, stride=2, padding=2)
        self.scores = nn.Linear(24 * 7 * 7, classes)

    def forward(self, images):
        h = self.first(images).relu()
        h = self.second(h).clamp(min=0)
        return self.scores(h.reshape(len(images), -1))


# ── other ways to write LeNet ───────────────────────────────────────────────


class LeNet__as_in_1998(nn.Module):
    """C5 is a convolution over everything that is left, as in the paper."""

    def __init__(self, classes=10):
        super().__init__()
        self.c1, self.s2 = nn.Conv2d(1, 6, 5, padding=2), nn.AvgPool2d(2)
        self.c3, self.s4 = nn.Conv2d(6, 16, 5), nn.AvgPool2d(2)
        self.c5, self.f6 = nn.Conv2d(16, 120, 5), nn.Linear(120, 84)
        self.output = nn.Linear(84, classes)
        self.act = nn.Tanh()

    def forward(self, x):
        x = self.s2(self.act(self.c1(x)))
        x = self.s4(self.act(self.c3(x)))
        x = self.act(self.c5(x)).squeeze(-1).squeeze(-1)
        return self.output(self.act(self.f6(x)))


class LeNet__pooled_globally(nn.Module):
    """Pools before the nonlinearity, then once over everything; layers that size themselves."""

    def __init__(self, classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 5, padding="same")
        self.conv2 = nn.LazyConv2d(32, 3)
        self.dense = nn.LazyLinear(classes)

    def forward(self, x):
        x = F.leaky_relu(F.max_pool2d(self.conv1(x), 3, stride=2))
        x = torch.where(self.conv2(x) > 0, self.conv2(x), 0.0)
        x = F.adaptive_avg_pool2d(x, 3)
        return self.dense(x.flatten(start_dim=1))


class LeNet__by_hand(nn.Module):
    """Pooling by reshaping, and a nonlinearity made of a comparison."""

    def __init__(self, classes=10):
        super().__init__()
        self.a = nn.Conv2d(1, 10, 5, padding=2)
        self.b = nn.Conv2d(10, 20, 5, padding=2)
        self.head = nn.Sequential(nn.Linear(20 * 49, 64), nn.GELU(), nn.Linear(64, classes))

    def block(self, conv, x):
        x = conv(x)
        x = x * (x > 0)
        B, C, J1, J2 = x.shape
        return x.view(B, C, J1 // 2, 2, J2 // 2, 2).amax(dim=(3, 5))

    def forward(self, x):
        return self.head(self.block(self.b, self.block(self.a, x)).flatten(1))
