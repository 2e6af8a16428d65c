"""The bus declaration: which hubs exist, with how many partitions and which consumer groups."""

import json
from dataclasses import dataclass
from pathlib import Path

DEFAULT_GROUP = "$Default"
MAX_PARTITIONS = 32


class BusError(ValueError):
    """bus.json can't be used; the message names the value and what it should be."""


@dataclass(frozen=True, slots=True)
class HubDeclaration:
    """One hub; `groups` includes `$Default`."""

    name: str
    partitions: int
    groups: tuple[str, ...]


def read_bus(path: Path) -> tuple[HubDeclaration, ...]:
    """The hubs that `path` declares. Raises BusError."""
    try:
        declared = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BusError(
            f"{path} can't be read ({error.strerror}): name the file with --bus"
        ) from None
    except ValueError as error:
        raise BusError(f"{path} is not JSON: {error}") from None
    hubs = declared.get("hubs") if isinstance(declared, dict) else None
    if not isinstance(hubs, dict) or not hubs:
        raise BusError(f'{path} declares no hubs: add "hubs": {{"name": {{"partitions": 4}}}}')
    return tuple(_hub(path, name, hub) for name, hub in hubs.items())


def _hub(path: Path, name: str, hub: object) -> HubDeclaration:
    partitions = hub.get("partitions") if isinstance(hub, dict) else None
    groups = hub.get("consumerGroups", []) if isinstance(hub, dict) else None
    if type(partitions) is not int or not 1 <= partitions <= MAX_PARTITIONS:
        raise BusError(
            f"{path}: hub {name!r} has partitions {partitions!r}, not 1..{MAX_PARTITIONS}"
        )
    if not isinstance(groups, list) or not all(isinstance(group, str) for group in groups):
        raise BusError(f"{path}: hub {name!r} has consumerGroups {groups!r}, not a list of names")
    return HubDeclaration(name, partitions, (DEFAULT_GROUP, *groups))
