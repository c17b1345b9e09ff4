"""What earlier hand-ins earned is kept when the next one takes their place in the gradebook."""

from __future__ import annotations

import json

import pytest

from autograder.cells import output
from autograder.judging.record import KNOWN, MOST_CHARACTERS, Finding, records
from autograder.pages.class_report import report
from autograder.recording.earlier import EARLIER, hand_ins
from autograder.recording.grade import grade
from autograder.recording.table import table
from autograder.tests.support import small_lesson
from autograder.tests.support.small_lesson import FLIPPED, LESSON, hand_in


def statuses(course):
    """The verdicts on conv1d in each hand-in of ada's."""
    tried = hand_ins(course, LESSON, table(course, LESSON))["ada"]
    return [one["conv1d"].status for one in tried]


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """ada hands in a mistake, then the right answer, which is graded twice."""
    course = small_lesson.released_in(tmp_path_factory.mktemp("earlier"))
    hand_in(course, "ada", {"conv1d": FLIPPED})
    grade(course, [LESSON], workers=1)
    assert not (course.root / EARLIER).exists()
    hand_in(course, "ada")
    grade(course, [LESSON], workers=1)
    grade(course, [LESSON], workers=1, force=True)
    return course


def test_the_hand_in_before_is_there_once_and_the_last_one_is_last(course):
    assert statuses(course) == ["incorrect", "correct"]
    (line,) = (course.root / EARLIER).read_text().splitlines()
    assert json.loads(line)["exercises"]["conv1d"]["finding"]["kind"] == "the filter is flipped"


def test_the_report_says_what_became_of_the_mistake(course):
    page = report(course).read_text(encoding="utf-8")
    # in conv1d, and in conv1d_layer, which calls it
    assert "2 of 2 right, 0 made it again" in page


def test_a_line_that_was_written_twice_or_cut_off_counts_once_or_not(course):
    path = course.root / EARLIER
    text = path.read_text()
    try:
        path.write_text(text + text + text[:40])
        assert statuses(course) == ["incorrect", "correct"]
    finally:
        path.write_text(text)


def test_what_was_graded_before_hashes_were_noted_is_not_taken_for_another_hand_in(course):
    path = course.autograded("ada", LESSON) / f"{LESSON}.ipynb"
    notebook = json.loads(path.read_text())
    del notebook["metadata"]["cnnlab"]["sha256"]
    path.write_text(json.dumps(notebook))
    grade(course, [LESSON], workers=1, force=True)
    assert statuses(course) == ["incorrect", "correct"]


def cell(**more):
    """A judged test cell with one report of the first edition, and what is new in today's."""
    data = {"exercise": "conv1d", "status": "incorrect", "points": 0, "max_points": 3}
    data |= {"causes": [], "cases": [], **more}
    bundle = {"application/vnd.cnnlab.report+json": data}
    return {"outputs": [output("display_data", data=bundle, metadata={})]}


@pytest.mark.parametrize(
    ("data", "finding"),
    [
        ({}, None),
        ({"causes": ["the filter is flipped"]}, Finding(KNOWN, "the filter is flipped")),
        ({"part": None, "kind": None, "role": None}, None),
        (
            {"part": "repair", "kind": "a number too large", "role": "the end of a loop"},
            Finding("repair", "a number too large", "the end of a loop"),
        ),
        ({"part": "repair", "kind": "x" * 10**6}, Finding("repair", "x" * MOST_CHARACTERS)),
    ],
)
def test_older_and_newer_reports_say_what_was_told(data, finding):
    (record,) = records(cell(**data))
    assert record.finding == finding
