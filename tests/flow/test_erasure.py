"""A person is erased: facts stay, and no trace of name or address anywhere on the stack."""

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen
from uuid import uuid4

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableServiceClient
from azure.eventhub import EventData
from azure.storage.blob import BlobServiceClient

from local.stack import Stack
from tests.flow.test_parked import ask, eventually, publish

pytestmark = [pytest.mark.stack, pytest.mark.timeout(240)]


def places(stack: Stack) -> Iterator[tuple[str, str]]:
    """Everything that the stack keeps, as text, by where it lies."""
    settings = stack.environment()
    with TableServiceClient.from_connection_string(settings["STATE"]) as tables:
        for table in tables.list_tables():
            rows = tables.get_table_client(table.name).list_entities()
            yield f"table {table.name}", repr([dict(row) for row in rows])
    with BlobServiceClient.from_connection_string(settings["FILES"]) as blobs:
        for container in blobs.list_containers():
            client = blobs.get_container_client(container.name)
            for blob in client.list_blobs():
                with suppress(ResourceNotFoundError):  # gone since it was listed
                    content = client.download_blob(blob.name).readall()
                    yield f"blob {container.name}/{blob.name}", content.decode(errors="replace")
    for folder in ("logs", "eventhubs"):
        for path in sorted((stack.directory / folder).rglob("*")):
            if path.is_file():
                yield str(path.name), path.read_bytes().decode(errors="replace")


def traces(stack: Stack, canary: str) -> set[str]:
    return {place for place, text in places(stack) if canary.lower() in text.lower()}


def containers(found: set[str]) -> set[str]:
    """Those of the places that are blobs."""
    return {place[5:].partition("/")[0] for place in found if place.startswith("blob ")}


def open_account(stack: Stack, body: bytes, key: str) -> tuple[int, Any]:
    headers = {"Content-Type": "application/json", "Idempotency-Key": key}
    request = Request(f"{stack.host_url}/api/accounts", body, headers)  # noqa: S310 - our own
    try:
        with urlopen(request, timeout=60) as answer:  # noqa: S310 - our own
            return answer.status, json.load(answer)
    except HTTPError as refused:
        with refused:
            return refused.code, json.load(refused)


def unreadable(account: str) -> EventData:
    message = EventData(b"\x00")
    message.content_type = "application/json"
    message.properties = {
        "cloudEvents_specversion": "1.0",
        "cloudEvents_id": str(uuid4()),
        "cloudEvents_type": "customer.account.activated",
        "cloudEvents_source": "/customer/account",
        "cloudEvents_subject": account,
    }
    return message


def test_an_erased_person_leaves_facts_and_no_trace(stack: Stack) -> None:
    canary, key = f"canary{uuid4().hex[:10]}", uuid4().hex
    person = {"name": f"Zoë {canary}", "email": f"{canary}@example.com"}
    status, opened = open_account(stack, json.dumps(person).encode(), key)
    assert status == 201
    account = opened["account_id"]

    # Every way of being refused that quotes what was sent, and one event of the account parked.
    refused = [
        json.dumps(person | {"name": f"Other {canary}"}).encode(),
        json.dumps(person | {"email": canary}).encode(),
        json.dumps(person | {canary: canary}).encode(),
        f'{{"name": "{canary}'.encode(),
    ]
    answers = [open_account(stack, body, key)[0] for body in refused]
    assert answers == [422, 422, 422, 400]
    publish(stack, "account", unreadable(account))
    eventually(lambda: "customer.account.activated" in json.dumps(ask(stack, "GET", "parked")[1]))
    eventually(lambda: ask(stack, "GET", f"contacts/{account}")[0] == 200)
    eventually(lambda: {"captured-events", "lake"} <= containers(traces(stack, account)))
    assert traces(stack, canary) == {"table customer"}

    erase = Request(f"{stack.host_url}/api/accounts/{account}/personal-data", method="DELETE")  # noqa: S310
    for _ in range(2):
        with urlopen(erase, timeout=60) as answer:  # noqa: S310 - our own
            assert answer.status == 204

    found = ask(stack, "GET", f"accounts/{account}")[1]
    assert (found["name"], found["email"], found["status"]) == (None, None, "inactive")
    eventually(lambda: ask(stack, "GET", f"contacts/{account}")[1]["status"] == "inactive")
    assert open_account(stack, json.dumps(person).encode(), key)[0] == 409
    assert traces(stack, canary) == set()
