"""POST /api/accounts"""

from dataclasses import replace

import pytest

from domains.customer.account import AccountActivated
from domains.customer.open_account import OpenAccount, decide
from eventing.decision import Decision, Different, Rejected
from tests.rules.given import DAY, NOON, ZOE, an_account

COMMAND = OpenAccount(ZOE, "Zoë", "zoe@example.com", NOON)
ACTIVATED = AccountActivated(ZOE, ZOE)


def test_an_account_is_opened_with_a_contact_of_its_own_id() -> None:
    assert decide(None, COMMAND) == Decision(an_account(contact_id=ZOE), [ACTIVATED])


def test_an_active_account_stays_as_it_is() -> None:
    assert decide(an_account(), COMMAND) == Decision(an_account())


def test_a_repeated_request_does_not_switch_on_what_was_switched_off_since() -> None:
    later = replace(COMMAND, occurred_at=NOON + DAY)
    off = an_account(status="inactive")
    assert decide(off, later) == Decision(off)


@pytest.mark.parametrize("other", [{"name": "Noah"}, {"email": "noah@example.com"}])
def test_an_account_of_somebody_else_is_left_alone(other: dict[str, str]) -> None:
    with pytest.raises(Different) as refused:
        decide(an_account(), replace(COMMAND, **other))  # type: ignore[arg-type]
    assert refused.value.code == "other_account"


def test_an_erased_account_belongs_to_nobody_ever_after() -> None:
    with pytest.raises(Rejected) as refused:
        decide(an_account(name=None, email=None, status="inactive"), COMMAND)
    assert refused.value.code == "erased"


def test_a_refusal_does_not_tell_whose_the_account_is() -> None:
    with pytest.raises(Rejected) as refused:
        decide(an_account(), replace(COMMAND, name="Noah"))
    assert "Zo" not in str(refused.value)
    assert "Noah" not in str(refused.value)
