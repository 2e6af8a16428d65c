"""POST /api/accounts/{account_id}/deactivate → customer.account.deactivated"""

from dataclasses import dataclass
from uuid import UUID

from domains.customer.account import Account, AccountDeactivated, switched
from eventing.decision import Decision, Unknown
from eventing.values import Instant


@dataclass(frozen=True, slots=True)
class DeactivateAccount:
    """Switch an account off."""

    account_id: UUID
    occurred_at: Instant

    @property
    def key(self) -> str:
        return str(self.account_id)


def decide(account: Account | None, command: DeactivateAccount) -> Decision[Account]:
    if account is None:
        raise Unknown("unknown_account", f"there is no account {command.account_id}")
    after = switched(account, "inactive", command.occurred_at)
    if after.status == account.status:
        return Decision(after)
    return Decision(after, [AccountDeactivated(account.account_id, account.contact_id)])
