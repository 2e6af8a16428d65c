"""One event can be followed: by its trace, by measures, and by log lines with fields."""

import json
import logging
import subprocess
import sys
import timeit
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID, uuid4

import pytest
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, NumberDataPoint
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from domains.conversions import on_contact_activated
from domains.conversions.files import SALES
from domains.conversions.intake import Intake
from domains.conversions.known_contact import KnownContact
from domains.conversions.lead import Lead
from domains.conversions.on_sales_file_received import SoldRow
from domains.conversions.on_sales_file_received import decide as sell
from domains.conversions.sale import Row, Sale
from domains.conversions.sales_file import SalesFile
from domains.conversions.sweep import Sweep
from domains.customer import on_account_activated, on_sale_confirmed
from domains.customer.account import Account, AccountActivated
from domains.customer.contact import Contact
from eventing import http, telemetry
from eventing.bus import ROOT
from eventing.clients import Clients
from eventing.decision import Decision
from eventing.event import Cause, Event
from eventing.exporting import export
from eventing.handle import Rule, Work
from eventing.parked import Parked
from eventing.position import Position
from eventing.receive import Receiver
from eventing.rows import adapter
from eventing.team import Team
from eventing.wire import to_message
from tests.eventing.memory import MemoryBus, MemoryFiles, MemoryStore, a_spine
from tests.eventing.memory_parked import MemoryParked
from tests.eventing.test_receive import a_sale
from tests.flow.test_file_sweep import a_team

CALLER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
NOW = datetime(2026, 5, 1, tzinfo=UTC)
ACCOUNT = Account(UUID(int=0), UUID(int=0), "Ada Lovelace", "ada@example.com", "active", NOW)

SPANS = InMemorySpanExporter()
MEASURES = InMemoryMetricReader()


@pytest.fixture(scope="module", autouse=True)
def exported() -> Iterator[None]:
    """Spans and measures go to memory while this module runs; a provider is for good."""
    export([SimpleSpanProcessor(SPANS)], [MEASURES], "tests")
    yield
    telemetry.SWITCH.on = False


@pytest.fixture(autouse=True)
def spans() -> InMemorySpanExporter:
    telemetry.SWITCH.on = True
    SPANS.clear()
    return SPANS


class OneTeam:
    """A team over memory; what it publishes is put on the hub of the next."""

    def __init__(self, name: str) -> None:
        self.store, self.bus = MemoryStore(), MemoryBus()
        self.spine = a_spine(name, self.store, self.bus)

    async def reads(self, hub: str, rule: Rule, events: list[Event]) -> None:
        batch = [self.bus.put(hub, event) for event in events]
        await Receiver(self.spine, self.bus, hub, [rule]).take(batch)

    def raised(self) -> list[Event]:
        events, self.bus.events = self.bus.events, []
        return events


def activate(state: Account | None, message: Any) -> Decision[Account]:
    if message.id == UUID(int=1):
        raise TypeError("ada@example.com is no account")
    fields = {"account_id": message.id, "contact_id": message.id, "as_of": NOW}
    account = replace(ACCOUNT, **fields)
    return Decision(account, [AccountActivated(account.account_id, account.account_id)])


async def opened_by(caller: str | None, account_id: UUID) -> list[Event]:
    """Account and contact, from a request to what conversions knows of it."""
    customer, conversions = OneTeam("customer"), OneTeam("conversions")

    @http.endpoint
    async def open_account(req: Any) -> Any:
        message = SimpleNamespace(key=str(account_id), id=account_id)
        await customer.spine.handle(
            Work(Rule(SimpleNamespace, Account, activate), message, http.cause())
        )

    headers = {"traceparent": caller} if caller else {}
    await open_account(cast("Any", SimpleNamespace(headers=headers)))
    events = customer.raised()
    reaction = Rule(on_account_activated.AccountActivated, Contact, on_account_activated.decide)
    await customer.reads("account", reaction, list(events))
    contact = customer.raised()
    known = Rule(on_contact_activated.ContactActivated, KnownContact, on_contact_activated.decide)
    await conversions.reads("contact", known, contact)
    return events + contact


def _names(spans: InMemorySpanExporter) -> list[str]:
    return [span.name for span in spans.get_finished_spans()]


def _by_id(spans: InMemorySpanExporter) -> Mapping[int, ReadableSpan]:
    return {span.context.span_id: span for span in spans.get_finished_spans() if span.context}


async def test_one_trace_goes_from_the_request_through_every_reaction(
    spans: InMemorySpanExporter,
) -> None:
    events = await opened_by(CALLER, uuid4())
    trace_id = CALLER.split("-")[1]
    assert [event.type for event in events] == [
        "customer.account.activated",
        "customer.contact.activated",
    ]
    found = _by_id(spans)
    last = telemetry.parsed(events[-1].traceparent)
    chain: list[str] = []
    span = found.get(last.span_id) if last else None
    while span:
        assert span.context
        assert f"{span.context.trace_id:032x}" == trace_id
        chain.append(span.name)
        span = found.get(span.parent.span_id) if span.parent else None
    assert chain == ["AccountActivated", "SimpleNamespace", "open_account"]


async def test_a_batch_is_no_part_of_a_trace_and_links_to_those_of_its_events(
    spans: InMemorySpanExporter,
) -> None:
    first, second = await opened_by(CALLER, uuid4()), await opened_by(None, uuid4())
    spans.clear()
    customer = OneTeam("customer")
    reaction = Rule(on_account_activated.AccountActivated, Contact, on_account_activated.decide)
    await customer.reads("account", reaction, [first[0], second[0]])
    batch = next(span for span in spans.get_finished_spans() if span.name == "receive account")
    assert batch.parent is None
    traces = {f"{link.context.trace_id:032x}" for link in batch.links}
    assert traces == {str(each[0].traceparent).split("-")[1] for each in (first, second)}
    assert len(traces) == 2


async def _sold(store: MemoryStore, lines: range) -> list[Event]:
    conversions = OneTeam("conversions")
    file = SalesFile(
        "acme", "may.csv", "u", "e", "0f" * 32, 9, "reading", NOW, NOW
    )  # fmt: skip
    for line in lines:
        lead_id = UUID(int=line)
        lead = adapter(Lead).validate_python(
            {
                "lead_id": lead_id,
                "contact_id": UUID(int=7),
                "product_id": "fibre",
                "partner": "acme",
                "price": Decimal("9.90"),
                "currency": "EUR",
                "term_months": 12,
                "status": "generated",
                "generated_at": NOW,
            }
        )
        row = Row("acme", "may.csv", "0f" * 32, line)
        sold = SoldRow(row, lead_id, date(2026, 5, 1), NOW, lead=lead)
        cause = SALES.cause(file.partner, file.name, file.sha256, file.received_at)
        work = Work(Rule(SoldRow, Sale, sell), sold, replace(cause, id=f"{cause.id}/{line}"))
        await conversions.spine.handle(work)
    return conversions.raised()


async def test_all_that_comes_of_a_file_is_one_trace_to_the_last_purchase(
    spans: InMemorySpanExporter,
) -> None:
    # Two invocations read the file, as after a crash; nothing is carried from one to the other.
    sales = await _sold(MemoryStore(), range(1, 4)) + await _sold(MemoryStore(), range(4, 6))
    customer = OneTeam("customer")
    bought = Rule(on_sale_confirmed.SaleConfirmed, Contact, on_sale_confirmed.decide)
    await customer.reads("sale", bought, sales)
    purchases = customer.raised()
    assert [event.type for event in purchases] == ["customer.contact.purchased"] * 5
    traces = {str(event.traceparent).split("-")[1] for event in (*sales, *purchases)}
    assert len(traces) == 1
    decided = [span for span in spans.get_finished_spans() if span.name.startswith("S")]
    assert {f"{span.context.trace_id:032x}" for span in decided if span.context} == traces


async def test_the_trace_travels_when_nothing_is_exported(spans: InMemorySpanExporter) -> None:
    telemetry.SWITCH.on = False
    events = await opened_by(CALLER, uuid4())
    assert {event.traceparent for event in events} == {CALLER}
    alone = await opened_by(None, uuid4())
    (traceparent,) = {event.traceparent for event in alone}
    assert telemetry.parsed(traceparent)
    assert _names(spans) == []


@pytest.mark.parametrize(
    "broken",
    [
        None,
        "",
        "x",
        "00-" + "0" * 32 + "-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-" + "0" * 16 + "-01",
        CALLER.upper(),
        CALLER + "-more",
    ],
)
def test_a_broken_traceparent_begins_a_trace_that_the_correlation_names(broken: str | None) -> None:
    first = telemetry.carried(Cause("a", NOW, "correlation", broken))
    assert first == telemetry.carried(Cause("b", NOW, "correlation", broken))
    assert first != telemetry.carried(Cause("a", NOW, "another", broken))
    assert telemetry.parsed(first)


def test_a_trace_that_a_correlation_names_is_sampled_whole_by_the_usual_setting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", "0.25")
    telemetry.begun.cache_clear()
    flags = [telemetry.begun(f"file {number}")[-2:] for number in range(400)]
    telemetry.begun.cache_clear()
    assert set(flags) == {"00", "01"}
    assert 60 < flags.count("01") < 140


def _measures() -> dict[tuple[str, str], float]:
    told = MEASURES.get_metrics_data()
    found: dict[tuple[str, str], float] = {}
    for resource in told.resource_metrics if told else []:
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                for point in metric.data.data_points:
                    label = str((point.attributes or {}).get("outcome", ""))
                    value = getattr(point, "value", None)
                    counted = getattr(point, "count", 0) if value is None else value
                    found[metric.name, label] = found.get((metric.name, label), 0) + counted
    return found


async def test_measures_tell_of_outcomes_duplicates_holes_and_losses() -> None:
    team = OneTeam("customer")
    bought = Rule(on_sale_confirmed.SaleConfirmed, Contact, on_sale_confirmed.decide)
    receiver = Receiver(team.spine, team.bus, "sale", [bought])
    before = _measures()
    messages = [team.bus.put("sale", await a_sale()) for _ in range(6)]
    messages.append(team.bus.put_raw("sale", {}, "", b""))
    await receiver.take(messages[:1])
    await receiver.take(messages[:1])
    team.bus.begin = 3
    await receiver.take(messages[5:])
    after = _measures()
    grown = {key: after[key] - before.get(key, 0) for key in after}
    assert grown["eventing.handled", "applied"] == 4
    assert grown["eventing.handled", "unchanged"] == 1
    assert grown["eventing.handled", "parked"] == 1
    assert grown["eventing.duplicates", ""] == 1
    assert grown["eventing.holes_healed", ""] == 2
    assert grown["eventing.events_gone", ""] == 2
    assert grown["eventing.age", ""] == 3


async def test_a_sweep_tells_how_many_files_it_looked_at_and_what_nobody_had_announced() -> None:
    team = a_team(MemoryStore(), MemoryFiles())
    await team.files.store(SALES.container, "acme/a.csv", b"")
    before = _measures()
    for _ in range(3):
        await Sweep(Intake(team, SALES)).run()
    after = _measures()
    names = ("eventing.files_looked_at", "eventing.files_found")
    assert [after[name, ""] - before.get((name, ""), 0) for name in names] == [3, 1]


def _told_of(hub: str, measure: str) -> dict[object, float]:
    """A measure of the customer team about a hub, by partition where it has one."""
    told = MEASURES.get_metrics_data()
    return {
        point.attributes.get("partition"): point.value
        for resource in (told.resource_metrics if told else [])
        for scope in resource.scope_metrics
        for metric in scope.metrics
        if metric.name == measure
        for point in metric.data.data_points
        if isinstance(point, NumberDataPoint) and point.attributes
        if (point.attributes["team"], point.attributes["hub"]) == ("customer", hub)
    }


async def test_a_team_tells_how_far_it_is_behind_each_partition_and_what_it_has_set_aside() -> None:
    bus, store, parked = MemoryBus(), MemoryStore(), MemoryParked()
    messages = [bus.put_raw("sale", {}, "", b"", place) for place in ("0", "0", "1", "1", "1")]
    store.positions["sale", "1"] = Position(0, NOW)
    await parked.park(Parked(messages[0], "undecodable", "no type", NOW))
    team = Team("customer", cast("Clients", SimpleNamespace(hubs=bus)))
    team.reactions = {"sale": ()}
    team.__dict__["store"] = SimpleNamespace(position=store.position, parked=parked)
    await team.measure()
    assert _told_of("sale", "eventing.lag") == {"0": 2, "1": 2, "2": 0, "3": 0}
    assert _told_of("sale", "eventing.parked") == {None: 1}


def test_every_alert_and_chart_reads_a_measure_that_is_told() -> None:
    source = (ROOT / "eventing" / "telemetry.py").read_text()
    alerts = json.loads((ROOT / "bicep" / "alerts.json").read_text())
    workbook = (ROOT / "bicep" / "workbook.json").read_text()
    wanted = {alert["metric"] for alert in alerts}
    wanted |= {part.split("'")[0] for part in workbook.split("Name == '")[1:]}
    assert wanted
    assert [name for name in sorted(wanted) if f'"{name}"' not in source and "." in name] == []


async def test_a_parked_event_is_logged_with_its_fields_and_without_its_content(
    caplog: pytest.LogCaptureFixture,
) -> None:
    team = OneTeam("customer")
    bought = Rule(on_sale_confirmed.SaleConfirmed, Contact, on_sale_confirmed.decide)
    event = await a_sale(body=b"ada@example.com", traceparent=CALLER, subject="ada@example.com")
    message = team.bus.put("sale", event)
    with caplog.at_level(logging.INFO):
        await Receiver(team.spine, team.bus, "sale", [bought]).take([message])
    (line,) = [r for r in caplog.records if r.getMessage().startswith("event parked")]
    told = json.loads(line.getMessage().split(" | ", 1)[1])
    assert told["event"] == event.id
    assert told["type"] == "conversions.sale.confirmed"
    assert told["aggregate"] == "<redacted: 15 characters>"
    assert (told["cause"], told["trace"], told["reason"]) == ("f", CALLER, "undecodable")
    assert (told["hub"], told["number"]) == ("sale", 0)
    assert "ada@example.com" not in caplog.text


def test_fields_and_arguments_with_percent_signs_are_told_as_they_are(
    caplog: pytest.LogCaptureFixture,
) -> None:
    log = telemetry.logger("tests.telemetry")
    with caplog.at_level(logging.INFO):
        log.info("%d of 100%%", 7, extra={"path": "a%20b%s"})
        log.info("no fields: %s", "x")
    first, second = (record.getMessage() for record in caplog.records)
    assert first == '7 of 100% | {"path": "a%20b%s"}'
    assert second == "no fields: x"


async def test_spans_hold_no_person_and_no_payload(spans: InMemorySpanExporter) -> None:
    await opened_by(CALLER, uuid4())
    await opened_by(CALLER, UUID(int=1))
    text = "".join(span.to_json() for span in spans.get_finished_spans())
    assert "open_account" in text
    assert "TypeError" in text
    assert "Ada" not in text
    assert "ada@example.com" not in text


def test_what_a_trace_costs_an_event_while_nothing_is_exported() -> None:
    telemetry.SWITCH.on = False
    cause = Cause("a", NOW, "correlation", CALLER)
    took = timeit.timeit(lambda: telemetry.decided("team", "sale/7", cause, "Sold"), number=20_000)
    assert took / 20_000 < 100e-6  # generous: it takes under a microsecond on an idle machine


def test_the_app_imports_no_sdk_unless_a_setting_names_a_place() -> None:
    code = (
        "import sys; from eventing import telemetry; telemetry.export({'PATH': '/'});"
        "print(sorted(name for name in sys.modules if name.startswith('opentelemetry.sdk')"
        " or 'exporter' in name), telemetry.SWITCH.on)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[] False"


def test_a_place_that_is_none_is_logged_and_stops_nothing() -> None:
    code = (
        "from eventing import telemetry;"
        "telemetry.export({'APPLICATIONINSIGHTS_CONNECTION_STRING': 'https://key=secret'});"
        "print(telemetry.SWITCH.on)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
    assert "telemetry is not exported" in done.stderr
    assert "secret" not in done.stderr


def test_the_envelope_carries_the_trace() -> None:
    event = Event(
        "i", "t", "s", "u", NOW, 1, "00", "c", "a", CALLER, "avro/binary+1", "", b""
    )  # fmt: skip
    properties = dict(to_message(event).properties or {})
    assert properties["cloudEvents_traceparent"] == CALLER
