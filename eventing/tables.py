"""The table service's errors as ours."""

from typing import Any

from azure.core.exceptions import AzureError, HttpResponseError, ResourceNotFoundError
from azure.data.tables import TableTransactionError

from eventing.denied import denied
from eventing.errors import Conflict, Transient


class translated:  # noqa: N801 - it reads as a statement
    """A lost race is Conflict, what may pass is Transient, a missing right is Forbidden."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if error is None or isinstance(error, ResourceNotFoundError):
            return
        if isinstance(error, HttpResponseError):
            lost = isinstance(error, TableTransactionError) and error.status_code == 404
            if lost or error.status_code in (409, 412):
                raise Conflict(str(error.message)) from error
            if error.status_code in (401, 403):
                raise denied("table storage", error.message) from error
            if error.status_code in (408, 429) or (error.status_code or 500) >= 500:
                raise Transient(f"table storage: {error.message}") from error
        elif isinstance(error, AzureError):
            raise Transient(f"table storage: {error.message}") from error
