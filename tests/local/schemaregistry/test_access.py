"""Who gets a token, which tokens are good, and the bodies of refusals."""

import io
import ssl
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp
import pytest
from azure.core.exceptions import HttpResponseError

from local.schemaregistry.access import READ, WRITE
from local.schemaregistry.tokens import LIFETIME, Tokens
from tests.local.schemaregistry.conftest import Server
from tests.local.schemaregistry.sdk import connected, refusal

pytestmark = pytest.mark.stack
AUDIENCE = "https://eventhubs.azure.net"
UNKNOWN = "/$schemaGroups/$schemas/" + "a" * 32 + "?api-version=2022-10"
TOKEN = "/identity/token"


@pytest.fixture
async def http(server: Server) -> AsyncIterator[aiohttp.ClientSession]:
    trust = aiohttp.TCPConnector(ssl=ssl.create_default_context(cafile=server.ca))
    async with aiohttp.ClientSession(f"https://{server.namespace}", connector=trust) as session:
        yield session


def signed(server: Server, audience: str = AUDIENCE, age: float = 0) -> str:
    """A token signed with the server's own key, `age` seconds ago."""
    tokens = Tokens((server.data / "token-key").read_bytes(), lambda: time.time() - age)
    return tokens.issue(audience, "somebody", (READ, WRITE))[0]


async def asked(
    http: aiohttp.ClientSession, path: str, headers: Mapping[str, str], method: str = "GET"
) -> tuple[int, Any]:
    async with http.request(method, path, headers=headers) as response:
        return response.status, await response.json()


async def test_a_call_with_a_good_token_is_answered(
    http: aiohttp.ClientSession, server: Server
) -> None:
    for audience in (AUDIENCE, AUDIENCE + "/"):
        headers = {"Authorization": f"Bearer {signed(server, audience)}"}
        status, body = await asked(http, UNKNOWN, headers)
        assert (status, body["error"]["code"]) == (404, "ItemNotFound")


async def test_a_call_without_a_good_token_is_unauthorized_and_says_why(
    http: aiohttp.ClientSession, server: Server
) -> None:
    good = signed(server)
    head, claims, signature = good.split(".")
    forged = Tokens(b"another key").issue(AUDIENCE, "somebody", (READ, WRITE))[0]
    cases = {
        "": "MissingToken",
        "Basic abc": "MissingToken",
        "Bearer ": "MissingToken",
        "Bearer nonsense": "signature",
        "Bearer ä.ö.ü": "signature",
        f"Bearer {forged}": "signature",
        f"Bearer {head}.{claims}x.{signature}": "signature",
        f"Bearer {head}.{claims}.": "signature",
        f"Bearer {signed(server, 'https://storage.azure.com')}": "audience",
        f"Bearer {signed(server, age=LIFETIME + 1)}": "expired",
    }
    for header, reason in cases.items():
        status, body = await asked(http, UNKNOWN, {"Authorization": header} if header else {})
        assert (status, body["error"]["code"]) == (401, "Unauthorized"), header
        assert reason in body["error"]["message"]


async def test_a_refusal_says_what_and_where_and_shows_no_token(
    http: aiohttp.ClientSession, server: Server
) -> None:
    token = signed(server)
    status, body = await asked(http, "/$schemaGroups", {"Authorization": f"Bearer {token}"})
    assert status == 400
    assert set(body) == {"error"}
    assert set(body["error"]) == {"code", "message"}
    assert "api-version None is not supported: use one of 2021-10" in body["error"]["message"]
    assert "TrackingId:" in body["error"]["message"]
    assert token not in server.log()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/$schemaGroups/events/schemas/User/versions/0?api-version=2022-10", 400),
        ("GET", f"/$schemaGroups/events/schemas/User/versions/{'9' * 5000}", 400),
        ("GET", "/$schemaGroups/events/schemas/..%2f..%2fca/versions?api-version=2022-10", 400),
        ("GET", "/$schemaGroups/events/schemas/.hidden/versions?api-version=2022-10", 400),
        ("DELETE", "/$schemaGroups/events/schemas/User?api-version=2022-10", 405),
    ],
)
async def test_a_path_that_means_nothing_is_refused_as_json(
    http: aiohttp.ClientSession, server: Server, method: str, path: str, status: int
) -> None:
    headers = {"Authorization": f"Bearer {signed(server)}"}
    answered, body = await asked(http, path, headers, method)
    assert answered == status
    assert body["error"]["message"]


async def test_a_schema_beyond_the_size_limit_is_refused(
    http: aiohttp.ClientSession, server: Server
) -> None:
    path = "/$schemaGroups/events/schemas/Large?api-version=2022-10"
    headers = {
        "Authorization": f"Bearer {signed(server)}",
        "Content-Type": "text/plain; charset=utf-8",
    }
    async with http.put(
        path, headers=headers, data=io.BytesIO(b"x" * (1024 * 1024 + 1))
    ) as response:
        assert response.status == 413
        assert (await response.json())["error"]["code"] == "SchemaTooLarge"
    async with http.put(path, headers=headers, data=b"\xff\xfe") as response:
        assert response.status == 400


async def test_a_token_needs_the_secret_header_a_resource_and_the_right_version(
    http: aiohttp.ClientSession, server: Server
) -> None:
    good = f"{TOKEN}?api-version=2019-08-01&resource={AUDIENCE}"
    secret = {"X-IDENTITY-HEADER": server.header}
    assert (await asked(http, good, secret))[0] == 200
    assert (await asked(http, good, {}))[0] == 401
    assert (await asked(http, good, {"X-IDENTITY-HEADER": "wrong ä"}))[0] == 401
    assert (await asked(http, f"{TOKEN}?api-version=2019-08-01", secret))[0] == 400
    assert (await asked(http, f"{TOKEN}?resource={AUDIENCE}", secret))[0] == 400


async def test_a_token_names_its_resource_and_its_expiry(
    http: aiohttp.ClientSession, server: Server
) -> None:
    path = f"{TOKEN}?api-version=2019-08-01&resource=https://storage.azure.com"
    _, body = await asked(http, path, {"X-IDENTITY-HEADER": server.header})
    tokens = Tokens((server.data / "token-key").read_bytes())
    claims = tokens.check(body["access_token"], "https://storage.azure.com")
    assert body["resource"] == claims["aud"] == "https://storage.azure.com"
    assert int(body["expires_on"]) == claims["exp"]
    assert claims["oid"]


async def test_a_user_assigned_identity_reads_but_does_not_register(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in server.identity.items():
        monkeypatch.setenv(name, value)
    async with connected("aio", server.namespace, server.ca) as sdk:
        registered = await sdk.register("Readable", '"string"')
    # DefaultAzureCredential asks for the identity of this client id.
    monkeypatch.setenv("AZURE_CLIENT_ID", "an-app")
    for flavour in ("sync", "aio"):
        async with connected(flavour, server.namespace, server.ca) as sdk:
            assert (await sdk.schema(registered.id)).definition == '"string"'
            with pytest.raises(HttpResponseError, match="Schema Registry Contributor") as refused:
                await sdk.register("Readable", '"bytes"')
            assert refusal(refused.value) == (403, "Forbidden")
