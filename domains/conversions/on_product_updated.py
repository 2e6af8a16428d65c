"""product.product.updated → the product as conversions knows it"""

from dataclasses import dataclass
from typing import ClassVar, Literal

from domains.conversions.known_product import KnownProduct
from eventing.decision import Decision
from eventing.values import Amount, Currency, Months, Slug


@dataclass(frozen=True, slots=True)
class ProductUpdated:
    """What conversions reads of a product."""

    type: ClassVar[str] = "product.product.updated"

    product_id: Slug
    price: Amount
    currency: Currency
    term_months: Months
    status: Literal["available", "withdrawn"]
    sequence: int

    @property
    def key(self) -> str:
        return self.product_id


def decide(known: KnownProduct | None, product: ProductUpdated) -> Decision[KnownProduct]:
    if known and product.sequence <= known.sequence:
        return Decision(known)
    return Decision(
        KnownProduct(
            product_id=product.product_id,
            price=product.price,
            currency=product.currency,
            term_months=product.term_months,
            status=product.status,
            sequence=product.sequence,
        )
    )
