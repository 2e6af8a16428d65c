"""What conversions knows of others is made again from the hubs, and comes out the same."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from azure.data.tables.aio import TableClient

from domains.conversions.known_contact import KnownContact
from domains.conversions.known_product import KnownProduct
from eventing.rows import Key, partition, row_key
from eventing.store import Change, Held, TableStore
from local.stack import Stack
from tests.flow.test_console import told
from tests.flow.test_parked import ask, eventually

pytestmark = [pytest.mark.stack, pytest.mark.timeout(240)]

HUBS = ("contact", "product")

HOME = {
    "name": "Home",
    "category": "insurance",
    "price": "19.90",
    "currency": "EUR",
    "term_months": 12,
}


async def known(stack: Stack, kind: Any, name: str) -> Any:
    async with TableClient.from_connection_string(stack.environment()["STATE"], "conversions") as t:
        return await TableStore(t).load(kind, name)


async def spoilt(stack: Stack, contact: str, product: str) -> None:
    """The contact's row is wrong, and claims to be newer than it is; the product's is lost."""
    async with TableClient.from_connection_string(stack.environment()["STATE"], "conversions") as t:
        store, key = TableStore(t), Key(KnownContact, contact)
        held: Held[KnownContact] = await store.load(KnownContact, contact)
        assert held.state
        wrong = replace(held.state, status="active", sequence=99)
        await store.commit(key.bucket, [Change(key, held, wrong, held.version + 1)], [])
        lost = Key(KnownProduct, product)
        await t.delete_entity(partition(lost.bucket), row_key(lost))


def test_projections_are_rebuilt_from_zero_and_come_out_the_same(stack: Stack) -> None:
    product = f"home-{uuid4().hex[:8]}"
    assert ask(stack, "PUT", f"products/{product}", HOME)[0] == 201
    person = {"name": "Ada Lovelace", "email": "ada@example.com"}
    contact = ask(stack, "POST", "accounts", person)[1]["contact_id"]
    eventually(lambda: ask(stack, "POST", f"contacts/{contact}/deactivate")[0] == 200)

    def seen(kind: Any, name: str) -> Any:
        return asyncio.run(known(stack, kind, name)).state

    eventually(lambda: getattr(seen(KnownContact, contact), "status", "") == "inactive")
    eventually(lambda: seen(KnownProduct, product))
    # What others left unread would be mended, too.
    eventually(lambda: all(told(stack, hub, "conversions")["lag"] == 0 for hub in HUBS))
    before = seen(KnownContact, contact), seen(KnownProduct, product)

    asyncio.run(spoilt(stack, contact, product))
    assert (seen(KnownContact, contact), seen(KnownProduct, product)) != before
    for projection in ("contacts", "products"):
        status, ended = ask(stack, "POST", f"projections/{projection}/rebuild")
        assert status == 200
        assert ended["mended"] == 1
    assert (seen(KnownContact, contact), seen(KnownProduct, product)) == before

    again = ask(stack, "POST", "projections/contacts/rebuild")[1]
    assert (again["mended"], again["overtaken"]) == (0, 0)
    assert again["same"] >= 1
