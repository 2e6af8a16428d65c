"""F57: a right that was taken away is one alarm; nothing is parked and nothing is lost."""

import time
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast
from uuid import uuid4

import pytest
from azure.core.credentials import AzureSasCredential
from azure.core.exceptions import HttpResponseError
from azure.data.tables import TableSasPermissions, generate_table_sas
from azure.data.tables.aio import TableClient, TableServiceClient
from azure.eventhub.exceptions import AuthenticationError
from azure.storage.blob import AccountSasPermissions, ResourceTypes, generate_account_sas
from azure.storage.blob.aio import BlobServiceClient

from eventing import denied
from eventing.bus import declared
from eventing.errors import Forbidden
from eventing.event import now
from eventing.files import Files
from eventing.hubs import Hubs
from eventing.parked import Parked
from eventing.position import Position
from eventing.receive import STANDS_STILL, Counts
from eventing.registry import SchemaRegistry
from eventing.rows import Key
from eventing.store import Held, TableStore
from local.stack import Stack
from tests.eventing.test_receive import Customer, a_sale
from tests.eventing.test_store import Box, change


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """No alarm has been told before."""
    denied._told.clear()
    yield
    denied._told.clear()


def alarms(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [each.getMessage() for each in caplog.records if each.levelname == "CRITICAL"]


async def test_f57_a_batch_without_the_right_fails_at_once_and_is_made_good_with_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    customer = Customer()
    commit = customer.store.commit

    async def refused(*_: object) -> None:
        raise denied.denied("table storage", "AuthorizationPermissionMismatch")

    monkeypatch.setattr(customer.store, "commit", refused)
    batches = [[customer.bus.put("sale", await a_sale())] for _ in range(50)]
    began = time.monotonic()
    for batch in batches:  # the host goes on past each
        with pytest.raises(Forbidden):
            await customer.receiver.take(batch)
    assert time.monotonic() - began < 5
    assert customer.store.parked == {}
    assert customer.store.positions == {}
    assert customer.bus.events == []
    assert len(alarms(caplog)) == 1
    monkeypatch.setattr(customer.store, "commit", commit)
    await customer.receiver.catch_up(0)
    assert await customer.receiver.catch_up(STANDS_STILL) == Counts(applied=50)
    assert await customer.purchases() == 50


async def test_f57_every_service_is_told_by_its_name_and_again_after_a_while(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    at = time.monotonic()
    for service, seconds in (("a", 0), ("b", 1), ("a", 59), ("b", 60), ("a", 61)):
        monkeypatch.setattr(time, "monotonic", lambda seconds=seconds: at + seconds)
        denied.denied(service, "no")
    assert [line.split(": ")[1].split()[0] for line in alarms(caplog)] == ["a", "b", "a"]


async def test_f57_a_hub_that_refuses_us_keeps_the_events_in_the_outbox(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def refuse(*_: object, **__: object) -> None:
        raise AuthenticationError("Unauthorized access. 'Send' claim(s) are required")

    producer = cast("Any", SimpleNamespace(create_batch=refuse))
    hubs = Hubs(declared(), lambda _: producer, lambda *_: producer)
    with pytest.raises(Forbidden):
        await hubs.publish([await a_sale()])
    assert "event hub sale" in alarms(caplog)[0]


@pytest.mark.parametrize("status", [401, 403])
async def test_f57_a_registry_that_refuses_us_parks_nothing(status: int) -> None:
    async def refuse(*_: object, **__: object) -> None:
        response = cast("Any", SimpleNamespace(status_code=status, reason="no", headers={}))
        raise HttpResponseError("no", response=response)

    client = cast("Any", SimpleNamespace(get_schema=refuse, get_schema_properties=refuse))
    registry = SchemaRegistry(client, namespace="x", group="events")
    with pytest.raises(Forbidden):
        await registry.by_id("0" * 32)
    with pytest.raises(Forbidden):
        await registry.id_of("conversions.sale.confirmed")


@pytest.fixture
async def read_only(servers: Stack) -> AsyncIterator[tuple[TableStore, Files]]:
    """A table and a container of Azurite, by a key that only reads."""
    settings = dict(
        part.split("=", 1) for part in servers.environment()["STATE"].split(";") if part
    )
    name, account = f"t{uuid4().hex}", settings["AccountName"]
    later = now() + timedelta(hours=1)
    async with TableServiceClient.from_connection_string(servers.environment()["STATE"]) as all_:
        await all_.create_table(name)
        credential: Any = all_.credential
        permission = TableSasPermissions(read=True)
        sas = generate_table_sas(credential, name, permission=permission, expiry=later)
    signed = generate_account_sas(
        account, settings["AccountKey"], ResourceTypes(object=True, container=True),
        AccountSasPermissions(read=True, list=True), later,
    )  # fmt: skip
    table = TableClient(settings["TableEndpoint"], name, credential=AzureSasCredential(sas))
    blobs = BlobServiceClient(settings["BlobEndpoint"], credential=AzureSasCredential(signed))
    async with table, blobs:
        yield TableStore(table), Files(blobs)


@pytest.mark.stack
@pytest.mark.filterwarnings("ignore::DeprecationWarning:azure.data.tables._error")
async def test_f57_storage_refuses_who_may_only_read(read_only: tuple[TableStore, Files]) -> None:
    store, files = read_only
    key = Key(Box, "a")
    assert await store.load(Box, "a") == Held(None)
    for outbox in ([], [b"events"]):
        with pytest.raises(Forbidden):
            await store.commit(key.bucket, [change(key, Held(None), "one")], outbox)
    with pytest.raises(Forbidden):
        await store.advance("sale", "0", Position(1, now()))
    message = Customer().bus.put("sale", await a_sale())
    with pytest.raises(Forbidden):
        await store.park(Parked(message, "undecodable", "", now()))
    with pytest.raises(Forbidden):
        await files.store("sales-files", "acme/a.csv", b"")
