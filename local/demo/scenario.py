"""What the demo puts in, and what that implies: the numbers everything is checked against."""

import csv
import random
import uuid
from collections import Counter
from dataclasses import dataclass
from datetime import date
from io import StringIO

GOOD, MIXED, BROKEN = PARTNERS = ("acme-energy", "blue-harbour", "north-star")
ACCOUNTS = 300
WITHDRAWN_LEADS = 6
HEADER = ("lead_id", "purchase_date", "amount", "currency", "reference")


@dataclass(frozen=True, slots=True)
class Product:
    """A product as it is configured; the last of them may not be sold any more."""

    product_id: str
    name: str
    category: str
    price: str
    term_months: int
    status: str = "available"


@dataclass(frozen=True, slots=True)
class Lead:
    """A lead as the API answered it."""

    lead_id: str
    contact_id: str
    product_id: str
    partner: str
    status: str


@dataclass(frozen=True, slots=True)
class SalesFile:
    """A partner's file, and what must become of it."""

    partner: str
    name: str
    content: bytes
    status: str
    sold: tuple[Lead, ...]
    reject_codes: Counter[str]

    @property
    def place(self) -> str:
        return f"{self.partner}/{self.name}"


def products(run: str) -> list[Product]:
    """Five products of this run, the last one withdrawn."""
    return [
        Product(f"fibre-{run}", "Fibre 500", "internet", "39.90", 24),
        Product(f"mobile-{run}", "Mobile 20 GB", "mobile", "19.90", 12),
        Product(f"power-{run}", "Green Power", "energy", "84.50", 12),
        Product(f"tv-{run}", "TV Max", "television", "12.00", 6),
        Product(f"landline-{run}", "Landline", "telephone", "9.90", 12, "withdrawn"),
    ]


def offer(number: int, offered: list[Product]) -> tuple[str, Product]:
    """Partner and product of the lead for account `number`; the last few ask for what is gone."""
    partner = PARTNERS[number % len(PARTNERS)]
    if number >= ACCOUNTS - WITHDRAWN_LEADS:
        return partner, offered[-1]
    return partner, offered[number // len(PARTNERS) % (len(offered) - 1)]


def sales_files(run: str, leads: list[Lead], yesterday: date) -> list[SalesFile]:
    """One good file, one with good and bad rows, one that is no CSV."""
    of = {
        partner: [lead for lead in leads if (lead.partner, lead.status) == (partner, "generated")]
        for partner in PARTNERS
    }
    # One lead of the first partner stays unsold, so that another partner can claim it wrongly.
    *sold, foreign = of[GOOD]
    failed = next(lead for lead in leads if (lead.partner, lead.status) == (MIXED, "failed"))
    name = f"sales-{run}.csv"
    good = _csv([_row(lead, yesterday, number) for number, lead in enumerate(sold)])
    some = of[MIXED][:80]
    mixed = [_row(lead, yesterday, number) for number, lead in enumerate(some)]
    bad = _bad_rows(some[0], of[MIXED][80], foreign, failed, yesterday)
    for place, (_, row) in enumerate(bad, start=1):
        mixed.insert(place * 7, row)  # among the good ones, behind the row that is told twice
    noise = random.Random(run).randbytes(4096)  # noqa: S311 - nothing secret
    return [
        SalesFile(GOOD, name, good, "done", tuple(sold), Counter()),
        SalesFile(MIXED, name, _csv(mixed), "done", tuple(some), Counter(code for code, _ in bad)),
        SalesFile(BROKEN, name, b"\x89PNG\r\n\x1a\n\0" + noise, "quarantined", (), Counter()),
    ]


def _row(lead: Lead, day: date, number: int) -> list[str]:
    paid = ("29.00", "EUR") if number % 10 == 0 else ("", "")
    reference = f'order {number}, "by phone"' if number % 4 == 0 else f"R-{number:05}"
    return [lead.lead_id, day.isoformat(), *paid, reference]


def _bad_rows(
    told: Lead, other: Lead, foreign: Lead, failed: Lead, day: date
) -> list[tuple[str, list[str]]]:
    on, lead = day.isoformat(), other.lead_id
    return [
        ("already_sold", [told.lead_id, on, "", "", "again"]),
        ("unknown_lead", [str(uuid.uuid4()), on, "", "", ""]),
        ("foreign_lead", [foreign.lead_id, on, "", "", ""]),
        ("failed_lead", [failed.lead_id, on, "", "", ""]),
        ("bad_lead_id", ["lead 17", on, "", "", ""]),
        ("bad_date", [lead, f"{day:%d/%m/%Y}", "", "", ""]),
        ("bad_date", [lead, day.replace(year=day.year + 2, day=1).isoformat(), "", "", ""]),
        ("bad_amount", [lead, on, "free", "EUR", ""]),
        ("bad_currency", [lead, on, "19.90", "euro", ""]),
        ("missing_column", [lead, on]),
        ("extra_column", [lead, on, "", "", "", "and more"]),
    ]


def _csv(rows: list[list[str]]) -> bytes:
    text = StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([HEADER, *rows])
    return text.getvalue().encode()
