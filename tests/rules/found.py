"""Every rule of every team, found in the folders, so that none escapes the tests."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any, get_args, get_type_hints

from eventing.bus import ROOT, declared
from eventing.decision import Decision, State

DOORS = ("triggers", "files", "intake", "reading", "sweep")
"""Modules of a team that bind its rules to the outside."""

DOMAINS = sorted(path.parent.name for path in ROOT.glob("domains/*/triggers.py"))
TEAMS = sorted(declared().teams)
"""Those who keep state and raise events; the other domains are the platform's own."""


@dataclass(frozen=True, slots=True)
class Found:
    """A module with a `decide`: the state it decides on and the message it reads."""

    module: ModuleType
    state: type[State]
    message: Any
    decide: Callable[[Any, Any], Decision[Any]]

    @property
    def name(self) -> str:
        return self.module.__name__.removeprefix("domains.")

    @property
    def is_reaction(self) -> bool:
        return self.name.split(".")[1].startswith("on_")

    @property
    def reads_event(self) -> bool:
        return hasattr(self.message, "type")

    @property
    def is_timer(self) -> bool:
        return str(self.module.__doc__).startswith("timer ")


def modules() -> list[ModuleType]:
    """Every noun and every rule of the teams."""
    return [
        import_module(f"domains.{team}.{path.stem}")
        for team in TEAMS
        for path in sorted((ROOT / "domains" / team).glob("*.py"))
        if path.stem not in DOORS
    ]


def _found(module: ModuleType) -> Found:
    state, message, _ = get_type_hints(module.decide).values()
    return Found(module, get_args(state)[0], message, module.decide)


RULES = [_found(module) for module in modules() if hasattr(module, "decide")]
STATES = sorted({rule.state for rule in RULES}, key=lambda state: state.kind)
