"""One submission in the sandbox: what the judge asks, and how it learns that nobody answers."""

from __future__ import annotations

import json
import signal
import socket
import time
from typing import Any

from .inside import wire

SUPERVISOR_SECONDS = 60
"""How long our own process inside may take to answer, on the busiest machine."""


class Ended(Exception):
    """The submission's process is gone; the message says how, in a student's words."""


class Session:
    """One submission in its own fork: ask for something, get data back."""

    def __init__(self, data: socket.socket, life: socket.socket):
        self._data, self._life, self._number = data, life, 0
        self._last_word = b""  # of the supervisor, if it came when something else was asked

    def ask(self, request: dict[str, Any], seconds: float, counted: bool = False) -> dict[str, Any]:
        """Send a request and wait for its reply. seconds: by the clock, then it is killed.

        counted: say in ``cpu`` how many CPU seconds passed for the submission meanwhile.
        Raises TimeoutError then, and Ended when the process is gone or says nonsense;
        in both cases the session is over.
        """
        self._number += 1
        deadline = time.monotonic() + seconds
        try:
            before = self.cpu() if counted else 0.0
            wire.send(self._data, wire.dump({**request, "id": self._number}), deadline)
            reply = wire.receive(self._data, deadline)
            number = reply.get("id")
            if type(number) is not int or number != self._number:
                raise wire.WireError("it answered something that was not asked")
            return reply | {"cpu": self.cpu() - before if counted else 0.0}
        except TimeoutError:
            self.close()
            raise
        except wire.WireError as problem:
            self.close()
            raise Ended(f"it sent something that is no answer: {problem}") from problem
        except (EOFError, OSError) as problem:
            how = self._how_it_ended()
            self.close()
            raise Ended(how) from problem

    def cpu(self) -> float:
        """CPU seconds of all its processes, as the kernel counts them and our supervisor reads.

        Raises OSError if it has ended, and RuntimeError if our own supervisor does not answer.
        """
        self._life.sendall(b"?")
        try:
            wire.wait(self._life, time.monotonic() + SUPERVISOR_SECONDS)
        except TimeoutError:
            raise RuntimeError("the supervisor of a submission does not answer") from None
        said = self._life.recv(40)
        if not said.startswith(b"="):
            self._last_word = said
            raise ConnectionResetError
        return float(said[1:])

    def _how_it_ended(self) -> str:
        try:
            wire.wait(self._life, time.monotonic() + 5)
            code = int(json.loads(self._last_word or self._life.recv(20) or b"0"))
            crash = f"it crashed ({signal.Signals(-code).name})" if code < 0 else ""
        except (TimeoutError, OSError, ValueError, TypeError, OverflowError):
            return "it closed its connection"
        if code == -signal.SIGKILL or code == -signal.SIGXCPU:
            return "it was stopped for using too much computing time or memory"
        if crash:
            return crash
        return "it ended itself, as exit() does"

    def close(self) -> None:
        """Kill the fork and all that it started."""
        self._data.close()
        self._life.close()
