"""The environment, read by name: a missing setting is told with all the others that are missing."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from eventing.errors import SettingsMissing


@dataclass(frozen=True, slots=True)
class Connection:
    """A connection string, or an endpoint that the app's own identity may use."""

    string: str | None
    endpoint: str | None


def connection(name: str, endpoint: str, environment: Mapping[str, str] = os.environ) -> Connection:
    """The connection called `name`; without a connection string, `{name}__{endpoint}` says where.

    Raises SettingsMissing when neither is set. Source: "Configure an identity-based connection" in
    the Azure Functions developer reference.
    """
    text = environment.get(name)
    if text:
        return Connection(text, None)
    address = environment.get(f"{name}__{endpoint}")
    if address:
        return Connection(None, address)
    raise SettingsMissing(f"{name} (or {name}__{endpoint})")


def required(name: str, environment: Mapping[str, str] = os.environ) -> str:
    """The value of a setting; raises SettingsMissing with its name."""
    value = environment.get(name)
    if not value:
        raise SettingsMissing(name)
    return value


def whole(name: str, default: int, environment: Mapping[str, str] = os.environ) -> int:
    """A whole number of at least zero, or the default when the setting is absent."""
    text = environment.get(name) or str(default)
    if not text.isdecimal():
        raise SettingsMissing(f"{name} (a whole number; it is {text!r})")
    return int(text)


CONNECTIONS: Mapping[str, tuple[str, ...]] = {
    "AzureWebJobsStorage": ("accountName", "blobServiceUri"),
    "EVENTS": ("fullyQualifiedNamespace",),
    "STATE": ("tableServiceUri",),
    "FILES": ("blobServiceUri",),
    "SCHEMAS": ("fullyQualifiedNamespace",),
}


def missing(names: Iterable[str], environment: Mapping[str, str] = os.environ) -> list[str]:
    """Those of the named connections and settings that the environment does not hold."""
    absent = []
    for name in names:
        ways = (name, *(f"{name}__{endpoint}" for endpoint in CONNECTIONS.get(name, ())))
        if not any(environment.get(way) for way in ways):
            absent.append(" or ".join(ways))
    return absent
