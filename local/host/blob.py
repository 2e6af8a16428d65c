"""Blob triggers: scan, receipt, internal queue, invocation; five failures end in the poison queue.

A receipt means "queued", not "processed". A blob written again has a new ETag and triggers again.
"""

import asyncio
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import (
    AzureError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)

from local.host.blobpath import BlobPath
from local.host.functions import Function
from local.host.messages import Message, QueueReader
from local.host.protos import Record, TypedData
from local.host.storage import HOSTS, Account
from local.host.worker import Payload, Worker

log = logging.getLogger("host")

POISON = "webjobs-blobtrigger-poison"


@dataclass(frozen=True, slots=True)
class BlobFunction:
    """A function, the path it listens to, and the account that holds the blobs."""

    function: Function
    path: BlobPath
    account: Account


class BlobScanner:
    """Lists the watched containers and queues one message per function and new ETag."""

    def __init__(
        self,
        functions: Sequence[BlobFunction],
        host: Account,
        host_id: str,
        queue: QueueReader,
        poll: float,
    ) -> None:
        self._functions = functions
        self._receipts = host.blobs.get_container_client(HOSTS)
        self._host_id = host_id
        self._queue = queue
        self._poll = poll
        self._newest: dict[tuple[str, str], datetime] = {}
        self._offered: set[tuple[str, str, str, str]] = set()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._loop())

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _loop(self) -> None:
        while True:
            try:
                await self.sweep()
            except AzureError as error:
                # The next sweep lists the same blobs again.
                log.warning("blob scan failed: %s", str(error).splitlines()[0])
            await asyncio.sleep(self._poll)

    async def sweep(self) -> int:
        """Look at every watched container once; the number of messages queued."""
        queued = 0
        containers = {(f.account.name, f.path.container): f.account for f in self._functions}
        for (name, container), account in containers.items():
            queued += await self._sweep_container(name, container, account)
        return queued

    async def _sweep_container(self, name: str, container: str, account: Account) -> int:
        since = self._newest.get((name, container))
        newest, queued = since, 0
        try:
            async for blob in account.blobs.get_container_client(container).list_blobs():
                if since and blob.last_modified < since:
                    continue
                newest = max(newest or blob.last_modified, blob.last_modified)
                for watcher in self._functions:
                    if (watcher.account.name, watcher.path.container) != (name, container):
                        continue
                    if watcher.path.match(blob.name) is not None:
                        queued += await self._offer(watcher.function, container, blob)
        except ResourceNotFoundError:
            return queued
        if newest:
            self._newest[name, container] = newest
        return queued

    async def _offer(self, function: Function, container: str, blob: Any) -> int:
        """Queue a blob unless its receipt says that it has been; 1 when queued."""
        etag = blob.etag.strip('"')
        known = (function.name, container, blob.name, etag)
        if known in self._offered:
            return 0
        receipt = self._receipts.get_blob_client(
            f"blobreceipts/{self._host_id}/{function_id(function)}/{etag}/{container}/{blob.name}"
        )
        try:
            written = await receipt.upload_blob(b"", metadata={"Incomplete": ""}, overwrite=False)
            state = {"etag": written["etag"]}
        except ResourceExistsError:
            found = await receipt.get_blob_properties()
            if "incomplete" not in {key.lower() for key in found.metadata}:
                self._offered.add(known)
                return 0
            state = {"etag": str(found.etag)}
        await self._queue.put(message_text(function, container, blob.name, blob.etag))
        try:
            await receipt.set_blob_metadata(
                {}, etag=state["etag"], match_condition=MatchConditions.IfNotModified
            )
        except ResourceModifiedError:
            log.debug("receipt of %s/%s was completed by another host", container, blob.name)
        self._offered.add(known)
        return 1


class BlobExecutor:
    """Invokes the function a queued message names with the blob it names."""

    def __init__(self, functions: Sequence[BlobFunction], worker: Worker) -> None:
        self._by_id = {function_id(f.function): f for f in functions}
        self._worker = worker

    async def __call__(self, message: Message) -> bool:
        """True when the message is done with, False when it is to come again."""
        try:
            order = json.loads(message.text)
            watcher = self._by_id[order["FunctionId"]]
            container, name, etag = order["ContainerName"], order["BlobName"], order["ETag"]
        except (ValueError, KeyError, TypeError) as error:
            log.warning("blob trigger message not for this app (%r): %.200s", error, message.text)
            return False
        client = watcher.account.blobs.get_blob_client(container, name)
        try:
            properties = await client.get_blob_properties()
        except ResourceNotFoundError:
            log.info("%s: %s/%s is gone", watcher.function.name, container, name)
            return True
        if str(properties.etag).strip('"') != str(etag).strip('"'):
            log.info("%s: %s/%s has changed", watcher.function.name, container, name)
            return True  # the scan finds the new version by its own ETag
        try:
            data = await self._data(watcher, container, name, properties)
        except (ResourceNotFoundError, ResourceModifiedError):
            return True
        metadata = _metadata(watcher.path, container, name, properties, client.url)
        payload = Payload(data, metadata, f"{container}/{name} attempt {message.dequeue_count}")
        return (await self._worker.invoke(watcher.function, payload)).ok

    async def _data(
        self, watcher: BlobFunction, container: str, name: str, properties: Any
    ) -> TypedData:
        if watcher.function.deferred:
            reference = {
                "Connection": watcher.account.name,
                "ContainerName": container,
                "BlobName": name,
            }
            return TypedData(
                model_binding_data=Record(
                    version="1.0",
                    source="AzureStorageBlobs",
                    content_type="application/json",
                    content=json.dumps(reference).encode(),
                )
            )
        client = watcher.account.blobs.get_blob_client(container, name)
        stream = await client.download_blob(
            etag=properties.etag, match_condition=MatchConditions.IfNotModified
        )
        return TypedData(bytes=await stream.readall())


def function_id(function: Function) -> str:
    """The id under which receipts and messages know a function."""
    return f"Host.Functions.{function.name}"


def message_text(function: Function, container: str, blob: str, etag: str) -> str:
    """A message of the internal queue, as BlobTriggerMessage writes it."""
    return json.dumps(
        {
            "Type": "BlobTrigger",
            "FunctionId": function_id(function),
            "BlobType": "BlockBlob",
            "ContainerName": container,
            "BlobName": blob,
            "ETag": f'"{etag.strip(chr(34))}"',
        }
    )


def _metadata(
    path: BlobPath, container: str, name: str, properties: Any, uri: str
) -> Mapping[str, TypedData]:
    shown = {
        "ContentLength": properties.size,
        "ContentType": properties.content_settings.content_type,
        "ETag": properties.etag,
        "LastModified": _iso(properties.last_modified),
        "CreatedOn": _iso(properties.creation_time),
    }
    metadata = {
        "BlobTrigger": TypedData(string=f"{container}/{name}"),
        "Uri": TypedData(json=json.dumps(uri)),
        "Properties": TypedData(json=json.dumps(shown)),
        "Metadata": TypedData(json=json.dumps(dict(properties.metadata))),
    }
    for parameter, value in (path.match(name) or {}).items():
        metadata[parameter] = TypedData(string=value)
    return metadata


def _iso(when: datetime | None) -> str | None:
    return when.astimezone(UTC).isoformat() if when else None
