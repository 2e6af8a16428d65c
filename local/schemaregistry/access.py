"""Who may call: a bearer token of the local identity, with the role that the call needs."""

from dataclasses import dataclass

from aiohttp import web

from local.schemaregistry.errors import Refused
from local.schemaregistry.tokens import InvalidToken, Tokens

AUDIENCE = "https://eventhubs.azure.net"
READ = "Schema Registry Reader"
WRITE = "Schema Registry Contributor"


@dataclass(frozen=True, slots=True)
class Access:
    """Checks the Authorization header as the service does."""

    tokens: Tokens

    def admit(self, request: web.Request, role: str) -> None:
        """Raises Refused: 401 without a good token, 403 when its identity lacks the role."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            message = "MissingToken: send 'Authorization: Bearer' and a token for"
            raise Refused(401, "Unauthorized", f"{message} {AUDIENCE}.")
        try:
            claims = self.tokens.check(token.strip(), AUDIENCE)
        except InvalidToken as error:
            raise Refused(401, "Unauthorized", f"InvalidToken: {error}.") from error
        if role not in claims["roles"]:
            message = (
                f"The identity {claims['oid']} lacks the role {role!r}: only the system-assigned"
                " identity has it, which a client uses when AZURE_CLIENT_ID is not set."
            )
            raise Refused(403, "Forbidden", message)
