"""`make fuzz`: many damaged inputs for every door, told in a table; the first finding ends it.

`--replay N` puts input N of the same seed in alone and prints it.
"""

import argparse
import asyncio
import logging
import resource
import sys
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field

from tests.fuzz.connections import Connections
from tests.fuzz.decoder import Decoder
from tests.fuzz.frames import Frames
from tests.fuzz.requests import Requests
from tests.fuzz.sales_files import SalesFiles
from tests.fuzz.target import Target

TARGETS: dict[str, type[Target]] = {
    "decoder": Decoder,
    "csv": SalesFiles,
    "http": Requests,
    "frames": Frames,
    "connection": Connections,
}
SLOWEST = 1.0
"""Seconds of CPU that one input may take."""

LARGEST = 192
"""MiB by which a run's memory may grow: the broker's cache is a third of it."""


@dataclass
class Run:
    """What came of the inputs so far."""

    name: str
    endings: Counter[str] = field(default_factory=Counter)
    slowest: tuple[float, int] = (0.0, 0)
    grown: float = 0.0
    finding: str = ""
    seconds: float = 0.0

    @property
    def inputs(self) -> int:
        return self.endings.total()

    def __str__(self) -> str:
        endings = ", ".join(f"{name} {count:,}" for name, count in self.endings.most_common())
        return (
            f"{self.name:11}{self.inputs:>10,} inputs {self.seconds:5.0f} s   slowest "
            f"{self.slowest[0] * 1e3:.1f} ms (input {self.slowest[1]})   "
            f"memory +{self.grown:.0f} MiB   {endings}"
        )


async def run(name: str, seed: int, first: int, inputs: int) -> Run:
    """Put inputs `first` and on into a target, until one is a finding."""
    found, target, started = Run(name), TARGETS[name](), time.monotonic()
    await target.start()
    before = _peak()
    for number in range(first, first + inputs):
        parts, chance = target.input(seed, number)
        begun = time.process_time()
        try:
            ending = await target.put(parts, chance)
        except Exception:  # noqa: BLE001  whatever it is, it is the finding
            found.finding = f"input {number}: {traceback.format_exc()[-3000:]}"
            break
        took = time.process_time() - begun
        found.endings[ending] += 1
        found.slowest = max(found.slowest, (took, number))
        found.grown = _peak() - before
        if took > SLOWEST or found.grown > LARGEST:
            found.finding = f"input {number}: {took:.2f} s, +{found.grown:.0f} MiB"
            break
    found.seconds = time.monotonic() - started
    return found


def _peak() -> float:
    """The most memory that this process has had, in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)


async def _replayed(name: str, seed: int, number: int) -> None:
    target = TARGETS[name]()
    await target.start()
    parts, chance = target.input(seed, number)
    print(f"{name} input {number} of seed {seed}: {b''.join(parts)[:4000]!r}")
    print(await target.put(parts, chance))


def main() -> int:
    """Run what was asked for; exit code 1 when there is a finding."""
    asked = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    asked.add_argument("targets", nargs="*", help=f"of {', '.join(TARGETS)}; all without")
    asked.add_argument("--inputs", type=int, default=100_000)
    asked.add_argument("--first", type=int, default=0)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--replay", type=int)
    options = asked.parse_args()
    names = options.targets or list(TARGETS)
    # A line for each of a million refusals is of no use.
    logging.disable()
    if options.replay is not None:
        asyncio.run(_replayed(names[0], options.seed, options.replay))
        return 0
    for name in names:
        found = asyncio.run(run(name, options.seed, options.first, options.inputs))
        print(found, flush=True)
        if found.finding:
            print(found.finding, file=sys.stderr)
            again = f"--seed {options.seed} --replay {found.finding.split()[1].rstrip(':')}"
            print(f"again: python -m tests.fuzz {name} {again}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
