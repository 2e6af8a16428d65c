"""An example of every event: ordinary values that its contract and our codec accept."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from eventing import schemas


class NoExample(Exception):
    """A contract has a field that nobody has given a word; the text says which and where to."""


WORDS = {
    "product_id": "fibre-500",
    "partner": "acme",
    "name": "Fibre 500",
    "category": "internet",
    "currency": "EUR",
    "status": "available",
    "reason": "declined",
    "reference": "R-00017",
    "url": "https://files.blob.core.windows.net/sales-files/acme/2026-05.csv",
    "etag": "0x8DDA1B2C3D4E5F6",
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "size": 48213,
    "term_months": 24,
}
DAYS = {"ends_on": date(2028, 5, 31), "ended_on": date(2028, 5, 31)}
MOMENTS = {"abandoned_at": datetime(2026, 5, 15, 9, 30, tzinfo=UTC)}


def values(event_type: str) -> dict[str, Any]:
    """The data of an example, as Python values. Raises NoExample for a field without a word."""
    found = {}
    for field in json.loads(schemas.definition(event_type))["fields"]:
        kind = field["type"]
        if isinstance(kind, list):
            (kind,) = [each for each in kind if each != "null"]
        found[field["name"]] = _value(field["name"], kind, event_type)
    return found


def _value(name: str, kind: Any, event_type: str) -> Any:
    logical = kind.get("logicalType") if isinstance(kind, dict) else None
    if logical == "uuid":
        # A contact has the id of its account.
        return uuid5(NAMESPACE_URL, "contact_id" if name == "account_id" else name)
    if logical == "decimal":
        return Decimal("39.90")
    if logical == "date":
        return DAYS.get(name, date(2026, 5, 31))
    if logical == "timestamp-millis":
        return MOMENTS.get(name, datetime(2026, 5, 1, 9, 30, tzinfo=UTC))
    if name not in WORDS:
        raise NoExample(f"{event_type} has a new field {name}: add a word to local/examples.py")
    if (event_type, name) == ("conversions.sales_file.received", "name"):
        return "2026-05.csv"
    return WORDS[name]


def example(event_type: str) -> dict[str, Any]:
    """The data of an example as JSON values, as the API would write them."""
    return {name: _plain(value) for name, value in values(event_type).items()}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return str(value) if isinstance(value, UUID | Decimal | date) else value
