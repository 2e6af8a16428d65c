"""The application: routes, and what every answer has in common."""

import logging
import secrets
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

from local.schemaregistry import files
from local.schemaregistry.access import Access
from local.schemaregistry.api import Api
from local.schemaregistry.errors import Refused, not_found
from local.schemaregistry.groups import declared
from local.schemaregistry.identity import PATH, Identity
from local.schemaregistry.store import Store
from local.schemaregistry.tokens import Tokens

LOG = logging.getLogger("schemaregistry")
LARGEST_SCHEMA = 1024 * 1024
"""Bytes of a schema, as in the service's premium tier."""


def application(folder: Path, bus: Path, identity_header: str) -> web.Application:
    """The registry and the identity endpoint over one folder. Raises ValueError."""
    tokens = Tokens(_signing_key(folder))
    api = Api(declared(bus), Store.open(folder / "groups"), Access(tokens))
    app = web.Application(middlewares=[_refusals], client_max_size=LARGEST_SCHEMA)
    app.add_routes([*api.routes(), web.get(PATH, Identity(tokens, identity_header).token)])
    return app


def _signing_key(folder: Path) -> bytes:
    path = folder / "token-key"
    if not path.exists():
        files.write(path, secrets.token_bytes(32), mode=0o600)
    return path.read_bytes()


@web.middleware
async def _refusals(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        return await handler(request)
    except Refused as refused:
        return refused.response(request)
    except web.HTTPRequestEntityTooLarge:
        message = f"The schema is larger than {LARGEST_SCHEMA} bytes."
        return Refused(413, "SchemaTooLarge", message).response(request)
    except web.HTTPMethodNotAllowed as error:
        return Refused(405, "MethodNotAllowed", f"{error.method} is not allowed.").response(request)
    except web.HTTPNotFound:
        return not_found(f"There is nothing at {request.path!r}.").response(request)
    except Exception:  # the outcome of a request is decided here: a defect is a logged 500
        LOG.exception("%s %s failed", request.method, request.path)
        return Refused(500, "InternalServerError", "See the server's log.").response(request)
