"""The values that teams exchange, with their limits: validated at the edges, plain inside."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, WithJsonSchema

_MONEY = re.compile(r"[0-9]{1,13}(\.[0-9]{1,2})?")


def _utc(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("a time needs an offset, as in 2026-05-01T09:30:00Z")
    try:
        return instant.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("a time is within the calendar, in UTC too") from error


def _grammar(amount: object) -> object:
    """A string as money, by our own grammar: `Decimal` also takes exponents and foreign digits."""
    if isinstance(amount, Decimal):
        return amount
    if isinstance(amount, str) and _MONEY.fullmatch(amount):
        return Decimal(amount)
    raise ValueError('an amount is a string with at most two decimals, as "39.90"')


def _plain(amount: Decimal) -> Decimal:
    if not amount.is_finite():
        raise ValueError("an amount is a finite decimal number")
    return amount.quantize(Decimal("0.01"))


Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
"""Id of a product or a partner."""

Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
"""ISO 4217 alphabetic code."""

Amount = Annotated[
    Decimal,
    Field(ge=0, max_digits=15, decimal_places=2),
    AfterValidator(_plain),
    BeforeValidator(_grammar),
    WithJsonSchema({"type": "string", "pattern": f"^{_MONEY.pattern}$", "examples": ["39.90"]}),
]
"""Money with two decimals: a decimal string in JSON, `decimal(15, 2)` in Avro."""

Instant = Annotated[datetime, AfterValidator(_utc)]
"""A point in time, always UTC inside."""

Months = Annotated[int, Field(ge=1, le=600)]
"""A term in calendar months."""

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
"""A short line for people to read."""

FileName = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f/\\]{1,196}\.csv$")]
"""Name of a partner's file: one segment of a path."""


def Matching(pattern: str) -> StringConstraints:  # noqa: N802 - it stands among types
    """A constraint on text that its whole must match."""
    return StringConstraints(pattern=pattern)
