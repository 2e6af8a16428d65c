"""No key, no right wider than its use, no unencrypted road: read from the templates themselves."""

import json
import re
from pathlib import Path

import pytest

from tests.infra.bicep_text import Block, block, blocks, templates

BICEP = Path(__file__).parents[2] / "bicep"
SOURCES = templates(BICEP)
RESOURCES = [each for each in blocks(SOURCES) if each.kind == "resource" and not each.existing]


def of_type(kind: str) -> list[Block]:
    found = [each for each in RESOURCES if each.target.partition("@")[0] == kind]
    assert found, f"no template makes a {kind}"
    return found


def assignments() -> list[Block]:
    return of_type("Microsoft.Authorization/roleAssignments")


@pytest.mark.parametrize(
    "word",
    [
        r"\blist\w*Keys?\s*\(",
        r"\.listKeys\b",
        "SharedAccessKey",
        "AccountKey=",
        r"\blist\w*Sas\s*\(",
        r"authorizationRules",
        r"accessPolicies",
        "StorageAccountConnectionString",
    ],
)
def test_no_template_makes_or_asks_for_a_key(word: str) -> None:
    assert [file for file, text in SOURCES.items() if re.search(word, text, re.IGNORECASE)] == []


def test_the_only_secret_goes_from_a_vault_to_event_grid_through_a_secure_parameter() -> None:
    users = [file for file, text in SOURCES.items() if ".getSecret(" in text]
    assert users == ["deliveries.bicep"]
    assert re.search(
        r"@secure\(\)\nparam webhookKey string", SOURCES["modules/file-subscription.bicep"]
    )
    assert not [each for each in blocks(SOURCES) if each.kind == "output" and "Key" in each.text]


def test_the_bus_takes_identities_only_and_tls_12() -> None:
    for namespace in of_type("Microsoft.EventHub/namespaces"):
        assert "disableLocalAuth: true" in namespace.text
        assert "minimumTlsVersion: '1.2'" in namespace.text
        assert "zoneRedundant: true" in namespace.text


def test_every_storage_account_refuses_keys_anonymous_readers_and_old_tls() -> None:
    for account in of_type("Microsoft.Storage/storageAccounts"):
        for line in (
            "allowSharedKeyAccess: false",
            "allowBlobPublicAccess: false",
            "allowCrossTenantReplication: false",
            "supportsHttpsTrafficOnly: true",
            "minimumTlsVersion: 'TLS1_2'",
        ):
            assert line in account.text
    for container in of_type("Microsoft.Storage/storageAccounts/blobServices/containers"):
        assert "publicAccess: 'None'" in container.text, container.file


def test_apps_are_https_only_without_ftp_or_passwords() -> None:
    for app in of_type("Microsoft.Web/sites"):
        assert "httpsOnly: true" in app.text
        assert "minTlsVersion: '1.2'" in app.text
        assert "ftpsState: 'Disabled'" in app.text
        assert "type: 'UserAssignedIdentity'" in app.text
    policies = of_type("Microsoft.Web/sites/basicPublishingCredentialsPolicies")
    assert all("allow: false" in each.text and "['ftp', 'scm']" in each.text for each in policies)


def test_apps_carry_no_setting_that_flex_consumption_refuses() -> None:
    text = SOURCES["modules/app.bicep"] + SOURCES["modules/team.bicep"] + SOURCES["main.bicep"]
    for setting in (
        "FUNCTIONS_WORKER_RUNTIME",
        "WEBSITE_RUN_FROM_PACKAGE",
        "WEBSITE_CONTENT",
        "linuxFxVersion",
        "alwaysOn",
    ):
        assert setting not in text


def test_telemetry_and_logs_take_identities_only() -> None:
    assert all(
        "DisableLocalAuth: true" in each.text for each in of_type("Microsoft.Insights/components")
    )
    assert all(
        "disableLocalAuth: true" in each.text
        for each in of_type("Microsoft.OperationalInsights/workspaces")
    )


def test_vaults_use_roles_and_one_vault_serves_one_app() -> None:
    (vault,) = of_type("Microsoft.KeyVault/vaults")
    assert "enableRbacAuthorization: true" in vault.text
    assert "module vault 'vault.bicep'" in SOURCES["modules/team.bicep"]


OF_DEPLOYERS = {"bootstrap.bicep", "modules/role-giver.bicep"}
NARROW = {
    "eventHubsDataSender": {"hub"},
    "eventHubsDataReceiver": {"hub"},
    "schemaRegistryReader": {"schemas"},
    "schemaRegistryContributor": {"schemas"},
    "storageTableDataContributor": {"table[i]"},
    "storageTableDataReader": {"account"},  # the operators' console reads every table of the bus
    "storageBlobDataContributor": {"container", "container[i]", "undelivered"},
    "storageBlobDataReader": {"container"},
    "storageQueueDataContributor": {"poison"},
    "monitoringMetricsPublisher": {"component"},
    "keyVaultSecretsOfficer": {"vault"},
}


def test_every_right_is_on_the_one_thing_it_is_for() -> None:
    for assignment in assignments():
        if assignment.file in OF_DEPLOYERS | {"modules/host-storage.bicep"}:
            continue
        scope = re.search(r"scope: (\S+)", assignment.text)
        role = re.search(r"roleDefinitions',\s*roles\.(\w+)", assignment.text)
        assert scope is not None, f"{assignment.file}: {assignment.name} has no scope"
        assert role is not None, f"{assignment.file}: {assignment.name} names no role"
        assert scope[1] in NARROW[role[1]], f"{assignment.file}: {role[1]} on {scope[1]}"


def test_no_data_role_reaches_the_whole_namespace() -> None:
    assert not [each.file for each in assignments() if re.search(r"scope: namespace\b", each.text)]


def test_only_an_apps_own_host_account_is_given_whole_and_to_that_app_alone() -> None:
    whole = [each for each in assignments() if re.search(r"scope: account\b", each.text)]
    assert {each.file for each in whole} == {"modules/host-storage.bicep", "modules/tables.bicep"}
    assert (
        "storageTableDataReader" in next(e for e in whole if e.file == "modules/tables.bicep").text
    )
    assert "accountOf('host', token)" in SOURCES["modules/team.bicep"]
    assert (
        "token: tokenOf(subscription().id, environmentName, location, domain)"
        in SOURCES["main.bicep"]
    )


def test_each_team_has_an_identity_and_a_group_of_its_own() -> None:
    text = SOURCES["modules/foundation.bicep"]
    assert re.search(r"module teamIdentities .*= \[\n\s+for \(domain, i\) in domains", text)
    assert re.search(r"resource teamGroups .*= \[\n\s+for domain in domains", text)


def test_roles_are_named_in_one_map_and_assigned_by_name() -> None:
    known = json.loads((BICEP / "roles.json").read_text())
    deployer = json.loads((BICEP / "deployer-roles.json").read_text())
    used = set().union(*(re.findall(r"\broles\.(?!json)(\w+)", text) for text in SOURCES.values()))
    assert used == set(known)
    guid = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    for identifier in (*known.values(), *deployer.values()):
        assert re.fullmatch(guid, identifier)
    strays = {file for file, text in SOURCES.items() if re.search(guid, text)}
    assert strays == {"modules/policy.bicep"}, "a role id is written out instead of named"


def test_assignments_can_be_deployed_twice() -> None:
    for assignment in assignments():
        assert "principalType:" in assignment.text
        named = re.search(r"name: guid\(([^)]*)\)", assignment.text)
        assert named is not None
        assert "properties." not in named[1], "a name must be known before anything is made"


def test_a_deployer_gives_away_only_named_roles_and_only_to_apps() -> None:
    giver = SOURCES["modules/role-giver.bicep"]
    assert "condition: '(${mayWriteOnly}) AND (${mayDeleteOnly})'" in giver
    assert giver.count(":${isRoleIn} AND @Re") == giver.count(":${isAnApp})'") == 2
    text = SOURCES["bootstrap.bicep"]
    assert text.count("'modules/role-giver.bicep'") == 2
    assert "roleIds: map(items(roles), role => role.value)" in text
    assert "roleIds: map(joinerGives, role => roles[role])" in text


def test_another_teams_pipeline_can_make_and_never_delete() -> None:
    gives = json.loads((BICEP / "join-gives.json").read_text())
    assert set(gives) == {"eventHubsDataSender", "eventHubsDataReceiver", "schemaRegistryReader"}
    actions = json.loads((BICEP / "join-role.json").read_text())["actions"]
    assert [each for each in actions if "*" in each] == ["Microsoft.Resources/deployments/*"]
    assert not [each for each in actions if "delete" in each.lower() or "Keys" in each]
    assert "permissions: [{ actions: joining.actions }]" in SOURCES["bootstrap.bicep"]


@pytest.mark.parametrize(
    ("template", "who"), [("publisher.bicep", "sender"), ("consumer.bicep", "receiver")]
)
def test_a_team_that_joins_may_look_contracts_up(template: str, who: str) -> None:
    module = block(SOURCES, template, "mayReadSchemas").text
    assert "if (!empty(schemaGroupName))" in module
    assert f"reader: {who}\n" in module
    for script in ("publish-hub.sh", "consume-hub.sh"):
        assert (
            'schemaGroupName="$schema_group"' in (BICEP.parent / "pipelines" / script).read_text()
        )


def test_everything_that_can_log_has_a_diagnostic_setting() -> None:
    scopes = {
        (each.file, re.search(r"scope: (\w+)", each.text))
        for each in of_type("Microsoft.Insights/diagnosticSettings")
    }
    told = {(file, scope[1]) for file, scope in scopes if scope}
    assert told >= {
        ("modules/account.bicep", "account"),
        ("modules/account.bicep", "blobs"),
        ("modules/account.bicep", "queues"),
        ("modules/account.bicep", "tables"),
        ("modules/app.bicep", "app"),
        ("modules/broker.bicep", "namespace"),
        ("modules/file-topic.bicep", "topic"),
        ("modules/monitoring.bicep", "workspace"),
        ("modules/vault.bicep", "vault"),
    }


def test_every_resource_that_takes_tags_gets_its_teams() -> None:
    tagged = (
        "namespaces",
        "storageAccounts",
        "sites",
        "serverfarms",
        "vaults",
        "userAssignedIdentities",
        "workspaces",
        "components",
        "systemTopics",
        "resourceGroups",
    )
    for each in RESOURCES:
        if each.target.partition("@")[0].rpartition("/")[2] in tagged:
            assert re.search(r"\btags:", each.text), f"{each.file}: {each.name} has no tags"


def test_every_template_says_what_it_is_for_and_is_used_or_deployed() -> None:
    entries = {"main.bicep", "deliveries.bicep", "bootstrap.bicep"}
    used = {
        path
        for each in blocks(SOURCES)
        if each.kind == "module"
        for path in [(Path(each.file).parent / each.target).as_posix()]
    }
    used = {str(Path(*_resolved(path))) for path in used}
    imported = {"types.bicep", "names.bicep"}
    assert set(SOURCES) - entries - imported == used - entries
    for path in BICEP.rglob("*.bicep"):
        assert path.read_text().startswith("// "), path.name


def _resolved(path: str) -> list[str]:
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return parts
