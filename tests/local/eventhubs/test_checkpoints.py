"""Balancing consumers of the Python SDK with BlobCheckpointStore on Azurite."""

import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.eventhub import EventData, EventHubProducerClient
from azure.eventhub.extensions.checkpointstoreblobaio import BlobCheckpointStore

from local.ports import free_ports
from tests.local.eventhubs.processes import Broker
from tests.local.eventhubs.readers import Reader, until

pytestmark = pytest.mark.stack
_AZURITE = Path(__file__).parents[3] / "node_modules/.bin/azurite-blob"
_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[str]:
    """The connection string of a blob service that forgets everything."""
    [port] = free_ports(1)
    command = [
        str(_AZURITE), "--blobPort", str(port), "--inMemoryPersistence", "--disableTelemetry",
        "--skipApiVersionCheck", "--silent",
    ]  # fmt: skip
    with (tmp_path / "azurite.log").open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, cwd=tmp_path)
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert process.poll() is None, (tmp_path / "azurite.log").read_text()
            # the wait is for another process, and nothing else runs here
            process_wait(process, 0.1)
        account = "devstoreaccount1"
        yield (
            f"DefaultEndpointsProtocol=http;AccountName={account};AccountKey={_KEY};"
            f"BlobEndpoint=http://127.0.0.1:{port}/{account};"
        )
    finally:
        process.terminate()
        process.wait(10)


def process_wait(process: subprocess.Popen[bytes], seconds: float) -> None:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return


def publish(broker: Broker, first: int, count: int) -> None:
    with EventHubProducerClient.from_connection_string(
        broker.connection_string, eventhub_name="orders"
    ) as client:
        for partition in ("0", "1"):
            bodies = [json.dumps([partition, n]) for n in range(first, first + count)]
            client.send_batch([EventData(body) for body in bodies], partition_id=partition)


async def container(storage: str) -> None:
    from azure.storage.blob.aio import ContainerClient

    async with ContainerClient.from_connection_string(storage, "checkpoints") as made:
        await made.create_container()


def consuming(broker: Broker, storage: str, seen: Path) -> subprocess.Popen[bytes]:
    """A consumer's process; the bodies of the events that it read are the lines of `seen`."""
    command = [
        *(sys.executable, "-m", "tests.local.eventhubs.consumer"),
        *(broker.connection_string, storage),
    ]
    with seen.open("w") as output:
        return subprocess.Popen(command, stdout=output, cwd=Path(__file__).parents[3])


async def test_a_consumer_that_is_killed_leaves_its_partition_to_the_other(
    broker: Broker, storage: str
) -> None:
    await container(storage)
    publish(broker, 0, 50)
    store = BlobCheckpointStore.from_connection_string(storage, "checkpoints")
    seen = broker.folder / "seen"
    killed = consuming(broker, storage, seen)
    try:
        await until(lambda: len(seen.read_text().splitlines()) >= 100, 60)
        async with Reader(broker, checkpoints=store) as other:
            await until(lambda: len(other.partitions) == 1, 60)
            publish(broker, 50, 10)
            killed.kill()
            publish(broker, 60, 40)
            wanted = {json.dumps([p, n]) for p in ("0", "1") for n in range(100)}
            await until(lambda: {*other.bodies, *seen.read_text().splitlines()} == wanted, 60)
            assert other.partitions == {"0", "1"}
    finally:
        killed.kill()
        killed.wait(10)
        await store.close()


def balanced(one: Reader, other: Reader) -> bool:
    return len(one.partitions) == len(other.partitions) == 1


async def test_two_consumers_share_and_a_third_goes_on_where_they_stopped(
    broker: Broker, storage: str
) -> None:
    await container(storage)
    stores = [BlobCheckpointStore.from_connection_string(storage, "checkpoints") for _ in range(3)]
    publish(broker, 0, 50)
    async with Reader(broker, checkpoints=stores[0]) as one:
        await until(lambda: len(one.events) == 100, 30)
        async with Reader(broker, checkpoints=stores[1]) as other:
            await until(lambda: balanced(one, other), 40)
            publish(broker, 50, 50)
            await until(lambda: len({*one.bodies, *other.bodies}) == 200, 30)
    assert broker.stop() == 0
    broker.start()
    publish(broker, 100, 10)
    async with Reader(broker, checkpoints=stores[2]) as third:
        await until(lambda: len(third.events) >= 20, 40)
        await asyncio.sleep(1)
    assert sorted(map(json.loads, third.bodies)) == [
        [partition, n] for partition in ("0", "1") for n in range(100, 110)
    ]
    for store in stores:
        await store.close()
