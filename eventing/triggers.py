"""What every team's app carries for itself, by its own rights: its hubs, the sweeps, and health."""

import json
import time
from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import List  # noqa: UP035 - the runtime indexes only this spelling

import azure.functions as func

from eventing import telemetry
from eventing.api import Api
from eventing.event import bucket_of, now
from eventing.handle import Rule
from eventing.operation import Operation
from eventing.parked import parked_blob
from eventing.receive import Long
from eventing.replay import Blob
from eventing.team import Team

log = telemetry.logger(__name__)


EACH_MINUTE = "0 * * * * *"


def carry(
    blueprint: func.Blueprint,
    team: Team,
    reactions: Mapping[str, Sequence[Rule | Long]],
    blobs: Mapping[str, Blob] | None = None,
) -> None:
    """Register the functions that read the team's hubs, publish what a relay left behind, and tell.

    `reactions` are the team's, by the hub that it reads: one function for each hub, since two in
    one consumer group would steal each other's events. `blobs` are what takes a file of a
    container. A parked message is replayed to them.
    """
    team.reactions, team.blobs = reactions, blobs or {}
    for hub in reactions:
        _subscribe(blueprint, team, hub)
    if reactions:
        _catch_up(blueprint, team)
    if team.blobs:
        _take_poison(blueprint, team)

    @blueprint.function_name(f"{team.name}_sweep_outbox")
    @blueprint.timer_trigger(arg_name="timer", schedule="%SWEEP_SCHEDULE%")
    async def sweep_outbox(timer: func.TimerRequest) -> None:
        relay = team.spine.relay
        sent = 0
        try:
            sent = await relay.sweep(time.time())
        finally:
            telemetry.swept(team.name, relay.waited, sent)

    @blueprint.function_name(f"{team.name}_measure")
    @blueprint.timer_trigger(arg_name="timer", schedule=EACH_MINUTE)
    async def measure(timer: func.TimerRequest) -> None:
        if telemetry.SWITCH.on:
            await team.measure()

    async def health(req: func.HttpRequest) -> func.HttpResponse:
        # One row of one partition is the cheapest thing that needs the table to answer.
        await team.store.outbox(bucket_of(team.name), 1)
        body = json.dumps({"team": team.name, "status": "healthy"})
        return func.HttpResponse(body, mimetype="application/json")

    api = Api(blueprint, team)
    summary = "Whether the team's table answers"
    api.add(
        Operation(
            f"{team.name}_health", "GET", f"health/{team.name}", summary, team.name,
            dict[str, str], anonymous=True,
        ),
        health,
    )  # fmt: skip


def _subscribe(blueprint: func.Blueprint, team: Team, hub: str) -> None:
    @blueprint.function_name(f"{team.name}_on_{hub}")
    @blueprint.event_hub_message_trigger(
        arg_name="events",
        event_hub_name=hub,
        consumer_group=team.name,
        connection="EVENTS",
        cardinality=func.Cardinality.MANY,
        data_type=func.DataType.BINARY,
    )
    async def on_hub(events: List[func.EventHubEvent]) -> None:  # noqa: UP006 - see its import
        await team.receive(hub, events)


def _catch_up(blueprint: func.Blueprint, team: Team) -> None:
    @blueprint.function_name(f"{team.name}_catch_up")
    @blueprint.timer_trigger(arg_name="timer", schedule="%SWEEP_SCHEDULE%")
    async def catch_up(timer: func.TimerRequest) -> None:
        for hub in team.reactions:
            await team.receiver(hub).catch_up(time.monotonic())


def _take_poison(blueprint: func.Blueprint, team: Team) -> None:
    @blueprint.function_name(f"{team.name}_park_poison_blobs")
    @blueprint.queue_trigger(
        arg_name="message", queue_name="webjobs-blobtrigger-poison", connection="FILES"
    )
    async def park_poison_blob(message: func.QueueMessage) -> None:
        """A file that its trigger failed five times is parked with the team's other messages."""
        arrived = message.insertion_time or now()
        notice = message.get_body().decode(errors="replace")
        parked = parked_blob(notice, arrived.astimezone(UTC), now())
        await team.store.park(parked)
        log.error("blob parked", extra={"parked": parked.id, "reason": parked.reason})
