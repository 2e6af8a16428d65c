"""Records of a sales file → what its rows say, by strict grammars."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from domains.conversions import csv_rows
from domains.conversions.csv_rows import BadRow
from domains.conversions.records import Record

REQUIRED = ("lead_id", "purchase_date")
OPTIONAL = ("amount", "currency", "reference")

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_AMOUNT = re.compile(r"[0-9]{1,13}(?:\.[0-9]{1,2})?")
_CURRENCY = re.compile(r"[A-Z]{3}")
_EARLIEST = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class Fields:
    """What a good row says, before anything is known of its lead."""

    lead_id: UUID
    purchased_on: date
    amount: Decimal | None
    currency: str | None
    reference: str | None


def columns(header: Record) -> tuple[str, ...]:
    """The column names of a header. Raises BadFile."""
    return csv_rows.columns(header, REQUIRED, OPTIONAL)


def parsed(record: Record, names: Sequence[str], today: date) -> Fields:
    """What a row says; `today` is the latest day that a purchase can be of. Raises BadRow."""
    values = csv_rows.values(record, names)
    return Fields(
        lead_id=csv_rows.identifier("lead_id", values["lead_id"]),
        purchased_on=_day(values["purchase_date"], today),
        amount=_amount(values.get("amount", "")),
        currency=_currency(values.get("currency", "")),
        reference=csv_rows.reference(values.get("reference", "")),
    )


def _day(text: str, today: date) -> date:
    if not _DATE.fullmatch(text):
        raise BadRow("bad_date", f"purchase_date {text[:80]!r} is not of the form 2026-05-31")
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise BadRow("bad_date", f"purchase_date {text} is no day of the calendar") from error
    if not _EARLIEST <= day <= today:
        raise BadRow("bad_date", f"purchase_date {text} is not between {_EARLIEST} and {today}")
    return day


def _amount(text: str) -> Decimal | None:
    if not text:
        return None
    if not _AMOUNT.fullmatch(text) or Decimal(text) == 0:
        raise BadRow("bad_amount", f"amount {text[:80]!r} is no amount such as 19.90")
    return Decimal(text).quantize(Decimal("0.01"))


def _currency(text: str) -> str | None:
    if text and not _CURRENCY.fullmatch(text):
        raise BadRow("bad_currency", f"currency {text[:80]!r} is no code such as EUR")
    return text or None
