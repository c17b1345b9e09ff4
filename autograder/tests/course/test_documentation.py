"""What the repository says about itself is so: links, commands, targets, workflows, length."""

import argparse
import re
import subprocess
from pathlib import Path

import cnnlab
import pytest
import yaml

from autograder import cli
from autograder.course import ROOT

PAGES = [
    "README.md",
    "notebooks/README.md",
    "autograder/README.md",
    "solutions/README.md",
    "data/README.md",
    ".github/CONTRIBUTING.md",
    "CHANGELOG.md",
]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
FORMS = sorted(p for p in (ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml") if p.stem != "config")


def text(page):
    return (ROOT / page).read_text(encoding="utf-8")


def code(page):
    """What a page gives as code, in blocks and in words."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", text(page), re.M | re.S)
    prose = re.sub(r"^```.*?^```", "", text(page), flags=re.M | re.S)
    return "\n".join(blocks + [word for _, word in re.findall(r"(`+)(.+?)\1", prose, re.S)])


def commands():
    """The commands that ``autograder`` has."""
    (actions,) = [
        action
        for action in cli._parser()._actions
        if isinstance(action, argparse._SubParsersAction)
    ]
    return set(actions.choices)


def heading(line):
    """The address that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", line.lower()).strip().replace(" ", "-")


@pytest.mark.parametrize("page", PAGES)
def test_each_link_leads_to_something_that_is_there(page):
    pictures = re.findall(r'<img src="([^"]+)"', text(page))
    for link in re.findall(r"\]\(([^)\s]+)\)", text(page)) + pictures:
        if link.startswith(("https://", "http://")):
            continue
        path, _, section = link.partition("#")
        there = (ROOT / page).parent / path if path else ROOT / page
        assert there.exists(), f"{page} links to {link}"
        assert there.resolve().is_relative_to(ROOT), f"{link} leads out of the repository"
        if section:
            lines = re.findall(r"^#+ (.*)", there.read_text(encoding="utf-8"), re.M)
            assert section in map(heading, lines), f"{page} links to {link}"


@pytest.mark.parametrize("page", PAGES)
def test_each_make_target_and_each_command_that_is_named_exists(page):
    targets = set(re.findall(r"^([\w-]+):", text("Makefile"), re.M))
    named = code(page)
    for target in re.findall(r"(?:^|[^\w-])make ([a-z][\w-]*)", named, re.M):
        assert target in targets, f"{page} names `make {target}`"
    for command in re.findall(r"autograder (?:--course \S+ )?([a-z][\w-]*)(?![\w./])", named):
        assert command in commands(), f"{page} names `autograder {command}`"


def test_both_are_looked_for_where_pages_name_them():
    named = "\n".join(map(code, PAGES))
    assert "make demo" in named
    assert re.search(r"autograder --course DIR grade", named)
    assert {"release", "grade", "doctor"} <= commands()


@pytest.mark.parametrize("page", PAGES)
def test_each_file_that_a_page_names_exists(page):
    for name in re.findall(
        r"(?<![\w/])(?:autograder|notebooks|solutions|data)/[\w./-]+\.\w+", code(page)
    ):
        if "NN_" not in name:
            assert (ROOT / name).is_file(), f"{page} names {name}"


@pytest.mark.parametrize("page", PAGES)
def test_a_choice_of_tests_chooses_some(page):
    modules = {p.stem for p in (ROOT / "autograder/tests").rglob("test_*.py")}
    for chosen in re.findall(r'-k ("[^"]+"|\w+)', code(page)):
        for word in re.findall(r"(?<!not )\b(?!or\b|and\b|not\b)(\w+)", chosen):
            lesson = (ROOT / f"solutions/{word}.md").is_file()
            known = lesson or hasattr(cnnlab, word) or any(word in module for module in modules)
            assert known, f"{page}: -k {word}"


def test_the_readme_is_one_screen():
    assert len(text("README.md").splitlines()) <= 45


def test_the_readme_leads_to_whoever_reads_on():
    links = re.findall(r"\]\(([^)\s]+)\)", text("README.md"))
    assert {
        "notebooks/README.md",
        "autograder/README.md",
        ".github/CONTRIBUTING.md",
        "CHANGELOG.md",
        "LICENSE",
    } <= set(links)


def test_each_picture_says_what_is_in_it():
    for page in PAGES:
        said = re.findall(r"!\[([^\]]*)\]", text(page)) + re.findall(r'alt="([^"]*)"', text(page))
        assert len(said) == len(re.findall(r"!\[|<img ", text(page)))
        assert all(len(words) > 20 for words in said), f"{page} has a picture without words"


def test_every_command_is_explained_to_instructors_or_authors():
    named = code("autograder/README.md") + code("README.md") + code(".github/CONTRIBUTING.md")
    for command in commands():
        assert re.search(rf"(autograder|make)( --course \S+)? {command}\b", named), command


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda p: p.stem)
def test_a_workflow_calls_what_ci_calls_and_lets_the_sandbox_in(path):
    workflow = yaml.safe_load(path.read_text())
    (job,) = workflow["jobs"].values()
    runs = [step["run"] for step in job["steps"] if "run" in step]
    assert runs[-1] == ".ci/run"
    assert (ROOT / ".ci/run").stat().st_mode & 0o111
    assert "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0" in runs
    assert workflow["permissions"] == {"contents": "read"}
    assert job["timeout-minutes"] <= 90
    for step in job["steps"]:
        assert re.fullmatch(r"actions/[\w-]+@v\d+", step.get("uses", "actions/none@v0"))
    for script in runs:
        # What GitHub puts in is no matter of the shell's.
        script = re.sub(r"\$\{\{.*?\}\}", "x", script)
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)


def test_the_workflows_try_each_end_of_what_is_allowed():
    assert [path.stem for path in WORKFLOWS] == ["push", "weekly"]
    push, weekly = (yaml.safe_load(p.read_text())["jobs"]["test"]["strategy"] for p in WORKFLOWS)
    assert push["matrix"]["python"] == ["3.11", "3.13"]
    tried = {way["versions"]: way["python"] for way in weekly["matrix"]["include"]}
    assert tried == {"oldest": "3.11", "newest": "3.13"}


@pytest.mark.parametrize("path", FORMS, ids=lambda p: p.stem)
def test_a_form_has_what_github_asks_for(path):
    form = yaml.safe_load(path.read_text())
    assert {"name", "description", "body"} <= set(form)
    fields = [field for field in form["body"] if field["type"] != "markdown"]
    names = [field["id"] for field in fields]
    assert len(set(names)) == len(names)
    assert all(field["attributes"]["label"] for field in fields)
    assert any(field.get("validations", {}).get("required") for field in fields)


def test_a_refused_right_answer_is_reported_with_all_that_a_test_of_it_needs():
    form = yaml.safe_load(Path(ROOT / ".github/ISSUE_TEMPLATE/refused.yml").read_text())
    assert {"exercise", "answer", "seed", "versions"} <= {field.get("id") for field in form["body"]}
