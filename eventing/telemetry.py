"""How an event is followed: one trace from its first cause, measures, and log lines with fields.

Trace context travels in the events (W3C `traceparent`), whether anything is exported or not. Spans
and measures go where `exporting` sends them; without that they cost next to nothing.
"""

import json
import logging
import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from importlib import import_module
from typing import Any, Protocol

from opentelemetry import metrics, trace
from opentelemetry.context import Context
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    StatusCode,
    TraceFlags,
)
from opentelemetry.util.types import Attributes

from eventing.event import Cause, Event
from eventing.redact import shown
from eventing.wire import PREFIX, Received

_TRACEPARENT = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})")
PLACES = ("APPLICATIONINSIGHTS_CONNECTION_STRING", "OTEL_EXPORTER_OTLP_")
"""How the settings begin that name a place to export to."""

MOST_LINKS = 128
"""Links of one span; the specification lets a span drop more ("Limits", OpenTelemetry SDK)."""

_tracer = trace.get_tracer("eventing")
_meter = metrics.get_meter("eventing")

HANDLED = _meter.create_counter("eventing.handled", description="Events ended, by outcome")
DUPLICATES = _meter.create_counter("eventing.duplicates", description="Events ended unchanged")
AGE = _meter.create_histogram(
    "eventing.age", unit="s", description="From the hub's taking an event to its end here"
)
LAG = _meter.create_gauge("eventing.lag", description="Events behind a partition's end")
LAG_AGE = _meter.create_gauge(
    "eventing.lag_age", unit="s", description="Age of the last event read, while behind"
)
PARKED = _meter.create_gauge("eventing.parked", description="Parked events that wait")
OUTBOX_AGE = _meter.create_gauge(
    "eventing.outbox_age", unit="s", description="Age of the oldest unpublished event"
)
SWEPT = _meter.create_counter("eventing.outbox_swept", description="Events the sweep published")
HEALED = _meter.create_counter("eventing.holes_healed", description="Events the host left out")
GONE = _meter.create_counter("eventing.events_gone", description="Events no longer in the hub")
LOOKED = _meter.create_counter("eventing.files_looked_at", description="Files that a sweep saw")
FOUND = _meter.create_counter("eventing.files_found", description="Files nothing announced")


@dataclass
class Switch:
    """Whether spans and measures are exported. Trace context travels in any case."""

    on: bool = False


SWITCH = Switch()


def export(environment: Mapping[str, str]) -> None:
    """Begin to export if a setting names a place. What is wrong with it is logged, no more."""
    if not any(name.startswith(PLACES) for name in environment):
        return
    exporting = import_module("eventing.exporting")
    try:
        exporting.start(environment)
    except ValueError as error:
        # The error's text and trace would quote the setting.
        why = type(error).__name__
        logging.getLogger(__name__).error("telemetry is not exported: %s", why)  # noqa: TRY400 - as said


_current: ContextVar[str | None] = ContextVar("traceparent", default=None)


def parsed(traceparent: str | None) -> SpanContext | None:
    """The context in a W3C `traceparent`, or None for what is none."""
    found = _TRACEPARENT.fullmatch(traceparent or "")
    if not found:
        return None
    flags = TraceFlags(int(found[3], 16))
    return SpanContext(int(found[1], 16), int(found[2], 16), is_remote=True, trace_flags=flags)


def written(context: SpanContext) -> str:
    """A context as a W3C `traceparent`."""
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


@lru_cache(maxsize=4096)
def begun(correlation_id: str) -> str:
    """The `traceparent` of what nobody traced before, always the same for one correlation.

    So all that came of a file is one trace, though many invocations read it.
    """
    trace_id = int.from_bytes(sha256(f"trace/{correlation_id}".encode()).digest()[:16]) or 1
    share = float(os.environ.get("OTEL_TRACES_SAMPLER_ARG") or 1)
    sampled = (trace_id & (2**64 - 1)) < share * 2**64
    return f"00-{trace_id:032x}-{(trace_id >> 64) or 1:016x}-{'01' if sampled else '00'}"


@lru_cache(maxsize=4096)
def _carried(traceparent: str | None, correlation_id: str) -> str:
    return str(traceparent) if parsed(traceparent) else begun(correlation_id)


def carried(cause: Cause) -> str:
    """The `traceparent` that goes on from a cause."""
    return _carried(cause.traceparent, cause.correlation_id)


def current() -> str | None:
    """The `traceparent` of the request that is being answered."""
    return _current.get()


def decided(team: str, aggregate: str, cause: Cause, message_type: str) -> str:
    """Tell of one decision; the `traceparent` for the events that it raised."""
    traceparent = carried(cause)
    if not SWITCH.on:
        return traceparent
    span = _tracer.start_span(
        message_type,
        _within(parsed(traceparent)),
        SpanKind.INTERNAL,
        {"team": team, "aggregate": shown("id", aggregate), "cause": shown("id", cause.id)},
        links=_links([trace.get_current_span().get_span_context()]),
    )
    span.end()
    context = span.get_span_context()
    return written(context) if context.is_valid else traceparent


@contextmanager
def request(name: str, traceparent: str | None) -> Iterator[None]:
    """A request being answered, within its caller's trace if it brought one."""
    parent = parsed(traceparent)
    if not SWITCH.on:
        token = _current.set(traceparent if parent else None)
        try:
            yield
        finally:
            _current.reset(token)
        return
    with _span(name, _within(parent), SpanKind.SERVER) as span:
        token = _current.set(written(span.get_span_context()))
        try:
            yield
        finally:
            _current.reset(token)


@contextmanager
def batch(team: str, hub: str, messages: Sequence[Received]) -> Iterator[None]:
    """A batch being taken. It belongs to no one trace, so it links to those of its events."""
    if not SWITCH.on:
        yield
        return
    links = _links(parsed(str(each.properties.get(f"{PREFIX}traceparent"))) for each in messages)
    count = len(messages)
    attributes: Attributes = {"team": team, "hub": hub, "messaging.batch.message_count": count}
    with _span(f"receive {hub}", Context(), SpanKind.CONSUMER, attributes, links):
        yield


@contextmanager
def publishing(events: Sequence[Event]) -> Iterator[None]:
    """Events on their way to their hubs."""
    if not SWITCH.on:
        yield
        return
    links = _links(parsed(each.traceparent) for each in events)
    attributes = {"messaging.batch.message_count": len(events)}
    with _span("publish", None, SpanKind.PRODUCER, attributes, links):
        yield


class Ended(Protocol):
    """How many events of a batch ended in which way."""

    @property
    def applied(self) -> int: ...
    @property
    def unchanged(self) -> int: ...
    @property
    def parked(self) -> int: ...


def batch_ended(team: str, hub: str, counts: Ended) -> None:
    """Count how the events of a batch ended."""
    if SWITCH.on:
        labels = {"team": team, "hub": hub}
        HANDLED.add(counts.applied, labels | {"outcome": "applied"})
        HANDLED.add(counts.unchanged, labels | {"outcome": "unchanged"})
        HANDLED.add(counts.parked, labels | {"outcome": "parked"})
        DUPLICATES.add(counts.unchanged, labels)


def swept(team: str, waited: float, events: int) -> None:
    """Tell how long the oldest event of an outbox had waited, and how many the sweep published."""
    OUTBOX_AGE.set(waited, {"team": team})
    if events:
        SWEPT.add(events, {"team": team})


def looked(team: str, container: str, files: int, found: int) -> None:
    """Count the files of a container that a sweep looked at, and those that nothing announced."""
    LOOKED.add(files, {"team": team, "container": container})
    if found:
        FOUND.add(found, {"team": team, "container": container})


def healed(team: str, hub: str, events: int) -> None:
    """Count events that the host left out, and that were read from the hub."""
    HEALED.add(events, {"team": team, "hub": hub})


def gone(team: str, hub: str, events: int) -> None:
    """Count events that the hub lost before the team had read them."""
    GONE.add(events, {"team": team, "hub": hub})


def reached(team: str, hub: str, last: Received) -> None:
    """Tell how old the last event of a batch was when the batch had ended."""
    if SWITCH.on:
        AGE.record(max(0.0, time.time() - last.enqueued.timestamp()), {"team": team, "hub": hub})


def fields(message: Received) -> dict[str, Any]:
    """What a log line tells of a message: which, of what, caused by what, and where it stands."""
    told = {
        name: shown(attribute, message.properties[key])
        for name, attribute in _ATTRIBUTES.items()
        if (key := PREFIX + attribute) in message.properties
    }
    place = {"hub": message.hub, "partition": message.partition, "number": message.sequence_number}
    return told | place


_ATTRIBUTES = {
    "event": "id",
    "type": "type",
    "aggregate": "subject",
    "cause": "causationid",
    "correlation": "correlationid",
    "trace": "traceparent",
}


class _Log(logging.LoggerAdapter[logging.Logger]):
    """Writes the fields of `extra` behind the text, as JSON: the host takes over nothing else."""

    def log(self, level: int, msg: object, *args: object, **kwargs: Any) -> None:
        if not self.isEnabledFor(level):
            return
        if given := kwargs.get("extra"):
            text = str(msg) % args if args else msg
            msg, args = f"{text} | {json.dumps(given, default=str)}", ()
        kwargs.setdefault("stacklevel", 2)
        self.logger.log(level, msg, *args, **kwargs)


def logger(name: str) -> logging.LoggerAdapter[logging.Logger]:
    """A logger whose `extra` can be read in every sink."""
    return _Log(logging.getLogger(name))


@contextmanager
def _span(
    name: str,
    within: Context | None,
    kind: SpanKind,
    attributes: Attributes = None,
    links: Sequence[Link] = (),
) -> Iterator[Span]:
    """A span round work. Of what the work raises it tells the type: a text may quote anything."""
    with _tracer.start_as_current_span(
        name, within, kind, attributes, links, record_exception=False, set_status_on_exception=False
    ) as span:
        try:
            yield span
        except Exception as error:
            span.set_status(StatusCode.ERROR, type(error).__name__)
            raise


def _within(parent: SpanContext | None) -> Context:
    return trace.set_span_in_context(NonRecordingSpan(parent), Context()) if parent else Context()


def _links(contexts: Iterable[SpanContext | None]) -> list[Link]:
    found = {context.span_id: context for context in contexts if context and context.is_valid}
    return [Link(context) for context in list(found.values())[:MOST_LINKS]]
