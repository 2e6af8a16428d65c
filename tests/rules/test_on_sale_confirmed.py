"""conversions.sale.confirmed, as the contact and as the lead hear of it"""

from dataclasses import replace
from datetime import date

import pytest

from domains.conversions import on_sale_confirmed as of_lead
from domains.customer import on_sale_confirmed as of_contact
from domains.customer.contact import Contact, ContactPurchased
from eventing.decision import Decision, Rejected
from tests.rules.given import (
    DAY,
    LEAD,
    NOON,
    PRICE,
    SALE,
    ZOE,
    a_contact,
    a_lead,
    a_purchase,
    a_quote,
)

BOUGHT, ENDS = date(2026, 5, 1), date(2027, 5, 1)
SOLD = of_contact.SaleConfirmed(
    sale_id=SALE,
    lead_id=LEAD,
    contact_id=ZOE,
    product_id="home",
    purchased_on=BOUGHT,
    amount=PRICE,
    currency="EUR",
    term_months=12,
    occurred_at=NOON + DAY,
)
PURCHASED = ContactPurchased(ZOE, SALE, LEAD, "home", BOUGHT, PRICE, "EUR", 12, ENDS)
CLOSED = a_quote(status="sold", since=NOON + DAY)


@pytest.mark.parametrize("status", ["open", "failed", "abandoned"])
def test_a_sale_is_a_purchase_and_closes_its_quote_whatever_became_of_it(status: str) -> None:
    contact = a_contact(quotes=(a_quote(status=status),))
    assert of_contact.decide(contact, SOLD) == Decision(
        a_contact(quotes=(CLOSED,), purchases=(a_purchase(),)), [PURCHASED]
    )


def test_a_sale_may_be_heard_of_before_its_lead_and_its_contact() -> None:
    assert of_contact.decide(None, SOLD) == Decision(
        Contact(ZOE, quotes=(CLOSED,), purchases=(a_purchase(),)), [PURCHASED]
    )


def test_a_sale_delivered_twice_is_one_purchase() -> None:
    once = a_contact(quotes=(CLOSED,), purchases=(a_purchase(expired=True),))
    assert of_contact.decide(once, SOLD) == Decision(once)


def test_a_purchase_on_the_last_day_of_a_long_month_ends_on_that_of_a_short_one() -> None:
    sale = replace(SOLD, purchased_on=date(2026, 1, 31), term_months=1)
    (event,) = of_contact.decide(a_contact(), sale).events
    assert event == replace(
        PURCHASED, purchased_on=date(2026, 1, 31), term_months=1, ends_on=date(2026, 2, 28)
    )


CONFIRMED = of_lead.SaleConfirmed(SALE, LEAD)


def test_a_lead_is_sold() -> None:
    assert of_lead.decide(a_lead(), CONFIRMED) == Decision(a_lead(status="sold"))


def test_a_sale_beats_a_failure() -> None:
    failed = a_lead(status="failed", reason="declined")
    assert of_lead.decide(failed, CONFIRMED) == Decision(a_lead(status="sold"))


def test_a_sold_lead_stays_sold() -> None:
    assert of_lead.decide(a_lead(status="sold"), CONFIRMED) == Decision(a_lead(status="sold"))


def test_a_sale_of_no_lead_of_ours_can_never_be_right() -> None:
    with pytest.raises(Rejected, match=str(SALE)):
        of_lead.decide(None, CONFIRMED)
