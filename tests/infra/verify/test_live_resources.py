"""Live resources, rights and settings are the declared ones: make verify-azure, logged in."""

import pytest

from tests.infra.truth import Truth, app_settings, domains, reads
from tests.infra.verify import checks
from tests.infra.verify.live import (
    BUS,
    HUBS_VERSION,
    PLATFORM,
    STORAGE_VERSION,
    account,
    accounts,
    az,
    below,
    given,
    group_of,
    live,
    one,
    principal,
    rights,
)

pytestmark = pytest.mark.azure

TABLE_READER = "storageTableDataReader"
BLOB_READER, BLOB_WRITER = "storageBlobDataReader", "storageBlobDataContributor"


def apps(truth: Truth, verb: str, what: str) -> list[str]:
    """The platform's apps that read or write something."""
    return [name for name, each in truth.bus["apps"].items() if what in each[verb]]


MADE_BY_AZURE = {
    "microsoft.alertsmanagement/smartdetectoralertrules",
    "microsoft.network/networkinterfaces",
}
SMART = "Application Insights Smart Detection"
"""What comes by itself beside telemetry and private endpoints, without anybody's tags."""


def test_the_bus_takes_no_key() -> None:
    properties = one(BUS)["properties"]
    assert properties["disableLocalAuth"] is True
    assert properties["minimumTlsVersion"] == "1.2"


def test_hubs_stores_settings_and_functions_are_the_declared_ones(truth: Truth) -> None:
    checks.hubs(live(), truth)
    checks.stores(live(), truth)
    checks.settings(live(), truth)
    checks.functions(live(), truth)


def test_every_contract_is_registered() -> None:
    checks.contracts(live())


def test_every_hub_is_captured_and_there_is_no_other(truth: Truth) -> None:
    found = below(one(BUS)["id"], "eventhubs", HUBS_VERSION)
    assert {each["name"] for each in found} == set(truth.bus["hubs"])
    for each in found:
        assert each["properties"]["captureDescription"]["enabled"] is True, each["name"]


def test_who_may_send_and_receive_is_who_was_declared_and_nobody_else(truth: Truth) -> None:
    bus = one(BUS)["id"]
    for name, hub in truth.bus["hubs"].items():
        readers = [*hub["consumerGroups"], *apps(truth, "reads", "hubs")]
        wanted = {(principal(hub["owner"]), "eventHubsDataSender")}
        wanted |= {(principal(each), "eventHubsDataReceiver") for each in readers}
        assert rights(f"{bus}/eventhubs/{name}") == wanted, name


def test_who_may_use_tables_is_who_was_declared_and_nobody_else(truth: Truth) -> None:
    state = account("state")
    watchers = {(principal(each), TABLE_READER) for each in apps(truth, "reads", "tables")}
    assert rights(state) == watchers
    for name, table in truth.bus["tables"].items():
        wanted = {(principal(table["owner"]), "storageTableDataContributor")}
        assert rights(f"{state}/tableServices/default/tables/{name}") == wanted, name


def test_who_may_use_containers_is_who_was_declared_and_nobody_else(truth: Truth) -> None:
    captured = truth.bus["capture"]["container"]
    for name, each in truth.bus["containers"].items():
        ours = each["owner"] == "platform"
        writers = apps(truth, "writes", name) if ours else [each["owner"]]
        wanted = {(principal(writer), BLOB_WRITER) for writer in writers}
        wanted |= {(principal(reader), BLOB_READER) for reader in apps(truth, "reads", name)}
        found = rights(
            f"{account('captured' if ours else 'files')}/blobServices/default/containers/{name}"
        )
        if name == captured:
            wanted.add((principal("capture", PLATFORM), BLOB_WRITER))
            # Who deploys hubs must be a writer, too; which object that is only the deployer knows.
            assert {role for _, role in found - wanted} <= {BLOB_WRITER}, name
            assert wanted <= found, name
        else:
            assert found == wanted, name


def test_who_may_look_contracts_up_is_who_was_declared_and_nobody_else(truth: Truth) -> None:
    found = rights(f"{one(BUS)['id']}/schemagroups/{truth.bus['schemaGroup']['name']}")
    readers = {each for each, role in found if role == "schemaRegistryReader"}
    wanted = {principal(each) for each in truth.domains if "schemas" in reads(truth.bus, each)}
    assert readers == wanted


def test_nobody_has_a_right_on_the_whole_bus() -> None:
    assert [each["roleDefinitionName"] for each in given(one(BUS)["id"])] == []


def test_no_storage_account_takes_a_key_or_an_anonymous_reader(truth: Truth) -> None:
    for group in (PLATFORM, *(group_of(domain) for domain in truth.domains)):
        for each in accounts(group):
            assert each["allowSharedKeyAccess"] is False, each["name"]
            assert each["allowBlobPublicAccess"] is False, each["name"]
            assert each["minimumTlsVersion"] == "TLS1_2", each["name"]


def test_every_app_has_the_declared_settings_and_none_holds_a_key(truth: Truth) -> None:
    for domain in domains(truth.bus):
        settings = live().settings((domain,))
        assert set(settings) == app_settings(truth.templates, truth.bus, domain), domain
        for name, value in settings.items():
            assert "AccountKey=" not in value, name
            assert "SharedAccessKey=" not in value, name


def test_event_grid_tells_every_blob_trigger(truth: Truth) -> None:
    topic = one("Microsoft.EventGrid/systemTopics")["id"]
    found = below(topic, "eventSubscriptions", "2025-02-15")
    assert {each["name"] for each in found} == {each["container"] for each in truth.deliveries}
    assert {each["properties"]["provisioningState"] for each in found} == {"Succeeded"}


def test_what_is_captured_cannot_be_changed_yet_the_environment_can_be_removed(
    truth: Truth,
) -> None:
    captured = (
        f"{account('captured')}/blobServices/default/containers/{truth.bus['capture']['container']}"
    )
    url = f"https://management.azure.com{captured}/immutabilityPolicies/default?api-version={STORAGE_VERSION}"
    policy = az("rest", "--method", "get", "--url", url)["properties"]
    assert policy["state"] == "Unlocked"
    assert policy["immutabilityPeriodSinceCreationInDays"] >= 1


def test_every_group_and_resource_names_its_team(truth: Truth) -> None:
    for domain in (*domains(truth.bus), "platform"):
        for each in az("resource", "list", "--resource-group", group_of(domain)):
            if each["type"].lower() in MADE_BY_AZURE or each["name"].startswith(SMART):
                continue
            team = "platform" if domain in truth.bus["apps"] else domain
            assert (each["tags"] or {}).get("team") == team, each["id"]
