"""What goes wrong, and when: at every step into a store, a bus, a registry or a container."""

from dataclasses import dataclass, field
from enum import Enum, auto
from random import Random
from typing import Protocol


class Fault(Enum):
    """What becomes of one step."""

    NONE = auto()
    CRASH_BEFORE = auto()
    CRASH_AFTER = auto()
    FAIL_BEFORE = auto()
    """429, 5xx, a timeout, a reset: nothing was done."""
    FAIL_AFTER = auto()
    """A timeout or a reset: it was done, and the answer lost."""
    CONFLICT_AFTER = auto()
    """The SDK repeats by itself what was done, and meets its own write."""


CONDITIONAL = ("commit", "advance")
"""Steps with an ETag, which may meet their own write."""

READS = (
    *("load", "position", "outbox", "due", "mark"),
    *("claim", "read", "version", "page"),
    *("ends", "id_of", "by_id"),
)
"""Steps that leave nothing behind: lost on the way back, they are as if they had never been."""

AFTER = (Fault.CRASH_AFTER, Fault.FAIL_AFTER)


class Plan(Protocol):
    """Decides on each step, and how long it takes on its way there and back."""

    def next(self, label: str) -> tuple[Fault, float, float]: ...


@dataclass
class Fair:
    """Nothing goes wrong; every step is noted."""

    steps: list[str] = field(default_factory=list)

    def next(self, label: str) -> tuple[Fault, float, float]:
        self.steps.append(label)
        return Fault.NONE, 0.0, 0.0


@dataclass
class One:
    """Exactly one step goes wrong."""

    at: int
    fault: Fault
    seen: int = -1

    def next(self, label: str) -> tuple[Fault, float, float]:
        self.seen += 1
        return (self.fault if self.seen == self.at else Fault.NONE), 0.0, 0.0


@dataclass
class Chaos:
    """Any step may go wrong, by chance."""

    chance: Random

    def __post_init__(self) -> None:
        chance = self.chance
        self.crash = chance.choice((0.0, 0.01, 0.03))
        self.fail = chance.choice((0.0, 0.02, 0.1, 0.3))
        self.slow = chance.choice((0.0, 0.02, 0.1))

    def next(self, label: str) -> tuple[Fault, float, float]:
        chance = self.chance
        return self._fault(label), self._pause(), self._pause() if chance.random() < 0.5 else 0.0

    def _fault(self, label: str) -> Fault:
        drawn = self.chance.random()
        if drawn < self.crash:
            return self.chance.choice((Fault.CRASH_BEFORE, Fault.CRASH_AFTER))
        if drawn < self.crash + self.fail:
            kinds = [Fault.FAIL_BEFORE, Fault.FAIL_AFTER]
            if label.split(".")[-1] in CONDITIONAL:
                kinds.append(Fault.CONFLICT_AFTER)
            return self.chance.choice(kinds)
        return Fault.NONE

    def _pause(self) -> float:
        drawn = self.chance.random()
        if drawn < self.slow:
            return self.chance.uniform(1.0, 40.0)
        return self.chance.uniform(0.0, 0.05) if drawn < 0.6 else 0.0
