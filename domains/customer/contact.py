"""State of one contact: whether it may be sold to, its quotes, its purchases; its events."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import ClassVar, Literal
from uuid import UUID

from domains.customer.term import beginning
from eventing.decision import Rejected
from eventing.values import Amount, Currency, Instant, Months, Slug

Status = Literal["active", "inactive"]


@dataclass(frozen=True, slots=True)
class Quote:
    """A lead of this contact. It stays known once closed, so that a late lead cannot reopen it."""

    lead_id: UUID
    product_id: Slug
    status: Literal["open", "failed", "abandoned", "sold"]
    since: Instant


@dataclass(frozen=True, slots=True)
class Purchase:
    """What a confirmed sale bought, until `ends_on`."""

    sale_id: UUID
    lead_id: UUID
    product_id: Slug
    purchased_on: date
    amount: Amount
    currency: Currency
    term_months: Months
    ends_on: date
    expired: bool = False


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact, which has its account's id. Quotes and purchases stand in the order of their ids.

    Its status was last changed at `as_of`; `account` is what its account was at version
    `account_sequence`, which it followed last.
    """

    kind: ClassVar[str] = "contact"
    due: ClassVar[tuple[str, ...]] = ("quoted_at", "term_ends")

    contact_id: UUID
    status: Status | None = None
    as_of: Instant | None = None
    account: Status | None = None
    account_sequence: int = 0
    quotes: tuple[Quote, ...] = ()
    purchases: tuple[Purchase, ...] = ()

    @property
    def quoted_at(self) -> datetime | None:
        """Since when the longest open quote has been waiting."""
        return min((quote.since for quote in self.quotes if quote.status == "open"), default=None)

    @property
    def term_ends(self) -> datetime | None:
        """When the next term ends."""
        running = (each.ends_on for each in self.purchases if not each.expired)
        day = min(running, default=None)
        return beginning(day) if day else None


@dataclass(frozen=True, slots=True)
class ContactActivated:
    """A contact may be sold to."""

    type: ClassVar[str] = "customer.contact.activated"

    contact_id: UUID
    account_id: UUID


@dataclass(frozen=True, slots=True)
class ContactDeactivated:
    """A contact may no longer be sold to."""

    type: ClassVar[str] = "customer.contact.deactivated"

    contact_id: UUID
    account_id: UUID


@dataclass(frozen=True, slots=True)
class ContactAbandonedQuote:
    """A quote stayed unsold too long. A later purchase of the same lead takes this back."""

    type: ClassVar[str] = "customer.contact.abandoned_quote"
    once: ClassVar[str] = "lead_id"

    contact_id: UUID
    lead_id: UUID
    product_id: Slug
    quoted_at: Instant
    abandoned_at: Instant


@dataclass(frozen=True, slots=True)
class ContactPurchased:
    """A sale became this contact's purchase, for the term it buys."""

    type: ClassVar[str] = "customer.contact.purchased"

    contact_id: UUID
    sale_id: UUID
    lead_id: UUID
    product_id: Slug
    purchased_on: date
    amount: Amount
    currency: Currency
    term_months: Months
    ends_on: date


@dataclass(frozen=True, slots=True)
class ContactProductExpired:
    """The term of a purchase has ended."""

    type: ClassVar[str] = "customer.contact.product_expired"
    once: ClassVar[str] = "sale_id"

    contact_id: UUID
    sale_id: UUID
    product_id: Slug
    purchased_on: date
    ended_on: date


def following(contact: Contact, account: Status, sequence: int, at: datetime) -> Contact:
    """The contact as its account now is, unless it follows a later version already."""
    if sequence <= contact.account_sequence:
        return contact
    as_of = max(contact.as_of or at, at)
    return replace(contact, status=account, as_of=as_of, account=account, account_sequence=sequence)


def switched(contact: Contact, status: Status, at: datetime) -> Contact:
    """The contact with this status. Raises Rejected when it was switched otherwise meanwhile."""
    if contact.status == status:
        return contact
    if contact.as_of and at <= contact.as_of:
        raise Rejected("overtaken", f"contact {contact.contact_id} was made {contact.status} since")
    return replace(contact, status=status, as_of=at)


def with_quote(contact: Contact, quote: Quote) -> Contact:
    """The contact with this quote in place of an earlier word on the same lead."""
    others = [each for each in contact.quotes if each.lead_id != quote.lead_id]
    ordered = sorted([*others, quote], key=lambda each: each.lead_id)
    return replace(contact, quotes=tuple(ordered))


def with_purchase(contact: Contact, purchase: Purchase) -> Contact:
    """The contact with one more purchase."""
    ordered = sorted([*contact.purchases, purchase], key=lambda each: each.sale_id)
    return replace(contact, purchases=tuple(ordered))
