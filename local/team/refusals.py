"""Why a team cannot be made of some words: each refusal names the word and the way out."""

import builtins
import json
import keyword
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from local.team.words import Words

OF_THE_PLATFORM = {"capture", "lake", "operations", "platform"}
"""Names of identities and resource groups that the templates of bicep/ keep for the platform."""

IN_THE_FILES = {
    *("category", "command", "different", "doc", "first", "instant", "latest", "newer", "rule"),
    *("slug", "docs", "files", "intake", "reading", "sweep", "triggers"),
}
"""Words that a team's files or routes have for something else."""

HUBS = 10
"""Most hubs of a namespace of the Standard tier, and of the official emulator."""

type Bus = dict[str, dict[str, Any]]


def refusals(root: Path, words: Words) -> list[str]:
    """Every reason; empty when the team can be made in this checkout."""
    bus: Bus = json.loads((root / "bus.json").read_text())
    ill_formed = [*_team(words.team), *_aggregate(root, words.aggregate), *_others(words)]
    return ill_formed or [*_taken(root, bus, words)]


def _team(name: str) -> Iterator[str]:
    if not re.fullmatch(r"[a-z]{3,15}", name):
        yield (
            f"name={name!r}: a team is called by 3 to 15 of the letters a-z, as in name=billing,"
            " for it also names a table and an app"
        )
    elif why := _not_ours(name):
        yield f"name={name!r} {why}: choose another word, as in name=billing"
    elif name in OF_THE_PLATFORM:
        yield f"name={name!r} is kept for the platform in bicep/: choose another word"


def _aggregate(root: Path, name: str) -> Iterator[str]:
    spine = {path.stem for path in root.glob("eventing/*.py")}
    if not re.fullmatch(r"[a-z]+(_[a-z]+)*", name) or len(name) > 20:
        yield (
            f"aggregate={name!r}: an aggregate is a noun of at most 20 of the letters a-z,"
            " words joined by _, as in aggregate=invoice or aggregate=credit_note"
        )
    elif why := _not_ours(name):
        yield f"aggregate={name!r} {why}: choose another noun, as in aggregate=invoice"
    elif name in IN_THE_FILES | spine:
        yield f"aggregate={name!r} means something else in the code: choose another noun"


def _others(words: Words) -> Iterator[str]:
    event, command = words.event, words.command
    if not re.fullmatch(r"[a-z]+(_[a-z]+)*", event) or len(event) > 20:
        yield (
            f"event={event!r}: an event is told in the past tense, in at most 20 of the letters"
            " a-z, words joined by _, as in event=issued"
        )
    elif not re.fullmatch(r"[a-z]+(_[a-z]+)+", command) or len(command) > 48:
        yield (
            f"command={command!r}: a command is an imperative and its object, in the letters a-z"
            " joined by _, as in command=issue_invoice"
        )
    elif command.startswith(("on_", "get_", "list_")):
        yield f"command={command!r} begins as what is no command does: as in command=issue_invoice"
    elif len(set(words.modules)) < len(words.modules):
        yield f"command={command!r} is the name of a state, too: as in command=issue_invoice"


def _not_ours(name: str) -> str:
    """What else in Python has the name."""
    if keyword.iskeyword(name) or hasattr(builtins, name):
        return "is a word of Python"
    return "is a module of Python's library" if name in sys.stdlib_module_names else ""


def _taken(root: Path, bus: Bus, words: Words) -> Iterator[str]:
    hubs = bus["hubs"].values()
    teams = {hub["owner"] for hub in hubs} | {
        group for hub in hubs for group in hub["consumerGroups"]
    }
    if words.team in teams | set(bus["tables"]) or (root / "domains" / words.team).exists():
        yield f"name={words.team!r}: there is such a team already: choose another name"
    elif (root / words.team).exists() or (root / f"{words.team}.py").exists():
        yield f"name={words.team!r} is a folder of the repository: choose another name"
    if words.aggregate in {*bus["hubs"], *(each for hub in hubs for each in hub["aggregates"])}:
        yield f"aggregate={words.aggregate!r}: the bus has it already: choose another noun"
    elif len(hubs) >= HUBS:
        yield f"bus.json has {HUBS} hubs, the most that a namespace holds: share one by hand"
    modules = {path.stem: path for path in root.glob("domains/*/*.py")}
    for module in words.modules:
        if module in modules:
            where = modules[module].relative_to(root)
            yield f"{module!r} is a function or a state of {where}: choose another word"
