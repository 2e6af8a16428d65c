"""Parked messages as an operator sees them: redacted, with what was wrong and what can be done."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from hashlib import sha256
from typing import Any

from eventing.codec import Codec
from eventing.errors import Transient, Undecodable
from eventing.event import Event
from eventing.parked import Entry, Item, Line, Tally
from eventing.redact import scrubbed, shown
from eventing.replay import Ending, Trial
from eventing.rows import from_state
from eventing.store import Change
from eventing.wire import PREFIX, Received, to_event


def tally(team: str, found: Tally) -> dict[str, Any]:
    """A group in the listing of groups."""
    return {
        "id": f"{team}.{found.group.id}",
        "consumer": f"{team}/{found.group.hub}",
        "type": found.group.type,
        "reason": found.group.reason,
        "parked": found.open,
        "first_seen": found.first_seen.isoformat(),
        "last_seen": found.last_seen.isoformat(),
        "replayed": found.replayed,
        "discarded": found.discarded,
    }


def line(team: str, found: Line) -> dict[str, Any]:
    """A message in the listing of its group."""
    parked_at = found.parked_at.isoformat()
    return {
        "id": f"{team}.{found.id}",
        "parked_at": parked_at,
        "detail": scrubbed(found.detail),
    }


async def item(team: str, found: Item, codec: Codec) -> dict[str, Any]:
    """One message: envelope, data where it can be decoded, error, origin, history."""
    parked, message = found.parked, found.parked.received
    return {
        "id": f"{team}.{parked.id}",
        "group": f"{team}.{parked.group.id}",
        "status": found.status,
        "reason": parked.reason,
        "detail": scrubbed(parked.detail),
        "parked_at": parked.parked_at.isoformat(),
        "attempts": found.attempts,
        "origin": {
            "consumer": f"{team}/{message.hub}",
            "hub": message.hub,
            "partition": message.partition,
            "sequence_number": message.sequence_number,
            "offset": message.offset,
            "enqueued": message.enqueued.isoformat(),
        },
        "envelope": _envelope(message),
        "data": await _data(message, codec),
        "body": {"size": len(message.body), "sha256": sha256(message.body).hexdigest()},
        "history": [_entry(each) for each in found.history],
    }


def ending(team: str, found: Ending) -> dict[str, Any]:
    """How a replay or a discard ended."""
    return asdict(found) | {"id": f"{team}.{found.id}"}


async def trial(team: str, found: Trial, codec: Codec) -> dict[str, Any]:
    """What a replay would do."""
    return {
        **ending(team, found.ending),
        "dry_run": True,
        "changes": [_change(each) for each in found.changes],
        "events": [await _event(each, codec) for each in found.events],
    }


def _envelope(message: Received) -> dict[str, Any]:
    # Of properties that are no attributes only the names are told: anybody may have put them there.
    attributes = {
        key.removeprefix(PREFIX): shown(key.removeprefix(PREFIX), value)
        for key, value in message.properties.items()
        if key.startswith(PREFIX)
    }
    others = sorted(scrubbed(key) for key in message.properties if not key.startswith(PREFIX))
    return {
        "content_type": scrubbed(message.content_type),
        "attributes": {scrubbed(key): value for key, value in attributes.items()},
        "other_properties": others[:50],
    }


async def _data(message: Received, codec: Codec) -> Any:
    try:
        event = to_event(message)
        return shown("data", await codec.decode(event.type, event.content_type, event.body))
    except Undecodable:
        return _notice(message)
    except Transient:
        return None


def _notice(message: Received) -> Any:
    """A poison blob's notice is JSON of the host's own."""
    try:
        found = json.loads(message.body) if message.content_type == "application/json" else None
    except (ValueError, RecursionError):
        return None
    return shown("data", found) if isinstance(found, Mapping) else None


def _entry(entry: Entry) -> dict[str, Any]:
    return asdict(entry) | {"at": entry.at.isoformat(), "note": scrubbed(entry.note)}


def _change(change: Change) -> dict[str, Any]:
    return {
        "kind": change.key.kind.kind,
        "id": shown("id", change.key.id),
        "version": [change.held.version, change.version],
        "state": shown("state", json.loads(from_state(change.state))),
    }


async def _event(event: Event, codec: Codec) -> dict[str, Any]:
    return {
        "id": event.id,
        "type": event.type,
        "subject": shown("subject", event.subject),
        "sequence": event.sequence,
        "data": shown("data", await codec.decode(event.type, event.content_type, event.body)),
    }
