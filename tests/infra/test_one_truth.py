"""Declaration, templates, code, settings and contracts agree; a mistake of any kind is told."""

import copy
import dataclasses
import re
from collections.abc import Callable

import pytest

from tests.infra.agreement import AWAITED, RIGHTS, disagreements
from tests.infra.truth import Function, Truth


def test_declaration_templates_code_settings_and_contracts_agree(truth: Truth) -> None:
    assert set(disagreements(truth)) == AWAITED


def test_every_app_indexes_alone_with_the_settings_that_azure_gives_it(truth: Truth) -> None:
    assert {function.domain for function in truth.functions} == set(truth.domains)


type Mistake = Callable[[Truth], Truth]

NOBODY, NOTHING = "no-team", "no-aggregate"
"""Names with a hyphen, which no team and no aggregate can have."""


def _some(truth: Truth, kind: str) -> Function:
    return next(each for each in truth.functions if each.kind.lower() == kind.lower())


def _rebound(truth: Truth, kind: str, **trigger: str) -> Truth:
    old = _some(truth, kind)
    new = dataclasses.replace(old, trigger={**old.trigger, **trigger})
    return dataclasses.replace(
        truth, functions=tuple(new if each is old else each for each in truth.functions)
    )


def _without(truth: Truth, kind: str) -> Truth:
    gone = _some(truth, kind)
    return dataclasses.replace(
        truth, functions=tuple(each for each in truth.functions if each is not gone)
    )


def _redeclared(
    truth: Truth, change: Callable[[dict[str, dict[str, dict[str, object]]]], object]
) -> Truth:
    bus = copy.deepcopy(truth.bus)
    change(bus)
    return dataclasses.replace(truth, bus=bus)


def _captured_into(truth: Truth, container: str) -> Truth:
    capture = truth.bus["capture"] | {"container": container}
    return dataclasses.replace(truth, bus={**truth.bus, "capture": capture})


def _rewritten(truth: Truth, file: str, old: str, new: str) -> Truth:
    text = truth.templates[file]
    assert old in text, f"the seed of the mistake is gone from {file}"
    return dataclasses.replace(truth, templates={**truth.templates, file: text.replace(old, new)})


def _set(truth: Truth, domain: str, add: str = "", drop: str = "") -> Truth:
    names = (truth.settings[domain] | ({add} if add else set())) - set(drop.split())
    return dataclasses.replace(truth, settings={**truth.settings, domain: names})


LAKE = {"reads": ["captured-events", "schemas"], "writes": ["basin"]}


def _with_an_app(
    truth: Truth, name: str, app: dict[str, list[str]], *words: str, basin: bool = True
) -> Truth:
    """One more app of the platform, whose code names these words."""
    found = _redeclared(truth, lambda bus: bus["apps"].update({name: {**app}}))
    if basin:
        found.bus["containers"]["basin"] = {"owner": "platform"}
    return dataclasses.replace(found, words={**found.words, name: set(words)})


MISTAKES: dict[str, tuple[Mistake, str]] = {
    "a binding without a right": (
        lambda t: _redeclared(t, lambda bus: bus["hubs"]["lead"].update(consumerGroups=[])),
        "without a right",
    ),
    "a right without a binding": (
        lambda t: _redeclared(
            t, lambda bus: bus["hubs"]["product"].update(consumerGroups=["conversions", "customer"])
        ),
        "has the right to read product, and no function",
    ),
    "a reaction that was removed": (
        lambda t: _without(t, "eventHubTrigger"),
        "and no function of its app does",
    ),
    "a binding to a hub that nobody declares": (
        lambda t: _rebound(t, "eventHubTrigger", eventHubName="prodcut"),
        "the hub prodcut, which bus.json does not declare",
    ),
    "a consumer group of another team": (
        lambda t: _rebound(t, "eventHubTrigger", consumerGroup="product"),
        "under the name of product",
    ),
    "the default consumer group": (
        lambda t: _rebound(t, "eventHubTrigger", consumerGroup="$Default"),
        "under the name of $Default",
    ),
    "a container that nobody declares": (
        lambda t: _redeclared(t, lambda bus: bus["containers"].pop("sales-files")),
        "waits on sales-files, which bus.json does not declare",
    ),
    "a container that another team owns": (
        lambda t: _redeclared(
            t, lambda bus: bus["containers"]["sales-files"].update(owner="customer")
        ),
        "which customer owns",
    ),
    "a right on a container that no code names": (
        lambda t: _redeclared(t, lambda bus: bus["containers"].update(bills={"owner": "customer"})),
        "a right on the container bills, and no code names it",
    ),
    "a blob trigger that scans": (
        lambda t: _rebound(t, "blobTrigger", source="LogsAndContainerScan"),
        "Flex Consumption wants source=EventGrid",
    ),
    "a blob trigger that Event Grid does not know": (
        lambda t: dataclasses.replace(t, deliveries=[]),
        "deliveries.json lacks",
    ),
    "a delivery to a function that does not exist": (
        lambda t: dataclasses.replace(
            t,
            deliveries=[
                *t.deliveries,
                {"domain": "customer", "container": "bills", "function": "bill_dropped"},
            ],
        ),
        "no blob trigger is called bill_dropped",
    ),
    "a table without its team": (
        lambda t: _redeclared(t, lambda bus: bus["tables"].pop("customer")),
        "opens the table customer, which bus.json does not declare",
    ),
    "a right on another team's table": (
        lambda t: _redeclared(t, lambda bus: bus["tables"]["product"].update(owner="customer")),
        "customer has a right on the table product",
    ),
    "an app for a domain that does not exist": (
        lambda t: _redeclared(t, lambda bus: bus["tables"].update({NOBODY: {"owner": NOBODY}})),
        f"an app is deployed for {NOBODY}",
    ),
    "a domain that is deployed nowhere": (
        lambda t: dataclasses.replace(t, folders=t.folders | {NOBODY}),
        f"domains/{NOBODY} is deployed nowhere",
    ),
    "an app of the platform with a right that its code does not use": (
        lambda t: _with_an_app(t, NOBODY, LAKE, "basin"),
        f"{NOBODY} has a right on the container captured-events, and its code does not name it",
    ),
    "an app of the platform that names a container without a right": (
        lambda t: _with_an_app(t, NOBODY, LAKE, "basin", "captured-events", "sales-files/{name}"),
        f"{NOBODY} names the container sales-files without a right",
    ),
    "an app of the platform that writes what nobody declares": (
        lambda t: _with_an_app(t, NOBODY, LAKE, "basin", "captured-events", basin=False),
        f"{NOBODY} may use basin, which is no container of the platform",
    ),
    "an app of the platform with a right on a team's container": (
        lambda t: _with_an_app(t, NOBODY, {"reads": ["sales-files"], "writes": []}, "sales-files"),
        f"{NOBODY} may use sales-files, which is no container of the platform",
    ),
    "two writers of one container": (
        lambda t: _with_an_app(
            _with_an_app(t, NOBODY, LAKE), NOTHING, {"reads": [], "writes": ["basin"]}
        ),
        "two apps may write the container basin",
    ),
    "a container of the platform that nobody writes": (
        lambda t: _redeclared(t, lambda bus: bus["containers"].update(basin={"owner": "platform"})),
        "the platform owns the container basin, and nobody writes it",
    ),
    "capture into a container that nobody declares": (
        lambda t: _captured_into(t, "basin"),
        "capture writes basin, which is no container of the platform",
    ),
    "an app that writes over what was captured": (
        lambda t: _with_an_app(t, NOBODY, {"reads": [], "writes": ["captured-events"]}),
        "capture and an app both write the container captured-events",
    ),
    "a console that may look at hubs and is not told where they are": (
        lambda t: _set(
            t,
            "operations",
            drop="EVENTS__fullyQualifiedNamespace EVENTS__credential EVENTS__clientId",
        ),
        "the app of operations reads the setting EVENTS, which Azure does not give it",
    ),
    "a console that is told of the registry and does not use it": (
        lambda t: _set(t, "operations", add="SCHEMAS__fullyQualifiedNamespace"),
        "the app of operations gets the setting SCHEMAS__fullyQualifiedNamespace, which nobody",
    ),
    "templates that let the console write tables": (
        lambda t: _rewritten(
            t,
            "modules/tables.bicep",
            "roles.storageTableDataReader",
            "roles.storageTableDataContributor",
        ),
        "the console may not read tables",
    ),
    "templates that let the console send": (
        lambda t: _rewritten(
            t, "modules/watcher.bicep", "roles.eventHubsDataReceiver", "roles.eventHubsDataSender"
        ),
        "the console may not ask hubs",
    ),
    "a setting that nobody reads": (
        lambda t: _set(t, "product", add="COLOUR"),
        "the setting COLOUR, which nobody reads",
    ),
    "a setting that another team reads": (
        lambda t: _set(t, "product", add="QUOTE_ABANDONED_AFTER_DAYS"),
        "the app of product gets the setting QUOTE_ABANDONED_AFTER_DAYS, which nobody reads",
    ),
    "a connection that the team does not use": (
        lambda t: _set(t, "product", add="FILES__blobServiceUri"),
        "the app of product gets the setting FILES__blobServiceUri, which nobody reads",
    ),
    "a setting that Azure does not give": (
        lambda t: _set(t, "conversions", drop="FILES_SCHEDULE"),
        "reads the setting FILES_SCHEDULE, which Azure does not give it",
    ),
    "a setting that the example does not show": (
        lambda t: dataclasses.replace(t, example=t.example - {"SWEEP_SCHEDULE"}),
        "Azure gives SWEEP_SCHEDULE, which local.settings.json.example does not show",
    ),
    "a setting that only the example shows": (
        lambda t: dataclasses.replace(t, example=t.example | {"COLOUR"}),
        "local.settings.json.example shows COLOUR",
    ),
    "a contract of a team without the hub": (
        lambda t: dataclasses.replace(t, event_types=(*t.event_types, "product.sale.doubled")),
        "product raises product.sale.doubled without the right to send to sale",
    ),
    "a contract that no hub carries": (
        lambda t: dataclasses.replace(
            t, event_types=(*t.event_types, f"customer.{NOTHING}.issued")
        ),
        f"customer.{NOTHING}.issued is carried by 0 hubs",
    ),
    "a hub that nobody writes": (
        lambda t: _redeclared(
            t,
            lambda bus: bus["hubs"].update(
                {
                    NOTHING: {
                        "owner": "customer",
                        "aggregates": [NOTHING],
                        "partitions": 1,
                        "consumerGroups": [],
                    }
                }
            ),
        ),
        f"customer may send {NOTHING} to {NOTHING}, and no contract does",
    ),
    "templates that do not read the declaration": (
        lambda t: _rewritten(t, "main.bicep", "loadJsonContent('../bus.json')", "{}"),
        "main.bicep does not read bus.json",
    ),
    "templates that give readers no right": (
        lambda t: _rewritten(
            t, "consumer.bicep", "roles.eventHubsDataReceiver", "roles.eventHubsDataSender"
        ),
        "readers may not receive",
    ),
    "a right to send that reaches the whole bus": (
        lambda t: _rewritten(t, "publisher.bicep", "scope: hub\n", "scope: namespace\n"),
        "owners may not send",
    ),
    "a right on every table of the account": (
        lambda t: _rewritten(t, "modules/tables.bicep", "scope: table[i]\n", "scope: account\n"),
        "owners may not use their tables",
    ),
    "a right on every container of the account": (
        lambda t: _rewritten(t, "modules/files.bicep", "scope: container[i]\n", "scope: account\n"),
        "owners may not use their containers",
    ),
    "templates that let one sender send everywhere": (
        lambda t: _rewritten(
            t, "modules/bus.bicep", "identityNames[hub.value.owner]", "identityNames['product']"
        ),
        "a hub's sender is not its owner",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_the_one_truth_tells(truth: Truth, name: str) -> None:
    mistake, sentence = MISTAKES[name]
    assert any(sentence in told for told in disagreements(mistake(truth)))


@pytest.mark.parametrize(("file", "form", "sentence"), RIGHTS, ids=lambda each: str(each)[:30])
def test_a_right_that_the_templates_no_longer_give_is_told(
    truth: Truth, file: str, form: str, sentence: str
) -> None:
    cut = {**truth.templates, file: re.sub(form, "", truth.templates[file])}
    told = disagreements(dataclasses.replace(truth, templates=cut))
    assert f"bicep/{file}: {sentence}" in told
