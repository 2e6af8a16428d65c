"""The bus as an AsyncAPI 3.0 document: hubs are channels, events messages, teams the parties."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from eventing import schemas
from eventing.bus import ROOT, Hub, declared
from eventing.wire import PREFIX
from local.examples import example

AVRO = "application/vnd.apache.avro;version=1.9.0"
ATTRIBUTES = {
    "specversion": "Always 1.0.",
    "id": "The same event has the same id, however often it is delivered.",
    "type": "Names the event, its hub and its contract.",
    "source": "The team and the kind of aggregate, as /customer/contact.",
    "subject": "The aggregate's id.",
    "time": "When it happened.",
    "dataschema": "The address of the contract in the registry.",
    "partitionkey": "The bucket of the aggregate, 00 to 63.",
    "sequence": "The aggregate's version, ten digits: older than what a reader holds is old news.",
    "correlationid": "What began it all.",
    "causationid": "What it follows from: a request, a row, or an event.",
    "traceparent": "W3C trace context, where there is one.",
}
OPTIONAL = {"traceparent"}


def document(readers: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """The document. `readers` are the teams that react to each event type."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    hubs = declared().hubs.values()
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Events of four teams",
            "version": project["version"],
            "description": project["description"],
            "license": {"name": "MIT"},
        },
        "defaultContentType": "avro/binary",
        "servers": {
            "azure": {
                "host": "{namespace}.servicebus.windows.net",
                "protocol": "amqps",
                "variables": {"namespace": {"description": "The Event Hubs namespace."}},
            },
            "laptop": {"host": "localhost:5672", "protocol": "amqp"},
        },
        "channels": {hub.name: _channel(hub) for hub in hubs},
        "operations": _operations(readers),
        "components": {
            "messages": {each: _message(each) for each in schemas.event_types()},
            "schemas": {"attributes": _attributes()},
        },
    }


def _channel(hub: Hub) -> dict[str, Any]:
    carried = [each for each in schemas.event_types() if declared().hub_of(each) == hub]
    return {
        "address": hub.name,
        "description": f"Events of the {hub.owner} team on: {', '.join(hub.aggregates)}.",
        "messages": {each: {"$ref": f"#/components/messages/{each}"} for each in carried},
    }


def _message(event_type: str) -> dict[str, Any]:
    schema = json.loads(schemas.definition(event_type))
    return {
        "name": event_type,
        "title": event_type,
        "summary": schema["doc"],
        "contentType": "avro/binary",
        "headers": {"$ref": "#/components/schemas/attributes"},
        "payload": {"schemaFormat": AVRO, "schema": schema},
        "examples": [{"name": "ordinary", "payload": example(event_type)}],
    }


def _attributes() -> dict[str, Any]:
    return {
        "type": "object",
        "description": "CloudEvents 1.0 attributes as AMQP application properties.",
        "required": [PREFIX + name for name in ATTRIBUTES if name not in OPTIONAL],
        "properties": {
            PREFIX + name: {"type": "string", "description": told}
            for name, told in ATTRIBUTES.items()
        },
    }


def _operations(readers: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    found = {}
    for event_type in schemas.event_types():
        hub = declared().hub_of(event_type)
        found[f"{hub.owner} sends {event_type}"] = _operation("send", hub, [event_type], hub.owner)
    for hub in declared().hubs.values():
        for team in hub.consumer_groups:
            read = [
                each
                for each in schemas.event_types()
                if team in readers[each] and declared().hub_of(each) == hub
            ]
            found[f"{team} receives from {hub.name}"] = _operation("receive", hub, read, team)
    return found


def _operation(action: str, hub: Hub, types: Sequence[str], team: str) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{hub.name}"},
        "messages": [{"$ref": f"#/channels/{hub.name}/messages/{each}"} for each in types],
        "tags": [{"name": team}],
    }
