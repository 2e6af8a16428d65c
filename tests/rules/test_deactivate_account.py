"""POST /api/accounts/{account_id}/deactivate"""

import pytest

from domains.customer.account import AccountDeactivated
from domains.customer.deactivate_account import DeactivateAccount, decide
from eventing.decision import Decision, Rejected, Unknown
from tests.rules.given import DAY, NOON, ZOE, an_account

COMMAND = DeactivateAccount(ZOE, NOON + DAY)


def test_an_active_account_is_switched_off() -> None:
    assert decide(an_account(), COMMAND) == Decision(
        an_account(status="inactive", as_of=NOON + DAY), [AccountDeactivated(ZOE, ZOE)]
    )


def test_an_inactive_account_stays_off_and_nothing_changes() -> None:
    off = an_account(status="inactive")
    assert decide(off, COMMAND) == Decision(off)


def test_a_deactivation_that_an_activation_overtook_is_refused() -> None:
    with pytest.raises(Rejected) as refused:
        decide(an_account(as_of=NOON + DAY), COMMAND)
    assert refused.value.code == "overtaken"


def test_an_account_that_was_never_opened_is_unknown() -> None:
    with pytest.raises(Unknown, match=str(ZOE)):
        decide(None, COMMAND)
