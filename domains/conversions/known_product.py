"""What conversions knows of a product, from the product team's events."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from eventing.values import Amount, Currency, Months, Slug


@dataclass(frozen=True, slots=True)
class KnownProduct:
    """A product as of its version `sequence`."""

    kind: ClassVar[str] = "known_product"

    product_id: Slug
    price: Amount
    currency: Currency
    term_months: Months
    status: Literal["available", "withdrawn"]
    sequence: int
