"""POST /api/leads/{lead_id}/fail → conversions.lead.failed"""

from dataclasses import dataclass, replace
from uuid import UUID

from domains.conversions.lead import Failure, Lead, LeadFailed
from eventing.decision import Decision, Rejected, Unknown
from eventing.values import Instant


@dataclass(frozen=True, slots=True)
class FailLead:
    """Give a lead up."""

    lead_id: UUID
    occurred_at: Instant
    reason: Failure = "other"

    @property
    def key(self) -> str:
        return str(self.lead_id)


def decide(lead: Lead | None, command: FailLead) -> Decision[Lead]:
    if lead is None:
        raise Unknown("unknown_lead", f"there is no lead {command.lead_id}")
    if lead.status == "sold":
        raise Rejected("already_sold", f"lead {lead.lead_id} is sold and cannot fail any more")
    if lead.status == "failed":
        return Decision(lead)
    failed = LeadFailed(
        lead.lead_id, lead.contact_id, lead.product_id, lead.partner, command.reason
    )
    return Decision(replace(lead, status="failed", reason=command.reason), [failed])
