"""What conversions knows of contacts and products, from the events of their teams"""

from domains.conversions import on_contact_activated, on_contact_deactivated, on_product_updated
from domains.conversions.on_contact_activated import ContactActivated
from domains.conversions.on_contact_deactivated import ContactDeactivated
from domains.conversions.on_product_updated import ProductUpdated
from eventing.decision import Decision
from tests.rules.given import PRICE, ZOE, a_known_contact, a_known_product

UPDATED = ProductUpdated("home", PRICE, "EUR", 12, "available", 1)


def test_a_contact_is_known_as_it_was_last_told() -> None:
    known = on_contact_activated.decide(None, ContactActivated(ZOE, 1))
    assert known == Decision(a_known_contact())
    assert on_contact_deactivated.decide(known.state, ContactDeactivated(ZOE, 2)) == Decision(
        a_known_contact(status="inactive", sequence=2)
    )


def test_an_old_word_on_a_contact_is_no_news() -> None:
    known = a_known_contact(status="inactive", sequence=2)
    assert on_contact_activated.decide(known, ContactActivated(ZOE, 1)) == Decision(known)
    assert on_contact_deactivated.decide(known, ContactDeactivated(ZOE, 2)) == Decision(known)


def test_a_product_is_known_as_it_was_last_told() -> None:
    old = a_known_product(price=PRICE * 2, status="withdrawn", sequence=0)
    assert on_product_updated.decide(None, UPDATED) == Decision(a_known_product())
    assert on_product_updated.decide(old, UPDATED) == Decision(a_known_product())


def test_an_old_word_on_a_product_is_no_news() -> None:
    known = a_known_product(price=PRICE * 2, sequence=1)
    assert on_product_updated.decide(known, UPDATED) == Decision(known)
