"""POST /api/leads, row of a lead file → conversions.lead.generated or conversions.lead.failed"""

from dataclasses import dataclass
from uuid import UUID

from domains.conversions.known_contact import KnownContact
from domains.conversions.known_product import KnownProduct
from domains.conversions.lead import Failure, Lead, LeadFailed, LeadGenerated
from eventing.decision import Decision, Different, Unknown
from eventing.values import Instant, Slug


@dataclass(frozen=True, slots=True)
class GenerateLead:
    """Offer a product to a contact through a partner; contact and product as we know them."""

    lead_id: UUID
    contact_id: UUID
    product_id: Slug
    partner: Slug
    occurred_at: Instant
    contact: KnownContact | None = None
    product: KnownProduct | None = None

    @property
    def key(self) -> str:
        return str(self.lead_id)


def decide(lead: Lead | None, command: GenerateLead) -> Decision[Lead]:
    if lead:
        return _again(lead, command)
    if command.contact is None:
        raise Unknown("unknown_contact", f"contact {command.contact_id} is not known, or not yet")
    if command.product is None:
        raise Unknown("unknown_product", f"product {command.product_id} is not known, or not yet")
    reason = _refusal(command.contact, command.product)
    made = _made(command, command.product, reason)
    return Decision(made, [_failed(made, reason) if reason else _generated(made)])


def _again(lead: Lead, command: GenerateLead) -> Decision[Lead]:
    told = (command.contact_id, command.product_id, command.partner)
    if told != (lead.contact_id, lead.product_id, lead.partner):
        raise Different("other_lead", f"lead {lead.lead_id} was generated for something else")
    return Decision(lead)


def _refusal(contact: KnownContact, product: KnownProduct) -> Failure | None:
    if contact.status == "inactive":
        return "inactive_contact"
    if product.status == "withdrawn":
        return "withdrawn_product"
    return None


def _made(command: GenerateLead, product: KnownProduct, reason: Failure | None) -> Lead:
    return Lead(
        lead_id=command.lead_id,
        contact_id=command.contact_id,
        product_id=command.product_id,
        partner=command.partner,
        price=product.price,
        currency=product.currency,
        term_months=product.term_months,
        status="failed" if reason else "generated",
        generated_at=command.occurred_at,
        reason=reason,
    )


def _generated(lead: Lead) -> LeadGenerated:
    return LeadGenerated(
        lead_id=lead.lead_id,
        contact_id=lead.contact_id,
        product_id=lead.product_id,
        partner=lead.partner,
        price=lead.price,
        currency=lead.currency,
        term_months=lead.term_months,
    )


def _failed(lead: Lead, reason: Failure) -> LeadFailed:
    return LeadFailed(lead.lead_id, lead.contact_id, lead.product_id, lead.partner, reason)
