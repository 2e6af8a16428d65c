"""What was registered stays registered, through a restart and a kill."""

import asyncio
import json
import signal
from collections.abc import Callable

import pytest

from tests.local.schemaregistry.conftest import Server
from tests.local.schemaregistry.sdk import connected

pytestmark = pytest.mark.stack


def schema(fields: int) -> str:
    return json.dumps(
        {
            "type": "record",
            "name": "Event",
            "fields": [{"name": f"f{n}", "type": "int", "default": 0} for n in range(fields)],
        }
    )


@pytest.fixture
def stopped(make_server: Callable[..., Server], monkeypatch: pytest.MonkeyPatch) -> Server:
    """A server that has run once and keeps its port."""
    server = make_server().start()
    for name, value in server.identity.items():
        monkeypatch.setenv(name, value)
    return server


async def test_ids_versions_tokens_and_certificates_survive_a_restart(stopped: Server) -> None:
    server = stopped
    ca = server.read("ca.pem")
    async with connected("aio", server.namespace, server.ca) as sdk:
        before = await sdk.register("Event", schema(1))
        assert server.stop() == 0
        server.start()
        # The same client, with the token that the first process issued.
        found = await sdk.schema(before.id)
        assert (found.definition, found.properties.version) == (schema(1), 1)
        assert (await sdk.register("Event", schema(1))).id == before.id
        assert (await sdk.register("Event", schema(2))).version == 2
    assert server.read("ca.pem") == ca


async def test_a_kill_while_registering_loses_no_acknowledged_version(stopped: Server) -> None:
    server = stopped
    acknowledged: dict[int, str] = {}
    enough = asyncio.Event()

    async def register_without_end() -> None:
        async with connected("aio", server.namespace, server.ca) as sdk:
            for fields in range(1, 10_000):
                found = await sdk.register("Event", schema(fields))
                acknowledged[found.version] = found.id
                if found.version == 20:
                    enough.set()

    registering = asyncio.create_task(register_without_end())
    await enough.wait()
    server.stop(signal.SIGKILL)
    registering.cancel()
    await asyncio.gather(registering, return_exceptions=True)
    server.start()
    async with connected("aio", server.namespace, server.ca) as sdk:
        for version, schema_id in acknowledged.items():
            assert (await sdk.schema(schema_id)).definition == schema(version)


async def test_a_write_that_never_ended_is_removed_and_logged(stopped: Server) -> None:
    server = stopped
    async with connected("aio", server.namespace, server.ca) as sdk:
        await sdk.register("Event", schema(1))
    server.stop()
    torn = server.data / "groups/events/Event/.writing-abc"
    torn.write_text('{"type":"rec')
    server.start()
    assert not torn.exists()
    assert f"removed {torn}" in server.log()


async def test_a_missing_version_stops_the_start_and_names_the_folder(stopped: Server) -> None:
    server = stopped
    async with connected("aio", server.namespace, server.ca) as sdk:
        first = await sdk.register("Event", schema(1))
        await sdk.register("Event", schema(2))
    server.stop()
    (server.data / f"groups/events/Event/1.{first.id}.avsc").unlink()
    with pytest.raises(AssertionError, match="restore the missing file or remove the folder"):
        server.start()
    assert server.stop() in (1, -signal.SIGTERM)


async def test_a_store_begun_anew_gives_the_same_content_the_same_id(
    make_server: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = set()
    for server in (make_server().start(), make_server().start()):
        monkeypatch.setenv("IDENTITY_HEADER", server.header)
        monkeypatch.setenv("IDENTITY_ENDPOINT", server.identity["IDENTITY_ENDPOINT"])
        async with connected("aio", server.namespace, server.ca) as sdk:
            ids.add((await sdk.register("Event", schema(3))).id)
    assert len(ids) == 1
