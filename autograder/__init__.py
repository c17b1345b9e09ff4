"""autograder: release lessons, collect what students hand in, grade it, and give feedback.

The rooms, top to bottom; a module imports from rooms below its own, never from above:

- ``cli``: the commands.
- ``doctor``, ``demo``, ``bench``: try the grader as attackers, as a class, against the clock;
  ``students`` makes up whom they need.
- ``pages``: feedback, the class report, tables for others. ``releasing``: what students get.
- ``recording``: what is new is judged, and written into nbgrader's gradebook.
- ``judging``: verdicts. Below it, in the students' package, ``cnnlab.engine`` knows what is right.
- ``intake``: what came in: whose it is, what is a notebook, the answers in a clean copy.
- ``sandbox``: where student code runs: our end, and ``sandbox.inside``, exactly what is mounted.
- ground floor: ``mending``, ``choices``, ``database`` (the gradebook as one), ``course`` (its
  folder), ``settings`` (what it is told), ``cells`` (the words for what a notebook is made of),
  ``paths``, ``terminal``.

The walls:

- Student code runs in ``sandbox.inside`` and nowhere else. It knows nobody outside that folder but
  a few files of cnnlab's engine (``sandbox.CNNLABS``), and what comes back from it is data: JSON
  and raw arrays, checked.
- ``judging`` never knows ``recording``, and a worker does not even import nbgrader: who judges can
  neither read nor write grades.
- What is decided about points is decided in ``judging``, once, and handed on as a value.
- A course's configuration imports nothing of ours. It names our steps by strings
  (``judging.plugins``), so where we cannot be found nothing is graded, instead of unprotected.

The way of one submission, as calls:

    cli → recording.grade → intake.submitted
          recording.grade → recording.batch → judging.worker → judging.judge
    intake.apart → intake.reading
    intake.apart → intake.restore
    judging.judge → judging.submission → sandbox.session ⇄ sandbox.inside
    judging.judge → cnnlab.engine.examine → cnnlab.engine.causes
    judging.judge → judging.record, a value that goes back all the way up
          recording.grade → recording.gradebook
    cli → pages.feedback

``intake.apart`` is what a worker asks before it judges: a process of its own, whose end harms
nobody. When all points are recorded ``judging.search`` goes from the worker to a fresh session,
which sees no hidden input, and looks for the edit that would make a wrong answer right; the page
says it.

``judge`` and ``feedback``, beside the rooms, are addresses that courses of the first edition hold.
"""
