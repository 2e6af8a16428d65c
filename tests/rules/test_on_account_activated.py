"""customer.account.activated and customer.account.deactivated, as the contact follows them"""

from domains.customer import on_account_activated, on_account_deactivated
from domains.customer.contact import Contact, ContactActivated, ContactDeactivated
from domains.customer.on_account_activated import AccountActivated
from domains.customer.on_account_deactivated import AccountDeactivated
from eventing.decision import Decision
from tests.rules.given import DAY, NOON, ZOE, a_contact


def activated(sequence: int) -> AccountActivated:
    return AccountActivated(ZOE, ZOE, sequence, NOON)


def deactivated(sequence: int) -> AccountDeactivated:
    return AccountDeactivated(ZOE, ZOE, sequence, NOON + DAY)


def off(**changes: object) -> Contact:
    return a_contact(status="inactive", account="inactive", as_of=NOON + DAY, **changes)


def test_a_new_account_has_an_active_contact_of_its_own_id() -> None:
    assert on_account_activated.decide(None, activated(1)) == Decision(
        a_contact(), [ContactActivated(ZOE, ZOE)]
    )


def test_a_contact_is_switched_off_with_its_account() -> None:
    assert on_account_deactivated.decide(a_contact(), deactivated(2)) == Decision(
        off(account_sequence=2), [ContactDeactivated(ZOE, ZOE)]
    )


def test_a_contact_is_switched_on_again_with_its_account() -> None:
    assert on_account_activated.decide(off(account_sequence=2), activated(3)) == Decision(
        a_contact(account_sequence=3, as_of=NOON + DAY), [ContactActivated(ZOE, ZOE)]
    )


def test_a_contact_that_is_off_already_only_notes_its_account() -> None:
    own = a_contact(status="inactive", as_of=NOON + DAY)
    assert on_account_deactivated.decide(own, deactivated(2)) == Decision(off(account_sequence=2))


def test_an_old_word_of_the_account_changes_nothing() -> None:
    later = off(account_sequence=2)
    assert on_account_activated.decide(later, activated(1)) == Decision(later)
    assert on_account_deactivated.decide(later, deactivated(2)) == Decision(later)
