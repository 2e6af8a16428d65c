"""Faults on demand, for tests: batches that the host checkpoints although they have not ended.

The real host does so when a worker never starts, and when an invocation runs into functionTimeout.
A fault is `{"function": "x", "skip_batches": 1}`: no function sees them; or
`{"function": "x", "timeout_batches": 1, "after_seconds": 0.05}`: the invocation is cut off by then.
The setting `LOCAL_HOST_FAULTS` and `POST /admin/faults` take a JSON list; each batch uses one up.
"""

import json
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass

from local.host.config import ConfigurationError

NAME = "LOCAL_HOST_FAULTS"


@dataclass(frozen=True, slots=True)
class Fault:
    """What becomes of a batch: it is not invoked, or cut off after some seconds."""

    cut_after: float | None = None


class Faults:
    """The faults that wait for the next batches of each function."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._waiting: dict[str, deque[Fault]] = defaultdict(deque)
        text = environ.get(NAME, "[]")
        try:
            self.add(text)
        except ValueError as error:
            raise ConfigurationError(f"{NAME} is {text!r}: {error}") from error

    def add(self, text: str) -> None:
        """Add the faults of a JSON list. Raises ValueError for anything else, and adds none."""
        try:
            found = [each for entry in json.loads(text) for each in _faults(**entry)]
        except (ValueError, TypeError) as error:
            example = '[{"function": "name", "skip_batches": 1}]'
            raise ValueError(f"{error}; write {example}") from error
        for function, fault in found:
            self._waiting[function].append(fault)

    def next(self, function: str) -> Fault | None:
        """What becomes of the next batch of a function; None for nothing bad."""
        waiting = self._waiting[function]
        return waiting.popleft() if waiting else None


def _faults(
    function: str, skip_batches: int = 0, timeout_batches: int = 0, after_seconds: float = 0.05
) -> list[tuple[str, Fault]]:
    cut = Fault(float(after_seconds))
    return [(function, Fault())] * skip_batches + [(function, cut)] * timeout_batches
