"""Whatever arrives from where answers run is the student's: judged and told, never a fault."""

from __future__ import annotations

import random
import socket

import numpy as np
import pytest
import torch
from cnnlab.engine.examine import examine
from cnnlab.engine.exercise import EXERCISES
from cnnlab.engine.page import as_html

from autograder.intake.submitted import STAMP, time_of
from autograder.judging.judge import known_values
from autograder.judging.record import report_output
from autograder.judging.replies import STATUSES, outcome_from
from autograder.recording.grade import grade
from autograder.sandbox.inside import wire
from autograder.sandbox.session import Ended, Session
from autograder.tests.support import small_lesson

TRIES = 60
SHAPES = [(), (0,), (1,), (3,), (3, 1), (1, 3), (0, 3), (2, 3, 4), (1,) * 16]
NUMBERS = [0, 1, -1, 0.5, 5e-324, 1.7e308, float("nan"), float("inf"), float("-inf")]
DTYPES = ["?", "i1", "u8", "i8", "f2", "f4", "f8", ">f8", "c8", "c16"]
TENSORS = [torch.bool, torch.uint8, torch.int64, torch.float16, torch.bfloat16, torch.complex64]
PLAIN = [None, True, 0, -(2**63), 1.5, float("nan"), "", "x" * 1000, "\x00", wire.Foreign("thing")]


def drawn(rng, like=None, depth=0):
    """Any value that can cross, often nearly what is asked for."""
    kinds = ["plain", "array", "number", "tensor", "list", "tuple", "dict", *["like"] * 8]
    kind = rng.choice(kinds if depth < 3 else kinds[:4])
    shape = getattr(like, "shape", rng.choice(SHAPES)) if kind == "like" else rng.choice(SHAPES)
    if kind == "plain":
        return rng.choice(PLAIN)
    if kind in ("list", "tuple"):
        made = [drawn(rng, None, depth + 1) for _ in range(rng.randrange(4))]
        return made if kind == "list" else tuple(made)
    if kind == "dict":
        return {k: drawn(rng, None, depth + 1) for k in (1, "kind", None, (1, 2))}
    if kind == "like" and isinstance(like, (list, tuple)):
        return tuple(drawn(rng, v, depth + 1) if rng.random() < 0.5 else v for v in like)
    shape = () if kind == "number" else shape
    count = int(np.prod(shape))
    values = np.array([rng.choice(NUMBERS) for _ in range(count)])
    if kind == "tensor" or isinstance(like, torch.Tensor):
        return (
            torch.tensor(values)
            .reshape(tuple(shape))
            .to(rng.choice([like.dtype, *TENSORS] if isinstance(like, torch.Tensor) else TENSORS))
        )
    with np.errstate(all="ignore"):
        array = values.astype(rng.choice(DTYPES))
    return array[0] if kind == "number" else array.reshape(shape)


def reply(rng, like):
    """A reply of which nothing need be what it should be."""
    made = {"status": rng.choice(["returned"] * 9 + [*STATUSES, drawn(rng)])}
    made["value"] = drawn(rng, like)
    for name in ("errors", "message", "line", "code", "words", "changed"):
        if rng.random() < 0.3:
            made[name] = drawn(rng)
    return made


class Malformed:
    """An answer that is called in the sandbox, and of which anything may come."""

    def __init__(self, exercise, rng):
        self.__name__, self.rng = exercise.name, rng
        known = known_values(exercise.name, 0)
        plain = (i for i, case in enumerate(known.cases) if not (case.draws or case.judge))
        self.right = {known.cases[i].name: known.right[i].value for i in plain}

    def outcome(self, case):
        return outcome_from(reply(self.rng, self.right.get(case.name)))

    def as_value(self):
        return self

    def wrong_ones_called(self):
        return ()

    def search(self, *about):
        return {}


QUICK = ["rolling_average", "conv1d", "conv1d_backward", "conv2d", "max_pool", "standardize"]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", [name for name in QUICK if name in EXERCISES])
def test_any_reply_is_judged_and_told(name):
    exercise, known = EXERCISES[name], known_values(name, 0)
    seen = set()
    for seed in range(TRIES):
        answer = Malformed(exercise, random.Random(seed))
        report = examine(exercise, answer, search=0, known=known, hidden=seed % 2 == 0)
        assert 0 <= report.points <= report.max_points
        assert report_output(report).data["text/plain"]
        assert as_html(report)
        seen |= {result.outcome.status for result in report.results}
    assert {"returned", "raised", "died"} <= seen


@pytest.mark.parametrize("status", [np.ones(3), [], {}, ["returned"], True, 1, None, "died"])
def test_a_status_that_is_none_ends_that_answer_alone(status):
    assert outcome_from({"status": status, "value": 1}).status == "died"


@pytest.mark.parametrize("number", [np.ones(3), np.int64(1), [1], {}, True, 1.0, "1", None, 2])
def test_an_answer_to_nothing_that_was_asked_ends_the_session(number):
    ours, theirs = socket.socketpair()
    session = Session(ours, socket.socketpair()[0])
    with theirs:
        wire.send(theirs, wire.dump({"id": number, "status": "returned"}))
        with pytest.raises(Ended, match="no answer"):
            session.ask({"do": "call"}, 5)


@pytest.mark.parametrize("said", [b"[1]", b"{}", b"1e999", b"-999", b"NaN", b"null", b"x", b'"9"'])
def test_an_end_that_is_not_told_in_order_is_an_end(said):
    ours, theirs = socket.socketpair()
    life, life_there = socket.socketpair()
    with theirs, life_there:
        life_there.sendall(said)
        theirs.close()
        with pytest.raises(Ended):
            Session(ours, life).ask({"do": "call"}, 5)


def test_any_frame_is_a_message_or_turned_away():
    rng = random.Random(1)
    parts = [b'{"value":', b"[", b"]", b"{", b"}", b'"array"', b'"list"', b":", b",", b"1", b"null"]
    parts += [
        b'"shape"',
        b"-1",
        b"1e999",
        b"NaN",
        b'"<f8"',
        b'"tensor"',
        b'"float32"',
        b'"\\ud800"',
    ]
    for _ in range(5000):
        header = b'{"id":' + b"".join(rng.choices(parts, k=rng.randrange(1, 12))) + b"}"
        try:
            assert isinstance(wire.load(header, bytearray(rng.randrange(17))), dict)
        except wire.WireError:
            continue


SHAPED = [[0, 2**26, 2**26, 2**26], [2**26] * 16, [0] * 16, [2**40], [-1], [True], [1.0], "3", None]


@pytest.mark.parametrize("shape", SHAPED, ids=str)
@pytest.mark.parametrize(
    "kind", [{"array": "<f8"}, {"array": "|b1"}, {"tensor": "float32"}], ids=str
)
def test_an_impossible_shape_is_a_value_or_turned_away(shape, kind):
    data = {"value": {**kind, "shape": shape}}
    try:
        got = wire.load(wire.json.dumps(data).encode(), bytearray())["value"]
        assert 0 in got.shape
    except wire.WireError:
        assert shape != [0] * 16


STAMPS = ["", "soon", "0", "9" * 900, "9999-12-31 23:59:59 -2300", "0001-01-01 00:00 +2300", "\x00"]
STAMPS += ["2026-11-20 23:59 /etc/passwd", "2026-11-20 23:59 \x00", "١٢:٠٠", "nan", "31 Feb 2026"]
STAMPS += ["010099999999999999999999110001h309999999999999999999923", "1h" + "9" * 60]


@pytest.mark.parametrize("stamp", STAMPS)
def test_an_odd_time_of_handing_in_is_a_time_or_none(stamp):
    found = time_of(stamp)
    assert found is None or found.tzinfo is None


def test_an_odd_time_of_handing_in_is_graded_and_told(tmp_path):
    course = small_lesson.released_in(tmp_path)
    folder = small_lesson.hand_in(course, "ada", solved=False)
    (folder / STAMP).write_text("1h" + "9" * 60)
    (result,) = grade(course, workers=1)
    assert result.status == "graded" and "holds no time" in str(result)
