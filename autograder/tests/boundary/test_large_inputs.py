"""Four times the input costs about four times the work, whatever there is much of."""

from __future__ import annotations

import ast
import functools
import json
import struct
import zipfile
from datetime import UTC, datetime

import pytest

from autograder.intake import reading
from autograder.intake.collect import collect
from autograder.intake.reading import Unreadable, from_data, load, parse
from autograder.intake.restore import restore
from autograder.intake.times import of_member
from autograder.intake.which import Candidate, choose, lessons_known
from autograder.judging.order import Straight, to_run
from autograder.judging.testimony import claims
from autograder.tests.support import lessons, small_lesson
from autograder.tests.support.large import CELLS, FILES, cell, grows_too_fast, notebook, seconds


@functools.cache
def source():
    return lessons.solution("01_rolling_average")


def taken_in(data):
    """All that happens to a notebook before its cells are run."""
    raw = load(data)[0]
    clean, _ = restore(from_data(raw), source())
    straight = Straight(clean.metadata["cnnlab"]["straight"])
    first = list(to_run(clean))
    return claims(raw), [straight.places(name, first) for name in straight.asks]


@pytest.mark.slow
@pytest.mark.parametrize("what", CELLS)
def test_taking_in_a_notebook_is_linear(what):
    n, made = CELLS[what]
    idle = seconds(taken_in, notebook())
    assert not grows_too_fast(taken_in, made(n), made(4 * n), idle)


def readable(data):
    try:
        return parse(data)
    except Unreadable as problem:
        return problem


@pytest.mark.slow
@pytest.mark.parametrize("what", FILES)
def test_reading_a_file_is_linear(what):
    n, made = FILES[what]
    assert not grows_too_fast(readable, made(n), made(4 * n), seconds(readable, b"x" * 100_000))


@pytest.mark.parametrize("what", ["split", "split behind a return", "large cells", "statements"])
def test_a_cell_is_parsed_a_few_times_whatever_the_number_of_exercises(what, monkeypatch):
    n, made = CELLS[what]
    parsed, parse_ = [], ast.parse
    monkeypatch.setattr(ast, "parse", lambda text: parsed.append(len(text)) or parse_(text))
    taken_in(notebook())
    parsed.clear()
    taken_in(data := made(n))
    written = sum(len(c["source"]) for c in json.loads(data)["cells"])
    assert sum(parsed) <= 20 * written


def test_choosing_one_of_many_notebooks_is_linear(tmp_path):
    course = small_lesson.released_in(tmp_path)
    known = lessons_known(course)
    plain = json.loads(course.source(small_lesson.LESSON).read_bytes())

    def copies(n):
        many = [json.dumps(plain | {"cells": [*plain["cells"], cell(str(i))]}) for i in range(n)]
        when = datetime(2026, 1, 1, tzinfo=UTC)
        return [Candidate(f"{i}.ipynb", str(i), t.encode(), when) for i, t in enumerate(many)]

    def work(many):
        return choose(many, small_lesson.LESSON, known)

    assert not grows_too_fast(work, copies(25), copies(100))


def test_times_in_a_zip_are_read_in_linear_time():
    def member(n):
        made = zipfile.ZipInfo("a")
        made.extra = struct.pack("<HH", 7, 0) * n
        return made

    def work(made):
        return [of_member(made, datetime.now(UTC)) for _ in range(20)]

    assert not grows_too_fast(work, member(4000), member(16_000))


def test_a_name_that_no_disk_takes_is_not_looked_at(tmp_path):
    course = small_lesson.released_in(tmp_path / "course")
    data = course.source(small_lesson.LESSON).read_bytes()
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "bob.ipynb").write_bytes(data)
    with zipfile.ZipFile(tmp_path / "in" / "ada.zip", "w") as archive:
        archive.writestr("a_assignsubmission_file_" * 100 + "\n.ipynb", data)
        archive.writestr("mine.ipynb", data)
    said = collect(course, [tmp_path / "in"], small_lesson.LESSON)
    assert sorted(receipt.student for receipt in said.taken) == ["ada", "bob"]
    (refused,) = said.refused
    assert "a name of more than 255 characters" in refused


def test_a_file_of_nothing_but_lists_is_not_read():
    data = b'{"cells":[' + b"[]," * reading.BRACKETS + b"[]]}"
    with pytest.raises(Unreadable, match="clear the outputs"):
        parse(data)


def test_more_code_than_any_lesson_needs_is_not_read():
    each = reading.CODE_CHARACTERS // 8
    cells = [cell("x" * each)] * 8
    assert len(parse(notebook(*cells)).cells) == 8
    with pytest.raises(Unreadable, match="code cells hold more than"):
        parse(notebook(*cells, cell("x")))
    parse(notebook(*cells, cell("![](data:image/png;base64,…)" * 10, "markdown")))  # as Colab does


def test_many_commas_too_many_are_left_out_and_none_in_a_string():
    text = b'{"cells": [{"cell_type": "code", "source": ["a, ]", "\\",]",],},], "b": ['
    content, said = load(text + b"[1, , ]," * 30 + b"2]}")
    assert content["cells"][0]["source"] == ["a, ]", '",]']
    assert len(said) == 1
