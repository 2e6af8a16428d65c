"""Avro schemas as values: the JSON of a schema parsed strictly, every name resolved.

Follows the Avro specification 1.12, "Schema Declaration" and "Names". Stricter than most
libraries where they differ, so that what passes here passes in the service.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local.schemaregistry.defaults import fits

PRIMITIVES = frozenset({"null", "boolean", "int", "long", "float", "double", "bytes", "string"})
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class InvalidSchema(ValueError):
    """A text that is no Avro schema. The message says where and why."""


@dataclass(frozen=True, slots=True)
class Decimal:
    """The logical type decimal, on bytes or fixed."""

    precision: int
    scale: int


@dataclass(frozen=True, slots=True)
class Primitive:
    """One of PRIMITIVES."""

    type: str
    decimal: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Array:
    """Items of one type."""

    items: "Type"


@dataclass(frozen=True, slots=True)
class Map:
    """Values of one type by string."""

    values: "Type"


@dataclass(frozen=True, slots=True)
class Union:
    """One of several types, none of them a union."""

    branches: tuple["Type", ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """A named type used again, by its full name."""

    name: str


@dataclass(frozen=True, slots=True)
class Enum:
    """One of several symbols. Names and aliases are full names."""

    name: str
    aliases: frozenset[str]
    symbols: tuple[str, ...]
    default: str | None


@dataclass(frozen=True, slots=True)
class Fixed:
    """So many bytes."""

    name: str
    aliases: frozenset[str]
    size: int
    decimal: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a record."""

    name: str
    aliases: frozenset[str]
    type: "Type"
    has_default: bool


@dataclass(frozen=True, slots=True)
class Record:
    """Fields in the order in which they are written."""

    name: str
    aliases: frozenset[str]
    fields: tuple[Field, ...]


type Named = Enum | Fixed | Record
type Type = Primitive | Array | Map | Union | Reference | Named


@dataclass(frozen=True, slots=True)
class Schema:
    """A type and the named types that its references mean."""

    root: Type
    names: Mapping[str, Named]

    def resolve(self, type_: Type) -> Type:
        """The type itself, or the named type that a reference means."""
        return self.names[type_.name] if isinstance(type_, Reference) else type_


def parse(text: str) -> Schema:
    """The schema of a JSON text. Raises InvalidSchema."""
    try:
        parser = _Parser()
        return Schema(parser.type(json.loads(text), ""), parser.complete)
    except RecursionError as error:
        raise InvalidSchema("it is nested too deeply") from error
    except json.JSONDecodeError as error:
        raise InvalidSchema(f"it is no JSON: {error}") from error


@dataclass(slots=True)
class _Parser:
    complete: dict[str, Named] = field(default_factory=dict)
    known: dict[str, Any] = field(default_factory=dict)
    """The JSON of every name met so far, also of records still being parsed."""

    def type(self, value: Any, namespace: str) -> Type:
        match value:
            case str():
                return self._by_name(value, namespace)
            case list():
                return self._union(value, namespace)
            case {"type": "record"}:
                return self._record(value, namespace)
            case {"type": "enum"}:
                return self._enum(value, namespace)
            case {"type": "fixed"}:
                return self._fixed(value, namespace)
            case {"type": "array", "items": items}:
                return Array(self.type(items, namespace))
            case {"type": "map", "values": values}:
                return Map(self.type(values, namespace))
            case {"type": str() as name} if name in PRIMITIVES:
                return Primitive(name, _decimal(value) if name == "bytes" else None)
            case {"type": str() | dict() | list() as inner} if inner not in ("array", "map"):
                return self.type(inner, namespace)
        raise InvalidSchema(f"{json.dumps(value)[:120]} is no type")

    def _by_name(self, name: str, namespace: str) -> Type:
        if name in PRIMITIVES:
            return Primitive(name)
        full = name if "." in name or not namespace else f"{namespace}.{name}"
        if full not in self.known:
            raise InvalidSchema(f"{name!r} is neither a primitive type nor a name defined before")
        return Reference(full)

    def _union(self, branches: list[Any], namespace: str) -> Union:
        types = tuple(self.type(branch, namespace) for branch in branches)
        kinds = [_kind(type_) for type_ in types]
        if "union" in kinds:
            raise InvalidSchema("a union is directly inside another union")
        twice = sorted({kind for kind in kinds if kinds.count(kind) > 1})
        if twice:
            raise InvalidSchema(f"a union has {twice[0]!r} more than once")
        return Union(types)

    def _record(self, value: Mapping[str, Any], namespace: str) -> Record:
        name, aliases, inner = self._define(value, namespace)
        declared = value.get("fields")
        if not isinstance(declared, list):
            raise InvalidSchema(f"record {name} has no list of fields")
        fields = tuple(self._field(name, declaration, inner) for declaration in declared)
        names = [field_.name for field_ in fields]
        if len(set(names)) < len(names):
            raise InvalidSchema(f"record {name} has a field name more than once: {names}")
        record = self.complete[name] = Record(name, aliases, fields)
        return record

    def _field(self, record: str, value: Any, namespace: str) -> Field:
        if not isinstance(value, dict) or "type" not in value:
            raise InvalidSchema(f"record {record} has a field without a type: {value!r}")
        name = _checked(value.get("name"))
        aliases = frozenset(_checked(alias) for alias in _aliases(value))
        try:
            type_ = self.type(value["type"], namespace)
        except InvalidSchema as error:
            raise InvalidSchema(f"{record}.{name}: {error}") from error
        if "default" in value and not fits(value["default"], value["type"], namespace, self.known):
            raise InvalidSchema(
                f"{record}.{name}: the default {json.dumps(value['default'])} is none of its type"
                " (a union's default is of its first branch)"
            )
        return Field(name, aliases, type_, "default" in value)

    def _enum(self, value: Mapping[str, Any], namespace: str) -> Enum:
        name, aliases, _ = self._define(value, namespace)
        symbols = value.get("symbols")
        if not isinstance(symbols, list) or not symbols:
            raise InvalidSchema(f"enum {name} has no list of symbols")
        checked = tuple(_checked(symbol) for symbol in symbols)
        if len(set(checked)) < len(checked):
            raise InvalidSchema(f"enum {name} has a symbol more than once: {symbols}")
        default = value.get("default")
        if default is not None and default not in checked:
            raise InvalidSchema(f"enum {name}: the default {default!r} is none of its symbols")
        enum = self.complete[name] = Enum(name, aliases, checked, default)
        return enum

    def _fixed(self, value: Mapping[str, Any], namespace: str) -> Fixed:
        name, aliases, _ = self._define(value, namespace)
        size = value.get("size")
        if type(size) is not int or size < 0:
            raise InvalidSchema(f"fixed {name}: the size {size!r} is no number of bytes")
        decimal = _decimal(value)
        # As many digits as fit in the positive half of the bytes (spec, "Decimal").
        if decimal and (10**decimal.precision - 1).bit_length() > 8 * size - 1:
            raise InvalidSchema(
                f"fixed {name}: {size} bytes do not hold {decimal.precision} decimal digits"
            )
        fixed = self.complete[name] = Fixed(name, aliases, size, decimal)
        return fixed

    def _define(self, value: Mapping[str, Any], namespace: str) -> tuple[str, frozenset[str], str]:
        """The full name, the aliases' full names and the namespace for what is inside."""
        name = value.get("name")
        if not isinstance(name, str):
            raise InvalidSchema(f"a {value['type']} has no name")
        inner = name.rpartition(".")[0] if "." in name else value.get("namespace", namespace)
        if not isinstance(inner, str):
            raise InvalidSchema(f"{name}: the namespace {inner!r} is no name")
        full = _full(name, inner)
        if full in self.known or full in PRIMITIVES:
            raise InvalidSchema(f"the name {full!r} is defined more than once")
        self.known[full] = value
        return full, frozenset(_full(alias, inner) for alias in _aliases(value)), inner


def _full(name: str, namespace: str) -> str:
    full = name if "." in name or not namespace else f"{namespace}.{name}"
    for part in full.split("."):
        _checked(part)
    return full


def _checked(name: object) -> str:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise InvalidSchema(f"{name!r} is no name: a letter or _, then letters, digits or _")
    return name


def _aliases(value: Mapping[str, Any]) -> list[str]:
    aliases = value.get("aliases", [])
    if not isinstance(aliases, list) or not all(isinstance(alias, str) for alias in aliases):
        raise InvalidSchema(f"{value.get('name')}: the aliases {aliases!r} are no list of names")
    return aliases


def _decimal(value: Mapping[str, Any]) -> Decimal | None:
    if value.get("logicalType") != "decimal":
        return None
    precision, scale = value.get("precision"), value.get("scale", 0)
    if type(precision) is not int or type(scale) is not int or not 0 <= scale <= precision > 0:
        raise InvalidSchema(
            f"a decimal has precision {precision!r} and scale {scale!r}: it needs 0 <= scale"
            " <= precision"
        )
    return Decimal(precision, scale)


def _kind(type_: Type) -> str:
    match type_:
        case Primitive(type=name):
            return name
        case Enum(name=name) | Fixed(name=name) | Record(name=name) | Reference(name=name):
            return name
        case _:
            return type(type_).__name__.lower()
