"""Idempotency-Key → the id of what a POST creates, so that asking again names the same thing."""

import json
import re
from hashlib import sha256
from uuid import UUID, uuid4, uuid5

import azure.functions as func

from eventing.event import NAMESPACE
from eventing.problem import Problem

LONGEST_KEY = 255
_KEY = re.compile("[\\x21-\\x7e]{1,255}")

PRINCIPAL_ID = "x-ms-client-principal-id"
"""Who called, as App Service authentication tells it; it removes what a caller sets."""


def caller(req: func.HttpRequest) -> tuple[str, str]:
    """Who asks: the signed-in principal, and a digest of the function key.

    Both, so that without App Service authentication an invented principal reaches nothing that
    belongs to another key.
    """
    key = req.headers.get("x-functions-key") or req.params.get("code") or ""
    return req.headers.get(PRINCIPAL_ID, ""), sha256(key.encode()).hexdigest()


def new_id(req: func.HttpRequest, operation: str) -> UUID:
    """A new id; with an Idempotency-Key the one of this caller, operation and key.

    Raises Problem 400 for a key that is none.
    """
    key = req.headers.get("idempotency-key")
    if key is None:
        return uuid4()
    if not _KEY.fullmatch(key):
        detail = f"Idempotency-Key is 1 to {LONGEST_KEY} visible ASCII characters"
        raise Problem(400, "malformed_header", detail)
    return uuid5(NAMESPACE, json.dumps([operation, *caller(req), key]))
