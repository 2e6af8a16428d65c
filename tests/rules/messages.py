"""Messages of any rule, drawn from its message's types: few values, so that they meet."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from random import Random
from types import NoneType, UnionType
from typing import Any, Literal, TypeAliasType, Union, get_args, get_origin, get_type_hints
from uuid import NAMESPACE_OID, UUID, uuid5

from domains.customer.account import Email
from eventing.values import Amount, Currency, Instant, Months, Slug, Text

IDS = [UUID(int=number, version=4) for number in (1, 2)]
START = datetime(2026, 1, 31, 12, tzinfo=UTC)

POOLS: Mapping[Any, list[Any]] = {
    UUID: IDS,
    Slug: ["home", "garden"],
    Text: ["Zoë", "=1+1"],
    Email: ["zoe@example.com", "noah@example.com"],
    Currency: ["EUR", "SEK"],
    Amount: [Decimal("0.00"), Decimal("19.90")],
    Months: [1, 12],
    Instant: [START + timedelta(days=days) for days in (0, 1, 10, 20, 400)],
    date: [date(2024, 2, 29), date(2026, 1, 31)],
    str: ["a", "b", "c"],
    int: [0, 1, 2],
    bool: [False, True],
    NoneType: [None],
}


def some(kind: Any, chance: Random) -> Any:
    """A value of a type. A type that is not known here must be added to POOLS."""
    if isinstance(kind, TypeAliasType):
        return some(kind.__value__, chance)
    if kind in POOLS:
        return chance.choice(POOLS[kind])
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Literal:
        return chance.choice(arguments)
    if origin in (Union, UnionType):
        return some(chance.choice(arguments), chance)
    if origin is tuple:
        return tuple(some(arguments[0], chance) for _ in range(chance.randrange(3)))
    if is_dataclass(kind) and isinstance(kind, type):
        hints = get_type_hints(kind, include_extras=True)
        return kind(**{each.name: some(hints[each.name], chance) for each in fields(kind)})
    raise LookupError(f"tests/rules/messages.py has no values for {kind!r}")


@cache
def pool(kind: Any) -> tuple[Any, ...]:
    """Messages of a rule for one aggregate: always the same ones, so that a failure comes again.

    One is enough: a rule sees no other.
    """
    tried = [possible(some(kind, Random(number))) for number in range(600)]
    first = min(message.key for message in tried)
    return tuple(message for message in tried if message.key == first)


def possible(message: Any) -> Any:
    """The message with those of its fields that hang together as the world lets them."""
    has = {each.name for each in fields(message)}
    changes: dict[str, Any] = {}
    if {"account_id", "contact_id"} <= has:
        changes["account_id"] = message.contact_id
    if {"sale_id", "lead_id"} <= has:
        changes["sale_id"] = uuid5(NAMESPACE_OID, str(message.lead_id))
    if {"etag", "sha256"} <= has:
        changes["sha256"] = {"a": "one", "b": "one", "c": "other"}[message.etag]
    if "lead" in has and message.lead:
        changes["lead"] = replace(message.lead, lead_id=message.lead_id)
    return replace(message, **changes)


def addressed(message: Any, state: Any) -> Any:
    """The message as it is made when the state is this: a reader goes on where its ledger says."""
    if state is None or not hasattr(message, "began"):
        return message
    end = state.offset + 1 + message.offset
    return replace(message, etag=state.etag, began=state.offset, offset=end)


def source(message: Any) -> tuple[str, str]:
    """The aggregate that raised what a reaction reads."""
    aggregate = message.type.split(".")[1]
    return aggregate, str(getattr(message, f"{aggregate}_id"))


def numbered(history: list[Any]) -> list[Any]:
    """The history with each source's versions counted, as its events carry them."""
    versions: dict[tuple[str, str], int] = {}
    result = []
    for message in history:
        if hasattr(message, "sequence"):
            versions[source(message)] = versions.get(source(message), 0) + 1
            result.append(replace(message, sequence=versions[source(message)]))
        else:
            result.append(message)
    return result
