"""Clients with nothing to say: the broker gives the sign of life that they ask for."""

import json
import os
import subprocess
import time
from pathlib import Path

import pytest
from azure.eventhub import EventData, EventHubProducerClient

from local.eventhubs import encode as e
from local.eventhubs import frames
from local.eventhubs.codec import NULL
from tests.local.eventhubs.processes import Broker
from tests.local.eventhubs.raw import RawClient

pytestmark = pytest.mark.stack
IDLE = float(os.environ.get("EVENTHUBS_IDLE_SECONDS", "8"))
"""Seconds in which nothing is said; 180 and more is the real thing."""


def test_a_client_hears_something_at_half_of_what_it_asks_for(broker: Broker) -> None:
    with RawClient(broker.port) as client:
        # container, host name, frame size, channels, idle time-out in ms
        wish = (e.string("raw"), NULL, e.uint(65536), e.ushort(10), e.uint(400))
        opening = frames.frame(0, e.described(0x10, e.sequence(wish)))
        client.send(frames.AMQP_HEADER + opening)
        client.exactly(8)
        client.until(0x10)
        for _ in range(3):
            assert client.exactly(8) == frames.EMPTY


def test_the_javascript_sdk_keeps_its_connections_while_idle(broker: Broker) -> None:
    script = Path(__file__).parent / "js" / "idle.mjs"
    command = ["node", str(script), broker.connection_string, str(IDLE * 0.75), str(IDLE)]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=IDLE + 60, check=False,
        env={**os.environ, "AZURE_LOG_LEVEL": "error"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"bodies": ["before", "after"], "errors": []}
    assert broker.log.count("connection opened") == 2, "a connection was lost and made again"


def test_a_python_producer_sends_on_after_a_pause(broker: Broker) -> None:
    with EventHubProducerClient.from_connection_string(
        broker.connection_string, eventhub_name="orders", retry_total=0
    ) as client:
        client.send_event(EventData("before"), partition_id="0")
        opened = broker.log.count("connection opened")
        time.sleep(IDLE / 2)
        client.send_event(EventData("after"), partition_id="0")
        assert broker.log.count("connection opened") == opened
