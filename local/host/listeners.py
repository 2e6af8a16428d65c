"""Which listener feeds which function, from its binding's settings."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from azure.eventhub.extensions.checkpointstoreblobaio import BlobCheckpointStore

from local.host import blobpath, schedule
from local.host.blob import POISON, BlobExecutor, BlobFunction, BlobScanner
from local.host.config import ConfigurationError, Connection, Settings, lookup, whole
from local.host.eventhub import EventHubListener, client_of
from local.host.eventoptions import event_hub_options
from local.host.faults import Faults
from local.host.functions import Function
from local.host.host import CHECKPOINTS, Listener
from local.host.messages import QueueOptions, QueueReader
from local.host.protos import TypedData
from local.host.queue import QueueExecutor, queue_options
from local.host.storage import Account, Accounts
from local.host.timer import StatusBlob, TimerListener
from local.host.worker import Payload, Worker

log = logging.getLogger("host")

Make = Callable[[], Listener]


class Listeners:
    """`plan` every function first: that notes what is missing. `make` when nothing is."""

    def __init__(
        self, document: Mapping[str, Any], settings: Settings, worker: Worker, host_id: str
    ) -> None:
        self._document, self._settings = document, settings
        self._worker, self._host_id = worker, host_id
        self._plans: list[Make] = []
        self._blobs: list[Callable[[], BlobFunction]] = []
        self._timers: dict[str, TimerListener] = {}
        self._storage: Connection | None = None
        self.faults = Faults(settings.environ)
        self.accounts = Accounts()
        self.host: Account | None = None

    def plan(self, function: Function) -> None:
        """Resolve a function's settings; what is missing is noted in the settings."""
        planners = {
            "timertrigger": self._timer,
            "blobtrigger": self._blob,
            "queuetrigger": self._queue,
            "eventhubtrigger": self._event_hub,
        }
        self._storage = self._settings.connection("Storage", "the host itself")
        make = planners[function.kind](function)
        if make and not function.disabled:
            self._plans.append(make)

    def make(self) -> list[Listener]:
        """The listeners of all planned functions."""
        if self._storage:
            self.host = self.accounts.of(self._storage)
        return [*(make() for make in self._plans), *self._blob_listeners()]

    async def run_by_hand(self, function: Function, text: str) -> None:
        """Run a timer function now, or a queue function with `text` as its message."""
        if timer := self._timers.get(function.name):
            await timer.run_once()
        elif function.kind == "queuetrigger":
            await self._worker.invoke(
                function, Payload(TypedData(string=text), {}, "started by hand")
            )
        else:
            log.warning("%s: only timer and queue functions start by hand", function.name)

    def _required(self, function: Function, name: str) -> str:
        return self._settings.resolve(str(function.setting(name, "")), function.name)

    def _connection(self, function: Function, default: str = "") -> Connection:
        name = str(function.setting("connection", default)) or default
        name = self._settings.resolve(name, function.name)
        return self._settings.connection(name, function.name)

    @property
    def _account(self) -> Account:
        if self.host is None:
            raise ConfigurationError("the host needs AzureWebJobsStorage")
        return self.host

    def _timer(self, function: Function) -> Make:
        text = self._required(function, "schedule")
        if "%" in text:
            return lambda: _never(function)
        times = schedule.parse(text, function.name)

        def make() -> Listener:
            status = StatusBlob(self._account, self._host_id, function.name)
            timer = TimerListener(function, times, self._worker, status)
            self._timers[function.name] = timer
            return timer

        return make

    def _queue(self, function: Function) -> Make:
        queue = self._required(function, "queueName")
        connection = self._connection(function, "Storage")
        options = queue_options(self._document)
        executor = QueueExecutor(function, queue, self._worker)
        return lambda: QueueReader(
            self.accounts.of(connection), queue, f"{queue}-poison", options, executor
        )

    def _blob(self, function: Function) -> None:
        path = blobpath.parse(self._required(function, "path"), function.name)
        connection = self._connection(function, "Storage")
        if not function.disabled:
            self._blobs.append(lambda: BlobFunction(function, path, self.accounts.of(connection)))

    def _blob_listeners(self) -> list[Listener]:
        if not self._blobs:
            return []
        functions = [make() for make in self._blobs]

        def number(name: str, default: int) -> int:
            value = lookup(self._document, "extensions", "blobs", name)
            return whole(value, default, f"extensions.blobs.{name}")

        options = QueueOptions(
            parallel=number("maxDegreeOfParallelism", 8),
            attempts=number("poisonBlobThreshold", 5),
        )
        executor = BlobExecutor(functions, self._worker)
        name = f"azure-webjobs-blobtrigger-{self._host_id}"
        queue = QueueReader(self._account, name, POISON, options, executor, create=True)
        poll = self._settings.seconds("LOCAL_HOST_BLOB_POLL_SECONDS", 10.0)
        return [queue, BlobScanner(functions, self._account, self._host_id, queue, poll)]

    def _event_hub(self, function: Function) -> Make:
        hub = self._required(function, "eventHubName")
        group = self._settings.resolve(
            str(function.setting("consumerGroup", "$Default")), function.name
        )
        connection = self._connection(function)
        options = event_hub_options(self._document)
        fast = (self._settings.get("LOCAL_HOST_FAST_TIMESTAMPS") or "").lower() in ("1", "true")

        def make() -> Listener:
            store = self._checkpoints()
            client, name = client_of(connection, hub, group, store, options)
            return EventHubListener(
                function, self._worker, client, store, options, self.faults, name, group, fast
            )

        return make

    def _checkpoints(self) -> BlobCheckpointStore:
        # The checkpoint store has its own copy of the SDK, without UseDevelopmentStorage and the
        # credentials of the other copy: a shared key is handed over by its parts.
        blobs = self._account.blobs
        shared_key = hasattr(blobs.credential, "account_key")
        credential = vars(blobs.credential) if shared_key else self.accounts.credential()
        return BlobCheckpointStore(blobs.url, CHECKPOINTS, credential=credential)


def _never(function: Function) -> Listener:
    raise ConfigurationError(f"{function.name}: its settings are missing")
