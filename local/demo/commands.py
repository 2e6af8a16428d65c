"""The commands that the demo gives, each as a caller of the API gives it."""

from collections.abc import Mapping
from typing import Any

from local.demo.api import Api
from local.demo.scenario import Lead, Product, offer


async def configure(api: Api, product: Product) -> None:
    """The product as it shall be from now on."""
    body = {
        "name": product.name,
        "category": product.category,
        "price": product.price,
        "currency": "EUR",
        "term_months": product.term_months,
        "status": product.status,
    }
    await api.call("PUT", f"products/{product.product_id}", body)


async def open_account(api: Api, run: str, number: int) -> dict[str, Any]:
    """A new customer's account."""
    body = {"name": f"Customer {number + 1}", "email": f"customer-{number + 1}@example.com"}
    return await api.call("POST", "accounts", body, key=f"demo-{run}-account-{number}")


async def switch_account(api: Api, account_id: str, word: str) -> None:
    """`deactivate` or `activate` an account."""
    await api.call("POST", f"accounts/{account_id}/{word}")


async def generate_lead(
    api: Api, run: str, number: int, account: Mapping[str, Any], offered: list[Product]
) -> Lead:
    """An offer to a customer, through a partner."""
    partner, product = offer(number, offered)
    body = {
        "contact_id": account["contact_id"],
        "product_id": product.product_id,
        "partner": partner,
    }
    made = await api.call("POST", "leads", body, key=f"demo-{run}-lead-{number}")
    return Lead(made["lead_id"], account["contact_id"], product.product_id, partner, made["status"])


async def decline(api: Api, lead: Lead) -> None:
    """The customer does not want it."""
    await api.call("POST", f"leads/{lead.lead_id}/fail", {"reason": "declined"})
