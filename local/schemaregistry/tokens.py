"""Access tokens of the local identity: signed claims in the form of a JWT (RFC 7519, HS256).

A shared key suffices, for who issues a token is also the only one who checks it.
"""

import base64
import hmac
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

ISSUER = "https://localhost/local-development"
LIFETIME = 24 * 3600
"""Seconds a token is good for, as in App Service."""


class InvalidToken(Exception):
    """A token that is not ours, not for this audience, or no longer good."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """Issues and checks tokens with one key."""

    key: bytes
    clock: Callable[[], float] = time.time

    def issue(self, audience: str, oid: str, roles: tuple[str, ...]) -> tuple[str, int]:
        """A token for an audience (resource) and its expiry in seconds since 1970."""
        now = int(self.clock())
        expires = now + LIFETIME
        claims = {
            "aud": audience,
            "iss": ISSUER,
            "iat": now,
            "nbf": now,
            "exp": expires,
            "oid": oid,
            "sub": oid,
            "idtyp": "app",
            "roles": roles,
        }
        signed = f"{_encode({'alg': 'HS256', 'typ': 'JWT'})}.{_encode(claims)}"
        return f"{signed}.{_base64(self._signature(signed))}", expires

    def check(self, token: str, audience: str) -> Mapping[str, Any]:
        """The claims of a good token. Raises InvalidToken saying what is wrong with a bad one."""
        signed, _, signature = token.rpartition(".")
        # Compared as text, so that no second spelling of the same bytes passes.
        if not hmac.compare_digest(
            _base64(self._signature(signed)).encode(), signature.encode(errors="replace")
        ):
            raise InvalidToken("the signature is not this server's")
        claims = json.loads(_decode(signed.partition(".")[2]))
        if claims["aud"].rstrip("/") != audience:
            raise InvalidToken(f"the audience is {claims['aud']!r}, not {audience!r}")
        if claims["exp"] <= self.clock():
            raise InvalidToken("it has expired")
        return dict(claims)

    def _signature(self, signed: str) -> bytes:
        return hmac.digest(self.key, signed.encode(errors="replace"), "sha256")


def _encode(value: Mapping[str, Any]) -> str:
    return _base64(json.dumps(value, separators=(",", ":")).encode())


def _base64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
