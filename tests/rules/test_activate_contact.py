"""POST /api/contacts/{contact_id}/activate and /deactivate"""

import pytest

from domains.customer import activate_contact, deactivate_contact
from domains.customer.activate_contact import ActivateContact
from domains.customer.contact import Contact, ContactActivated, ContactDeactivated
from domains.customer.deactivate_contact import DeactivateContact
from eventing.decision import Decision, Rejected, Unknown
from tests.rules.given import DAY, NOON, ZOE, a_contact

ON = ActivateContact(ZOE, NOON + DAY)
OFF = DeactivateContact(ZOE, NOON + DAY)


def test_a_contact_is_switched_off_on_its_own() -> None:
    assert deactivate_contact.decide(a_contact(), OFF) == Decision(
        a_contact(status="inactive", as_of=NOON + DAY), [ContactDeactivated(ZOE, ZOE)]
    )


def test_a_contact_is_switched_on_again_on_its_own() -> None:
    assert activate_contact.decide(a_contact(status="inactive"), ON) == Decision(
        a_contact(as_of=NOON + DAY), [ContactActivated(ZOE, ZOE)]
    )


def test_what_holds_already_raises_nothing_and_changes_nothing() -> None:
    assert activate_contact.decide(a_contact(), ON) == Decision(a_contact())
    off = a_contact(status="inactive")
    assert deactivate_contact.decide(off, OFF) == Decision(off)


def test_the_contact_of_an_account_that_is_off_stays_off() -> None:
    off = a_contact(status="inactive", account="inactive")
    with pytest.raises(Rejected) as refused:
        activate_contact.decide(off, ON)
    assert refused.value.code == "account_inactive"


def test_a_switch_that_the_opposite_one_overtook_is_refused() -> None:
    for rule, contact, command in (
        (activate_contact, a_contact(status="inactive", as_of=NOON + DAY), ON),
        (deactivate_contact, a_contact(as_of=NOON + DAY), OFF),
    ):
        with pytest.raises(Rejected) as refused:
            rule.decide(contact, command)
        assert refused.value.code == "overtaken"


@pytest.mark.parametrize("contact", [None, Contact(ZOE)])
def test_a_contact_whose_account_is_not_heard_of_is_unknown(contact: Contact | None) -> None:
    with pytest.raises(Unknown):
        activate_contact.decide(contact, ON)
    with pytest.raises(Unknown):
        deactivate_contact.decide(contact, OFF)
