"""The attacks without protection: tests in the student's own process, as stock nbgrader has them.

``python -m autograder.tests.support.naive`` reads notebooks from stdin, one a line, runs each in a
fork of its own with IPython, and prints what each attack got. The notebooks' tests are plain
assertions; whoever passes one of them with a wrong answer has its points.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import select
import signal
import sys
import time
from typing import Any

SECONDS, STOPPED_SECONDS = 60.0, 1.5
"""What a notebook gets before it counts as one that stops the grader: far more than it needs on
the busiest machine, unless stopping is all that it tries."""

ASKED = "a, b = np.array([1.0, 2.0, 4.0, 8.0]), np.array([1.0, -1.0])\nright = [-1.0, -2.0, -4.0]\n"
STYLES = (
    "assert np.allclose(conv1d(a, b), right)",
    "np.testing.assert_allclose(conv1d(a, b), right)",
    "assert all(list(conv1d(a, b))[i] == right[i] for i in range(3))",
    "assert (conv1d(a, b) == np.array(right)).all()",
    "assert all(abs(float(conv1d(a, b)[i]) - right[i]) < 1e-9 for i in range(3))",
    "assert check(conv1d) == 3.0",
)
"""Tests as instructors write them, each in a cell of its own."""


def tests(secret: str) -> list[str]:
    """The sources of the test cells; the first holds the planted word, like a hidden test."""
    return [f"{ASKED}{style}\n# {secret}" for style in STYLES]


def _run(cells: list[tuple[str, bool]]) -> dict[str, Any]:
    """Run the cells, (source, whether a test); what was passed and what was shown."""
    import numpy as np
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    shell.user_ns["np"] = np
    errors: list[str] = []
    type(shell)._showtraceback = lambda self, kind, value, lines: errors.append(str(value))
    passed, shown = [], []
    for source, is_test in cells:
        errors.clear()
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            shell.run_cell(source, store_history=True)
        shown += [*errors, printed.getvalue()]
        if is_test:
            passed.append(not errors)
    return {"passed": any(passed), "shown": "".join(shown)}


def _forked(job: dict[str, Any]) -> dict[str, Any]:
    """Run one notebook in a child; {"ended": True} if it does not come back."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        os.setsid()
        sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115
        os.close(ours)
        os.makedirs(job["folder"], exist_ok=True)
        os.chdir(job["folder"])
        sys.path.insert(0, "")
        for name, text in job["files"].items():
            with open(name, "w") as file:
                file.write(text)
            # What the file is meant for may be loaded already, and would not look for it again.
            aim = name.removesuffix(".py").removesuffix("rc")
            for module in [m for m in sys.modules if m.split(".")[0] == aim]:
                del sys.modules[module]
        os.environ |= job["environment"]
        # What was passed counts when it is passed: sys.exit() here is no end of the grader.
        answer = json.dumps(_run(job["cells"])).encode()
        os.write(theirs, answer[:60_000])
        os._exit(0)
    os.close(theirs)
    data, deadline = b"", time.monotonic() + job["seconds"]
    while select.select([ours], [], [], max(0, deadline - time.monotonic()))[0]:
        part = os.read(ours, 2**16)
        if not part:
            break
        data += part
    with contextlib.suppress(OSError):
        os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(ours)
    try:
        return {**json.loads(data), "ended": False}
    except ValueError:
        return {"passed": False, "shown": "", "ended": True}


def main() -> None:
    """Run what comes on stdin, a notebook a line; an answer a line, when it is there."""
    import IPython.core.interactiveshell  # noqa: F401
    import numpy.testing  # noqa: F401
    import torch
    from cnnlab import check

    torch.set_num_threads(1)  # a fork has none of its parent's threads, and would wait for them

    def conv1d(x, f):
        return x

    with contextlib.redirect_stdout(io.StringIO()):
        check(conv1d)  # imports torch, and so the forks need not

    out = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        print(json.dumps(_forked(json.loads(line))), file=out, flush=True)


if __name__ == "__main__":
    main()
