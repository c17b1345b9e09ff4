"""Two commands on a fresh machine: what they install, and that all descriptions of it agree."""

import re
import shlex
import subprocess
import sys
import tarfile
import tomllib
import zipfile

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from autograder.course import ROOT

# Google's published list of what Colab has installed (googlecolab/backend-info,
# pip-freeze.txt, November 2026), for the packages that cnnlab needs; torch as its
# release notes give it.
COLAB = {
    "ipython": "7.34.0",
    "ipywidgets": "7.7.1",
    "matplotlib": "3.10.0",
    "numpy": "2.1.3",
    "torch": "2.11.0",
}
COLAB_PYTHON = "3.13"

PINS = {
    canonicalize_name(name): version
    for line in (ROOT / "autograder/constraints.txt").read_text().splitlines()
    if not line.startswith("#")
    for name, version in [line.split("==")]
}


def project(path):
    return tomllib.loads((ROOT / path).read_text())["project"]


def test_conda_installs_what_make_installs():
    makefile = (ROOT / "Makefile").read_text().replace("\\\n", " ")
    (install,) = re.findall(r"-m pip install (.*)", makefile)
    words = [w for w in shlex.split(install) if w not in ("--quiet", "--disable-pip-version-check")]
    dependencies = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    (pip,) = [d["pip"] for d in dependencies if isinstance(d, dict)]
    assert shlex.split(" ".join(pip)) == words


def test_conda_takes_a_python_that_both_packages_take():
    dependencies = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    assert "python>=3.11,<3.14" in dependencies
    for path in ("pyproject.toml", "notebooks/pyproject.toml"):
        assert project(path)["requires-python"] == ">=3.11"


def test_every_direct_dependency_is_pinned_once():
    lines = [line for line in (ROOT / "autograder/constraints.txt").read_text().splitlines()
             if not line.startswith("#")]  # fmt: skip
    assert len(lines) == len(PINS)
    ours = project("pyproject.toml")
    wanted = ours["dependencies"] + ours["optional-dependencies"]["dev"]
    wanted += project("notebooks/pyproject.toml")["dependencies"]
    names = {canonicalize_name(Requirement(r).name) for r in wanted} - {"cnnlab"}
    assert names <= set(PINS)
    for requirement in map(Requirement, wanted):
        if requirement.name != "cnnlab":
            pin = PINS[canonicalize_name(requirement.name)]
            assert requirement.specifier.contains(pin, prereleases=True), requirement


@pytest.mark.parametrize("text", project("notebooks/pyproject.toml")["dependencies"])
def test_what_colab_has_is_enough_so_that_nothing_is_replaced_there(text):
    requirement = Requirement(text)
    (bound,) = requirement.specifier
    assert bound.operator == ">=", "students' dependencies have lower bounds only"
    assert Version(bound.version) <= Version(COLAB[requirement.name])


def test_colabs_python_is_supported():
    from packaging.specifiers import SpecifierSet

    assert SpecifierSet(project("notebooks/pyproject.toml")["requires-python"]).contains(
        COLAB_PYTHON
    )


def test_the_version_is_the_same_wherever_it_stands():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    versions = {project(p)["version"] for p in ("pyproject.toml", "notebooks/pyproject.toml")}
    assert {cited["version"]} == versions
    assert (ROOT / "CHANGELOG.md").read_text().partition("\n## ")[2].startswith(cited["version"])


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_no_package_carries_the_tests_or_the_answers_that_it_is_measured_on(kind, tmp_path):
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = tmp_path.iterdir()
    with zipfile.ZipFile(built) if kind == "wheel" else tarfile.open(built) as archive:
        inside = archive.namelist() if kind == "wheel" else archive.getnames()
    assert any(name.endswith("autograder/__init__.py") for name in inside)
    assert not [name for name in inside if "autograder/tests" in name]


def test_the_holder_of_the_rights_is_named_once_in_the_licence():
    assert (ROOT / "LICENSE").read_text().count("the authors of this course") == 1


def test_ci_runs_what_make_test_runs():
    script = (ROOT / ".ci/run").read_text()
    every, slow = script.strip().splitlines()[-2:]
    assert every.startswith("make test ")
    assert re.match(r"make test-slow .* PART=.*/\d", slow)  # another part with each commit
    assert (ROOT / ".ci/run").stat().st_mode & 0o111
    subprocess.run(["bash", "-n", ROOT / ".ci/run"], check=True)


def test_make_needs_nothing_but_make_to_say_what_it_can_do():
    said = subprocess.run(["make", "-C", ROOT], check=True, capture_output=True, text=True).stdout
    targets = re.findall(r"^make ([\w-]+)", said, re.M)
    assert (
        targets
        == re.findall(r"^\.PHONY: help (.*)", (ROOT / "Makefile").read_text(), re.M)[0].split()
    )
    for target in targets:
        dry = ["make", "-n", "-C", ROOT, target, "VENV=.venv-not-there"]
        planned = subprocess.run(dry, check=True, capture_output=True, text=True).stdout
        assert "-m venv .venv-not-there" in planned, f"{target} does not set up what is missing"


def test_hooks_download_nothing():
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    assert {repo["repo"] for repo in config["repos"]} == {"local"}
    assert {h["language"] for repo in config["repos"] for h in repo["hooks"]} == {"system"}


def test_there_is_nothing_else_at_the_top_of_the_repository():
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout.splitlines()  # fmt: skip
    top = {name.partition("/")[0] for name in listed if not name.startswith(".")}
    assert top <= {
        "README.md",
        "LICENSE",
        "CITATION.cff",
        "CHANGELOG.md",
        "environment.yml",
        "pyproject.toml",
        "Makefile",
        "solutions",
        "notebooks",
        "autograder",
        "data",
    }
