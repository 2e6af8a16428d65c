"""The demo ends well when all is well, and names what is not."""

import asyncio
import os
import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, cast

import pytest
from azure.eventhub.aio import EventHubConsumerClient

from eventing import schemas
from local.demo.checks import ABANDONED, EXPIRED, FileOutcome, differences, expected_events
from local.demo.readback import Read, ReadBack, Unread
from local.demo.scenario import ACCOUNTS, Lead, offer, products, sales_files
from local.demo.year_after import year_after
from local.settings import ROOT
from local.stack import Stack


class Silent:
    """A client of a hub that answers nothing."""

    async def get_partition_properties(self, _: str) -> None:
        await asyncio.Event().wait()


async def test_a_hub_that_is_silent_holds_the_reading_no_longer_than_it_may() -> None:
    client = cast("EventHubConsumerClient", Silent())
    async with asyncio.timeout(5):
        with pytest.raises(Unread, match=r"read within 0\.1 s"):
            await ReadBack("", "", _clients={"sale": client}).catch_up(0.1)


@pytest.mark.stack
@pytest.mark.timeout(400)
def test_the_demo_beside_a_stack_that_is_up_finds_every_number_as_implied(stack: Stack) -> None:
    command = [sys.executable, "-m", "local.demo", "--directory", str(stack.directory)]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=350)
    assert told.returncode == 0, told.stdout + told.stderr
    assert f"beside the stack of process {os.getpid()}" in told.stdout
    shown = re.findall(r"│ (\S+) +│ +(\d+) │ +\d+ │ ok │", told.stdout)
    wanted = expected_events(FILES, LEADS, YEAR)
    assert dict(shown) == {name: str(count) for name, count in wanted.items()}
    assert "every number is as implied" in told.stdout


def _leads() -> list[Lead]:
    offered = products("run")
    made = []
    for number in range(ACCOUNTS):
        partner, product = offer(number, offered)
        status = "failed" if product.status == "withdrawn" else "generated"
        made.append(Lead(f"l{number}", f"c{number}", product.product_id, partner, status))
    return made


LEADS = _leads()
FILES = sales_files("run", LEADS, date(2026, 1, 31))
YEAR = year_after(LEADS, FILES, products("run"))


def _event(kind: str, **data: str) -> Read:
    instant = datetime(2026, 2, 1, tzinfo=UTC)
    return Read("id", kind, "", "", "", instant, instant, data)


def _events() -> list[Read]:
    sold = [lead for file in FILES for lead in file.sold]
    return [
        *(_event("product.product.updated") for _ in range(8)),
        *(_event(f"customer.{what}.activated") for what in ("account", "contact") for _ in LEADS),
        *(
            _event(f"customer.{what}.activated")
            for what in ("account", "contact")
            for _ in YEAR.reopened
        ),
        *(_event("customer.account.deactivated", account_id=each) for each in YEAR.closed),
        *(_event("customer.contact.deactivated") for _ in YEAR.closed),
        *(_event(f"conversions.lead.{lead.status}", lead_id=lead.lead_id) for lead in LEADS),
        *(_event("conversions.lead.failed", lead_id=lead.lead_id) for lead in YEAR.declined),
        *(_event("conversions.sales_file.received", partner=f.partner, name=f.name) for f in FILES),
        *(_event("conversions.sale.confirmed", lead_id=lead.lead_id) for lead in sold),
        *(_event(ABANDONED, lead_id=lead.lead_id) for lead in YEAR.abandoned),
        *(_event(EXPIRED, contact_id=lead.contact_id) for lead in YEAR.expired),
        *(_event("customer.contact.purchased", contact_id=lead.contact_id) for lead in sold),
    ]


def _outcomes(**changed: Any) -> list[FileOutcome]:
    found = []
    for file in FILES:
        codes = file.reject_codes.elements()
        report = "line,code\r\n" + "".join(f"1,{code}\r\n" for code in codes)
        ledger = {
            "status": file.status,
            "accepted": len(file.sold),
            "rejected": file.reject_codes.total(),
            "reason": "not_text" if file.status == "quarantined" else None,
        }
        found.append(FileOutcome(file, ledger | changed, report.encode()))
    return found


def test_what_is_as_implied_differs_in_nothing() -> None:
    assert differences(_events(), LEADS, _outcomes(), YEAR) == []


def test_a_lost_purchase_is_named() -> None:
    *events, lost = _events()
    told = differences(events, LEADS, _outcomes(), YEAR)
    assert told[0] == "customer.contact.purchased: 176 events, the input implies 177"
    assert f"1 missing, such as {lost.data['contact_id']}" in told[1]


def test_a_purchase_of_the_wrong_contact_is_named_though_the_count_is_right() -> None:
    events = _events()
    events[-1] = replace(events[-1], data={"contact_id": "stranger"})
    assert any(
        "1 too many, such as stranger" in each
        for each in differences(events, LEADS, _outcomes(), YEAR)
    )


def test_an_event_that_nothing_implies_is_named() -> None:
    events = [*_events(), _event("x.y.z")]
    told = differences(events, LEADS, _outcomes(), YEAR)
    assert told == ["x.y.z: 1 events, the input implies 0"]


def test_a_ledger_that_counts_wrongly_is_named() -> None:
    told = differences(_events(), LEADS, _outcomes(accepted=97), YEAR)
    assert [each.partition(":")[0] for each in told] == [FILES[1].place, FILES[2].place]


def test_a_row_rejected_for_another_reason_is_named() -> None:
    outcomes = _outcomes()
    report = outcomes[1].report or b""
    outcomes[1] = replace(outcomes[1], report=report.replace(b"foreign_lead", b"unknown_lead"))
    told = differences(_events(), LEADS, outcomes, YEAR)
    assert any("1 missing, such as foreign_lead" in each for each in told)
    assert any("1 too many, such as unknown_lead" in each for each in told)


@pytest.mark.parametrize("kind", [ABANDONED, EXPIRED])
def test_what_the_clock_brought_to_another_is_named_though_the_count_is_right(kind: str) -> None:
    events = _events()
    place = next(number for number, event in enumerate(events) if event.type == kind)
    (name,) = events[place].data
    events[place] = replace(events[place], data={name: "stranger"})
    told = differences(events, LEADS, _outcomes(), YEAR)
    assert any("1 too many, such as stranger" in each for each in told)


def test_the_input_implies_all_twelve_events() -> None:
    wanted = expected_events(FILES, LEADS, YEAR)
    assert len(wanted) == 12
    assert set(wanted) <= set(schemas.event_types())
    assert all(wanted.values())


def test_the_mixed_file_holds_every_kind_of_bad_row() -> None:
    assert FILES[1].reject_codes == Counter(
        already_sold=1, unknown_lead=1, foreign_lead=1, failed_lead=1, bad_lead_id=1, bad_date=2,
        bad_amount=1, bad_currency=1, missing_column=1, extra_column=1,
    )  # fmt: skip
