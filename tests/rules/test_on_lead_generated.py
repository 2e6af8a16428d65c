"""conversions.lead.generated and conversions.lead.failed, as quotes of the contact"""

import pytest

from domains.customer import on_lead_failed, on_lead_generated
from domains.customer.contact import Contact
from domains.customer.on_lead_failed import LeadFailed
from domains.customer.on_lead_generated import LeadGenerated
from eventing.decision import Decision
from tests.rules.given import DAY, LEAD, NOON, ZOE, a_contact, a_quote

GENERATED = LeadGenerated(LEAD, ZOE, "home", NOON)
FAILED = LeadFailed(LEAD, ZOE, "home", NOON + DAY)
CLOSED = a_quote(status="failed", since=NOON + DAY)


def test_a_lead_opens_a_quote() -> None:
    assert on_lead_generated.decide(a_contact(), GENERATED) == Decision(
        a_contact(quotes=(a_quote(),))
    )


def test_a_failed_lead_closes_its_quote() -> None:
    assert on_lead_failed.decide(a_contact(quotes=(a_quote(),)), FAILED) == Decision(
        a_contact(quotes=(CLOSED,))
    )


def test_a_lead_that_failed_from_the_start_is_a_closed_quote() -> None:
    assert on_lead_failed.decide(a_contact(), FAILED) == Decision(a_contact(quotes=(CLOSED,)))


def test_a_lead_may_be_heard_of_before_its_contact() -> None:
    assert on_lead_generated.decide(None, GENERATED) == Decision(Contact(ZOE, quotes=(a_quote(),)))


@pytest.mark.parametrize("status", ["open", "failed", "abandoned", "sold"])
def test_a_late_lead_opens_nothing_again(status: str) -> None:
    known = a_contact(quotes=(a_quote(status=status),))
    assert on_lead_generated.decide(known, GENERATED) == Decision(known)


@pytest.mark.parametrize("status", ["failed", "abandoned", "sold"])
def test_a_late_failure_takes_nothing_back(status: str) -> None:
    known = a_contact(quotes=(a_quote(status=status),))
    assert on_lead_failed.decide(known, FAILED) == Decision(known)
