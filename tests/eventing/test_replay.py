"""A replay is a redelivery to one consumer: idempotent, told, and of one message at a time."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from importlib import import_module
from typing import Any
from uuid import UUID, uuid4

import pytest

from domains.conversions import on_product_updated
from domains.conversions import on_sale_confirmed as of_lead
from domains.conversions.known_product import KnownProduct
from domains.conversions.lead import Lead
from domains.customer import on_sale_confirmed
from domains.customer.contact import Contact
from domains.product.product import ProductUpdated
from eventing import receive
from eventing.bus import declared
from eventing.codec import Codec
from eventing.decision import Rejected
from eventing.errors import Transient
from eventing.event import Event, now
from eventing.handle import Rule
from eventing.parked import Entry, Item, Parked, parked_blob
from eventing.receive import Counts, Long, Receiver
from eventing.replay import Pace, Replay, Unplayable
from eventing.rows import Key, row_key
from tests.eventing.memory import MemoryBus, MemoryRegistry, MemoryStore, a_spine
from tests.eventing.memory_parked import MemoryParked
from tests.eventing.test_receive import a_sale
from tests.rules.found import TEAMS

CONTACT = UUID("00000000-0000-4000-8000-000000000001")
TO_CONTACT = Rule(on_sale_confirmed.SaleConfirmed, Contact, on_sale_confirmed.decide)
TO_LEAD = Rule(of_lead.SaleConfirmed, Lead, of_lead.decide)


class Team:
    """A team's side of the sale hub with its parked messages, over memory."""

    def __init__(self, *reactions: Rule | Long, blobs: Any = None) -> None:
        self.store = MemoryStore()
        self.parked = MemoryParked()
        self.bus = MemoryBus()
        self.spine = a_spine("team", self.store, self.bus)
        self.replay = Replay(self.spine, self.bus, self.parked, {"sale": reactions}, blobs or {})

    async def park(self, event: Event, reason: str = "undecodable") -> Item:
        parked = Parked(self.bus.put("sale", event), reason, "as it was", now())
        await self.parked.park(parked)
        return await self.item(parked.id)

    async def item(self, item_id: str) -> Item:
        item = await self.parked.item(item_id)
        assert item is not None
        return item

    async def purchases(self) -> int:
        held = await self.store.load(Contact, str(CONTACT))
        return len(held.state.purchases) if held.state else 0


async def test_a_replay_that_succeeds_applies_raises_and_leaves_the_list() -> None:
    team = Team(TO_CONTACT)
    item = await team.park(await a_sale())
    ending = await team.replay.replay(item, "ada")
    assert (ending.outcome, ending.status) == ("applied", "replayed")
    assert await team.purchases() == 1
    assert [event.type for event in team.bus.events] == ["customer.contact.purchased"]
    (tally,) = await team.parked.tallies()
    assert (tally.open, tally.replayed) == (0, 1)
    (entry,) = (await team.item(item.parked.id)).history
    assert (entry.who, entry.action, entry.outcome) == ("ada", "replay", "applied")


async def test_a_replay_leaves_the_position_alone() -> None:
    team = Team(TO_CONTACT)
    await team.replay.replay(await team.park(await a_sale()), "ada")
    assert team.store.positions == {}


async def test_f29_the_same_message_replayed_twice_has_one_effect() -> None:
    team = Team(TO_CONTACT)
    item = await team.park(await a_sale())
    await team.replay.replay(item, "ada")
    stale = await team.replay.replay(item, "bob")
    fresh = await team.replay.replay(await team.item(item.parked.id), "bob")
    assert (stale.outcome, fresh.outcome) == ("already", "already")
    assert await team.purchases() == 1
    assert len(team.bus.events) == 1
    assert len((await team.item(item.parked.id)).history) == 1


async def test_f29_a_replay_during_live_traffic_has_one_effect() -> None:
    team = Team(TO_CONTACT)
    event = await a_sale()
    item = await team.park(event)
    receiver = Receiver(team.spine, team.bus, "sale", [TO_CONTACT])
    assert await receiver.take([item.parked.received]) == Counts(applied=1)
    assert (await team.replay.replay(item, "ada")).outcome == "unchanged"
    assert await team.purchases() == 1
    assert len(team.bus.events) == 1


async def test_f28_an_old_message_replayed_after_newer_ones_changes_nothing_of_them() -> None:

    rule = Rule(on_product_updated.ProductUpdated, KnownProduct, on_product_updated.decide)
    team = Team()
    replay = Replay(team.spine, team.bus, team.parked, {"product": [rule]}, {})
    receiver = Receiver(team.spine, team.bus, "product", [rule])

    async def updated(sequence: int, price: str) -> Event:

        fact = ProductUpdated("fibre", "Fibre", "net", Decimal(price), "EUR", 12, "available")
        content_type, schema, body = await Codec(MemoryRegistry()).encode(fact)
        sale = await a_sale()
        told: dict[str, Any] = {"content_type": content_type, "data_schema": schema, "body": body}
        return replace(sale, type=fact.type, subject="fibre", sequence=sequence, **told)

    old = team.bus.put("product", await updated(1, "1.00"))
    await team.parked.park(Parked(old, "undecodable", "", now()))
    await receiver.settle([team.bus.put("product", await updated(2, "2.00"))], 1e12)
    (item,) = team.parked.items.values()
    assert (await replay.replay(item, "ada")).outcome == "unchanged"
    held = await team.store.load(KnownProduct, "fibre")
    assert held.state is not None
    assert str(held.state.price) == "2.00"


async def test_a_replay_that_fails_again_stays_with_the_new_error() -> None:
    team = Team(TO_LEAD)
    item = await team.park(await a_sale())
    ending = await team.replay.replay(item, "ada")
    assert (ending.outcome, ending.status, ending.reason) == ("parked", "parked", "unknown_lead")
    found = await team.item(item.parked.id)
    assert (found.status, found.parked.reason, found.attempts) == ("parked", "unknown_lead", 1)
    assert {each.group.reason: each.open for each in await team.parked.tallies()} == {
        "unknown_lead": 1
    }


async def test_what_is_undecodable_is_parked_again_as_that() -> None:
    team = Team(TO_CONTACT)
    ending = await team.replay.replay(await team.park(await a_sale(body=b"\x02")), "ada")
    assert (ending.outcome, ending.reason) == ("parked", "undecodable")


async def test_a_dry_run_shows_the_decision_and_changes_nothing() -> None:
    team = Team(TO_CONTACT)
    item = await team.park(await a_sale())
    trial = await team.replay.try_out(item)
    assert trial.ending.outcome == "applied"
    (change,) = trial.changes
    assert (change.key.id, change.version) == (str(CONTACT), 1)
    assert [event.type for event in trial.events] == ["customer.contact.purchased"]
    assert await team.purchases() == 0
    assert team.bus.events == []
    assert team.store.waiting == {} or not any(team.store.waiting.values())
    assert await team.item(item.parked.id) == item


async def test_a_dry_run_tells_the_events_that_the_replay_then_raises() -> None:
    team = Team(TO_CONTACT)
    item = await team.park(await a_sale())
    trial = await team.replay.try_out(item)
    await team.replay.replay(item, "ada")
    assert [event.id for event in trial.events] == [event.id for event in team.bus.events]


async def test_a_dry_run_of_what_would_fail_again_says_why() -> None:
    team = Team(TO_LEAD)
    item = await team.park(await a_sale())
    trial = await team.replay.try_out(item)
    assert (trial.ending.outcome, trial.ending.reason) == ("parked", "unknown_lead")
    assert await team.item(item.parked.id) == item


def _long(run: Callable[[Any, Event, float], Awaitable[bool]]) -> Long:
    return Long(on_sale_confirmed.SaleConfirmed, run)


async def test_a_reaction_with_effects_runs_on_a_replay_and_not_on_a_dry_run() -> None:
    ran = []

    async def run(message: Any, event: Event, until: float) -> bool:
        ran.append(event.id)
        return True

    team = Team(_long(run))
    event = await a_sale()
    item = await team.park(event)
    assert (await team.replay.try_out(item)).ending.outcome == "applied"
    assert ran == []
    assert (await team.replay.replay(item, "ada")).outcome == "applied"
    assert ran == [event.id]


async def test_a_replay_that_is_not_answered_for_stays_and_is_audited(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def run(message: Any, event: Event, until: float) -> bool:
        raise Transient("blob storage: AccountKey=abcdef says no")

    monkeypatch.setattr("eventing.replay.PATIENCE", 0.0)
    team = Team(_long(run))
    item = await team.park(await a_sale())
    with pytest.raises(Transient):
        await team.replay.replay(item, "ada")
    found = await team.item(item.parked.id)
    assert (found.status, found.parked.reason, found.attempts) == ("parked", "undecodable", 1)
    assert found.history[0].outcome == "not told"
    assert "abcdef" not in found.history[0].note


async def test_a_discard_keeps_the_record_and_its_reason() -> None:
    team = Team(TO_CONTACT)
    item = await team.park(await a_sale())
    ending = await team.replay.discard(item, "ada", "a test message of ours")
    assert (ending.outcome, ending.status) == ("discarded", "discarded")
    assert (await team.replay.discard(item, "bob", "again")).outcome == "already"
    assert (await team.replay.replay(await team.item(item.parked.id), "bob")).outcome == "already"
    assert await team.purchases() == 0
    (entry,) = (await team.item(item.parked.id)).history
    assert (entry.who, entry.note) == ("ada", "a test message of ours")


async def test_what_nobody_here_reacts_to_is_not_replayed() -> None:
    team = Team(TO_CONTACT)
    item = await team.park(await a_sale())
    other = Replay(team.spine, team.bus, team.parked, {}, {})
    with pytest.raises(Unplayable):
        await other.replay(item, "ada")
    assert await team.item(item.parked.id) == item


NOTICE = '{"ContainerName": "sales-files", "BlobName": "acme/may.csv", "ETag": "1"}'


async def test_a_poison_blob_is_received_again() -> None:
    taken: list[str] = []

    async def receive_blob(place: str) -> None:
        if not taken:
            taken.append(place)
            raise Rejected("quarantined", "it is no text")
        taken.append(place)

    team = Team(blobs={"sales-files": receive_blob})
    parked = parked_blob(NOTICE, datetime(2026, 5, 1, tzinfo=UTC), now())
    await team.parked.park(parked)
    item = await team.item(parked.id)
    assert (await team.replay.try_out(item)).ending.outcome == "applied"
    assert taken == []
    assert (await team.replay.replay(item, "ada")).reason == "quarantined"
    assert (await team.replay.replay(await team.item(parked.id), "ada")).outcome == "applied"
    assert taken == ["acme/may.csv"] * 2


async def test_no_message_of_a_hub_passes_for_a_file() -> None:
    taken: list[str] = []

    async def receive_blob(place: str) -> None:
        taken.append(place)

    team = Team(TO_CONTACT, blobs={"sale": receive_blob})
    properties = {"cloudEvents_type": "blob", "blob": "acme/../../secret"}
    parked = Parked(team.bus.put_raw("sale", properties, "", b""), "undecodable", "", now())
    await team.parked.park(parked)
    assert (await team.replay.replay(await team.item(parked.id), "ada")).reason == "undecodable"
    assert taken == []


def test_replays_have_a_pace() -> None:
    at = 0.0
    pace = Pace(burst=5, per_second=2.0, clock=lambda: at)
    assert [pace.take(3), pace.take(3), pace.take(3)] == [3, 2, 0]
    at = 1.0
    assert pace.take(3) == 2
    at = 100.0
    assert pace.take(100) == 5


async def test_f16_a_park_that_cannot_be_written_fails_the_batch_and_moves_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(MemoryStore):
        async def park(self, parked: Parked) -> None:
            raise Transient("table storage: 503")

    monkeypatch.setattr(receive, "DEADLINE", 0.5)
    store, bus = Broken(), MemoryBus()
    receiver = Receiver(a_spine("customer", store, bus), bus, "sale", [TO_CONTACT])
    bad = bus.put_raw("sale", {}, "", b"\x00")
    with pytest.raises(Transient):
        await receiver.take([bad])
    assert store.positions == {}
    assert "trying again" in caplog.text
    # When the store is back, the host has gone on; our own position brings the message again.
    monkeypatch.setattr(Broken, "park", MemoryStore.park)
    assert await receiver.take([bus.put("sale", await a_sale())]) == Counts(applied=1, parked=1)


async def test_f17_with_store_and_hub_down_no_later_batch_passes_what_was_not_parked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Down(MemoryStore):
        down = True

        async def position(self, hub: str, partition: str) -> Any:
            if self.down:
                raise Transient("table storage: no answer")
            return await super().position(hub, partition)

    monkeypatch.setattr(receive, "DEADLINE", 0.3)
    store, bus = Down(), MemoryBus()
    bus.down = True
    receiver = Receiver(a_spine("customer", store, bus), bus, "sale", [TO_CONTACT])
    messages = [bus.put_raw("sale", {}, "", b"\x00"), bus.put("sale", await a_sale())]
    for message in messages:
        with pytest.raises(Transient):
            await receiver.take([message])
    store.down = bus.down = False
    again = bus.put("sale", await a_sale(uuid4()))
    assert await receiver.take([again]) == Counts(applied=2, parked=1)


async def test_f27_replaying_everything_again_repeats_no_event_and_no_state() -> None:
    team = Team(TO_CONTACT)
    messages = [team.bus.put("sale", await a_sale()) for _ in range(30)]
    receiver = Receiver(team.spine, team.bus, "sale", [TO_CONTACT])
    await receiver.settle(messages, 1e12)
    key = Key(Contact, str(CONTACT))
    before, raised = team.store.rows[key.bucket, row_key(key)], len(team.bus.events)
    assert await receiver.settle(messages, 1e12) == Counts(unchanged=30)
    assert team.store.rows[key.bucket, row_key(key)] == before
    assert len(team.bus.events) == raised == 30


async def test_i7_a_replay_logs_neither_payload_nor_person(
    caplog: pytest.LogCaptureFixture,
) -> None:
    team = Team(TO_LEAD)
    canary = "ada@example.com"
    item = await team.park(await a_sale(subject=canary, type=f"{canary}.x"))
    with caplog.at_level(logging.DEBUG):
        ending = await team.replay.replay(item, "operator")
    assert ending.reason == "undecodable"
    assert canary not in caplog.text
    assert canary not in ending.detail
    entry = (await team.item(item.parked.id)).history[-1]
    assert isinstance(entry, Entry)
    assert canary not in entry.note


@pytest.mark.parametrize("team", TEAMS)
def test_a_team_can_replay_every_hub_that_it_reads(team: str) -> None:
    reads = {hub.name for hub in declared().hubs.values() if team in hub.consumer_groups}
    bound = import_module(f"domains.{team}.triggers").team
    assert set(bound.reactions) == reads
    assert all(bound.reactions.values())
