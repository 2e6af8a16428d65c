"""A live environment as Azure tells it, through the `az` that somebody is logged in with."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from azure.identity import AzureCliCredential
from azure.schemaregistry import SchemaRegistryClient

from eventing.bus import ROOT
from tests.infra.truth import domains

ENVIRONMENT = os.environ.get("ENVIRONMENT") or os.environ.get("AZURE_ENV_NAME") or "dev"
PLATFORM = f"rg-{ENVIRONMENT}-platform"
ROLES = {
    identifier: name
    for name, identifier in json.loads((ROOT / "bicep" / "roles.json").read_text()).items()
}


@cache
def az(*arguments: str) -> Any:
    """What `az` answers, as JSON. Fails with its own words, which say how to log in."""
    command = ["az", *arguments, "--only-show-errors", "--output", "json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stderr}"
    return json.loads(done.stdout or "null")


def group_of(domain: str) -> str:
    return f"rg-{ENVIRONMENT}-{domain}"


@cache
def one(kind: str, group: str = PLATFORM) -> dict[str, Any]:
    """The only resource of a type in a group."""
    found = az("resource", "list", "--resource-group", group, "--resource-type", kind)
    assert len(found) == 1, f"{group} holds {len(found)} of {kind}, not one"
    return dict(az("resource", "show", "--ids", found[0]["id"]))


def accounts(group: str) -> list[dict[str, Any]]:
    """The storage accounts of a group, with their properties."""
    return list(az("storage", "account", "list", "--resource-group", group))


def below(resource: str, path: str, version: str) -> list[dict[str, Any]]:
    """Children of a resource, from the resource manager."""
    url = f"https://management.azure.com{resource}/{path}?api-version={version}"
    return list(az("rest", "--method", "get", "--url", url)["value"])


def principal(domain: str, group: str = "") -> str:
    """Object id of a domain's identity."""
    name = f"id-{ENVIRONMENT}-{domain}"
    shown = az("identity", "show", "--name", name, "--resource-group", group or group_of(domain))
    return str(shown["principalId"])


def rights(scope: str) -> set[tuple[str, str]]:
    """Who has which role exactly there, by object id and by name in roles.json."""
    return {
        (each["principalId"], ROLES[each["roleDefinitionId"].rpartition("/")[2]])
        for each in given(scope)
    }


def account(purpose: str) -> str:
    """Resource id of the platform's storage account for a purpose."""
    found = [each["id"] for each in accounts(PLATFORM) if each["name"].startswith(f"st{purpose}")]
    assert len(found) == 1, f"{PLATFORM} holds {len(found)} accounts for {purpose}, not one"
    return str(found[0])


def given(scope: str) -> list[dict[str, Any]]:
    """Role assignments exactly at a scope, not inherited."""
    found = az("role", "assignment", "list", "--scope", scope)
    return [each for each in found if each["scope"].lower() == scope.lower()]


BUS = "Microsoft.EventHub/namespaces"
HUBS_VERSION = "2024-01-01"
STORAGE_VERSION = "2025-06-01"


class Live:
    """The environment as the checks of every environment ask it."""

    pause = 1.0

    @property
    def apps(self) -> Sequence[tuple[str, ...]]:
        bus = json.loads((ROOT / "bus.json").read_text())
        return [(domain,) for domain in domains(bus)]

    def partitions(self, hub: str) -> int:
        return int(self._hub(hub)["properties"]["partitionCount"])

    def readers(self, hub: str, _: set[str]) -> set[str]:
        groups = below(self._hub(hub)["id"], "consumergroups", HUBS_VERSION)
        return {each["name"] for each in groups}

    def _hub(self, name: str) -> dict[str, Any]:
        found = below(one(BUS)["id"], "eventhubs", HUBS_VERSION)
        return {each["name"]: each for each in found}[name]

    def containers(self) -> set[str]:
        return self._stored("blobServices/default/containers")

    def tables(self) -> set[str]:
        return self._stored("tableServices/default/tables")

    def _stored(self, kind: str) -> set[str]:
        found = [below(each["id"], kind, STORAGE_VERSION) for each in accounts(PLATFORM)]
        return {each["name"] for some in found for each in some}

    def registry(self) -> SchemaRegistryClient:
        namespace = f"{one(BUS)['name']}.servicebus.windows.net"
        return SchemaRegistryClient(namespace, AzureCliCredential())

    def settings(self, app: tuple[str, ...]) -> Mapping[str, str]:
        told = az("functionapp", "config", "appsettings", "list", "--ids", self._site(*app)["id"])
        return {each["name"]: each["value"] for each in told}

    def functions(self, app: tuple[str, ...]) -> set[str]:
        site = self._site(*app)
        group = ("--name", site["name"], "--resource-group", group_of(*app))
        return {
            each["name"].rpartition("/")[2]
            for each in az("functionapp", "function", "list", *group)
        }

    def _site(self, domain: str) -> dict[str, Any]:
        return one("Microsoft.Web/sites", group_of(domain))

    def call(
        self, domain: str, method: str, path: str, body: bytes | None = None
    ) -> tuple[int, Any]:
        site = self._site(domain)
        key = az("functionapp", "keys", "list", "--ids", site["id"])["functionKeys"]["default"]
        host = site["properties"]["defaultHostName"]
        return requested(f"https://{host}/api/{path}", method, body, {"x-functions-key": key})

    def move_clock(self, days: int) -> bool:
        return False


def requested(
    url: str, method: str, body: bytes | None, headers: Mapping[str, str]
) -> tuple[int, Any]:
    """Status and JSON of one request; of a refusal its text."""
    sent = {"content-type": "application/json", **headers}
    request = Request(url, body, sent, method=method)  # noqa: S310 - an address of ours
    try:
        with urlopen(request, timeout=60) as answer:  # noqa: S310
            return answer.status, json.loads(answer.read() or b"null")
    except HTTPError as error:
        with error:
            return error.code, error.read().decode(errors="replace")


@cache
def live() -> Live:
    """The environment that ENVIRONMENT names."""
    return Live()
