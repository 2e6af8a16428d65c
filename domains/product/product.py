"""State of one product, and the event it raises."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from eventing.values import Amount, Currency, Instant, Months, Slug, Text

Status = Literal["available", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Product:
    """A product as it was last changed, at `as_of`."""

    kind: ClassVar[str] = "product"

    product_id: Slug
    name: Text
    category: Slug
    price: Amount
    currency: Currency
    term_months: Months
    status: Status
    as_of: Instant


@dataclass(frozen=True, slots=True)
class ProductUpdated:
    """A product was configured, changed, withdrawn or brought back."""

    type: ClassVar[str] = "product.product.updated"

    product_id: Slug
    name: Text
    category: Slug
    price: Amount
    currency: Currency
    term_months: Months
    status: Status
