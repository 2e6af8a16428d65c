"""The trace that a caller began goes on in the events of the real host and the real bus."""

import asyncio
import json
from typing import Any
from urllib.request import Request, urlopen
from uuid import uuid4

import pytest
from azure.eventhub import EventData
from azure.eventhub.aio import EventHubConsumerClient

from local.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(180)]


async def traced(settings: Any, hub: str, trace_id: str) -> dict[str, str]:
    """The attributes of the first event of a hub that is part of a trace."""
    found: asyncio.Future[dict[str, str]] = asyncio.get_running_loop().create_future()

    async def take(_: Any, event: EventData | None) -> None:
        told = {
            str(key, "utf-8"): str(value, "utf-8")
            for key, value in ((event.properties or {}).items() if event else ())
            if isinstance(key, bytes) and isinstance(value, bytes)
        }
        if trace_id in told.get("cloudEvents_traceparent", "") and not found.done():
            found.set_result(told)

    async with EventHubConsumerClient.from_connection_string(
        settings["EVENTS"], "$Default", eventhub_name=hub
    ) as client:
        reading = asyncio.create_task(client.receive(take, starting_position="-1"))
        try:
            return await asyncio.wait_for(found, 90)
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)


async def test_a_callers_trace_goes_on_to_the_event_of_a_reaction(stack: Stack) -> None:
    trace_id = uuid4().hex
    body = json.dumps({"name": "Ada Lovelace", "email": "ada@example.com"}).encode()
    headers = {
        "Content-Type": "application/json",
        "traceparent": f"00-{trace_id}-00f067aa0ba902b7-01",
    }
    request = Request(f"{stack.host_url}/api/accounts", body, headers)  # noqa: S310 - our own
    await asyncio.to_thread(lambda: urlopen(request, timeout=60).close())  # noqa: S310 - our own
    settings = stack.environment()
    opened = await traced(settings, "account", trace_id)
    activated = await traced(settings, "contact", trace_id)
    assert opened["cloudEvents_type"] == "customer.account.activated"
    assert activated["cloudEvents_type"] == "customer.contact.activated"
    assert activated["cloudEvents_causationid"] == opened["cloudEvents_id"]
