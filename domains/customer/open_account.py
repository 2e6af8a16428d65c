"""POST /api/accounts → customer.account.activated"""

from dataclasses import dataclass
from uuid import UUID

from domains.customer.account import Account, AccountActivated, Email
from eventing.decision import Decision, Different, Rejected
from eventing.values import Instant, Text


@dataclass(frozen=True, slots=True)
class OpenAccount:
    """Open an account for a person. Its contact has the account's id."""

    account_id: UUID
    name: Text
    email: Email
    occurred_at: Instant

    @property
    def key(self) -> str:
        return str(self.account_id)


def decide(account: Account | None, command: OpenAccount) -> Decision[Account]:
    if account is None:
        activated = AccountActivated(command.account_id, command.account_id)
        return Decision(_opened(command), [activated])
    if account.name is None:
        raise Rejected("erased", f"account {command.account_id} is of nobody any more")
    if (account.name, account.email) != (command.name, command.email):
        raise Different("other_account", f"account {command.account_id} is somebody else's")
    # Whatever became of it since: it was opened, and a repeated request asks for no more.
    return Decision(account)


def _opened(command: OpenAccount) -> Account:
    return Account(
        account_id=command.account_id,
        contact_id=command.account_id,
        name=command.name,
        email=command.email,
        status="active",
        as_of=command.occurred_at,
    )
