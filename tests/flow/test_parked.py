"""Parked messages on the real host: seen, tried, replayed, discarded, by HTTP and by command."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen
from uuid import uuid4

import pytest
from azure.core.exceptions import ResourceExistsError
from azure.eventhub import EventData, EventHubProducerClient
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient, TextBase64EncodePolicy

from local.settings import ROOT
from local.stack import Stack
from tests.rules.found import TEAMS

pytestmark = [pytest.mark.stack, pytest.mark.timeout(240)]


def ask(stack: Stack, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    request = Request(f"{stack.host_url}/api/{path}", data, headers, method=method)  # noqa: S310 - our own
    try:
        with urlopen(request, timeout=60) as answer:  # noqa: S310 - our own
            return answer.status, json.loads(answer.read())
    except HTTPError as refused:
        with refused:
            return refused.code, json.loads(refused.read())


def eventually[T](found: Callable[[], T | None], seconds: float = 90.0) -> T:
    deadline = time.monotonic() + seconds
    while True:
        value = found()
        if value:
            return value
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.3)


def group_of(stack: Stack, consumer: str, kind: str) -> dict[str, Any] | None:
    status, told = ask(stack, "GET", "parked")
    assert status == 200
    assert told["teams"] == TEAMS
    groups = [g for g in told["groups"] if (g["consumer"], g["type"]) == (consumer, kind)]
    return dict(groups[0]) if groups else None


def publish(stack: Stack, hub: str, *messages: EventData) -> None:
    settings = stack.environment()
    client = EventHubProducerClient.from_connection_string(settings["EVENTS"], eventhub_name=hub)
    with client:
        batch = client.create_batch(partition_key="07")
        for message in messages:
            batch.add(message)
        client.send_batch(batch)


def bad(canary: str) -> EventData:
    message = EventData(b"\x00\xff")
    message.content_type = "application/json"
    message.properties = {
        "cloudEvents_specversion": "1.0",
        "cloudEvents_id": str(uuid4()),
        "cloudEvents_type": "conversions.lead.failed",
        "cloudEvents_source": "/conversions/lead",
        "cloudEvents_subject": canary,
        "password": canary,
    }
    return message


def command(stack: Stack, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "local.parked", "--url", stack.host_url, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_what_a_publisher_broke_is_seen_redacted_tried_replayed_and_discarded(stack: Stack) -> None:
    canary = "ada.lovelace@example.com"
    publish(stack, "lead", bad(canary), bad(canary), bad(canary))
    kind = "conversions.lead.failed"

    def three() -> dict[str, Any] | None:
        found = group_of(stack, "customer/lead", kind)
        return found if found and found["parked"] == 3 else None

    group = eventually(three)
    assert group["reason"] == "undecodable"
    status, page = ask(stack, "GET", f"parked-groups/{group['id']}?limit=2")
    assert (status, len(page["messages"])) == (200, 2)
    _, rest = ask(stack, "GET", f"parked-groups/{group['id']}?limit=2&after={page['next']}")
    ids = [each["id"] for each in (*page["messages"], *rest["messages"])]
    assert len(set(ids)) == 3

    status, item = ask(stack, "GET", f"parked/{ids[0]}")
    assert status == 200
    assert canary not in json.dumps(item)
    assert item["envelope"]["attributes"]["type"] == kind
    assert item["envelope"]["other_properties"] == ["password"]
    assert item["origin"]["hub"] == "lead"
    assert item["body"]["size"] == 2
    assert "application/json" in item["detail"]

    status, trial = ask(stack, "POST", f"parked/{ids[0]}/replay", {"by": "ada", "dry_run": True})
    assert (status, trial["outcome"], trial["dry_run"]) == (200, "parked", True)
    status, ending = ask(stack, "POST", f"parked/{ids[0]}/replay", {"by": "ada"})
    assert (status, ending["outcome"], ending["reason"]) == (200, "parked", "undecodable")
    assert ask(stack, "POST", f"parked/{ids[0]}/replay", {})[0] == 422

    told = command(stack)
    assert "customer/lead" in told
    assert kind in told
    told = command(stack, "show", ids[0])
    assert "replay" in told
    assert canary not in told
    assert "parked again" in command(stack, "replay", group["id"])
    assert ask(stack, "POST", f"parked/{ids[0]}/discard", {"by": "ada"})[0] == 422
    assert "3 discarded" in command(stack, "discard", group["id"], "--reason", "a test's own")
    assert group_of(stack, "customer/lead", kind) is None
    _, item = ask(stack, "GET", f"parked/{ids[0]}")
    assert item["status"] == "discarded"
    assert [entry["outcome"] for entry in item["history"]] == ["parked", "parked", "discarded"]
    assert ask(stack, "GET", "parked/customer.nothing.0.0.0")[0] == 404
    assert ask(stack, "GET", "parked/strangers.sale.0.0.0")[0] == 404


def test_a_poison_blob_is_parked_and_received_again(stack: Stack) -> None:
    settings = stack.environment()
    name = f"acme/{uuid4().hex}.csv"
    with BlobServiceClient.from_connection_string(settings["FILES"]) as blobs:
        blobs.get_blob_client("sales-files", name).upload_blob(b"lead_id,purchase_date\n")
    notice = {"ContainerName": "sales-files", "BlobName": name, "ETag": "0x1", "FunctionId": "x"}
    with QueueServiceClient.from_connection_string(settings["FILES"]) as queues:
        queue = queues.get_queue_client(
            "webjobs-blobtrigger-poison", message_encode_policy=TextBase64EncodePolicy()
        )
        with queue:
            with suppress(ResourceExistsError):
                queue.create_queue()
            queue.send_message(json.dumps(notice))
    group = eventually(lambda: group_of(stack, "conversions/sales-files", "blob"))
    body = {"by": "ada"}
    status, told = ask(stack, "POST", f"parked-groups/{group['id']}/replay", body)
    assert (status, [each["outcome"] for each in told["ended"]]) == (200, ["applied"])
    assert ask(stack, "GET", f"sales-files/{name}")[0] == 200
    assert group_of(stack, "conversions/sales-files", "blob") is None
