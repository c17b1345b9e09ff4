"""The table of points: right numbers, columns that Canvas and Moodle read, no formula."""

import csv
import json

import pytest
from nbgrader.api import Gradebook

from autograder import cli
from autograder.course import Course, CourseError
from autograder.pages.lms import export, safe
from autograder.recording import grade as recorder
from autograder.tests.support import small_lesson
from autograder.tests.support.small_lesson import FLIPPED, LESSON, hand_in


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """Two graded students, one who handed in nothing, and a hostile name."""
    root = tmp_path_factory.mktemp("course")
    course = small_lesson.released_in(root)
    hand_in(course, "ada")
    hand_in(course, "lovelaceada_101", {"conv1d": FLIPPED})
    recorder.grade(course, [LESSON], workers=1)
    with Gradebook(course.db_url, course.course_id) as gradebook:
        gradebook.update_or_create_student(
            "ada", first_name="Ada", last_name="Müller; Lovelace", email="ada@example.org"
        )
        gradebook.update_or_create_student(
            "mallory", first_name="x", last_name='=HYPERLINK("http://x","y")', email="\t+1"
        )
    receipt = {
        "student": "lovelaceada_101",
        "lesson": LESSON,
        "origin": "submissions.zip » lovelaceada_LATE_101_2002_notebook.ipynb",
        "sha256": "0" * 64,
        "handed_in": "2026-11-20T23:59:00+00:00",
    }
    (course.root / "received.jsonl").write_text(json.dumps(receipt) + "\n{cut off")
    return course


def table(path):
    """The rows of a written file by the student's login."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {row["SIS Login ID"]: row for row in csv.DictReader(file)}


@pytest.fixture
def rows(course, tmp_path):
    assert export(course, tmp_path / "points.csv") == []
    return table(tmp_path / "points.csv")


def test_points_are_those_of_the_gradebook(course, rows):
    with Gradebook(course.db_url, course.course_id) as gradebook:
        score = gradebook.find_submission(LESSON, "lovelaceada_101").score
    assert float(rows["lovelaceada_101"][LESSON]) == pytest.approx(score, abs=1e-4)
    assert rows["ada"][LESSON] == rows["ada"]["Final Points"] == "11"


def test_nothing_handed_in_is_an_empty_cell_and_not_a_zero(rows):
    assert rows["mallory"][LESSON] == ""


def test_a_penalty_for_late_work_is_taken_off_but_never_below_zero(course, tmp_path):
    for penalty, left in ((1.5, "9.5"), (50, "0")):
        with Gradebook(course.db_url, course.course_id) as gradebook:
            notebook = gradebook.find_submission_notebook(LESSON, LESSON, "ada")
            notebook.late_submission_penalty = penalty
            gradebook.db.commit()
        export(course, tmp_path / "late.csv")
        assert table(tmp_path / "late.csv")["ada"][LESSON] == left
    with Gradebook(course.db_url, course.course_id) as gradebook:
        gradebook.find_submission_notebook(LESSON, LESSON, "ada").late_submission_penalty = None
        gradebook.db.commit()


def test_canvas_finds_its_columns_where_it_looks_for_them(rows):
    """Its importer takes the first five or six by place; what follows are assignments."""
    head = list(next(iter(rows.values())))
    assert head[:4] == ["Student", "ID", "SIS User ID", "SIS Login ID"]
    assert "Integration ID" in head[4]
    assert head[5] == "Section"
    assert head[6:] == [LESSON, "Final Points"]


def test_canvas_knows_its_own_number_again(rows):
    assert rows["lovelaceada_101"]["ID"] == "101"
    assert rows["ada"]["ID"] == ""


def test_every_row_names_its_person_in_each_column_that_moodle_maps_from(rows):
    """A row without a person would give its points to the one before it in Moodle."""
    for row in rows.values():
        assert row["SIS Login ID"]
        assert row["Email address (Integration ID)"]
        assert "Points Possible" not in row["Student"]
    assert rows["ada"]["Email address (Integration ID)"] == "ada@example.org"


def test_no_cell_is_a_formula(course, tmp_path):
    export(course, tmp_path / "points.csv")
    text = (tmp_path / "points.csv").read_text(encoding="utf-8-sig")
    cells = [cell for row in csv.reader(text.splitlines()) for cell in row]
    assert any("HYPERLINK" in cell for cell in cells)
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r=", " =", "\n@", "＝", "\x00-"])
def test_a_dangerous_beginning_is_made_text(start):
    assert safe(f"{start}1+1").startswith("'")


def test_a_name_stays_in_one_cell_wherever_lists_are_cut_at_semicolons():
    assert safe("Müller;=1+1\r\n=2") == "Müller =1+1 =2"
    assert safe("O'Neil-Smith, Ada") == "O'Neil-Smith, Ada"


def test_the_file_is_written_whole_or_not_at_all(course, tmp_path, monkeypatch):
    path = tmp_path / "points.csv"
    path.write_text("as before")

    def fail(*args):
        raise OSError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.replace", fail)
        with pytest.raises(OSError, match="disk is full"):
            export(course, path)
    assert path.read_text() == "as before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_and_an_empty_course_are_explained(course, tmp_path):
    with pytest.raises(CourseError, match="is a folder; name the file"):
        export(course, tmp_path)
    empty = Course(tmp_path / "empty")
    empty.prepare()
    with pytest.raises(CourseError, match="run `autograder grade` first"):
        export(empty, tmp_path / "points.csv")


def test_the_commands_write_and_tell_what_is_missing(course, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["--course", str(course.root), "report"]) == 0
    assert str(course.root / "report.html") in capsys.readouterr().out
    assert cli.main(["--course", str(course.root), "export", "points.csv"]) == 0
    assert capsys.readouterr().out == "wrote points.csv\n"
    course.submitted("late", LESSON).mkdir(parents=True)
    assert cli.main(["--course", str(course.root), "export", "points.csv"]) == 1
    said = capsys.readouterr().err
    assert f"{LESSON}: handed in but not graded, so empty: late" in said
    course.submitted("late", LESSON).rmdir()
