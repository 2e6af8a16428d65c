"""A team in the declarations that are written by hand: bus.json, and azd's list of apps."""

import json
from typing import Any

from local.team.words import Words

SERVICE = """\
  {team}:
    project: .
    language: python
    host: function
    resourceGroup: ${{AZURE_RESOURCE_GROUP_PREFIX}}-{team}
"""


def in_bus(text: str, words: Words) -> str:
    """bus.json with the team's hub, which it reads itself, and its table."""
    bus = json.loads(text)
    bus["hubs"][words.aggregate] = {
        "owner": words.team,
        "aggregates": [words.aggregate],
        "partitions": 4,
        "consumerGroups": [words.team],
    }
    bus["tables"][words.team] = {"owner": words.team}
    return bus_text(bus)


def in_azd(text: str, words: Words) -> str:
    """azure.yaml with the team's app, behind the others."""
    services, hooks, rest = text.partition("hooks:\n")
    return services + SERVICE.format(team=words.team) + hooks + rest


def bus_text(bus: dict[str, dict[str, Any]]) -> str:
    """bus.json as it is written: a line for each hub, container and table."""
    sections = [f"  {json.dumps(name)}: {_section(each)}" for name, each in bus.items()]
    return "{\n" + ",\n".join(sections) + "\n}\n"


def _section(section: dict[str, Any]) -> str:
    line = _line(section)
    if len(line) <= 100 and not any(isinstance(each, dict) for each in section.values()):
        return line
    lines = [f"    {json.dumps(name)}: {_line(each)}" for name, each in section.items()]
    return "{\n" + ",\n".join(lines) + "\n  }"


def _line(value: Any) -> str:
    if not isinstance(value, dict):
        return json.dumps(value)
    members = [f"{json.dumps(name)}: {json.dumps(each)}" for name, each in value.items()]
    return "{ " + ", ".join(members) + " }"
