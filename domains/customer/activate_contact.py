"""POST /api/contacts/{contact_id}/activate → customer.contact.activated"""

from dataclasses import dataclass
from uuid import UUID

from domains.customer.contact import Contact, ContactActivated, switched
from eventing.decision import Decision, Rejected, Unknown
from eventing.values import Instant


@dataclass(frozen=True, slots=True)
class ActivateContact:
    """Allow a contact of an active account to be sold to again."""

    contact_id: UUID
    occurred_at: Instant

    @property
    def key(self) -> str:
        return str(self.contact_id)


def decide(contact: Contact | None, command: ActivateContact) -> Decision[Contact]:
    if contact is None or contact.status is None:
        raise Unknown("unknown_contact", f"contact {command.contact_id} is not known, or not yet")
    if contact.account == "inactive":
        raise Rejected("account_inactive", f"the account of contact {contact.contact_id} is off")
    after = switched(contact, "active", command.occurred_at)
    if after.status == contact.status:
        return Decision(after)
    return Decision(after, [ContactActivated(contact.contact_id, contact.contact_id)])
