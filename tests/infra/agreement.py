"""Every way in which the places of a Truth can disagree, each as a sentence."""

import re
from collections.abc import Iterator

from tests.infra.truth import SERVICES, Function, Truth, uses

LOCAL_ONLY = {
    "CLOCK_AHEAD_DAYS",  # moves a laptop's clock, and nobody else's
    "FUNCTIONS_WORKER_RUNTIME",  # the app's resource says it in Azure
    "IDENTITY_ENDPOINT",  # Azure sets it itself
    "IDENTITY_HEADER",
    "REQUESTS_CA_BUNDLE",  # Azure's certificates are publicly trusted
    "SSL_CERT_FILE",
}
READ_BY_HOST = {
    "AzureWebJobsStorage",
    "AzureWebJobsSecretStorageType",
    "AzureWebJobsSecretStorageKeyVaultUri",
    "AzureWebJobsSecretStorageKeyVaultClientId",
    "APPLICATIONINSIGHTS_CONNECTION_STRING",
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
}
READ_BY_SDK = {"AZURE_CLIENT_ID", "AZURE_TOKEN_CREDENTIALS"}
AZURE_ONLY = READ_BY_HOST | {"AZURE_CLIENT_ID"}
NOT_OURS = {
    "WEBSITE_SITE_NAME",  # Azure sets it itself
    "OTEL_TRACES_SAMPLER_ARG",  # for whoever wants fewer traces
}
FUNCTION_APP_READS = {"DOMAINS"}
CONNECTIONS = {
    "EVENTS",
    "STATE",
    "FILES",
    "SCHEMAS",
}  # a team that uses one says so in its SETTINGS

AWAITED: set[str] = set()
"""What is declared ahead of the code that will use it; whoever writes that code takes it out."""


def base(setting: str) -> str:
    """`EVENTS` of `EVENTS__clientId`."""
    return setting.partition("__")[0]


def disagreements(truth: Truth) -> list[str]:
    """Every disagreement; empty when all places say the same."""
    checks = (hubs, files, tables, apps, platform, settings, contracts, rights)
    return [sentence for check in checks for sentence in check(truth)]


def hubs(truth: Truth) -> Iterator[str]:
    """Readers as bound in code against readers as declared, which are those that get the right."""
    declared = {
        (hub, group) for hub, each in truth.bus["hubs"].items() for group in each["consumerGroups"]
    }
    bound = set()
    for function in _of(truth, "eventHubTrigger"):
        hub = function.trigger["eventHubName"]
        group = function.trigger.get("consumerGroup", "$Default")
        if hub not in truth.bus["hubs"]:
            yield f"{function.name} is bound to the hub {hub}, which bus.json does not declare"
        elif (hub, group) not in declared:
            yield f"{function.name} reads {hub} as {group} without a right in bus.json"
        if group != function.domain:
            yield f"{function.name} of {function.domain} reads {hub} under the name of {group}"
        if (hub, group) in bound:
            yield f"two functions read {hub} as {group} and would steal each other's events"
        bound.add((hub, group))
    for hub, group in sorted(declared - bound):
        yield f"{group} has the right to read {hub}, and no function of its app does"


def files(truth: Truth) -> Iterator[str]:
    """Containers in code against the declared; blob triggers against Event Grid's deliveries."""
    triggers = set()
    for function in _of(truth, "blobTrigger"):
        container = str(function.trigger["path"]).partition("/")[0]
        owner = truth.bus["containers"].get(container, {}).get("owner")
        if owner is None:
            yield f"{function.name} waits on {container}, which bus.json does not declare"
        elif owner == "platform" and container in _may_use(truth, function.domain):
            pass
        elif owner != function.domain:
            yield f"{function.name} of {function.domain} waits on {container}, which {owner} owns"
        if function.trigger.get("source", "").lower() != "eventgrid":
            yield f"{function.name} scans {container}: Flex Consumption wants source=EventGrid"
        triggers.add((function.domain, container, function.name))
    told = {(each["domain"], each["container"], each["function"]) for each in truth.deliveries}
    for domain, container, name in sorted(told - triggers):
        yield f"Event Grid tells {domain} of {container}, and no blob trigger is called {name}"
    for domain, container, name in sorted(triggers - told):
        yield f"nobody tells {domain} of {container}: deliveries.json lacks {name}"
    for container, each in truth.bus["containers"].items():
        if each["owner"] != "platform" and not _mentions(truth, each["owner"], container):
            yield f"{each['owner']} has a right on the container {container}, and no code names it"


def tables(truth: Truth) -> Iterator[str]:
    """A team's table is called as the team is, which is how the code finds it."""
    for name, each in truth.bus["tables"].items():
        if name != each["owner"]:
            yield f"{each['owner']} has a right on the table {name}, which its app never opens"
    for domain in set(truth.domains) - set(truth.bus["apps"]):
        if domain not in truth.bus["tables"]:
            yield f"the app of {domain} opens the table {domain}, which bus.json does not declare"


def apps(truth: Truth) -> Iterator[str]:
    """The apps that are deployed against the domains that exist."""
    for domain in sorted(set(truth.domains) - truth.folders):
        yield f"an app is deployed for {domain}, and there is no domains/{domain}/triggers.py"
    for domain in sorted(truth.folders - set(truth.domains)):
        told = "give it a hub, a group or a table in bus.json, or a place in its apps"
        yield f"domains/{domain} is deployed nowhere: {told}"


def platform(truth: Truth) -> Iterator[str]:
    """What the platform's apps may read and write against what their code names."""
    owned = {name for name, each in truth.bus["containers"].items() if each["owner"] == "platform"}
    writers = [name for app in truth.bus["apps"].values() for name in app["writes"]]
    for name in sorted({each for each in writers if writers.count(each) > 1}):
        yield f"two apps may write the container {name}"
    captured = truth.bus["capture"]["container"]
    if captured not in owned:
        yield f"capture writes {captured}, which is no container of the platform"
    if captured in writers:
        yield f"capture and an app both write the container {captured}"
    for name in sorted(owned - set(writers) - {captured}):
        yield f"the platform owns the container {name}, and nobody writes it"
    for app, declared in truth.bus["apps"].items():
        for name in sorted({*declared["reads"], *declared["writes"]} - owned - set(SERVICES)):
            yield f"{app} may use {name}, which is no container of the platform"
        named = {word.partition("/")[0] for word in truth.words.get(app, set())}
        for name in sorted(uses(truth.bus, app) & owned - named):
            yield f"{app} has a right on the container {name}, and its code does not name it"
        for name in sorted(set(truth.bus["containers"]) & named - uses(truth.bus, app)):
            yield f"{app} names the container {name} without a right in bus.json"


def settings(truth: Truth) -> Iterator[str]:
    """Settings that Azure gives, the code reads and the example shows."""
    for domain, given in truth.settings.items():
        bindings = _named_in_bindings(truth, domain)
        words = truth.words.get(domain, set())
        everyones = {name for name in truth.asked["eventing"] if base(name) not in CONNECTIONS}
        known = words | {base(word) for word in words} | bindings | everyones
        free = READ_BY_HOST | READ_BY_SDK | FUNCTION_APP_READS
        for setting in sorted(given):
            if not {setting, base(setting)} & (known | free):
                yield f"the app of {domain} gets the setting {setting}, which nobody reads"
        wanted = bindings | truth.asked.get(domain, set())
        for name in sorted(wanted - given - {base(setting) for setting in given}):
            yield f"the app of {domain} reads the setting {name}, which Azure does not give it"
    given_to_any = set().union(*truth.settings.values())
    bases = {base(setting) for setting in given_to_any}
    for name in sorted(truth.asked["eventing"] - given_to_any - bases - LOCAL_ONLY - NOT_OURS):
        yield f"eventing reads the setting {name}, which no app gets in Azure"
    shown = {base(name) for name in truth.example}
    for name in sorted(shown - bases - LOCAL_ONLY):
        yield f"local.settings.json.example shows {name}, which no app gets in Azure"
    for name in sorted(bases - shown - {base(each) for each in AZURE_ONLY}):
        yield f"Azure gives {name}, which local.settings.json.example does not show"


def contracts(truth: Truth) -> Iterator[str]:
    """Event types against the hubs that carry them and the teams that may send."""
    for event_type in truth.event_types:
        team, aggregate, _ = event_type.split(".")
        carriers = [
            name for name, hub in truth.bus["hubs"].items() if aggregate in hub["aggregates"]
        ]
        if len(carriers) != 1:
            yield f"{event_type} is carried by {len(carriers)} hubs, not one"
        elif truth.bus["hubs"][carriers[0]]["owner"] != team:
            yield f"{team} raises {event_type} without the right to send to {carriers[0]}"
    for name, hub in truth.bus["hubs"].items():
        for aggregate in hub["aggregates"]:
            if not any(
                each.startswith(f"{hub['owner']}.{aggregate}.") for each in truth.event_types
            ):
                yield f"{hub['owner']} may send {aggregate} to {name}, and no contract does"


RIGHTS = (
    ("main.bicep", r"loadJsonContent\('\.\./bus\.json'\)", "main.bicep does not read bus.json"),
    ("main.bicep", r"\bhubs: hubs\n\s+views: views\n", "the bus is not given the declared hubs"),
    ("main.bicep", r"identityNames: identityNames\n", "the bus is not given the teams' identities"),
    ("main.bicep", r"tableOwners: bus\.tables\n", "the stores are not given the declared tables"),
    ("main.bicep", r"\bowners: identityNames\n", "the stores are not given the teams' identities"),
    ("modules/stores.bicep", r"tables: tableOwners\n\s+owners: owners\n", "tables have no owners"),
    ("modules/stores.bicep", r"fileContainers\n\s+owners: owners\n", "containers have no owners"),
    ("modules/bus.bicep", r"for hub in hubs\b", "no publisher is made for each hub"),
    ("modules/bus.bicep", r"for view in views\b", "no consumer is made for each consumer group"),
    (
        "modules/bus.bicep",
        r"sender: identityNames\[hub\.value\.owner\]",
        "a hub's sender is not its owner",
    ),
    (
        "modules/bus.bicep",
        r"receiver: identityNames\[view\.reader\]",
        "a group's reader is not its namesake",
    ),
    (
        "modules/bus.bicep",
        r"partitions: hub\.value\.partitions",
        "partitions are not the declared ones",
    ),
    (
        "publisher.bicep",
        r"scope: hub\n\s+name: guid\([^)]*roles\.eventHubsDataSender",
        "owners may not send",
    ),
    (
        "consumer.bicep",
        r"scope: hub\n\s+name: guid\([^)]*roles\.eventHubsDataReceiver",
        "readers may not receive",
    ),
    ("consumer.bicep", r"eventhubs/consumergroups@", "no consumer group is made"),
    (
        "modules/tables.bicep",
        r"scope: table\[i\]\n\s+name: guid\([^)]*roles\.storageTableDataContributor",
        "owners may not use their tables",
    ),
    (
        "modules/files.bicep",
        r"scope: container\[i\]\n\s+name: guid\([^)]*roles\.storageBlobDataContributor",
        "owners may not use their containers",
    ),
    (
        "modules/broker.bicep",
        r"scope: schemas\n\s+name: guid\([^)]*roles\.schemaRegistryReader",
        "apps may not look schemas up",
    ),
    ("main.bicep", r"watchers: hubWatchers\n", "nobody is told which apps may look at hubs"),
    (
        "modules/watcher.bicep",
        r"scope: hub\n\s+name: guid\([^)]*roles\.eventHubsDataReceiver",
        "the console may not ask hubs how far they are",
    ),
    (
        "modules/tables.bicep",
        r"scope: account\n\s+name: guid\([^)]*roles\.storageTableDataReader",
        "the console may not read tables",
    ),
    (
        "modules/captured.bicep",
        r"name: guid\(container\.id, readerIdentities\[i\]\.id, roles\.storageBlobDataReader",
        "the lake may not read what was captured",
    ),
    (
        "modules/lake.bicep",
        r"scope: container\[i\]\n\s+name: guid\([^)]*roles\.storageBlobDataContributor",
        "the platform's apps may not write their containers",
    ),
    (
        "modules/captured.bicep",
        r"name: guid\(container\.id, writer\.id, roles\.storageBlobDataContributor",
        "capture may not write",
    ),
)


def rights(truth: Truth) -> Iterator[str]:
    """That the templates turn the declaration into rights, and nothing else into them."""
    for file, form, sentence in RIGHTS:
        if not re.search(form, truth.templates[file]):
            yield f"bicep/{file}: {sentence}"


def _of(truth: Truth, kind: str) -> Iterator[Function]:
    return (each for each in truth.functions if each.kind.lower() == kind.lower())


def _may_use(truth: Truth, domain: str) -> set[str]:
    return uses(truth.bus, domain) if domain in truth.bus["apps"] else set()


def _named_in_bindings(truth: Truth, domain: str) -> set[str]:
    names = set()
    for function in truth.functions:
        if function.domain == domain:
            names |= {
                each
                for value in function.trigger.values()
                for each in re.findall(r"%(\w+)%", str(value))
            }
            if connection := function.trigger.get("connection"):
                names.add(str(connection))
    return names


def _mentions(truth: Truth, domain: str, container: str) -> bool:
    words = truth.words.get(domain, set()) | truth.words["eventing"]
    return any(word.partition("/")[0] == container for word in words)
