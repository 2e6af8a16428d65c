"""The broker as a process: its port, its options, and a folder in use."""

import subprocess
from pathlib import Path

import pytest
from azure.eventhub import EventData, EventHubProducerClient

from tests.local.eventhubs.processes import Broker

pytestmark = pytest.mark.stack


@pytest.mark.parametrize("data", ["data", "other"])
def test_a_taken_port_is_named_with_the_option_that_moves_it(broker: Broker, data: str) -> None:
    command = broker.command("--data", str(broker.folder / data))
    second = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert second.returncode == 98
    assert second.stdout == ""
    assert second.stderr == (
        f"port {broker.port} is taken: stop what listens there, or move the broker with --port\n"
    )


def test_a_folder_has_one_broker(broker: Broker) -> None:
    command = broker.command("--port", "0")
    second = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert second.returncode == 1
    assert "is in use by another broker" in second.stderr


def test_with_fsync_events_are_confirmed_and_kept(tmp_path: Path) -> None:
    broker = Broker(tmp_path, "--fsync")
    with EventHubProducerClient.from_connection_string(
        broker.connection_string, eventhub_name="orders"
    ) as client:
        for number in range(20):
            client.send_batch([EventData(f"e{number}")] * 10, partition_id="0")
        assert broker.stop() == 0
        broker.start()
        filled = client.get_partition_properties("0")
        client.send_event(EventData("after"), partition_id="0")
    assert filled["last_enqueued_sequence_number"] == 199
    assert broker.stop() == 0
