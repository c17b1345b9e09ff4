"""The small edit of a student's own source that makes every case right: it names the place.

- ``edits``, ``slots``, ``names``, ``families``: what an edit is, where one can be made, with what;
- ``expressions``, ``calls``, ``subscripts``, ``around``, ``statements``: all small edits;
- ``program``, ``candidates``: a cell as a program that is run again and again, and called;
- ``tracing``: which lines of it run, and what its names and expressions hold;
- ``goals``: what has to be right: all cases, or a part that may have a cause of its own;
- ``listing``, ``trials``, ``search``: list them, call what comes of them, and try all;
- ``nearness``, ``pairs``: two edits, the first of which brings the answer nearer;
- ``seeing``, ``quoting``: see two values, and quote, where one is found;
- ``beside``: do so in a forked child, or here;
- ``said``, ``wording``: what was found, as data from where damaged code has run, and in words.

Nothing here knows a solution, a report or the student's notebook: what comes in is a source, names
and cases with their right values, and what goes out are lines, kinds and two short values. So the
room is mounted where answers are graded, too (with ``case``, ``comparing``, ``limiting`` and
``problems``). ``causes.repairing`` puts the question and words the answer.
"""

from .goals import Asked
from .program import NotSearched, Program
from .said import Results
from .search import Search

__all__ = ["Asked", "NotSearched", "Program", "Results", "Search"]
