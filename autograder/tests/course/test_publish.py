"""The students' repository: complete, installable, and without anything they must not see."""

import json
import re
import shutil
import subprocess
import sys
import tomllib

import nbformat
import pytest

from autograder.course import ROOT
from autograder.releasing import build, leaks, publish
from autograder.releasing.publish import PLACEHOLDER, PublishError
from autograder.tests.lessons.test_notebooks import assert_nothing_is_raised
from autograder.tests.support import lessons

pytestmark = [pytest.mark.xdist_group("publish"), pytest.mark.slow]


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """An empty clone into which it was published. (It takes a while: all lessons are built.)"""
    folder = tmp_path_factory.mktemp("publish") / "students"
    (folder / ".git").mkdir(parents=True)
    (folder / ".git/HEAD").write_text("ref")
    publish.publish(folder, "ada/convolutions")
    return folder


@pytest.fixture(scope="module")
def published(filled, tmp_path_factory):
    """The same folder without git's own."""
    folder = tmp_path_factory.mktemp("published") / "students"
    return shutil.copytree(filled, folder, ignore=shutil.ignore_patterns(".git"))


def project_version(path):
    return tomllib.loads((ROOT / path).read_text())["project"]["version"]


def texts(folder):
    binary = (".png", ".npz")
    files = [p for p in folder.rglob("*") if p.is_file() and p.suffix not in binary]
    return {p: p.read_text() for p in files}


def test_it_holds_the_notebooks_the_data_a_readme_and_an_environment(published):
    assert {p.name for p in published.iterdir()} == {
        publish.MARK,
        "CITATION.cff",
        "LICENSE",
        "README.md",
        "data",
        "environment.yml",
        "notebooks",
    }
    lessons = {p.stem for p in (ROOT / "notebooks").glob("*/*.ipynb")}
    assert lessons == {p.stem for p in published.glob("notebooks/*/*.ipynb")}
    assert (published / "data/covid_daily.csv").is_file()


def test_no_solution_and_nothing_of_the_grader_is_in_it(published):
    secrets = build.read_all()
    assert leaks.scan(published, secrets) == []
    lines = {
        line.strip()
        for notebook in secrets.values()
        for cell in notebook.cells
        for region in re.findall(r"BEGIN SOLUTION\n(.*?)\n[^\n]*END SOLUTION", cell.source, re.S)
        for line in region.splitlines()
        if len(line.strip()) > 30 and not line.strip().startswith(("#", "raise"))
    }
    assert lines
    for path, text in texts(published).items():
        # cnnlab's oracles may share a line with a solution; the scan compares all of it.
        if path.suffix != ".py":
            assert not [line for line in lines if line in text], path
        assert "import autograder" not in text, path


def test_links_and_setup_cells_name_the_repository(published):
    for path, text in texts(published).items():
        assert not re.search(r"OWNER\b|OWNER/", text), f"{PLACEHOLDER} is left in {path}"
    for path in published.glob("notebooks/*/*.ipynb"):
        cells = json.loads(path.read_text())["cells"]
        link = f"github/ada/convolutions/blob/main/notebooks/{path.stem}/{path.name}"
        assert link in "".join(cells[0]["source"])
        version = project_version("notebooks/pyproject.toml")
        assert (
            f"git+https://github.com/ada/convolutions@v{version}#subdirectory=" in path.read_text()
        )


def test_its_readme_is_the_one_beside_our_notebooks_with_the_lessons_and_its_own_links(published):
    ours, theirs = (ROOT / publish.README).read_text(), (published / "README.md").read_text()
    assert not (published / publish.README).exists()
    assert publish.LESSONS in ours
    assert publish.LESSONS not in theirs
    assert "git clone https://github.com/ada/convolutions course\n" in theirs
    links = [link for link in re.findall(r"\]\(([^)]+)\)", theirs) if ":" not in link]
    assert {"LICENSE", "data/README.md"} < set(links)
    lessons = {str(p.relative_to(ROOT)) for p in (ROOT / "notebooks").glob("*/*.ipynb")}
    assert lessons < set(links)
    assert [link for link in links if not (published / link).is_file()] == []


@pytest.fixture(scope="module")
def installed(published, tmp_path_factory):
    """A fresh clone of the repository, and the folder that its package was installed into."""
    folder = tmp_path_factory.mktemp("student")
    clone, packages = folder / "clone", folder / "packages"
    origin = shutil.copytree(published, folder / "origin")
    who = ["-c", "user.name=ada", "-c", "user.email=ada@example.org"]
    for arguments in (
        ["init", "--quiet", origin],
        ["-C", origin, "add", "--all"],
        ["-C", origin, *who, "commit", "--quiet", "--message", "The lessons"],
        ["clone", "--quiet", origin, clone],
    ):
        subprocess.run(["git", *arguments], check=True)
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation",
         "--no-index", "--target", packages, clone / "notebooks"],
        check=True,
    )  # fmt: skip
    return clone, packages


def test_a_clone_of_it_installs_and_brings_its_data(installed):
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import cnnlab.data;"
        "assert cnnlab.__file__.startswith(sys.argv[1]), cnnlab.__file__;"
        "print(cnnlab.data.covid_tests().tests.sum())"
    )
    ran = subprocess.run(
        [sys.executable, "-P", "-c", code, str(installed[1])],
        check=True,
        capture_output=True,
        text=True,
    )
    assert ran.stdout.strip() == "15524"


def test_a_notebook_of_the_clone_runs_to_its_end_with_what_was_installed(installed, monkeypatch):
    clone, packages = installed
    monkeypatch.setenv("PYTHONPATH", str(packages))
    path = clone / "notebooks/01_rolling_average/01_rolling_average.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell("print(cnnlab.__file__)"))
    lessons.run(notebook, path.parent, minutes=2)
    assert_nothing_is_raised(notebook)
    assert notebook.cells[-1].outputs[0].text.startswith(str(packages))
    shown = "".join(str(cell.get("outputs", "")) for cell in notebook.cells)
    assert "Not attempted" in shown  # check ran, and there is no answer in it


@pytest.mark.slow
def test_publishing_again_updates_and_removes_but_leaves_git(filled, tmp_path):
    folder = shutil.copytree(filled, tmp_path / "students")
    (folder / "data/old.csv").write_text("gone from the project")
    with (folder / publish.MARK).open("a") as mark:
        mark.write("data/old.csv\n../outside\n")
    (tmp_path / "outside").touch()
    publish.publish(folder, "ada/two")
    assert (folder / ".git/HEAD").exists()
    assert (tmp_path / "outside").exists()
    assert not (folder / "data/old.csv").exists()
    assert "ada/two" in (folder / "README.md").read_text()


def test_a_folder_that_it_did_not_make_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(PublishError, match=r"did not make \(thesis.tex\)"):
        publish.publish(tmp_path, "ada/one")
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.tex"]


def test_it_is_said_which_tag_the_setup_cells_need(published, tmp_path):
    folder, tag = shutil.copytree(published, tmp_path / "students"), publish.TAG

    def git(*arguments):
        who = ["-c", "user.name=ada", "-c", "user.email=ada@example.org"]
        subprocess.run(["git", "-C", folder, *who, *arguments], check=True)

    git("init", "--quiet")
    assert f"git tag {tag}" in publish.what_to_push(folder, "ada/one")
    git("add", "--all")
    git("commit", "--quiet", "--message", "The lessons")
    git("tag", tag)
    assert f"is the one that is tagged {tag}" in publish.what_to_push(folder, "ada/one")
    (folder / "notebooks/cnnlab/start.py").write_text("# mended")
    assert "give it a new version" in publish.what_to_push(folder, "ada/one")


def test_an_empty_clone_is_filled_and_stays_one(filled):
    assert (filled / ".git/HEAD").read_text() == "ref"
    assert (filled / publish.MARK).is_file()


@pytest.mark.parametrize("name", ["ada", "ada/", "ada/b/c", "https://github.com/ada/b", "a b/c"])
def test_a_repository_must_be_owner_and_name(name, tmp_path):
    with pytest.raises(PublishError, match="give OWNER/NAME"):
        publish.publish(tmp_path, name)


def test_nothing_is_published_while_something_leaks(tmp_path, monkeypatch):
    monkeypatch.setattr(publish, "scan", lambda *_: [leaks.Leak("a.ipynb", "an output")])
    with pytest.raises(PublishError, match=r"nothing is published:\n  a.ipynb: an output"):
        publish.publish(tmp_path / "new", "ada/one")
    assert not (tmp_path / "new").exists()
