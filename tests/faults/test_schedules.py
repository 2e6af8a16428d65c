"""Random schedules of everything that goes wrong; each is repeated by its seed.

`FAULT_SCHEDULES=200000` tries as many, from `FAULT_SEED` on; `FAULT_SEED` alone tries that one.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from hashlib import sha256
from random import Random
from typing import Any

import pytest

from eventing.bus import ROOT
from eventing.handle import Outcome, Spine, Work
from tests.faults import test_crash_points
from tests.faults.plan import Chaos, Fair, Fault
from tests.faults.schedule import story, tried
from tests.faults.simulation import simulated
from tests.rules.found import RULES

SEED = os.environ.get("FAULT_SEED")
FIRST = int(SEED or 0)
COUNT = int(os.environ.get("FAULT_SCHEDULES", "1" if SEED else "2000"))
PARTS = min(COUNT, 8)
WORKERS = 2
"""Groups of parts: `make test` gives each to a worker of its own."""


@pytest.mark.slow
@pytest.mark.timeout(0)
@pytest.mark.parametrize(
    "part",
    [
        pytest.param(part, marks=pytest.mark.xdist_group(f"schedules-{part % WORKERS}"))
        for part in range(PARTS)
    ],
)
def test_whatever_goes_wrong_nothing_is_lost_doubled_or_out_of_order(
    part: int, record_property: Callable[[str, object], None]
) -> None:
    seeds = range(FIRST + part, FIRST + COUNT, PARTS)
    deaths = events = taken = 0
    began = time.perf_counter()
    for seed in seeds:
        try:
            world = tried(seed)
        except Exception as error:
            again = f"FAULT_SEED={seed} .venv/bin/python -m pytest tests/faults/test_schedules.py"
            error.add_note(f"to see it again: {again}")
            raise
        deaths += world.deaths
        events += len(world.bus.events)
        taken += world.taken.total
    took = f"{time.perf_counter() - began:.0f} s"
    counts = f"{len(seeds)} schedules, {deaths} deaths, {events} events, {taken} taken"
    record_property("told", f"{counts}, {took}")


@pytest.fixture
def took_part(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The rules that changed something, by name."""
    found: set[str] = set()
    settle = Spine.settle

    async def noting(self: Spine, bucket: int, works: Sequence[Work]) -> list[Outcome]:
        outcomes = await settle(self, bucket, works)
        found.update(each.work.rule.decide.__module__ for each in outcomes if each.applied)
        return outcomes

    monkeypatch.setattr(Spine, "settle", noting)
    return found


TOLD = ("conversions", "customer", "product")
"""The teams that the stories tell of. One that joins is named here when they tell of it, too."""

EVERY_RULE = {rule.module.__name__ for rule in RULES if rule.name.split(".")[0] in TOLD}


def test_every_command_and_every_reaction_takes_part_in_the_crash_points(
    took_part: set[str],
) -> None:
    simulated(test_crash_points.story, Fair())
    assert EVERY_RULE - took_part == set()


@pytest.mark.slow
def test_every_command_and_every_reaction_takes_part_in_the_schedules(took_part: set[str]) -> None:
    for seed in range(300):
        tried(seed)
        if took_part >= EVERY_RULE:
            return
    assert EVERY_RULE - took_part == set()


class Written(Chaos):
    """Any step may go wrong, and every step is written down."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.steps: list[Any] = []

    def next(self, label: str) -> tuple[Fault, float, float]:
        decided = super().next(label)
        self.steps.append((label, *decided))
        return decided


def history(seed: int) -> str:
    """A digest of every step of a schedule."""
    plan = Written(Random(seed))
    simulated(story, plan, seed)
    return sha256(repr(plan.steps).encode()).hexdigest()


@pytest.mark.slow
def test_a_seed_is_the_same_schedule_in_every_process() -> None:
    told = "from tests.faults.test_schedules import history; print([history(n) for n in range(9)])"
    # The order of sets hangs on it, so nothing may hang on the order of a set.
    others = [
        subprocess.run(
            [sys.executable, "-c", told],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": number},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for number in ("1", "2")
    ]
    assert others[0] == others[1]
