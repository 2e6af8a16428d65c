"""The schema groups of bus.json: in Azure, Bicep deploys them from the same declaration."""

import json
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Compatibility(StrEnum):
    """What a new version must be to the latest one. The values are the service's."""

    NONE = "None"
    BACKWARD = "Backward"
    """A reader with the new schema reads what was written with the latest."""
    FORWARD = "Forward"
    """A reader with the latest schema reads what is written with the new."""


@dataclass(frozen=True, slots=True)
class Group:
    """A schema group and the rule that its schemas evolve by."""

    name: str
    compatibility: Compatibility


def declared(bus: Path) -> dict[str, Group]:
    """The groups of a bus declaration, by name. Raises ValueError naming what is wrong."""
    try:
        group = json.loads(bus.read_text())["schemaGroup"]
        found = Group(str(group["name"]), Compatibility(group["compatibility"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"{bus} declares no schema group: it needs "
            '"schemaGroup": {"name": …, "compatibility": "None" | "Backward" | "Forward"}'
            f" ({error!r})"
        ) from error
    return {found.name: found}
