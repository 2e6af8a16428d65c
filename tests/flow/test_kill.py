"""The host is killed in the middle of a file: no row is lost, none is doubled.

KILL_ROWS=10000 makes the file as long as the promise in the README; `make test` uses a shorter one.
"""

import asyncio
import json
import os
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from azure.data.tables.aio import TableClient
from azure.storage.blob import BlobServiceClient

from domains.conversions.lead import Lead
from domains.conversions.sale import Sale
from domains.customer.contact import Contact
from eventing.decision import State
from eventing.rows import Key
from eventing.store import Change, Held, TableStore
from local.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(1200)]

ROWS = int(os.environ.get("KILL_ROWS", "2000"))
PER_CONTACT = 5


def leads(partner: str) -> list[Lead]:
    contacts = [uuid4() for _ in range(ROWS // PER_CONTACT)]
    return [
        Lead(
            lead_id=uuid4(),
            contact_id=contacts[number // PER_CONTACT],
            product_id="home",
            partner=partner,
            price=Decimal("19.90"),
            currency="EUR",
            term_months=12,
            status="generated",
            generated_at=datetime(2026, 1, 1, tzinfo=UTC),
        )
        for number in range(ROWS)
    ]


async def stored(state: str, made: list[Lead]) -> None:
    buckets: dict[int, list[Change]] = {}
    for lead in made:
        key = Key(Lead, str(lead.lead_id))
        buckets.setdefault(key.bucket, []).append(Change(key, Held(None), lead, 1))
    async with TableClient.from_connection_string(state, "conversions") as table:
        store = TableStore(table)
        for bucket, changes in buckets.items():
            for start in range(0, len(changes), 90):
                await store.commit(bucket, changes[start : start + 90], [])


async def everything(state: str, team: str, kind: type[State]) -> list[Any]:
    async with TableClient.from_connection_string(state, team) as table:
        return [held.state async for held in TableStore(table).all_of(kind)]


def ledger(stack: Stack, place: str) -> dict[str, Any]:
    try:
        with urllib.request.urlopen(f"{stack.host_url}/api/sales-files/{place}") as answer:  # noqa: S310
            found: dict[str, Any] = json.load(answer)
            return found
    except OSError:
        return {}


def until[T](found: Callable[[], T | None], seconds: float) -> T:
    end = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < end, "it did not come to pass in time"
        time.sleep(0.2)
    return value


def test_a_host_killed_in_the_middle_of_a_file_ends_with_every_row_once(stack: Stack) -> None:
    environment = stack.environment()
    partner, name = f"kill-{uuid4().hex[:8]}", "rows.csv"
    made = leads(partner)
    asyncio.run(stored(environment["STATE"], made))
    rows = "".join(f"{lead.lead_id},2026-05-01\n" for lead in made)
    with BlobServiceClient.from_connection_string(environment["FILES"]) as files:
        blob = files.get_blob_client("sales-files", f"{partner}/{name}")
        blob.upload_blob(f"lead_id,purchase_date\n{rows}".encode())
        blob.close()

    until(lambda: ledger(stack, f"{partner}/{name}").get("accepted", 0) >= ROWS // 10, 120)
    stack.kill("host")
    assert len(asyncio.run(everything(environment["STATE"], "conversions", Sale))) < ROWS
    stack.restart("host")

    file = until(
        lambda: (
            found if (found := ledger(stack, f"{partner}/{name}")).get("status") == "done" else None
        ),
        ROWS / 10 + 60,
    )
    assert (file["accepted"], file["rejected"]) == (ROWS, 0)
    wanted = {lead.lead_id: lead.contact_id for lead in made}

    def bought() -> list[tuple[UUID, UUID]]:
        contacts = asyncio.run(everything(environment["STATE"], "customer", Contact))
        return [
            (purchase.lead_id, contact.contact_id)
            for contact in contacts
            for purchase in contact.purchases
            if purchase.lead_id in wanted
        ]

    purchases = until(lambda: found if len(found := bought()) >= ROWS else None, ROWS / 10 + 60)
    assert dict(purchases) == wanted
    assert max(Counter(lead_id for lead_id, _ in purchases).values()) == 1

    def sold() -> bool:
        states = asyncio.run(everything(environment["STATE"], "conversions", Lead))
        return all(lead.status == "sold" for lead in states if lead.lead_id in wanted)

    assert until(sold, 60)
