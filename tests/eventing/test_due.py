"""What is due is found in pages and told once, however late or often the timer runs."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest

from domains.customer import abandon_quotes, expire_products, on_sale_confirmed
from domains.customer.contact import Contact
from eventing import due as module
from eventing.due import Due
from eventing.event import Cause, now
from eventing.handle import Rule, Work
from eventing.rows import Key
from eventing.store import Change, Held
from tests.eventing.memory import MemoryBus, MemoryStore, a_spine
from tests.rules.given import DAY, a_contact, a_purchase, a_quote
from tests.rules.test_on_sale_confirmed import SOLD

ABANDON = Rule(abandon_quotes.AbandonQuotes, Contact, abandon_quotes.decide)
EXPIRE = Rule(expire_products.ExpireProducts, Contact, expire_products.decide)
BUY = Rule(on_sale_confirmed.SaleConfirmed, Contact, on_sale_confirmed.decide)
PATIENCE = timedelta(days=14)


class World:
    """The customer team's contacts, its timers, and what they told."""

    def __init__(self) -> None:
        self.store, self.bus = MemoryStore(), MemoryBus()
        self.spine = a_spine("customer", self.store, self.bus)
        self.due = Due(cast("Any", SimpleNamespace(store=self.store, spine=self.spine)), Contact)

    async def hold(self, contact: Contact) -> None:
        key = Key(Contact, str(contact.contact_id))
        await self.store.commit(key.bucket, [Change(key, Held(None), contact, 1)], [])

    async def abandon(self) -> int:
        def command(contact: Contact, at: datetime) -> abandon_quotes.AbandonQuotes:
            return abandon_quotes.AbandonQuotes(contact.contact_id, PATIENCE.days, at)

        return await self.due.run(ABANDON, "quoted_at", command, after=PATIENCE)

    async def expire(self) -> int:
        def command(contact: Contact, at: datetime) -> expire_products.ExpireProducts:
            return expire_products.ExpireProducts(contact.contact_id, at)

        return await self.due.run(EXPIRE, "term_ends", command)

    @property
    def told(self) -> Counter[tuple[str, str]]:
        return Counter((event.type.rpartition(".")[2], event.subject) for event in self.bus.events)


def quoted(number: int, age: timedelta) -> Contact:
    name = UUID(int=number)
    return a_contact(contact_id=name, quotes=(a_quote(lead_id=name, since=now() - age),))


async def test_a_timer_down_for_a_week_catches_up_in_pages_and_tells_each_fact_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "PER_RUN", 70)
    world = World()
    for number in range(200):
        await world.hold(quoted(number, PATIENCE + (number % 7) * DAY))
    for number in range(200, 230):
        await world.hold(quoted(number, PATIENCE - DAY))

    assert [await world.abandon() for _ in range(4)] == [70, 70, 60, 0]
    due = [str(UUID(int=number)) for number in range(200)]
    assert world.told == Counter(("abandoned_quote", each) for each in due)


async def test_a_run_that_is_out_of_time_stops_and_the_next_ones_reach_every_bucket(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "RUN_TIME", -1.0)
    minutes = iter(range(100_000))
    began = datetime(2040, 1, 1, tzinfo=UTC)  # the first buckets hang on it
    monkeypatch.setattr(module, "now", lambda: began + next(minutes) * timedelta(minutes=5))
    world = World()
    for number in range(100):
        await world.hold(quoted(number, PATIENCE))
    for _ in range(600):  # a bucket a run, here
        await world.abandon()
    assert world.told == Counter(("abandoned_quote", str(UUID(int=n))) for n in range(100))


async def test_a_timer_that_runs_twice_at_once_tells_each_fact_once() -> None:
    world = World()
    term = a_purchase(ends_on=(now() - DAY).date())
    for number in range(40):
        await world.hold(a_contact(contact_id=UUID(int=number), purchases=(term,)))
    # Both instances have found the same contacts before either commits.
    found = [held async for held in world.store.all_of(Contact)]
    await world.expire()
    for held in found:
        assert held.state
        message = expire_products.ExpireProducts(held.state.contact_id, now())
        await world.spine.handle(Work(EXPIRE, message, Cause("other", now(), "other")))
    assert world.told == Counter({("product_expired", str(UUID(int=n))): 1 for n in range(40)})


@pytest.mark.parametrize("timer_first", [True, False])
async def test_a_purchase_has_the_last_word_on_a_quote_before_the_timer_and_after(
    timer_first: bool,
) -> None:
    world = World()
    contact = quoted(1, PATIENCE)
    await world.hold(contact)
    sale = replace(SOLD, contact_id=contact.contact_id, lead_id=contact.quotes[0].lead_id)
    if timer_first:
        assert await world.abandon() == 1
    await world.spine.handle(Work(BUY, sale, Cause("sale", now(), "sale")))
    assert await world.abandon() == 0

    name = str(contact.contact_id)
    kept = (await world.store.load(Contact, name)).state
    assert kept
    assert [quote.status for quote in kept.quotes] == ["sold"]
    wanted = [("abandoned_quote", name)] * timer_first + [("purchased", name)]
    assert world.told == Counter(wanted)
