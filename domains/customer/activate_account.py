"""POST /api/accounts/{account_id}/activate → customer.account.activated"""

from dataclasses import dataclass
from uuid import UUID

from domains.customer.account import Account, AccountActivated, switched
from eventing.decision import Decision, Rejected, Unknown
from eventing.values import Instant


@dataclass(frozen=True, slots=True)
class ActivateAccount:
    """Switch an account on again."""

    account_id: UUID
    occurred_at: Instant

    @property
    def key(self) -> str:
        return str(self.account_id)


def decide(account: Account | None, command: ActivateAccount) -> Decision[Account]:
    if account is None:
        raise Unknown("unknown_account", f"there is no account {command.account_id}")
    if account.name is None:
        raise Rejected("erased", f"account {command.account_id} is of nobody any more")
    after = switched(account, "active", command.occurred_at)
    if after.status == account.status:
        return Decision(after)
    return Decision(after, [AccountActivated(account.account_id, account.contact_id)])
