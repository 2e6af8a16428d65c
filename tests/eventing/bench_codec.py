"""How fast our codec is beside the official encoder: `python -m tests.eventing.bench_codec`.

Both have the same records and a registry that answers from memory. Ours validates: a value that
does not fit, bytes that follow, another type's schema are refused. A ratio is told, not a time,
and each is the best of many short runs taken in turn, so that a busy machine disturbs both alike.
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

from azure.schemaregistry import SchemaRegistryClient
from azure.schemaregistry.aio import SchemaRegistryClient as AsyncClient
from azure.schemaregistry.encoder.avroencoder import AvroEncoder, MessageContent

from domains.conversions.sale import SaleConfirmed
from eventing import schemas
from eventing.codec import Codec
from eventing.registry import SchemaRegistry

ENCODE_WANTED = 5.0
DECODE_WANTED = 2.5
RECORDS = 20
ROUNDS = 300

type Step = Callable[[int], Any]


class _Client:
    """The two calls that both codecs make, answered at once; both keep the answers."""

    def get_schema_properties(self, _group: str, name: str, *_: Any) -> Any:
        return SimpleNamespace(id=f"{schemas.event_types().index(name):032x}", name=name)

    def get_schema(self, schema_id: str) -> Any:
        name = schemas.event_types()[int(schema_id, 16)]
        properties = SimpleNamespace(name=name)
        return SimpleNamespace(definition=schemas.definition(name), properties=properties)


class _AsyncClient:
    """The same, awaited."""

    async def get_schema_properties(self, *arguments: Any) -> Any:
        return _Client().get_schema_properties(*arguments)

    async def get_schema(self, schema_id: str) -> Any:
        return _Client().get_schema(schema_id)


@dataclass(frozen=True, slots=True)
class Measured:
    """Microseconds of one record, of each codec."""

    ours: float
    theirs: float

    @property
    def ratio(self) -> float:
        return self.theirs / self.ours


def fact(number: int) -> SaleConfirmed:
    """A sale, the event there is most of."""
    return SaleConfirmed(
        sale_id=UUID(int=number, version=4),
        lead_id=UUID(int=number + 1, version=4),
        contact_id=UUID(int=number + 2, version=4),
        product_id="fibre-500",
        partner="acme",
        purchased_on=date(2026, 1, 1 + number % 28),
        amount=Decimal(number).scaleb(-2),
        currency="EUR",
        term_months=24,
        reference=f"order {number}" if number % 2 else None,
    )


def _texts(sale: SaleConfirmed) -> dict[str, Any]:
    """The record as the official encoder takes it: its uuids are strings."""
    values = asdict(sale).items()
    return {name: str(value) if isinstance(value, UUID) else value for name, value in values}


async def _ours(run: Callable[[int], Awaitable[Any]]) -> float:
    started = time.perf_counter()
    for number in range(RECORDS):
        await run(number)
    return time.perf_counter() - started


def _theirs(run: Step) -> float:
    started = time.perf_counter()
    for number in range(RECORDS):
        run(number)
    return time.perf_counter() - started


async def _compared(ours: Callable[[int], Awaitable[Any]], theirs: Step) -> Measured:
    times = [(await _ours(ours), _theirs(theirs)) for _ in range(ROUNDS)]
    per_record = 1e6 / RECORDS
    return Measured(min(a for a, _ in times) * per_record, min(b for _, b in times) * per_record)


async def measure() -> tuple[Measured, Measured]:
    """Encoding and decoding of the same records, which must be the same bytes and values."""
    client = cast("AsyncClient", _AsyncClient())
    codec = Codec(SchemaRegistry(client, namespace="registry.test", group="events"))
    encoder = AvroEncoder(client=cast("SchemaRegistryClient", _Client()), group_name="events")
    facts = [fact(number) for number in range(RECORDS)]
    schema = schemas.definition(SaleConfirmed.type)
    records = [_texts(sale) for sale in facts]
    encoded = [await codec.encode(sale) for sale in facts]
    messages = [MessageContent(content=body, content_type=kind) for kind, _, body in encoded]
    for sale, record, message in zip(facts, records, messages, strict=True):
        assert encoder.encode(record, schema=schema) == message
        assert await codec.decode(sale.type, message["content_type"], message["content"]) == (
            asdict(sale)
        )
    encode = await _compared(
        lambda number: codec.encode(facts[number]),
        lambda number: encoder.encode(records[number], schema=schema),
    )
    decode = await _compared(
        lambda number: codec.decode(SaleConfirmed.type, encoded[number][0], encoded[number][2]),
        lambda number: encoder.decode(messages[number], readers_schema=schema),
    )
    return encode, decode


def main() -> int:
    """Measure, print, and say by the exit code whether what is wanted was reached."""
    reached = True
    for name, found, wanted in zip(
        ("encode", "decode"), asyncio.run(measure()), (ENCODE_WANTED, DECODE_WANTED), strict=True
    ):
        print(
            f"{name}  ours {found.ours:5.1f} us   AvroEncoder {found.theirs:5.1f} us   "
            f"{found.ratio:.1f} times as fast (wanted: {wanted})"
        )
        reached = reached and found.ratio >= wanted
    print("reached" if reached else "NOT reached")
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
