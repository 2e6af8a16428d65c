"""timer → customer.contact.abandoned_quote, once for each quote that stayed unsold too long"""

from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from domains.customer.contact import Contact, ContactAbandonedQuote, Quote
from eventing.decision import Decision
from eventing.values import Instant


@dataclass(frozen=True, slots=True)
class AbandonQuotes:
    """Give up the quotes of a contact that have been open for `days` at `occurred_at`."""

    contact_id: UUID
    days: int
    occurred_at: Instant

    @property
    def key(self) -> str:
        return str(self.contact_id)


def decide(contact: Contact | None, command: AbandonQuotes) -> Decision[Contact]:
    if contact is None:
        return Decision(None)
    patience = timedelta(days=command.days)
    due = [
        quote
        for quote in contact.quotes
        if quote.status == "open" and quote.since + patience <= command.occurred_at
    ]
    if not due:
        return Decision(contact)
    quotes = tuple(
        replace(quote, status="abandoned") if quote in due else quote for quote in contact.quotes
    )
    return Decision(
        replace(contact, quotes=quotes),
        [_event(contact, quote, patience) for quote in due],
    )


def _event(contact: Contact, quote: Quote, patience: timedelta) -> ContactAbandonedQuote:
    # Told as of the deadline, so that a late timer tells the same.
    return ContactAbandonedQuote(
        contact_id=contact.contact_id,
        lead_id=quote.lead_id,
        product_id=quote.product_id,
        quoted_at=quote.since,
        abandoned_at=quote.since + patience,
    )
