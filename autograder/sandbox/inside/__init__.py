"""Exactly what is mounted in the sandbox: every file of this folder, and a few of cnnlab's.

So it stands alone: no course, no test, no right answer, nothing else of ours is there. Our end
imports ``wire`` and ``limits``, the one language and the one list of limits that both sides know.

- ``runner``: the processes; ``__main__`` starts it.
- ``notebook``: runs the student's cells, among stand-ins for what is not there.
- ``compiling``: turns their source into code as their own kernel would.
- ``packages``: stand-ins for packages that are simply there in Colab.
- ``answers``: finds the student's functions, calls them, and says what came of it.
- ``searching``: looks for the edit of an answer that would make it right.
- ``refused``: what is out of bounds.
- ``wire``: what the judge is answered with: JSON and raw buffers, never objects.
- ``computing``: how long a submission has computed.
- ``limits``: what a submission may use, and how the kernel is told so; ``calls``: which of the
  kernel's own calls.
"""
