"""A course gives other points and leaves exercises out: home, grader and nbgrader agree."""

from __future__ import annotations

import contextlib
import csv
import io
import re
import sys
import types

import cnnlab
import nbformat
import numpy as np
import pytest
from cnnlab.engine.exercise import EXERCISES
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory

from autograder.choices import Choices, read_choices
from autograder.course import Course, CourseError
from autograder.pages.class_report import report
from autograder.pages.feedback import feedback
from autograder.pages.lms import export
from autograder.recording import grade as recorder
from autograder.releasing import build, choosing
from autograder.releasing.build import BuildError, release
from autograder.releasing.publish import publish
from autograder.students import everything_right, filled_in

pytestmark = [pytest.mark.xdist_group("choices"), pytest.mark.slow]

LESSON = "01_rolling_average"
CHOSEN = """
[points]
conv1d = 5
conv1d_layer = 2.5

[skip]
exercises = ["pad"]
"""
POINTS = {"rolling_average": 2, "conv1d": 5, "conv1d_layer": 2.5}
REVERSED = (
    "    return np.array([f[::-1] @ x[i : i + len(f)] for i in range(len(x) - len(f) + 1)]) * 1.0"
)


def course_with(folder, choices: str) -> Course:
    folder.mkdir(parents=True)
    (folder / "course.toml").write_text(choices, encoding="utf-8")
    return Course(folder)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A released and graded course: ada has everything right, bob has made a mistake."""
    course = course_with(tmp_path_factory.mktemp("choices") / "course", CHOSEN)
    before = (build.NOTEBOOKS / LESSON / f"{LESSON}.ipynb").read_bytes()
    (path,) = release(course, [LESSON])
    assert path == course.released(LESSON)
    assert (build.NOTEBOOKS / LESSON / f"{LESSON}.ipynb").read_bytes() == before
    right = everything_right(nbformat.read(course.source(LESSON), as_version=4))
    mistaken = f"@fill\ndef conv1d(x, f):\n{REVERSED}"
    for student, answers in {"ada": right, "bob": {**right, "conv1d": mistaken}}.items():
        notebook = filled_in(nbformat.read(path, as_version=4), answers)
        for cell in notebook.cells:  # a student's own idea of what it is worth
            if student == "bob":
                cell.source = cell.source.replace("points=5", "points=500")
                if cell.metadata.get("nbgrader", {}).get("grade"):
                    cell.metadata.nbgrader.points = 500
        folder = course.submitted(student, LESSON)
        folder.mkdir(parents=True)
        nbformat.write(notebook, folder / f"{LESSON}.ipynb")
    results = recorder.grade(course, [LESSON], workers=1)
    assert {r.status for r in results} == {"graded"}, list(map(str, results))
    return course


def released(course: Course) -> nbformat.NotebookNode:
    return nbformat.read(course.released(LESSON), as_version=4)


def scores(course: Course) -> dict[str, dict[str, tuple[float, float]]]:
    """(score, most) of each student's exercises."""
    with Gradebook(course.db_url, course.course_id) as gradebook:
        return {
            submission.student_id: {
                g.name.removeprefix("test_"): (g.score, g.max_score)
                for g in submission.notebooks[0].grades
                if g.name != "questions"
            }
            for submission in gradebook.assignment_submissions(LESSON)
        }


def at_home(notebook: nbformat.NotebookNode, *names: str) -> dict[str, tuple[float, float]]:
    """(points, most) that ``check`` gives in a student's own notebook, and what progress says."""
    cnnlab.tutor._latest.clear()
    module = types.ModuleType("__main__")
    scope = vars(module)
    kept, sys.modules["__main__"] = sys.modules["__main__"], module
    found = {}
    try:
        exec("import numpy as np\nimport cnnlab\nfrom cnnlab import check, fill, progress", scope)
        for cell in notebook.cells:
            name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
            if cell.cell_type != "code" or name.removeprefix("test_") not in names:
                continue
            with contextlib.redirect_stdout(io.StringIO()):
                if name.startswith("test_"):
                    got = eval(cell.source, scope)
                    found[name.removeprefix("test_")] = (got, got.max_points)
                else:
                    exec(cell.source, scope)
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            exec(next(c.source for c in notebook.cells if c.source.startswith("progress(")), scope)
        found["progress"] = said.getvalue()
    finally:
        sys.modules["__main__"] = kept
        cnnlab.tutor._latest.clear()
        for exercise in EXERCISES.values():
            exercise.answer = None
    return found


def test_home_the_grader_and_the_gradebook_give_the_same_points(made):
    recorded = scores(made)
    assert recorded["ada"] == {name: (p, p) for name, p in POINTS.items()}
    notebook = nbformat.read(made.submitted("ada", LESSON) / f"{LESSON}.ipynb", as_version=4)
    home = at_home(notebook, *POINTS)
    assert "9.5 of 9.5 points" in home.pop("progress")
    assert home == recorded["ada"]


def test_a_wrong_answer_earns_the_same_share_and_no_cell_of_a_student_says_what_it_is_worth(made):
    got, most = scores(made)["bob"]["conv1d"]
    assert most == 5 and 0 < got < 5
    scope = {"np": np}
    exec(f"def conv1d(x, f):\n{REVERSED}", scope)
    with contextlib.redirect_stdout(io.StringIO()) as said:
        home = cnnlab.check(scope["conv1d"], points=5)
    assert f"{home:g} of 5 points" in said.getvalue()
    shown = made.autograded("bob", LESSON) / f"{LESSON}.ipynb"
    assert "of 5 points" in shown.read_text() and "of 500" not in shown.read_text()


def test_nbgraders_own_autograde_gives_the_same_scores(made):
    before = scores(made)
    with Gradebook(made.db_url, made.course_id) as gradebook:
        gradebook.remove_submission(LESSON, "ada")
    done = NbGraderAPI(CourseDirectory(config=made.config()), config=made.config()).autograde(
        LESSON, "ada"
    )
    assert done["success"], done
    assert scores(made) == before


def test_feedback_report_and_export_follow(made, tmp_path):
    page = next(p for p in feedback(made, [LESSON]) if "ada" in p.parts).read_text()
    assert "<b>9.5</b>" in page and "of 9.5" in page
    assert "<code>pad</code>" not in page
    assert "test_pad" not in report(made).read_text()
    export(made, tmp_path / "points.csv")
    with (tmp_path / "points.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["SIS Login ID"]: row[LESSON] for row in csv.DictReader(file)}
    assert rows["ada"] == "9.5"


def test_what_is_left_out_leaves_no_trace_and_the_others_move_up(made):
    cells = released(made).cells
    text = "\n\n".join(cell.source for cell in cells)
    assert "def pad" not in text and "hint(pad)" not in text and "check(pad" not in text
    boxes = re.findall(r"^> \*\*Exercise (\d) · `(\w+)`\*\* .* · (\S+) points?$", text, re.M)
    assert boxes == [
        ("1", "rolling_average", "2"),
        ("2", "conv1d", "5"),
        ("3", "conv1d_layer", "2.5"),
    ]
    assert "**Time.** About 65 minutes: 30 to read and play, 35 for the three exercises." in text
    plain = build.read(build.SOLUTIONS / f"{LESSON}.md")
    chosen = choosing.chosen(plain, LESSON, read_choices(made))
    gone = {c.id for c in plain.cells} - {c.id for c in chosen.cells}
    # With it go its box, its hint and its help, each a cell of its own here.
    assert gone >= {"pad", "test_pad"} and len(gone) in (4, 5), gone
    helps = [t for t in re.findall("<summary>(Help – .*)</summary>", text) if "pad" in t]
    assert helps == []


def test_progress_counts_what_is_chosen(made):
    said = at_home(released(made))["progress"]
    assert "0 of 9.5 points" in said and "pad" not in said.split()


def test_only_cells_that_a_choice_is_about_are_other_ones(made):
    plain = nbformat.read(build.NOTEBOOKS / LESSON / f"{LESSON}.ipynb", as_version=4)
    before = {cell.source for cell in plain.cells}
    new = [cell.source for cell in released(made).cells if cell.source not in before]
    code = [source.splitlines()[0] for source in new if not source.startswith(("*", "[", "#", ">"))]
    assert [line for line in code if re.match(r"\w+\(", line)] == [
        "check(conv1d, points=5)",
        "check(conv1d_layer, points=2.5)",
        'progress("01_rolling_average",',
    ]


@pytest.mark.slow
def test_the_students_repository_holds_what_the_course_released(made, tmp_path):
    publish(tmp_path / "p", "ada/convolutions", made)
    path = tmp_path / "p/notebooks" / LESSON / f"{LESSON}.ipynb"
    assert "check(conv1d, points=5)" in path.read_text()
    assert "OWNER/REPO" not in path.read_text()
    other = "03_conv2d"  # not released in this course
    assert (tmp_path / "p/notebooks" / other / f"{other}.ipynb").is_file()


def test_a_demo_of_what_is_left_out_uses_the_oracle(tmp_path):
    choices = Choices(skip=frozenset({"conv2d", "conv2d_channels"}))
    source = build.read(build.SOLUTIONS / "03_conv2d.md")
    notebook = choosing.chosen(source, "03_conv2d", choices)
    text = "\n".join(cell.source for cell in notebook.cells)
    assert "print(cnnlab.conv2d.reference(X, F))" in text
    bank = next(c for c in notebook.cells if c.id == "conv2d_bank")
    scope = {"np": np, "fill": lambda answer: answer}
    exec(bank.source, scope)  # with the two that it builds on inside
    rng = np.random.default_rng(0)
    X, F = rng.normal(size=(4, 5, 2)), rng.normal(size=(3, 2, 2, 3))
    assert np.allclose(scope["conv2d_bank"](X, F), cnnlab.conv2d_bank.reference(X, F))


def test_every_single_exercise_can_be_left_out():
    """Nothing of it stays, and nothing else goes: the cells are four fewer, or its box alone is."""
    for lesson, source in build.read_all().items():
        for name in cnnlab.engine.lesson.LESSONS[lesson].exercises:
            notebook = choosing.chosen(source, lesson, Choices(skip=frozenset({name})))
            assert build.normalised(notebook).cells
            kept = {c.id: c.source for c in notebook.cells}
            assert name not in kept and f"test_{name}" not in kept
            for cell in source.cells:
                lines = [x for x in cell.source.splitlines() if x.startswith("#")]
                if cell.cell_type == "markdown" and cell.id not in kept:
                    assert not lines, f"without {name} a heading is gone: {lines}"
            text = "\n".join(kept.values())
            assert f"hint({name})" not in text and not re.search(
                rf"^> .*· `{name}`\*\*", text, re.M
            )
            assert f"cnnlab.{name}(" not in text


def test_a_course_without_choices_is_what_it_was(tmp_path):
    source = build.read(build.SOLUTIONS / f"{LESSON}.md")
    assert read_choices(Course(tmp_path / "c")) == Choices()
    assert choosing.chosen(source, LESSON, Choices()) is source
    same = course_with(tmp_path / "same", "[points]\nconv1d = 3\n")
    assert not read_choices(same)


BROKEN = {
    "[points": "cannot be read: Expected",
    "[points]\nconv3d = 1": "names 'conv3d', but there is no such exercise; there are rolling",
    '[skip]\nexercises = ["pads"]': "names 'pads', but there is no such exercise",
    "[points]\npad = -1": "pad cannot be given -1 points; it takes a number from 0 up",
    "[points]\npad = nan": "pad cannot be given nan points",
    "[points]\npad = inf": "pad cannot be given inf points",
    "[points]\npad = true": "pad cannot be given True points",
    '[points]\npad = "2"': "pad cannot be given '2' points",
    "points = 3": r"\[points\] must list exercises",
    'skip = ["pad"]': r"\[skip\] must be as in",
    '[skip]\npad = "yes"': r"\[skip\] must be as in",
    "[skip]\nexercises = [1]": "names 1, but there is no such exercise",
    "[point]\npad = 1": r"has a part \[point\], which means nothing",
}


@pytest.mark.parametrize("text", BROKEN)
def test_a_broken_file_is_answered_with_one_sentence(text, tmp_path):
    course = course_with(tmp_path / "c", text)
    with pytest.raises(CourseError, match=BROKEN[text]) as told:
        release(course, [LESSON])
    assert "\n" not in str(told.value) and "course.toml" in str(told.value)
    assert not (course.root / "source").exists()


def test_points_need_a_test_cell_that_can_carry_them(tmp_path):
    source = build.read(build.SOLUTIONS / f"{LESSON}.md")
    cell = next(c for c in source.cells if c.id == "test_pad")
    cell.source = "assert len(pad(np.ones(3), 1, 1)) == 5"
    with pytest.raises(BuildError, match=r"pad: its test cell does not call check\(pad\)"):
        build._chosen(source, LESSON, Choices({"pad": 4}))


def test_another_choice_is_graded_after_release_again(tmp_path):
    course = course_with(tmp_path / "c", CHOSEN)
    release(course, [LESSON])
    right = everything_right(nbformat.read(course.source(LESSON), as_version=4))
    folder = course.submitted("ada", LESSON)
    folder.mkdir(parents=True)
    nbformat.write(filled_in(released(course), right), folder / f"{LESSON}.ipynb")
    (first,) = recorder.grade(course, [LESSON], workers=1)
    (course.root / "course.toml").write_text(CHOSEN.replace("= 5", "= 7"))
    (second,) = recorder.grade(course, [LESSON], workers=1)
    release(course, [LESSON])
    (third,) = recorder.grade(course, [LESSON], workers=1)
    assert [(r.status, r.score, r.max_score) for r in (first, second, third)] == [
        ("graded", 9.5, 9.5),
        ("unchanged", 9.5, 9.5),
        ("graded", 11.5, 11.5),
    ]
