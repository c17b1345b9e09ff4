"""When it was handed in: no late penalty rests on a guess."""

import re
import struct
import zipfile
from datetime import UTC, datetime

import pytest
from nbgrader.api import Gradebook

from autograder import cli
from autograder.intake.collect import CollectError, collect
from autograder.recording import grade as recorder
from autograder.tests.support.downloads import put, zipped
from autograder.tests.support.small_lesson import LESSON


@pytest.fixture
def course(small_course):
    return small_course


def stamp(course, student):
    """What nbgrader reads of the time of a submission, or None."""
    path = course.submitted(student, LESSON) / "timestamp.txt"
    return path.read_text() if path.exists() else None


@pytest.mark.parametrize("clock", [(2026, 11, 25, 10, 0, 0), (2026, 11, 20, 23, 0, 0)])
def test_the_time_at_which_an_lms_made_its_zip_is_no_time_of_handing_in(clock, course, tmp_path):
    names = ["lovelaceada_101_2002_x.ipynb", "babbage_LATE_102_2003_x.ipynb"]
    zipped(tmp_path / "s.zip", dict.fromkeys(names, "{}"), clock)
    result = collect(course, [tmp_path / "s.zip"], LESSON)
    assert [stamp(course, r.student) for r in result.taken] == [None, None]
    assert [r.late for r in result.taken] == [True, False]
    assert "the files' times are those of the download: so there is no time" in str(result)
    assert "babbage_102" in str(result) and "(late, says the LMS)" in str(result)


def test_the_same_zip_unpacked_has_no_times_either(course, tmp_path):
    files = {f"{who}/x.ipynb": "{}" for who in ("ada", "bob")}
    collect(course, [put(tmp_path / "in", files, "2026-11-25 10:00")], LESSON)
    assert (stamp(course, "ada"), stamp(course, "bob")) == (None, None)


def test_a_zips_clock_whose_zone_nobody_knows_is_not_believed(course, tmp_path):
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        archive.writestr(zipfile.ZipInfo("ada/x.ipynb", (2026, 11, 20, 18, 30, 0)), "{}")
        archive.writestr(zipfile.ZipInfo("bob/x.ipynb", (2026, 11, 19, 18, 30, 0)), "{}")
    result = collect(course, [tmp_path / "z.zip"], LESSON)
    assert stamp(course, "ada") is None
    assert "the zip's times are of a clock whose zone it does not say" in str(result)


INSTANT = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
TICKS = int((INSTANT - datetime(1601, 1, 1, tzinfo=UTC)).total_seconds()) * 10_000_000
FIELDS = {
    "Info-ZIP": struct.pack("<HHBi", 0x5455, 5, 1, int(INSTANT.timestamp())),
    "after another field": struct.pack("<HHxx", 0x7875, 2)
    + struct.pack("<HHBi", 0x5455, 5, 3, int(INSTANT.timestamp())),
    "7-Zip on Windows": struct.pack("<HHIHHQQQ", 0x000A, 32, 0, 1, 24, TICKS, TICKS, TICKS),
}


@pytest.mark.parametrize("made", FIELDS)
def test_a_zips_extended_field_is_an_instant(made, course, tmp_path):
    info = zipfile.ZipInfo("ada/x.ipynb", (2026, 11, 21, 12, 30, 0))
    info.extra = FIELDS[made]
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        archive.writestr(info, "{}")
    result = collect(course, [tmp_path / "z.zip"], LESSON)
    assert stamp(course, "ada").startswith("2026-11-20 23:30:00")
    assert "2026-11-20 23:30 UTC" in str(result) and "the zip's time, UTC" in str(result)


NO_TIMES = [
    struct.pack("<HHB", 0x5455, 1, 1),
    struct.pack("<HH", 0x5455, 0),
    b"\n\0\x08\0" + bytes(8),
]


@pytest.mark.parametrize("field", NO_TIMES)
def test_a_damaged_field_is_no_time(field, course, tmp_path):
    info = zipfile.ZipInfo("ada/x.ipynb", (2026, 11, 21, 12, 30, 0))
    info.extra = field
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        archive.writestr(info, "{}")
    assert collect(course, [tmp_path / "z.zip"], LESSON).done
    assert stamp(course, "ada") is None


def test_what_is_dated_inside_a_students_own_zip_counts_for_nothing(course, tmp_path):
    folder = put(tmp_path / "in", {"bob/x.ipynb": "{}"}, "2026-11-21 10:00")
    zipped(folder / "ada.zip", {"x.ipynb": "{}"}, (2020, 1, 1, 0, 0, 0))
    put(folder, {"ada.zip": (folder / "ada.zip").read_bytes()}, "2026-11-22 10:00")
    collect(course, [folder], LESSON)
    assert stamp(course, "ada").startswith("2026-11-22 10:00")


def files(tmp_path):
    """A download of two without times, by Moodle."""
    names = [f"{who}_assignsubmission_file_/x.ipynb" for who in ("Ada L_4711", "Bob B_4712")]
    return zipped(tmp_path / "m.zip", dict.fromkeys(names, "{}"))


WORKSHEET = """\
Identifier,Full name,Email address,Status,Grade,Last modified (submission)
Participant 4711,Ada L,ada@uni.example,Submitted,,"Friday, 20 November 2026, 11:59 PM"
Participant 4712,Bob B,bob@uni.example,Submitted,,"Saturday, 21 November 2026, 12:01 AM"
Participant 4713,Cem C,cem@uni.example,No submission,,-
"""
TABLE = "id;handed_in\nAda_L;2026-11-20 23:59 +0100\nBob_B;2026-11-21T00:01:00+01:00\n"


@pytest.mark.parametrize("table", [WORKSHEET, TABLE])
def test_a_table_gives_the_times_also_afterwards(table, course, tmp_path):
    collect(course, [files(tmp_path)], LESSON)
    assert stamp(course, "Ada_L") is None
    (course.root / "course.toml").write_text('[times]\nzone = "Europe/Berlin"\n')
    (tmp_path / "times.csv").write_text(table)
    result = collect(course, [tmp_path / "m.zip", tmp_path / "times.csv"], LESSON)
    assert stamp(course, "Ada_L").startswith("2026-11-20 22:59:00")
    assert stamp(course, "Bob_B").startswith("2026-11-20 23:01:00")
    assert [r.became for r in result.taken] == ["unchanged", "unchanged"]
    assert "the table times.csv" in str(result)


def test_a_time_without_a_zone_is_not_guessed(course, tmp_path):
    (tmp_path / "times.csv").write_text(WORKSHEET)
    with pytest.raises(CollectError, match=r"does not say its time zone, .* \[times\]"):
        collect(course, [files(tmp_path), tmp_path / "times.csv"], LESSON)
    assert course.students(LESSON) == []


def test_a_table_inside_a_download_is_somebodys_file(course, tmp_path):
    table = "id,handed_in\nada,2020-01-01 00:00 +0000\n"
    put(tmp_path / "in", {"ada/x.ipynb": "{}", "ada/times.csv": table})
    collect(course, [tmp_path / "in"], LESSON)
    assert stamp(course, "ada") is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id,points\nada,3\n", "is no table of times"),
        ("", "is no table of times"),
        ("id,handed_in\nada,yesterday\n", "is no time that can be read"),
    ],
)
def test_what_is_no_table_of_times_is_told(text, said, course, tmp_path, capsys):
    (tmp_path / "times.csv").write_text(text)
    command = ["--course", str(course.root), "collect", str(files(tmp_path))]
    assert cli.main([*command, str(tmp_path / "times.csv"), "--assignment", LESSON]) == 2
    assert said in capsys.readouterr().err


def test_two_times_for_one_student_are_none(course, tmp_path):
    again = "Ada_L;2026-11-22 23:59 +0100\n"  # of another Ada, who has the same name
    (tmp_path / "times.csv").write_text(TABLE + again)
    result = collect(course, [files(tmp_path), tmp_path / "times.csv"], LESSON)
    assert stamp(course, "Ada_L") is None
    assert stamp(course, "Bob_B").startswith("2026-11-20 23:01:00")
    assert result.refused == ["times.csv: 2 different times for Ada_L, of which none is taken"]


def test_a_row_of_nobody_is_listed(course, tmp_path):
    (tmp_path / "times.csv").write_text(f"{TABLE}Eve_E;2026-11-20 23:59 +0100\n")
    result = collect(course, [files(tmp_path), tmp_path / "times.csv"], LESSON)
    assert result.refused == ["times.csv: nobody known is in the row Eve_E, 2026-11-20 23:59 +0100"]


LATE = """
from nbgrader.plugins import LateSubmissionPlugin

class All(LateSubmissionPlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return score

c.AssignLatePenalties.plugin_class = All
"""


def test_nobody_loses_points_for_the_time_of_a_download(course, tmp_path):
    with (course.root / "nbgrader_config.py").open("a") as settings:
        settings.write(LATE)
    course.forget_settings()
    with Gradebook(course.db_url, course.course_id) as gradebook:
        gradebook.update_or_create_assignment(LESSON, duedate="2026-11-20 23:59:00 UTC")
    right = course.source(LESSON).read_text()
    known = {"ada/x.ipynb": right}
    put(tmp_path / "late", known, "2026-11-24 10:00")
    collect(course, [zipped(tmp_path / "all.zip", {"bob/x.ipynb": right})], LESSON)
    collect(course, [tmp_path / "late"], LESSON)
    scores = {r.student: r.score for r in recorder.grade(course, [LESSON], workers=1)}
    assert scores == {"ada": 0, "bob": 11}  # ada's is an instant, and four days late


def test_every_time_is_listed_with_its_source(course, tmp_path):
    put(tmp_path / "in", {"ada/x.ipynb": "{}"}, "2026-11-24 10:00")
    said = str(collect(course, [tmp_path / "in", files(tmp_path)], LESSON))
    assert re.search(r"taken +ada +2026-11-24 10:00 UTC +ada/x\.ipynb", said)
    assert "times      of 1: the file's own time" in said
    assert "times      of 2: the files' times are those of the download" in said
