"""Queue triggers: the message as text, its numbers as trigger metadata."""

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from local.host.config import ConfigurationError, lookup, timespan, whole
from local.host.functions import Function
from local.host.messages import Message, QueueOptions
from local.host.protos import TypedData
from local.host.worker import Payload, Worker

log = logging.getLogger("host")


def queue_options(host: Mapping[str, Any]) -> QueueOptions:
    """host.json's extensions.queues; polls at most every 2 s here, not every minute."""

    def key(name: str) -> Any:
        return lookup(host, "extensions", "queues", name)

    def number(name: str, default: int) -> int:
        return whole(key(name), default, f"extensions.queues.{name}")

    def seconds(name: str, default: float) -> float:
        what = f"host.json extensions.queues.{name}"
        return default if key(name) is None else timespan(key(name), what).total_seconds()

    encoding = str(key("messageEncoding") or "base64").lower()
    if encoding not in ("base64", "none"):
        raise ConfigurationError(
            f"host.json extensions.queues.messageEncoding is {encoding!r}; use base64 or none"
        )
    batch = number("batchSize", 16)
    return QueueOptions(
        parallel=batch + whole(key("newBatchThreshold"), batch // 2, "newBatchThreshold", least=0),
        attempts=number("maxDequeueCount", 5),
        hidden_after_failure=int(seconds("visibilityTimeout", 0.0)),
        poll_most=seconds("maxPollingInterval", 2.0),
        base64=encoding == "base64",
    )


class QueueExecutor:
    """Invokes one function with each message of its queue."""

    def __init__(self, function: Function, queue: str, worker: Worker) -> None:
        self._function, self._queue, self._worker = function, queue, worker

    async def __call__(self, message: Message) -> bool:
        about = f"{self._queue} attempt {message.dequeue_count}"
        payload = Payload(TypedData(string=message.text), metadata_of(message), about)
        return (await self._worker.invoke(self._function, payload)).ok


def metadata_of(message: Message) -> dict[str, TypedData]:
    """Trigger metadata of a queue message."""
    return {
        "Id": TypedData(string=message.id),
        "PopReceipt": TypedData(string=message.pop_receipt),
        "DequeueCount": TypedData(json=json.dumps(message.dequeue_count)),
        "InsertionTime": _time(message.inserted),
        "ExpirationTime": _time(message.expires),
        "NextVisibleTime": _time(message.next_visible),
        "QueueTrigger": TypedData(string=message.text),
    }


def _time(when: datetime | None) -> TypedData:
    return TypedData(json=json.dumps(when.astimezone(UTC).isoformat() if when else None))
