"""conversions.sales_file.received, row by row → conversions.sale.confirmed"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from domains.conversions.lead import Lead
from domains.conversions.sale import Row, Sale, SaleConfirmed, Told, sale_id_of
from eventing.decision import Decision, Rejected
from eventing.values import Amount, Currency, Instant, Text


@dataclass(frozen=True, slots=True)
class SoldRow:
    """A good row of a sales file, with the lead it names as we know it."""

    row: Row
    lead_id: UUID
    purchased_on: date
    occurred_at: Instant
    amount: Amount | None = None
    currency: Currency | None = None
    reference: Text | None = None
    lead: Lead | None = None

    @property
    def key(self) -> str:
        return str(sale_id_of(self.lead_id))


def decide(sale: Sale | None, sold: SoldRow) -> Decision[Sale]:
    told = Told(sold.purchased_on, sold.amount, sold.currency, sold.reference)
    if sale:
        return _again(sale, sold.row, told)
    lead = _sellable(sold)
    confirmed = Sale(sale_id_of(lead.lead_id), lead.lead_id, sold.row, told)
    return Decision(confirmed, [_event(confirmed, lead)])


def _again(sale: Sale, row: Row, told: Told) -> Decision[Sale]:
    first = sale.row
    newer_version = (first.partner, first.file) == (row.partner, row.file) and (
        first.sha256 != row.sha256
    )
    # A partner that adds rows to a file and drops it again says nothing new with the old ones.
    if first == row or (newer_version and sale.told == told):
        return Decision(sale)
    place = f"{first.partner}/{first.file} line {first.line}"
    raise Rejected("already_sold", f"lead {sale.lead_id} was sold in {place}")


def _sellable(sold: SoldRow) -> Lead:
    lead = sold.lead
    if lead is None:
        raise Rejected("unknown_lead", f"there is no lead {sold.lead_id}")
    if lead.partner != sold.row.partner:
        raise Rejected("foreign_lead", f"lead {sold.lead_id} is another partner's")
    if lead.status == "failed":
        raise Rejected("failed_lead", f"lead {sold.lead_id} has failed")
    if sold.amount is None and sold.currency not in (None, lead.currency):
        raise Rejected(
            "other_currency",
            f"{sold.currency} without an amount: the lead's price is in {lead.currency}",
        )
    return lead


def _event(sale: Sale, lead: Lead) -> SaleConfirmed:
    return SaleConfirmed(
        sale_id=sale.sale_id,
        lead_id=lead.lead_id,
        contact_id=lead.contact_id,
        product_id=lead.product_id,
        partner=lead.partner,
        purchased_on=sale.told.purchased_on,
        amount=lead.price if sale.told.amount is None else sale.told.amount,
        currency=sale.told.currency or lead.currency,
        term_months=lead.term_months,
        reference=sale.told.reference,
    )
