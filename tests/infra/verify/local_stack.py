"""The stack on this machine, as the checks of every environment ask it."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.request import urlopen

from azure.data.tables import TableServiceClient
from azure.eventhub import EventData, EventHubConsumerClient
from azure.eventhub.aio import EventHubConsumerClient as Reader
from azure.eventhub.aio import EventHubProducerClient as Producer
from azure.eventhub.exceptions import EventHubError
from azure.identity import DefaultAzureCredential
from azure.schemaregistry import SchemaRegistryClient
from azure.storage.blob import BlobServiceClient

from eventing.bus import ROOT
from local.stack import Stack
from tests.infra.truth import domains
from tests.infra.verify.live import requested

HOSTS_OWN = ("azure-webjobs-", "$")
"""How containers and tables begin that the Functions host makes for itself in the one account."""


class LocalStack:
    """A running stack. `values` are the settings that it was made with."""

    pause = 0.1

    def __init__(self, stack: Stack, values: dict[str, str]) -> None:
        self._stack = stack
        self._values = values

    @property
    def apps(self) -> Sequence[tuple[str, ...]]:
        return [tuple(domains(json.loads((ROOT / "bus.json").read_text())))]

    def partitions(self, hub: str) -> int:
        with EventHubConsumerClient.from_connection_string(
            self._events, "$Default", eventhub_name=hub, retry_total=0
        ) as client:
            try:
                return len(client.get_partition_ids())
            except EventHubError as error:
                raise LookupError(hub) from error

    def readers(self, hub: str, asked: set[str]) -> set[str]:
        return asyncio.run(self._let_in(hub, sorted(asked)))

    async def _let_in(self, hub: str, groups: Sequence[str]) -> set[str]:
        async with Producer.from_connection_string(self._events, eventhub_name=hub) as producer:
            await producer.send_batch([EventData("who may read this?")], partition_id="0")
        answers = await asyncio.gather(*(self._lets_in(hub, group) for group in groups))
        return {group for group, let_in in zip(groups, answers, strict=True) if let_in}

    async def _lets_in(self, hub: str, group: str) -> bool:
        """Whether a reader of the group gets what is there, or is refused."""
        answers: asyncio.Queue[bool] = asyncio.Queue()

        async def got(*_: Any) -> None:
            await answers.put(True)

        async def refused(*_: Any) -> None:
            await answers.put(False)

        async with Reader.from_connection_string(
            self._events, group, eventhub_name=hub, retry_total=0
        ) as client:
            reading = asyncio.create_task(
                client.receive_batch(
                    got, partition_id="0", starting_position="-1", on_error=refused
                )
            )
            try:
                return await asyncio.wait_for(answers.get(), 60)
            finally:
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)

    def containers(self) -> set[str]:
        with BlobServiceClient.from_connection_string(self._setting("FILES")) as blobs:
            return {
                each.name
                for each in blobs.list_containers()
                if not str(each.name).startswith(HOSTS_OWN)
            }

    def tables(self) -> set[str]:
        with TableServiceClient.from_connection_string(self._setting("STATE")) as tables:
            return {str(each.name) for each in tables.list_tables()}

    def registry(self) -> SchemaRegistryClient:
        namespace = self._setting("SCHEMAS__fullyQualifiedNamespace")
        return SchemaRegistryClient(namespace, DefaultAzureCredential())

    def settings(self, _: tuple[str, ...]) -> Mapping[str, str]:
        return self._stack.environment()

    def functions(self, _: tuple[str, ...]) -> set[str]:
        with urlopen(f"{self._stack.host_url}/admin/functions", timeout=60) as answer:  # noqa: S310 - this machine
            return {each["name"] for each in json.loads(answer.read())}

    def call(self, _: str, method: str, path: str, body: bytes | None = None) -> tuple[int, Any]:
        return requested(f"{self._stack.host_url}/api/{path}", method, body, {})

    def move_clock(self, days: int) -> bool:
        self._values["CLOCK_AHEAD_DAYS"] = str(days)
        self._stack.restart("host")
        return True

    @property
    def _events(self) -> str:
        return self._setting("EVENTS")

    def _setting(self, name: str) -> str:
        return self._stack.environment()[name]
