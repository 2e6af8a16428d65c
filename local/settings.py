"""The app's settings for a stack on given ports: local.settings.json.example, moved."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from local.ports import Ports, variable

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "local.settings.json.example"

USUAL = Ports()


def example() -> dict[str, str]:
    """Every setting with its usual local value."""
    return _values(EXAMPLE)


def chosen() -> dict[str, str]:
    """The usual values, overruled by local.settings.json, overruled by the environment."""
    own = ROOT / "local.settings.json"
    values = example() | (_values(own) if own.exists() else {})
    names = [*values, *(variable(name) for name in Ports.__slots__)]
    return values | {name: os.environ[name] for name in names if os.environ.get(name)}


def _values(path: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads(path.read_text())["Values"]
    return found


def placed(values: Mapping[str, str], directory: Path, ports: Ports) -> dict[str, str]:
    """The settings with every address on these ports, and the stack's certificate authority."""
    usual = example()
    storage = usual["STATE"]
    for before, after in zip(USUAL.storage, ports.storage, strict=True):
        storage = storage.replace(f"127.0.0.1:{before}/", f"127.0.0.1:{after}/")
    events = usual["EVENTS"]
    if ports.eventhubs != USUAL.eventhubs:
        events = events.replace("sb://localhost;", f"sb://localhost:{ports.eventhubs};")
    registry = f"localhost:{ports.schemaregistry}"
    authority = str((directory / "schemaregistry" / "ca.pem").resolve())
    return {
        **values,
        "AzureWebJobsStorage": storage,
        "STATE": storage,
        "FILES": storage,
        "EVENTS": events,
        "SCHEMAS__fullyQualifiedNamespace": registry,
        "IDENTITY_ENDPOINT": f"https://{registry}/identity/token",
        "IDENTITY_HEADER": usual["IDENTITY_HEADER"],
        "AZURE_TOKEN_CREDENTIALS": usual["AZURE_TOKEN_CREDENTIALS"],
        "REQUESTS_CA_BUNDLE": authority,
        "SSL_CERT_FILE": authority,
    }
