"""What every exercise is checked with, whichever lesson it belongs to.

From bottom to top; a module imports only what stands above it in this list:

- ``kept``: the visible cases as data;
- ``exercise``: what an exercise and a lesson are, how they are declared, the register;
- ``refusing``: what is ready-made, and refused; ``foreign``: what an answer uses of that;
- ``at_work``, ``meaning``, ``telling``: an exception in words;
- ``comparing``, ``limiting``, ``calling``: compare values; stop what runs too long; call an answer
  and say what came of it;
- ``verdict``: what is wrong with each case, and the points;
- ``causes``: why an answer is wrong;
- ``examine``: all of that for one answer;
- ``shown``, ``picturing``, ``page``: the report as text, drawing and HTML; ``vector``: drawings
  that take the page's colours; ``output``: where it all goes.

Beside them, for those who write lessons: ``drawing`` (inputs that tell right from nearly right),
``shared_mistakes`` (families of mistakes that several exercises share), ``figures`` (the look that
all figures share).
"""
