"""A conversation reads the same wherever the network cuts it: at every byte, and in threes."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from local.eventhubs import encode as e
from local.eventhubs import frames
from local.eventhubs.codec import NULL
from local.eventhubs.event import BATCH_FORMAT
from local.eventhubs.hub import Namespace
from tests.local.eventhubs.inprocess import connected, conversed, opened
from tests.local.eventhubs.raw import SASL_ANONYMOUS, batch, request, terminus, transfers

OPENING = SASL_ANONYMOUS + frames.AMQP_HEADER + frames.open_("raw") + frames.begin(0)


def attach(handle: int, address: str, *, sends: bool) -> bytes:
    return frames.attach(
        0, f"link-{handle}", handle, sends=sends, settle=e.ubyte(0 if sends else 1),
        source=NULL if sends else terminus(0x28, address),
        target=terminus(0x29, address if sends else "answers"),
    )  # fmt: skip


CONVERSATIONS = {
    "a batch": (
        attach(0, "orders/Partitions/0", sends=True)
        + transfers(0, 0, batch([b"x"] * 3), BATCH_FORMAT)
        + frames.EMPTY
        + frames.detach(0, 0)
    ),
    "a request": (
        attach(0, "$management", sends=True)
        + attach(1, "$management", sends=False)
        + frames.flow(0, 0, 0, (1, 0, 10))
        + transfers(0, 0, b"".join(request("com.microsoft:eventhub", name="orders")), 0)
    ),
    "a broken rule": attach(0, "orders/Partitions/0", sends=True) + frames.detach(0, 9),
}


async def answered(namespace: Namespace, chunks: Sequence[bytes]) -> bytes:
    connection, sink = connected(namespace, set())
    assert await conversed(connection, chunks) == 0
    assert sink.closed
    return b"".join(sink.sent)


@pytest.mark.parametrize("name", CONVERSATIONS)
async def test_a_conversation_reads_the_same_at_every_split(name: str, tmp_path: Path) -> None:
    namespace = opened(tmp_path)
    said = OPENING + CONVERSATIONS[name] + frames.close()
    expected = await answered(namespace, [said])
    assert expected.endswith(frames.close())
    for at in range(1, len(said)):
        assert await answered(namespace, [said[:at], said[at:]]) == expected, at
        assert await answered(namespace, [said[:at], said[at : at + 1], said[at + 1 :]]) == expected
    assert await answered(namespace, [said[at : at + 1] for at in range(len(said))]) == expected
