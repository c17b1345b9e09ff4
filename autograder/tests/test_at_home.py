"""``check`` on the student's own machine: no false alarms, whatever Python runs in and beside."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import pytest
from cnnlab.engine import limiting
from cnnlab.engine.limiting import TimeLimit, time_limit


def python(source: str, seconds: float = 100, **environment: str) -> subprocess.CompletedProcess:
    """Run a program of a student's in a Python of its own."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(source)],
        capture_output=True,
        timeout=seconds,
        env={**os.environ, **environment},
    )


# ── an answer that runs too long ────────────────────────────────────────────


def spin(seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


def in_a_thread(function) -> None:
    """Call it in another thread than the main one, where an error counts, too."""
    problems = []

    def run():
        try:
            function()
        except BaseException as problem:
            problems.append(problem)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(60)
    assert not thread.is_alive() and not problems, problems


@pytest.fixture(params=["main thread", "main thread of Windows", "another thread"])
def anywhere(request, monkeypatch):
    """Calls a function in the main thread, with either signal, and in another one."""
    if request.param == "main thread of Windows":
        monkeypatch.setattr(limiting, "_BELL", signal.SIGTERM)
    return in_a_thread if request.param == "another thread" else lambda function: function()


def test_a_block_is_stopped_in_time_and_nothing_arrives_late(anywhere):
    def block():
        began = time.monotonic()
        with pytest.raises(TimeLimit), time_limit(0.2):
            spin()
        assert time.monotonic() - began < 20
        spin(0.4)

    anywhere(block)


def test_a_limit_that_is_swallowed_comes_again(anywhere):
    def block():
        with pytest.raises(TimeLimit), time_limit(0.1):
            for _ in range(3):
                with contextlib.suppress(TimeLimit):
                    spin()
            spin()

    anywhere(block)


def test_limits_may_be_nested_and_the_shorter_one_counts(anywhere):
    def block():
        with pytest.raises(TimeLimit), time_limit(0.2), time_limit(60):
            spin()
        with time_limit(60):
            with pytest.raises(TimeLimit), time_limit(0.2):
                spin()
            spin(0.3)
        spin(0.3)

    anywhere(block)


def test_thousands_of_limits_leave_nothing_behind(anywhere):
    before = signal.getsignal(limiting._BELL)

    def block():
        for i in range(5000):
            with contextlib.suppress(TimeLimit), time_limit(1e-5 if i % 2 else 60):
                sum(range(i % 50))
        spin(0.3)

    anywhere(block)
    assert signal.getsignal(limiting._BELL) == before
    assert not [t for t in threading.enumerate() if t.name.endswith("(_watch)")]


def test_a_limit_may_be_entered_by_another_context_manager(anywhere):
    @contextlib.contextmanager
    def own():
        with time_limit(0.2):
            yield

    def block():
        with pytest.raises(TimeLimit), own():
            spin()
        with pytest.raises(TimeLimit), contextlib.ExitStack() as stack:
            stack.enter_context(time_limit(0.2))
            spin()

    anywhere(block)


@pytest.mark.parametrize("ended", [True, False])
def test_an_import_comes_to_its_end_and_is_not_counted(anywhere, ended, tmp_path, monkeypatch):
    name = f"slow_{'library' if ended else 'for_ever'}_{abs(hash(anywhere))}"
    loop = "while time.monotonic() < end: pass" if ended else "while True: pass"
    (tmp_path / f"{name}.py").write_text(f"import time\nend = time.monotonic() + 1\n{loop}\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(limiting, "PATIENCE", 60 if ended else 0.3)

    def block():
        with contextlib.nullcontext() if ended else pytest.raises(TimeLimit), time_limit(0.2):
            __import__(name)
        assert (name in sys.modules) == ended

    anywhere(block)


def test_a_real_signal_does_what_it_did_and_an_interruption_gets_through():
    heard = []
    before = signal.signal(limiting._BELL, lambda *_: heard.append("ours"))
    try:
        with time_limit(60), time_limit(60):
            signal.raise_signal(limiting._BELL)
            assert heard == ["ours"]
        with pytest.raises(KeyboardInterrupt), time_limit(60):
            signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(limiting._BELL, before)
    spin(0.2)


@pytest.mark.parametrize("where", ["here()", "in_a_thread()"])
def test_tools_that_trace_go_on_after_a_limit(where):
    """As coverage and debuggers do it; a Python of its own, for under 3.11 it used to hang."""
    done = python(
        f"""
        import sys, threading, time
        from cnnlab.engine.limiting import TimeLimit, time_limit

        lines = []

        def tracer(frame, event, argument):
            if frame.f_code.co_name == "traced":
                lines.append(frame.f_lineno)
            return tracer

        def traced():
            total = 0
            for i in range(100):
                total += i
            return total

        def here():
            sys.settrace(tracer)
            for seconds in (60, 0.2, 60):
                try:
                    with time_limit(seconds):
                        while seconds < 1:
                            pass
                except TimeLimit:
                    print("stopped")
                count = len(lines)
                traced()
                assert len(lines) > count + 100, "tracing was turned off"
            sys.settrace(None)
            traced()

        def in_a_thread():
            thread = threading.Thread(target=here)
            thread.start()
            thread.join()

        threading.settrace(tracer)
        {where}
        print("done")
        """
    )
    assert done.stdout.split() == [b"stopped", b"done"], done.stderr.decode()
