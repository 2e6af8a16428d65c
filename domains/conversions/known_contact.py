"""What conversions knows of a contact, from the customer team's events."""

from dataclasses import dataclass
from typing import ClassVar, Literal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class KnownContact:
    """A contact as of its version `sequence`."""

    kind: ClassVar[str] = "known_contact"

    contact_id: UUID
    status: Literal["active", "inactive"]
    sequence: int
