"""The doctor: it would notice what gets through, and here nothing does."""

import dataclasses
import json
import subprocess
import sys

import pytest

from autograder import attacks, doctor
from autograder.attacks import ATTACKS, Attack
from autograder.tests import naive


def named(*names):
    return [attack for attack in ATTACKS if attack.name in names]


@pytest.fixture(scope="module")
def unprotected(tmp_path_factory):
    """What each attack gets in an unprotected run: attack → (answer, what was reached)."""
    place = doctor.Place(tmp_path_factory.mktemp("unprotected"))
    command = [sys.executable, "-m", "autograder.tests.naive"]
    got = {}
    with subprocess.Popen(command, stdin=-1, stdout=-1, text=True) as run:
        for i, attack in enumerate(a for a in ATTACKS if a.real and a.goal != "page"):
            student = f"a{i:03}"
            cells = [("import numpy as np\nfrom cnnlab import check", False)]
            cells += [(place.fill(attack.answer, student), False)]
            tests = naive.tests(place.secret) if not attack.change else ["3.0"]
            cells += [(text, True) for text in tests]
            job = {
                "cells": cells,
                "folder": str(place.course.root / "autograded" / student / doctor.LESSON),
                "files": {n: place.fill(t, student) for n, t in attack.files.items()},
                "environment": {"DOCTOR": place.secret, "HOME": str(place.root / "home")},
            }
            other = place.course.submitted("other", doctor.LESSON)
            other.mkdir(parents=True, exist_ok=True)
            (other / f"{doctor.LESSON}.ipynb").write_text(place.secret)
            print(json.dumps(job), file=run.stdin, flush=True)
            answer = json.loads(run.stdout.readline())
            answer["read"] = place.secret in answer["shown"]
            got[attack.name] = answer | {"reached": place.reached()}
        run.stdin.close()
    place.close()
    return got


REAL = [a for a in ATTACKS if a.real and a.goal != "page"]


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
    verdicts = doctor.examine([right, *through], unsafe_local=True)
    for verdict, said in zip(verdicts, ("earned", "read", "reached", "wrote"), strict=True):
        assert said in verdict.why


def test_living_markup_is_noticed():
    assert doctor.is_alive(f"<p>{attacks.ALIVE}</p>")
    assert doctor.is_alive("<a href=\"javascript:alert('alive')\">x</a>")
    assert not doctor.is_alive("<p>&lt;script&gt;alert('alive')&lt;/script&gt;</p>")


def test_attacks_are_told_class_by_class_and_the_status_says_whether_all_held(monkeypatch):
    some = named("np.allclose", "equal to everything")
    got = [doctor.Verdict(some[0], ""), doctor.Verdict(some[1], "earned 3 points")]
    monkeypatch.setattr(doctor, "examine", lambda: got)
    said = []
    assert doctor.doctor(said.append) == 1
    assert "NOT" in said[-1]
    assert any("equal to everything: earned 3 points" in line for line in said)
    got[1] = dataclasses.replace(got[1], why="")
    assert doctor.doctor(said.append) == 0


def test_a_sample_of_all_attacks_fails_here():
    """One in twenty-five, for time's sake; `autograder doctor` tries them all."""
    verdicts = doctor.examine(ATTACKS[1::25])
    assert {v.attack.name: v.why for v in verdicts if not v.held} == {}
