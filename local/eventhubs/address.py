"""Link addresses: what a client wants, in the shapes the SDKs write it."""

import re
from dataclasses import dataclass

from local.eventhubs.errors import unknown_entity

_AUTHORITY = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/]*")


@dataclass(frozen=True, slots=True)
class Address:
    """`hub[/ConsumerGroups/group][/Partitions/partition]`, or `$cbs`, or `[hub/]$management`."""

    node: str
    hub: str = ""
    group: str = ""
    partition: str | None = None


def parse(text: str) -> Address:
    """Raises Refusal for an address no entity can have."""
    path = _AUTHORITY.sub("", text, count=1).strip("/")
    parts = path.split("/")
    names = [part.lower() for part in parts]
    if names == ["$cbs"]:
        return Address("$cbs")
    if names[-1] == "$management":
        return Address("$management", hub=parts[0] if len(parts) > 1 else "")
    match names:
        case [hub] if hub:
            return Address("hub", parts[0])
        case [_, "partitions", _]:
            return Address("hub", parts[0], partition=parts[2])
        case [_, "publishers", _]:
            return Address("hub", parts[0])
        case [_, "consumergroups", _, "partitions", _]:
            return Address("hub", parts[0], parts[2], parts[4])
    raise unknown_entity(path)
