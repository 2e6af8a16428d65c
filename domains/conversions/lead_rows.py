"""Records of a file of leads → what its rows say, and the id of the lead that each one makes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid5

from domains.conversions import csv_rows
from domains.conversions.csv_rows import BadRow
from domains.conversions.records import Record

REQUIRED = ("contact_id", "product_id")
OPTIONAL = ("reference",)

_LEADS = UUID("0b3c1c52-1d5f-5e0f-8a39-6c1f9b6f0f57")
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


@dataclass(frozen=True, slots=True)
class Fields:
    """What a good row says, before anything is known of its contact and its product."""

    contact_id: UUID
    product_id: str
    reference: str | None


def columns(header: Record) -> tuple[str, ...]:
    """The column names of a header. Raises BadFile."""
    return csv_rows.columns(header, REQUIRED, OPTIONAL)


def parsed(record: Record, names: Sequence[str]) -> Fields:
    """What a row says. Raises BadRow."""
    values = csv_rows.values(record, names)
    product = values["product_id"]
    if not _SLUG.fullmatch(product):
        raise BadRow("bad_product_id", f"product_id {product[:80]!r} is no slug such as fibre-500")
    return Fields(
        contact_id=csv_rows.identifier("contact_id", values["contact_id"]),
        product_id=product,
        reference=csv_rows.reference(values.get("reference", "")),
    )


def lead_id_of(place: str, row: Fields) -> UUID:
    """The id of a row's lead: the same row of the same file is the same lead, on whatever line.

    A partner that means two leads gives them two references.
    """
    return uuid5(_LEADS, f"{place}/{row.contact_id}/{row.product_id}/{row.reference or ''}")
