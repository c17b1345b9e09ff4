"""solutions/README.md says where the lecture is taught: it names each section, and none besides."""

from __future__ import annotations

import re

from cnnlab.engine.lesson import LESSONS

from autograder.releasing import build

EVERYWHERE = {"Summary", "Your questions for the Q&A session"}


def headings(lesson: str) -> set[str]:
    """The sections of a lesson."""
    cells = build.read(build.SOLUTIONS / f"{lesson}.md").cells
    prose = [cell.source for cell in cells if cell.cell_type == "markdown"]
    lines = [line for text in prose for line in text.splitlines()]
    return {m[1].strip() for line in lines if (m := re.match(r"##+ ([^#].*)", line))}


def named() -> dict[str, set[str]]:
    """The sections that the map names, by the lesson's number."""
    found: dict[str, set[str]] = {}
    for row in (build.SOLUTIONS / "README.md").read_text().splitlines():
        cells = [cell.strip() for cell in row.strip("| ").split("|")]
        if len(cells) == 3 and re.fullmatch(r"0\d", cells[1]):  # slide | lesson | section
            found.setdefault(cells[1], set()).add(cells[2])
        elif len(cells) == 3 and re.fullmatch(r"0\d", cells[0]):  # lesson | section | why
            found.setdefault(cells[0], set()).add(cells[1])
    return found


def test_the_map_names_every_section_of_every_lesson_and_no_other():
    # A lesson that teaches something else says so in its declaration.
    ours = [name for name in build.lesson_names() if LESSONS[name].cites == "Lecture 6"]
    lessons = {name[:2]: headings(name) - EVERYWHERE for name in ours}
    assert named() == lessons


def test_every_lesson_ends_with_a_summary_and_the_students_questions():
    for name in build.lesson_names():
        assert headings(name) >= EVERYWHERE, name
