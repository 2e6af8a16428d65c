"""A batch from the hub ends applied, unchanged or parked, whatever the host did before."""

import logging
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from domains.conversions import on_sale_confirmed as of_lead
from domains.conversions.lead import Lead
from domains.conversions.sale import SaleConfirmed
from domains.customer import on_sale_confirmed
from domains.customer.contact import Contact, ContactPurchased
from eventing.codec import Codec
from eventing.decision import State
from eventing.event import Event, bucket_of, now
from eventing.handle import Rule
from eventing.position import Position
from eventing.receive import STANDS_STILL, Counts, Receiver
from eventing.store import Held
from tests.eventing.memory import MemoryBus, MemoryRegistry, MemoryStore, a_spine

CONTACT = UUID("00000000-0000-4000-8000-000000000001")
IN_A_BUCKET = [each for n in range(3000) if bucket_of(str(each := UUID(int=n))) == 7]
REACTIONS = [Rule(on_sale_confirmed.SaleConfirmed, Contact, on_sale_confirmed.decide)]


async def a_sale(contact_id: UUID = CONTACT, **changes: object) -> Event:
    fact = SaleConfirmed(
        sale_id=uuid4(),
        lead_id=uuid4(),
        contact_id=contact_id,
        product_id="home",
        partner="acme",
        purchased_on=date(2026, 5, 1),
        amount=Decimal("19.90"),
        currency="EUR",
        term_months=12,
        reference=None,
    )
    content_type, schema, body = await Codec(MemoryRegistry()).encode(fact)
    values: dict[str, object] = {
        "id": str(uuid4()),
        "type": fact.type,
        "source": "/conversions/sale",
        "subject": str(fact.sale_id),
        "time": datetime(2026, 5, 1, tzinfo=UTC),
        "sequence": 1,
        "partition_key": "07",
        "correlation_id": "c",
        "causation_id": "f",
        "traceparent": None,
        "content_type": content_type,
        "data_schema": schema,
        "body": body,
    }
    return Event(**(values | changes))  # type: ignore[arg-type]


class Customer:
    """The customer team's side of the sale hub, over memory."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.bus = MemoryBus()
        self.spine = a_spine("customer", self.store, self.bus)
        self.receiver = Receiver(self.spine, self.bus, "sale", REACTIONS)

    async def purchases(self, contact_id: UUID = CONTACT) -> int:
        held = await self.store.load(Contact, str(contact_id))
        return len(held.state.purchases) if held.state else 0


@pytest.fixture
def customer() -> Customer:
    return Customer()


async def test_a_sale_becomes_a_purchase_and_its_event(customer: Customer) -> None:
    sale = await a_sale()
    counts = await customer.receiver.take([customer.bus.put("sale", sale)])
    assert counts == Counts(applied=1)
    assert await customer.purchases() == 1
    (raised,) = customer.bus.events
    assert raised.type == ContactPurchased.type
    assert raised.causation_id == sale.id
    assert raised.correlation_id == "c"
    assert raised.subject == str(CONTACT)
    assert raised.time == sale.time


async def test_a_sale_delivered_twice_is_one_purchase_and_one_event(customer: Customer) -> None:
    message = customer.bus.put("sale", await a_sale())
    await customer.receiver.take([message])
    assert await customer.receiver.take([message]) == Counts(unchanged=1)
    assert await customer.purchases() == 1
    assert len(customer.bus.events) == 1


async def test_a_batch_larger_than_a_transaction_is_all_applied(customer: Customer) -> None:
    messages = [customer.bus.put("sale", await a_sale(uuid4())) for _ in range(300)]
    assert await customer.receiver.take(messages) == Counts(applied=300)
    assert len({event.subject for event in customer.bus.events}) == 300


async def test_aggregates_are_loaded_in_the_order_of_their_messages(
    customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A set's order differs between processes, and no fault would come again as it was."""
    loaded: list[str] = []
    load = customer.store.load

    async def noting(kind: type[State], name: str) -> Held[Any]:
        loaded.append(name)
        return await load(kind, name)

    monkeypatch.setattr(customer.store, "load", noting)
    messages = [customer.bus.put("sale", await a_sale(each)) for each in 2 * IN_A_BUCKET[:9]]
    await customer.receiver.take(messages)
    assert loaded == [str(each) for each in IN_A_BUCKET[:9]]


async def test_many_sales_of_one_contact_keep_their_order(customer: Customer) -> None:
    messages = [customer.bus.put("sale", await a_sale()) for _ in range(250)]
    assert await customer.receiver.take(messages) == Counts(applied=250)
    assert [event.sequence for event in customer.bus.events] == list(range(1, 251))


async def test_sales_that_do_not_fit_into_one_transaction_are_committed_in_parts(
    customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eventing.store.LARGEST_REQUEST", 20_000)
    messages = [customer.bus.put("sale", await a_sale(contact_id)) for contact_id in IN_A_BUCKET]
    assert await customer.receiver.take(messages) == Counts(applied=len(IN_A_BUCKET))
    assert [await customer.purchases(each) for each in IN_A_BUCKET] == [1] * len(IN_A_BUCKET)
    assert len(customer.bus.events) == len(IN_A_BUCKET)


async def test_a_contact_with_more_purchases_than_a_row_holds_parks_the_rest(
    customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eventing.store.LARGEST_STATE", 5_000)
    messages = [customer.bus.put("sale", await a_sale()) for _ in range(100)]
    other = customer.bus.put("sale", await a_sale(UUID(int=7)))
    counts = await customer.receiver.take([*messages, other])
    held = await customer.purchases()
    assert counts == Counts(applied=held + 1, parked=100 - held)
    assert 5 < held < 100
    assert {parked.reason for parked in customer.store.parked.values()} == {"too_large"}
    assert customer.store.positions["sale", "0"].sequence_number == 100


async def test_what_cannot_be_read_is_parked_raw_and_the_rest_goes_on(customer: Customer) -> None:
    good = customer.bus.put("sale", await a_sale())
    bad = [
        customer.bus.put_raw("sale", {}, "", b"\x00\xff"),
        customer.bus.put("sale", await a_sale(content_type="application/json")),
        customer.bus.put("sale", await a_sale(content_type="avro/binary+" + "f" * 32)),
        customer.bus.put("sale", await a_sale(body=b"\x02")),
        customer.bus.put("sale", await a_sale(type="conversions.lead.generated")),
        customer.bus.put("sale", await a_sale(type="nobody.knows.this")),
        customer.bus.put("sale", await a_sale(body=(await a_sale()).body + b"\x00")),
    ]
    assert await customer.receiver.take([good, *bad]) == Counts(applied=1, parked=len(bad))
    assert {parked.received.body for parked in customer.store.parked.values()} == {
        message.body for message in bad
    }
    assert all(parked.reason == "undecodable" for parked in customer.store.parked.values())


async def test_an_event_of_the_hub_that_nobody_reacts_to_is_unchanged(customer: Customer) -> None:
    other = await a_sale(type="conversions.sales_file.received")
    assert await customer.receiver.take([customer.bus.put("sale", other)]) == Counts(unchanged=1)


async def test_what_the_host_skipped_is_read_from_the_hub_first(customer: Customer) -> None:
    messages = [customer.bus.put("sale", await a_sale()) for _ in range(6)]
    await customer.receiver.take(messages[:2])
    assert await customer.receiver.take(messages[5:]) == Counts(applied=4)
    assert await customer.purchases() == 6
    assert customer.store.positions["sale", "0"].sequence_number == 5


async def test_a_first_batch_that_begins_late_is_preceded_by_the_hubs_beginning(
    customer: Customer,
) -> None:
    messages = [customer.bus.put("sale", await a_sale()) for _ in range(3)]
    assert await customer.receiver.take(messages[2:]) == Counts(applied=3)


async def test_f30_a_new_consumer_reads_all_that_lies_in_the_hub_and_is_no_alarm(
    customer: Customer, caplog: pytest.LogCaptureFixture
) -> None:
    """Its first batch is the newest event, for that is where a host begins that never read."""
    messages = [customer.bus.put("sale", await a_sale()) for _ in range(700)]
    customer.bus.begin = 100
    with caplog.at_level(logging.CRITICAL):
        assert await customer.receiver.take(messages[-1:]) == Counts(applied=600)
    assert caplog.text == ""
    assert await customer.purchases() == 600


async def test_a_hole_that_the_hub_no_longer_holds_is_an_alarm_with_its_range(
    customer: Customer, caplog: pytest.LogCaptureFixture
) -> None:
    messages = [customer.bus.put("sale", await a_sale()) for _ in range(6)]
    await customer.receiver.take(messages[:1])
    customer.bus.begin = 4
    with caplog.at_level(logging.CRITICAL):
        assert await customer.receiver.take(messages[5:]) == Counts(applied=2)
    assert "no longer holds 1-3" in caplog.text


async def test_what_the_host_skipped_last_is_read_once_the_position_stands_still(
    customer: Customer,
) -> None:
    messages = [customer.bus.put("sale", await a_sale()) for _ in range(3)]
    await customer.receiver.take(messages[:1])
    assert await customer.receiver.catch_up(0) == Counts()
    assert await customer.receiver.catch_up(STANDS_STILL - 1) == Counts()
    assert await customer.receiver.catch_up(STANDS_STILL) == Counts(applied=2)
    assert customer.store.positions["sale", "0"].sequence_number == 2
    assert await customer.receiver.catch_up(3 * STANDS_STILL) == Counts()


async def test_a_host_that_never_called_is_done_without(customer: Customer) -> None:
    customer.bus.put("sale", await a_sale())
    await customer.receiver.catch_up(0)
    assert await customer.receiver.catch_up(STANDS_STILL) == Counts(applied=1)


async def test_an_older_batch_does_not_move_the_position_back(customer: Customer) -> None:
    messages = [customer.bus.put("sale", await a_sale()) for _ in range(4)]
    await customer.receiver.take(messages)
    await customer.receiver.take(messages[:2])
    assert customer.store.positions["sale", "0"].sequence_number == 3


async def test_a_hub_made_anew_starts_the_position_anew(customer: Customer) -> None:
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)
    await customer.store.advance("sale", "0", Position(900, long_ago))
    message = customer.bus.put("sale", await a_sale())
    assert await customer.receiver.take([message]) == Counts(applied=1)
    assert customer.store.positions["sale", "0"].sequence_number == 0


async def test_a_broker_that_is_down_costs_latency_and_no_event(customer: Customer) -> None:
    customer.bus.down = True
    message = customer.bus.put("sale", await a_sale())
    assert await customer.receiver.take([message]) == Counts(applied=1)
    assert customer.bus.events == []
    customer.bus.down = False
    assert await customer.spine.relay.sweep(now().timestamp() + 60) == 1
    assert [event.type for event in customer.bus.events] == [ContactPurchased.type]
    assert await customer.spine.relay.sweep(now().timestamp() + 60) == 0


async def test_the_sweep_leaves_alone_what_was_written_just_now(customer: Customer) -> None:
    customer.bus.down = True
    await customer.receiver.take([customer.bus.put("sale", await a_sale())])
    customer.bus.down = False
    assert await customer.spine.relay.sweep(now().timestamp()) == 0


async def test_a_rule_that_refuses_parks_the_event_under_its_code() -> None:
    store, bus = MemoryStore(), MemoryBus()
    rule = Rule(of_lead.SaleConfirmed, Lead, of_lead.decide)
    receiver = Receiver(a_spine("conversions", store, bus), bus, "sale", [rule])
    assert await receiver.take([bus.put("sale", await a_sale())]) == Counts(parked=1)
    (parked,) = store.parked.values()
    assert parked.reason == "unknown_lead"
