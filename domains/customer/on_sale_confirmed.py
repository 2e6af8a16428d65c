"""conversions.sale.confirmed → customer.contact.purchased"""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from domains.customer.contact import (
    Contact,
    ContactPurchased,
    Purchase,
    Quote,
    with_purchase,
    with_quote,
)
from domains.customer.term import term_end
from eventing.decision import Decision
from eventing.values import Amount, Currency, Instant, Months, Slug


@dataclass(frozen=True, slots=True)
class SaleConfirmed:
    """What the contact reads of a sale."""

    type: ClassVar[str] = "conversions.sale.confirmed"

    sale_id: UUID
    lead_id: UUID
    contact_id: UUID
    product_id: Slug
    purchased_on: date
    amount: Amount
    currency: Currency
    term_months: Months
    occurred_at: Instant

    @property
    def key(self) -> str:
        return str(self.contact_id)


def decide(contact: Contact | None, sale: SaleConfirmed) -> Decision[Contact]:
    known = contact or Contact(sale.contact_id)
    if any(purchase.sale_id == sale.sale_id for purchase in known.purchases):
        return Decision(contact)
    # A sale has the last word on its lead, even on a quote that failed or was abandoned.
    quote = Quote(sale.lead_id, sale.product_id, "sold", sale.occurred_at)
    bought = _bought(sale)
    sold = with_purchase(with_quote(known, quote), bought)
    return Decision(sold, [_event(known, bought)])


def _bought(sale: SaleConfirmed) -> Purchase:
    return Purchase(
        sale_id=sale.sale_id,
        lead_id=sale.lead_id,
        product_id=sale.product_id,
        purchased_on=sale.purchased_on,
        amount=sale.amount,
        currency=sale.currency,
        term_months=sale.term_months,
        ends_on=term_end(sale.purchased_on, sale.term_months),
    )


def _event(contact: Contact, bought: Purchase) -> ContactPurchased:
    return ContactPurchased(
        contact_id=contact.contact_id,
        sale_id=bought.sale_id,
        lead_id=bought.lead_id,
        product_id=bought.product_id,
        purchased_on=bought.purchased_on,
        amount=bought.amount,
        currency=bought.currency,
        term_months=bought.term_months,
        ends_on=bought.ends_on,
    )
