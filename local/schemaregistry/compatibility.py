"""Whether what one Avro schema writes another can read (spec, "Schema Resolution")."""

from collections.abc import Iterator

from local.schemaregistry.avro import (
    Array,
    Enum,
    Field,
    Fixed,
    Map,
    Primitive,
    Record,
    Reference,
    Schema,
    Type,
    Union,
)

PROMOTIONS = {
    "int": {"long", "float", "double"},
    "long": {"float", "double"},
    "float": {"double"},
    "string": {"bytes"},
    "bytes": {"string"},
}
"""What else a written primitive may be read as."""


def obstacles(*, reader: Schema, writer: Schema) -> list[str]:
    """Why the reader cannot read everything the writer may write, each with its path; [] if it can.

    Raises RecursionError for schemas nested deeper than the interpreter's stack.
    """
    return list(_Resolution(reader, writer).of(reader.root, writer.root, "$"))


class _Resolution:
    def __init__(self, reader: Schema, writer: Schema) -> None:
        self._reader = reader
        self._writer = writer
        self._compared: set[tuple[str, str]] = set()

    def of(self, reader: Type, writer: Type, path: str) -> Iterator[str]:
        reader, writer = self._reader.resolve(reader), self._writer.resolve(writer)
        if isinstance(writer, Union):
            for branch in writer.branches:
                yield from self.of(reader, branch, path)
        elif isinstance(reader, Union):
            yield from self._of_union(reader, writer, path)
        elif not self._match(reader, writer):
            yield f"{path}: {describe(writer)} cannot be read as {describe(reader)}"
        else:
            yield from self._inside(reader, writer, path)

    def _of_union(self, reader: Union, writer: Type, path: str) -> Iterator[str]:
        # The specification takes the first branch that matches, even if a later one fits better.
        for branch in reader.branches:
            if self._match(branch, writer):
                yield from self.of(branch, writer, path)
                return
        offered = ", ".join(describe(self._reader.resolve(branch)) for branch in reader.branches)
        yield f"{path}: {describe(writer)} is none of the union [{offered}]"

    def _match(self, reader: Type, writer: Type) -> bool:
        """Whether two types match at the surface, which is what chooses a union's branch."""
        reader, writer = self._reader.resolve(reader), self._writer.resolve(writer)
        match reader, writer:
            case (Union(), _) | (_, Union()):
                return True
            case Primitive(), Primitive():
                return (
                    reader.type == writer.type or reader.type in PROMOTIONS.get(writer.type, ())
                ) and _same_decimal(reader, writer)
            case Array(), Array():
                return self._match(reader.items, writer.items)
            case Map(), Map():
                return self._match(reader.values, writer.values)
            case Fixed(), Fixed():
                return (
                    _same_name(reader, writer)
                    and reader.size == writer.size
                    and _same_decimal(reader, writer)
                )
            case Enum(), Enum():
                return _same_name(reader, writer)
            case Record(), Record():
                return _same_name(reader, writer)
        return False

    def _inside(self, reader: Type, writer: Type, path: str) -> Iterator[str]:
        match reader, writer:
            case Array(), Array():
                yield from self.of(reader.items, writer.items, f"{path}[]")
            case Map(), Map():
                yield from self.of(reader.values, writer.values, f"{path}{{}}")
            case Enum(), Enum():
                missing = sorted(set(writer.symbols) - set(reader.symbols))
                if missing and reader.default is None:
                    yield (
                        f"{path}: enum {reader.name} lacks {', '.join(missing)} and has no default"
                    )
            case Record(), Record():
                yield from self._of_record(reader, writer, path)

    def _of_record(self, reader: Record, writer: Record, path: str) -> Iterator[str]:
        # A type may contain itself: what is being compared further up is not compared again.
        pair = reader.name, writer.name
        if pair in self._compared:
            return
        self._compared.add(pair)
        written = {field.name: field for field in writer.fields}
        for field in reader.fields:
            here = f"{path}.{field.name}"
            sources = _sources(field, reader, written)
            if len(sources) > 1:
                names = ", ".join(sorted(source.name for source in sources))
                yield f"{here}: by name and aliases it could be each of {names}"
            elif sources:
                yield from self.of(field.type, sources[0].type, here)
            elif not field.has_default:
                yield f"{here}: it is not written and has no default"


def describe(type_: Type) -> str:
    """A type in a few words."""
    match type_:
        case Primitive(type=name, decimal=decimal) if decimal:
            return f"{name} decimal({decimal.precision}, {decimal.scale})"
        case Primitive(type=name):
            return name
        case Fixed(name=name, size=size, decimal=decimal):
            digits = f" decimal({decimal.precision}, {decimal.scale})" if decimal else ""
            return f"fixed {name} of {size} bytes{digits}"
        case Enum(name=name) | Record(name=name) | Reference(name=name):
            return f"{type(type_).__name__.lower()} {name}"
        case _:
            return type(type_).__name__.lower()


def _sources(field: Field, reader: Record, written: dict[str, Field]) -> list[Field]:
    # An alias that is also the name of another field of the reader means that field.
    aliases = field.aliases - {other.name for other in reader.fields}
    return [written[name] for name in {field.name, *aliases} if name in written]


def _same_name(reader: Enum | Fixed | Record, writer: Enum | Fixed | Record) -> bool:
    unqualified = reader.name.rpartition(".")[2] == writer.name.rpartition(".")[2]
    return unqualified or writer.name in reader.aliases


def _same_decimal(reader: Primitive | Fixed, writer: Primitive | Fixed) -> bool:
    # Only two decimals must agree; a decimal beside plain bytes is just bytes (spec, "Decimal").
    return not (reader.decimal and writer.decimal) or reader.decimal == writer.decimal
