"""DELETE /api/accounts/{account_id}/personal-data"""

import pytest

from domains.customer.account import AccountDeactivated
from domains.customer.erase_personal_data import ErasePersonalData, decide
from eventing.decision import Decision, Unknown
from eventing.rows import from_state
from tests.rules.given import DAY, NOON, ZOE, an_account

COMMAND = ErasePersonalData(ZOE, NOON + DAY)
NOBODY = an_account(name=None, email=None, status="inactive", as_of=NOON + DAY)


def test_an_active_account_is_of_nobody_and_off() -> None:
    assert decide(an_account(), COMMAND) == Decision(NOBODY, [AccountDeactivated(ZOE, ZOE)])


def test_an_inactive_account_is_of_nobody_and_nothing_is_raised() -> None:
    assert decide(an_account(status="inactive"), COMMAND) == Decision(NOBODY)


def test_nothing_of_the_person_is_left_in_what_is_stored() -> None:
    kept = decide(an_account(name="Canary", email="canary@example.com"), COMMAND).state
    assert kept is not None
    assert b"anary" not in from_state(kept)


def test_an_account_is_erased_even_when_the_command_is_older_than_its_last_switch() -> None:
    late = ErasePersonalData(ZOE, NOON - DAY)
    assert decide(an_account(), late) == Decision(
        an_account(name=None, email=None, status="inactive"), [AccountDeactivated(ZOE, ZOE)]
    )


def test_an_account_that_was_never_opened_is_unknown() -> None:
    with pytest.raises(Unknown):
        decide(None, COMMAND)
