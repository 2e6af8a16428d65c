"""The three serialization types a schema can have, their media types and their validation."""

import json
from enum import StrEnum

from local.schemaregistry import avro
from local.schemaregistry.errors import Refused, invalid


class Format(StrEnum):
    """How a schema is written. The value is the SDK's name of it."""

    AVRO = "Avro"
    JSON = "Json"
    CUSTOM = "Custom"

    @property
    def media_type(self) -> str:
        """The content type of requests and answers that carry such a schema."""
        if self is Format.CUSTOM:
            return "text/plain; charset=utf-8"
        return f"application/json; serialization={self.value}"


def of_media_type(content_type: str) -> Format:
    """The format that a Content-Type announces. Raises Refused (415) for any other."""
    wanted = _normal(content_type)
    for known in Format:
        if _normal(known.media_type) == wanted:
            return known
    accepted = ", ".join(repr(known.media_type) for known in Format)
    message = f"Content-Type {content_type!r} is no schema type: send one of {accepted}."
    raise Refused(415, "InvalidSchemaType", message)


def validate(format_: Format, text: str) -> None:
    """Refuse (400) what is no schema of its format. A custom schema may be any text."""
    if not text.strip():
        raise invalid("The schema is empty: send its definition as the body.")
    if format_ is Format.AVRO:
        try:
            avro.parse(text)
        except avro.InvalidSchema as error:
            raise invalid(f"Schema validation failed: {error}") from error
    elif format_ is Format.JSON:
        _json(text)


def canonical(format_: Format, text: str) -> str:
    """The text by which two definitions are the same: white space in JSON means nothing."""
    if format_ is Format.CUSTOM:
        return text
    return json.dumps(_json(text), separators=(",", ":"))


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise invalid(f"Schema validation failed: no JSON: {error}") from error


def _normal(content_type: str) -> str:
    return content_type.replace(" ", "").lower()
