"""The record in which Event Hubs Capture keeps an event, as the service documents it."""

from typing import Any

_VALUES = {"type": "map", "values": ["long", "double", "string", "bytes"]}

FIELDS: tuple[dict[str, Any], ...] = (
    {"name": "SequenceNumber", "type": "long"},
    {"name": "Offset", "type": "string"},
    {"name": "EnqueuedTimeUtc", "type": "string"},
    {"name": "SystemProperties", "type": _VALUES},
    {"name": "Properties", "type": _VALUES},
    {"name": "Body", "type": ["null", "bytes"]},
)

ENQUEUED = "%m/%d/%Y %I:%M:%S %p"
"""How it writes EnqueuedTimeUtc, in UTC: 11/26/2026 4:44:11 PM."""
