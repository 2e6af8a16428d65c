"""timer → customer.contact.product_expired, once for each purchase whose term has ended"""

from dataclasses import dataclass, replace
from uuid import UUID

from domains.customer.contact import Contact, ContactProductExpired, Purchase
from domains.customer.term import beginning
from eventing.decision import Decision
from eventing.values import Instant


@dataclass(frozen=True, slots=True)
class ExpireProducts:
    """End the purchases of a contact whose terms are over at `occurred_at`."""

    contact_id: UUID
    occurred_at: Instant

    @property
    def key(self) -> str:
        return str(self.contact_id)


def decide(contact: Contact | None, command: ExpireProducts) -> Decision[Contact]:
    if contact is None:
        return Decision(None)
    over = [
        purchase
        for purchase in contact.purchases
        if not purchase.expired and beginning(purchase.ends_on) <= command.occurred_at
    ]
    if not over:
        return Decision(contact)
    purchases = tuple(
        replace(purchase, expired=True) if purchase in over else purchase
        for purchase in contact.purchases
    )
    return Decision(
        replace(contact, purchases=purchases),
        [_event(contact, purchase) for purchase in over],
    )


def _event(contact: Contact, purchase: Purchase) -> ContactProductExpired:
    return ContactProductExpired(
        contact_id=contact.contact_id,
        sale_id=purchase.sale_id,
        product_id=purchase.product_id,
        purchased_on=purchase.purchased_on,
        ended_on=purchase.ends_on,
    )
