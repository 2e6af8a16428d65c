"""Things as they are at the beginning of a test: ordinary ones, unless it says otherwise."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from domains.conversions.known_contact import KnownContact
from domains.conversions.known_product import KnownProduct
from domains.conversions.lead import Lead
from domains.conversions.sales_file import SalesFile
from domains.customer.account import Account
from domains.customer.contact import Contact, Purchase, Quote
from domains.product.product import Product

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
MOMENT = timedelta(milliseconds=1)
DAY = timedelta(days=1)
ZOE = UUID("11111111-1111-4111-8111-111111111111")
LEAD = UUID("22222222-2222-4222-8222-222222222222")
SALE = UUID("33333333-3333-4333-8333-333333333333")
PRICE = Decimal("19.90")


def a_product(**changes: Any) -> Product:
    product = Product("home", "Home", "insurance", PRICE, "EUR", 12, "available", NOON)
    return replace(product, **changes)


def an_account(**changes: Any) -> Account:
    return replace(Account(ZOE, ZOE, "Zoë", "zoe@example.com", "active", NOON), **changes)


def a_contact(**changes: Any) -> Contact:
    contact = Contact(ZOE, "active", NOON, account="active", account_sequence=1)
    return replace(contact, **changes)


def a_quote(**changes: Any) -> Quote:
    return replace(Quote(LEAD, "home", "open", NOON), **changes)


def a_purchase(**changes: Any) -> Purchase:
    bought, ends = date(2026, 5, 1), date(2027, 5, 1)
    return replace(Purchase(SALE, LEAD, "home", bought, PRICE, "EUR", 12, ends), **changes)


def a_known_contact(**changes: Any) -> KnownContact:
    return replace(KnownContact(ZOE, "active", 1), **changes)


def a_known_product(**changes: Any) -> KnownProduct:
    return replace(KnownProduct("home", PRICE, "EUR", 12, "available", 1), **changes)


def a_lead(**changes: Any) -> Lead:
    lead = Lead(LEAD, ZOE, "home", "acme", PRICE, "EUR", 12, "generated", NOON)
    return replace(lead, **changes)


def a_sales_file(**changes: Any) -> SalesFile:
    file = SalesFile(
        partner="acme",
        name="may.csv",
        url="https://files/sales-files/acme/may.csv",
        etag="0x1",
        sha256="aa",
        size=100,
        status="received",
        received_at=NOON,
        touched_at=NOON,
    )
    return replace(file, **changes)
