"""conversions.sale.confirmed → the lead is sold"""

from dataclasses import dataclass, replace
from typing import ClassVar
from uuid import UUID

from domains.conversions.lead import Lead
from eventing.decision import Decision, Rejected


@dataclass(frozen=True, slots=True)
class SaleConfirmed:
    """What a lead reads of its sale."""

    type: ClassVar[str] = "conversions.sale.confirmed"

    sale_id: UUID
    lead_id: UUID

    @property
    def key(self) -> str:
        return str(self.lead_id)


def decide(lead: Lead | None, sale: SaleConfirmed) -> Decision[Lead]:
    if lead is None:
        raise Rejected("unknown_lead", f"sale {sale.sale_id} is of no lead of ours")
    if lead.status == "sold":
        return Decision(lead)
    # A lead that failed while its sale was being confirmed was sold all the same.
    return Decision(replace(lead, status="sold", reason=None))
