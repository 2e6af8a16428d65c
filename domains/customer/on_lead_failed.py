"""conversions.lead.failed → the contact's quote is closed"""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from domains.customer.contact import Contact, Quote, with_quote
from eventing.decision import Decision
from eventing.values import Instant, Slug


@dataclass(frozen=True, slots=True)
class LeadFailed:
    """What the contact reads of a failed lead."""

    type: ClassVar[str] = "conversions.lead.failed"

    lead_id: UUID
    contact_id: UUID
    product_id: Slug
    occurred_at: Instant

    @property
    def key(self) -> str:
        return str(self.contact_id)


def decide(contact: Contact | None, lead: LeadFailed) -> Decision[Contact]:
    known = contact or Contact(lead.contact_id)
    if any(quote.lead_id == lead.lead_id and quote.status != "open" for quote in known.quotes):
        return Decision(contact)
    quote = Quote(lead.lead_id, lead.product_id, "failed", lead.occurred_at)
    return Decision(with_quote(known, quote))
