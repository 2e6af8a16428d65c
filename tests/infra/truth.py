"""What must say one thing, read from where it is said: bus.json, templates, code, contracts."""

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.infra.bicep_text import Literal, block, literal, templates

SERVICES = {"hubs": "hubSettings", "tables": "tableSettings", "schemas": "schemaSettings"}
"""What an app of the platform may read as a whole, and what tells it where that is."""

READERS = {"connection", "required", "whole", "get"}


@dataclass(frozen=True, slots=True)
class Function:
    """One function as the runtime indexed it in its team's app, and its trigger's binding."""

    domain: str
    name: str
    trigger: Mapping[str, Any]

    @property
    def kind(self) -> str:
        return str(self.trigger["type"])


@dataclass(frozen=True, slots=True)
class Truth:
    """What each place says.

    `words` are the string constants of the code, `asked` the settings it reads by name.
    """

    bus: dict[str, Any]
    templates: dict[str, str]
    functions: tuple[Function, ...]
    settings: dict[str, set[str]]
    example: set[str]
    words: dict[str, set[str]]
    asked: dict[str, set[str]]
    event_types: tuple[str, ...]
    deliveries: list[dict[str, str]]
    folders: set[str]

    @property
    def domains(self) -> list[str]:
        return domains(self.bus)


def domains(bus: Mapping[str, Any]) -> list[str]:
    """The apps, as main.bicep derives them: who owns a hub, reads one or keeps a table; our own."""
    owners = [hub["owner"] for hub in bus["hubs"].values()]
    readers = [group for hub in bus["hubs"].values() for group in hub["consumerGroups"]]
    keepers = [table["owner"] for table in bus["tables"].values()]
    return sorted({*owners, *readers, *keepers, *bus["apps"]})


def reads(bus: Mapping[str, Any], domain: str) -> set[str]:
    """The shared services that an app is told of, as main.bicep derives them."""
    app = bus["apps"].get(domain)
    return set(SERVICES) & set(app["reads"] if app else SERVICES)


def uses(bus: Mapping[str, Any], app: str) -> set[str]:
    """Containers that one of the platform's apps reads or writes."""
    declared = bus["apps"][app]
    return {*declared["reads"], *declared["writes"]} - set(SERVICES)


def read(root: Path) -> Truth:
    """What a checkout says. Indexes every domain's app by itself."""
    bus = json.loads((root / "bus.json").read_text())
    sources = templates(root / "bicep")
    settings = {domain: app_settings(sources, bus, domain) for domain in domains(bus)}
    code = {domain: root / "domains" / domain for domain in domains(bus)} | {
        "eventing": root / "eventing"
    }
    return Truth(
        bus=bus,
        templates=sources,
        functions=tuple(index(root, settings)),
        settings=settings,
        example=set(json.loads((root / "local.settings.json.example").read_text())["Values"]),
        words={name: set(_constants(folder)) for name, folder in code.items()},
        asked={name: set(_asked(folder)) for name, folder in code.items()},
        event_types=tuple(sorted(path.stem for path in root.glob("schemas/*/*.avsc"))),
        deliveries=json.loads((root / "bicep" / "deliveries.json").read_text()),
        folders={
            path.name for path in (root / "domains").iterdir() if (path / "triggers.py").is_file()
        },
    )


def app_settings(sources: Mapping[str, str], bus: Mapping[str, Any], domain: str) -> set[str]:
    """Names of the settings that one domain's app gets in Azure."""
    names = set(_settings_of(sources, "modules/app.bicep", "appSettings"))
    for service in reads(bus, domain):
        names |= set(_settings_of(sources, "modules/team.bicep", SERVICES[service]))
    if domain not in bus["apps"]:
        names |= set(_settings_of(sources, "main.bicep", "everyTeamsSettings"))
    own = _settings_of(sources, "main.bicep", "teamSettings").get(domain, {})
    names |= set(own) if isinstance(own, dict) else set()
    owns = any(each["owner"] == domain for each in bus["containers"].values())
    if owns or (domain in bus["apps"] and uses(bus, domain)):
        names |= set(_settings_of(sources, "modules/team.bicep", "blobSettings"))
    if owns:
        names |= set(_settings_of(sources, "modules/team.bicep", "noticeSettings"))
    return names


def index(
    root: Path, apps: Mapping[str, Iterable[str]], python: str = sys.executable
) -> list[Function]:
    """The functions of each domain's app, indexed with the settings it has in Azure and no others.

    Raises AssertionError with the reason of an app that does not index.
    """
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    environments = [
        kept | {name: _plausible(name) for name in settings} | {"DOMAINS": domain}
        for domain, settings in apps.items()
    ]
    done = subprocess.run(
        [python, str(Path(__file__).with_name("index_functions.py")), str(root)],
        input=json.dumps(environments),
        env=kept,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    if done.returncode:
        raise AssertionError(done.stderr)
    answers = json.loads(done.stdout.splitlines()[-1])
    return [
        Function(domain, each["name"], _trigger(each["bindings"]))
        for domain, functions in zip(apps, answers, strict=True)
        for each in functions
    ]


def _trigger(bindings: list[dict[str, Any]]) -> dict[str, Any]:
    return next(each for each in bindings if str(each["type"]).lower().endswith("trigger"))


def _plausible(name: str) -> str:
    if name.endswith("_SCHEDULE"):
        return "0 */5 * * * *"
    return "14" if name.endswith("_DAYS") else "https://example.invalid"


def _settings_of(sources: Mapping[str, str], file: str, name: str) -> dict[str, Literal]:
    text = block(sources, file, name).text
    return literal(text.split("properties:", 1)[-1])


def _trees(folder: Path) -> Iterable[ast.AST]:
    return (ast.parse(path.read_text()) for path in sorted(folder.rglob("*.py")))


def _constants(folder: Path) -> Iterable[str]:
    for tree in _trees(folder):
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def _asked(folder: Path) -> Iterable[str]:
    """Names in capitals that are handed to a reader of settings, looked up or said to be needed."""
    for tree in _trees(folder):
        for node in ast.walk(tree):
            names: list[ast.expr] = []
            if isinstance(node, ast.Call) and _called(node.func) in READERS:
                names = node.args[:1]
            elif isinstance(node, ast.Subscript) and _called(node.value) == "environ":
                names = [node.slice]
            elif isinstance(node, ast.Assign) and _called(node.targets[0]) == "SETTINGS":
                names = list(getattr(node.value, "elts", ()))
            for name in names:
                if isinstance(name, ast.Constant) and str(name.value).split("__")[0].isupper():
                    yield str(name.value)


def _called(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")
