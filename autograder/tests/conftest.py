"""What the whole suite shares."""

from __future__ import annotations

import pytest
import torch

torch.set_num_threads(1)  # pytest runs a process per core already

LOOKING = ("test_searching", "test_demo")
"""The modules in which grading goes on to look into wrong answers."""


@pytest.fixture(autouse=True, scope="module")
def only_points(request):
    """In most tests grading ends with the points: to look into wrong answers takes up to a second
    for each notebook, and adds words alone. Commands that run in a process of their own do it."""
    if request.module.__name__.rpartition(".")[2] in LOOKING:
        yield
        return
    from autograder.recording import grade

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grade, "_look_into", lambda *about: None)
        yield


def pytest_addoption(parser):
    parser.addoption(
        "--part",
        default="0/1",
        metavar="I/N",
        help="of the tests chosen the I-th of N parts, round and round",
    )


def pytest_collection_modifyitems(config, items):
    """Leave the tests of one part: CI runs another part of the slow ones with each commit."""
    number, parts = map(int, config.getoption("--part").split("/"))
    if parts == 1:
        return
    kept = [item for item in items if not config.option.markexpr or _chosen(item, config)]
    groups = list(dict.fromkeys(map(_shares, kept)))
    mine = set(groups[number % parts :: parts])
    config.hook.pytest_deselected(items=[i for i in items if _shares(i) not in mine])
    items[:] = [item for item in items if _shares(item) in mine]


def _chosen(item, config):
    """Whether a test is one that ``-m slow`` chooses; that is done only after this."""
    return config.option.markexpr != "slow" or item.get_closest_marker("slow")


def _shares(item):
    """What a test shares an expensive fixture by, else its own name."""
    group = item.get_closest_marker("xdist_group")
    return group.args[0] if group else item.nodeid


def pytest_terminal_summary(terminalreporter):
    """Say in one line what the exercises' tests have shown."""
    ran: dict[str, dict[str, list[str]]] = {}
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, []):
            if getattr(report, "when", "") == "call" and "test_exercises.py" in report.nodeid:
                test = report.nodeid.partition("::")[2].partition("[")[0]
                ran.setdefault(test, {}).setdefault(outcome, []).append(report.nodeid)
    right = ran.get("test_a_right_answer_is_accepted", {})
    wrong = ran.get("test_a_known_mistake_is_rejected_and_named", {})
    declared = ran.get("test_an_exercise_is_declared_in_full", {})
    if not (right or wrong):
        return

    def count(tests):
        return sum(map(len, tests.values()))

    def verdict(tests, good):
        failed = len(tests.get("failed", []))
        return good if not failed else f"{failed} NOT {good.removeprefix('all ')}"

    terminalreporter.write_line(
        f"{count(declared)} exercises: {count(wrong)} known mistakes, "
        f"{verdict(wrong, 'all rejected and named')}; {count(right)} right answers, "
        f"{verdict(right, 'all accepted')}"
    )
