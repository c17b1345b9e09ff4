"""What decides, what is kept, and what is said of a hand-in besides its answers."""

import base64
import json
import re

import nbformat
import pytest
from cnnlab.engine.exercise import EXERCISES
from cnnlab.engine.verdict import MIME
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory

from autograder import cli
from autograder.intake.collect import collect
from autograder.intake.pictures import NAME_CHARACTERS, pictures
from autograder.intake.reading import Unreadable, from_data, load, parse
from autograder.judging import judge
from autograder.judging.decides import decided_by
from autograder.judging.testimony import claims
from autograder.pages.class_report import report
from autograder.pages.feedback import feedback
from autograder.pages.markdown import cleaned
from autograder.recording.grade import grade
from autograder.recording.gradebook import graded_notebook
from autograder.tests.support import small_lesson

LESSON, ALL = small_lesson.LESSON, sum(small_lesson.POINTS.values())


@pytest.fixture
def course(tmp_path):
    return small_lesson.released_in(tmp_path)


def graded(course):
    """What came of everybody, by student."""
    return {result.student: result for result in grade(course, workers=1)}


def handed_in(course, student, answers=None):
    """A hand-in as plain data."""
    path = small_lesson.hand_in(course, student, answers) / f"{LESSON}.ipynb"
    return path, json.loads(path.read_text(encoding="utf-8"))


def cell(notebook, name):
    ids = [c["metadata"].get("nbgrader", {}).get("grade_id") for c in notebook["cells"]]
    return notebook["cells"][ids.index(name)]


# ── a mended test ───────────────────────────────────────────────────────────


def _reversed(x, f):
    return EXERCISES["conv1d"].reference(x, f[::-1])


def test_a_mended_oracle_grades_again(course, monkeypatch):
    small_lesson.hand_in(course, "ada")
    right = EXERCISES["conv1d"]._oracle
    with monkeypatch.context() as mistaken:
        mistaken.setattr(EXERCISES["conv1d"], "_oracle", lambda x, f: right(x, f[::-1]))
        judge.known_values.cache_clear()
        assert graded(course)["ada"].score < ALL
        judge.known_values.cache_clear()
    assert graded(course)["ada"].score == ALL
    assert graded(course)["ada"].status == "unchanged"


def test_a_graded_notebook_without_such_a_mark_is_unchanged(course):
    small_lesson.hand_in(course, "ada")
    graded(course)
    path = course.autograded("ada", LESSON) / f"{LESSON}.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    assert notebook["metadata"]["cnnlab"].pop("tests")
    path.write_text(json.dumps(notebook), encoding="utf-8")
    assert graded(course)["ada"].status == "unchanged"


def test_cases_decide_and_words_do_not(monkeypatch):
    one = EXERCISES["conv1d"]
    before = decided_by(("conv1d", "pad"))
    assert before == decided_by(("conv1d", "pad")) != decided_by(("pad",))
    assert decided_by(("an instructor's own",)) == ""
    monkeypatch.setattr(one, "hints", ["another"])
    monkeypatch.setattr(one, "mistakes", [])
    assert decided_by(("conv1d", "pad")) == before
    cases = one._cases
    monkeypatch.setattr(one, "_cases", EXERCISES["pad"]._cases)
    assert decided_by(("conv1d", "pad")) != before
    monkeypatch.setattr(one, "_cases", cases)
    assert decided_by(("conv1d", "pad")) == before
    monkeypatch.setattr(one, "refused", ("torch.sum",))
    assert decided_by(("conv1d", "pad")) != before


# ── points by hand ──────────────────────────────────────────────────────────


def test_points_by_hand_beside_a_new_hand_in_are_kept_and_said(course):
    small_lesson.hand_in(course, "ada", {"conv1d": "@fill\ndef conv1d(x, f):\n    return None"})
    graded(course)
    with Gradebook(course.db_url, course.course_id) as gradebook:
        gradebook.find_grade("test_conv1d", LESSON, LESSON, "ada").manual_score = 1.0
        gradebook.db.commit()
    small_lesson.hand_in(course, "ada")
    said = "conv1d: points given by hand count (1); the judge gives 3 now."
    result = graded(course)["ada"]
    assert result.score == ALL - 2 and said in str(result)
    assert said in str(graded(course)["ada"])  # unchanged by now
    (page,) = feedback(course)
    assert said in page.read_text(encoding="utf-8")
    assert said in report(course).read_text(encoding="utf-8")


def test_points_by_hand_that_are_the_judges_need_no_words(course):
    small_lesson.hand_in(course, "ada")
    graded(course)
    with Gradebook(course.db_url, course.course_id) as gradebook:
        gradebook.find_grade("test_conv1d", LESSON, LESSON, "ada").manual_score = 3.0
        gradebook.db.commit()
    assert graded(course)["ada"].notes == ()
    (page,) = feedback(course)
    assert "points given by hand" not in page.read_text(encoding="utf-8")


# ── pictures in the questions ───────────────────────────────────────────────

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(300)).decode()
SVG = base64.b64encode(b"<svg onload='alert(1)'/>").decode()


def test_pictures_in_the_questions_stay(course):
    path, notebook = handed_in(course, "ada")
    cell(notebook, "questions")["source"] = "Why?\n\n![curve.png](attachment:curve.png)"
    cell(notebook, "questions")["attachments"] = {
        "curve.png": {"image/png": PNG},
        "lines.png": {"image/png": [PNG[:76] + "\n", PNG[76:]]},
        "program.svg": {"image/svg+xml": SVG},
        "lie.png": {"image/png": SVG},
    }
    path.write_text(json.dumps(notebook))
    graded(course)
    clean = graded_notebook(course, "ada", LESSON)
    nbformat.validate(clean)
    (questions,) = [c for c in clean.cells if "attachments" in c]
    both = {"curve.png": {"image/png": PNG}, "lines.png": {"image/png": PNG}}
    assert questions.attachments == both
    assert f'src="data:image/png;base64,{PNG}"' in cleaned(questions.source, questions.attachments)


@pytest.mark.parametrize(
    "attachments",
    [
        None,
        ["a"],
        {"a.png": "b"},
        {"a.png": {"image/png": 3}},
        {"a.png": {"image/png": PNG + '" onload="alert(1)'}},
        {"a.png": {"text/html": PNG}},
        {"a" * (NAME_CHARACTERS + 1): {"image/png": PNG}},
        {"a\u202e.png": {"image/png": PNG}},
    ],
)
def test_what_is_no_picture_stays_behind(attachments):
    assert pictures({"attachments": attachments}, 10**6) == {}


def test_pictures_have_a_bound():
    many = {f"{i}.png": {"image/png": PNG} for i in range(9)}
    assert len(pictures({"attachments": many}, 3 * len(PNG))) == 3
    cells = [{"cell_type": "markdown", "source": "", "attachments": many}] * 2
    large = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(4 * 2**20)).decode()
    for i in many:
        many[i] = {"image/png": large}
    kept = [c.get("attachments", {}) for c in from_data({"cells": cells}).cells]
    assert sum(map(len, kept)) == 2


# ── files that are nearly notebooks ─────────────────────────────────────────

TEXT = '{"cells": [{"cell_type": "code", "source": "a = [1,]"}], "nbformat": 4}'


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (TEXT.encode() + b'\n ],\n "nbformat": 4\n}\n', "Something followed"),
        (TEXT.encode() + bytes(4096), "Something followed"),
        (TEXT.encode() * 2, "Something followed"),
        (TEXT.encode() + b"<html>", "Something followed"),
        (TEXT[:-1].encode() + b",\n}", "A comma too many"),
        (TEXT.replace("}],", "},\n],").encode(), "A comma too many"),
        (TEXT.replace("}],", ",},\n],").encode() + bytes(9), "Something followed"),
        (b"\xef\xbb\xbf" * 2 + TEXT.encode(), ""),
        (b"\n \n" + TEXT.encode() + b"\n\n", ""),
        (TEXT.encode("utf-16"), ""),
        (TEXT.encode("utf-32"), ""),
    ],
)
def test_a_notebook_in_a_damaged_file_is_read_and_it_is_said(data, said):
    (code,) = parse(data).cells
    assert code.source == "a = [1,]"
    remarks = " ".join(load(data)[1])
    assert said in remarks and bool(remarks) == bool(said)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (bytes(5000), "nothing but zeros"),
        (b"PK\x03\x04" + bytes(90), "zip archive"),
        (b"\x1f\x8b\x08" + bytes(90), "gzip"),
        (b"%PDF-1.7", "a PDF"),
        (b'{"a": 1,}', "no cells"),
        (b'{"a": 1} and more', "damaged"),
        (b'{"cells": [' + b"1,]" * 40, "damaged"),
        (b'{"cells": ' + b"[,]" * 40, "damaged"),
        (b'{"cells": [{]}', "damaged"),  # not a comma too many
        (TEXT[:-9].encode(), "cut off"),
    ],
)
def test_what_is_no_notebook_is_told_truly(data, said):
    with pytest.raises(Unreadable, match=said):
        parse(data)


def test_what_followed_a_notebook_is_noted_in_its_grade(course):
    path, notebook = handed_in(course, "ada")
    path.write_bytes(json.dumps(notebook).encode() + bytes(4096))
    result = graded(course)["ada"]
    assert result.score == ALL
    assert "Something followed the notebook in its file; it was left out." in result.notes


@pytest.mark.parametrize("name", ["ada.json", "ada", "ada.ipynb (1)", "ada.ipynb.download"])
def test_a_notebook_by_another_name_is_told_to_be_one(course, tmp_path, name):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / name).write_text(TEXT)
    (tmp_path / "in" / "notes.txt").write_text("cells")
    collected = collect(course, [tmp_path / "in"], LESSON)
    (first,) = collected.refused
    assert "a notebook by its content" in first and "rename it" in first
    assert collected.left == ["notes.txt: not a notebook"]


@pytest.mark.parametrize("how", ["utf-8-sig", "utf-16", "zeros", "comma", "text for a number"])
def test_nbgraders_own_way_reads_what_ours_reads(course, how):
    path, notebook = handed_in(course, "ada")
    if how == "text for a number":
        cell(notebook, "conv1d")["execution_count"] = "three"
        cell(notebook, "conv1d")["outputs"] = [{"output_type": "unheard of"}, 3]
    text = json.dumps(notebook)
    damaged = {"zeros": text.encode() + bytes(99), "comma": f"{text[:-1]},}}".encode()}
    path.write_bytes(damaged.get(how) or text.encode(how if how.startswith("utf") else "utf-8"))
    config = course.config()
    done = NbGraderAPI(CourseDirectory(config=config), config=config).autograde(LESSON, "ada")
    assert done["success"], done
    with Gradebook(course.db_url, course.course_id) as gradebook:
        assert gradebook.find_submission(LESSON, "ada").score == ALL
    notes = graded_notebook(course, "ada", LESSON).metadata["cnnlab"]["repairs"]
    said = {"zeros": "Something followed the notebook in its file; it was left out."}
    said["comma"] = "A comma too many in the notebook's file was left out."
    assert notes == [said[how]] if how in said else not notes
    assert ("left out" in done["log"]) == (how in said)


# ── what their own check said ───────────────────────────────────────────────


def said_at_home(name, status):
    data = {MIME: {"exercise": name, "status": status}, "text/plain": "…"}
    return {"output_type": "display_data", "metadata": {}, "data": data}


def test_answers_judged_otherwise_than_at_home_are_counted(course, capsys):
    path, notebook = handed_in(course, "ada", {"conv1d": small_lesson.FLIPPED})
    outputs = cell(notebook, "test_conv1d")["outputs"] = [said_at_home("conv1d", "incorrect")]
    outputs.append(said_at_home("conv1d", "correct"))
    cell(notebook, "test_pad")["outputs"] = [said_at_home("pad", "correct")]
    path.write_text(json.dumps(notebook))
    small_lesson.hand_in(course, "bob")
    assert cli.main(["--course", str(course.root), "grade", "--workers", "1"]) == 0
    printed = capsys.readouterr().out
    assert "judged otherwise than its own check says: conv1d" in printed
    assert (
        "1 answers judged otherwise than the notebooks' own last check says, in 1 of 2" in printed
    )
    for page in feedback(course):  # for the instructor alone
        assert "otherwise" not in page.read_text(encoding="utf-8")


HOSTILE = [
    *(None, 3, "cells", [], {"cells": 3}, {"cells": [3, None]}, {"cells": [{"outputs": 3}]}),
    {"cells": [{"outputs": [3, {"data": 3}, {"data": {MIME: 3}}, {"data": {MIME: {}}}]}]},
    {"cells": [{"outputs": [said_at_home(["a"], "correct"), said_at_home("pad", {"a": 1})]}]},
    {"cells": [{"outputs": [said_at_home("pad", "more than correct")]}]},
    {"cells": [{"outputs": [{}] * 50_000 + [said_at_home("pad", "correct")]}]},
]


@pytest.mark.parametrize("raw", HOSTILE, ids=range(len(HOSTILE)))
def test_malformed_testimony_says_nothing(raw):
    assert claims(raw) == {}


def test_testimony_moves_no_point_and_names_nothing_of_the_students(course):
    path, notebook = handed_in(course, "ada", {"conv1d": small_lesson.FLIPPED})
    lies = [said_at_home(name, "correct") for name in (*small_lesson.POINTS, "\x1b[2J", "x" * 9999)]
    cell(notebook, "test_conv1d")["outputs"] = lies
    path.write_text(json.dumps(notebook))
    result = graded(course)["ada"]
    assert result.otherwise == ("conv1d", "conv1d_layer") and result.score < ALL
    assert not re.search(r"x{99}|2J", str(result))
