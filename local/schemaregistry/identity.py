"""The managed identity endpoint of App Service (api-version 2019-08-01), for this machine.

The system-assigned identity may read and register schemas. A user-assigned one (named by
client_id, object_id, principal_id or mi_res_id) may only read, as an app in Azure does.
"""

import hmac
import logging
import uuid
from dataclasses import dataclass

from aiohttp import web

from local.schemaregistry.access import READ, WRITE
from local.schemaregistry.tokens import Tokens

LOG = logging.getLogger("schemaregistry")
PATH = "/identity/token"
API_VERSION = "2019-08-01"
USER_ASSIGNED = ("client_id", "object_id", "principal_id", "mi_res_id")
_OIDS = uuid.UUID("0c4b8a51-7a1e-5b57-8d53-6f0e6a0f52d4")


@dataclass(frozen=True, slots=True)
class Identity:
    """Hands out tokens to whoever knows the header."""

    tokens: Tokens
    header: str

    async def token(self, request: web.Request) -> web.Response:
        """A token for the query's `resource`."""
        given = request.headers.get("X-IDENTITY-HEADER", "")
        if not hmac.compare_digest(given.encode(errors="replace"), self.header.encode()):
            message = (
                "X-IDENTITY-HEADER is not this server's: set IDENTITY_HEADER to the same value"
            )
            LOG.warning("refused a token: %s", message)
            return _refuse(401, message)
        version = request.query.get("api-version")
        if version != API_VERSION:
            return _refuse(400, f"api-version {version!r} is not supported: use {API_VERSION}")
        resource = request.query.get("resource", "")
        if not resource:
            return _refuse(400, "no resource: name the audience that the token is for")
        user = next((request.query[key] for key in USER_ASSIGNED if key in request.query), None)
        oid = str(uuid.uuid5(_OIDS, user or "system"))
        roles = (READ,) if user else (READ, WRITE)
        token, expires = self.tokens.issue(resource, oid, roles)
        LOG.info("issued a token for %r to %r", resource, user or "the system-assigned identity")
        body = {
            "access_token": token,
            "client_id": user or oid,
            "expires_on": str(expires),
            "resource": resource,
            "token_type": "Bearer",
        }
        return web.json_response(body, headers={"Cache-Control": "no-store"})


def _refuse(status: int, message: str) -> web.Response:
    return web.json_response({"statusCode": status, "message": message}, status=status)
