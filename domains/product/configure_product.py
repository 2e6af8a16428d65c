"""PUT /api/products/{product_id} → product.product.updated"""

from dataclasses import dataclass, replace

from domains.product.product import Product, ProductUpdated, Status
from eventing.decision import Decision, Rejected
from eventing.values import Amount, Currency, Instant, Months, Slug, Text


@dataclass(frozen=True, slots=True)
class ConfigureProduct:
    """The product as it shall be from now on."""

    product_id: Slug
    name: Text
    category: Slug
    price: Amount
    currency: Currency
    term_months: Months
    occurred_at: Instant
    status: Status = "available"

    @property
    def key(self) -> str:
        return self.product_id


def decide(product: Product | None, command: ConfigureProduct) -> Decision[Product]:
    configured = Product(
        product_id=command.product_id,
        name=command.name,
        category=command.category,
        price=command.price,
        currency=command.currency,
        term_months=command.term_months,
        status=command.status,
        as_of=command.occurred_at,
    )
    if product is None:
        return Decision(configured, [_updated(configured)])
    if product == replace(configured, as_of=product.as_of):
        return Decision(product)
    if command.occurred_at <= product.as_of:
        raise Rejected("overtaken", f"product {product.product_id} was configured again meanwhile")
    return Decision(configured, [_updated(configured)])


def _updated(product: Product) -> ProductUpdated:
    return ProductUpdated(
        product_id=product.product_id,
        name=product.name,
        category=product.category,
        price=product.price,
        currency=product.currency,
        term_months=product.term_months,
        status=product.status,
    )
