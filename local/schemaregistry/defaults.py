"""Whether a JSON value can stand for a value of an Avro type, as defaults do (spec, "Records")."""

from collections.abc import Callable, Mapping
from typing import Any

INT = range(-(2**31), 2**31)
LONG = range(-(2**63), 2**63)


def fits(value: Any, type_: Any, namespace: str, known: Mapping[str, Any]) -> bool:
    """Whether a default is of a type, both as JSON; `known` holds the named types by full name."""
    match type_:
        case list():
            return bool(type_) and fits(value, type_[0], namespace, known)
        case {"type": "array"}:
            return isinstance(value, list) and all(
                fits(item, type_["items"], namespace, known) for item in value
            )
        case {"type": "map"}:
            return isinstance(value, dict) and all(
                fits(item, type_["values"], namespace, known) for item in value.values()
            )
        case {"type": "enum"}:
            return value in type_["symbols"]
        case {"type": "fixed"}:
            return _is_bytes(value) and len(value) == type_["size"]
        case {"type": "record"}:
            return _fits_record(value, type_, namespace, known)
        case {"type": inner}:
            return fits(value, inner, namespace, known)
        case str() if type_ in _FITS:
            return _FITS[type_](value)
        case _:
            full = type_ if "." in type_ or not namespace else f"{namespace}.{type_}"
            return fits(value, known[full], namespace, known)


def _fits_record(
    value: Any, type_: Mapping[str, Any], namespace: str, known: Mapping[str, Any]
) -> bool:
    if not isinstance(value, dict):
        return False
    name = type_["name"]
    inner = name.rpartition(".")[0] if "." in name else type_.get("namespace", namespace)
    return all(
        fits(value[field["name"]], field["type"], inner, known)
        if field["name"] in value
        else "default" in field
        for field in type_["fields"]
    )


def _is_bytes(value: Any) -> bool:
    # Bytes are written as a string of the code points 0 to 255.
    return isinstance(value, str) and all(ord(character) < 256 for character in value)


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_FITS: Mapping[str, Callable[[Any], bool]] = {
    "null": lambda value: value is None,
    "boolean": lambda value: isinstance(value, bool),
    "int": lambda value: _is_integer(value) and value in INT,
    "long": lambda value: _is_integer(value) and value in LONG,
    "float": lambda value: _is_integer(value) or isinstance(value, float),
    "double": lambda value: _is_integer(value) or isinstance(value, float),
    "bytes": _is_bytes,
    "string": lambda value: isinstance(value, str),
}
