"""POST /api/leads and POST /api/leads/{lead_id}/fail"""

from dataclasses import replace
from typing import Any

import pytest

from domains.conversions import fail_lead
from domains.conversions.fail_lead import FailLead
from domains.conversions.generate_lead import GenerateLead, decide
from domains.conversions.lead import LeadFailed, LeadGenerated
from eventing.decision import Decision, Rejected, Unknown
from tests.rules.given import (
    LEAD,
    NOON,
    PRICE,
    ZOE,
    a_known_contact,
    a_known_product,
    a_lead,
)

COMMAND = GenerateLead(LEAD, ZOE, "home", "acme", NOON, a_known_contact(), a_known_product())
GENERATED = LeadGenerated(LEAD, ZOE, "home", "acme", PRICE, "EUR", 12)
FAILED = LeadFailed(LEAD, ZOE, "home", "acme", "withdrawn_product")


def test_a_lead_quotes_the_product_as_it_is_then() -> None:
    assert decide(None, COMMAND) == Decision(a_lead(), [GENERATED])


def test_a_lead_keeps_its_quote_when_the_price_changes() -> None:
    dearer = replace(COMMAND, product=a_known_product(price=PRICE * 2, sequence=2))
    assert decide(a_lead(), dearer) == Decision(a_lead())


def test_a_lead_for_a_withdrawn_product_fails() -> None:
    command = replace(COMMAND, product=a_known_product(status="withdrawn"))
    failed = a_lead(status="failed", reason="withdrawn_product")
    assert decide(None, command) == Decision(failed, [FAILED])


def test_a_lead_for_an_inactive_contact_fails() -> None:
    command = replace(COMMAND, contact=a_known_contact(status="inactive"))
    failed = a_lead(status="failed", reason="inactive_contact")
    assert decide(None, command) == Decision(failed, [replace(FAILED, reason="inactive_contact")])


@pytest.mark.parametrize("unknown", ["contact", "product"])
def test_what_a_lead_refers_to_must_be_known(unknown: str) -> None:
    missing: dict[str, Any] = {unknown: None}
    with pytest.raises(Unknown, match="not known, or not yet") as refused:
        decide(None, replace(COMMAND, **missing))
    assert refused.value.code == f"unknown_{unknown}"


@pytest.mark.parametrize("status", ["generated", "failed", "sold"])
def test_a_lead_told_again_stays_as_it_has_become(status: str) -> None:
    assert decide(a_lead(status=status), COMMAND) == Decision(a_lead(status=status))


@pytest.mark.parametrize("other", [{"partner": "zenith"}, {"product_id": "garden"}])
def test_an_id_that_is_taken_by_another_lead_is_refused(other: dict[str, Any]) -> None:
    with pytest.raises(Rejected) as refused:
        decide(a_lead(), replace(COMMAND, **other))
    assert refused.value.code == "other_lead"


GIVE_UP = FailLead(LEAD, NOON, "declined")


def test_a_lead_is_given_up() -> None:
    assert fail_lead.decide(a_lead(), GIVE_UP) == Decision(
        a_lead(status="failed", reason="declined"), [replace(FAILED, reason="declined")]
    )


def test_a_failed_lead_keeps_the_first_reason() -> None:
    failed = a_lead(status="failed", reason="withdrawn_product")
    assert fail_lead.decide(failed, GIVE_UP) == Decision(failed)


def test_a_sold_lead_cannot_fail() -> None:
    with pytest.raises(Rejected) as refused:
        fail_lead.decide(a_lead(status="sold"), GIVE_UP)
    assert refused.value.code == "already_sold"


def test_a_lead_that_was_never_generated_is_unknown() -> None:
    with pytest.raises(Unknown):
        fail_lead.decide(None, GIVE_UP)
