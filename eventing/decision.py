"""What a rule may say: the next state and the events it raised, or that it refuses."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol


class State(Protocol):
    """The state of one aggregate: a frozen dataclass, named by its `kind` in the team's table.

    It may name properties in `due`: instants, or None, by which a timer finds it.
    """

    kind: ClassVar[str]


class Fact(Protocol):
    """The data of an event: a frozen dataclass with exactly the fields of the schema `type`.

    One that a timer raises names in `once` the field of whose value there is one, for good.
    """

    type: ClassVar[str]


@dataclass(frozen=True, slots=True)
class Decision[S: State]:
    """The outcome of a rule: the state it was given, and no events, means that nothing changed."""

    state: S | None
    events: Sequence[Fact] = ()


class Rejected(Exception):
    """A rule refuses: HTTP answers 409, a file rejects the row, a reaction parks the event."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Unknown(Rejected):
    """What it refers to is not known here, perhaps not yet: HTTP answers 404 with `Retry-After`."""


class Different(Rejected):
    """The id is of something else already: HTTP answers 422, for a key was used for two things."""
