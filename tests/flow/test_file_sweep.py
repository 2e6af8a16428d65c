"""Every file of a container is received in the end, however few of them one run looks at."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import pytest

from domains.conversions import sweep, triggers
from domains.conversions.files import SALES
from domains.conversions.intake import Intake
from domains.conversions.sweep import Sweep
from eventing.clients import Clients
from eventing.codec import Codec
from eventing.errors import Conflict, Transient
from eventing.files import Claim
from eventing.store import Held
from eventing.team import Team
from tests.api.door import FUNCTIONS
from tests.eventing.memory import MemoryBus, MemoryFiles, MemoryRegistry, MemoryStore, a_spine


@dataclass
class Container:
    """A container of its own, and a team that sweeps it."""

    team: Team
    name: str

    async def drop(self, *names: str) -> None:
        for name in names:
            await self.team.files.store(self.name, f"acme/{name}.csv", b"lead_id,purchase_date\n")

    async def sweep(self) -> tuple[int, int]:
        """How many files a run looked at, and how many of them nobody had announced."""
        run = Sweep(Intake(self.team, replace(SALES, container=self.name)))
        await run.run()
        return run.looked_at, run.found

    async def received(self) -> list[str]:
        kind = SALES.receive.state
        held = [each.state async for each in self.team.store.all_of(kind)]
        return sorted(file.name for file in held if file and f"/{self.name}/" in file.url)


@pytest.fixture(params=["memory", pytest.param("servers", marks=pytest.mark.stack)])
async def container(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Container]:
    monkeypatch.setattr(sweep, "PAGE", 3)
    monkeypatch.setattr(sweep, "PER_RUN", 6)
    name = f"sweep-{uuid4()}"
    if request.param == "memory":
        store, files = MemoryStore(), MemoryFiles()
        yield Container(a_team(store, files), name)
        return
    environment = request.getfixturevalue("servers").environment()
    for setting in ("EVENTS", "FILES", "STATE"):
        monkeypatch.setenv(setting, environment[setting])
    clients = Clients()
    clients.codec = Codec(MemoryRegistry())
    try:
        await clients.blobs.create_container(name)
        yield Container(Team("conversions", clients), name)
        await clients.blobs.delete_container(name)
    finally:
        await clients.close()


def a_team(store: MemoryStore, files: Any) -> Team:
    team = Team("conversions")
    team.store = store  # type: ignore[assignment]  # the store in memory
    team.files = files
    team.spine = a_spine("conversions", store, MemoryBus())
    return team


def names(first: int, last: int) -> list[str]:
    return [f"f{number:02d}" for number in range(first, last)]


async def test_each_run_looks_at_so_many_and_the_next_goes_on_behind_them(
    container: Container,
) -> None:
    await container.drop(*names(0, 14))
    assert [await container.sweep() for _ in range(5)] == [(6, 6), (6, 6), (2, 2), (6, 0), (6, 0)]
    assert await container.received() == [f"{name}.csv" for name in names(0, 14)]


async def test_a_file_that_arrives_before_the_mark_waits_for_one_round_at_most(
    container: Container,
) -> None:
    await container.drop(*names(1, 14))
    await container.sweep()
    await container.drop("f00")
    assert sum([(await container.sweep())[1] for _ in range(3)]) == 8
    assert len(await container.received()) == 14


async def test_a_few_files_are_looked_at_in_every_run(container: Container) -> None:
    await container.drop("a", "b")
    assert await container.sweep() == (2, 2)
    await container.drop("c")
    assert await container.sweep() == (3, 1)
    await container.drop("b")
    assert await container.sweep() == (3, 1)
    assert await container.sweep() == (3, 0)


class Failing(MemoryFiles):
    """Files of which one cannot be claimed."""

    error: Exception | None = Transient("this one does not answer")

    async def claim(self, container: str, name: str) -> Claim:
        if name == "acme/f01.csv" and self.error:
            raise self.error
        return await super().claim(container, name)


@pytest.mark.parametrize("error", [Transient("no answer"), AssertionError("a defect of ours")])
async def test_a_file_in_trouble_keeps_no_other_waiting_for_good(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "PAGE", 3)
    monkeypatch.setattr(sweep, "PER_RUN", 3)
    files = Failing()
    files.error = error
    container = Container(a_team(MemoryStore(), files), "sales-files")
    await container.drop(*names(0, 8))
    for _ in range(2):
        with pytest.raises(type(error)):
            await container.sweep()
        assert [await container.sweep() for _ in range(2)][1][0] == 2
    # Of a defect the page's files behind it suffer, too; they have their triggers.
    wanted = 7 if isinstance(error, Transient) else 6
    assert len(await container.received()) == wanted


@pytest.mark.parametrize(
    ("function", "intake"),
    [("receive_sales_file", triggers.sales), ("receive_lead_file", triggers.leads)],
)
@pytest.mark.parametrize("error", [Transient("no answer"), Conflict("a race was lost")])
async def test_what_a_trigger_cannot_do_now_is_left_to_the_sweep_and_is_no_poison(
    function: str, intake: Intake, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = Failing()
    files.error = error
    monkeypatch.setattr(intake, "team", a_team(MemoryStore(), files))
    place = "acme/f01.csv"
    await files.store(intake.kind.container, place, b"lead_id,purchase_date\n")
    await FUNCTIONS[function](Blob(place))
    assert await intake.team.store.load(intake.kind.state, place) == Held(None)
    files.error = None
    await Sweep(intake).run()
    assert (await intake.team.store.load(intake.kind.state, place)).state


@dataclass(frozen=True, slots=True)
class Blob:
    """What a trigger is told of a blob."""

    blob_name: str
