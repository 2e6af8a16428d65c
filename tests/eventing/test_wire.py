"""CloudEvents in AMQP binary mode: what an envelope must say, and what it may."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventing.errors import Undecodable
from eventing.event import Event
from eventing.wire import Received, to_event, to_message

ENQUEUED = datetime(2026, 5, 1, 9, 30, tzinfo=UTC)
GOOD = {
    "cloudEvents_specversion": "1.0",
    "cloudEvents_id": "1",
    "cloudEvents_type": "conversions.sale.confirmed",
    "cloudEvents_source": "/conversions/sale",
}


def received(properties: Mapping[Any, Any], body: bytes = b"") -> Received:
    return Received("sale", "0", 7, "7", ENQUEUED, "avro/binary+aa", properties, body)


def named(attribute: str, value: Any, prefix: str = "cloudEvents_") -> dict[str, Any]:
    return {**GOOD, prefix + attribute: value}


def test_the_required_attributes_are_enough() -> None:
    event = to_event(received(GOOD, b"x"))
    assert (event.id, event.type, event.source) == (
        "1", "conversions.sale.confirmed", "/conversions/sale",
    )  # fmt: skip
    assert (event.time, event.sequence, event.correlation_id) == (ENQUEUED, 0, "1")
    assert (event.content_type, event.body) == ("avro/binary+aa", b"x")


@pytest.mark.parametrize("attribute", ["specversion", "id", "type", "source"])
@pytest.mark.parametrize("value", [None, ""])
def test_f44_an_envelope_without_a_required_attribute_is_undecodable(
    attribute: str, value: str | None
) -> None:
    properties: dict[str, Any] = named(attribute, value)
    if value is None:
        del properties[f"cloudEvents_{attribute}"]
    with pytest.raises(Undecodable, match=f"missing: {attribute}"):
        to_event(received(properties))


@pytest.mark.parametrize("version", ["0.3", "1", "1.1", "2.0", " 1.0", "1.0\n"])
def test_f44_another_specversion_is_undecodable(version: str) -> None:
    with pytest.raises(Undecodable, match="specversion"):
        to_event(received(named("specversion", version)))


def test_f44_an_attribute_given_twice_with_the_same_value_is_one() -> None:
    assert to_event(received(named("id", "1", "cloudEvents:"))).id == "1"


@pytest.mark.parametrize("attribute", ["id", "type", "source", "sequence"])
def test_f44_an_attribute_given_twice_with_two_values_is_undecodable(attribute: str) -> None:
    properties = named(attribute, "2") | named(attribute, "3", "cloudEvents:")
    with pytest.raises(Undecodable, match=f"{attribute} is there twice"):
        to_event(received(properties))


@pytest.mark.parametrize(
    "content_type",
    [
        "application/cloudevents+json", "application/cloudevents+avro",
        "application/cloudevents-batch+json", "Application/CloudEvents+json; charset=utf-8",
    ],
)  # fmt: skip
@pytest.mark.parametrize("properties", [GOOD, {}])
def test_f44_structured_mode_is_undecodable_with_or_without_an_envelope(
    content_type: str, properties: dict[str, str]
) -> None:
    structured = replace(received(properties, b'{"id": "2"}'), content_type=content_type)
    with pytest.raises(Undecodable, match="binary content mode"):
        to_event(structured)


@pytest.mark.parametrize("value", [True, 1, 1.5, b"1", [], {}, datetime(2026, 5, 1)])  # noqa: DTZ001
@pytest.mark.parametrize("attribute", ["id", "type", "source", "subject"])
def test_f44_an_attribute_that_is_no_text_is_undecodable(attribute: str, value: Any) -> None:
    with pytest.raises(Undecodable, match=attribute):
        to_event(received(named(attribute, value)))


@pytest.mark.parametrize("attribute", ["id", "subject", "correlationid"])
@pytest.mark.parametrize("value", ["a\x00b", "a\nb", "\x7f", "\x9f", "\ud800", "\ufdd0", "\uffff"])
def test_f44_text_that_no_cloudevents_string_may_hold_is_undecodable(
    attribute: str, value: str
) -> None:
    with pytest.raises(Undecodable, match=attribute):
        to_event(received(named(attribute, value)))


@pytest.mark.parametrize("attribute", ["id", "type", "source", "subject", "correlationid"])
def test_f44_an_attribute_that_is_too_long_is_undecodable(attribute: str) -> None:
    with pytest.raises(Undecodable, match=attribute) as refusal:
        to_event(received(named(attribute, "x" * 5000)))
    assert len(str(refusal.value)) < 600


@pytest.mark.parametrize("value", ["Ärger/日本/👋", "e\u0301", "\u202e", "a b", "'"])
def test_text_of_every_language_comes_through(value: str) -> None:
    assert to_event(received(named("subject", value))).subject == value


@pytest.mark.parametrize(
    "time",
    [
        "yesterday", "2026-05-01", "2026-05-01T09:30:00", "2026-02-30T00:00:00Z",
        "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-W18-5T00:00:00Z",
        "1777627800",
    ],
)  # fmt: skip
def test_a_time_that_is_no_instant_is_undecodable(time: str) -> None:
    with pytest.raises(Undecodable, match="CloudEvents time"):
        to_event(received(named("time", time)))


@pytest.mark.parametrize("sequence", ["-1", "1.0", "x", "٣", "9" * 19, "+1", " 1"])
def test_a_sequence_that_is_no_number_is_undecodable(sequence: str) -> None:
    with pytest.raises(Undecodable, match="sequence"):
        to_event(received(named("sequence", sequence)))


@pytest.mark.parametrize("trace", ["", "x", "00-" + "a" * 900, "00-ZZ-1-01", None])
def test_a_trace_that_cannot_be_read_does_not_cost_the_event(trace: str | None) -> None:
    assert to_event(received(named("traceparent", trace))).traceparent is None


def test_a_sequence_may_be_a_number_and_an_attribute_null() -> None:
    event = to_event(received(named("sequence", 12) | {"cloudEvents_subject": None}))
    assert (event.sequence, event.subject) == (12, "")


def test_other_properties_and_extensions_are_let_be() -> None:
    extra = {"cloudEvents_flavour": "sweet", "Diagnostic-Id": "00-1", "x": 5, "cloudEvents_": "?"}
    assert to_event(received({**GOOD, **extra})) == to_event(received(GOOD))


_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn")), min_size=1)


@given(
    text=st.lists(_TEXT, min_size=7, max_size=7),
    time=st.datetimes(timezones=st.just(UTC)),
    sequence=st.integers(0, 10**18 - 1),
    body=st.binary(),
    trace=st.none() | st.just("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
)
def test_every_event_that_we_send_is_read_as_it_was(
    text: list[str], time: datetime, sequence: int, body: bytes, trace: str | None
) -> None:
    event = Event(
        id=text[0],
        type=text[1],
        source=text[2],
        subject=text[3],
        time=time.replace(microsecond=time.microsecond // 1000 * 1000),
        sequence=sequence,
        partition_key=text[4],
        correlation_id=text[5],
        causation_id=text[6],
        traceparent=trace,
        content_type="avro/binary+aa",
        data_schema="https://registry.test/$schemaGroups/$schemas/aa",
        body=body,
    )
    message = to_message(event)
    assert message.content_type == event.content_type
    names = {str(name).removeprefix("cloudEvents_") for name in message.properties or {}}
    # CloudEvents 1.0, "Attribute Naming Convention": lower-case letters and digits.
    assert all(name.isascii() and name.isalnum() and name == name.lower() for name in names)
    assert to_event(received(dict(message.properties or {}), body)) == event
