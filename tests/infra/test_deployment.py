"""What deploys: azd, pipelines, the emulator. None holds a secret, all name the same things."""

import itertools
import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from eventing.bus import ROOT, declared
from local.emulator_config import TARGET, rendered
from tests.infra.truth import domains

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PIPELINES = sorted((ROOT / "pipelines").rglob("*.yml"))
SCRIPTS = sorted((ROOT / "pipelines").glob("*.sh"))


def test_the_emulators_configuration_is_fresh() -> None:
    assert TARGET.read_text() == rendered(declared()), "stale: run `make catalogue`"


def test_the_emulator_gets_every_hub_partition_and_reader() -> None:
    config = json.loads(TARGET.read_text())["UserConfig"]["NamespaceConfig"][0]["Entities"]
    bus = declared()
    assert {each["Name"] for each in config} == set(bus.hubs)
    for each in config:
        hub = bus.hubs[each["Name"]]
        assert int(each["PartitionCount"]) == hub.partitions
        assert tuple(group["Name"] for group in each["ConsumerGroups"]) == hub.consumer_groups


def test_the_emulator_can_hold_what_is_declared() -> None:
    """Quotas of the emulator: ten hubs, twenty consumer groups and 32 partitions for each hub."""
    (namespace,) = json.loads(TARGET.read_text())["UserConfig"]["NamespaceConfig"]
    assert len(namespace["Entities"]) <= 10
    for each in namespace["Entities"]:
        assert 1 <= int(each["PartitionCount"]) <= 32
        assert len(each["ConsumerGroups"]) <= 20


def test_compose_opens_ports_on_this_machine_only() -> None:
    text = (ROOT / "compose.yaml").read_text()
    ports = re.findall(r'- "([\d.:]+:\d+)"', text)
    assert len(ports) == 4
    assert all(port.startswith("127.0.0.1:") for port in ports)
    assert "--disableTelemetry" in text
    assert TARGET.relative_to(ROOT).as_posix() in text


def test_azd_deploys_every_domain_into_its_own_group() -> None:
    text = (ROOT / "azure.yaml").read_text()
    bus = json.loads((ROOT / "bus.json").read_text())
    services = re.findall(r"^  ([a-z]+):\n    project: \.", text, re.MULTILINE)
    assert sorted(services) == domains(bus)
    for service in services:
        assert f"resourceGroup: ${{AZURE_RESOURCE_GROUP_PREFIX}}-{service}" in text
    assert "path: bicep" in text


def test_azd_and_the_environments_take_the_same_variables() -> None:
    """What a pipeline says in the environment, `azd env set` says for azd."""
    azd = (ROOT / "bicep" / "main.parameters.json").read_text()
    given = dict(re.findall(r'"(\w+)": \{ "value": "\$\{(\w+)', azd))
    for path in sorted((ROOT / "bicep" / "environments").glob("*.bicepparam")):
        read = dict(
            re.findall(r"^param (\w+) = readEnvironmentVariable\('(\w+)'", path.read_text(), re.M)
        )
        assert read == {name: given[name] for name in read}, path.name
        assert set(given) - set(read) == {"environmentName", "principalType"}, path.name


def test_a_deployment_repeats_the_day_on_which_a_budget_began() -> None:
    """Azure answers 400 to a budget whose start is moved, or lies in the past when it is new."""
    text = (ROOT / "bicep" / "modules" / "governance.bicep").read_text()
    assert "startDate: budgetStarts[?groupName] ?? thisMonth" in text
    assert (
        'BUDGET_STARTS="$("$here/budget-starts.sh")"'
        in (ROOT / "pipelines" / "deploy-bus.sh").read_text()
    )
    assert "azd env set BUDGET_STARTS" in (ROOT / "azure.yaml").read_text()


def test_every_image_of_the_alternative_stack_has_one_version() -> None:
    images = re.findall(r"image: (\S+)", (ROOT / "compose.yaml").read_text())
    assert len(images) == 2
    assert [each for each in images if not re.search(r":\d+\.\d+\.\d+$", each)] == []


def test_azd_gives_every_parameter_that_has_no_default() -> None:
    given = json.loads((ROOT / "bicep" / "main.parameters.json").read_text())["parameters"]
    text = (ROOT / "bicep" / "main.bicep").read_text()
    needed = set(re.findall(r"^param (\w+) [^=\n]+$", text, re.MULTILINE))
    assert needed <= set(given)
    assert set(given) <= set(re.findall(r"^param (\w+)", text, re.MULTILINE))


@pytest.mark.parametrize("path", [*WORKFLOWS, *PIPELINES, *SCRIPTS], ids=lambda path: path.name)
def test_no_pipeline_holds_a_secret(path: Path) -> None:
    text = path.read_text()
    for word in (
        "secrets.",
        "client-secret",
        "connection-string",
        "keys list",
        "AccountKey",
        "creds:",
    ):
        assert word not in text


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_says_what_it_may(path: Path) -> None:
    text = path.read_text()
    assert re.search(r"^permissions:\n  contents: read", text, re.MULTILINE)
    assert ("id-token: write" in text) == ("azure/login@" in text)
    assert "timeout-minutes:" in text


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_runs_actions_by_commit_and_leaves_no_token_behind(path: Path) -> None:
    text = path.read_text()
    for used in re.findall(r"^ +- uses: (.*)$", text, re.MULTILINE):
        assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", used), used
    assert text.count("actions/checkout@") == text.count("persist-credentials: false")


def test_the_login_of_a_pipeline_does_not_outlast_its_deployment() -> None:
    text = (ROOT / ".github" / "workflows" / "deploy.yml").read_text()
    names = ("deploy-bus.sh", "publish-apps.sh", "deliver-files.sh", "make verify-azure")
    steps = [text.index(step) for step in names]
    for before, after in itertools.pairwise(steps):
        assert "azure/login@" in text[before:after]
    text = (ROOT / "pipelines" / "templates" / "deploy.yml").read_text()
    steps = [text.index(step) for step in names]
    for before, after in itertools.pairwise(steps):
        assert "task: AzureCLI@2" in text[before:after]


def test_event_grid_is_told_only_after_the_host_was_woken_and_has_made_its_key() -> None:
    text = (ROOT / "pipelines" / "deliver-files.sh").read_text()
    assert text.index("/api/health/") < text.index("/../bicep/deliveries.bicep")
    for path in ("azure.yaml", ".github/workflows/deploy.yml", "pipelines/templates/deploy.yml"):
        assert "pipelines/deliver-files.sh" in (ROOT / path).read_text(), path


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_is_bash_that_parses_and_stops_at_the_first_failure(script: Path) -> None:
    subprocess.run(["bash", "-n", str(script)], check=True)
    if script.name != "bus-names.sh":
        assert "\nset -euo pipefail\n" in script.read_text()
        assert os.access(script, os.X_OK)


def test_an_environment_is_torn_down_only_when_it_is_named_twice() -> None:
    script = ROOT / "pipelines" / "tear-down.sh"
    refused = subprocess.run(
        [script, "dev"],
        env={"PATH": "/usr/bin:/bin", "ENVIRONMENT": "live"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 2
    assert "say it twice" in refused.stderr


@pytest.mark.parametrize("kind", ["producer", "consumer"])
def test_both_ways_of_calling_a_template_run_the_same_script(kind: str) -> None:
    script = {"producer": "publish-hub.sh", "consumer": "consume-hub.sh"}[kind]
    github = (ROOT / ".github" / "workflows" / f"{kind}.yml").read_text()
    azure = (ROOT / "pipelines" / "templates" / f"{kind}.yml").read_text()
    for text in (github, azure):
        assert text.index(f"pipelines/{script} what-if") < text.index(f"pipelines/{script} create")
    assert "workflow_call" in github


def test_a_new_hub_is_captured_where_the_declaration_says() -> None:
    for script in ("publish-hub.sh", "tear-down.sh"):
        assert "jq -r .capture.container" in (ROOT / "pipelines" / script).read_text()


def test_inputs_reach_shells_as_environment_and_never_as_text() -> None:
    for path in WORKFLOWS:
        runs = re.findall(r"run: (?:[|>]-?)?(.*?)(?=\n\s*- |\Z)", path.read_text(), re.DOTALL)
        assert not [run for run in runs if "${{ inputs." in run], path.name


@pytest.mark.parametrize("script", ["publish-hub.sh", "consume-hub.sh"])
def test_scripts_give_their_template_every_parameter_it_needs(script: str) -> None:
    text = (ROOT / "pipelines" / script).read_text()
    template = {"publish-hub.sh": "publisher.bicep", "consume-hub.sh": "consumer.bicep"}[script]
    source = (ROOT / "bicep" / template).read_text()
    for name in re.findall(r"^param (\w+) [^=\n]+$", source, re.MULTILINE):
        assert re.search(rf"\b{name}=", text), f"{script} leaves out {name}"


def test_core_tools_have_one_exact_version() -> None:
    files = [*WORKFLOWS, *PIPELINES, *SCRIPTS, ROOT / ".devcontainer" / "devcontainer.json"]
    found = {
        version
        for path in files
        for version in re.findall(r"azure-functions-core-tools@(\S+?)[\s\"]", path.read_text())
    }
    assert found == {"4.15.1"}
