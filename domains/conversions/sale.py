"""State of one sale and the event it raises. A lead is sold at most once: its sale has its id."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID, uuid5

from eventing.values import Amount, Currency, Months, Slug, Text

_SALES = UUID("f7f0b6f4-6b34-5cf3-9a1f-6f4d7c1b2a90")


def sale_id_of(lead_id: UUID) -> UUID:
    """The id of the one sale that a lead can become."""
    return uuid5(_SALES, str(lead_id))


@dataclass(frozen=True, slots=True)
class Row:
    """Where a sale was told: a line of one version of a partner's file."""

    partner: Slug
    file: Text
    sha256: str
    line: int


@dataclass(frozen=True, slots=True)
class Told:
    """What a partner says of a sale; what it leaves out is as the lead was quoted."""

    purchased_on: date
    amount: Amount | None
    currency: Currency | None
    reference: Text | None


@dataclass(frozen=True, slots=True)
class Sale:
    """A confirmed sale: what was told, and the row that told it first."""

    kind: ClassVar[str] = "sale"

    sale_id: UUID
    lead_id: UUID
    row: Row
    told: Told


@dataclass(frozen=True, slots=True)
class SaleConfirmed:
    """A partner sold a product on a lead."""

    type: ClassVar[str] = "conversions.sale.confirmed"

    sale_id: UUID
    lead_id: UUID
    contact_id: UUID
    product_id: Slug
    partner: Slug
    purchased_on: date
    amount: Amount
    currency: Currency
    term_months: Months
    reference: Text | None
