"""One row of a sales file → a confirmed sale, or a refusal with its code"""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from domains.conversions.lead import Lead
from domains.conversions.on_sales_file_received import SoldRow, decide
from domains.conversions.sale import Row, Sale, SaleConfirmed, Told, sale_id_of
from eventing.decision import Decision, Rejected
from tests.rules.given import LEAD, NOON, PRICE, ZOE, a_lead

ID = sale_id_of(LEAD)
PLACE = Row("acme", "may.csv", "aa", 2)
BOUGHT = date(2026, 5, 1)
TOLD = Told(BOUGHT, None, None, None)
SALE = Sale(ID, LEAD, PLACE, TOLD)
ROW = SoldRow(PLACE, LEAD, BOUGHT, NOON, lead=a_lead())
CONFIRMED = SaleConfirmed(ID, LEAD, ZOE, "home", "acme", BOUGHT, PRICE, "EUR", 12, None)


def code_of(sale: Sale | None, **changes: Any) -> str:
    with pytest.raises(Rejected) as refused:
        decide(sale, replace(ROW, **changes))
    return refused.value.code


def test_a_row_confirms_the_sale_of_its_lead_as_it_was_quoted() -> None:
    assert decide(None, ROW) == Decision(SALE, [CONFIRMED])


def test_a_row_may_say_what_was_paid() -> None:
    paid: dict[str, Any] = {"amount": Decimal("15.00"), "currency": "SEK", "reference": "=A 7"}
    assert decide(None, replace(ROW, **paid)) == Decision(
        replace(SALE, told=replace(TOLD, **paid)), [replace(CONFIRMED, **paid)]
    )


def test_an_amount_without_a_currency_is_in_the_currency_of_the_quote() -> None:
    (event,) = decide(None, replace(ROW, amount=Decimal("15.00"))).events
    assert event == replace(CONFIRMED, amount=Decimal("15.00"))


def test_another_currency_without_an_amount_is_refused() -> None:
    assert code_of(None, currency="SEK") == "other_currency"
    (event,) = decide(None, replace(ROW, currency="EUR")).events
    assert event == CONFIRMED


def test_the_same_row_again_is_no_news() -> None:
    assert decide(SALE, ROW) == Decision(SALE)


def test_the_same_row_again_is_no_news_once_its_lead_is_sold_or_failed() -> None:
    for status in ("sold", "failed"):
        assert decide(SALE, replace(ROW, lead=a_lead(status=status))) == Decision(SALE)


@pytest.mark.parametrize(
    "place",
    [replace(PLACE, line=3), replace(PLACE, file="june.csv"), replace(PLACE, partner="zenith")],
)
def test_a_lead_is_sold_once_only(place: Row) -> None:
    assert code_of(SALE, row=place) == "already_sold"


def test_a_newer_version_of_the_file_may_tell_the_same_sale_on_any_line() -> None:
    moved = replace(PLACE, sha256="bb", line=9)
    assert decide(SALE, replace(ROW, row=moved)) == Decision(SALE)


def test_a_newer_version_of_the_file_cannot_change_a_sale() -> None:
    moved = replace(PLACE, sha256="bb")
    assert code_of(SALE, row=moved, amount=Decimal("1.00")) == "already_sold"


@pytest.mark.parametrize(
    ("lead", "code"),
    [
        (None, "unknown_lead"),
        (a_lead(partner="zenith"), "foreign_lead"),
        (a_lead(status="failed", reason="declined"), "failed_lead"),
    ],
)
def test_a_row_is_refused_for_what_its_lead_is(lead: Lead | None, code: str) -> None:
    assert code_of(None, lead=lead) == code


def test_the_sale_of_a_lead_has_an_id_of_its_own_that_is_always_the_same() -> None:
    assert sale_id_of(LEAD) == ID != LEAD
    assert ROW.key == str(ID)
