"""What is held against the declaration wherever it runs: hubs, stores, contracts, apps."""

from concurrent.futures import ThreadPoolExecutor

from eventing.bus import declared
from eventing.schemas import definition, event_types
from eventing.settings import missing
from tests.infra.truth import Truth
from tests.infra.verify.environment import Environment

BESIDE = {"undelivered"}
"""Event Grid's container of what it could not deliver."""


def hubs(environment: Environment, truth: Truth) -> None:
    """Partitions and consumer groups are the declared ones, and nobody else has a group."""
    asked = {*truth.domains, "stranger", "$Default"}

    def check(name: str) -> None:
        hub = truth.bus["hubs"][name]
        assert environment.partitions(name) == hub["partitions"], name
        assert environment.readers(name, asked) == {"$Default", *hub["consumerGroups"]}, name

    # Each waits for its answers most of the time.
    with ThreadPoolExecutor() as side_by_side:
        list(side_by_side.map(check, truth.bus["hubs"]))


def stores(environment: Environment, truth: Truth) -> None:
    """Containers and tables are the declared ones."""
    assert environment.containers() - BESIDE == set(truth.bus["containers"])
    assert environment.tables() == set(truth.bus["tables"])


def contracts(environment: Environment) -> None:
    """Every contract is registered as the checkout has it."""
    with environment.registry() as client:
        for event_type in event_types():
            group, text = declared().schema_group, definition(event_type)
            assert client.get_schema_properties(group, event_type, text, "Avro").id, event_type


def settings(environment: Environment, truth: Truth) -> None:
    """Every app has what its code asks for."""
    for app in environment.apps:
        asked = sorted(set().union(*(truth.asked[domain] for domain in app)))
        assert missing(asked, environment.settings(app)) == [], app


def functions(environment: Environment, truth: Truth) -> None:
    """Every app runs the functions of its domains and no others."""
    for app in environment.apps:
        indexed = {each.name for each in truth.functions if each.domain in app}
        assert environment.functions(app) == indexed, app
