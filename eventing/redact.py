"""What may be shown of a message: shapes that are known to hold nobody's data, and no more.

An allow-list with two locks: a value is shown if neither its name may be somebody's nor its text is
other than an id, a code, a number or a time.
"""

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from math import isfinite
from typing import Any
from uuid import UUID

PRIVATE = re.compile(
    r"name|mail|phone|address|street|reference|birth|secret|password|token|key|credential|sig$"
    r"|authorization|cookie",
    re.IGNORECASE,
)
"""Names whose values are never shown, whatever they look like."""

SHARED = frozenset(("partition_key", "partitionkey"))
"""Names that only look private."""

_SAFE = re.compile(r"[A-Za-z0-9_.:+/-]{0,120}")
_SECRET = re.compile(
    r"eyJ[\w-]{8,}(?:\.[\w-]*)*"  # a JWT
    r"|(?:sig|signature|\w*key|secret|password|token)\s*[=:]\s*[^\s;,&'\"]+"
    r"|bearer\s+\S+"
    r"|\b[A-Za-z0-9+/]{60,}={0,2}(?![A-Za-z0-9+/=])",
    re.IGNORECASE,
)
_MAIL = re.compile(r"[^\s'\"<>,;:=]+@[^\s'\"<>,;]+")
_HASH = re.compile(r"[0-9a-f]{64}")


def scrubbed(text: str) -> str:
    """Text for people and logs without mail addresses and what looks like a secret."""
    found = _SECRET.sub(
        lambda part: part[0] if _HASH.fullmatch(part[0]) else "<redacted>",
        _MAIL.sub("<mail>", text),
    )
    return found.encode(errors="replace").decode()


def shown(name: str, value: Any) -> Any:
    """A value under its name as JSON may show it; what may not be shown is told by its length."""
    if is_dataclass(value) and not isinstance(value, type):
        value = {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, Mapping):
        return {scrubbed(str(key)): shown(str(key), each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [shown(name, each) for each in value]
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if isfinite(value) else str(value)
    if isinstance(value, UUID | Decimal | datetime | date):
        return value.isoformat() if isinstance(value, datetime | date) else str(value)
    text = value if isinstance(value, str) else str(value)
    if PRIVATE.search(name) and name not in SHARED:
        return _hidden(text)
    if _SAFE.fullmatch(text) and scrubbed(text) == text:
        return text
    return _hidden(text)


def _hidden(text: str) -> str:
    return f"<redacted: {len(text)} characters>" if text else ""
