"""The timer that gives up quotes"""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from domains.customer import on_sale_confirmed
from domains.customer.abandon_quotes import AbandonQuotes, decide
from domains.customer.contact import ContactAbandonedQuote
from eventing.decision import Decision
from tests.rules.given import DAY, LEAD, MOMENT, NOON, ZOE, a_contact, a_purchase, a_quote
from tests.rules.test_on_sale_confirmed import PURCHASED, SOLD

DEADLINE = NOON + timedelta(days=14)
OPEN = a_contact(quotes=(a_quote(),))
ABANDONED = a_contact(quotes=(a_quote(status="abandoned"),))
EVENT = ContactAbandonedQuote(ZOE, LEAD, "home", NOON, DEADLINE)
LATER = UUID("44444444-4444-4444-8444-444444444444")


def test_a_quote_that_stayed_open_to_its_deadline_is_abandoned() -> None:
    assert decide(OPEN, AbandonQuotes(ZOE, 14, DEADLINE)) == Decision(ABANDONED, [EVENT])


def test_a_quote_is_left_open_until_its_deadline() -> None:
    assert decide(OPEN, AbandonQuotes(ZOE, 14, DEADLINE - MOMENT)) == Decision(OPEN)


def test_a_timer_that_was_down_for_a_week_tells_the_same() -> None:
    late = AbandonQuotes(ZOE, 14, DEADLINE + 7 * DAY)
    assert decide(OPEN, late) == Decision(ABANDONED, [EVENT])


def test_an_abandoned_quote_is_told_of_once() -> None:
    assert decide(ABANDONED, AbandonQuotes(ZOE, 14, DEADLINE)) == Decision(ABANDONED)


def test_only_the_quotes_that_are_due_are_abandoned() -> None:
    fresh = a_quote(lead_id=LATER, since=NOON + DAY)
    contact = a_contact(quotes=(a_quote(), fresh))
    assert decide(contact, AbandonQuotes(ZOE, 14, DEADLINE)) == Decision(
        a_contact(quotes=(a_quote(status="abandoned"), fresh)), [EVENT]
    )


@pytest.mark.parametrize("status", ["failed", "sold"])
def test_a_closed_quote_is_not_abandoned(status: str) -> None:
    closed = a_contact(quotes=(a_quote(status=status),))
    assert decide(closed, AbandonQuotes(ZOE, 14, DEADLINE)) == Decision(closed)


def test_a_contact_that_is_not_there_has_nothing_to_give_up() -> None:
    assert decide(None, AbandonQuotes(ZOE, 14, DEADLINE)) == Decision(None)


def test_a_purchase_before_the_timer_wins() -> None:
    bought = on_sale_confirmed.decide(OPEN, SOLD).state
    assert decide(bought, AbandonQuotes(ZOE, 14, DEADLINE)) == Decision(bought)


def test_a_purchase_that_arrives_after_the_timer_takes_the_abandonment_back() -> None:
    late = replace(SOLD, occurred_at=DEADLINE + DAY)
    assert on_sale_confirmed.decide(ABANDONED, late) == Decision(
        a_contact(
            quotes=(a_quote(status="sold", since=DEADLINE + DAY),), purchases=(a_purchase(),)
        ),
        [PURCHASED],
    )
