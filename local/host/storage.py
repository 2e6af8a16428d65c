"""Storage clients of a connection, and the host's own corner of the AzureWebJobsStorage account."""

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from azure.core.exceptions import (
    ResourceExistsError,
    ServiceRequestError,
    ServiceResponseError,
)
from azure.identity.aio import DefaultAzureCredential
from azure.storage.blob.aio import BlobServiceClient
from azure.storage.queue.aio import QueueServiceClient

from local.host.config import ConfigurationError, Connection, Settings

log = logging.getLogger("host")

HOSTS = "azure-webjobs-hosts"
"""The container of receipts, timer status and scan times."""


def host_id(directory: Path, settings: Settings) -> str:
    """`AzureFunctionsWebHost__hostid`, or one that stays the same for this app directory."""
    set_id = settings.get("AzureFunctionsWebHost__hostid")
    return set_id or "local-" + hashlib.sha256(str(directory).encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Account:
    """Blob and queue services behind one connection."""

    name: str
    blobs: BlobServiceClient
    queues: QueueServiceClient

    async def close(self) -> None:
        await self.blobs.close()
        await self.queues.close()


class Accounts:
    """Opens each connection once."""

    def __init__(self) -> None:
        self._open: dict[str, Account] = {}
        self._credential: DefaultAzureCredential | None = None

    def of(self, connection: Connection) -> Account:
        """Clients of a connection; ConfigurationError when it is no storage account."""
        if connection.name not in self._open:
            self._open[connection.name] = self._account(connection)
        return self._open[connection.name]

    def _account(self, connection: Connection) -> Account:
        # One attempt each: waiting for a service that is not there yet is said in the log by us.
        options: dict[str, Any] = {"retry_total": 1, "retry_connect": 0}
        try:
            if connection.string:
                return Account(
                    connection.name,
                    BlobServiceClient.from_connection_string(connection.string, **options),
                    QueueServiceClient.from_connection_string(connection.string, **options),
                )
            account = connection.endpoint("accountName")
            blob = connection.endpoint("blobServiceUri", "serviceUri")
            blob = blob or (account and f"https://{account}.blob.core.windows.net")
            queue = connection.endpoint("queueServiceUri")
            queue = queue or (account and f"https://{account}.queue.core.windows.net")
            if not blob:
                raise ValueError("no connection string, accountName or blobServiceUri")
            return Account(
                connection.name,
                BlobServiceClient(blob, credential=self.credential(), **options),
                QueueServiceClient(
                    queue or blob.replace(".blob.", ".queue."),
                    credential=self.credential(),
                    **options,
                ),
            )
        except ValueError as error:
            raise ConfigurationError(
                f"connection {connection.name} is no storage account: {error}"
            ) from error

    def credential(self) -> DefaultAzureCredential:
        """One credential for every account reached by identity."""
        self._credential = self._credential or DefaultAzureCredential()
        return self._credential

    async def close(self) -> None:
        for account in self._open.values():
            await account.close()
        if self._credential:
            await self._credential.close()


async def until_reachable[T](
    what: str,
    attempt: Callable[[], Awaitable[T]],
    retryable: tuple[type[BaseException], ...] = (ServiceRequestError, ServiceResponseError),
    pause: float = 1.0,
) -> T:
    """Repeat `attempt` until the service answers, saying now and then what is waited for."""
    said = 0
    while True:
        try:
            return await attempt()
        except retryable as error:
            if said % 10 == 0:
                reason = str(error).splitlines()[0] if str(error) else type(error).__name__
                log.warning("waiting for %s: %s", what, reason)
            said += 1
            await asyncio.sleep(pause)


async def ensure_container(account: Account, name: str) -> None:
    """Create a container unless it is there."""
    try:
        await account.blobs.create_container(name)
    except ResourceExistsError:
        return


async def ensure_queue(account: Account, name: str) -> None:
    """Create a queue unless it is there."""
    try:
        await account.queues.create_queue(name)
    except ResourceExistsError:
        return
