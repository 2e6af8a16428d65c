"""The platform team's lake: it reads no hub, but what capture has written of them all."""

import azure.functions as func

from domains.lake.sweep import Sweep
from eventing.team import Team

SETTINGS = ("FILES", "SCHEMAS__fullyQualifiedNamespace", "LAKE_SCHEDULE")

blueprint = func.Blueprint()
team = Team("lake")
sweep = Sweep(team)


@blueprint.function_name("sort_captured_files")
@blueprint.timer_trigger(arg_name="timer", schedule="%LAKE_SCHEDULE%")
async def sort_captured_files(timer: func.TimerRequest) -> None:
    """Capture writes every few minutes: a notice of each file would bring little, and be lost."""
    await sweep.run()
