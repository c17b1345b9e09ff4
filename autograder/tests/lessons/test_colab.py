"""The lessons in Colab's versions, installed as on Colab."""

import subprocess

import nbformat
import pytest

from autograder.tests.lessons.test_notebooks import assert_released_as_it_should_be, assert_solved
from autograder.tests.lessons.test_widgets import assert_moved
from autograder.tests.support import colab, lessons
from autograder.tests.support.lessons import LESSONS, MINUTES, MOVING
from autograder.tests.support.widgets import moving

pytestmark = pytest.mark.slow  # an environment of a gigabyte, and each lesson in it three times


@pytest.fixture(scope="module")
def environment():
    return colab.environment()


@pytest.fixture
def run(environment, tmp_path, monkeypatch):
    """run(notebook, minutes): run it in a kernel of the environment."""
    monkeypatch.setenv("JUPYTER_PATH", str(colab.ENVIRONMENT / "share" / "jupyter"))

    def run(notebook, minutes):
        lessons.run(notebook, tmp_path, minutes, kernel_name=colab.KERNEL)
        return notebook

    return run


def test_installing_cnnlab_adds_cnnlab_and_changes_no_other_package(environment):
    before, after = environment["before"], environment["after"]
    assert set(after) - set(before) == {"cnnlab"}
    assert {name: after.get(name) for name in before} == before


def test_the_environment_has_the_versions_that_the_requirements_name(environment):
    for line in colab.REQUIREMENTS.read_text().splitlines():
        if line and not line.startswith("#"):
            name, version = line.split("==")
            have = environment["after"][name.replace("_", "-").lower()]
            assert have.partition("+")[0] == version, f"{name} is {have}, not {version}"


def test_the_installed_package_carries_the_data(environment, tmp_path):
    program = (
        "import cnnlab, cnnlab.data as d; print(cnnlab.__file__);"
        "print(len(d.covid_tests().day), d._path('README.md').parent.name)"
    )
    told = subprocess.run(
        [colab.PYTHON, "-c", program], capture_output=True, text=True, cwd=tmp_path, check=True
    ).stdout
    assert "site-packages" in told
    assert told.split()[1:] == ["104", "_data"]


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_solution_runs_in_colabs_versions(lesson, run):
    notebook = lessons.quick(lessons.solution(lesson), lesson)
    assert_solved(run(notebook, MINUTES[lesson]), lesson)


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_released_notebook_runs_in_colabs_versions(lesson, run):
    notebook = run(lessons.quick(lessons.released(lesson), lesson), MINUTES[lesson])
    assert_released_as_it_should_be(notebook, lesson)


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_widgets_move_in_colabs_versions(lesson, run):
    notebook = lessons.quick(lessons.released(lesson), lesson)
    assert_moved(run(moving(notebook), MOVING))


# ── the setup cell ──────────────────────────────────────────────────────────

LIKE_COLAB = """\
ip = get_ipython()
ip.__class__ = type("Shell", (type(ip),), {"__module__": "google.colab._shell"})
assert "google.colab" in str(get_ipython())
"""
RECORD_PIP = """\
get_ipython().register_magic_function(lambda line: print("pip", line), "line", "pip")
"""


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_setup_cell_installs_cnnlab_on_colab_and_nowhere_else(lesson, run):
    notebook = lessons.released(lesson)
    setup = lessons.code_cells(notebook)[0].source
    assert len(setup.splitlines()) <= 3
    said = []
    for place in (LIKE_COLAB, ""):
        cells = [nbformat.v4.new_code_cell(source) for source in (place, RECORD_PIP, setup)]
        ran = run(nbformat.v4.new_notebook(cells=cells), 1)
        assert lessons.errors(ran) == []
        said.append("".join(o.text for cell in ran.cells for o in cell.outputs))
    on_colab, elsewhere = said
    address = "https://github.com/OWNER/REPO#subdirectory=notebooks"
    assert on_colab.splitlines()[0] == f"pip install -q git+{address}"
    assert "pip" not in elsewhere
    assert "Ready on the" in on_colab and "Ready on the" in elsewhere
