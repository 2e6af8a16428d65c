"""The bus as declared once in bus.json: which hub carries a type, who owns it, who reads it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Hub:
    """One event hub: the events of its aggregates, in order within an aggregate."""

    name: str
    owner: str
    aggregates: tuple[str, ...]
    partitions: int
    consumer_groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bus:
    """Every hub by name, the schema group that governs their contracts, the teams with a table."""

    hubs: Mapping[str, Hub]
    schema_group: str
    teams: tuple[str, ...]

    def hub_of(self, event_type: str) -> Hub:
        """The hub that carries `team.aggregate.event`. Raises LookupError for a type of no hub."""
        team, _, rest = event_type.partition(".")
        aggregate = rest.partition(".")[0]
        for hub in self.hubs.values():
            if hub.owner == team and aggregate in hub.aggregates:
                return hub
        raise LookupError(f"no hub in bus.json carries the event type {event_type!r}")


@cache
def declared() -> Bus:
    """The declaration that is deployed with the app."""
    text = json.loads((ROOT / "bus.json").read_text())
    hubs = {
        name: Hub(
            name=name,
            owner=hub["owner"],
            aggregates=tuple(hub["aggregates"]),
            partitions=hub["partitions"],
            consumer_groups=tuple(hub["consumerGroups"]),
        )
        for name, hub in text["hubs"].items()
    }
    return Bus(hubs, text["schemaGroup"]["name"], tuple(text["tables"]))
