"""Whose a notebook is: nothing that a student chose makes it anybody else's, or theirs a student's.

Mallory chooses what is in her upload and what it is called, and nothing else.
"""

import json
import os
import shutil
import zipfile
from datetime import UTC, datetime

import nbformat
import pytest

from autograder.course import CourseError
from autograder.intake.collect import collect
from autograder.intake.roster import ROSTER, add_to_roster, read_roster
from autograder.tests.support import small_lesson
from autograder.tests.support.small_lesson import LESSON


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return small_lesson.released_in(tmp_path_factory.mktemp("whose"))


@pytest.fixture
def course(made):
    """A course with one lesson and no submissions."""
    for name in ("submitted", "replaced"):
        shutil.rmtree(made.root / name, ignore_errors=True)
    for name in ("received.jsonl", ROSTER):
        (made.root / name).unlink(missing_ok=True)
    return made


@pytest.fixture(scope="module")
def by(made):
    """Somebody's notebook, worked on."""
    released = nbformat.read(made.released(LESSON), as_version=4)

    def notebook(person: str) -> str:
        cells = [dict(c) for c in released.cells]
        answer = next(c for c in cells if "def conv1d(" in c["source"])
        answer["source"] += f"\n# by {person}."
        return json.dumps({"cells": cells, "nbformat": 4, "metadata": {}})

    return notebook


def folder(path, files):
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(content)
    return path


def zipped(path, files, when=(2026, 11, 20, 12, 0, 0)):
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, when), content)
    return path


def roster(course, *lines):
    (course.root / ROSTER).write_text("\n".join(["id,lms,name,group", *lines]))


def whose(course):
    """What is there: {student: by whom}."""
    return {
        student: text.partition("# by ")[2].partition(".")[0]
        for student in course.students(LESSON)
        for text in [(course.submitted(student, LESSON) / f"{LESSON}.ipynb").read_text()]
    }


# ── what Mallory calls her file ─────────────────────────────────────────────

CANVAS = ("ada,canvas:101,Ada Lovelace,", "bob,canvas:102,Bob Ray,", "mallory,canvas:103,Mal Lory,")


@pytest.mark.parametrize(
    "file",
    [
        "x_assignsubmission_file_x (1).ipynb",
        "x_assignsubmission_file_",
        "Ada Lovelace_101_assignsubmission_file_x.ipynb",
        "lovelaceada_101_2001_x-9.ipynb",
        "anon_xY12z_1_x.ipynb",
        "a\\..\\..\\lovelaceada_101_2001_x.ipynb",
        "a\nlovelaceada_101_2001_x.ipynb",
    ],
)
@pytest.mark.parametrize("lines", [(), CANVAS])
def test_no_name_of_a_file_makes_a_canvas_upload_anybody_elses(file, lines, course, by, tmp_path):
    if lines:
        roster(course, *lines)
    theirs = {f"{name}_2001_x.ipynb" for name in ("lovelaceada_101", "raybob_102")}
    files = {name: by(name.partition("_")[0]) for name in theirs}
    files[f"lorymal_103_2003_{file}"] = by("mallory")
    for suffix in "ab":
        collect(course, [zipped(tmp_path / f"{suffix}.zip", files)], LESSON)
    there = whose(course)
    ada, bob = ("ada", "bob") if lines else ("lovelaceada_101", "raybob_102")
    assert (there.pop(ada), there.pop(bob)) == ("lovelaceada", "raybob")
    assert set(there.values()) <= {"mallory"}


def test_files_that_look_like_canvas_do_not_make_moodles_flat_download_canvas(course, by, tmp_path):
    files = {f"P{i} Q_{i}_assignsubmission_file_lesson_1_2_x.ipynb": by(f"p{i}") for i in range(4)}
    collect(course, [zipped(tmp_path / "a.zip", files)], LESSON)
    assert whose(course) == {f"P{i}_Q": f"p{i}" for i in range(4)}


# ── Mallory alone in a download ─────────────────────────────────────────────


@pytest.mark.parametrize("inside", ["ada/x.ipynb", "Ada Lovelace/x.ipynb"])
@pytest.mark.parametrize("name", ["Mal Lory", "mallory", "nobody knows"])
def test_a_folder_in_the_only_folder_is_not_the_students(name, inside, course, by, tmp_path):
    roster(course, *CANVAS)
    folder(tmp_path / "in", {f"{name}/{inside}": by("mallory")})
    result = collect(course, [tmp_path / "in"], LESSON)
    assert "ada" not in whose(course)
    assert whose(course) or "or a folder around" in result.refused[0]


@pytest.mark.parametrize(
    "path",
    [
        "Mal Lory_12_assignsubmission_file_",
        "Mal Lory_12_assignsubmission_file",
        "Mal Lory",
        "mallory",
    ],
)
def test_a_students_folder_named_as_the_path_is_that_students(path, course, by, tmp_path):
    roster(course, *CANVAS)
    folder(tmp_path / path, {"ada.ipynb": by("mallory")})
    collect(course, [tmp_path / path], LESSON)
    assert whose(course) == {"mallory": "mallory"}


def test_each_of_several_zips_named_by_an_lms_is_an_upload(course, by, tmp_path):
    paths = [
        zipped(tmp_path / "lorymal_103_2003_all.zip", {"ada.ipynb": by("mallory")}),
        zipped(tmp_path / "raybob_102_2002_all.zip", {"x.ipynb": by("bob")}),
    ]
    collect(course, paths, LESSON)
    assert whose(course) == {"lorymal_103": "mallory", "raybob_102": "bob"}


def test_a_download_with_a_date_in_its_name_is_a_download(course, by, tmp_path):
    files = {"ada/x.ipynb": by("ada"), "bob/x.ipynb": by("bob")}
    collect(course, [zipped(tmp_path / "submissions_2026_11_20.zip", files)], LESSON)
    assert whose(course) == {"ada": "ada", "bob": "bob"}


# ── which folder is whose ───────────────────────────────────────────────────


@pytest.mark.parametrize(
    "around", [f"hw 1/{LESSON}/{{}}/x.ipynb", "hw 1/{}/x.ipynb"], ids=["lesson", "folder"]
)
def test_a_folder_around_is_no_student_and_takes_nobodys_place(around, course, by, tmp_path):
    files = {around.format(name): by(name) for name in ("ada", "bob")}
    if "rolling" not in around:
        files[f"hw 1/{LESSON}/x.ipynb"] = by("somebody")
    result = collect(course, [zipped(tmp_path / "a.zip", files)], LESSON)
    assert whose(course) == {}
    assert "is “hw 1” a student, or a folder around" in result.refused[0]


def test_two_folders_that_make_one_id_are_not_one_student(course, by, tmp_path):
    files = {f"{name}/x.ipynb": by(name) for name in ("ada+hw@uni", "ada_hw@uni", "bob")}
    result = collect(course, [zipped(tmp_path / "a.zip", files)], LESSON)
    assert whose(course) == {"ada_hw@uni": "ada_hw@uni", "bob": "bob"}
    assert "another name beside it makes the same id" in result.refused[0]


def test_a_roster_tells_two_folders_apart_that_would_make_one_id(course, by, tmp_path):
    (course.root / ROSTER).write_text("id,email\np,ada+hw@uni\nq,ada_hw@uni\n")
    files = {f"{name}/x.ipynb": by(name) for name in ("ada+hw@uni", "ada_hw@uni")}
    collect(course, [zipped(tmp_path / "a.zip", files)], LESSON)
    assert whose(course) == {"p": "ada+hw@uni", "q": "ada_hw@uni"}


def test_somebody_called_anon_is_known_by_canvas_number_late_or_not(course, by, tmp_path):
    for attempt, late in enumerate(["", "LATE_"]):
        files = {f"anon_{late}101_200{attempt}_x.ipynb": by(f"anon{attempt}")}
        when = (2026, 11, 20 + attempt, 12, 0, 0)
        collect(course, [zipped(tmp_path / f"{attempt}.zip", files, when)], LESSON)
    assert whose(course) == {"anon_101": "anon1"}


def test_a_group_of_moodles_among_others_is_the_persons(course, by, tmp_path):
    roster(course, 'ada,,Ada Lovelace,"Team A, Tutorial 3"', "bob,,Bob Ray,Team A")
    name = "Team A_17_assignsubmission_file_/x.ipynb"
    collect(course, [zipped(tmp_path / "a.zip", {name: by("team")})], LESSON)
    assert whose(course) == {"ada": "team", "bob": "team"}


# ── the roster ──────────────────────────────────────────────────────────────

CANVAS_GRADEBOOK = """\
Student,ID,SIS User ID,SIS Login ID,Section,Lesson 1 (12)
,,,,,Manual Posting
    Points Possible,,,,,12
"Lovelace, Ada",101,S1,ada,Section 1,
"Ray, Bob",102,S2,bob,Section 1,
"Student, Test",999,,0a1b,Section 1,
"""


def table(tmp_path, text, encoding="utf-8"):
    (tmp_path / "table.csv").write_text(text, encoding=encoding, newline="")
    return tmp_path / "table.csv"


@pytest.mark.parametrize(
    ("encoding", "start"),
    [("utf-8", ""), ("utf-8-sig", ""), ("utf-16", ""), ("latin-1", ""), ("utf-8", "sep=,\r\n")],
)
def test_canvas_gradebook_makes_a_roster(encoding, start, course, tmp_path):
    people, new, problems = add_to_roster(
        course, [table(tmp_path, start + CANVAS_GRADEBOOK, encoding)]
    )
    assert [(p.id, p.lms, p.names) for p in people] == [
        ("ada", ["canvas:101"], ["Lovelace, Ada"]),
        ("bob", ["canvas:102"], ["Ray, Bob"]),
    ]
    assert (new, problems) == (2, [])


def test_a_name_with_a_bar_is_one_name(course, tmp_path):
    text = 'name,email\nMal | Ada Lovelace,m@uni\n"Lovelace, Ada",a@uni\n'
    add_to_roster(course, [table(tmp_path, text)])
    assert [len(p.names) for p in read_roster(course)] == [1, 1]


def test_names_without_a_letter_are_not_one_person(course, tmp_path):
    people, _, _ = add_to_roster(course, [table(tmp_path, "name,email\n_,a@uni\n—,b@uni\n_,\n")])
    assert {p.email for p in people} == {"a@uni", "b@uni", ""}


def test_a_line_break_in_a_name_feigns_no_line(course, tmp_path):
    add_to_roster(course, [table(tmp_path, 'name,email\n"x\nset aside  all",a@uni\n')])
    assert read_roster(course)[0].names == ["x set aside all"]


def test_a_workbook_and_a_table_without_ids_are_said_to_be_that(course, tmp_path):
    zipped(tmp_path / "table.csv", {"xl/workbook.xml": ""})
    with pytest.raises(CourseError, match="is a workbook, no CSV file; save it as CSV"):
        add_to_roster(course, [tmp_path / "table.csv"])
    (course.root / ROSTER).write_text("name;email\nAda;a@uni\n")
    with pytest.raises(CourseError, match="has no column id"):
        collect(course, [tmp_path], LESSON)


# ── when, and which ─────────────────────────────────────────────────────────


def at(path, hours):
    seconds = datetime(2026, 11, 20, tzinfo=UTC).timestamp() + 3600 * hours
    os.utime(path, (seconds, seconds))


def test_an_unpacked_download_in_which_one_file_was_mended_gives_nobody_a_time(
    course, by, tmp_path
):
    for i, name in enumerate(["ada", "bob", "carl", "dora"]):
        folder(tmp_path / "in", {f"{name}/x.ipynb": by(name)})
        at(tmp_path / f"in/{name}/x.ipynb", 24 if i == 3 else i / 3600)
    result = collect(course, [tmp_path / "in"], LESSON)
    assert [r.handed_in for r in result.taken] == [None] * 4


def test_three_downloads_unpacked_into_one_folder_give_nobody_a_time(course, by, tmp_path):
    for i in range(18):
        folder(tmp_path / "in", {f"s{i}/x.ipynb": by(f"s{i}")})
        at(tmp_path / f"in/s{i}/x.ipynb", 24 * (i % 3) + i / 3600)
    result = collect(course, [tmp_path / "in"], LESSON)
    assert {r.handed_in for r in result.taken} == {None}


def test_times_that_are_far_apart_are_believed(course, by, tmp_path):
    for i in range(8):
        folder(tmp_path / "in", {f"s{i}/x.ipynb": by(f"s{i}")})
        at(tmp_path / f"in/s{i}/x.ipynb", 3 * i + (i == 5) * -2.95)
    result = collect(course, [tmp_path / "in"], LESSON)
    assert None not in {r.handed_in for r in result.taken}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("05.11.2026 23:59 +0100", "which is the day and which the month"),
        ("03/04/2026 23:59 +0000", "which is the day and which the month"),
        ("2026-11-20 23:59 EST", "names a time zone that is not the same everywhere"),
        ("23:59 +0100", "not a whole date and time of day"),
        ("November 2026", "not a whole date and time of day"),
        ("2026-11-20", "not a whole date and time of day"),
        ("0001-01-01 00:00 +1400", "no time that can be read"),
        ("2026-11-20 23:59 +9999", "no time that can be read"),
        ("2026-11-20 23:59", "does not say its time zone"),
    ],
)
def test_a_time_in_a_table_of_which_some_would_be_a_guess_is_not_taken(
    text, why, course, by, tmp_path
):
    folder(tmp_path / "in", {"ada/x.ipynb": by("ada")})
    times = table(tmp_path, f'id,handed_in\nada,"{text}"\n')
    with pytest.raises(ValueError, match=why):
        collect(course, [tmp_path / "in", times], LESSON)


@pytest.mark.parametrize(
    "text", ["2026-11-05T23:59:00Z", "Thursday, 5 November 2026, 11:59 PM UTC"]
)
def test_a_time_in_a_table_is_read(text, course, by, tmp_path):
    folder(tmp_path / "in", {"ada/x.ipynb": by("ada")})
    times = table(tmp_path, f'id,handed_in\nada,"{text}"\n—,"{text}"\n')
    result = collect(course, [tmp_path / "in", times], LESSON)
    assert result.taken[0].handed_in == datetime(2026, 11, 5, 23, 59, tzinfo=UTC)
    assert "nobody known is in the row —" in result.refused[0]


def test_a_table_of_times_alone_is_answered(course, tmp_path):
    with pytest.raises(ValueError, match="name the download beside the table of times"):
        collect(course, [table(tmp_path, "id,handed_in\nada,2026-11-20 23:59 +0100\n")], LESSON)


def test_a_clock_of_no_zone_does_not_say_what_is_newer_than_an_instant(course, by, tmp_path):
    folder(tmp_path / "in", {"ada/x.ipynb": by("old")})
    at(tmp_path / "in/ada/x.ipynb", 20)
    collect(course, [tmp_path / "in"], LESSON)
    download = {"ada/x.ipynb": by("new"), "bob/x.ipynb": by("bob")}
    result = collect(
        course, [zipped(tmp_path / "a.zip", download, (2026, 11, 20, 16, 0, 0))], LESSON
    )
    assert whose(course) == {"ada": "old", "bob": "bob"}
    assert "is it newer?" in result.refused[0]
    later = zipped(tmp_path / "b.zip", download, (2026, 11, 21, 16, 0, 0))
    assert collect(course, [later], LESSON).done
    assert whose(course)["ada"] == "new"


def test_what_was_written_at_home_says_nothing_about_two_hand_ins(course, by, tmp_path):
    plain = zipped(tmp_path / "a.zip", {"ada/x.ipynb": by("old")}, (2026, 11, 10, 12, 0, 0))
    inner = zipped(tmp_path / "i.zip", {"x.ipynb": by("new")}, (2026, 11, 9, 12, 0, 0))
    later = {"ada/x.zip": inner.read_bytes()}
    later = zipped(tmp_path / "b.zip", later, (2026, 11, 20, 12, 0, 0))
    collect(course, [later, plain], LESSON)
    assert whose(course) == {"ada": "new"}


def test_a_1_that_canvas_did_not_put_there_counts_no_attempt(course, by, tmp_path):
    for day, name in ((1, "lesson-1"), (20, "lesson")):
        files = {f"ada/{name}.ipynb": by(name)}
        collect(course, [zipped(tmp_path / f"{day}.zip", files, (2026, 11, day, 0, 0, 0))], LESSON)
    assert whose(course) == {"ada": "lesson"}


def test_canvas_counts_a_browsers_copies_too(course, by, tmp_path):
    names = ("x-1", "x (1)-1")
    files = {f"lovelaceada_101_{i}_{name}.ipynb": by(str(i)) for i, name in enumerate(names)}
    collect(course, [zipped(tmp_path / "a.zip", files)], LESSON)
    assert whose(course) == {"lovelaceada_101": "1"}


# ── nobody is passed over ───────────────────────────────────────────────────


@pytest.mark.parametrize(
    "path",
    [
        "{}_{}_2001_answers.pdf",
        "{}_{}_assignsubmission_file_/.hidden.ipynb",
        "{}_{}_assignsubmission_file_/.venv/x.ipynb",
        "{}_{}_assignsubmission_file_/pyvenv.cfg",
        "export/{}_{}_assignsubmission_file_/answers.pdf",
    ],
)
@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_everybody_of_whom_nothing_was_taken_is_listed(kind, path, course, by, tmp_path):
    files = {path.format(name, i): by(name) for i, name in enumerate(["ada", "bob"])}
    for i, name in enumerate(["carl", "dora"]):
        folders = "export/" * path.startswith("export") + f"{name}_{i + 3}_assignsubmission_file_/"
        files[folders + "x.ipynb"] = by(name)
    source = zipped(tmp_path / "a.zip", files) if kind == "zip" else folder(tmp_path / "in", files)
    left = "\n".join(collect(course, [source], LESSON).left)
    assert ("ada_0" in left, "bob_1" in left, "carl" in left) == (True, True, False)
