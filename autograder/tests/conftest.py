"""What the whole suite shares."""

from __future__ import annotations

import torch

torch.set_num_threads(1)  # pytest runs a process per core already


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
