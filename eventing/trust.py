"""Whom a connection to a hub trusts."""

import ssl
from functools import cache

import certifi


@cache
def authorities() -> ssl.SSLContext:
    """The SDK's own authorities, read once.

    It reads them anew for each connection, also for one without TLS; that holds the event loop
    for some 40 ms.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(certifi.where())
    return context
