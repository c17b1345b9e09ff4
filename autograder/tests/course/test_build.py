"""The build: from solutions/NN.md to the notebook a student gets."""

import re
import stat

import nbformat
import pytest
from nbconvert.exporters import ScriptExporter
from nbgrader.api import Gradebook

from autograder.cells import CELL_METADATA, LANGUAGE, STUDENTS_KERNEL
from autograder.course import ROOT, Course, CourseError
from autograder.database import connected
from autograder.releasing import build, leaks
from autograder.releasing.build import BuildError, release
from autograder.tests.support import small_lesson
from autograder.tests.support.small_lesson import LESSON


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A course in which the small lesson has been released: (course, folder, notebook)."""
    folder = tmp_path_factory.mktemp("build")
    small_lesson.write(folder / "solutions")
    course = Course(folder / "course")
    (path,) = release(course, solutions=folder / "solutions", notebooks=folder / "notebooks")
    return course, folder, nbformat.read(path, as_version=4)


def by_id(notebook):
    return {c.metadata.nbgrader.grade_id: c for c in notebook.cells if "nbgrader" in c.metadata}


def test_the_students_notebook_has_stubs_where_the_solutions_were(built):
    cells = by_id(built[2])
    assert cells["rolling_average"].source == (
        "@fill\ndef rolling_average(x, K=7):\n    # YOUR CODE HERE\n    raise NotImplementedError()"
    )
    assert 'raise ValueError("the filter is longer' in cells["conv1d"].source


def test_the_students_notebook_has_no_hidden_tests(built):
    assert by_id(built[2])["test_conv1d"].source == "check(conv1d)"


def test_the_instructors_notebook_keeps_both(built):
    cells = by_id(nbformat.read(built[0].source(LESSON), as_version=4))
    assert "return filtered" in cells["conv1d"].source
    assert "check(conv1d, hidden=True)" in cells["test_conv1d"].source


def test_the_notebook_opens_in_any_jupyter_without_a_question_about_the_kernel(built):
    assert built[2].metadata == {"kernelspec": STUDENTS_KERNEL, "language_info": LANGUAGE}


def test_the_notebook_is_exported_as_a_script_before_jupyter_has_saved_it(built):
    _, about = ScriptExporter().from_notebook_node(built[2])
    assert (about["output_extension"], about["output_mimetype"]) == (".py", "text/x-python")


def test_what_stays_of_a_cells_metadata_is_nbgraders_and_tags(built):
    cells = built[2].cells
    assert {key for cell in cells for key in cell.metadata} <= set(CELL_METADATA)
    assert ["setup"] in [cell.metadata.get("tags") for cell in cells]
    assert by_id(built[2])["test_pad"].metadata.nbgrader.points == small_lesson.POINTS["pad"]


def test_the_gradebook_knows_the_lesson_its_exercises_and_their_points(built):
    with Gradebook(built[0].db_url) as gradebook:
        cells = gradebook.find_notebook(LESSON, LESSON).grade_cells
        points = {c.name: c.max_score for c in cells if c.cell_type == "code"}
    assert points == {f"test_{name}": n for name, n in small_lesson.POINTS.items()}


def test_building_twice_touches_no_file(built):
    course, folder, _ = built
    files = [*(folder / "notebooks").rglob("*.ipynb"), course.source(LESSON)]
    before = [(f.read_bytes(), f.stat().st_mtime_ns) for f in files]
    release(course, solutions=folder / "solutions", notebooks=folder / "notebooks")
    assert before == [(f.read_bytes(), f.stat().st_mtime_ns) for f in files]


def test_building_in_another_course_gives_the_same_bytes(built, tmp_path):
    _, folder, _ = built
    release(Course(tmp_path / "c"), solutions=folder / "solutions", notebooks=tmp_path / "n")
    (one,), (other,) = (folder / "notebooks").rglob("*.ipynb"), (tmp_path / "n").rglob("*.ipynb")
    assert one.read_bytes() == other.read_bytes()


def test_a_new_cell_renames_no_other(built):
    text = small_lesson.text().replace("## Exercise: pad", "New.\n\n+++\n\n## Exercise: pad")
    ids = [c.id for c in build.normalised(build.jupytext.reads(text, fmt="md:myst")).cells]
    before = [c.id for c in built[2].cells if c.id != "questions"]
    assert [i for i in ids if i in before] == before


# ── the real lessons ────────────────────────────────────────────────────────


def test_notebooks_holds_exactly_what_solutions_gives(tmp_path):
    """CI's check that nobody edited a built notebook or forgot `make release`."""
    release(Course(tmp_path / "course"), notebooks=tmp_path / "notebooks")
    fresh = {
        p.relative_to(tmp_path / "notebooks"): p for p in tmp_path.glob("notebooks/**/*.ipynb")
    }
    there = {p.relative_to(ROOT / "notebooks"): p for p in (ROOT / "notebooks").glob("*/*.ipynb")}
    assert sorted(fresh) == sorted(there), "run `make release` and commit notebooks/"
    for name in fresh:
        same = fresh[name].read_bytes() == there[name].read_bytes()
        assert same, f"{name} is not what solutions/ gives: run `make release` and commit it"


def test_notebooks_and_cnnlab_give_no_solution_away():
    assert leaks.scan(ROOT / "notebooks", build.read_all()) == []


# ── a source that is not as it should be ────────────────────────────────────

TEST_PAD = re.search(r"```{code-cell} ipython3\n---\nnbgrader:\n  grade: true\n  grade_id: test_pad"
                     r".*?\n```\n", small_lesson.text(), re.S)[0]  # fmt: skip
WRONG = {
    "a test cell is missing": (TEST_PAD, "", "pad: its test cell is missing"),
    "an answer cell is missing": (
        "grade_id: pad\n",
        "grade_id: padding\n",
        "pad: its answer cell is missing",
    ),
    "an exercise is unknown": (
        "grade_id: pad\n",
        "grade_id: padding\n",
        "padding: cnnlab declares no such exercise",
    ),
    "the points differ": ("points: 4", "points: 5", "gives 5 points, cnnlab declares 4"),
    "a grade_id is used twice": (
        "grade_id: test_pad\n",
        "grade_id: pad\n",
        "'pad' is used twice",
    ),
    "there are two titles": ("## Exercise: pad", "# Pad", "exactly one title"),
    "a solution does not end": ("    ### END SOLUTION\n", "", "needs its ### END SOLUTION"),
    "hidden tests do not end": ("### END HIDDEN TESTS\n", "", "needs its ### END HIDDEN TESTS"),
    "a solution is not marked": (
        re.search(r"    ### BEGIN.*?END SOLUTION", small_lesson.SOLUTIONS["pad"], re.S)[0],
        "    return x",
        "pad: its solution must stand between",
    ),
    "an answer is graded by hand": (
        "grade: false\n  grade_id: pad\n",
        "grade: true\n  grade_id: pad\n",
        "pad: its answer cell must be code",
    ),
    "a solution stands in a cell without metadata": (
        "```{code-cell} ipython3\n:tags: [setup]\n",
        "```{code-cell} ipython3\n:tags: [setup]\n\n### BEGIN SOLUTION\n### END SOLUTION\n",
        "without nbgrader metadata",
    ),
    "the metadata is old": ("schema_version: 3", "schema_version: 2", "schema_version: 3"),
    "the metadata is no YAML": ("  grade: false", "  grade: [", "cannot be read as MyST"),
    "text to be read by hand is not graded": (
        '{"grade": true, "grade_id": "questions"',
        '{"grade": false, "grade_id": "questions"',
        "questions: a cell for text that is read by hand",
    ),
    "the stub is no Python": (
        "    ### BEGIN SOLUTION\n    beyond",
        "    if left:\n    ### BEGIN SOLUTION\n    beyond",
        "is no Python any more",
    ),
}


@pytest.mark.parametrize("fault", WRONG)
def test_a_source_is_refused_with_a_sentence_when(fault, tmp_path):
    old, new, sentence = WRONG[fault]
    text = small_lesson.text()
    assert old in text
    small_lesson.write(tmp_path / "s", source=text.replace(old, new))
    with pytest.raises(BuildError, match=re.escape(sentence)):
        release(Course(tmp_path / "c"), solutions=tmp_path / "s", notebooks=tmp_path / "n")
    assert not (tmp_path / "n").exists()


def test_an_unknown_lesson_is_answered_with_those_there_are(tmp_path):
    small_lesson.write(tmp_path / "s")
    with pytest.raises(BuildError, match=f"no lesson '07_nothing' .* it has {LESSON}"):
        release(Course(tmp_path / "c"), ["07_nothing"], solutions=tmp_path / "s")


def test_a_lesson_that_would_leak_is_not_written(tmp_path):
    copied = "beyond = {'zeros': (0, 0), 'mean': (x.mean(), x.mean()), 'edge': (x[0], x[-1])}"
    text = small_lesson.text().replace("import numpy as np\n", f"import numpy as np\n{copied}\n")
    small_lesson.write(tmp_path / "s", source=text)
    with pytest.raises(BuildError, match="a part of the solution of pad"):
        release(Course(tmp_path / "c"), solutions=tmp_path / "s", notebooks=tmp_path / "n")
    assert not (tmp_path / "n").exists()


def test_graded_cells_cannot_be_renamed_once_somebody_handed_in(tmp_path):
    small_lesson.write(tmp_path / "s")
    course = Course(tmp_path / "c")
    release(course, solutions=tmp_path / "s", notebooks=tmp_path / "n")
    with Gradebook(course.db_url) as gradebook:
        gradebook.add_student("ada")
        gradebook.add_submission(LESSON, "ada")
    text = small_lesson.text().replace('"questions"', '"remarks"')
    small_lesson.write(tmp_path / "s", source=text)
    with pytest.raises(BuildError, match="has submissions in the gradebook"):
        release(course, solutions=tmp_path / "s", notebooks=tmp_path / "n")


# ── the course folder ───────────────────────────────────────────────────────


def test_the_course_is_its_owners_alone(built):
    assert stat.S_IMODE(built[0].root.stat().st_mode) == 0o700


def test_settings_that_are_there_are_kept(built):
    course = built[0]
    settings = course.root / "nbgrader_config.py"
    edited = settings.read_text() + '\nc.CourseDirectory.course_id = "mine"\n'
    before = settings.read_text()
    try:
        settings.write_text(edited)
        again = Course(course.root)
        again.prepare()
        assert settings.read_text() == edited
        assert again.course_id == "mine"
    finally:
        settings.write_text(before)


def test_the_gradebook_can_be_elsewhere(tmp_path):
    course = Course(tmp_path / "c")
    course.prepare()
    with (course.root / "nbgrader_config.py").open("a") as settings:
        settings.write('\nc.CourseDirectory.db_url = "sqlite:////elsewhere/gradebook.db"\n')
    assert Course(course.root).db_url == "sqlite:////elsewhere/gradebook.db"


def test_the_gradebook_carries_its_version_though_the_environment_is_not_active(
    tmp_path, monkeypatch
):
    import sqlite3

    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    course = Course(tmp_path / "c")
    course.prepare()
    with connected(course):
        pass
    with sqlite3.connect(course.root / "gradebook.db") as db:
        assert db.execute("select version_num from alembic_version").fetchone()


def test_a_root_in_the_users_own_settings_does_not_win(built, tmp_path, monkeypatch):
    """nbgrader merges ~/.jupyter into every course; the course's own line must win."""
    from nbgrader.apps import NbGraderApp

    (tmp_path / "nbgrader_config.py").write_text('c.CourseDirectory.root = "/elsewhere"\n')
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path))
    monkeypatch.chdir(built[0].root)
    app = NbGraderApp()
    app.initialize([])
    assert app.coursedir.root == str(built[0].root)
    assert built[0].config().CourseDirectory.root == str(built[0].root)


def test_a_folder_with_other_things_in_it_is_not_made_a_course(tmp_path):
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(CourseError, match="holds other things already"):
        Course(tmp_path).prepare()


@pytest.mark.parametrize("name", ["..", "../ada", "a/b", "", ".hidden", "a\0b", "x" * 101])
def test_a_name_that_would_lead_elsewhere_is_refused(built, name):
    with pytest.raises(CourseError, match="cannot be a"):
        built[0].submitted(name, LESSON)
    with pytest.raises(CourseError, match="cannot be a"):
        built[0].submitted("ada", name)


def test_settings_that_cannot_be_run_are_named(tmp_path):
    course = Course(tmp_path / "c")
    course.prepare()
    (course.root / "nbgrader_config.py").write_text("c = (\n")
    with pytest.raises(CourseError, match=r"nbgrader_config.py cannot be read \(SyntaxError"):
        Course(course.root).config()
