"""`make torture`: kills, freezes and refusals over a stream of work, then the account of it."""

import argparse
import asyncio
import os
import shutil
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local.command import STATE
from local.ports import Ports
from local.settings import chosen
from local.stack import Stack
from tests.torture.account import Account, ends, hubs, tables
from tests.torture.harm import Inflicted, drawn
from tests.torture.pouring import Pouring
from tests.torture.verdict import Verdict, verdict

PATIENCE = 180.0
"""Seconds that the stack gets, once it is left in peace, to end all that was poured in."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """How much torture: it ends when both are reached, or when time is up."""

    kills: int
    events: int
    seconds: float
    seed: int
    peace: float = 1.5
    """Seconds between two harms, in the mean."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was done and what came of it."""

    harm: Inflicted
    pouring: Pouring
    account: Account
    verdict: Verdict
    seconds: float

    @property
    def good(self) -> bool:
        return not (self.verdict.lost or self.verdict.doubled or self.account.parked)


def torture(stack: Stack, wanted: Wanted) -> Outcome:
    """Pour work into a running stack while it is harmed; then let it end, and settle accounts."""
    settings = stack.environment()
    # The SDKs' synchronous clients read these when they are used.
    os.environ.update(settings)
    began = time.monotonic()
    pouring = Pouring(stack.host_url, settings["FILES"], wanted.seed)
    harm = Inflicted(stack, pouring.quiet)
    pouring.start()
    for each in drawn(wanted.seed, wanted.peace):
        done = pouring.events >= wanted.events and harm.kills.total() >= wanted.kills
        if done or time.monotonic() > began + wanted.seconds or not pouring.is_alive():
            break
        harm.inflict(each)
    pouring.enough()
    pouring.join(PATIENCE)
    if pouring.failure or pouring.is_alive():
        raise RuntimeError("the callers did not come to an end") from pouring.failure
    account = asyncio.run(settled(settings, time.monotonic() + PATIENCE))
    return Outcome(
        harm, pouring, account, verdict(pouring.poured, account), time.monotonic() - began
    )


async def settled(settings: Mapping[str, str], deadline: float) -> Account:
    """What the stack holds once nothing moves any more, or when time is up."""
    quiet = 0
    while True:
        account = await tables(settings, await ends(settings))
        files = [*account.of("/conversions/sales_file").values()]
        files += account.of("/conversions/lead_file").values()
        reading = any(row.state["status"] in ("received", "reading") for row in files)
        quiet = 0 if account.behind or account.waiting or reading else quiet + 1
        if quiet > 1 or time.monotonic() > deadline:
            break
        await asyncio.sleep(2.0)
    await hubs(settings, account)
    return account


def told(outcome: Outcome, wanted: Wanted) -> str:
    """The outcome in a few lines."""
    harm, account, verdict = outcome.harm, outcome.account, outcome.verdict
    kills = ", ".join(f"{name} {count}" for name, count in harm.kills.most_common())
    others = ", ".join(f"{name} {count}" for name, count in sorted(harm.others.items()))
    asked = ", ".join(
        f"{name} {count}" for name, count in outcome.pouring.poured.asked.most_common()
    )
    lines = [
        f"seed {wanted.seed}: {harm.rounds} rounds in {outcome.seconds:.0f} s",
        f"kills {harm.kills.total()} ({kills}); {others or 'nothing frozen or refused'}",
        f"requests: {asked}",
        f"events {len(account.events)} on the hubs, in {account.messages} messages",
        *account.behind,
        *([f"{account.waiting} outbox rows were never published"] if account.waiting else []),
        *(f"parked: {each}" for each in account.parked[:10]),
        *(f"lost: {each}" for each in verdict.lost[:20]),
        *(f"doubled: {each}" for each in verdict.doubled[:20]),
        f"lost {len(verdict.lost)}, doubled {len(verdict.doubled)}, parked {len(account.parked)}",
    ]
    return "\n".join(lines)


def main() -> int:
    """Exit code 1 when anything was lost, doubled or parked."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)

    def setting(name: str, usual: float, what: str) -> None:
        value = os.environ.get(f"TORTURE_{name.upper()}", usual)
        parser.add_argument(f"--{name}", type=float, default=value, help=f"{what} (%(default)s)")

    setting("kills", 40, "kill at least so often")
    setting("events", 5000, "over at least so many events")
    setting("seconds", 300, "but begin nothing new after so long")
    setting("peace", 1.5, "seconds between two harms, in the mean")
    setting("seed", time.time_ns() % 100_000, "of the harms and the input")
    usual = STATE / "torture"
    parser.add_argument(
        "--directory", type=Path, default=usual, help="state and logs (%(default)s)"
    )
    given = parser.parse_args()
    wanted = Wanted(
        int(given.kills), int(given.events), given.seconds, int(given.seed), given.peace
    )
    shutil.rmtree(given.directory, ignore_errors=True)
    with Stack(given.directory, Ports.free(), chosen()) as stack:
        stack.start(app=True)
        outcome = torture(stack, wanted)
    print(told(outcome, wanted))
    return 0 if outcome.good else 1


if __name__ == "__main__":
    sys.exit(main())
