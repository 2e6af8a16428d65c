"""The unmodified @azure/event-hubs package against a real broker process."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from local.eventhubs.lookup3 import partition_for
from tests.local.eventhubs.processes import Broker
from tests.local.eventhubs.raw import RawClient

pytestmark = pytest.mark.stack
_SCRIPTS = Path(__file__).parent / "js"


def run(script: str, broker: Broker, *arguments: str) -> Any:
    """What a script printed."""
    command = ["node", str(_SCRIPTS / f"{script}.mjs"), broker.connection_string, *arguments]
    environment = {**os.environ, "AZURE_LOG_LEVEL": "error"}
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=180, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_events_go_round_with_positions_and_metrics(broker: Broker) -> None:
    seen = run("roundtrip", broker)
    # "device-1" belongs to one of the two partitions, so one more event may be in this one
    assert seen.pop("last") in (10, 11)
    assert seen.pop("metrics") in (10, 11)
    assert seen == {
        "partitions": ["0", "1"], "bodies": list(range(10)), "team": "sales", "long": 300_000,
        "four": list(range(4, 11)),
    }  # fmt: skip


def test_what_does_not_exist_is_named_at_once(broker: Broker) -> None:
    seen = run("errors", broker)
    assert seen.pop("seconds") < 6
    assert seen == {
        "hub": "MessagingEntityNotFoundError", "send": "MessagingEntityNotFoundError",
        "partition": "ArgumentOutOfRangeError", "group": "MessagingEntityNotFoundError",
        "then": "orders",
    }  # fmt: skip


# this client sends no epoch at all for its owner level 0
@pytest.mark.parametrize("levels", [("0", "1"), ("1", "0"), ("1", "1")])
def test_a_reader_that_loses_a_partition_is_told(broker: Broker, levels: tuple[str, str]) -> None:
    assert run("owners", broker, *levels) == {"told": "ReceiverDisconnectedError"}


def test_more_events_than_the_clients_window_arrive_in_order(broker: Broker) -> None:
    assert run("volume", broker, "5000") == {"failed": [], "inOrder": True}


def test_a_key_goes_where_the_python_sdks_goes(broker: Broker) -> None:
    keys = ["device-1", "é", "日本", "FWfAT", "a", "b", "c", "d"]
    assert run("keys", broker, *keys) == len(keys)
    for partition in (0, 1):
        mine = [key for key in keys if partition_for(key, 2) == partition]
        assert mine
        with RawClient(broker.port) as client:
            client.open()
            address = f"orders/ConsumerGroups/readers/Partitions/{partition}"
            client.attach(0, address, sends=False)
            client.credit(0, 0, len(mine))
            for key in mine:
                assert client.until(0x14).payload.endswith(
                    json.dumps(key, ensure_ascii=False).encode()
                )
