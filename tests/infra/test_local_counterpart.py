"""The checks of a live environment on the stack of this machine: the same code, all event types."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from eventing.bus import ROOT, declared
from eventing.schemas import event_types
from local.ports import Ports
from local.settings import example
from local.stack import Stack
from tests.infra.truth import Truth
from tests.infra.verify import checks
from tests.infra.verify.local_stack import LocalStack
from tests.infra.verify.thread import Thread


@pytest.fixture
def idle(servers: Stack, monkeypatch: pytest.MonkeyPatch) -> LocalStack:
    """Servers without the app, whose readers would keep others out of their groups."""
    for name, value in servers.environment().items():
        monkeypatch.setenv(name, value)  # the registry's client finds identity and authority there
    return LocalStack(servers, {})


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """A stack of its own with the app, whose clock can be moved."""
    values = example() | {"DUE_SCHEDULE": "*/2 * * * * *"}
    with Stack(tmp_path_factory.mktemp("stack"), Ports.free(), values) as stack:
        stack.start(app=True)
        yield LocalStack(stack, values)


@pytest.mark.stack
def test_hubs_partitions_and_readers_are_the_declared_ones(idle: LocalStack, truth: Truth) -> None:
    checks.hubs(idle, truth)


@pytest.mark.stack
def test_a_hub_that_nobody_declared_is_not_there(idle: LocalStack) -> None:
    with pytest.raises(LookupError):
        idle.partitions("undeclared")


@pytest.mark.stack
@pytest.mark.timeout(300)
def test_containers_and_tables_are_the_declared_ones(running: LocalStack, truth: Truth) -> None:
    # On a stack of its own: other tests keep things of theirs on the shared one.
    checks.stores(running, truth)


@pytest.mark.stack
def test_every_contract_is_registered(idle: LocalStack) -> None:
    checks.contracts(idle)


@pytest.mark.stack
@pytest.mark.timeout(300)
def test_the_app_has_its_settings_and_its_functions(running: LocalStack, truth: Truth) -> None:
    checks.settings(running, truth)
    checks.functions(running, truth)


@pytest.mark.stack
@pytest.mark.timeout(300)
def test_an_event_of_each_type_is_followed_through_every_team(running: LocalStack) -> None:
    thread = Thread(running, int(example()["QUOTE_ABANDONED_AFTER_DAYS"]))
    thread.follow()
    assert thread.seen == set(event_types())
    # Where no clock can be moved, quotes that are open too long are looked for instead.
    late = thread.lead(thread.open_account())
    now = datetime.now(UTC)
    assert late in thread.open_since(now + timedelta(days=30), at_once=1)
    assert late not in thread.open_since(now, at_once=1)


def test_the_stack_names_no_hub_container_or_table_by_itself() -> None:
    names = [*declared().hubs, *json.loads((ROOT / "bus.json").read_text())["containers"]]
    for path in sorted((ROOT / "local" / "eventhubs").glob("*.py")):
        for name in names:
            assert f'"{name}"' not in path.read_text(), f"{path.name} names {name} itself"
