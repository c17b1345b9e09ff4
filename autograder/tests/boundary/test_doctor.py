"""The doctor: it would notice what gets through, and here nothing does."""

import csv
import dataclasses
import io
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from nbconvert.exporters import HTMLExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from playwright.sync_api import sync_playwright

from autograder.doctor import machine as doctor
from autograder.doctor.attacks import ATTACKS, Attack
from autograder.doctor.attacks.files import zipped
from autograder.doctor.attacks.notebooks import ALIVE
from autograder.doctor.outcome import formulas, is_alive
from autograder.doctor.place import LESSON, Place
from autograder.tests.support import naive
from autograder.tests.support.browser import FLAGS


def named(*names):
    return [attack for attack in ATTACKS if attack.name in names]


def job(place, attack, student):
    """An attack as the unprotected run takes it."""
    cells = [("import numpy as np\nfrom cnnlab import check", False)]
    cells += [(place.fill(attack.answer, student), False)]
    tests = naive.tests(place.secret) if not attack.change else ["3.0"]
    return {
        "cells": [*cells, *((text, True) for text in tests)],
        "folder": str(place.course.root / "autograded" / student / LESSON),
        "files": {n: place.fill(t, student) for n, t in attack.files.items()},
        "environment": {"HOME": str(place.root / "home")},
        "seconds": naive.STOPPED_SECONDS if attack.goal == "stop" else naive.SECONDS,
    }


def run(place, attacks):
    """What each attack gets where nothing protects: name → answer, and what was reached."""
    got = {}
    command = [sys.executable, "-m", "autograder.tests.support.naive"]
    environment = {**os.environ, "DOCTOR": place.secret}
    with subprocess.Popen(command, stdin=-1, stdout=-1, text=True, env=environment) as process:
        for attack in attacks:
            print(
                json.dumps(job(place, attack, f"a{ATTACKS.index(attack):03}")),
                file=process.stdin,
                flush=True,
            )
            answer = json.loads(process.stdout.readline())
            answer["read"] = place.secret in answer["shown"]
            got[attack.name] = answer | {"reached": attack.goal == "outside" and place.reached()}
        process.stdin.close()
    return got


REAL = [a for a in ATTACKS if a.real and a.goal != "page"]


@pytest.fixture(scope="module")
def unprotected(tmp_path_factory):
    """What all attacks get; those that mean to stop it wait in line apart from the others."""
    place = Place(tmp_path_factory.mktemp("unprotected"))
    other = place.course.submitted("other", LESSON)
    other.mkdir(parents=True)
    (other / f"{LESSON}.ipynb").write_text(place.secret)
    stop = [a for a in REAL if a.goal == "stop"]
    lines = [[a for a in REAL if a.goal != "stop"], stop[::2], stop[1::2]]
    with ThreadPoolExecutor() as pool:
        parts = list(pool.map(lambda line: run(place, line), lines))
    place.close()
    return {name: answer for part in parts for name, answer in part.items()}


@pytest.mark.xdist_group("attacks without protection")
@pytest.mark.slow
@pytest.mark.parametrize("attack", REAL, ids=lambda a: f"{a.kind}-{a.name}".replace(" ", "_"))
def test_an_attack_works_where_nothing_protects(unprotected, attack):
    got = unprotected[attack.name]
    wanted = {"points": "passed", "secret": "read", "outside": "reached", "stop": "ended"}
    assert got[wanted[attack.goal]], got


def test_there_are_enough_attacks_of_every_class():
    assert len(ATTACKS) >= 60
    assert len({a.kind for a in ATTACKS}) >= 15


def test_what_gets_through_is_noticed():
    """Without a sandbox some attacks get through; a right answer earns its points, too."""
    answer = """def conv1d(x, f):
    if len(f) > len(x):
        raise ValueError("the filter is longer than the series")
    return np.array([x[i : i + len(f)] @ f.astype(float) for i in range(len(x) - len(f) + 1)])
"""
    right = Attack("none", "a right answer", answer)
    through = named("a file in the course", "this machine", "a file where everybody may write")
    through += named("the gradebook, to write into it", "a file in the course, to change it")
    verdicts = {v.attack.name: v.why for v in doctor.examine([right, *through], unsafe_local=True)}
    for name, said in {
        "a right answer": "earned 3 points",
        "a file in the course": "read what it must not",
        "this machine": "reached a socket outside",
        "a file where everybody may write": "wrote a file outside",
        "the gradebook, to write into it": "wrote into the gradebook",
        "a file in the course, to change it": "changed a file outside",
    }.items():
        assert said in verdicts[name]


@pytest.mark.parametrize(
    ("path", "who"), [("victim/x.ipynb", "victim"), ("eve/x.ipynb", "eve"), ("a000/x.ipynb", "")]
)
def test_work_that_is_taken_for_anothers_is_noticed(path, who, tmp_path):
    """Here the outermost name, which no attacker chooses, is another's."""
    attack = Attack(
        "none", "x", goal="impersonate", archive=lambda name, notebook: zipped((path, notebook))
    )
    place = Place(tmp_path)
    try:
        said = place.hand_in(attack, "a000")
    finally:
        place.close()
    assert said == (f"its work was taken for that of {who}" if who else "")


def test_living_markup_is_noticed():
    assert is_alive(f"<p>{ALIVE}</p>")
    assert is_alive("<a href=\"javascript:alert('alive')\">x</a>")
    assert not is_alive("<p>&lt;script&gt;alert('alive')&lt;/script&gt;</p>")


@pytest.mark.parametrize(
    "attack", [a for a in ATTACKS if a.real and a.goal == "page"], ids=lambda a: a.name
)
def test_markup_lives_in_a_page_made_as_stock_nbgrader_makes_it(attack):
    notebook = new_notebook(
        cells=[
            new_markdown_cell(metadata={"nbgrader": {"grade_id": "questions"}}),
            new_code_cell("1"),
        ]
    )
    attack.change(notebook)
    assert is_alive(HTMLExporter().from_notebook_node(notebook)[0])


def opened(paths):
    """What happens when each page is opened in Chromium, scripts on, the page's own policy off."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        happened = {path: [] for path in paths}
        for path, events in happened.items():
            page = browser.new_page(bypass_csp=True)
            page.on("dialog", lambda dialog, to=events: (to.append("script"), dialog.dismiss()))
            page.on("request", lambda request, to=events: to.append(request.url))
            page.goto(path.as_uri())
            page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
            page.wait_for_timeout(100)
            events.remove(path.as_uri())
            page.close()
        browser.close()
    return happened


def test_a_browser_shows_the_attackers_markup_as_text(tmp_path):
    """In their feedback and in the report on the class; a page where it lives is told apart."""
    place = Place(tmp_path)
    verdicts = doctor.graded(place, [a for a in ATTACKS if a.goal == "page"])
    place.close()
    assert {v.attack.name: v.why for v in verdicts if v.why} == {}
    pages = [*place.course.root.glob("feedback/*/*/*.html"), place.course.root / "report.html"]
    assert len(pages) == len(verdicts) + 2  # the honest student's, and the report
    assert any("&lt;script&gt;" in page.read_text() for page in pages)
    living = tmp_path / "living.html"
    living.write_text(f"<p>{ALIVE}</p>")
    happened = opened([*pages, living])
    assert set(happened.pop(living)) >= {"script", "http://alive.invalid/"}
    assert {path: events for path, events in happened.items() if events} == {}


@pytest.mark.parametrize("cell", ["=1+1", "@SUM(A1)", "\t=1", "\r-1", " +1", "x;=1", "＝1"])
def test_a_formula_is_noticed_in_a_table(cell):
    rows = io.StringIO()
    csv.writer(rows).writerow(["ada", cell, "7"])
    assert formulas(rows.getvalue())
    assert not formulas("ada,'=1+1,7\r\n")


def test_attacks_are_told_class_by_class_and_the_status_says_whether_all_held(monkeypatch):
    some = named("np.allclose", "equal to everything")
    got = [doctor.Verdict(some[0], ""), doctor.Verdict(some[1], "earned 3 points")]
    monkeypatch.setattr(doctor, "examine", lambda workers: got)
    said = []
    assert doctor.doctor(said.append) == 1
    assert "NOT" in said[-2]
    assert "2 of them are seen to work where nothing protects" in said[-1]
    assert any("equal to everything: earned 3 points" in line for line in said)
    got[1] = dataclasses.replace(got[1], why="")
    assert doctor.doctor(said.append) == 0


def test_all_attacks_fail_here():
    verdicts = doctor.examine(workers=2)
    assert len(verdicts) == len(ATTACKS)
    assert {v.attack.name: v.why for v in verdicts if not v.held} == {}


@pytest.mark.parametrize(("version", "warned"), [((3, 11, 7), 1), ((3, 13, 0), 0), ((3, 14, 1), 0)])
def test_a_python_older_than_colabs_is_a_warning(monkeypatch, version, warned):
    from autograder.doctor import environments

    monkeypatch.setattr(environments.sys, "version_info", version)
    said = environments.about_python()
    assert len(said) == warned and all("Python 3.13" in line for line in said)
