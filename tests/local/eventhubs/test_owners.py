"""Who may read a partition: owner levels (epochs) and the limit of readers, with the Python SDK."""

from contextlib import AsyncExitStack

import pytest

from tests.local.eventhubs.processes import Broker
from tests.local.eventhubs.raw import RawClient, batch
from tests.local.eventhubs.readers import Reader, until

pytestmark = pytest.mark.stack
STOLEN = "New receiver with higher epoch"


def publish(broker: Broker, body: str) -> None:
    # The SDK's producer would sleep for a second.
    with RawClient(broker.port) as client:
        client.open()
        client.attach(0, "orders/Partitions/1", sends=True)
        client.publish(0, 0, batch([body.encode()]))
        client.accepted(0)


@pytest.mark.parametrize(
    ("present", "newcomer"), [(None, 0), (0, 0), (0, 1), (5, 5), (5, 6)]
)  # fmt: skip
async def test_the_newest_wins_with_an_epoch_not_below_the_owners(
    broker: Broker, present: int | None, newcomer: int
) -> None:
    publish(broker, "a")
    async with Reader(broker, owner_level=present) as old:
        await until(lambda: old.bodies == ["a"])
        async with Reader(broker, owner_level=newcomer) as new:
            await until(lambda: old.errors and new.bodies == ["a"])
            assert STOLEN in old.errors[0]
            publish(broker, "b")
            await until(lambda: new.bodies == ["a", "b"])
            assert (old.bodies, new.errors) == (["a"], [])


@pytest.mark.parametrize(("present", "newcomer"), [(0, None), (5, None), (5, 4), (1, 0)])
async def test_a_lower_or_missing_epoch_is_refused_and_the_owner_reads_on(
    broker: Broker, present: int, newcomer: int | None
) -> None:
    publish(broker, "a")
    async with Reader(broker, owner_level=present) as old:
        await until(lambda: old.bodies == ["a"])
        async with Reader(broker, owner_level=newcomer) as new:
            await until(lambda: new.errors)
            assert STOLEN in new.errors[0]
            publish(broker, "b")
            await until(lambda: old.bodies == ["a", "b"])
            assert (new.bodies, old.errors) == ([], [])


async def test_an_epoch_sends_all_readers_without_one_away(broker: Broker) -> None:
    publish(broker, "a")
    async with Reader(broker) as first, Reader(broker) as second:
        await until(lambda: first.bodies == second.bodies == ["a"])
        async with Reader(broker, owner_level=0):
            await until(lambda: first.errors and second.errors)


async def test_the_sixth_reader_is_refused_until_one_leaves(broker: Broker) -> None:
    publish(broker, "a")
    async with AsyncExitStack() as stack:
        five = [await stack.enter_async_context(Reader(broker)) for _ in range(5)]
        await until(lambda: all(reader.bodies == ["a"] for reader in five))
        async with Reader(broker) as sixth:
            await until(lambda: sixth.errors)
            assert (
                "allowed receivers per partition in a consumer group which is 5"
                in (sixth.errors[0])
            )
            assert sixth.bodies == []
    async with Reader(broker) as after:
        await until(lambda: after.bodies == ["a"])


async def test_an_owner_whose_connection_broke_leaves_its_place(broker: Broker) -> None:
    publish(broker, "a")
    for _ in range(6):
        with RawClient(broker.port) as client:
            client.open()
            client.attach(0, "orders/ConsumerGroups/readers/Partitions/1", sends=False)
    async with Reader(broker) as reader:
        await until(lambda: reader.bodies == ["a"])
