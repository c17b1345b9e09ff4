"""What crosses between runner and judge, and what is turned away."""

import json
import socket
import threading

import numpy as np
import pytest
import torch

from autograder.sandbox.inside import wire


def crossed(value, layout=False):
    """A value after the crossing."""
    frame = wire.dump({"value": value})
    header_size, _ = wire._LENGTHS.unpack(frame[: wire._LENGTHS.size])
    body = frame[wire._LENGTHS.size :]
    return wire.load(body[:header_size], bytearray(body[header_size:]), layout)["value"]


def received(value, buffers=b""):
    """What is made of a header that nobody of ours wrote."""
    return wire.load(json.dumps({"value": value}).encode(), bytearray(buffers))["value"]


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, False, 0, -(2**63), 2**63 - 1, 0.1, -0.0, 1e308, "", "ünïcode \x00"),
        *([], (), {}, [1, (2.5, [None])], {"a": 1, 2: (3,), (1, "x"): []}),
        *(float("inf"), float("-inf")),
    ],
)
def test_plain_values_cross_unchanged(value):
    got = crossed(value)
    assert got == value
    assert type(got) is type(value)
    assert str(got) == str(value)  # -0.0 too


def test_not_a_number_crosses():
    assert np.isnan(crossed(float("nan")))


@pytest.mark.parametrize(
    "dtype",
    ["?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", ">f8", "c8", "c16"],
)
def test_arrays_cross_bit_for_bit(dtype):
    array = np.arange(12).reshape(3, 4).astype(dtype)
    got = crossed(array)
    assert got.dtype == array.dtype
    assert got.tobytes() == array.tobytes()
    assert got.shape == (3, 4)


@pytest.mark.parametrize("array", [np.float64(0.1), np.uint8(255), np.bool_(True)])
def test_numpy_numbers_stay_numpy_numbers(array):
    got = crossed(array)
    assert type(got) is type(array)
    assert got == array


@pytest.mark.parametrize("shape", [(0,), (3, 0), ()])
def test_empty_arrays_and_arrays_without_axes_cross(shape):
    assert crossed(np.zeros(shape)).shape == shape


@pytest.mark.parametrize(
    "dtype", [torch.float32, torch.float64, torch.int64, torch.bool, torch.bfloat16]
)
def test_tensors_cross(dtype):
    tensor = torch.arange(6).reshape(2, 3).to(dtype)
    got = crossed(tensor)
    assert got.dtype == dtype
    assert torch.equal(got, tensor)
    assert crossed(torch.ones(2, requires_grad=True)).requires_grad


@pytest.mark.parametrize(
    "view",
    [lambda a: a[::2], lambda a: a[::-1], lambda a: a[:, ::3], lambda a: a.T, lambda a: a[2:]],
)
def test_to_the_runner_arrays_keep_strides_and_flags(view):
    array = view(np.arange(30.0).reshape(5, 6))
    array.flags.writeable = False
    got = crossed(array, layout=True)
    assert (got == array).all()
    assert not got.flags.writeable
    assert got.flags.c_contiguous == array.flags.c_contiguous
    assert got.strides == array.strides


class Loud:
    """Objects that do things when looked at."""

    def __eq__(self, other):
        raise AssertionError("compared")

    __hash__ = __str__ = __repr__ = __array__ = __len__ = __iter__ = __reduce__ = __eq__


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (Loud(), "Loud"),
        ((i for i in ()), "generator"),
        (print, "builtin_function_or_method"),
        (np.array([print]), "NumPy array of object"),
        (np.array(["a"]), "NumPy array of str32"),
        (np.ma.ones(1), "MaskedArray"),
        (torch.nn.Parameter(torch.ones(1)), "Parameter"),
        (2**64, "whole number beyond 64 bits"),
    ],
)
def test_everything_else_crosses_as_a_word_for_it(value, kind):
    got = crossed([value])[0]
    assert isinstance(got, wire.Foreign)
    assert str(got) == kind


def test_a_list_that_holds_itself_crosses_as_far_as_it_may():
    value = []
    value.append(value)
    assert "nested too deep" in repr(crossed(value))


BAD = {
    "unknown kind": {"pickle": "gASV"},
    "no kind": {},
    "an attribute": {"__class__": 1},
    "a method": {"value": 1},
    "objects": {"array": "|O", "shape": [1]},
    "records": {"array": "i4,i4", "shape": [1]},
    "letters": {"array": "<U2", "shape": [1]},
    "nonsense dtype": {"array": "<f7", "shape": [1]},
    "no dtype": {"array": None, "shape": [1]},
    "more than sent": {"array": "<f8", "shape": [3]},
    "less than sent": {"array": "<f8", "shape": [1]},
    "negative": {"array": "<f8", "shape": [-2]},
    "enormous": {"array": "<f8", "shape": [2**40, 2**40]},
    "fractional": {"array": "<f8", "shape": [1.5]},
    "true": {"array": "|u1", "shape": [True]},
    "many axes": {"array": "|u1", "shape": [1] * 40},
    "no shape": {"array": "<f8"},
    "tensor of nothing": {"tensor": "quint8", "shape": [2]},
    "tensor's attribute": {"tensor": "load", "shape": [2]},
    "dict of no pairs": {"dict": [[1]]},
    "unhashable key": {"dict": [[{"list": []}, 1]]},
    "list of nothing": {"list": 3},
    "float in words": {"float": "1e5"},
    "large number": 10**30,
}


@pytest.mark.parametrize("data", BAD.values(), ids=BAD.keys())
def test_what_does_not_fit_is_turned_away(data):
    with pytest.raises(wire.WireError):
        received(data, bytes(16))


@pytest.mark.parametrize(
    "header",
    [b"", b"[1]", b"{", b"\xff\xfe", b'{"value": NaN}', b"[" * 100_000, b'{"a":' * 50_000],
)
def test_headers_that_are_no_json_object_are_turned_away(header):
    with pytest.raises(wire.WireError):
        wire.load(header, bytearray())


def test_deep_and_long_values_are_turned_away():
    deep = []
    for _ in range(100):
        deep = {"list": [deep]}
    with pytest.raises(wire.WireError, match="deep"):
        received(deep)
    with pytest.raises(wire.WireError, match="many"):
        received({"list": [None] * (wire.ITEMS + 1)})


def test_half_a_character_does_not_cross():
    assert received("\ud800 ok") == "? ok"


def test_a_frame_announced_too_large_is_not_read():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(wire._LENGTHS.pack(10, wire.BUFFER_BYTES + 1))
        with pytest.raises(wire.WireError, match="larger than allowed"):
            wire.receive(ours)


def test_too_large_a_value_is_not_sent():
    with pytest.raises(wire.WireError, match="64 MiB"):
        wire.dump({"value": np.zeros(2**23 + 1)})


def test_receiving_ends_at_its_deadline_and_at_the_end():
    ours, theirs = socket.socketpair()
    with ours:
        theirs.sendall(b"\x01")
        with pytest.raises(TimeoutError):
            wire.receive(ours, deadline=0)
        theirs.close()
        with pytest.raises(EOFError):
            wire.receive(ours)


def test_large_frames_cross_a_socket_whole():
    ours, theirs = socket.socketpair()
    array = np.arange(2**20, dtype=float)
    with ours, theirs:
        frame = wire.dump({"value": array})
        thread = threading.Thread(target=wire.send, args=(theirs, frame))
        thread.start()
        assert (wire.receive(ours)["value"] == array).all()
        thread.join()
