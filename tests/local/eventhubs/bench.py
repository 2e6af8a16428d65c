"""How fast the broker is: `python -m tests.local.eventhubs.bench` (Linux: reads /proc)."""

import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from azure.eventhub import EventData, EventHubConsumerClient, EventHubProducerClient

from tests.local.eventhubs.processes import Broker
from tests.local.eventhubs.raw import SASL_ANONYMOUS, RawClient, batch

BODY = b"x" * 500
BATCH = 1000
RAW_BATCHES = 400
SDK_BATCHES = 40
IN_FLIGHT = 8
INGEST_WANTED = 150_000
DELIVERY_WANTED = 250_000
CPU_SHARE_WANTED = 0.2


@dataclass(frozen=True, slots=True)
class Measured:
    """One run: events, seconds passed, seconds of CPU of the broker and of this process."""

    events: int
    seconds: float
    broker_cpu: float
    client_cpu: float

    def __str__(self) -> str:
        per_event = 1e6 / self.events
        return (
            f"{self.events / self.seconds:10,.0f} ev/s   "
            f"broker {self.broker_cpu * per_event:6.2f} us CPU per event   "
            f"client {self.client_cpu * per_event:6.2f}"
        )


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _measure(broker: Broker, events: int, run: Callable[[], None]) -> Measured:
    pid = broker.process.pid
    started, cpu, own = time.monotonic(), _cpu(pid), time.process_time()
    run()
    return Measured(
        events, time.monotonic() - started, _cpu(pid) - cpu, time.process_time() - own
    )  # fmt: skip


def _connected(broker: Broker) -> RawClient:
    client = RawClient(broker.port)
    client.send(SASL_ANONYMOUS)
    client.exactly(8)
    client.until(0x44)
    client.open()
    return client


def _ingest(client: RawClient) -> None:
    payload = batch([BODY] * BATCH)
    for number in range(RAW_BATCHES):
        client.publish(0, number, payload)
        if number >= IN_FLIGHT:
            client.accepted(number - IN_FLIGHT)
    client.accepted(RAW_BATCHES - 1)


def raw(broker: Broker) -> tuple[Measured, Measured]:
    """Ingest and delivery of the same events with the raw client."""
    events = RAW_BATCHES * BATCH
    with _connected(broker) as client:
        client.attach(0, "orders/Partitions/0", sends=True)
        ingest = _measure(broker, events, lambda: _ingest(client))
    with _connected(broker) as client:
        client.attach(0, "orders/ConsumerGroups/$default/Partitions/0", sends=False)

        def deliver() -> None:
            client.credit(0, 0, events)
            client.take(events)

        return ingest, _measure(broker, events, deliver)


def sdk(broker: Broker) -> tuple[Measured, Measured]:
    """The same with the Python SDK."""
    producer = EventHubProducerClient.from_connection_string(
        broker.connection_string, eventhub_name="orders"
    )
    events = SDK_BATCHES * BATCH

    def publish() -> None:
        with producer:
            for _ in range(SDK_BATCHES):
                producer.send_batch([EventData(BODY) for _ in range(BATCH)], partition_id="1")

    return _measure(broker, events, publish), _measure(
        broker, events, lambda: _receive(broker, events)
    )


def _receive(broker: Broker, events: int) -> None:
    consumer = EventHubConsumerClient.from_connection_string(
        broker.connection_string, "$Default", eventhub_name="orders"
    )
    seen = 0
    enough = threading.Event()

    def on_batch(_context: Any, batch: list[Any]) -> None:
        nonlocal seen
        seen += len(batch)
        if seen >= events:
            enough.set()

    options = {"partition_id": "1", "starting_position": "-1", "prefetch": 3000}
    reader = threading.Thread(
        target=consumer.receive_batch, args=(on_batch,), kwargs={"max_batch_size": 1000, **options}
    )
    reader.start()
    enough.wait(100)
    consumer.close()
    reader.join(10)


def main() -> int:
    """Measure, print, and say by the exit code whether what is wanted was reached."""
    with tempfile.TemporaryDirectory() as folder:
        broker = Broker(Path(folder))
        try:
            ingest, delivery = raw(broker)
            sent, received = sdk(broker)
        finally:
            broker.stop()
    for name, measured in (
        ("raw ingest", ingest), ("raw delivery", delivery),
        ("Python SDK send", sent), ("Python SDK receive", received),
    ):  # fmt: skip
        print(f"{name:20}{measured}")
    share = (sent.broker_cpu + received.broker_cpu) / (sent.client_cpu + received.client_cpu)
    print(f"broker CPU is {share:.2f} of the SDK's (wanted: {CPU_SHARE_WANTED})")
    reached = (
        ingest.events / ingest.seconds >= INGEST_WANTED
        and delivery.events / delivery.seconds >= DELIVERY_WANTED
        and share <= CPU_SHARE_WANTED
    )
    print("reached" if reached else "NOT reached")
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
