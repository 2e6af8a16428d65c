"""Where a reader starts: every position that the service knows, by what it is delivered first."""

from collections.abc import Iterator

import pytest

from tests.local.eventhubs.processes import Broker
from tests.local.eventhubs.raw import RawClient, batch

pytestmark = pytest.mark.stack
ADDRESS = "orders/ConsumerGroups/readers/Partitions/0"
AT = "amqp.annotation.x-opt-"


@pytest.fixture(scope="module")
def ten(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A broker with events 0 to 9, each of as many bytes."""
    broker = Broker(tmp_path_factory.mktemp("broker"))
    with RawClient(broker.port) as client:
        client.open()
        client.attach(0, "orders/Partitions/0", sends=True)
        client.publish(0, 0, batch([b"e%d" % number for number in range(10)]))
        client.accepted(0)
    yield broker
    assert broker.stop() == 0


def offset_of(broker: Broker, number: int) -> int:
    with RawClient(broker.port) as client:
        client.open()
        client.attach(0, ADDRESS, sends=False)
        client.credit(0, 0, number + 1)
        for _ in range(number):
            client.until(0x14)
        payload = client.until(0x14).payload
    _, _, rest = payload.partition(b"\xa3\x0cx-opt-offset\xa1")
    return int(rest[1 : 1 + rest[0]])


def first(broker: Broker, start: str) -> bytes:
    with RawClient(broker.port) as client:
        client.open()
        client.attach(0, ADDRESS, sends=False, start=start)
        client.credit(0, 0, 1)
        return client.until(0x14).payload[-2:]


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("", b"e0"),
        (f"{AT}offset > '-1'", b"e0"),
        (f"{AT}offset >= '-1'", b"e0"),
        (f"{AT}sequence-number > '4'", b"e5"),
        (f"{AT}sequence-number >= '4'", b"e4"),
        (f"{AT}sequence-number > 4", b"e5"),
        (f"{AT}sequence-number > '-1'", b"e0"),
        (f"{AT}enqueued-time > '0'", b"e0"),
        (f"{AT}enqueued-time >= '0'", b"e0"),
    ],
)
def test_a_reader_starts_where_it_asks_to(ten: Broker, start: str, expected: bytes) -> None:
    assert first(ten, start) == expected


def test_from_latest_only_what_comes_later_is_read(ten: Broker) -> None:
    with RawClient(ten.port) as client:
        client.open()
        address = "orders/ConsumerGroups/readers/Partitions/1"
        for number in range(2):
            client.attach(number, "orders/Partitions/1", sends=True)
            client.publish(number, number, batch([b"n%d" % number]))
            client.accepted(number)
            if number == 0:
                client.attach(7, address, sends=False, start=f"{AT}offset > '@latest'")
        client.credit(7, 0, 5)
        assert client.until(0x14).payload.endswith(b"n1")


def test_an_offset_is_the_place_of_its_event(ten: Broker) -> None:
    offset = offset_of(ten, 6)
    assert first(ten, f"{AT}offset > '{offset}'") == b"e7"
    assert first(ten, f"{AT}offset >= '{offset}'") == b"e6"
    assert first(ten, f"{AT}offset >= {offset}") == b"e6"


@pytest.mark.parametrize(
    ("start", "said"),
    [
        (f"{AT}offset > '999999'", b"The last offset is"),
        (f"{AT}sequence-number > '10'", b"The last sequence number is '9'"),
        (f"{AT}sequence-number > 'x'", b"is invalid"),
        (f"{AT}colour > '1'", b"is not a start position"),
        ("' or 1=1", b"is not a start position"),
        ("x" * 5000, b"is not a start position"),
    ],
)
def test_a_position_that_is_none_is_refused_with_the_reason(
    ten: Broker, start: str, said: bytes
) -> None:
    with RawClient(ten.port) as client:
        client.open()
        client.attach(0, ADDRESS, sends=False, start=start)
        error = client.until(0x16).raw(2)
    assert b"com.microsoft:argument-error" in error
    assert said in error
