"""The host on the local broker: batches, single events, failure, faults, kill and restart."""

import contextlib
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.eventhub import EventData, EventHubProducerClient
from azure.storage.blob import BlobServiceClient

from local.ports import free_ports
from tests.local.host import servers
from tests.local.host.servers import RunningHost, eventually

pytestmark = pytest.mark.stack

APP = Path(__file__).parent / "app_hub"


@contextlib.contextmanager
def broker(directory: Path) -> Iterator[str]:
    """A running broker; the connection string that reaches it."""
    [port] = free_ports(1)
    command = [sys.executable, "-m", "local.eventhubs", "--port", str(port)]
    command += ["--data", str(directory), "--bus", str(servers.ROOT / "bus.json")]
    with subprocess.Popen(
        command, cwd=servers.ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("ready:")
            yield (
                f"Endpoint=sb://localhost:{port};SharedAccessKeyName=RootManageSharedAccessKey;"
                "SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true;"
            )
        finally:
            process.terminate()
            process.wait(10)


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with servers.azurite(tmp_path_factory.mktemp("azurite")) as connection:
        yield connection


@pytest.fixture(scope="module")
def settings(storage: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with broker(tmp_path_factory.mktemp("broker")) as events:
        yield {"AzureWebJobsStorage": storage, "EVENTS": events}


def send(settings: dict[str, str], hub: str, *bodies: str) -> None:
    producer = EventHubProducerClient.from_connection_string(settings["EVENTS"], eventhub_name=hub)
    with producer:
        batch = producer.create_batch(partition_id="1")
        for body in bodies:
            event = EventData(body)
            event.properties = {"cloudEvents_id": "1"}
            batch.add(event)
        producer.send_batch(batch)


def bodies(host: RunningHost) -> list[object]:
    found: list[object] = []
    for record in host.records("on_many"):
        batch = record["bodies"]
        assert isinstance(batch, list)
        found.extend(batch)
    return found


def checkpoint(settings: dict[str, str]) -> int | None:
    """The sequence number that the host has put down for partition 1 of the sales."""
    storage = BlobServiceClient.from_connection_string(settings["AzureWebJobsStorage"])
    with storage, storage.get_container_client("azure-webjobs-eventhub") as container:
        for blob in container.list_blobs(include=["metadata"]):
            if "/sale/" in blob.name and blob.name.endswith("/checkpoint/1"):
                return int(blob.metadata["sequencenumber"])
    return None


def test_batches_failures_faults_and_restarts(settings: dict[str, str], tmp_path: Path) -> None:
    record = tmp_path / "record"
    send(settings, "sale", "one", "two")
    send(settings, "lead", "single")
    with servers.host(APP, record, settings) as running:
        running.wait_ready()
        eventually(lambda: bodies(running) == ["one", "two"])
        eventually(lambda: [r["body"] for r in running.records("on_one")] == ["single"])
        assert running.records("on_many")[0]["properties"] == [{"cloudEvents_id": "1"}] * 2
        send(settings, "sale", "fail")
        eventually(lambda: bodies(running).count("fail") == 3)
        send(settings, "sale", "three")
        eventually(lambda: bodies(running)[-1] == "three")
        # Else it comes again, and is what the next host skips in the place of "lost".
        eventually(lambda: checkpoint(settings) == 3)
        running.stop(signal.SIGKILL)
    send(settings, "sale", "lost")
    faults = {"LOCAL_HOST_FAULTS": '[{"function": "on_many", "skip_batches": 1}]'}
    with servers.host(APP, record, {**settings, **faults}) as running:
        running.wait_ready()
        eventually(lambda: running.logged("lost: the worker did not start"))
        send(settings, "sale", "four")
        eventually(lambda: "four" in bodies(running))
        assert running.stop() == 0
    assert "lost" not in bodies(running)
    assert bodies(running).count("fail") == 3, "a failed batch is checkpointed"


def test_a_host_waits_for_the_hub_and_says_so(storage: str, tmp_path: Path) -> None:
    [port] = free_ports(1)
    nowhere = f"Endpoint=sb://localhost:{port};SharedAccessKeyName=k;"
    nowhere += "SharedAccessKey=k;UseDevelopmentEmulator=true;"
    settings = {"AzureWebJobsStorage": storage, "EVENTS": nowhere}
    with servers.host(APP, tmp_path / "r", settings) as running:
        eventually(lambda: running.logged("waiting for event hub sale"), 40)
        assert running.out == []
        assert running.stop() == 0
