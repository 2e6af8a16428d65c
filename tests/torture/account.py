"""Reads back what the stack holds: every hub by the official SDK, every table whole."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from azure.data.tables.aio import TableClient
from azure.eventhub.aio import EventHubConsumerClient
from azure.identity import DefaultAzureCredential
from azure.schemaregistry import SchemaRegistryClient
from azure.schemaregistry.encoder.avroencoder import AvroEncoder

from eventing.bus import declared
from eventing.event import Event
from eventing.hubs import Hubs
from eventing.rows import joined
from eventing.store import OUTBOX
from eventing.wire import Received, to_event

TEAMS = ("product", "customer", "conversions")


@dataclass(frozen=True, slots=True)
class Row:
    """An aggregate as a team's table holds it."""

    version: int
    state: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """An event as it stands on its hub, decoded, and how often it was published."""

    event: Event
    data: Mapping[str, Any]


@dataclass
class Account:
    """All that the stack holds."""

    events: list[Told] = field(default_factory=list)
    """In the order of their partitions, each event once."""
    messages: int = 0
    rows: dict[str, dict[str, Row]] = field(default_factory=dict)
    """By source, such as /customer/contact, and id."""
    waiting: int = 0
    parked: list[str] = field(default_factory=list)
    behind: list[str] = field(default_factory=list)
    """Readers that have not reached the end of a partition."""

    def of(self, source: str) -> dict[str, Row]:
        return self.rows.get(source, {})

    def told(self, event_type: str) -> list[Told]:
        return [each for each in self.events if each.event.type == event_type]


async def tables(settings: Mapping[str, str], ends: Mapping[tuple[str, str], int]) -> Account:
    """What the teams' tables hold, and which readers are behind the ends of their partitions."""
    found = Account(rows=defaultdict(dict))
    for team in TEAMS:
        reached: dict[str, int] = {}
        async with TableClient.from_connection_string(settings["STATE"], team) as table:
            async for entity in table.list_entities():
                place, key = entity["PartitionKey"], entity["RowKey"]
                if place == "position":
                    reached[key] = entity["sequence_number"].value
                elif place == "parked" and key.startswith("item!"):
                    found.parked.append(f"{team} {key}: {entity.get('reason')}")
                elif key.startswith(OUTBOX):
                    found.waiting += 1
                elif place.isdigit():
                    kind, _, name = key.partition("!")
                    state = json.loads(joined(entity, "state"))
                    found.rows[f"/{team}/{kind}"][_plain(name)] = Row(entity["version"], state)
        for (hub, partition), last in ends.items():
            at = reached.get(f"{hub}!{partition}", -1)
            if team in declared().hubs[hub].consumer_groups and at < last:
                found.behind.append(f"{team} is at {at} of {hub}/{partition}, which ends at {last}")
    return found


def _plain(name: str) -> str:
    first, *more = name.split("=")
    return first + "".join(chr(int(each[:2], 16)) + each[2:] for each in more)


def _consumer(settings: Mapping[str, str], hub: str) -> EventHubConsumerClient:
    return EventHubConsumerClient.from_connection_string(
        settings["EVENTS"], "$Default", eventhub_name=hub
    )


async def ends(settings: Mapping[str, str]) -> dict[tuple[str, str], int]:
    """The last sequence number of every partition, -1 where there is none."""

    async def of(hub: str) -> dict[tuple[str, str], int]:
        async with _consumer(settings, hub) as client:
            names = await client.get_partition_ids()
            told = [await client.get_partition_properties(name) for name in names]
        return {
            (hub, each["id"]): -1 if each["is_empty"] else each["last_enqueued_sequence_number"]
            for each in told
        }

    parts = await asyncio.gather(*(of(hub) for hub in declared().hubs))
    return {place: last for part in parts for place, last in part.items()}


async def hubs(settings: Mapping[str, str], account: Account) -> None:
    """Add every event of every hub to the account, decoded by the official encoder."""
    registry = SchemaRegistryClient(
        settings["SCHEMAS__fullyQualifiedNamespace"], DefaultAzureCredential()
    )
    seen: set[str] = set()
    with AvroEncoder(client=registry, group_name=declared().schema_group) as encoder:
        for received in await _messages(settings):
            account.messages += 1
            event = to_event(received)
            if event.id not in seen:
                seen.add(event.id)
                message: Any = {"content": received.body, "content_type": received.content_type}
                account.events.append(Told(event, encoder.decode(message)))


async def _messages(settings: Mapping[str, str]) -> list[Received]:
    reader = Hubs(declared(), _no_producer, lambda hub, _: _consumer(settings, hub))

    async def whole(hub: str, partition: str, last: int) -> list[Received]:
        first = await reader.begins(hub, partition)
        return [each async for part in reader.read(hub, partition, first, last) for each in part]

    parts = [
        whole(hub, partition, last)
        for (hub, partition), last in (await ends(settings)).items()
        if last >= 0
    ]
    return [message for part in await asyncio.gather(*parts) for message in part]


def _no_producer(hub: str) -> Any:
    raise AssertionError(f"nothing is published to {hub} here")
