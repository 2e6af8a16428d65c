"""Events that can't be read back from disk: the reader hears of it, and so does the log."""

from pathlib import Path

import pytest

from tests.local.eventhubs.processes import Broker
from tests.local.eventhubs.raw import RawClient, batch

pytestmark = pytest.mark.stack
READER = "orders/ConsumerGroups/readers/Partitions/0"


def segment(broker: Broker) -> Path:
    return next((broker.folder / "data/hubs/orders/0").glob("*.log"))


def filled(broker: Broker, batches: int) -> list[int]:
    """Publish; where each record starts. The restart empties the broker's cache."""
    starts = []
    with RawClient(broker.port) as client:
        client.open()
        client.attach(0, "orders/Partitions/0", sends=True)
        for number in range(batches):
            starts.append(segment(broker).stat().st_size)
            client.publish(0, number, batch([b"e%d" % number] * 3))
            client.accepted(number)
    assert broker.stop() == 0
    broker.start()
    return starts


def damage(broker: Broker, at: int) -> None:
    data = bytearray(segment(broker).read_bytes())
    data[at + 60] ^= 1
    segment(broker).write_bytes(data)


@pytest.mark.parametrize(("damaged", "good"), [(0, 0), (2, 6)])
def test_a_damaged_record_ends_the_link_after_the_good_events(
    broker: Broker, damaged: int, good: int
) -> None:
    at = filled(broker, 4)[damaged]
    damage(broker, at)
    with RawClient(broker.port) as client:
        client.open()
        client.attach(0, READER, sends=False)
        client.credit(0, 0, 100)
        codes = [client.frame() for _ in range(good + 1)]
    assert [frame.code for frame in codes] == [0x14] * good + [0x16]
    assert b"amqp:internal-error" in codes[-1].raw(2)
    assert f"damaged at byte {at}".encode() in codes[-1].raw(2)
    assert "link ended: Partition '0' can't be read" in broker.log
    assert "Traceback" not in broker.log


def test_a_start_position_in_a_damaged_record_refuses_the_link(broker: Broker) -> None:
    damage(broker, filled(broker, 4)[0])
    with RawClient(broker.port) as client:
        client.open()
        client.attach(0, READER, sends=False, start="amqp.annotation.x-opt-offset > '5'")
        assert b"amqp:internal-error" in client.until(0x16).raw(2)
    with RawClient(broker.port) as client:
        client.open()
        client.attach(0, READER, sends=False, start="amqp.annotation.x-opt-sequence-number > '8'")
        client.credit(0, 0, 100)
        client.take(3)
