"""Both SDKs register and find schemas in a running registry."""

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from azure.core.exceptions import (
    HttpResponseError,
    ResourceExistsError,
    ResourceNotFoundError,
)

from tests.local.schemaregistry.conftest import Server
from tests.local.schemaregistry.sdk import Sdk, connected, refusal

pytestmark = pytest.mark.stack
FORMATS = {
    "Avro": '{"type":"record","name":"User","fields":[{"name":"color","type":"string"}]}',
    "Json": '{"$id":"https://example.com/user","type":"object"}',
    "Custom": "any text at all",
}


@pytest.fixture(params=["sync", "aio"])
async def sdk(
    request: pytest.FixtureRequest, server: Server, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Sdk]:
    for name, value in server.identity.items():
        monkeypatch.setenv(name, value)
    async with connected(request.param, server.namespace, server.ca) as sdk:
        yield sdk


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """A schema name of this test alone."""
    return str(request.node.name).replace("[", ".").replace("]", "")


def record(**types: object) -> str:
    """A record with fields of these types; a tuple gives a type and a default."""
    fields = [
        {"name": field, "type": type_[0], "default": type_[1]}
        if isinstance(type_, tuple)
        else {"name": field, "type": type_}
        for field, type_ in types.items()
    ]
    return json.dumps({"type": "record", "name": "User", "fields": fields})


@pytest.mark.parametrize("format_", FORMATS)
async def test_a_schema_is_found_by_id_by_version_and_by_content(
    sdk: Sdk, name: str, format_: str
) -> None:
    definition = FORMATS[format_]
    registered = await sdk.register(name, definition, format_)
    by_id = await sdk.schema(registered.id)
    by_version = await sdk.schema(group_name="events", name=name, version=1)
    by_content = await sdk.properties(name, definition, format_)
    assert by_id.definition == by_version.definition == definition
    for found in (registered, by_id.properties, by_version.properties, by_content):
        assert (found.id, found.group_name, found.name) == (registered.id, "events", name)
        assert (found.version, found.format.value) == (1, format_)


async def test_a_definition_may_hold_any_character(
    server: Server, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for variable, value in server.identity.items():
        monkeypatch.setenv(variable, value)
    # Synchronously: azure-core's asynchronous transport announces the length in characters and
    # so cuts any text that is not ASCII.
    async with connected("sync", server.namespace, server.ca) as sdk:
        registered = await sdk.register(name, "naïve €", "Custom")
        assert (await sdk.schema(registered.id)).definition == "naïve €"


async def test_the_same_content_again_is_the_same_version_whatever_its_white_space(
    sdk: Sdk, name: str
) -> None:
    compact = FORMATS["Avro"]
    first = await sdk.register(name, compact)
    second = await sdk.register(name, json.dumps(json.loads(compact), indent=4))
    assert (second.id, second.version) == (first.id, 1)
    assert (await sdk.schema(first.id)).definition == compact


async def test_an_old_content_again_is_its_old_version(sdk: Sdk, name: str) -> None:
    first = await sdk.register(name, record(a="int"))
    second = await sdk.register(name, record(a="long"))
    again = await sdk.register(name, record(a="int"))
    assert (second.version, again.version, again.id) == (2, 1, first.id)


async def test_groups_and_versions_are_listed(sdk: Sdk, name: str) -> None:
    await sdk.register(name, record(a="int"))
    await sdk.register(name, record(a="int", b=("int", 0)))
    assert await sdk.listed("list_schema_groups") == ["events"]
    assert await sdk.listed("list_schema_versions", "events", name) == [1, 2]


async def test_a_backward_group_refuses_a_new_field_without_a_default(sdk: Sdk, name: str) -> None:
    await sdk.register(name, record(a="int"))
    with pytest.raises(ResourceExistsError) as refused:
        await sdk.register(name, record(a="int", b="string"))
    assert refusal(refused.value) == (409, "SchemaIncompatible")
    assert "$.b: it is not written and has no default" in refused.value.message
    with pytest.raises(ResourceNotFoundError):
        await sdk.schema(group_name="events", name=name, version=2)


async def test_a_backward_group_compares_with_the_latest_version_only(sdk: Sdk, name: str) -> None:
    await sdk.register(name, record(a="int"))
    await sdk.register(name, record(a="int", b=("string", "")))
    # Version 1 lacks b, version 2 has it: only the older of the two could not be read any more.
    third = await sdk.register(name, record(a="int", b="string"))
    assert third.version == 3


@pytest.mark.parametrize(
    ("rule", "accepted"), [("Backward", False), ("Forward", True), ("None", True)]
)
async def test_each_rule_judges_a_new_required_field(
    make_server: Callable[..., Server], monkeypatch: pytest.MonkeyPatch, rule: str, accepted: bool
) -> None:
    server = make_server(rule).start()
    for variable, value in server.identity.items():
        monkeypatch.setenv(variable, value)
    async with connected("aio", server.namespace, server.ca) as sdk:
        await sdk.register("User", record(a="int"))
        if accepted:
            assert (await sdk.register("User", record(a="int", b="string"))).version == 2
        else:
            with pytest.raises(ResourceExistsError):
                await sdk.register("User", record(a="int", b="string"))
        if rule == "Forward":
            with pytest.raises(ResourceExistsError, match=r"\$\.b: it is not written"):
                await sdk.register("User", record(a="int", c="int"))


async def test_every_contract_of_this_repository_registers_under_its_own_name(sdk: Sdk) -> None:
    contracts = sorted(Path(__file__).parents[3].glob("schemas/*/*.avsc"))
    for contract in contracts:
        assert (await sdk.register(contract.stem, contract.read_text())).version == 1


@pytest.mark.parametrize(
    ("definition", "reason"),
    [
        ("{", "no JSON"),
        ("", "empty"),
        ('{"type":"record","name":"User"}', "no list of fields"),
        ('{"type":"record","name":"User","fields":[{"name":"a","type":"Missing"}]}', "Missing"),
        ("[" * 100_000, "no JSON|nested too deeply"),
    ],
)
async def test_what_is_no_avro_schema_is_refused_with_the_reason(
    sdk: Sdk, name: str, definition: str, reason: str
) -> None:
    with pytest.raises(HttpResponseError, match=reason) as refused:
        await sdk.register("Refused", definition)
    assert refusal(refused.value) == (400, "InvalidRequest")


async def test_an_unknown_serialization_type_is_refused_as_unsupported(sdk: Sdk) -> None:
    with pytest.raises(HttpResponseError) as refused:
        await sdk.register("Refused", FORMATS["Avro"], "invalid-format")
    assert refusal(refused.value) == (415, "InvalidSchemaType")


async def test_a_schema_keeps_its_serialization_type(sdk: Sdk, name: str) -> None:
    await sdk.register(name, FORMATS["Json"], "Json")
    with pytest.raises(HttpResponseError, match="is Json: it cannot go on as Avro") as refused:
        await sdk.register(name, FORMATS["Avro"])
    assert refused.value.status_code == 400


async def test_what_is_not_there_is_not_found(sdk: Sdk) -> None:
    calls = [
        sdk.schema("a" * 32),
        sdk.schema(group_name="events", name="never-registered", version=1),
        sdk.schema(group_name="unknown", name="User", version=1),
        sdk.properties("never-registered", FORMATS["Avro"]),
        sdk.register("User", FORMATS["Avro"], group="unknown"),
    ]
    for call in calls:
        with pytest.raises(ResourceNotFoundError) as missing:
            await call
        assert refusal(missing.value) == (404, "ItemNotFound")


async def test_what_cannot_be_an_id_is_an_invalid_request(sdk: Sdk) -> None:
    with pytest.raises(HttpResponseError) as refused:
        await sdk.schema("fakeschemaid")
    assert refusal(refused.value) == (400, "InvalidRequest")
