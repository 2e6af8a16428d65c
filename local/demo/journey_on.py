"""The journey goes on: the year after, by commands first and then by the clock."""

import asyncio
import time
from collections.abc import Mapping
from contextlib import ExitStack

from local.demo.api import Api
from local.demo.checks import ABANDONED, EXPIRED
from local.demo.commands import configure, decline, switch_account
from local.demo.readback import ReadBack
from local.demo.scenario import Lead
from local.demo.screen import Screen
from local.demo.year_after import YearAfter

PATIENCE = 60.0
"""Seconds that each part gets."""


async def live(api: Api, hubs: ReadBack, year: YearAfter, screen: Screen) -> None:
    """Give the commands of the year after, and wait until the customer team has heard of them."""
    await screen.each("products changed", [configure(api, one) for one in year.configured])
    await screen.each("leads declined", [decline(api, lead) for lead in year.declined])
    for word, what, accounts in (
        ("deactivate", "accounts closed", year.closed),
        ("activate", "accounts reopened", year.reopened),
    ):
        await screen.each(what, [switch_account(api, each, word) for each in accounts])
    # A quote that is still open when the clock moves would be abandoned, and not failed.
    await screen.each("quotes closed", [_closed(api, lead) for lead in year.declined])
    followed = {"contacts deactivated": ("customer.contact.deactivated", len(year.closed))}
    await _arrived(hubs, followed, screen)


async def age(hubs: ReadBack, year: YearAfter, screen: Screen) -> None:
    """Wait until the timers have told what the clock implies, and all is read."""
    ended = {
        "quotes abandoned": (ABANDONED, len(year.abandoned)),
        "products expired": (EXPIRED, len(year.expired)),
    }
    await _arrived(hubs, ended, screen)
    # What comes besides would be more than is implied.
    await hubs.catch_up(PATIENCE)


async def _closed(api: Api, lead: Lead) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        quotes = (await api.call("GET", f"contacts/{lead.contact_id}"))["quotes"]
        if any((each["lead_id"], each["status"]) == (lead.lead_id, "failed") for each in quotes):
            return
        await asyncio.sleep(0.2)


async def _arrived(hubs: ReadBack, wanted: Mapping[str, tuple[str, int]], screen: Screen) -> None:
    """Show what arrives of some types, until there is as much as is wanted or time is up."""
    deadline = time.monotonic() + PATIENCE
    with ExitStack() as bars:
        counts = [
            (kind, total, bars.enter_context(screen.counting(what, total)))
            for what, (kind, total) in wanted.items()
        ]
        while time.monotonic() < deadline:
            found = hubs.types()
            for kind, _, count in counts:
                count(found[kind])
            if all(found[kind] >= total for kind, total, _ in counts):
                return
            await asyncio.sleep(0.2)
