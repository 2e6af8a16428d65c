"""Requests to `$cbs` and `$management`: a message in, a message out, matched by its id."""

from dataclasses import dataclass

from local.eventhubs import encode as e
from local.eventhubs.codec import NULL, CodecError, decode, skip
from local.eventhubs.performatives import list_raws


@dataclass(frozen=True, slots=True)
class Request:
    """What a request says; `message_id` stays encoded, for the answer must echo its exact type."""

    message_id: bytes
    reply_to: str
    properties: dict[object, object]

    def text(self, name: str) -> str:
        """An application property as text, empty when absent."""
        value = self.properties.get(name)
        return "" if value is None else str(value)


def read_request(payload: bytes) -> Request:
    """Raises CodecError."""
    message_id, reply_to, properties, pos = NULL, "", {}, 0
    while pos < len(payload):
        if payload[pos] != 0:
            raise CodecError(f"no message section at byte {pos}")
        code, start = decode(payload, pos + 1)
        pos = skip(payload, start)
        if code == 0x73:
            raws, _ = list_raws(payload, start)
            message_id = raws[0] if raws else NULL
            reply_to = str(decode(raws[4])[0]) if len(raws) > 4 and raws[4] != NULL else ""
        elif code == 0x74:
            value, _ = decode(payload, start)
            if not isinstance(value, dict):
                raise CodecError("application properties are no map")
            properties = value
    return Request(message_id, reply_to, properties)


def answer(
    request: Request, status: int, description: str, body: bytes = NULL, condition: str = ""
) -> bytes:
    """The encoded answer. The description is there twice: the Python SDK reads the second name."""
    properties = {
        e.string("status-code"): e.integer(status),
        e.string("status-description"): e.string(description),
        e.string("statusDescription"): e.string(description),
    }
    if condition:
        properties[e.string("error-condition")] = e.symbol(condition)
    fields = [NULL] * 5 + [request.message_id] + [NULL] * 7
    return b"".join((
        e.described(0x73, e.sequence(fields)),
        e.described(0x74, e.mapping(properties)),
        e.described(0x77, body),
    ))  # fmt: skip
