"""What the checks ask of an environment: one in a subscription, or the stack on this machine."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from azure.schemaregistry import SchemaRegistryClient


class Environment(Protocol):
    """A deployed bus with its apps."""

    pause: float
    """Seconds between two questions about the same thing."""

    @property
    def apps(self) -> Sequence[tuple[str, ...]]:
        """The domains of each app: one each in Azure, all in one on a laptop."""

    def partitions(self, hub: str) -> int:
        """How many there are. Raises LookupError for a hub that is not there."""

    def readers(self, hub: str, asked: set[str]) -> set[str]:
        """The consumer groups of a hub; one that cannot list them tries those that are asked."""

    def containers(self) -> set[str]: ...

    def tables(self) -> set[str]: ...

    def registry(self) -> SchemaRegistryClient: ...

    def settings(self, app: tuple[str, ...]) -> Mapping[str, str]: ...

    def functions(self, app: tuple[str, ...]) -> set[str]: ...

    def call(
        self, domain: str, method: str, path: str, body: bytes | None = None
    ) -> tuple[int, Any]:
        """Status and JSON of a request to a domain's app."""

    def move_clock(self, days: int) -> bool:
        """Let the apps live so many days ahead. False where time cannot be moved."""
