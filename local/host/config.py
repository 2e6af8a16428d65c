"""host.json, local.settings.json, %settings% and connections, resolved as the real host does.

Everything wrong is collected and reported together, so that one start names every missing setting.
"""

import json
import os
import re
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

OVERRIDE = "AzureFunctionsJobHost__"


class ConfigurationError(Exception):
    """The app cannot start as configured; the text says what to change."""


def read_settings(path: Path, environ: MutableMapping[str, str]) -> Mapping[str, Any]:
    """Put `Values` of a local.settings.json into `environ` (existing variables win).

    Returns its `Host` section. A missing file is an empty one.
    """
    if not path.exists():
        return {}
    try:
        document = json.loads(path.read_text())
    except ValueError as error:
        raise ConfigurationError(f"{path} is not JSON: {error}") from error
    if document.get("IsEncrypted"):
        raise ConfigurationError(f"{path} is encrypted; set IsEncrypted to false")
    for name, value in document.get("Values", {}).items():
        if not isinstance(value, str):
            raise ConfigurationError(f"{path}: value of {name} must be a string, not {value!r}")
        environ.setdefault(name, value)
    host = document.get("Host", {})
    return host if isinstance(host, dict) else {}


def read_host_json(directory: Path, environ: Mapping[str, str]) -> dict[str, Any]:
    """host.json with its `AzureFunctionsJobHost__a__b` overrides applied."""
    path = directory / "host.json"
    try:
        document = json.loads(path.read_text())
    except FileNotFoundError as error:
        raise ConfigurationError(f"{path} is missing; a function app needs one") from error
    except ValueError as error:
        raise ConfigurationError(f"{path} is not JSON: {error}") from error
    if not isinstance(document, dict) or document.get("version") != "2.0":
        raise ConfigurationError(f'{path} must say "version": "2.0"')
    for name, value in environ.items():
        if name.lower().startswith(OVERRIDE.lower()):
            _override(document, name[len(OVERRIDE) :].split("__"), value)
    return document


def _override(document: dict[str, Any], keys: list[str], text: str) -> None:
    node = document
    for key in keys[:-1]:
        node = node.setdefault(_spelling(node, key), {})
    try:
        value = json.loads(text)
    except ValueError:
        value = text
    node[_spelling(node, keys[-1])] = value


def _spelling(node: Mapping[str, Any], key: str) -> str:
    return next((known for known in node if known.lower() == key.lower()), key)


def lookup(document: Mapping[str, Any], *keys: str) -> Any:
    """The value under nested keys, compared without case as .NET configuration does, or None."""
    node: Any = document
    for key in keys:
        if not isinstance(node, dict):
            return None
        node = node.get(_spelling(node, key))
    return node


_SPAN = re.compile(r"(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2})(?:\.(\d{1,7}))?")


def timespan(value: Any, what: str) -> timedelta:
    """A .NET TimeSpan `[d.]hh:mm:ss[.fffffff]`; the error names `what` when it is not one."""
    match = _SPAN.fullmatch(str(value))
    if not match:
        raise ConfigurationError(f"{what} is {value!r}; write it as [d.]hh:mm:ss")
    days, hours, minutes, seconds, fraction = match.groups()
    return timedelta(
        days=int(days or 0),
        hours=int(hours),
        minutes=int(minutes),
        seconds=int(seconds),
        microseconds=int((fraction or "0").ljust(7, "0")[:6]),
    )


def whole(value: Any, default: int, what: str, least: int = 1) -> int:
    """An integer of at least `least`, or the default when the key is absent."""
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ConfigurationError(f"host.json {what} is {value!r}; it must be an integer >= {least}")
    return value


def function_timeout(document: Mapping[str, Any]) -> float | None:
    """Seconds an invocation may take; None for "-1", 30 minutes when not set."""
    value = lookup(document, "functionTimeout")
    if value is None:
        return 1800.0
    if str(value) == "-1":
        return None
    seconds = timespan(value, "host.json functionTimeout").total_seconds()
    if seconds <= 0:
        raise ConfigurationError(f"host.json functionTimeout is {value!r}; it must be positive")
    return seconds


@dataclass(frozen=True, slots=True)
class Connection:
    """A connection setting: a connection string, or an account reached by identity."""

    name: str
    string: str = ""
    endpoints: Mapping[str, str] = field(default_factory=dict)

    def endpoint(self, *keys: str) -> str | None:
        """The first of the section's keys that is set, e.g. `fullyQualifiedNamespace`."""
        found = {key.lower(): value for key, value in self.endpoints.items()}
        return next((found[key.lower()] for key in keys if key.lower() in found), None)


class Settings:
    """Look-ups in the environment that remember what was missing."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self.environ = environ
        self.problems: list[str] = []

    def get(self, name: str) -> str | None:
        return self.environ.get(name)

    def seconds(self, name: str, default: float) -> float:
        """A positive number of seconds; a ConfigurationError names the setting when it is not."""
        text = self.environ.get(name)
        try:
            value = default if text is None else float(text)
        except ValueError:
            value = 0.0
        if not value > 0:
            raise ConfigurationError(f"{name} is {text!r}; give a number of seconds above 0")
        return value

    def resolve(self, text: str, used_by: str) -> str:
        """Replace every `%NAME%`; a missing one is noted and left standing."""

        def value(match: re.Match[str]) -> str:
            found = self.environ.get(match[1])
            if found is None:
                self._note(f"setting {match[1]} ({used_by})")
            return found if found is not None else match[0]

        return re.sub(r"%([^%]+)%", value, text)

    def connection(self, name: str, used_by: str) -> Connection:
        """`AzureWebJobs<name>` first, then `<name>`, then the sections `…__key`."""
        if "=" in name:
            self.problems.append(
                f"connection of {used_by} is a connection string; name a setting that holds it"
            )
            return Connection(name="")
        for candidate in (f"AzureWebJobs{name}", name):
            if self.environ.get(candidate):
                return Connection(candidate, self.environ[candidate])
            prefix = f"{candidate}__".lower()
            section = {
                key[len(prefix) :]: value
                for key, value in self.environ.items()
                if key.lower().startswith(prefix)
            }
            if section:
                return Connection(candidate, endpoints=section)
        self._note(f"connection {name} ({used_by})")
        return Connection(name="")

    def _note(self, problem: str) -> None:
        if problem not in self.problems:
            self.problems.append(problem)

    def check(self) -> None:
        """Raise with everything that was missing, if anything was."""
        if self.problems:
            raise ConfigurationError(
                "missing or wrong settings: "
                + "; ".join(self.problems)
                + " - set them in local.settings.json or in the environment"
            )
