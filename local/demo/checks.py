"""Holds what came out to what was put in; every difference is named."""

import csv
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any

from local.demo.readback import Read
from local.demo.scenario import ACCOUNTS, Lead, SalesFile, products
from local.demo.year_after import YearAfter

ACTIVATED = "customer.account.activated"
DEACTIVATED = "customer.account.deactivated"
FAILED = "conversions.lead.failed"
RECEIVED = "conversions.sales_file.received"
CONFIRMED = "conversions.sale.confirmed"
PURCHASED = "customer.contact.purchased"
ABANDONED = "customer.contact.abandoned_quote"
EXPIRED = "customer.contact.product_expired"


@dataclass(frozen=True, slots=True)
class FileOutcome:
    """What the ledger and the report blob say of a file."""

    file: SalesFile
    ledger: Mapping[str, Any]
    report: bytes | None

    @property
    def reject_codes(self) -> Counter[str]:
        """Rejected rows of the report, by code."""
        if self.report is None:
            return Counter()
        text = StringIO(self.report.decode("utf-8-sig"), newline="")
        return Counter(row["code"] for row in csv.DictReader(text))


def expected_events(
    files: Sequence[SalesFile], leads: Sequence[Lead], year: YearAfter
) -> dict[str, int]:
    """How many events of each type the input makes: the main job, and the year after."""
    sold = sum(len(file.sold) for file in files)
    status = Counter(lead.status for lead in leads)
    return {
        "product.product.updated": len(products("")) + len(year.configured),
        ACTIVATED: ACCOUNTS + len(year.reopened),
        DEACTIVATED: len(year.closed),
        "customer.contact.activated": ACCOUNTS + len(year.reopened),
        "customer.contact.deactivated": len(year.closed),
        "conversions.lead.generated": status["generated"],
        FAILED: status["failed"] + len(year.declined),
        RECEIVED: len(files),
        CONFIRMED: sold,
        PURCHASED: sold,
        ABANDONED: len(year.abandoned),
        EXPIRED: len(year.expired),
    }


def differences(
    events: Sequence[Read],
    leads: Sequence[Lead],
    outcomes: Sequence[FileOutcome],
    year: YearAfter,
) -> list[str]:
    """What is not as the input implies; empty when all is well."""
    found = Counter(event.type for event in events)
    wanted = expected_events([outcome.file for outcome in outcomes], leads, year)
    wrong = [
        f"{name}: {found[name]} events, the input implies {wanted.get(name, 0)}"
        for name in sorted({*found, *wanted})
        if found[name] != wanted.get(name, 0)
    ]
    sold = [lead for outcome in outcomes for lead in outcome.file.sold]
    wrong += _ids(events, CONFIRMED, "lead_id", [lead.lead_id for lead in sold])
    wrong += _ids(events, PURCHASED, "contact_id", [lead.contact_id for lead in sold])
    failed = [lead for lead in leads if lead.status == "failed"]
    wrong += _ids(events, FAILED, "lead_id", [lead.lead_id for lead in (*failed, *year.declined)])
    wrong += _ids(events, DEACTIVATED, "account_id", year.closed)
    wrong += _ids(events, ABANDONED, "lead_id", [lead.lead_id for lead in year.abandoned])
    wrong += _ids(events, EXPIRED, "contact_id", [lead.contact_id for lead in year.expired])
    places = [outcome.file.place for outcome in outcomes]
    received = [f"{e.data['partner']}/{e.data['name']}" for e in events if e.type == RECEIVED]
    wrong += _same(f"files in {RECEIVED}", received, places)
    for outcome in outcomes:
        wrong += _of_file(outcome)
    return wrong


def _ids(events: Iterable[Read], kind: str, name: str, wanted: Iterable[str]) -> list[str]:
    told = [str(event.data[name]) for event in events if event.type == kind]
    return _same(f"{name} in {kind}", told, wanted)


def _same(what: str, found: Iterable[str], wanted: Iterable[str]) -> list[str]:
    more, fewer = Counter(found), Counter(wanted)
    wrong = []
    if lost := fewer - more:
        wrong.append(f"{what}: {lost.total()} missing, such as {next(iter(lost))}")
    if extra := more - fewer:
        wrong.append(f"{what}: {extra.total()} too many, such as {next(iter(extra))}")
    return wrong


def _of_file(outcome: FileOutcome) -> list[str]:
    file, ledger = outcome.file, outcome.ledger
    wanted = {
        "status": file.status,
        "accepted": len(file.sold),
        "rejected": file.reject_codes.total(),
    }
    wrong = [
        f"{file.place}: {name} is {ledger.get(name)!r}, the input implies {value!r}"
        for name, value in wanted.items()
        if ledger.get(name) != value
    ]
    if file.status == "quarantined" and not ledger.get("reason"):
        wrong.append(f"{file.place}: quarantined without a reason")
    return wrong + _same(
        f"{file.place}: reject codes", outcome.reject_codes.elements(), file.reject_codes.elements()
    )
