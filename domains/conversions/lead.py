"""State of one lead: what was offered to whom, and how it ended; the events it raises."""

from dataclasses import dataclass
from typing import ClassVar, Literal
from uuid import UUID

from eventing.values import Amount, Currency, Instant, Months, Slug

Failure = Literal["inactive_contact", "withdrawn_product", "declined", "unreachable", "other"]
"""Why a lead came to nothing: a code and no free text, which could name a person on the bus."""


@dataclass(frozen=True, slots=True)
class Lead:
    """A lead with the price it was quoted."""

    kind: ClassVar[str] = "lead"

    lead_id: UUID
    contact_id: UUID
    product_id: Slug
    partner: Slug
    price: Amount
    currency: Currency
    term_months: Months
    status: Literal["generated", "failed", "sold"]
    generated_at: Instant
    reason: Failure | None = None


@dataclass(frozen=True, slots=True)
class LeadGenerated:
    """A contact was offered a product, through a partner."""

    type: ClassVar[str] = "conversions.lead.generated"

    lead_id: UUID
    contact_id: UUID
    product_id: Slug
    partner: Slug
    price: Amount
    currency: Currency
    term_months: Months


@dataclass(frozen=True, slots=True)
class LeadFailed:
    """A lead came to nothing."""

    type: ClassVar[str] = "conversions.lead.failed"

    lead_id: UUID
    contact_id: UUID
    product_id: Slug
    partner: Slug
    reason: Failure
