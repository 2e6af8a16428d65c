"""POST /api/accounts/{account_id}/activate"""

import pytest

from domains.customer.account import AccountActivated
from domains.customer.activate_account import ActivateAccount, decide
from eventing.decision import Decision, Rejected, Unknown
from tests.rules.given import DAY, NOON, ZOE, an_account

COMMAND = ActivateAccount(ZOE, NOON + DAY)


def test_an_account_that_was_switched_off_is_switched_on_again() -> None:
    assert decide(an_account(status="inactive"), COMMAND) == Decision(
        an_account(as_of=NOON + DAY), [AccountActivated(ZOE, ZOE)]
    )


def test_an_active_account_stays_active_and_raises_nothing() -> None:
    assert decide(an_account(), COMMAND) == Decision(an_account())


def test_an_activation_that_a_deactivation_overtook_is_refused() -> None:
    with pytest.raises(Rejected) as refused:
        decide(an_account(status="inactive", as_of=NOON + DAY + DAY), COMMAND)
    assert refused.value.code == "overtaken"


def test_what_was_never_opened_cannot_be_switched_on() -> None:
    with pytest.raises(Unknown):
        decide(None, COMMAND)


def test_an_erased_account_belongs_to_nobody_ever_after() -> None:
    with pytest.raises(Rejected) as refused:
        decide(an_account(name=None, email=None, status="inactive"), COMMAND)
    assert refused.value.code == "erased"
