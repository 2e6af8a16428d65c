"""host.json's extensions.eventHubs, checked at start."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from local.host.config import ConfigurationError, lookup, timespan, whole


@dataclass(frozen=True, slots=True)
class EventHubOptions:
    """Times in seconds."""

    max_batch: int = 100
    min_batch: int = 1
    max_wait: float = 60.0
    checkpoint_every: int = 1
    prefetch: int = 300
    initial: str = "fromstart"
    initial_time: datetime | None = None
    balance_every: float = 5.0
    """Shorter than the SDK's 30 s: a broken link is opened again at this pace."""
    ownership_expires: float = 30.0

    def initial_position(self) -> tuple[str | datetime, bool]:
        """Where to read from without a checkpoint, and whether that event is included."""
        if self.initial == "fromend":
            return "@latest", False
        if self.initial == "fromenqueuedtime" and self.initial_time:
            return self.initial_time, True
        return "-1", False


def event_hub_options(host: Mapping[str, Any]) -> EventHubOptions:
    """Options of host.json; ConfigurationError names the key that is wrong."""

    def key(*names: str) -> Any:
        return lookup(host, "extensions", "eventHubs", *names)

    def number(name: str, default: int, value: Any = None) -> int:
        found = key(name) if value is None else value
        return whole(found, default, f"extensions.eventHubs.{name}")

    def seconds(name: str, default: float) -> float:
        value = key(name)
        what = f"host.json extensions.eventHubs.{name}"
        return default if value is None else timespan(value, what).total_seconds()

    legacy = key("eventProcessorOptions", "maxBatchSize")
    biggest = key("maxEventBatchSize")
    options = EventHubOptions(
        max_batch=number("maxEventBatchSize", 100, legacy if biggest is None else biggest),
        min_batch=number("minEventBatchSize", 1),
        max_wait=seconds("maxWaitTime", 60.0),
        checkpoint_every=number("batchCheckpointFrequency", 1),
        prefetch=number("prefetchCount", 300),
        initial=str(key("initialOffsetOptions", "type") or "fromStart").lower(),
        initial_time=_time(key("initialOffsetOptions", "enqueuedTimeUtc")),
        balance_every=seconds("loadBalancingUpdateInterval", 5.0),
        ownership_expires=seconds("partitionOwnershipExpirationInterval", 30.0),
    )
    _check(options)
    return options


def _check(options: EventHubOptions) -> None:
    where = "host.json extensions.eventHubs"
    if options.min_batch > options.max_batch:
        raise ConfigurationError(
            f"{where}: minEventBatchSize {options.min_batch} is above"
            f" maxEventBatchSize {options.max_batch}"
        )
    if not 0 < options.max_wait <= 600:
        raise ConfigurationError(f"{where}.maxWaitTime must be within 10 minutes")
    if options.initial not in ("fromstart", "fromend", "fromenqueuedtime"):
        raise ConfigurationError(
            f"{where}.initialOffsetOptions.type is {options.initial!r};"
            " use fromStart, fromEnd or fromEnqueuedTime"
        )
    if options.initial == "fromenqueuedtime" and options.initial_time is None:
        raise ConfigurationError(
            f"{where}.initialOffsetOptions: fromEnqueuedTime needs enqueuedTimeUtc"
        )


def _time(text: Any) -> datetime | None:
    if not text:
        return None
    try:
        when = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise ConfigurationError(
            f"host.json initialOffsetOptions.enqueuedTimeUtc is {text!r}; write ISO 8601"
        ) from error
    return when if when.tzinfo else when.replace(tzinfo=UTC)
