"""Capture beside a real broker: every event is in one file, once, whatever is killed when."""

import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import ServiceResponseError
from azure.eventhub import EventData, EventHubProducerClient
from azure.storage.blob import BlobServiceClient, ContainerClient

from local.capture.capture import Capture, Form
from local.ports import Ports
from local.settings import example
from local.stack import Stack
from tests.local.capture.test_file import FORM, append, opened, read

pytestmark = pytest.mark.stack
SOON = "0.1"


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Storage, broker and capture for this file to kill; files are written ten times a second."""
    values = example() | {"LOCAL_CAPTURE_SECONDS": SOON}
    with Stack(tmp_path_factory.mktemp("own"), Ports.free(), values) as stack:
        stack.start(servers=("azurite", "eventhubs", "capture"))
        yield stack


@pytest.fixture
def container(own: Stack) -> Iterator[ContainerClient]:
    with BlobServiceClient.from_connection_string(own.environment()["FILES"]) as account:
        yield account.get_container_client("captured-events")


def captured(container: ContainerClient, prefix: str) -> dict[str, list[tuple[int, Any]]]:
    """Numbers and bodies by partition, in the order of the files' names."""
    found: dict[str, list[tuple[int, Any]]] = defaultdict(list)
    for name in container.list_blob_names(name_starts_with=prefix):
        for record in read(container.download_blob(name).readall()):
            found[name.split("/")[2]].append((record["SequenceNumber"], record["Body"]))
    return found


def test_events_are_captured_once_while_capture_and_broker_are_killed(
    own: Stack, container: ContainerClient
) -> None:
    sent = 0
    producer = EventHubProducerClient.from_connection_string(
        own.environment()["EVENTS"], eventhub_name="sale"
    )
    with producer:
        for victim in ("capture", "capture", "eventhubs", "capture", "capture"):
            own.freeze(
                "azurite"
            )  # what capture asks of it then is lost with capture, or answered late
            for number in range(40):
                if number == 20:
                    own.thaw("azurite")
                batch = producer.create_batch(partition_key=str(number % 7))
                for each in range(3):
                    batch.add(EventData(f"{sent + each}".encode()))
                producer.send_batch(batch)
                sent += 3
                if number % 10 == 0:
                    time.sleep(0.07)
            own.kill(victim)
            own.restart(victim)
    deadline = time.monotonic() + 60
    while sum(map(len, (found := captured(container, "localhost/sale/")).values())) < sent:
        assert time.monotonic() < deadline, "not every event was captured in time"
        time.sleep(0.2)
    for partition, records in found.items():
        assert [number for number, _ in records] == list(range(len(records))), partition
    bodies = [int(body) for records in found.values() for _, body in records]
    assert sorted(bodies) == list(range(sent))


class Deaf(ContainerClient):
    """A container whose answer to a write never arrives, though the file is there."""

    def upload_blob(self, *given: Any, **named: Any) -> Any:
        super().upload_blob(*given, **named).close()
        raise ServiceResponseError("the connection was lost")


def capture(container: ContainerClient, folder: Path) -> Capture:
    return Capture(container, Form("other", FORM, 1 << 20), folder)


def test_a_file_whose_answer_was_lost_is_not_written_again(
    own: Stack, container: ContainerClient, tmp_path: Path
) -> None:
    folder = tmp_path / "lost" / "0"
    log = opened(folder)
    append(log, b"one")
    deaf = Deaf.from_connection_string(own.environment()["FILES"], "captured-events")
    capturing = capture(deaf, folder)
    with deaf, pytest.raises(ServiceResponseError):
        capturing.round()
    capturing.container = container
    append(log, b"two")
    assert [capturing.round(), capturing.round()] == [1, 0]
    assert captured(container, "other/lost/") == {"0": [(0, b"one"), (1, b"two")]}


def test_two_that_capture_the_same_events_write_one_file(
    container: ContainerClient, tmp_path: Path
) -> None:
    folder = tmp_path / "twice" / "0"
    log = opened(folder)
    one, other = capture(container, folder), capture(container, folder)
    append(log, b"one")
    assert [one.round(), other.round()] == [1, 0]
    append(log, b"two")
    assert one.round() == 1
    with pytest.raises(Exception, match="already exists"):
        other.round()
    assert other.round() == 0
    assert captured(container, "other/twice/") == {"0": [(0, b"one"), (1, b"two")]}
