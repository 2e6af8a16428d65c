"""What a deployment would create, team by team, and its monthly cost: make deploy-plan.

Prices are list prices, written down by hand: an estimate to choose a tier by, never a quotation.
"""

import json
import math
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from typing import Any

import azure.functions as func

from eventing.bus import ROOT
from local.host.schedule import parse

HOURS = 730.0
SECONDS = HOURS * 3600

NOTED = (
    "2025-06, West Europe, USD, noted from memory of the public price pages: check before relying"
)
PRICES: Mapping[str, float] = {
    "event hubs standard, throughput unit, hour": 0.030,
    "event hubs standard, million events in": 0.028,
    "event hubs standard, capture, throughput unit, hour": 0.10,
    "event hubs premium, processing unit, hour": 1.233,
    "functions flex, GB-second": 0.000026,
    "functions flex, million executions": 0.40,
    "table storage, 10,000 operations": 0.00036,
    "table storage, GB": 0.045,
    "blob storage hot, GB": 0.0196,
    "blob storage, 10,000 writes": 0.054,
    "log analytics, GB": 2.76,
    "event grid, million operations": 0.60,
    "private endpoint, hour": 0.01,
}


@dataclass(frozen=True, slots=True)
class Load:
    """Events raised in a month, over all hubs alike; peaks are ten times the average."""

    name: str
    events: float


@dataclass(frozen=True, slots=True)
class Line:
    """One position of the bill: dollars a month, and the sum that gives them."""

    what: str
    dollars: float
    formula: str


READS = {
    "hubs": "may ask every hub how far it is",
    "tables": "may read every team's table",
    "schemas": "may read the schema group",
}
LOADS = (Load("trying out", 1e5), Load("a shop", 1e7), Load("a busy group", 3e8))
EVENT_GB = 500 / 1e9
LOG_GB = 300 / 1e9  # one line for each batch or command
MEMORY_GB = 2.0


def units(load: Load) -> int:
    """Throughput units at the peak: a thousand events a second each, at least one."""
    return max(1, math.ceil(load.events / SECONDS * 10 / 1000))


def batch(load: Load, hubs: int) -> float:
    """Events that an invocation gets: what a partition gathers in a second, from 1 to 100."""
    return min(100.0, max(1.0, load.events / SECONDS / hubs / 4))


@cache
def schedules() -> dict[str, str]:
    """The schedules that Azure is given, by setting: the defaults of bicep/main.bicep."""
    text = (ROOT / "bicep" / "main.bicep").read_text()
    defaults = dict(re.findall(r"^param (\w+) string = '([^']+)'", text, re.MULTILINE))
    return {name: defaults[param] for name, param in re.findall(r"(\w+_SCHEDULE): (\w+)", text)}


@cache
def timers(domain: str) -> dict[str, float]:
    """How often a month each timer of a domain's app runs, by the function's name."""
    app = func.FunctionApp()
    app.register_functions(import_module(f"domains.{domain}.triggers").blueprint)
    return {
        str(each.get_function_name()): SECONDS / _every(domain, bound["schedule"])
        for each in app.get_functions()
        for bound in each.get_bindings_dict()["bindings"]
        if bound["type"] == "timerTrigger"
    }


def _every(function: str, schedule: str) -> float:
    """Seconds from one run to the next."""
    written = re.sub(r"%(\w+)%", lambda found: schedules()[found[1]], schedule)
    return parse(written, function).shortest(datetime(2026, 1, 1, tzinfo=UTC)).total_seconds()


def shared(bus: Mapping[str, Any], load: Load, private: bool) -> Iterator[Line]:
    """The platform's own bill."""
    p, count = PRICES, units(load)
    yield Line(
        "bus, Standard",
        count * HOURS * p["event hubs standard, throughput unit, hour"]
        + load.events / 1e6 * p["event hubs standard, million events in"],
        f"{count} units x 730 h x 0.030 + {load.events:,.0f} events x 0.028 / million",
    )
    yield Line(
        "capture",
        count * HOURS * p["event hubs standard, capture, throughput unit, hour"],
        f"{count} units x 730 h x 0.10",
    )
    partitions = sum(hub["partitions"] for hub in bus["hubs"].values())
    captures = min(load.events, partitions * SECONDS / 300)
    yield Line(
        "captured events, kept a year",
        captures / 1e4 * p["blob storage, 10,000 writes"]
        + load.events * 12 * EVENT_GB * p["blob storage hot, GB"],
        "a file for each partition every 5 minutes with events, 500 bytes each, all of it hot",
    )
    if private:
        yield Line("private endpoints, shared", 5 * HOURS * 0.01, "5 x 730 h x 0.01")


def team(bus: Mapping[str, Any], domain: str, load: Load, private: bool) -> Iterator[Line]:
    """One team's bill: an upper bound, each invocation billed as a full second of one instance."""
    p, hubs = PRICES, bus["hubs"]
    each = load.events / len(hubs)
    raised = each * sum(hub["owner"] == domain for hub in hubs.values())
    received = each * sum(domain in hub["consumerGroups"] for hub in hubs.values())
    ticks = sum(timers(domain).values())
    runs = raised / batch(load, len(hubs)) + received / batch(load, len(hubs)) + ticks
    busy = min(runs, SECONDS * 4)
    yield Line(
        "app",
        busy * MEMORY_GB * p["functions flex, GB-second"]
        + runs / 1e6 * p["functions flex, million executions"],
        f"{runs:,.0f} runs, of them {ticks:,.0f} of {len(timers(domain))} timers, 1 s x 2 GB each",
    )
    operations = (raised + received) / batch(load, len(hubs)) * 3 + ticks
    yield Line(
        "table",
        operations / 1e4 * p["table storage, 10,000 operations"]
        + (raised + received) * EVENT_GB * p["table storage, GB"],
        "load, commit and relay for each batch",
    )
    yield Line("logs", runs * LOG_GB * p["log analytics, GB"], "300 bytes for each run")
    if private:
        yield Line("private endpoints", 4 * HOURS * 0.01, "4 x 730 h x 0.01")


def created(bus: Mapping[str, Any], domain: str) -> Iterator[str]:
    """What a team gets, and its rights, each on one thing."""
    yield "resource group, identity, Flex Consumption plan and app, host account, vault, budget"
    for name, hub in bus["hubs"].items():
        if hub["owner"] == domain:
            yield f"may send to the hub {name} ({hub['partitions']} partitions, captured)"
        if domain in hub["consumerGroups"]:
            yield f"may receive from the hub {name}, as consumer group {domain}"
    for name, table in bus["tables"].items():
        if table["owner"] == domain:
            yield f"may use the table {name}"
    for name, container in bus["containers"].items():
        if container["owner"] == domain:
            yield f"may use the container {name}"
    app = bus["apps"].get(domain, {"reads": ["schemas"], "writes": []})
    for name in app["reads"]:
        yield READS.get(name) or f"may read the container {name}"
    for name in app["writes"]:
        yield f"may write the container {name}"
    yield "may send telemetry"


def domains(bus: Mapping[str, Any]) -> list[str]:
    """The apps there are, as main.bicep derives them."""
    found = [table["owner"] for table in bus["tables"].values()]
    for hub in bus["hubs"].values():
        found += [hub["owner"], *hub["consumerGroups"]]
    return list(dict.fromkeys([*found, *bus["apps"]]))


def report(bus: Mapping[str, Any], private: bool) -> Iterator[str]:
    """The plan as lines of text."""
    yield "platform"
    yield "  bus, schema group, accounts for state, files and captured events, workspace,"
    yield "  telemetry, alerts, workbook, policies, budget"
    for domain in domains(bus):
        yield domain
        yield from (f"  {line}" for line in created(bus, domain))
    yield f"\nPrices: {NOTED}."
    for load in LOADS:
        parts = {"platform": list(shared(bus, load, private))}
        parts |= {domain: list(team(bus, domain, load, private)) for domain in domains(bus)}
        total = sum(line.dollars for lines in parts.values() for line in lines)
        yield f"\n{load.name}: {load.events:,.0f} events a month, about ${total:,.2f} a month"
        for name, lines in parts.items():
            yield f"  {name:<12} ${sum(line.dollars for line in lines):>10,.2f}"
            yield from (f"    {a.what:<30} ${a.dollars:>9,.2f}  = {a.formula}" for a in lines)


def main(arguments: list[str]) -> int:
    """Print the plan; --private counts the private endpoints in."""
    bus = json.loads((ROOT / "bus.json").read_text())
    print("\n".join(report(bus, "--private" in arguments)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
