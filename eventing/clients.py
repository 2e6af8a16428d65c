"""The Azure clients of this process: made from settings when first used, never at import."""

import os
from dataclasses import dataclass, field
from functools import cached_property
from urllib.request import getproxies_environment

from azure.core.pipeline.transport import AioHttpTransport
from azure.data.tables.aio import TableClient
from azure.eventhub.aio import EventHubConsumerClient, EventHubProducerClient
from azure.identity.aio import DefaultAzureCredential
from azure.schemaregistry.aio import SchemaRegistryClient
from azure.storage.blob.aio import BlobServiceClient

from eventing.bus import declared
from eventing.codec import Codec
from eventing.hubs import Hubs
from eventing.registry import SchemaRegistry
from eventing.settings import connection, required
from eventing.trust import authorities

CONNECTED, ANSWER = 5.0, 20.0
"""Seconds that a table has for a connection and for an answer, each of which the SDK asks for four
times. It would wait for 300, which is twenty minutes in all: no batch has so long."""


@dataclass
class Clients:
    """One of each client, sharing one credential. Belongs to the event loop that first used it."""

    _opened: list[TableClient] = field(default_factory=list)

    @cached_property
    def credential(self) -> DefaultAzureCredential:
        return DefaultAzureCredential()

    def table(self, name: str) -> TableClient:
        """A team's table in the account of the connection STATE."""
        state = connection("STATE", "tableServiceUri")
        if state.string:
            client = TableClient.from_connection_string(state.string, name, transport=_transport())
        else:
            client = TableClient(
                str(state.endpoint), name, credential=self.credential, transport=_transport()
            )
        self._opened.append(client)
        return client

    @cached_property
    def blobs(self) -> BlobServiceClient:
        """The account of the connection FILES."""
        files = connection("FILES", "blobServiceUri")
        if files.string:
            return BlobServiceClient.from_connection_string(files.string)
        return BlobServiceClient(str(files.endpoint), credential=self.credential)

    @cached_property
    def hubs(self) -> Hubs:
        """The bus behind the connection EVENTS."""
        return Hubs(declared(), self._producer, self._consumer)

    def _producer(self, hub: str) -> EventHubProducerClient:
        events = connection("EVENTS", "fullyQualifiedNamespace")
        if events.string:
            return EventHubProducerClient.from_connection_string(
                events.string, eventhub_name=hub, ssl_context=authorities()
            )
        return EventHubProducerClient(
            str(events.endpoint), hub, self.credential, ssl_context=authorities()
        )

    def _consumer(self, hub: str, group: str) -> EventHubConsumerClient:
        events = connection("EVENTS", "fullyQualifiedNamespace")
        if events.string:
            return EventHubConsumerClient.from_connection_string(
                events.string, group, eventhub_name=hub, ssl_context=authorities()
            )
        return EventHubConsumerClient(
            str(events.endpoint), hub, group, self.credential, ssl_context=authorities()
        )

    @cached_property
    def codec(self) -> Codec:
        """The codec over the registry behind the connection SCHEMAS."""
        namespace = required("SCHEMAS__fullyQualifiedNamespace", os.environ)
        # It would go on by itself for many minutes; we try again within the batch's deadline.
        client = SchemaRegistryClient(
            namespace, self.credential, retry_total=1, connection_timeout=5, read_timeout=10
        )
        registry = SchemaRegistry(client, namespace=namespace, group=declared().schema_group)
        return Codec(registry)

    async def close(self) -> None:
        """Close every client that was opened."""
        for table in self._opened:
            await table.close()
        for name in ("blobs", "hubs", "codec", "credential"):
            if name in self.__dict__:
                await self.__dict__[name].close()


def _transport() -> AioHttpTransport:
    # Asked to honour proxies and netrc, it looks for them again in every request, which costs as
    # much as the request itself; so it is asked only where a proxy is set.
    return AioHttpTransport(
        use_env_settings=bool(getproxies_environment()),
        connection_timeout=CONNECTED,
        read_timeout=ANSWER,
    )


PROCESS = Clients()
"""The clients that every team of this process shares."""
