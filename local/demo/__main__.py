"""`make demo`: a stack of its own, the main job and the year after on it, shown and judged."""

import argparse
import asyncio
import os
import secrets
import shutil
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiohttp import ClientError
from azure.core.exceptions import AzureError
from azure.eventhub.exceptions import EventHubError
from rich.console import Console

from local.command import STATE, heed_signals
from local.demo.api import Refused
from local.demo.checks import differences
from local.demo.journey import travel
from local.demo.readback import Unread
from local.demo.screen import Screen
from local.demo.tables import show
from local.demo.year_after import CLOCK_AHEAD_DAYS
from local.ground import NotRegistered
from local.ports import Ports, PortTaken
from local.process import PORT_TAKEN, Died
from local.running import AlreadyRunning, running
from local.settings import chosen
from local.stack import Stack

FAILURES = (
    AlreadyRunning,
    AzureError,
    ClientError,
    Died,
    EventHubError,
    NotRegistered,
    Refused,
    Unread,
    ValueError,
)


def main() -> int:
    """The demo's exit code: 0, 1 for what is not as implied or went wrong, 98 for a taken port."""
    parser = argparse.ArgumentParser(prog="python -m local.demo", description=__doc__)
    parser.add_argument("--directory", type=Path, default=STATE, help="state of the stack")
    directory = parser.parse_args().directory
    heed_signals()
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 110)
    try:
        return _demo(console, directory)
    except PortTaken as error:
        print(f"error: {error}", file=sys.stderr)
        return PORT_TAKEN
    except FAILURES as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _demo(console: Console, directory: Path) -> int:
    began = time.monotonic()
    values = chosen()
    with _stack(console, directory, values) as stack:
        stack.start(app=True)
        # The SDKs' synchronous clients read these when they are used, as the app does at its start.
        os.environ.update(stack.environment())
        ready = time.monotonic()
        run = secrets.token_hex(3)
        console.print(f"run {run}: 300 accounts, a lead for each, three partners' sales files")

        def move_clock() -> None:
            values.update(CLOCK_AHEAD_DAYS=str(CLOCK_AHEAD_DAYS), DUE_SCHEDULE="* * * * * *")
            day = datetime.now(UTC) + timedelta(days=CLOCK_AHEAD_DAYS)
            console.print(
                f"the app with CLOCK_AHEAD_DAYS={CLOCK_AHEAD_DAYS}: it is {day:%-d %B %Y}"
            )
            stack.restart("host")

        with Screen(console) as screen:
            outcome = asyncio.run(
                travel(run, stack.host_url, stack.environment(), screen, move_clock)
            )
        show(console, outcome)
        wrong = differences(outcome.events, outcome.leads, outcome.files, outcome.year)
        console.print("stopping the stack")
    end = time.monotonic()
    _judge(console, wrong)
    console.print(f"{end - began:.1f} s in all, {ready - began:.1f} s of it to start the stack.")
    return 1 if wrong else 0


def _judge(console: Console, wrong: Sequence[str]) -> None:
    for difference in wrong:
        console.print(f"[red]differs:[/] {difference}")
    console.print("[red]NOT as implied[/]" if wrong else "[green]every number is as implied[/]")


def _stack(console: Console, directory: Path, values: dict[str, str]) -> Stack:
    """A stack of the demo's own, empty: it moves the clock, which nobody else shall notice."""
    own = directory / "demo"
    if found := running(own):
        raise AlreadyRunning(f"process {found.pid} does the demo: wait for it")
    shutil.rmtree(own, ignore_errors=True)
    ports = Ports.from_environment(values)
    if up := running(directory):
        console.print(f"beside the stack of process {up.pid}, on other ports")
        ports = Ports.free()
    console.print("starting the local stack")
    return Stack(own, ports, values, lambda text: console.print(f"  {text}"))


if __name__ == "__main__":
    sys.exit(main())
