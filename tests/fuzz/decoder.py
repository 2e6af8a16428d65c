"""Messages of a hub → events → data → messages of rules: a value, or Undecodable, which parks."""

from collections.abc import Sequence
from datetime import UTC, datetime
from random import Random
from typing import Any

from eventing import schemas
from eventing.codec import Codec
from eventing.errors import Undecodable
from eventing.parked import Parked, packed, unpacked
from eventing.receive import _message
from eventing.wire import Received, to_event
from tests.eventing.memory import MemoryRegistry
from tests.fuzz.mutations import Seed
from tests.fuzz.target import Target, brief
from tests.rules.found import RULES
from tests.test_contracts import EVENTS, example

_ENQUEUED = datetime(2026, 5, 1, tzinfo=UTC)
_ATTRIBUTES = ("specversion", "id", "type", "source", "time", "sequence", "subject", "traceparent")
_STRANGE: Sequence[Any] = (
    *(None, "", 0, -1, True, 2**70, 1.5, float("nan"), b"\xff", "\ud800", "1.0", "é" * 5000),
    *({}, [], "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "2026-W01-1", "1" * 18, "²"),
)


class Decoder(Target):
    """The first bytes are the number of a schema; the rest is the body."""

    tokens = (
        b"\xff" * 9,
        b"\x80" * 9 + b"\x01",
        b"\xfe\xff\xff\xff\x0f",
        b"\x48",
        b"\x00",
        b"\x02",
    )

    def __init__(self) -> None:
        self._codec = Codec(_Known())
        self._types = schemas.event_types()
        self._reads = {rule.message.type: rule.message for rule in RULES if rule.reads_event}
        self.seeds = ()

    async def start(self) -> None:
        self.seeds = await self._bodies()

    async def _bodies(self) -> list[Seed]:
        bodies: list[Seed] = []
        for number, event_type in enumerate(self._types):
            for variant in range(4):
                assert event_type in EVENTS
                _, _, body = await self._codec.encode(example(event_type, variant))
                half = len(body) // 2
                bodies.append((bytes((number,)), body[:half], body[half:]))
        return bodies

    async def put(self, parts: list[bytes], chance: Random) -> str:
        data = b"".join(parts)
        number = data[0] % len(self._types) if data else 0
        received = self._received(self._types[number], number, data[1:], chance)
        try:
            event = to_event(received)
            values = await self._codec.decode(event.type, event.content_type, event.body)
            if kind := self._reads.get(event.type):
                _message(kind, values, event)
        except Undecodable as refusal:
            brief(refusal)
            parked = Parked(received, "undecodable", str(refusal), _ENQUEUED)
            assert unpacked(packed(parked.received))[1] == received.body
            assert parked.group.reason == "undecodable"
            return "Undecodable"
        return "read"

    def _received(self, event_type: str, number: int, body: bytes, chance: Random) -> Received:
        properties: dict[Any, Any] = {
            "cloudEvents_specversion": "1.0",
            "cloudEvents_id": "1",
            "cloudEvents_type": event_type,
            "cloudEvents_source": "/x",
            "cloudEvents_time": "2026-05-01T09:30:00Z",
            "cloudEvents_sequence": "0000000007",
        }
        content_type = f"avro/binary+{number:032x}"
        if chance.random() < 0.1:
            prefix = chance.choice(("cloudEvents_", "cloudEvents:", "CloudEvents_", ""))
            properties[prefix + chance.choice(_ATTRIBUTES)] = chance.choice(_STRANGE)
        if chance.random() < 0.02:
            content_type = chance.choice(("", "avro/binary+", "avro/binary+ff", "+", "a" * 100_000))
        return Received("x", "0", 1, "1", _ENQUEUED, content_type, properties, body)


class _Known(MemoryRegistry):
    """It answers faster than the schemas are parsed."""

    def __init__(self) -> None:
        super().__init__()
        self._held: dict[str, Any] = {}

    async def by_id(self, schema_id: str) -> Any:
        if schema_id not in self._held:
            self._held[schema_id] = await super().by_id(schema_id)
        return self._held[schema_id]
