"""Avro binary → the values of a record, as one version of its schema describes another's bytes.

fastavro resolves the versions. What is ours is what it leaves out: bytes that follow the record, a
decimal with too many digits, and a field whose bytes the two versions mean differently are refused.
"""

from collections.abc import Callable
from datetime import date
from decimal import Context, Decimal
from functools import partial
from io import BytesIO
from typing import Any
from uuid import UUID, SafeUUID

from fastavro import parse_schema, schemaless_reader
from fastavro.read import SchemaResolutionError

from eventing.avro_types import EPOCH, EPOCH_DAY, MILLISECOND, Misfit, logical

type Convert = Callable[[Any], Any]

# What fastavro raises on bytes that are not what the schema says: it has no error of its own.
_MALFORMED = (
    *(ValueError, EOFError, LookupError, TypeError, ArithmeticError, RecursionError),
    SchemaResolutionError,
)


def record_reader(written: Any, wanted: Any) -> Callable[[bytes], dict[str, Any]]:
    """What reads bytes of the schema `written` as a record of the schema `wanted`.

    It raises Misfit for bytes that are none. Raises Misfit when the two mean different things.
    """
    if not isinstance(written, dict) or written.get("type") != "record":
        raise Misfit("its schema is no record")
    converts, defaults = _plan(written, wanted)
    writer, reader = _plain(written), _plain(wanted)
    if writer == reader:
        reader = None  # there is nothing to resolve, and fastavro would find out for each body

    def read(body: bytes) -> dict[str, Any]:
        stream = BytesIO(body)
        try:
            record: Any = schemaless_reader(stream, writer, reader)
            for name, convert in converts:
                record[name] = convert(record[name])
        except _MALFORMED as error:
            raise Misfit(str(error) or type(error).__name__) from error
        if stream.tell() != len(body):
            raise Misfit(f"{len(body) - stream.tell()} bytes follow")
        return {**record, **defaults} if defaults else record

    return read


def _plan(written: Any, wanted: Any) -> tuple[list[tuple[str, Convert]], dict[str, Any]]:
    """How the fields that have a meaning are converted, and the values of those not written."""
    sources = {field["name"]: field["type"] for field in written["fields"]}
    names = {field["name"] for field in wanted["fields"]}
    converts, defaults = [], {}
    for field in wanted["fields"]:
        name, meaning = field["name"], logical(field["type"])
        # An alias that is also another field's name means that field.
        other = [alias for alias in field.get("aliases", ()) if alias not in names]
        source = next((one for one in (name, *other) if one in sources), None)
        if source is None:
            defaults[name] = _default(field)
            continue
        if logical(sources[source]) != meaning:
            raise Misfit(f"{source} is written as {sources[source]}, not as {field['type']}")
        if meaning:
            converts.append((name, _nullable(field["type"], _convert(meaning))))
    return converts, defaults


def _default(field: Any) -> Any:
    if "default" not in field:
        raise Misfit(f"{field['name']} is not written and has no default")
    kind = field["type"][0] if isinstance(field["type"], list) else field["type"]
    value = field["default"]
    # The JSON of a schema has bytes as text, a character for each (Avro specification, "Fields").
    if (kind["type"] if isinstance(kind, dict) else kind) == "bytes":
        value = value.encode("iso-8859-1")
    meaning = logical(kind)
    return _convert(meaning)(value) if meaning else value


def _nullable(kind: Any, convert: Convert) -> Convert:
    if not isinstance(kind, list):
        return convert
    return lambda value: None if value is None else convert(value)


def _convert(meaning: tuple[Any, ...]) -> Convert:
    if meaning[0] == "decimal":
        return partial(_decimal, 10 ** meaning[1], -meaning[2], Context(prec=meaning[1]))
    return _CONVERT[meaning[0]]


def _decimal(limit: int, exponent: int, context: Context, raw: bytes) -> Decimal:
    unscaled = int.from_bytes(raw, signed=True)
    if not -limit < unscaled < limit:
        raise Misfit(f"a decimal of {len(raw)} bytes has too many digits")
    return Decimal(unscaled).scaleb(exponent, context)


_new, _set_int = UUID.__new__, UUID.__dict__["int"].__set__
_set_safety = UUID.__dict__["is_safe"].__set__


def _uuid(text: str) -> UUID:
    # UUID(text) takes twice as long, and ids are a third of what there is to read: this does what
    # it does, and refuses all but the canonical form.
    raw = bytes.fromhex(text.replace("-", ""))
    if len(raw) != 16 or not text[8] == text[13] == text[18] == text[23] == "-":
        raise Misfit(f"{text!r:.80} is no UUID")
    found = _new(UUID)
    _set_int(found, int.from_bytes(raw))
    _set_safety(found, SafeUUID.unknown)
    return found


_CONVERT: dict[str, Convert] = {
    "uuid": _uuid,
    "date": lambda days: date.fromordinal(EPOCH_DAY + days),
    "timestamp-millis": lambda count: EPOCH + count * MILLISECOND,
}


def _plain(schema: Any) -> Any:
    """The record schema without what we convert ourselves, as fastavro takes it."""
    bare = [{**field, "type": _bare(field["type"])} for field in schema["fields"]]
    # fastavro takes a schema that it has marked as parsed as it is.
    unmarked = {name: value for name, value in schema.items() if not name.startswith("__")}
    return parse_schema({**unmarked, "fields": bare}, named_schemas={})


def _bare(kind: Any) -> Any:
    if isinstance(kind, list):
        return [_bare(one) for one in kind]
    return kind["type"] if logical(kind) else kind
