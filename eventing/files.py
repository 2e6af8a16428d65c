"""Blobs by claim check: an event carries where a file is and which version, never its content."""

import hashlib
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import (
    AzureError,
    HttpResponseError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.storage.blob import BlobBlock
from azure.storage.blob.aio import BlobServiceClient
from azurefunctions.extensions.bindings.blob import BlobClient as BlobReference

from eventing.denied import denied
from eventing.errors import Conflict, Transient

__all__ = ["BlobReference", "Claim", "Files", "Gone"]
"""A blob trigger takes a `BlobReference`: the host then hands over a file's name, not its bytes."""

log = logging.getLogger(__name__)

CHUNK = 1024 * 1024


class Gone(Exception):
    """The file is no longer the one that was announced: it was deleted or overwritten."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A file's address and exact version."""

    container: str
    name: str
    url: str
    etag: str
    size: int
    sha256: str = ""


class Files:
    """The containers of the connection FILES."""

    def __init__(self, account: BlobServiceClient) -> None:
        self._account = account

    async def claim(self, container: str, name: str) -> Claim:
        """The file as it is now, with the hash of its content. Raises Gone or Transient."""
        blob = self._account.get_blob_client(container, name)
        with _translated(name):
            found = await blob.get_blob_properties()
        claim = Claim(container, name, blob.url, _bare(found.etag), found.size)
        digest = hashlib.sha256()
        async for chunk in self.read(claim):
            digest.update(chunk)
        return replace(claim, sha256=digest.hexdigest())

    async def read(self, claim: Claim, offset: int = 0) -> AsyncIterator[bytes]:
        """The file's bytes from an offset on, in chunks, of exactly this version.

        Raises Gone when it was deleted or overwritten, Transient when storage does not answer.
        """
        blob = self._account.get_blob_client(claim.container, claim.name)
        while offset < claim.size:
            with _translated(claim.name):
                stream = await blob.download_blob(
                    offset,
                    min(CHUNK, claim.size - offset),
                    etag=f'"{claim.etag}"',
                    match_condition=MatchConditions.IfNotModified,
                )
                chunk = await stream.readall()
            offset += len(chunk)
            yield chunk

    async def store(self, container: str, name: str, content: bytes) -> str:
        """Write a file whole; answers its address."""
        blob = self._account.get_blob_client(container, name)
        with _translated(name):
            await blob.upload_blob(content, overwrite=True)
        return str(blob.url)

    async def content(self, container: str, name: str) -> bytes:
        """A file whole. Raises Gone or Transient."""
        with _translated(name):
            stream = await self._account.get_blob_client(container, name).download_blob()
            return await stream.readall()

    async def folders(self, container: str, within: str = "") -> list[str]:
        """The folders right below a folder, each ending with a slash."""
        client = self._account.get_container_client(container)
        with _translated(container):
            return [
                each.name
                async for each in client.walk_blobs(within, delimiter="/")
                if each.name.endswith("/")
            ]

    async def after(self, container: str, folder: str, last: str) -> AsyncIterator[str]:
        """Names of the files below a folder after the name `last`, in their order.

        Folders that end before it are not listed, so that a long past costs nothing. A folder is
        taken to hold folders or files, not both: storage lists the two apart.
        """
        client = self._account.get_container_client(container)
        with _translated(container):
            async for each in client.walk_blobs(folder, delimiter="/"):
                if not each.name.endswith("/"):
                    if each.name > last:
                        yield each.name
                elif each.name > last or last.startswith(each.name):
                    async for name in self.after(container, each.name, last):
                        yield name

    async def version(self, container: str, name: str) -> str | None:
        """The ETag of a file, or None when there is none. Raises Transient."""
        try:
            with _translated(name):
                found = await self._account.get_blob_client(container, name).get_blob_properties()
        except Gone:
            return None
        return _bare(found.etag)

    async def append_report(
        self, container: str, name: str, blocks: int, block: bytes, version: str | None
    ) -> None:
        """Make `block` the report's block number `blocks`, and the last one.

        Raises Conflict when the report is no longer at `version`, Transient.
        """
        blob = self._account.get_blob_client(container, name)
        ids = [f"{number:08d}" for number in range(blocks + 1)]
        with _translated(name), _raced(name):
            await blob.stage_block(ids[-1], block)
            await blob.commit_block_list([BlobBlock(each) for each in ids], **_at(version))

    async def forget_report(self, container: str, name: str, version: str | None) -> None:
        """Delete the report of an earlier version of its file. Raises Conflict, Transient."""
        if version:
            with _translated(name), _raced(name):
                await self._account.get_blob_client(container, name).delete_blob(**_at(version))

    async def page(self, container: str, mark: str, limit: int) -> tuple[list[Claim], str]:
        """Up to `limit` files in the order of their names, without hashes, from a mark on.

        Answers the mark of the next page, too; "" is the first page's, and follows the last.
        """
        client = self._account.get_container_client(container)
        pages: Any = client.list_blobs(results_per_page=limit).by_page(mark or None)
        with _translated(container):
            claims = [
                Claim(
                    container,
                    found.name,
                    client.get_blob_client(found.name).url,
                    _bare(found.etag),
                    found.size,
                )
                async for found in await anext(pages)
            ]
        return claims, pages.continuation_token or ""


def _at(version: str | None) -> dict[str, Any]:
    if version is None:
        return {"match_condition": MatchConditions.IfMissing}
    return {"etag": f'"{version}"', "match_condition": MatchConditions.IfNotModified}


@contextmanager
def _raced(name: str) -> Iterator[None]:
    try:
        yield
    except HttpResponseError as error:
        # The commit of another writer also drops the blocks that were staged before it.
        dropped = getattr(error, "error_code", "") == "InvalidBlockList"
        if dropped or error.status_code in (404, 409, 412):
            raise Conflict(f"{name} was written by another meanwhile") from error
        raise


def _bare(etag: str) -> str:
    return etag.strip('"')


@contextmanager
def _translated(name: str) -> Iterator[None]:
    try:
        yield
    except (ResourceNotFoundError, ResourceModifiedError) as error:
        raise Gone(f"{name} is no longer there as it was announced") from error
    except HttpResponseError as error:
        if error.status_code in (401, 403):
            raise denied("blob storage", error.message) from error
        if error.status_code in (408, 429) or (error.status_code or 500) >= 500:
            raise Transient(f"blob storage: {error.message}") from error
        raise
    except AzureError as error:
        raise Transient(f"blob storage: {error.message}") from error
