"""Composition: the teams named by the setting DOMAINS, each with what every team's app carries."""

import logging
import os
from importlib import import_module
from pathlib import Path

import azure.functions as func

from eventing import telemetry
from eventing.api_triggers import api_blueprint
from eventing.bus import declared
from eventing.errors import SettingsMissing
from eventing.parked_operations import PARKED
from eventing.parked_triggers import parked_blueprint
from eventing.settings import missing

TEAMS = tuple(
    sorted(path.parent.name for path in Path(__file__).parent.glob("domains/*/triggers.py"))
)

# The SDKs log every request at INFO; what matters of it comes back as our errors.
for name in ("azure", "aiohttp"):
    logging.getLogger(name).setLevel(logging.WARNING)


def compose(chosen: str) -> func.FunctionApp:
    """The app of the teams in a comma-separated list. Raises SettingsMissing with every name."""
    app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)
    needed = ["AzureWebJobsStorage"]
    teams = []
    for team in [name.strip() for name in chosen.split(",") if name.strip()]:
        if team not in TEAMS:
            raise SettingsMissing(f"DOMAINS names {team!r}; the teams are {', '.join(TEAMS)}")
        triggers = import_module(f"domains.{team}.triggers")
        app.register_functions(triggers.blueprint)
        teams.append(triggers.team)
        needed += [name for name in triggers.SETTINGS if name not in needed]
    operations = [each for team in teams for each in team.operations]
    if keepers := [team for team in teams if team.name in declared().teams]:
        app.register_functions(parked_blueprint(keepers))
        operations = [*PARKED, *operations]
    title = f"API of {', '.join(team.name for team in teams)}"
    app.register_functions(api_blueprint(operations, title))
    absent = missing(needed)
    if absent:
        raise SettingsMissing(f"settings are missing: {'; '.join(absent)}")
    return app


telemetry.export(os.environ)
app = compose(os.environ.get("DOMAINS") or ",".join(TEAMS))
