"""DELETE /api/accounts/{account_id}/personal-data → customer.account.deactivated, of nobody"""

from dataclasses import dataclass, replace
from uuid import UUID

from domains.customer.account import Account, AccountDeactivated
from eventing.decision import Decision, Unknown
from eventing.values import Instant


@dataclass(frozen=True, slots=True)
class ErasePersonalData:
    """Forget the person behind an account. What happened to it stays, by its id."""

    account_id: UUID
    occurred_at: Instant

    @property
    def key(self) -> str:
        return str(self.account_id)


def decide(account: Account | None, command: ErasePersonalData) -> Decision[Account]:
    if account is None:
        raise Unknown("unknown_account", f"there is no account {command.account_id}")
    if account.name is None:
        return Decision(account)
    at = max(account.as_of, command.occurred_at)
    erased = replace(account, name=None, email=None, status="inactive", as_of=at)
    if account.status == "inactive":
        return Decision(erased)
    # Nobody may go on selling to a person who is to be forgotten.
    return Decision(erased, [AccountDeactivated(account.account_id, account.contact_id)])
