"""Look for the small edit of an answer's own source that makes it right.

The judge asks for it in a session that has seen no hidden input, once the points are recorded. What
comes in is public: the visible cases and what is right there. What goes out is a claim like all
else that is said here.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any

from . import refusing
from .answers import Answers, probe
from .case import Case, Outcome
from .refused import answering
from .repair import Asked, NotSearched, Program, Results, Search


def search(request: dict[str, Any], answers: Answers) -> dict[str, Any]:
    """What a search of so many seconds finds in the source of an answer."""
    until = time.monotonic() + request["seconds"]
    asked, more = (
        [_asked(data, answers.with_torch) for data in request[which]] for which in ("asked", "more")
    )

    @contextlib.contextmanager
    def fence() -> Iterator[None]:
        with answering(), refusing.refusing(request["refused"], refusing.refuse_torch):
            yield

    try:
        program = Program.of(
            answers.notebook.find(request["name"]), request["name"], answers.notebook.sources.get
        )
    except NotSearched:
        return {}
    found = Search(program, asked, lambda: more, fence)
    found.run(until)
    return Results.of(found).as_data()


def _asked(data: dict[str, Any], with_torch: bool) -> Asked:
    """A case, and what is right there. Where a judge decides nothing is searched."""
    ask: Callable | None = probe(data["probe"], with_torch) if data["probe"] else None
    about = {name: data[name] for name in ("raises", "draws", "rtol", "atol")}
    case = Case(data["case"], data["args"], data["kwargs"], ask, **about)
    return Asked(case, Outcome("returned", data["right"]), data["wrong"], tuple(data["groups"]))
