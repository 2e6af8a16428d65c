"""What Avro's types mean here: the logical types that events use, and a value that does not fit."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_DAY = date(1970, 1, 1).toordinal()
MILLISECOND = timedelta(milliseconds=1)

LOGICAL = {("string", "uuid"), ("int", "date"), ("long", "timestamp-millis"), ("bytes", "decimal")}
"""Avro types with a value of Python's own; other logical types are plain numbers, text or bytes."""


class Misfit(ValueError):
    """A value that does not fit its type, or a type that another version takes for another."""


def logical(kind: Any) -> tuple[Any, ...]:
    """Name, and for a decimal precision and scale, of what an Avro type means; () for itself."""
    if isinstance(kind, list):
        return next((found for one in kind if (found := logical(one))), ())
    name = kind.get("logicalType") if isinstance(kind, dict) else None
    if name is None or (kind["type"], name) not in LOGICAL:
        return ()
    return (name, kind["precision"], kind.get("scale", 0)) if name == "decimal" else (name,)
