"""Event Hub triggers: one loop per partition, a checkpoint after every batch, failed or not.

The official client is the listener; layout of checkpoints and ownership is the real host's.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from azure.core.exceptions import AzureError
from azure.eventhub import EventData, LoadBalancingStrategy
from azure.eventhub.aio import EventHubConsumerClient, PartitionContext
from azure.eventhub.exceptions import EventHubError
from azure.eventhub.extensions.checkpointstoreblobaio import BlobCheckpointStore

from eventing.trust import authorities
from local.host import eventmeta
from local.host.batch import Cache
from local.host.config import ConfigurationError
from local.host.eventoptions import EventHubOptions
from local.host.faults import Faults
from local.host.functions import Function
from local.host.storage import until_reachable
from local.host.worker import Payload, Worker

log = logging.getLogger("host")


@dataclass(slots=True)
class _Partition:
    """What the listener keeps for a partition it reads."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    batches: int = 0
    cache: Cache | None = None


class EventHubListener:
    """Feeds one function from every partition of its hub."""

    def __init__(
        self,
        function: Function,
        worker: Worker,
        client: EventHubConsumerClient,
        store: BlobCheckpointStore,
        options: EventHubOptions,
        faults: Faults,
        hub: str,
        group: str,
        fast_timestamps: bool = False,
    ) -> None:
        self.function = function
        self._worker = worker
        self._client = client
        self._store = store
        self._options = options
        self._faults = faults
        self._hub, self._group = hub, group
        self._stamp = eventmeta.fast_stamp if fast_timestamps else eventmeta.naive_stamp
        self._binary = str(function.setting("dataType", "")).lower() == "binary"
        self._many = str(function.setting("cardinality", "ONE")).lower() == "many"
        self._partitions: defaultdict[str, _Partition] = defaultdict(_Partition)
        self._running: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()
        self._reader: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Wait until the hub answers, take its partitions over and begin to read."""
        what = f"event hub {self._hub} of {self.function.name}"
        found = await until_reachable(
            what, self._client.get_eventhub_properties, (EventHubError, OSError, TimeoutError)
        )
        await self._release_all()
        log.info(
            "%s reads hub %s as %s: partitions %s",
            self.function.name,
            self._hub,
            self._group,
            ", ".join(found["partition_ids"]),
        )
        self._reader = asyncio.create_task(self._read())

    async def stop(self) -> None:
        """Dispatch nothing more, let running invocations end, then give the partitions back.

        What ends now is not checkpointed, as on the real host: it comes again.
        """
        self._stopping.set()
        if self._running:
            await asyncio.wait(self._running)
        await self._client.close()
        if self._reader:
            self._reader.cancel()
            await asyncio.wait({self._reader})
        await self._store.close()

    async def _read(self) -> None:
        position, inclusive = self._options.initial_position()
        await self._client.receive_batch(
            self._on_batch,
            on_error=self._on_error,
            on_partition_initialize=self._on_partition,
            max_batch_size=self._options.max_batch if self._many else 1,
            # With a minimum, empty calls are what lets the maximum wait end.
            max_wait_time=min(1.0, self._options.max_wait) if self._caching else None,
            prefetch=self._options.prefetch,
            starting_position=position,
            starting_position_inclusive=inclusive,
        )

    @property
    def _caching(self) -> bool:
        return self._many and self._options.min_batch > 1

    async def _release_all(self) -> None:
        """Ownership left by a host that was killed would keep its partitions until it expires."""
        namespace = self._client._address.hostname
        left = [
            {**owned, "owner_id": ""}
            for owned in await self._store.list_ownership(namespace, self._hub, self._group)
            if owned["owner_id"]
        ]
        if left:
            await self._store.claim_ownership(left)

    async def _on_partition(self, context: PartitionContext) -> None:
        if self._caching:
            self._partitions[context.partition_id].cache = Cache(
                self._options.min_batch, self._options.max_batch, self._options.max_wait
            )

    async def _on_error(self, context: PartitionContext | None, error: Exception) -> None:
        where = f" partition {context.partition_id}" if context else ""
        text = str(error).splitlines()[0] if str(error) else type(error).__name__
        log.warning("%s: hub %s%s: %s", self.function.name, self._hub, where, text)

    async def _on_batch(self, context: PartitionContext, events: list[EventData]) -> None:
        """The SDK's callback. It must never raise: the SDK would close the partition.

        The dispatch is a task of its own, shielded from the SDK's cancellation, so that it
        can end while the listener stops.
        """
        task = asyncio.create_task(self._dispatch(context, events))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        await asyncio.shield(task)

    async def _dispatch(self, context: PartitionContext, events: list[EventData]) -> None:
        partition = self._partitions[context.partition_id]
        async with partition.turn:
            batches = partition.cache.offer(events) if partition.cache else [events]
            for batch in batches:
                if batch and not self._stopping.is_set():
                    await self._run(context, partition, batch)

    async def _run(
        self, context: PartitionContext, partition: _Partition, batch: Sequence[EventData]
    ) -> None:
        due = partition.batches + 1 >= self._options.checkpoint_every
        fault = self._faults.next(self.function.name)
        if fault and fault.cut_after is None:
            about = self._payload(context, batch, due).about
            log.error("%s: %s lost: the worker did not start", self.function.name, about)
        elif fault:
            payload = self._payload(context, batch, due)
            await self._worker.invoke(self.function, payload, limit=fault.cut_after)
        else:
            payload = self._payload(context, batch, due)
            await self._worker.invoke_with_retries(self.function, payload, self._stopping)
        if self._stopping.is_set():
            return
        partition.batches = 0 if due else partition.batches + 1
        if due:
            await self._checkpoint(context, batch[-1])

    async def _checkpoint(self, context: PartitionContext, last: EventData) -> None:
        try:
            await context.update_checkpoint(last)
        except AzureError as error:
            # Left behind, not lost: the next checkpoint covers it, or the events come again.
            log.warning(
                "%s: no checkpoint at %s of partition %s: %s",
                self.function.name,
                last.sequence_number,
                context.partition_id,
                str(error).splitlines()[0],
            )

    def _payload(
        self, context: PartitionContext, batch: Sequence[EventData], checkpointing: bool
    ) -> Payload:
        source = eventmeta.Source(
            context.fully_qualified_namespace, self._hub, self._group, context.partition_id
        )
        first, last = batch[0].sequence_number, batch[-1].sequence_number
        about = f"{self._hub}/{context.partition_id} {len(batch)} events {first}-{last}"
        if self._many:
            data, metadata = eventmeta.many(batch, source, checkpointing, self._binary, self._stamp)
        else:
            data, metadata = eventmeta.one(
                batch[0], source, checkpointing, self._binary, self._stamp
            )
        return Payload(data, metadata, about)


def client_of(
    connection: Any, hub: str, group: str, store: BlobCheckpointStore, options: EventHubOptions
) -> tuple[EventHubConsumerClient, str]:
    """The client of a connection and its hub; `EntityPath` in the string overrides the hub."""
    settings: dict[str, Any] = {
        "checkpoint_store": store,
        "load_balancing_strategy": LoadBalancingStrategy.GREEDY,
        "load_balancing_interval": options.balance_every,
        "partition_ownership_expiration_interval": options.ownership_expires,
        "ssl_context": authorities(),
    }
    try:
        if connection.string:
            entity = _entity_path(connection.string)
            client = EventHubConsumerClient.from_connection_string(
                connection.string,
                group,
                eventhub_name=None if entity else hub,
                **settings,
            )
            return client, entity or hub
        namespace = connection.endpoint("fullyQualifiedNamespace")
        if not namespace:
            raise ValueError("neither a connection string nor fullyQualifiedNamespace")
        from azure.identity.aio import DefaultAzureCredential

        return EventHubConsumerClient(
            namespace, hub, group, credential=DefaultAzureCredential(), **settings
        ), hub
    except ValueError as error:
        raise ConfigurationError(
            f"connection {connection.name} is no Event Hubs namespace: {error}"
        ) from error


def _entity_path(text: str) -> str | None:
    parts = (part.partition("=") for part in text.split(";"))
    return next((value for key, _, value in parts if key.strip().lower() == "entitypath"), None)
