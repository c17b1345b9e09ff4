"""What is measured on answers that nobody foresaw is counted as it was read."""

import json

import pytest

from autograder.bench import unseen

SOURCE = """
import numpy as np

def conv1d(x, f):
    x, f = np.asarray(x, dtype=float), np.asarray(f, dtype=float)
    if len(f) > len(x):
        raise ValueError("the filter is longer than the series")
    return np.array([x[i : i + len(f)] @ (f) for i in range(len(x) - len(f) + 1)])
"""


def answer(f, where="invented"):
    return {"source": SOURCE.replace("(f)", f), "true_cause": "a slip", "from": where}


WRONG = {
    "flipped": answer("f[::-1]", "seen"),
    "negative": answer("-f", "seen"),
    "doubled": answer("(2 * f)"),
    "right after all": answer("(1.0 * f)"),
    "of another package": {**answer("f"), "source": "import not_there"},
}
RIGHT = {"a plain one": {"source": SOURCE, "style": "a list of products"}}


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What is told of six answers to one exercise, in a process of its own."""
    folder = tmp_path_factory.mktemp("told")
    answers = {"conv1d": {"correct": RIGHT, "wrong": WRONG}}
    (folder / "tiny.json").write_text(json.dumps(answers))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(unseen, "FOLDER", folder)
        return list(unseen.told("tiny"))


@pytest.fixture
def tiny(told, tmp_path, monkeypatch):
    """A set of these answers, one of them read when something else was said."""
    monkeypatch.setattr(unseen, "FOLDER", tmp_path)
    monkeypatch.setattr(unseen, "told", lambda name, only=(): told)
    earlier = {"said": "something else", "verdict": "true", "comment": ""}
    (tmp_path / "tiny.json").write_text("{}")
    (tmp_path / "tiny_readings.json").write_text(json.dumps({"conv1d/doubled": [earlier]}))


def test_the_table_counts_what_was_read_and_what_was_not(tiny, capsys):
    unseen.keep("tiny", "conv1d/flipped", "misleading")
    unseen.keep("tiny", "conv1d/flipped", "true", "read once more")
    unseen.keep("tiny", "conv1d/negative", "misleading")
    assert unseen.sets() == ["tiny"]
    assert len(unseen.readings("tiny")["conv1d/flipped"]) == 1
    unseen.table("tiny")
    heads, row, everything, summary = capsys.readouterr().out.splitlines()
    assert row.split()[1:] == everything.split()[1:]
    counts = dict(zip(heads.split()[1:9], row.split()[1:9], strict=True))
    del counts["named"]  # a busy machine names fewer
    assert counts == {
        **{"wrong": "5", "rejected": "3", "told": "1"},
        **{"partly": "0", "misleading": "1", "blind": "0", "unread": "1"},
    }
    assert row.split()[9:11] == ["1/2", "1/1"]  # those that people made; right ones accepted
    assert summary.startswith("told 1 of 3 (33%)")


def test_what_nobody_has_read_is_shown_beside_its_cause(tiny, capsys):
    unseen.keep("tiny", "conv1d/flipped", "true")
    unseen.unread("tiny")
    shown = capsys.readouterr().out
    assert shown.count("true cause: a slip") == 2 and "conv1d/doubled" in shown


def test_a_reading_that_cannot_be_kept_says_why(tiny):
    with pytest.raises(ValueError, match="there are true, suffices"):
        unseen.keep("tiny", "conv1d/flipped", "good")
    with pytest.raises(ValueError, match="no answer 'conv1d/another'"):
        unseen.keep("tiny", "conv1d/another", "true")
