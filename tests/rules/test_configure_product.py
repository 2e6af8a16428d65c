"""PUT /api/products/{product_id}"""

from dataclasses import replace
from typing import Any

import pytest

from domains.product.configure_product import ConfigureProduct, decide
from domains.product.product import ProductUpdated
from eventing.decision import Decision, Rejected
from tests.rules.given import DAY, MOMENT, NOON, PRICE, a_product

COMMAND = ConfigureProduct("home", "Home", "insurance", PRICE, "EUR", 12, NOON)
UPDATED = ProductUpdated("home", "Home", "insurance", PRICE, "EUR", 12, "available")


def test_a_new_product_is_configured() -> None:
    assert decide(None, COMMAND) == Decision(a_product(), [UPDATED])


@pytest.mark.parametrize(
    "change",
    [{"name": "House"}, {"price": PRICE * 2}, {"term_months": 24}, {"status": "withdrawn"}],
)
def test_a_product_is_changed_and_withdrawn(change: dict[str, Any]) -> None:
    later = replace(COMMAND, occurred_at=NOON + DAY, **change)
    assert decide(a_product(), later) == Decision(
        a_product(as_of=NOON + DAY, **change), [replace(UPDATED, **change)]
    )


def test_a_withdrawn_product_is_brought_back() -> None:
    withdrawn = a_product(status="withdrawn")
    back = replace(COMMAND, occurred_at=NOON + DAY)
    assert decide(withdrawn, back) == Decision(a_product(as_of=NOON + DAY), [UPDATED])


def test_the_same_configuration_raises_nothing() -> None:
    assert decide(a_product(), COMMAND) == Decision(a_product())


def test_the_same_configuration_at_another_time_changes_nothing() -> None:
    later = replace(COMMAND, occurred_at=NOON + DAY)
    assert decide(a_product(), later) == Decision(a_product())


@pytest.mark.parametrize("late", [NOON, NOON - MOMENT])
def test_a_configuration_that_another_one_overtook_is_refused(late: Any) -> None:
    with pytest.raises(Rejected, match="product home was configured again") as refused:
        decide(a_product(name="House"), replace(COMMAND, occurred_at=late))
    assert refused.value.code == "overtaken"
