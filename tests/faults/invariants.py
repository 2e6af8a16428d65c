"""What must hold when things have calmed down, whatever went wrong before."""

import json
from collections import defaultdict
from datetime import timedelta
from io import BytesIO
from typing import Any

from fastavro import schemaless_reader

from domains.customer.contact import Contact
from eventing import schemas
from eventing.event import Event, now
from eventing.handle import Spine
from eventing.parked import Parked
from eventing.receive import Receiver
from eventing.relay import Relay
from eventing.rows import Key, row_key, to_state
from eventing.wire import Received, to_event
from tests.eventing.memory import MemoryBus, MemoryStore
from tests.faults.workload import CANARIES
from tests.faults.world import Broken, Reader, World
from tests.rules.found import RULES, STATES


def hold(value: object, told: str) -> None:
    if not value:
        raise Broken(told)


async def check(world: World, logged: list[str]) -> None:
    """Raises Broken with the invariant that does not hold."""
    bus = {place: _readable(world, log) for place, log in world.bus.logs.items()}
    _committed_is_published(world, bus)
    _published_is_committed(world, bus)
    _one_effect(world)
    _nothing_is_due(world)
    _in_order(world, bus)
    _accounted_for(world)
    _reports_are_whole(world)
    await _told_again_changes_nothing(world)
    await _rebuilt_is_the_same(world)
    _nothing_personal(world, logged)


type Bus = dict[tuple[str, str], list[Event]]
"""What can be read of each partition of each hub."""


def _readable(world: World, log: list[Received]) -> list[Event]:
    return [to_event(message) for message in log if not world.is_poison(message)]


def _committed_is_published(world: World, bus: Bus) -> None:
    published = {event.id for log in bus.values() for event in log}
    for team, store in world.stores.items():
        waiting = [row for rows in store.waiting.values() for row in rows]
        hold(not waiting, f"I1: {len(waiting)} outbox rows of {team} were never published")
        for event in store.committed:
            hold(event.id in published, f"I1: {event.type} {event.subject} was never published")


def _published_is_committed(world: World, bus: Bus) -> None:
    committed = {event.id: event for each in world.stores.values() for event in each.committed}
    for copy in [event for log in bus.values() for event in log]:
        hold(copy.id in committed, f"I2: {copy.type} was published and never committed")
        told = f"I2: {copy.type} {copy.subject} was published as another than was committed"
        hold(copy == committed[copy.id], told)
    for team, store in world.stores.items():
        versions: dict[tuple[str, str], list[int]] = defaultdict(list)
        for event in store.committed:
            versions[event.source, event.subject].append(event.sequence)
        for (source, subject), numbers in versions.items():
            kind = next(each for each in STATES if source == f"/{team}/{each.kind}")
            key = Key(kind, subject)
            version = store.buckets[key.bucket][row_key(key)][1]
            hold(
                numbers == sorted(set(numbers)) and numbers[-1] <= version,
                f"I2: {source} {subject} is version {version} and raised {numbers}",
            )


def _one_effect(world: World) -> None:
    for store in world.stores.values():
        seen: dict[str, Event] = {}
        for event in store.committed:
            hold(event.id not in seen, f"I3: {event.type} {event.subject} was decided twice")
            seen[event.id] = event
    sales = _sales(world, "conversions.sale.confirmed")
    hold(len(sales) == len(set(sales)), "I3: a sale was confirmed twice")
    bought = _sales(world, "customer.contact.purchased")
    hold(sorted(bought) == sorted(sales), f"I3: {len(sales)} sales became {len(bought)} purchases")
    ended = _sales(world, "customer.contact.product_expired")
    hold(len(ended) == len(set(ended)), "I3: a purchase expired twice")
    given_up = _sales(world, "customer.contact.abandoned_quote", "lead_id")
    hold(len(given_up) == len(set(given_up)), "I3: a quote was abandoned twice")


def _sales(world: World, event_type: str, name: str = "sale_id") -> list[str]:
    schema = schemas.reader(event_type)
    found: list[Any] = [
        schemaless_reader(BytesIO(event.body), schema, None)
        for store in world.stores.values()
        for event in store.committed
        if event.type == event_type
    ]
    return [str(each[name]) for each in found]


def _nothing_is_due(world: World) -> None:
    """The timers have told of every quote and of every purchase whose time has come."""
    waited = now() - timedelta(days=14)
    for name, (text, _, _) in world.stores["customer"].rows.items():
        if name[1].startswith("contact!"):
            contact = to_state(Contact, text)
            quoted, ends = contact.quoted_at, contact.term_ends
            hold(quoted is None or quoted > waited, f"I1: a quote of {name[1]} is still open")
            hold(ends is None or ends > now(), f"I1: a purchase of {name[1]} never expired")


def _in_order(world: World, bus: Bus) -> None:
    raised: dict[tuple[str, str], list[int]] = defaultdict(list)
    for store in world.stores.values():
        for event in store.committed:
            raised[event.source, event.subject].append(event.sequence)
    for (hub, partition), log in bus.items():
        first: dict[tuple[str, str], list[int]] = defaultdict(list)
        for event in log:
            if event.sequence not in first[event.source, event.subject]:
                first[event.source, event.subject].append(event.sequence)
        for source, order in first.items():
            hold(order == raised[source], f"I4: {hub}/{partition} has {source} as {order}")


def _accounted_for(world: World) -> None:
    for reader in world.readers:
        last = len(world.bus.logs[reader.hub, reader.partition]) - 1
        held = world.stores[reader.team].positions.get((reader.hub, reader.partition))
        reached = held.sequence_number if held else -1
        hold(reached == last, f"I5: {reader} has come to {reached} of {last}")
    for team, store in world.stores.items():
        expected = {
            Parked(message, "", "", message.enqueued).id
            for reader in world.readers
            if reader.team == team
            for message in world.batch(reader, 0, 100_000)
            if world.is_poison(message)
        }
        parked = set(store.parked)
        hold(parked == expected, f"I5: {team} parked {parked}; to be parked were {expected}")


def _reports_are_whole(world: World) -> None:
    store = world.stores["conversions"]
    rejects = {"sales_file": "sales-rejects", "lead_file": "lead-rejects"}
    for (_, name), (text, _, _) in store.rows.items():
        if (kind := name.partition("!")[0]) not in rejects:
            continue
        file = json.loads(text)
        hold(file["status"] in ("done", "quarantined"), f"I5: {name} is still {file['status']}")
        place = (rejects[kind], f"{file['partner']}/{file['name']}")
        _, blocks = world.files.reports.get(place, ("", []))
        lines = b"".join(blocks).count(b"\r\n")
        expected = file["rejected"] + 1 if file["rejected"] else 0
        hold(lines == expected, f"I5: {name} refused {file['rejected']} rows, reported {lines - 1}")


async def _told_again_changes_nothing(world: World) -> None:
    """Whatever was lost on the way would be applied now."""
    for reader in world.readers:
        batch = world.batch(reader, 0, 100_000)
        counts = await world.process(reader.team).team.receiver(reader.hub).take(batch)
        poison = sum(world.is_poison(message) for message in batch)
        hold(
            (counts.applied, counts.parked) == (0, poison),
            f"I1: {reader} had not handled all: {counts} again",
        )


async def _rebuilt_is_the_same(world: World) -> None:
    """States that come of events alone are made again from the bus alone."""
    projections = [
        state for state in STATES if all(rule.reads_event for rule in RULES if rule.state is state)
    ]
    for team, store in world.stores.items():
        fresh = MemoryStore()
        readers = [reader for reader in world.readers if reader.team == team]
        world.chance.shuffle(readers)
        for reader in readers:
            await _receiver(world, fresh, reader).take(world.batch(reader, 0, 100_000))
        for (bucket, name), (text, _, _) in store.rows.items():
            kind = next((each for each in projections if name.startswith(f"{each.kind}!")), None)
            if kind:
                made = fresh.buckets[bucket][name][0]
                same = to_state(kind, made) == to_state(kind, text)
                hold(same, f"I6: {name} is {text!r}, and {made!r} from the bus")


def _receiver(world: World, store: MemoryStore, reader: Reader) -> Receiver:
    team, bus = world.process(reader.team).team, MemoryBus()
    spine = Spine(reader.team, store, team.spine.codec, Relay(store, bus))
    rules = team.reactions[reader.hub]
    alone = [each for each in rules if not hasattr(each, "run")]
    return Receiver(spine, world.bus, reader.hub, alone)


def _nothing_personal(world: World, logged: list[str]) -> None:
    everything = "\n".join(logged)
    for account in world.erased:
        held = next(
            row
            for row in world.stores["customer"].rows.items()
            if row[0][1] == f"account!{account}"
        )
        hold(b"anary" not in held[1][0], f"I7: {account} is erased and still somebody's")
    for canary in CANARIES:
        hold(canary not in everything, f"I7: {canary!r} was logged")
        for log in world.bus.logs.values():
            for message in log:
                text = repr(dict(message.properties)).encode() + message.body
                hold(canary.encode() not in text, f"I7: {canary!r} is on the bus")
