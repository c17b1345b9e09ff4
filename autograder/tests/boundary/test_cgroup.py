"""Control groups: used where one is delegated, and only there. The tree is made up: no test may
move processes of the machine that it runs on, and few machines delegate any."""

import os
import subprocess
import sys

import pytest

from autograder.doctor import machine
from autograder.sandbox import cgroup
from autograder.sandbox.inside import limits
from autograder.sandbox.sandbox import Sandbox


@pytest.fixture
def group(tmp_path, monkeypatch):
    """A delegated group that this process is in, as files. May be changed before it is used."""
    place = tmp_path / "user.slice" / "run.scope"
    place.mkdir(parents=True)
    (place / "cgroup.controllers").write_text("cpu memory pids\n")
    (place / "cgroup.procs").write_text(f"{os.getpid()}\n")
    (place / "cgroup.subtree_control").write_text("")
    (tmp_path / "own").write_text("0::/user.slice/run.scope\n")
    monkeypatch.setattr(cgroup, "ROOT", tmp_path)
    monkeypatch.setattr(cgroup, "OWN", tmp_path / "own")
    told = {str(place): b"1"}
    monkeypatch.setattr(cgroup.os, "getxattr", lambda path, name: told.get(str(path), b""))
    return place


def test_one_is_made_below_a_delegated_group_and_holds_all_processes_of_a_sandbox(group):
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=-1) as process:
        made = cgroup.enclose(process.pid)
        process.communicate(b"\n")
    assert made is not None and made.parent == group
    assert (group / cgroup.OURS / "cgroup.procs").read_text() == str(os.getpid())
    assert (made / "cgroup.procs").read_text() == str(process.pid)
    assert int((made / "memory.max").read_text()) >= limits.MEMORY
    assert int((made / "pids.max").read_text()) >= limits.PROCESSES
    assert "kernel counts" in cgroup.about_memory()


def test_who_has_moved_already_makes_others_beside_itself(group, tmp_path):
    (group / cgroup.OURS).mkdir()
    (tmp_path / "own").write_text(f"0::/user.slice/run.scope/{cgroup.OURS}\n")
    assert cgroup.delegated() == group


@pytest.mark.parametrize("lacks", ["delegation", "memory", "version 2", "a place"])
def test_where_none_is_delegated_nothing_is_touched(group, tmp_path, monkeypatch, lacks):
    if lacks == "delegation":
        monkeypatch.setattr(cgroup.os, "getxattr", lambda path, name: b"")
    elif lacks == "memory":
        (group / "cgroup.controllers").write_text("cpu pids")
    elif lacks == "version 2":
        (tmp_path / "own").write_text("4:memory:/user.slice\n")
    else:
        (tmp_path / "own").write_text("0::/elsewhere\n")
        monkeypatch.undo()
        monkeypatch.setattr(cgroup, "ROOT", tmp_path)
        monkeypatch.setattr(cgroup, "OWN", tmp_path / "own")
    before = sorted(tmp_path.rglob("*"))
    assert cgroup.enclose(os.getpid()) is None
    assert sorted(tmp_path.rglob("*")) == before
    assert "ten times a second" in cgroup.about_memory()


def test_what_fails_on_the_way_is_as_if_there_were_none(group, monkeypatch):
    def full(proc, top):
        raise OSError("no space")

    monkeypatch.setattr(limits, "processes_below", full)
    assert cgroup.enclose(os.getpid()) is None


def test_a_sandbox_asks_for_one_when_it_is_warm_and_gives_it_back(monkeypatch, tmp_path):
    asked, removed = [], []
    monkeypatch.setattr(cgroup, "enclose", lambda top: asked.append(top) or tmp_path)
    monkeypatch.setattr(cgroup, "remove", removed.append)
    with Sandbox("numpy") as sandbox:
        assert sandbox._process is not None
        assert asked == [sandbox._process.pid]
    assert removed == [tmp_path]


def test_the_doctor_says_what_holds(monkeypatch):
    said = []
    monkeypatch.setattr(machine, "examine", lambda workers: [])
    machine.doctor(said.append)
    assert cgroup.about_memory() in said
