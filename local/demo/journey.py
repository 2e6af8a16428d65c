"""The whole story, as its callers see it: products, accounts, leads, files, and the year after."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob.aio import BlobServiceClient

from local.demo.api import Api
from local.demo.checks import CONFIRMED, PURCHASED, FileOutcome
from local.demo.commands import configure, generate_lead, open_account
from local.demo.journey_on import age, live
from local.demo.readback import Read, ReadBack
from local.demo.scenario import ACCOUNTS, Lead, SalesFile, products, sales_files
from local.demo.screen import Screen
from local.demo.year_after import YearAfter, year_after

ENDED = ("done", "quarantined")
PATIENCE = 120.0
"""Seconds that the events of the files get."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """All that the tables show and the checks judge."""

    leads: list[Lead]
    files: list[FileOutcome]
    year: YearAfter
    events: list[Read]
    customer: Mapping[str, Any]
    contact: Mapping[str, Any]
    dropped: datetime
    deliveries: int
    retries: int


async def travel(
    run: str,
    url: str,
    settings: Mapping[str, str],
    screen: Screen,
    move_clock: Callable[[], None],
) -> Outcome:
    """Do it all once. `run` sets this run's ids apart from all others."""
    hubs = ReadBack(settings["EVENTS"], settings["SCHEMAS__fullyQualifiedNamespace"])
    async with (
        BlobServiceClient.from_connection_string(settings["FILES"]) as blobs,
        Api(url) as api,
        hubs,
    ):
        offered = products(run)
        await screen.each("products configured", [configure(api, one) for one in offered])
        accounts = await screen.each(
            "accounts opened", [open_account(api, run, number) for number in range(ACCOUNTS)]
        )
        leads = await screen.each(
            "leads generated",
            [generate_lead(api, run, number, one, offered) for number, one in enumerate(accounts)],
        )
        yesterday = datetime.now(UTC).date() - timedelta(days=1)
        files = sales_files(run, leads, yesterday)
        await screen.each("sales files dropped", [_drop(blobs, file) for file in files])
        dropped = datetime.now(UTC)
        await _flow(api, hubs, files, screen)
        year = year_after(leads, files, offered)
        await live(api, hubs, year, screen)
        move_clock()
        await age(hubs, year, screen)
        first = year.expired[0].contact_id
        return Outcome(
            leads=leads,
            files=[await _look(api, blobs, file) for file in files],
            year=year,
            events=hubs.events,
            customer=await api.call("GET", f"accounts/{first}"),
            contact=await api.call("GET", f"contacts/{first}"),
            dropped=dropped,
            deliveries=hubs.deliveries,
            retries=api.retries,
        )


async def _drop(blobs: BlobServiceClient, file: SalesFile) -> None:
    await blobs.get_blob_client("sales-files", file.place).upload_blob(file.content)


async def _flow(api: Api, hubs: ReadBack, files: Sequence[SalesFile], screen: Screen) -> None:
    """Show the events as they arrive, until all that the files imply is there or time is up."""
    wanted = sum(len(file.sold) for file in files)
    deadline = time.monotonic() + PATIENCE
    with (
        screen.counting("files read", len(files)) as read,
        screen.counting("sales confirmed", wanted) as confirmed,
        screen.counting("purchases", wanted) as purchased,
    ):
        while time.monotonic() < deadline:
            looks = (api.find(f"sales-files/{file.place}") for file in files)
            states = await asyncio.gather(*looks)
            found = hubs.types()
            ended = sum(1 for state in states if state and state["status"] in ENDED)
            read(ended)
            confirmed(found[CONFIRMED])
            purchased(found[PURCHASED])
            if ended == len(files) and found[PURCHASED] >= wanted:
                return
            await asyncio.sleep(0.2)


async def _look(api: Api, blobs: BlobServiceClient, file: SalesFile) -> FileOutcome:
    ledger = await api.find(f"sales-files/{file.place}")
    try:
        stream = await blobs.get_blob_client("sales-rejects", file.place).download_blob()
        report: bytes | None = await stream.readall()
    except ResourceNotFoundError:
        report = None
    return FileOutcome(file, ledger or {}, report)
