"""What is fuzzed: valid seeds, what to strew in, and the door that every input must leave by."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from random import Random

from tests.fuzz.mutations import Seed, mutated


def brief(refusal: Exception, most: int = 1000) -> None:
    """A refusal goes into logs and answers: its text does not grow with what was sent."""
    assert len(str(refusal)) <= most


class Target(ABC):
    """A door for bytes. Every input gives a value or one of its own refusals."""

    seeds: Sequence[Seed]
    tokens: Sequence[bytes]

    def input(self, seed: int, number: int) -> tuple[list[bytes], Random]:
        """Input `number` of a run, and the chance by which the rest of it is decided."""
        chance = Random(seed << 40 | number)
        return mutated(self.seeds, self.tokens, chance), chance

    async def start(self) -> None:  # noqa: B027  most have nothing to start
        """Begin a run, in its event loop."""

    @abstractmethod
    async def put(self, parts: list[bytes], chance: Random) -> str:
        """Put one input in; how it ended. Any exception is a finding."""
