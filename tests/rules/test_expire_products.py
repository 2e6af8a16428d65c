"""The timer that ends terms, and how long a term is"""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domains.customer.contact import ContactProductExpired
from domains.customer.expire_products import ExpireProducts, decide
from domains.customer.term import beginning, term_end
from eventing.decision import Decision
from tests.rules.given import MOMENT, SALE, ZOE, a_contact, a_purchase

END = datetime(2027, 5, 1, tzinfo=UTC)
HELD = a_contact(purchases=(a_purchase(),))
EXPIRED = a_contact(purchases=(a_purchase(expired=True),))
EVENT = ContactProductExpired(ZOE, SALE, "home", date(2026, 5, 1), date(2027, 5, 1))


def test_a_purchase_expires_when_its_last_day_begins_in_utc() -> None:
    assert decide(HELD, ExpireProducts(ZOE, END)) == Decision(EXPIRED, [EVENT])


def test_a_purchase_is_held_until_then() -> None:
    assert decide(HELD, ExpireProducts(ZOE, END - MOMENT)) == Decision(HELD)


def test_a_late_timer_tells_the_same() -> None:
    late = ExpireProducts(ZOE, END.replace(month=12))
    assert decide(HELD, late) == Decision(EXPIRED, [EVENT])


def test_an_expired_purchase_is_told_of_once() -> None:
    assert decide(EXPIRED, ExpireProducts(ZOE, END)) == Decision(EXPIRED)


def test_each_purchase_has_its_own_term() -> None:
    other = replace(a_purchase(), sale_id=ZOE, ends_on=date(2027, 5, 2))
    contact = a_contact(purchases=(other, a_purchase()))
    assert decide(contact, ExpireProducts(ZOE, END)) == Decision(
        a_contact(purchases=(other, a_purchase(expired=True))), [EVENT]
    )


def test_a_contact_that_is_not_there_holds_nothing() -> None:
    assert decide(None, ExpireProducts(ZOE, END)) == Decision(None)


@pytest.mark.parametrize(
    ("bought", "months", "ends"),
    [
        ("2026-05-01", 12, "2027-05-01"),
        ("2026-01-31", 1, "2026-02-28"),
        ("2024-01-31", 1, "2024-02-29"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2024-02-29", 48, "2028-02-29"),
        ("2026-12-31", 2, "2027-02-28"),
        ("2026-11-30", 1, "2026-12-30"),
        ("2026-08-31", 13, "2027-09-30"),
        ("2026-05-31", 600, "2076-05-31"),
    ],
)
def test_a_term_is_counted_in_calendar_months(bought: str, months: int, ends: str) -> None:
    assert term_end(date.fromisoformat(bought), months) == date.fromisoformat(ends)


@given(st.dates(), st.integers(1, 600))
def test_a_term_ends_so_many_months_on_at_the_latest_with_the_calendar(
    bought: date, months: int
) -> None:
    end = term_end(bought, months)
    counted = (end.year - bought.year) * 12 + end.month - bought.month
    assert (counted == months and end.day <= bought.day) or end == date.max


def test_a_day_begins_at_midnight_utc() -> None:
    assert beginning(date(2026, 3, 29)) == datetime(2026, 3, 29, tzinfo=UTC)
