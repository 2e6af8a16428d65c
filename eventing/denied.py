"""A right that is missing: an alarm, once in a while, and never taken for a message's own fault."""

import time

from eventing import telemetry
from eventing.errors import Forbidden
from eventing.redact import scrubbed

log = telemetry.logger(__name__)

QUIET = 60.0
"""Seconds for which one service's refusals are one alarm."""

_told: dict[str, float] = {}


def denied(service: str, error: object) -> Forbidden:
    """The error for a service that answered 401 or 403."""
    at = time.monotonic()
    if at - _told.get(service, -QUIET) >= QUIET:
        _told[service] = at
        log.critical("a right is missing: %s refuses this app: %s", service, scrubbed(str(error)))
    return Forbidden(f"{service} refuses this app: {error}")
