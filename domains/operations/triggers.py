"""The platform team's view of all teams: for machines, and a console for people."""

import asyncio

import azure.functions as func

from domains.operations.console import page
from domains.operations.overview import Overview, overview
from eventing.api import Api, bind
from eventing.bus import declared
from eventing.event import now
from eventing.operation import Operation
from eventing.rows import adapter
from eventing.team import Team
from eventing.watch import Watch

SETTINGS = ("EVENTS", "STATE")

blueprint = func.Blueprint()
team = Team("operations")
watch = Watch()


async def look() -> Overview:
    """Ask every hub and every table."""
    ends, kept = await asyncio.gather(watch.ends(), watch.kept())
    return overview(declared(), ends, kept, now())


async def get_operations(req: func.HttpRequest) -> func.HttpResponse:
    text = adapter(Overview).dump_json(await look())
    return func.HttpResponse(text, mimetype="application/json")


async def get_console(req: func.HttpRequest) -> func.HttpResponse:
    headers = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
    return func.HttpResponse(page(await look()), mimetype="text/html", headers=headers)


summary = "How far every reader is, what waits in every outbox, and what is parked"
Api(blueprint, team).add(
    Operation("get_operations", "GET", "operations", summary, team.name, Overview), get_operations
)
# A page for people, as `docs` is: not in the document.
bind(blueprint, Operation("get_console", "GET", "console", "", team.name), get_console)
