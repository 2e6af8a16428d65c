"""The registered schemas: one readable file each, `groups/<group>/<name>/<version>.<id>.<format>`.

The file holds the definition exactly as it was registered; everything else about it is its path.
"""

import logging
import re
import uuid
from dataclasses import dataclass, field
from pathlib import Path

from local.schemaregistry import files
from local.schemaregistry.formats import Format, canonical

LOG = logging.getLogger("schemaregistry")
EXTENSIONS = {Format.AVRO: "avsc", Format.JSON: "json", Format.CUSTOM: "txt"}
_FILE = re.compile(r"([1-9][0-9]*)\.([0-9a-f]{32})\.(avsc|json|txt)")
_IDS = uuid.UUID("6f1c5d0e-4a52-5d0b-9a55-0b3b0f3a7c11")


@dataclass(frozen=True, slots=True)
class Registered:
    """One version of a schema. Versions of a name count from 1."""

    id: str
    group: str
    name: str
    version: int
    format: Format
    definition: str


@dataclass(slots=True)
class Store:
    """All schemas, in memory and on disk. Nothing is ever changed or removed."""

    folder: Path
    _ids: dict[str, Registered] = field(default_factory=dict)
    _versions: dict[tuple[str, str], list[Registered]] = field(default_factory=dict)
    _contents: dict[tuple[str, str, str], Registered] = field(default_factory=dict)

    @classmethod
    def open(cls, folder: Path) -> "Store":
        """Read what is there. Raises ValueError when a version is missing from a sequence."""
        store = cls(folder)
        for path in sorted(folder.glob("*/*/*"), key=_version_of):
            if path.name.startswith(files.TEMPORARY):
                LOG.warning("removed %s, left by a write that never ended", path)
                path.unlink()
            elif schema := _read(path):
                store._keep(schema)
            else:
                LOG.warning("ignored %s, which is no registered schema", path)
        return store

    def by_id(self, schema_id: str) -> Registered | None:
        """The schema of an id: 32 lower-case hexadecimal digits."""
        return self._ids.get(schema_id)

    def versions(self, group: str, name: str) -> list[Registered]:
        """Every version of a schema, the oldest first; none for an unknown name."""
        return list(self._versions.get((group, name), ()))

    def same(self, group: str, name: str, format_: Format, definition: str) -> Registered | None:
        """The version with this content, white space aside."""
        found = self._contents.get((group, name, canonical(format_, definition)))
        return found if found and found.format is format_ else None

    def add(self, group: str, name: str, format_: Format, definition: str) -> Registered:
        """Register the next version of a schema. It is on disk when this returns."""
        version = len(self._versions.get((group, name), ())) + 1
        # The same content gets the same id in a store begun anew, so events written before it was
        # cleared can still be read.
        content = "\n".join((group, name, format_, canonical(format_, definition)))
        schema = Registered(
            uuid.uuid5(_IDS, content).hex, group, name, version, format_, definition
        )
        path = self.folder / group / name / f"{version}.{schema.id}.{EXTENSIONS[format_]}"
        files.write(path, definition.encode())
        self._keep(schema)
        return schema

    def _keep(self, schema: Registered) -> None:
        versions = self._versions.setdefault((schema.group, schema.name), [])
        if schema.version != len(versions) + 1:
            raise ValueError(
                f"{self.folder / schema.group / schema.name} has a version {schema.version} but "
                f"{len(versions)} before it: restore the missing file or remove the folder"
            )
        versions.append(schema)
        self._ids[schema.id] = schema
        content = canonical(schema.format, schema.definition)
        self._contents[schema.group, schema.name, content] = schema


def _version_of(path: Path) -> int:
    number = path.name.partition(".")[0]
    return int(number) if number.isdecimal() else 0


def _read(path: Path) -> Registered | None:
    found = _FILE.fullmatch(path.name)
    if not found:
        return None
    version, schema_id, extension = found.groups()
    format_ = next(known for known, ending in EXTENSIONS.items() if ending == extension)
    group, name = path.parent.parent.name, path.parent.name
    definition = path.read_bytes().decode()
    return Registered(schema_id, group, name, int(version), format_, definition)
