"""Event Hub functions; what arrives goes as JSON lines to the file named RECORD."""

import json
import os
import typing
from pathlib import Path

import azure.functions as func

app = func.FunctionApp()


def record(**what: typing.Any) -> None:
    with Path(os.environ["RECORD"]).open("a") as file:
        file.write(json.dumps(what, default=str) + "\n")


@app.event_hub_message_trigger(
    arg_name="events",
    event_hub_name="sale",
    connection="EVENTS",
    consumer_group="customer",
    cardinality=func.Cardinality.MANY,
    data_type=func.DataType.BINARY,
)
@app.retry(strategy="fixed_delay", max_retry_count="2", delay_interval="00:00:00")
async def on_many(events: typing.List[func.EventHubEvent], context: func.Context) -> None:  # noqa: UP006
    bodies = [event.get_body().decode() for event in events]
    metadata = typing.cast("dict[str, typing.Any]", events[0].metadata)
    record(
        f="on_many",
        bodies=bodies,
        numbers=[event.sequence_number for event in events],
        properties=metadata["PropertiesArray"],
        system=metadata["SystemPropertiesArray"],
        context=metadata["PartitionContext"],
        enqueued=[event.enqueued_time and event.enqueued_time.tzinfo for event in events],
        retry=context.retry_context.retry_count,
    )
    if "fail" in bodies:
        raise ValueError("fail on purpose")


@app.event_hub_message_trigger(
    arg_name="event",
    event_hub_name="lead",
    connection="EVENTS",
    consumer_group="customer",
    cardinality=func.Cardinality.ONE,
    data_type=func.DataType.BINARY,
)
async def on_one(event: func.EventHubEvent) -> None:
    record(
        f="on_one",
        body=event.get_body().decode(),
        number=event.sequence_number,
        offset=event.offset,
        key=event.partition_key,
        properties=(event.metadata or {})["Properties"],
    )
