"""customer.account.deactivated → customer.contact.deactivated"""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from domains.customer.contact import Contact, ContactDeactivated, following
from eventing.decision import Decision
from eventing.values import Instant


@dataclass(frozen=True, slots=True)
class AccountDeactivated:
    """What the contact reads of its account; `sequence` is the account's version."""

    type: ClassVar[str] = "customer.account.deactivated"

    account_id: UUID
    contact_id: UUID
    sequence: int
    occurred_at: Instant

    @property
    def key(self) -> str:
        return str(self.contact_id)


def decide(contact: Contact | None, account: AccountDeactivated) -> Decision[Contact]:
    known = contact or Contact(account.contact_id)
    after = following(known, "inactive", account.sequence, account.occurred_at)
    if after.status == known.status:
        return Decision(after)
    return Decision(after, [ContactDeactivated(account.contact_id, account.account_id)])
