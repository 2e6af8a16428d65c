"""What a path may name: schemas, versions, ids."""

import re

from aiohttp import web

from local.schemaregistry.errors import invalid

# A name becomes the name of a folder, and starts with a letter or digit: it never leaves the store.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
_ID = re.compile(r"[0-9a-f]{32}")


def schema_name(request: web.Request) -> str:
    """The schema's name in the path. Raises Refused (400) for one that no schema can have."""
    name = request.match_info["name"]
    if not _NAME.fullmatch(name):
        raise invalid(
            f"Schema name {name[:200]!r} is invalid: it starts with a letter or digit and has"
            " up to 200 letters, digits, '.', '-' and '_'."
        )
    return name


def schema_version(request: web.Request) -> int:
    """The version in the path, from 1. Raises Refused (400)."""
    text = request.match_info["version"]
    # At most nine digits: a longer number is no version, and int() of a very long one raises.
    if not re.fullmatch(r"[1-9][0-9]{0,8}", text):
        raise invalid(f"Version {text[:50]!r} is invalid: versions count from 1.")
    return int(text)


def schema_id(request: web.Request) -> str:
    """The id in the path, as 32 hexadecimal digits; hyphens do not count. Raises Refused (400)."""
    text = request.match_info["id"]
    found = text.replace("-", "").lower()
    if not _ID.fullmatch(found):
        raise invalid(f"Schema id {text[:100]!r} is invalid: an id has 32 hexadecimal digits.")
    return found
