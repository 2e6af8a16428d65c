"""POST /api/contacts/{contact_id}/deactivate → customer.contact.deactivated"""

from dataclasses import dataclass
from uuid import UUID

from domains.customer.contact import Contact, ContactDeactivated, switched
from eventing.decision import Decision, Unknown
from eventing.values import Instant


@dataclass(frozen=True, slots=True)
class DeactivateContact:
    """Keep a contact from being sold to, although its account stays as it is."""

    contact_id: UUID
    occurred_at: Instant

    @property
    def key(self) -> str:
        return str(self.contact_id)


def decide(contact: Contact | None, command: DeactivateContact) -> Decision[Contact]:
    if contact is None or contact.status is None:
        raise Unknown("unknown_contact", f"contact {command.contact_id} is not known, or not yet")
    after = switched(contact, "inactive", command.occurred_at)
    if after.status == contact.status:
        return Decision(after)
    return Decision(after, [ContactDeactivated(contact.contact_id, contact.contact_id)])
