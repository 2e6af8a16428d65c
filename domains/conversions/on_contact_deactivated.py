"""customer.contact.deactivated → the contact as conversions knows it"""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from domains.conversions.known_contact import KnownContact
from eventing.decision import Decision


@dataclass(frozen=True, slots=True)
class ContactDeactivated:
    """What conversions reads of a contact."""

    type: ClassVar[str] = "customer.contact.deactivated"

    contact_id: UUID
    sequence: int

    @property
    def key(self) -> str:
        return str(self.contact_id)


def decide(known: KnownContact | None, contact: ContactDeactivated) -> Decision[KnownContact]:
    if known and contact.sequence <= known.sequence:
        return Decision(known)
    return Decision(KnownContact(contact.contact_id, "inactive", contact.sequence))
