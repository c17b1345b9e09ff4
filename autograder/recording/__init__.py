"""Recording: the course's submissions judged, and what came of it in gradebook and ``autograded/``.

``grade`` is the way in: it looks for what is new, has a ``batch`` judged and writes into the
``gradebook``. ``table`` reads it again; ``points`` is the arithmetic that all share.
"""
