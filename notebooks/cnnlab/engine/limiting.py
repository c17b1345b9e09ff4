"""Stop code that runs too long: in this process, in this thread, on every system.

Nothing arrives late, nothing stays pending, and no library is left imported by half. The ways that
do not do: an alarm signal is unknown to Windows; an exception that another thread sets for this one
(``PyThreadState_SetAsyncExc``) strikes wherever the thread happens to be, and cannot be taken
back: before Python 3.12 clearing it leaves the interpreter waiting for it for good, and then a
debugger or a measurement of coverage hangs. So a watcher rings a bell, and this thread itself
decides, when it hears it, whether to stop:

- In the main thread the bell is a signal, which the watcher only notes down for Python
  (``interrupt_main``); the operating system sends none. The handler sees where the code is, and
  after the block there is no handler.
- Elsewhere Python runs no handlers. There the watcher looks where the thread is, and sets the
  exception; at the end of the block one more is set and caught, which takes the place of one
  that has not been delivered. So none is ever cleared.
"""

from __future__ import annotations

import _thread
import contextlib
import ctypes
import inspect
import signal
import sys
import threading
import time
from types import FrameType
from typing import Any

STEP = 0.1
"""Seconds between two looks at where the code is, and between two rings; of a short limit an eighth
of it, because it may be renewed for less."""

PATIENCE = 60.0
"""Seconds that imports may take without being counted. Each import comes to its end before anything
is raised, because the next answer needs whole libraries; but one that hangs is stopped, too."""

# Nobody sends it; Windows does not know it, and there SIGTERM is the quietest one.
_BELL = getattr(signal, "SIGVTALRM", signal.SIGTERM)
_IMPORTS = "<frozen importlib._bootstrap"


class TimeLimit(BaseException):
    """Raised inside an answer that runs too long.

    Not an Exception, so that an ``except Exception`` in the answer lets it through.
    """


class time_limit:
    """``with time_limit(3): …`` raises TimeLimit if the block is not done in so many seconds.

    Only Python code can be stopped: a long call into C ends first. What imports take is not
    counted (see PATIENCE). Blocks may be nested. What takes long should be called in the block:
    Python 3.13 leaves a loop that stands in it without going through its end.

    within: a file's name; TimeLimit is raised only while its code runs, or what that calls. So what
    is set up and taken down around it, again and again, is never left half done.
    waiting: how much of a second counts in which the thread only waits, for others on a busy
        machine, say. (Windows and macOS do not tell it from one in which the thread computes.)
    """

    def __init__(self, seconds: float, within: str = "", waiting: float = 1.0):
        self.seconds, self.within, self._waiting = seconds, within, waiting
        self._step = min(STEP, seconds / 8)
        self._over = threading.Event()
        self._ringing = self._rang = self._patient = False
        self._handler_before: Any = None

    def renew(self, seconds: float) -> None:
        """Begin anew, with so many seconds: one watcher for many short runs in one block."""
        self._renewed, self._left = self._clock(), seconds

    def _clock(self) -> float:
        """Seconds that count: of those in which the thread waits only a part does."""
        now = time.monotonic()
        if self._waiting == 1 or not hasattr(time, "pthread_getcpuclockid"):
            return now
        computed = time.clock_gettime(time.pthread_getcpuclockid(self._thread))
        return computed + self._waiting * (now - computed)

    def __enter__(self) -> time_limit:
        self._thread = threading.get_ident()
        self.renew(self.seconds)
        self._frame: FrameType | None = _running_meanwhile(sys._getframe(1))
        self._tracer = sys.gettrace()
        if threading.current_thread() is threading.main_thread():
            before = signal.getsignal(_BELL)
            if before is not None:  # None: set by C, and could not be set again
                with contextlib.suppress(ValueError):  # in a sub-interpreter
                    signal.signal(_BELL, self._heard)
                    self._handler_before = before
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()
        return self

    def __exit__(self, *problem: object) -> None:
        interrupted = None
        while True:  # to the end, whatever arrives meanwhile
            try:
                self._over.set()
                self._watcher.join()
                if self._handler_before is not None:
                    # If the bell has rung unheard, this hears it first: the block is over then.
                    signal.signal(_BELL, self._handler_before)
                elif self._rang:
                    _catch_what_is_due()
                if self._rang and self._tracer is not None and sys.gettrace() is None:
                    sys.settrace(self._tracer)  # raised inside it, which turns tracing off
                break
            except TimeLimit:
                continue
            except KeyboardInterrupt as asked:
                interrupted = asked
        self._frame = None
        if interrupted is not None:
            raise interrupted

    def _watch(self) -> None:
        """Ring when the time is up, and again, should the answer have swallowed it."""
        patience, last = PATIENCE, self._clock()
        while not self._over.wait(min(self._left, self._step)):
            now = self._clock()
            took, last = now - max(last, self._renewed), now
            place = self._place(sys._current_frames().get(self._thread))
            if place == "gone":
                return  # the block was left by an exception just where its end began
            self._patient = patience > 0
            if place == "importing" and self._patient:
                patience -= took
                continue
            self._left -= took
            if self._left <= 0:
                self._rang, self._left = True, self._step
                self._ring(place)

    def _ring(self, place: str) -> None:
        if self._handler_before is not None:
            self._ringing = True
            _thread.interrupt_main(_BELL)
        elif place != "leaving" and not self._over.is_set():
            _set_for(self._thread)

    def _heard(self, number: int, frame: FrameType | None) -> None:
        """The main thread's handler: raise, if the block is what runs."""
        if not self._ringing:
            self._pass_on(number, frame)
            return
        self._ringing = False
        place = "gone" if self._over.is_set() else self._place(frame)
        if place == "inside" or (place == "importing" and not self._patient):
            raise TimeLimit

    def _pass_on(self, number: int, frame: FrameType | None) -> None:
        """The signal is an outer block's, or a real one: do what would have been done."""
        if callable(self._handler_before):
            self._handler_before(number, frame)
        elif self._handler_before == signal.SIG_DFL:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)

    def _place(self, frame: FrameType | None) -> str:
        """Where the thread is: "inside" the block, "importing", "leaving" a block, or "gone"."""
        importing, within = False, not self.within
        while frame is not None and frame is not self._frame:
            if frame.f_code in _ENDS:
                return "leaving"
            within = within or frame.f_code.co_filename == self.within
            importing = importing or frame.f_code.co_filename.startswith(_IMPORTS)
            frame = frame.f_back
        if frame is None:
            return "gone"
        if not within:
            return "leaving"
        return "importing" if importing else "inside"


_ENDS = {time_limit.__enter__.__code__, time_limit.__exit__.__code__}
"""Where nothing may be raised, or an inner block would not be tidied up."""


def _running_meanwhile(frame: FrameType) -> FrameType:
    """The function that is called as long as the block: not an ExitStack, nor a generator."""
    while frame.f_back is not None and (
        frame.f_code.co_filename == contextlib.__file__
        or frame.f_code.co_flags & inspect.CO_GENERATOR
    ):
        frame = frame.f_back
    return frame


def _set_for(thread: int) -> None:
    """Have Python raise TimeLimit in a thread; it takes the place of one that is still due."""
    set_for = ctypes.pythonapi.PyThreadState_SetAsyncExc
    set_for(ctypes.c_ulong(thread), ctypes.py_object(TimeLimit))


def _catch_what_is_due() -> None:
    """Make sure that no exception is due in this thread: set one, and wait for it."""
    tracer = sys.gettrace()
    sys.settrace(None)  # or it would be raised inside the tracer
    try:
        _set_for(threading.get_ident())
        _wait()
    except TimeLimit:
        pass
    finally:
        sys.settrace(tracer)


def _wait() -> None:
    """A call, because from 3.13 on a ``try`` does not cover the jump of such a loop inside it."""
    while True:
        pass
