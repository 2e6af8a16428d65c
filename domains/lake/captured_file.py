"""A captured file's name: whose events it holds, and where they go in the lake."""

import re
from dataclasses import dataclass

# {Namespace}/{EventHub}/{PartitionId}/{Year}/{Month}/{Day}/{Hour}/{Minute}/{Second}.avro
_NAME = re.compile(
    r"[^/]+/([^/]+)/([0-9]+)/([0-9]{4}/[0-9]{2}/[0-9]{2})/([0-9]{2})/([0-9]{2})/([0-9]{2})\.avro"
)


@dataclass(frozen=True, slots=True)
class CapturedFile:
    """A file of one partition. No other has its name, and it never changes."""

    name: str
    hub: str
    partition: str
    day: str
    time: str

    def place(self, table: str, kind: str = "avro") -> str:
        """Where its rows of a table lie. It follows from the names, so a repeat writes the same."""
        return f"{table}/{self.day}/{self.hub}-{self.partition}-{self.time}.{kind}"


def captured_file(name: str) -> CapturedFile | None:
    """The file of a name, or None when it is not one that capture gives."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    hub, partition, day, *time = found.groups()
    return CapturedFile(name, hub, partition, day, "".join(time))
