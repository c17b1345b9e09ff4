"""Who is who: a roster is made of others' tables, matches downloads, and remembers."""

import csv
import json

import pytest

from autograder import cli
from autograder.course import CourseError
from autograder.intake.collect import collect
from autograder.intake.roster import add_to_roster, read_roster
from autograder.tests.support.downloads import collected, put, worked_on, zipped
from autograder.tests.support.small_lesson import LESSON

MOODLE = """\
First name,Last name,ID number,Email address,Groups
Ada,Lovelace,m-1,ada@uni.example,Team A
Anna,Schmidt,m-2,anna.s@uni.example,Team A
Anna,Schmidt,m-3,anna.schmidt@uni.example,
"""
WORKSHEET = """\
Identifier,Full name,ID number,Email address,Status
Participant 4711,Ada Lovelace,m-1,ada@uni.example,Submitted
Participant 4712,Anna Schmidt,m-2,anna.s@uni.example,Submitted
Participant 4713,Anna Schmidt,m-3,anna.schmidt@uni.example,Submitted
"""
CANVAS = """\
Student,ID,SIS User ID,SIS Login ID,Section,Homework (12)
    Points Possible,,,,,11
"Lovelace, Ada",101,m-1,ada@uni.example,CNN 1,
"Babbage, Charles",102,m-9,charles@uni.example,CNN 1,
"Student, Test",999,,,CNN 1,
"""
HUB = "id\tfirst_name\tlast_name\temail\tlms_user_id\nada\tAda\tLovelace\tada@uni.example\t\n"


@pytest.fixture
def course(small_course):
    return small_course


def roster(course, tmp_path, *tables):
    """The people after some tables, by id."""
    for i, table in enumerate(tables):
        (tmp_path / f"table{i}.csv").write_text(table)
        add_to_roster(course, [tmp_path / f"table{i}.csv"])
    return {p.id: p for p in read_roster(course)}


def moodle(tmp_path, **names):
    """A download of Moodle's: name=number, what is in it says whose it is."""
    files = {
        f"{name.replace('_', ' ')}_{number}_assignsubmission_file_/x.ipynb": f"{name} {number}"
        for name, numbers in names.items()
        for number in ([numbers] if isinstance(numbers, int) else numbers)
    }
    return zipped(tmp_path / f"m{len(list(tmp_path.iterdir()))}.zip", files)


# ── making it ───────────────────────────────────────────────────────────────


def test_people_come_from_moodles_list_of_participants(course, tmp_path):
    people = roster(course, tmp_path, MOODLE)
    ids = {"ada@uni.example", "anna.s@uni.example", "anna.schmidt@uni.example"}
    assert set(people) == ids
    assert people["ada@uni.example"].names == ["Ada Lovelace"]
    assert people["ada@uni.example"].group == "Team A"


def test_a_grading_worksheet_adds_the_numbers_of_an_assignment(course, tmp_path):
    people = roster(course, tmp_path, MOODLE, WORKSHEET)
    assert len(people) == 3
    assert people["anna.schmidt@uni.example"].lms == ["moodle:4713"]


def test_people_come_from_canvas_without_its_test_student(course, tmp_path):
    people = roster(course, tmp_path, CANVAS)
    assert set(people) == {"ada@uni.example", "charles@uni.example"}
    assert people["charles@uni.example"].lms == ["canvas:102"]


def test_what_several_tables_say_of_a_person_comes_together(course, tmp_path):
    people = roster(course, tmp_path, HUB, CANVAS, MOODLE)
    assert set(people) == {"ada", "charles@uni.example", "anna.s@uni.example"} | {
        "anna.schmidt@uni.example"
    }
    assert people["ada"].lms == ["canvas:101"]


def test_making_it_twice_changes_nothing(course, tmp_path):
    roster(course, tmp_path, MOODLE, WORKSHEET, CANVAS)
    before = (course.root / "roster.csv").read_bytes()
    roster(course, tmp_path, WORKSHEET, MOODLE, CANVAS)
    assert (course.root / "roster.csv").read_bytes() == before


def test_who_has_handed_in_keeps_the_id(course, tmp_path):
    collect(course, [moodle(tmp_path, Ada_Lovelace=4711)], LESSON)
    zipped(tmp_path / "canvas.zip", {"babbagecharles_102_2_x.ipynb": "{}"})
    collect(course, [tmp_path / "canvas.zip"], LESSON)
    assert {"Ada_Lovelace", "babbagecharles_102"} <= set(roster(course, tmp_path, MOODLE, CANVAS))


def test_people_of_one_name_keep_the_ids_that_their_numbers_made(course, tmp_path):
    collect(course, [moodle(tmp_path, Anna_Schmidt=[4712, 4713])], LESSON)
    people = roster(course, tmp_path, WORKSHEET)
    assert people["Anna_Schmidt_4712"].email == "anna.s@uni.example"
    assert people["Anna_Schmidt_4713"].email == "anna.schmidt@uni.example"


def test_what_was_edited_by_hand_stays(course, tmp_path):
    roster(course, tmp_path, MOODLE)
    path = course.root / "roster.csv"
    path.write_text(path.read_text().replace(",Team A,", ",Team A,two days"))
    assert roster(course, tmp_path, MOODLE)["ada@uni.example"].extension == "two days"


def test_no_spreadsheet_takes_a_name_for_a_formula(course, tmp_path):
    people = roster(course, tmp_path, 'id,name\neve,"=HYPERLINK(""x"")"\n')
    with (course.root / "roster.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["name"].startswith("'=")
    assert people["eve"].names == ['=HYPERLINK("x")']


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id,name\n../x,Ada\n", "'../x' cannot be a student id"),
        ("id,name\nada,Ada\nADA,Ada\n", "has 'ada' twice"),
    ],
)
def test_a_damaged_roster_is_told_in_a_sentence(text, said, course, tmp_path, capsys):
    (course.root / "roster.csv").write_text(text)
    command = ["--course", str(course.root), "collect", str(moodle(tmp_path, Ada=1))]
    assert cli.main([*command, "--assignment", LESSON]) == 2
    assert said in capsys.readouterr().err
    assert collected(course) == {}


def test_a_table_of_nobody_is_told(course, tmp_path):
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    with pytest.raises(CourseError, match="nobody was found in"):
        add_to_roster(course, [tmp_path / "x.csv"])
    assert not (course.root / "roster.csv").exists()


def test_the_command_says_how_many_there_are(course, tmp_path, capsys):
    (tmp_path / "m.csv").write_text(MOODLE)
    assert cli.main(["--course", str(course.root), "roster", str(tmp_path / "m.csv")]) == 0
    assert "3 in " in (said := capsys.readouterr().out) and "3 of them new" in said


# ── collecting with it ──────────────────────────────────────────────────────


def test_every_way_to_write_a_person_is_that_person(course, tmp_path):
    roster(course, tmp_path, CANVAS)
    for i, name in enumerate(
        [
            "Ada Lovelace_1_assignsubmission_file_/x",
            "LOVELACE, ADA_2_assignsubmission_file_/x",
            "lovelaceada_101_7_x",
            "ada@uni.example/x",
            "ADA@UNI.EXAMPLE/x",
            "Ada_Lovelace/x",
        ]
    ):
        where = put(tmp_path / f"in{i}", {f"{name}.ipynb": worked_on(course, name)})
        (course.root / "received.jsonl").unlink(missing_ok=True)
        assert collect(course, [where], LESSON).refused == [], name
        assert set(collected(course)) == {"ada@uni.example"}


def test_two_people_of_one_name_are_told_apart_by_their_numbers(course, tmp_path):
    roster(course, tmp_path, MOODLE, WORKSHEET)
    collect(course, [moodle(tmp_path, Anna_Schmidt=[4712, 4713])], LESSON)
    assert collected(course) == {
        "anna.s@uni.example": "Anna_Schmidt 4712",
        "anna.schmidt@uni.example": "Anna_Schmidt 4713",
    }


def test_where_the_numbers_are_not_known_nobody_is_guessed(course, tmp_path):
    roster(course, tmp_path, MOODLE)
    result = collect(course, [moodle(tmp_path, Anna_Schmidt=[4712, 4713], Ada_Lovelace=1)], LESSON)
    assert set(collected(course)) == {"ada@uni.example"}
    assert len(result.refused) == 2
    assert "several people are called Anna Schmidt (anna.s@uni.example" in result.refused[0]


def test_a_third_person_of_the_name_is_not_one_of_the_roster(course, tmp_path):
    roster(course, tmp_path, MOODLE)
    collect(course, [moodle(tmp_path, Ada_Lovelace=1)], LESSON)
    result = collect(course, [moodle(tmp_path, Ada_Lovelace=2)], LESSON)
    assert "another person called Ada Lovelace" in result.refused[0]
    assert collected(course) == {"ada@uni.example": "Ada_Lovelace 1"}


def test_an_unknown_name_is_set_aside_until_it_is_asked_for(course, tmp_path, capsys):
    roster(course, tmp_path, MOODLE)
    command = ["--course", str(course.root), "collect", str(moodle(tmp_path, Eve_Evil=66))]
    command += ["--assignment", LESSON]
    assert cli.main(command) == 1
    assert "nobody in the roster is Eve Evil" in (said := capsys.readouterr().out)
    assert "`--new Eve_Evil`" in said and collected(course) == {}
    assert cli.main([*command, "--new", "Eve_Evil"]) == 0
    assert set(collected(course)) == {"Eve_Evil"}
    assert cli.main(command) == 0  # it is remembered
    assert {p.id: p.lms for p in read_roster(course)}["Eve_Evil"] == ["moodle:66"]


def test_who_is_missing_is_listed(course, tmp_path):
    roster(course, tmp_path, MOODLE)
    result = collect(course, [moodle(tmp_path, Ada_Lovelace=1)], LESSON)
    assert result.missing == ["anna.s@uni.example", "anna.schmidt@uni.example"]
    assert "missing    anna.s@uni.example, anna.schmidt@uni.example" in str(result)


def test_every_member_of_a_team_gets_its_work(course, tmp_path):
    roster(course, tmp_path, MOODLE)
    files = {
        "Team A_17_assignsubmission_file_/x.ipynb": "team",
        "Default group_assignsubmission_file_/x.ipynb": "the others",
    }
    collect(course, [zipped(tmp_path / "m.zip", files)], LESSON)
    assert collected(course) == {
        "ada@uni.example": "team",
        "anna.s@uni.example": "team",
        "anna.schmidt@uni.example": "the others",
    }


def test_a_team_of_one_person_does_not_give_that_person_the_teams_number(course, tmp_path):
    roster(course, tmp_path, "id,name,group\nada,Ada L,Solo\nbob,Bob B,\n")
    collect(course, [moodle(tmp_path, Solo=17)], LESSON)
    collect(course, [moodle(tmp_path, Bob_B=17)], LESSON)
    assert collected(course) == {"ada": "Solo 17", "bob": "Bob_B 17"}


def test_without_a_roster_nobody_knows_who_is_in_no_team(course, tmp_path):
    files = {"Default group_assignsubmission_file_/x.ipynb": "{}"}
    result = collect(course, [zipped(tmp_path / "m.zip", files)], LESSON)
    assert "only a roster says" in result.refused[0]


def test_hidden_names_are_known_by_the_numbers_of_a_worksheet(course, tmp_path):
    roster(course, tmp_path, MOODLE, WORKSHEET)
    collect(course, [moodle(tmp_path, Participant=4711)], LESSON)
    assert set(collected(course)) == {"ada@uni.example"}


def test_canvas_numbers_are_remembered_when_a_name_changes(course, tmp_path):
    roster(course, tmp_path, CANVAS)
    files = {"kingada_101_7_x.ipynb": json.dumps({"cells": []})}
    collect(course, [zipped(tmp_path / "m.zip", files)], LESSON)
    assert set(collected(course)) == {"ada@uni.example"}
