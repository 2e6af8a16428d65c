"""Order and numbers that Azure complains about too late: capture, ageing, immutability, tiers."""

import json
import re
from pathlib import Path

import pytest

from tests.infra.bicep_text import block, literal, templates

BICEP = Path(__file__).parents[2] / "bicep"
SOURCES = templates(BICEP)
ENVIRONMENTS = sorted((BICEP / "environments").glob("*.bicepparam"))


def default(name: str) -> str:
    return block(SOURCES, "main.bicep", name).text.partition("=")[2].strip().strip("'")


def value(environment: Path, name: str) -> str:
    found = re.search(rf"^param {name} = (.*)$", environment.read_text(), re.MULTILINE)
    return found[1].strip("'") if found else default(name)


def ageing() -> dict[str, int]:
    text = block(SOURCES, "main.bicep", "ageing").text.partition("=")[2]
    return {name: int(str(days)) for name, days in literal(text).items()}


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=lambda path: path.stem)
def test_a_captured_file_is_deleted_only_after_it_may_change(environment: Path) -> None:
    days = ageing()
    assert days["cool"] < days["archive"] < days["delete"]
    assert days["delete"] > int(value(environment, "immutabilityDays"))


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=lambda path: path.stem)
def test_captured_events_are_on_an_account_that_has_an_archive_tier(environment: Path) -> None:
    assert value(environment, "capturedSku") in ("Standard_LRS", "Standard_GRS")


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=lambda path: path.stem)
def test_every_environment_is_named_after_its_file(environment: Path) -> None:
    assert value(environment, "environmentName") == environment.stem


def test_only_live_is_locked_and_enforced_most() -> None:
    live = next(path for path in ENVIRONMENTS if path.stem == "live")
    assert value(live, "locks") == "true"
    assert value(live, "purgeProtection") == "true"
    assert value(live, "policyEnforcement") == "Default"
    assert [value(path, "locks") for path in ENVIRONMENTS if path.stem != "live"] == [
        "false",
        "false",
    ]


def test_capture_writes_by_identity_into_a_container_that_exists_before_the_hub() -> None:
    hub = block(SOURCES, "publisher.bicep", "hub").text
    assert "name: 'EventHubArchive.AzureBlockBlob'" in hub
    assert "type: 'UserAssigned'" in hub
    capture = json.loads((BICEP.parent / "bus.json").read_text())["capture"]
    for name in ("intervalInSeconds", "sizeLimitInBytes"):
        assert f"{name}: captured.{name}" in hub
    assert "archiveNameFormat: captured.nameFormat" in hub
    form = "{Namespace}/{EventHub}/{PartitionId}/{Year}/{Month}/{Day}/{Hour}/{Minute}/{Second}"
    assert capture["nameFormat"] == form
    assert 10_485_760 <= capture["sizeLimitInBytes"] <= 524_288_000
    assert 60 <= capture["intervalInSeconds"] <= 900
    assert "dependsOn: [stores]" in block(SOURCES, "main.bicep", "broker").text
    assert "dependsOn: [broker]" in block(SOURCES, "modules/bus.bicep", "publishers").text


def test_immutability_comes_last_stays_unlocked_and_lets_a_file_be_put_again() -> None:
    assert "dependsOn: [publishers]" in block(SOURCES, "modules/bus.bicep", "immutability").text
    container = block(SOURCES, "modules/captured.bicep", "container").text
    assert re.search(r"immutableStorageWithVersioning: \{\s+enabled: true", container)
    assert "lock" not in SOURCES["modules/immutability.bicep"].lower()
    captured = block(SOURCES, "modules/stores.bicep", "capturedAccount").text
    assert "versioning: true" in captured


def test_a_standard_namespace_holds_what_is_declared() -> None:
    bus = json.loads((BICEP.parent / "bus.json").read_text())
    assert len(bus["hubs"]) <= 10
    assert bus["schemaGroup"]["compatibility"] in ("Backward", "Forward", "None")
    for name, hub in bus["hubs"].items():
        assert 1 <= hub["partitions"] <= 32, name
        assert len(hub["consumerGroups"]) < 20, name


def test_a_standard_namespace_is_never_asked_to_keep_events_longer_than_it_can() -> None:
    broker = block(SOURCES, "main.bicep", "broker").text
    assert "brokerTier == 'Standard' ? min(retentionHours, 168) : retentionHours" in broker


@pytest.mark.parametrize("file", ["modules/files.bicep", "modules/captured.bicep"])
def test_where_versions_are_kept_old_ones_are_deleted_too(file: str) -> None:
    rules = SOURCES[file].count("type: 'Lifecycle'")
    assert rules
    deleted = re.findall(r"version: \{\s+delete: \{\s+daysAfterCreationGreaterThan:", SOURCES[file])
    assert len(deleted) == rules


def test_a_budget_always_has_somebody_to_tell() -> None:
    budget = block(SOURCES, "modules/budget.bicep", "budget").text
    assert budget.count("contactGroups: [actionGroupId]") == budget.count("threshold: ") == 2
    assert " if (" not in budget.split("{", 1)[0]


def test_functions_in_a_private_network_use_the_subnet_that_flex_demands() -> None:
    network = SOURCES["modules/network.bicep"]
    assert "serviceName: 'Microsoft.App/environments'" in network
    assert "Microsoft.Web/serverFarms" not in network


def test_somebody_is_told_of_everything_that_goes_wrong_in_silence() -> None:
    over_measures = {each["metric"] for each in json.loads((BICEP / "alerts.json").read_text())}
    assert over_measures >= {f"eventing.{each}" for each in ("lag", "outbox_age", "parked")}
    over_logs = {each["name"] for each in json.loads((BICEP / "log-alerts.json").read_text())}
    assert over_logs == {
        *("capture-silent", "capture-failing", "app-silent", "function-failing"),
        "log-quota-reached",
    }
    for file, name in (
        ("modules/alerts.bicep", "overMetric"),
        ("modules/alerts.bicep", "overLog"),
        ("modules/alerts.bicep", "throttled"),
        ("modules/file-topic.bicep", "undeliveredFiles"),
    ):
        assert "operators.id" in block(SOURCES, file, name).text, name


def test_alerts_and_workbook_look_at_the_same_metrics() -> None:
    alerts = {each["metric"] for each in json.loads((BICEP / "alerts.json").read_text())}
    workbook = (BICEP / "workbook.json").read_text()
    assert alerts == set(re.findall(r"Name == '(eventing\.\w+)'", workbook))
