"""The console of a running stack against the same numbers asked of hubs and tables themselves."""

import json
import time
from typing import Any
from urllib.request import Request, urlopen
from uuid import uuid4

import pytest
from azure.data.tables import TableClient
from azure.eventhub import EventData, EventHubConsumerClient, EventHubProducerClient

from eventing.bus import declared
from local.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(180)]

PRODUCT = {"name": "Fibre 500", "category": "internet", "price": "39.90", "currency": "EUR"}


def get(stack: Stack, path: str) -> str:
    with urlopen(f"{stack.host_url}/api/{path}", timeout=60) as answer:  # noqa: S310 - this machine
        return str(answer.read().decode())


def ends(stack: Stack, hub: str) -> dict[str, int]:
    with EventHubConsumerClient.from_connection_string(
        stack.environment()["EVENTS"], "$Default", eventhub_name=hub
    ) as client:
        told = [client.get_partition_properties(each) for each in client.get_partition_ids()]
    return {
        each["id"]: -1 if each["is_empty"] else each["last_enqueued_sequence_number"]
        for each in told
    }


def positions(stack: Stack, team: str, hub: str) -> dict[str, int]:
    with TableClient.from_connection_string(stack.environment()["STATE"], team) as table:
        rows = list(table.query_entities("PartitionKey eq 'position'"))
    return {
        row["RowKey"].partition("!")[2]: row["sequence_number"].value
        for row in rows
        if row["RowKey"].startswith(f"{hub}!")
    }


def told(stack: Stack, hub: str, group: str) -> dict[str, Any]:
    readers = json.loads(get(stack, "operations"))["readers"]
    return next(dict(each) for each in readers if (each["hub"], each["group"]) == (hub, group))


def parked(stack: Stack) -> int:
    teams = json.loads(get(stack, "operations"))["teams"]
    return sum(each["parked"].get("lead", 0) for each in teams if each["team"] == "customer")


def test_the_console_tells_what_hubs_and_tables_hold(stack: Stack) -> None:
    before = sum(end + 1 for end in ends(stack, "product").values())
    for _ in range(3):
        request = Request(  # noqa: S310 - this machine
            f"{stack.host_url}/api/products/console-{uuid4().hex[:8]}",
            json.dumps({**PRODUCT, "term_months": 12}).encode(),
            {"Content-Type": "application/json"},
            method="PUT",
        )
        urlopen(request, timeout=60).close()  # noqa: S310 - this machine
    deadline = time.monotonic() + 60
    while True:
        found = told(stack, "product", "conversions")
        reached = sum(place["last"] + 1 for place in found["partitions"])
        if reached >= before + 3 and found["lag"] == 0:
            break
        assert time.monotonic() < deadline, found
        time.sleep(0.3)
    assert {place["partition"]: place["last"] for place in found["partitions"]} == ends(
        stack, "product"
    )
    assert {
        place["partition"]: place["position"]
        for place in found["partitions"]
        if place["position"] >= 0
    } == positions(stack, "conversions", "product")
    assert json.loads(get(stack, "operations"))["silent"] == []


def test_a_parked_event_is_counted_on_the_page(stack: Stack) -> None:
    before = parked(stack)
    with EventHubProducerClient.from_connection_string(
        stack.environment()["EVENTS"], eventhub_name="lead"
    ) as client:
        client.send_batch([EventData(b"\x00\xff")])
    deadline = time.monotonic() + 60
    while (now := parked(stack)) == before:
        assert time.monotonic() < deadline, "it was not parked"
        time.sleep(0.3)
    assert now == before + 1
    page = get(stack, "console")
    assert f"<strong>{now} lead</strong>" in page
    for hub in declared().hubs.values():
        for group in hub.consumer_groups:
            assert f"<td>{hub.name}<td>{group}<td>" in page
