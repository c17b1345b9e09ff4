"""What a family of mistakes is."""

from __future__ import annotations

from collections.abc import Callable

from ..exercise import Exercise, Mistake


class Family:
    """Known mistakes without an exercise, declared as an exercise declares its own."""

    def __init__(self) -> None:
        self.mistakes: list[Mistake] = []

    def mistake(self, name: str, advice: str, *, symptom: bool = False) -> Callable:
        """Declare a wrong answer that people really give; ``symptom``: see :class:`Mistake`."""

        def declare(function: Callable) -> Callable:
            self.mistakes.append(Mistake(name, advice, function, symptom))
            return function

        return declare

    def belongs_to(self, exercise: Exercise) -> None:
        """Add them to the known mistakes of an exercise."""
        own = {mistake.name for mistake in exercise.mistakes}
        exercise.mistakes += [m for m in self.mistakes if m.name not in own]
