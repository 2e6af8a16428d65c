"""The synchronous and the asynchronous SDK behind one set of calls."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import azure.identity
import azure.identity.aio
import azure.schemaregistry.aio
from azure.core.exceptions import HttpResponseError
from azure.schemaregistry import Schema, SchemaProperties, SchemaRegistryClient

Client = SchemaRegistryClient | azure.schemaregistry.aio.SchemaRegistryClient


class Sdk:
    """Awaits what the asynchronous client returns, runs the synchronous one in a thread."""

    def __init__(self, client: Client) -> None:
        self.client = client

    async def register(
        self, name: str, definition: str, format_: str = "Avro", group: str = "events"
    ) -> SchemaProperties:
        found = await self._call("register_schema", group, name, definition, format_)
        assert isinstance(found, SchemaProperties)
        return found

    async def properties(
        self, name: str, definition: str, format_: str = "Avro", group: str = "events"
    ) -> SchemaProperties:
        found = await self._call("get_schema_properties", group, name, definition, format_)
        assert isinstance(found, SchemaProperties)
        return found

    async def schema(self, *args: str, **kwargs: Any) -> Schema:
        found = await self._call("get_schema", *args, **kwargs)
        assert isinstance(found, Schema)
        return found

    async def listed(self, method: str, *args: str) -> list[object]:
        """All that one of the generated client's list operations yields."""
        found = getattr(self.client._generated_client, method)(*args)
        if isinstance(self.client, SchemaRegistryClient):
            return await asyncio.to_thread(list, found)
        return [item async for item in found]

    async def _call(self, method: str, *args: Any, **kwargs: Any) -> object:
        bound = getattr(self.client, method)
        if isinstance(self.client, SchemaRegistryClient):
            return await asyncio.to_thread(bound, *args, **kwargs)
        return await bound(*args, **kwargs)


@asynccontextmanager
async def connected(flavour: str, namespace: str, ca: str) -> AsyncIterator[Sdk]:
    """A client with DefaultAzureCredential. The environment names the identity endpoint."""
    # The variables that name the authority are read once per process: the tests, which talk to
    # several, name it to the client instead. test_environment.py uses the variables.
    if flavour == "sync":
        with (
            azure.identity.DefaultAzureCredential(connection_verify=ca) as credential,
            SchemaRegistryClient(namespace, credential, connection_verify=ca) as client,
        ):
            yield Sdk(client)
        return
    async with (
        azure.identity.aio.DefaultAzureCredential(connection_verify=ca) as aio_credential,
        azure.schemaregistry.aio.SchemaRegistryClient(
            namespace, aio_credential, connection_verify=ca
        ) as aio_client,
    ):
        yield Sdk(aio_client)


def refusal(error: HttpResponseError) -> tuple[int | None, str | None]:
    """The status and the service's code of a refusal, as the SDK shows them."""
    return error.status_code, error.error.code if error.error else None
