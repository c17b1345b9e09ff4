"""The rooms and their walls: what a worker has loaded, which way a submission takes, how points are
said. That rooms know only those below them is held by the contracts in pyproject.toml."""

import ast
import subprocess
import sys

import pytest
from cnnlab.engine.exercise import EXERCISES, StandIn
from cnnlab.engine.verdict import Report
from nbformat.v4 import new_code_cell
from nbgrader.utils import determine_grade

from autograder import cells
from autograder.judging.record import Judgement, failed, records, report_output
from autograder.judging.submission import Sandboxed
from autograder.sandbox.sandbox import INSIDE
from autograder.tests.support import house

LOADED = """
from autograder.recording.batch import pool_of
if __name__ == "__main__":
    with pool_of(1) as pool:
        print(pool.submit(eval, "sorted(__import__('sys').modules)").result(timeout=120))
"""
"""In a process of its own: the server that workers are forked from is one for all of a process."""


def test_a_worker_process_has_not_even_loaded_nbgrader(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(LOADED)
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, check=True)
    loaded = ast.literal_eval(done.stdout)
    assert "autograder.judging.worker" in loaded
    assert not [m for m in loaded if m.partition(".")[0] in ("nbgrader", "sqlalchemy", "alembic")]


def test_the_way_of_one_submission_is_the_one_in_the_map_and_nothing_is_too_large():
    command = [sys.executable, "-m", "autograder.tests.support.house"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(house.arrows()) <= 15


def test_what_is_mounted_is_what_the_folder_says():
    named = {path.stem for path in INSIDE.glob("*.py")} - {"__init__"}
    text = (INSIDE / "__init__.py").read_text(encoding="utf-8")
    assert {name for name in named if f"``{name}``" in text} == named


def report(hidden=False):
    """A report on an answer that nobody attempted, as good as any other here."""
    return Report(EXERCISES["conv1d"], 1, [], hidden=hidden)


@pytest.mark.parametrize(
    "judgement",
    [
        Judgement(),
        Judgement(value=0.0),
        Judgement(value=2.0),
        Judgement(value=1.25),
        Judgement(value=1e-7),
        Judgement(failed=cells.error("AssertionError", "no")),
        Judgement(failed=cells.error("AssertionError", "no"), value=2.0),
        failed("NotJudged", "this test has not been run to its end"),
    ],
)
@pytest.mark.parametrize("reports", [0, 1, 2])
def test_nbgrader_reads_the_points_that_the_judge_meant(judgement, reports):
    shown = tuple(report_output(report(hidden=bool(i))) for i in range(reports))
    judgement = Judgement(shown, judgement.failed, judgement.value)
    about = {"grade": True, "solution": False, "points": 2, "grade_id": "test_conv1d"}
    cell = new_code_cell(metadata={"nbgrader": about}, outputs=judgement.outputs())
    assert determine_grade(cell) == (judgement.points(2.0), 2.0)
    assert [r.hidden for r in records(cell)] == [bool(i) for i in range(reports)]


def test_a_stand_in_is_one_that_the_engine_knows():
    assert isinstance(Sandboxed("conv1d", None), StandIn)
    assert not isinstance(report, StandIn)
