"""The only language that runner and judge speak: a JSON header and raw buffers.

A frame is two lengths (header, buffers), the header, and the buffers of all arrays
one after the other. Nothing in it is ever executed or unpickled. What the other side
sends is believed in nothing: every length, type, shape and depth is checked here, and
whatever does not fit raises :class:`WireError`.

Used on both sides, so this module needs NumPy and nothing else.
"""

from __future__ import annotations

import json
import math
import select
import socket
import struct
import sys
import time
from typing import Any

import numpy as np

HEADER_BYTES = 4 * 2**20
BUFFER_BYTES = 64 * 2**20
DEPTH = 20
ITEMS = 100_000
"""Caps on one frame: its header, its buffers together, nesting, and number of values."""

_LENGTHS = struct.Struct("<IQ")
_KINDS = "biufc"
_TENSORS = frozenset(
    "bool uint8 int8 int16 int32 int64 float16 bfloat16 float32 float64 complex64".split()  # noqa: SIM905
)


TOO_LARGE = f"more than {BUFFER_BYTES >> 20} MiB of values"


class WireError(Exception):
    """The other side sent something that is not a frame, or too much of it."""


class Foreign:
    """What stands for a value that cannot cross, such as a generator.

    kind: what it was, in words that follow "a": ``str()`` gives them.
    """

    def __init__(self, kind: str):
        self.kind = kind

    def __str__(self) -> str:
        return self.kind

    def __repr__(self) -> str:
        return f"<{self.kind}>"


# ── values ──────────────────────────────────────────────────────────────────


def pack(value: Any, buffers: list[bytes], depth: int = 0) -> Any:
    """A value as JSON; arrays are appended to ``buffers``. Knows exact types only."""
    kind = type(value)
    if value is None or kind in (bool, str):
        return value
    if kind is int:
        return value if -(2**63) <= value < 2**63 else {"foreign": "whole number beyond 64 bits"}
    if kind is float:
        # JSON has no infinity, and repr keeps every bit of the rest.
        return value if math.isfinite(value) else {"float": repr(value)}
    if kind is Foreign:
        return {"foreign": value.kind}
    if depth >= DEPTH:
        return {"foreign": "value nested too deep"}
    if kind in (list, tuple):
        return {kind.__name__: [pack(v, buffers, depth + 1) for v in list(value)]}
    if kind is dict:
        packed = [pack(v, buffers, depth + 1) for pair in list(value.items()) for v in pair]
        return {"dict": list(zip(packed[::2], packed[1::2], strict=True))}
    if kind is np.ndarray:
        if value.dtype.kind not in _KINDS:
            return {"foreign": f"NumPy array of {value.dtype.name[:40]}"}
        if value.nbytes > BUFFER_BYTES:
            raise WireError(TOO_LARGE)
        buffers.append(value.tobytes())
        layout = [] if value.flags.c_contiguous else list(value.strides)
        return {
            "array": value.dtype.str,
            "shape": list(value.shape),
            "strides": layout,
            "writeable": bool(value.flags.writeable),
        }
    if isinstance(value, np.generic) and value.dtype.kind in _KINDS and kind.__module__ == "numpy":
        buffers.append(value.tobytes())
        return {"scalar": value.dtype.str}
    torch = sys.modules.get("torch")
    if torch is not None and kind is getattr(torch, "Tensor", None):
        return _pack_tensor(value, buffers, torch)
    return {"foreign": _printable(getattr(kind, "__name__", "thing"))}


def _pack_tensor(value: Any, buffers: list[bytes], torch: Any) -> Any:
    dtype = str(value.dtype).removeprefix("torch.")
    if dtype not in _TENSORS or value.layout is not torch.strided:
        return {"foreign": f"torch tensor of {dtype}"}
    if value.numel() * value.element_size() > BUFFER_BYTES:
        raise WireError(TOO_LARGE)
    flat = value.detach().cpu().contiguous().reshape(-1)
    buffers.append(flat.view(torch.uint8).numpy().tobytes() if flat.numel() else b"")
    grad = bool(value.requires_grad)
    return {"tensor": dtype, "shape": list(value.shape), "grad": grad}


def _printable(text: Any, limit: int = 60) -> str:
    return "".join(c for c in str(text) if c.isprintable())[:limit]


class _Unpacker:
    """Turns JSON and a buffer back into values, and refuses what does not fit."""

    def __init__(self, buffer: bytearray, layout: bool):
        self.buffer, self.at, self.items, self.layout = buffer, 0, 0, layout

    def value(self, data: Any, depth: int = 0) -> Any:
        """The value that a part of a header says. Raises WireError if it says none."""
        self.items += 1
        if depth > DEPTH or self.items > ITEMS:
            raise WireError("a value is nested too deep or has too many parts")
        if data is None or type(data) is bool:
            return data
        if type(data) is str:
            return data.encode("utf-8", "replace").decode()  # half a character breaks files
        if type(data) is int:
            return data if -(2**63) <= data < 2**63 else _no("a whole number is too large")
        if type(data) is float:
            return data if math.isfinite(data) else _no("a number is not JSON")
        if type(data) is not dict or not data:
            raise WireError("a value has no kind")
        kind, content = next(iter(data.items()))
        make = getattr(self, f"_{kind}", None) if kind in self.KINDS else None
        return make(content, data, depth + 1) if make else _no("a value is of an unknown kind")

    KINDS = frozenset(["float", "list", "tuple", "dict", "foreign", "array", "scalar", "tensor"])

    def _float(self, content: Any, data: dict, depth: int) -> float:
        return float(content) if content in ("nan", "inf", "-inf") else _no("not a float")

    def _list(self, content: Any, data: dict, depth: int) -> list:
        if type(content) is not list:
            raise WireError("a list is not a list")
        return [self.value(v, depth) for v in content]

    def _tuple(self, content: Any, data: dict, depth: int) -> tuple:
        return tuple(self._list(content, data, depth))

    def _dict(self, content: Any, data: dict, depth: int) -> dict:
        if type(content) is not list or any(type(p) is not list or len(p) != 2 for p in content):
            raise WireError("a dict is not made of pairs")
        pairs = [(self.value(k, depth), self.value(v, depth)) for k, v in content]
        try:
            return dict(pairs)
        except TypeError:
            raise WireError("a dict has a key that cannot be one") from None

    def _foreign(self, content: Any, data: dict, depth: int) -> Foreign:
        return Foreign(_printable(content))

    def _take(self, count: int) -> memoryview:
        if self.at + count > len(self.buffer):
            raise WireError("an array has more entries than were sent")
        self.at += count
        return memoryview(self.buffer)[self.at - count : self.at]

    def _shape(self, data: dict) -> tuple[tuple[int, ...], int]:
        shape = data.get("shape")
        if type(shape) is not list or len(shape) > 16:
            raise WireError("an array has no shape")
        if any(type(n) is not int or not 0 <= n <= BUFFER_BYTES for n in shape):
            raise WireError("an array has an impossible shape")
        if math.prod(n or 1 for n in shape) > BUFFER_BYTES:  # of none, too: NumPy counts like that
            raise WireError("an array has an impossible shape")
        return tuple(shape), math.prod(shape)

    def _dtype(self, name: Any) -> np.dtype:
        if type(name) is not str or len(name) > 5 or name[1:2] not in _KINDS:
            raise WireError("an array is of no known dtype")
        try:
            dtype = np.dtype(name)
        except Exception:
            raise WireError("an array is of no known dtype") from None
        return dtype if dtype.kind in _KINDS else _no("an array is of no known dtype")

    def _array(self, content: Any, data: dict, depth: int) -> np.ndarray:
        dtype = self._dtype(content)
        shape, count = self._shape(data)
        raw = self._take(count * dtype.itemsize)
        array = np.frombuffer(raw, dtype).reshape(shape).copy()
        if self.layout:
            array = _laid_out(array, data.get("strides"))
            array.flags.writeable = data.get("writeable") is not False
        return array

    def _scalar(self, content: Any, data: dict, depth: int) -> np.generic:
        dtype = self._dtype(content)
        return np.frombuffer(self._take(dtype.itemsize), dtype)[0]

    def _tensor(self, content: Any, data: dict, depth: int) -> Any:
        torch = sys.modules.get("torch")
        if torch is None or content not in _TENSORS:
            raise WireError("a tensor cannot be made here")
        dtype = getattr(torch, content)
        shape, count = self._shape(data)
        raw = bytearray(self._take(count * dtype.itemsize))
        flat = torch.frombuffer(raw, dtype=dtype) if raw else torch.empty(0, dtype=dtype)
        tensor = flat.reshape(shape).clone()
        if data.get("grad") is True and (dtype.is_floating_point or dtype.is_complex):
            tensor.requires_grad_(True)
        return tensor


def _no(sentence: str) -> Any:
    raise WireError(sentence)


def _laid_out(array: np.ndarray, strides: Any) -> np.ndarray:
    """The same values with other strides, as the judge drew them: for the runner only."""
    if not strides or not array.size:
        return array
    reach = [(n - 1) * s for n, s in zip(array.shape, strides, strict=True)]
    start = -sum(r for r in reach if r < 0)
    room = bytearray(start + sum(r for r in reach if r > 0) + array.itemsize)
    laid = np.ndarray(array.shape, array.dtype, room, start, tuple(strides))
    laid[...] = array
    return laid


# ── frames ──────────────────────────────────────────────────────────────────


def dump(message: dict[str, Any]) -> bytes:
    """A message, a dict of values, as one frame."""
    buffers: list[bytes] = []
    header = json.dumps({k: pack(v, buffers) for k, v in message.items()}).encode()
    size = sum(map(len, buffers))
    if len(header) > HEADER_BYTES or size > BUFFER_BYTES:
        raise WireError(TOO_LARGE)
    return b"".join([_LENGTHS.pack(len(header), size), header, *buffers])


_JSON = json.JSONDecoder(parse_constant=lambda _: _no("a number is not JSON"))


def load(header: bytes, buffer: bytearray, layout: bool = False) -> dict[str, Any]:
    """The message in a frame. layout: give arrays the strides and flags they were sent with."""
    try:
        data = _JSON.decode(header.decode())
    except WireError:
        raise
    except (ValueError, RecursionError):
        raise WireError("the header is not JSON") from None
    if type(data) is not dict:
        raise WireError("the header is not an object")
    unpacker = _Unpacker(buffer, layout)
    message = {k: unpacker.value(v) for k, v in data.items()}
    return message if unpacker.at == len(buffer) else _no("more was sent than was announced")


def send(to: socket.socket, frame: bytes, deadline: float | None = None) -> None:
    """Send a frame. deadline: as time.monotonic() counts; TimeoutError after it."""
    view, at = memoryview(frame), 0
    while at < len(view):
        wait(to, deadline, writing=True)
        at += to.send(view[at : at + 2**20])


def receive(source: socket.socket, deadline: float | None = None, layout: bool = False) -> dict:
    """Receive a message. EOFError if the other side is gone, TimeoutError after the deadline."""
    header_size, buffer_size = _LENGTHS.unpack(_read(source, _LENGTHS.size, deadline))
    if header_size > HEADER_BYTES or buffer_size > BUFFER_BYTES:
        raise WireError("a frame is larger than allowed")
    header = bytes(_read(source, header_size, deadline))
    return load(header, _read(source, buffer_size, deadline), layout)


def _read(source: socket.socket, count: int, deadline: float | None) -> bytearray:
    data = bytearray()
    while len(data) < count:
        wait(source, deadline)
        part = source.recv(min(count - len(data), 2**20))
        if not part:
            raise EOFError("the other side is gone")
        data += part
    return data


def wait(on: socket.socket, deadline: float | None, writing: bool = False) -> None:
    """Wait until a socket can be read (or written to). TimeoutError after the deadline."""
    if deadline is None:
        return
    left = max(deadline - time.monotonic(), 0)
    poll = select.poll()  # select() itself fails for file numbers past 1023
    poll.register(on, select.POLLOUT if writing else select.POLLIN)
    if not poll.poll(left * 1000):
        raise TimeoutError
