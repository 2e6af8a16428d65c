"""State of one account with the person behind it, and the events it raises.

The name and the email address live here and nowhere else: events carry ids.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from eventing.decision import Rejected
from eventing.values import Instant, Matching, Text

Email = Annotated[Text, Matching(r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]
Status = Literal["active", "inactive"]


@dataclass(frozen=True, slots=True)
class Account:
    """An account as it was last changed, at `as_of`; without name and email once erased."""

    kind: ClassVar[str] = "account"

    account_id: UUID
    contact_id: UUID
    name: Text | None
    email: Email | None
    status: Status
    as_of: Instant


@dataclass(frozen=True, slots=True)
class AccountActivated:
    """An account was opened, or switched on again."""

    type: ClassVar[str] = "customer.account.activated"

    account_id: UUID
    contact_id: UUID


@dataclass(frozen=True, slots=True)
class AccountDeactivated:
    """An account was switched off."""

    type: ClassVar[str] = "customer.account.deactivated"

    account_id: UUID
    contact_id: UUID


def switched(account: Account, status: Status, at: datetime) -> Account:
    """The account with this status. Raises Rejected when it was switched otherwise meanwhile."""
    if account.status == status:
        return account
    if at <= account.as_of:
        raise Rejected("overtaken", f"account {account.account_id} was made {account.status} since")
    return replace(account, status=status, as_of=at)
