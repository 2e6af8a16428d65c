"""What the host checkpoints although it has not ended is read from the hub, or told to be gone."""

import asyncio
import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from azure.data.tables.aio import TableClient
from azure.eventhub import EventHubConsumerClient

from domains.conversions.known_product import KnownProduct
from domains.customer.contact import Contact
from eventing.decision import State
from eventing.store import TableStore
from local.ports import Ports
from local.settings import ROOT
from local.stack import Stack

SKIPPED = "lost: the worker did not start"

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("own"), Ports.free()) as stack:
        stack.start(app=True)
        yield stack


def call(stack: Stack, method: str, path: str, body: object) -> dict[str, Any]:
    content, headers = json.dumps(body).encode(), {"Content-Type": "application/json"}
    url = f"{stack.host_url}{path}"
    request = urllib.request.Request(url, content, headers, method=method)  # noqa: S310 - http
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        told = answer.read()
    return dict(json.loads(told)) if told else {}


def harm(stack: Stack, function: str, **fault: float) -> None:
    call(stack, "POST", "/admin/faults", [{"function": function, **fault}])


def configured(stack: Stack, product_id: str, price: str) -> None:
    body = {"name": "Home", "category": "internet", "currency": "EUR", "term_months": 12}
    call(stack, "PUT", f"/api/products/{product_id}", body | {"price": price})


def skipped(stack: Stack, product_id: str, price: str) -> None:
    """Configure a product, and wait until the host has skipped what tells of it."""
    before = count(stack, SKIPPED)
    configured(stack, product_id, price)
    until(lambda: count(stack, SKIPPED) > before)


def opened(stack: Stack, number: int) -> list[str]:
    body = {"name": "Ada", "email": "ada@example.com"}
    return [str(call(stack, "POST", "/api/accounts", body)["account_id"]) for _ in range(number)]


def held(stack: Stack, team: str, kind: type[State], name: str) -> Any:
    async def load() -> Any:
        state = stack.environment()["STATE"]
        async with TableClient.from_connection_string(state, team) as table:
            return (await TableStore(table).load(kind, name)).state

    return asyncio.run(load())


def sold_at(stack: Stack, product_id: str) -> str:
    known = held(stack, "conversions", KnownProduct, product_id)
    return str(known.price) if known else ""


def active(stack: Stack, accounts: list[str]) -> bool:
    contacts = [held(stack, "customer", Contact, each) for each in accounts]
    return all(contact and contact.status == "active" for contact in contacts)


def logged(stack: Stack, text: str) -> bool:
    return count(stack, text) > 0


def count(stack: Stack, text: str) -> int:
    """How often the host has said something."""
    return (stack.directory / "logs" / "host.log").read_text(errors="replace").count(text)


def ends(stack: Stack) -> dict[str, int]:
    """The last sequence number of each partition of the products."""
    client = EventHubConsumerClient.from_connection_string(
        stack.environment()["EVENTS"], "conversions", eventhub_name="product"
    )
    with client:
        return {
            each: client.get_partition_properties(each)["last_enqueued_sequence_number"]
            for each in client.get_partition_ids()
        }


def until(found: Callable[[], bool], seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < end, "it did not come to pass in time"
        time.sleep(0.2)


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ({"skip_batches": 1}, SKIPPED),
        ({"timeout_batches": 1, "after_seconds": 0.001}, "(functionTimeout)"),
    ],
)
def test_a_batch_that_the_host_checkpoints_unended_is_read_from_the_hub(
    own: Stack, fault: dict[str, float], told: str
) -> None:
    first = opened(own, 12)
    until(lambda: active(own, first))
    harm(own, "customer_on_account", **fault)
    lost = opened(own, 1)
    until(lambda: logged(own, told))
    assert not active(own, lost)
    # Of so many some are in the same partition, and their batch shows the hole.
    later = opened(own, 40)
    until(lambda: active(own, lost + later))
    assert logged(own, "reading what the host left out: account/")


def test_a_host_that_is_stopped_while_it_publishes_leaves_the_event_to_the_next(
    own: Stack,
) -> None:
    product_id = f"p{uuid4().hex[:8]}"
    configured(own, product_id, "10.00")
    until(lambda: sold_at(own, product_id) == "10.00")
    own.freeze("eventhubs")
    # Committed, and answered although the relay waits for the broker.
    configured(own, product_id, "11.00")
    assert own.halt("host") == 0
    own.thaw("eventhubs")
    assert sold_at(own, product_id) == "10.00"
    own.restart("host")
    until(lambda: sold_at(own, product_id) == "11.00")


def test_a_range_that_the_hub_no_longer_holds_is_told_exactly(own: Stack) -> None:
    product_id = f"p{uuid4().hex[:8]}"
    configured(own, product_id, "10.00")
    until(lambda: sold_at(own, product_id) == "10.00")
    before = ends(own)
    harm(own, "conversions_on_product", skip_batches=2)
    for price in ("11.00", "12.00"):
        skipped(own, product_id, price)
    [(partition, last)] = [each for each in ends(own).items() if each not in before.items()]
    own.halt("eventhubs")
    trimmed(own)
    own.restart("eventhubs")
    configured(own, product_id, "13.00")
    until(lambda: sold_at(own, product_id) == "13.00")
    gone = f"events are gone: hub product partition {partition} no longer holds {last - 1}-{last},"
    assert logged(own, f"{gone} which conversions never read")


def trimmed(stack: Stack) -> None:
    """Let a broker with a short retention drop all that the hubs hold."""
    port = str(Ports.free().eventhubs)
    data = str(stack.directory / "eventhubs")
    command = [sys.executable, "-m", "local.eventhubs", "--port", port, "--data", data]
    command += ["--bus", str(ROOT / "bus.json"), "--retention-hours", "0.0001"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as broker:
        assert broker.stdout is not None
        assert broker.stdout.readline().startswith("ready:")
        time.sleep(2)
        broker.terminate()
        broker.wait(20)
