"""Whole connections on a bare socket: every SASL variant, every split, and garbage."""

import random

import pytest

from local.eventhubs import encode as e
from local.eventhubs import frames
from local.eventhubs.codec import NULL
from tests.local.eventhubs.processes import Broker
from tests.local.eventhubs.raw import SASL_ANONYMOUS, RawClient, batch, terminus, transfers

pytestmark = pytest.mark.stack
TLS_HELLO = bytes.fromhex("16030102000100")
OPENING = frames.AMQP_HEADER + frames.open_("raw") + frames.begin(0)


def init(mechanism: str, response: bytes = NULL) -> bytes:
    fields = (e.symbol(mechanism), response, NULL)
    return frames.SASL_HEADER + frames.frame(0, e.described(0x41, e.sequence(fields)), kind=1)


def served(broker: Broker) -> bool:
    """Whether a new client is answered."""
    with RawClient(broker.port) as client:
        client.open()
    return True


def quiet(broker: Broker) -> bool:
    """Whether no request made the broker's code fail."""
    return "Traceback" not in broker.log and "Error" not in broker.log


@pytest.mark.parametrize(
    "hello",
    [
        b"", init("MSSBCBS"), init("MSSBCBS", e.binary(b"")), init("ANONYMOUS"),
        init("EXTERNAL"), init("PLAIN", e.binary(b"\0user\0secret")),
    ],
    ids=["none", "MSSBCBS", "MSSBCBS with response", "ANONYMOUS", "EXTERNAL", "PLAIN"],
)  # fmt: skip
def test_every_sasl_variant_opens_pipelined(broker: Broker, hello: bytes) -> None:
    with RawClient(broker.port) as client:
        client.send(hello + OPENING)
        if hello:
            assert client.exactly(8) == frames.SASL_HEADER
            assert b"MSSBCBS" in client.until(0x40).raw(0)
            assert client.until(0x44).number(0) == 0
        assert client.exactly(8) == frames.AMQP_HEADER
        assert client.until(0x11).number(0) == 0


def test_an_unknown_mechanism_is_refused_and_logged(broker: Broker) -> None:
    with RawClient(broker.port) as client:
        client.send(init("SCRAM-SHA-1"))
        client.exactly(8)
        assert client.until(0x44).number(0) == 1
        assert client.rest() == b""
    assert "SASL mechanism refused" in broker.log
    assert "'SCRAM-SHA-1'" in broker.log


def test_a_tls_hello_is_logged_with_what_to_do(broker: Broker) -> None:
    with RawClient(broker.port) as client:
        client.send(TLS_HELLO)
        assert client.rest() == frames.SASL_HEADER
    assert "UseDevelopmentEmulator=true" in broker.log
    assert served(broker)


def conversation() -> bytes:
    """A handshake, a batch on a producer's link, and the close."""
    attach = frames.attach(
        0, "l", 0, sends=True, settle=e.ubyte(0), source=NULL,
        target=terminus(0x29, "orders/Partitions/0"),
    )  # fmt: skip
    events = transfers(0, 0, batch([b"x"] * 3), 0x80013700)
    return SASL_ANONYMOUS + OPENING + attach + events + frames.close()


def test_a_conversation_reads_the_same_byte_by_byte(broker: Broker) -> None:
    answers = set()
    for size in (1, 2, 7, 1000):
        said = conversation()
        with RawClient(broker.port) as client:
            for start in range(0, len(said), size):
                client.send(said[start : start + size])
            answers.add(client.rest())
    assert len(answers) == 1
    assert answers.pop().endswith(frames.disposition(0, 0, 0) + frames.close())
    assert quiet(broker)


def test_random_bytes_end_only_their_own_connection(broker: Broker) -> None:
    rng = random.Random(7)
    said = conversation()
    for number in range(400):
        garbage = bytearray(said if number % 4 else rng.randbytes(300))
        for _ in range(rng.randrange(1, 4)):
            garbage[rng.randrange(len(garbage))] = rng.randrange(256)
        client = RawClient(broker.port)
        try:
            client.send(bytes(garbage))
        except (ConnectionResetError, BrokenPipeError):
            continue
        finally:
            client.socket.close()
    assert served(broker)
    assert quiet(broker)


def nested_arrays(depth: int) -> bytes:
    value = b"\x40"
    for _ in range(depth):
        value = b"\xf0" + (len(value) + 4).to_bytes(4, "big") + b"\0\0\0\x01" + value
    return value


@pytest.mark.parametrize(
    ("last", "condition"),
    [
        (b"\x00\x02\x00\x00\x02\x00\x00\x00", b"amqp:connection:framing-error"),
        (b"\x00\x00\x00\x08\x01\x00\x00\x00", b"amqp:connection:framing-error"),
        (frames.begin(0), b"amqp:connection:framing-error"),
        (frames.open_("again"), b"amqp:illegal-state"),
        (frames.detach(0, 9), b"amqp:session:unattached-handle"),
        (frames.frame(0, e.described(0x12, e.sequence((NULL,)))), b"amqp:decode-error"),
        (
            frames.frame(0, e.described(0x17, e.sequence((nested_arrays(5000),)))),
            b"amqp:decode-error",
        ),
    ],
    # pytest tells a test's name to what it starts, and a name of 100 kB is too long for that.
    ids=[
        *("a frame too large", "a body within the header", "a channel begun twice"),
        *("a second open", "a handle that is none", "a link without a name", "arrays in arrays"),
    ],
)
def test_a_broken_rule_ends_with_the_error_that_names_it(
    broker: Broker, last: bytes, condition: bytes
) -> None:
    with RawClient(broker.port) as client:
        client.open()
        client.send(last + frames.close())
        assert condition in client.rest()
    assert quiet(broker)
