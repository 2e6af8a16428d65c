"""The servers of the local stack: how each is started and how it says that it serves."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from local.ports import Ports
from local.process import Server
from local.settings import ROOT

SERVERS = ("azurite", "eventhubs", "schemaregistry", "capture")
CAPTURE = "capture"
HOST = "host"

# Exit code of local/host when an invocation overran functionTimeout: the real one is restarted too.
HOST_STUCK = 70


# A file that somebody uploads is to be seen at once; the real host polls every ten seconds.
PACE = {"LOCAL_HOST_BLOB_POLL_SECONDS": os.environ.get("LOCAL_HOST_BLOB_POLL_SECONDS", "1")}


@dataclass(frozen=True, slots=True)
class Part:
    """One server: the ports it needs, its command, the line that says it is ready."""

    ports: tuple[str, ...]
    command: Callable[[Path, Ports], Sequence[str]]
    ready: str
    patience: float = 30.0
    grace: float = 10.0


def _azurite(directory: Path, ports: Ports) -> Sequence[str]:
    return [
        *(str(ROOT / "node_modules" / ".bin" / "azurite"), "--silent"),
        *("--disableTelemetry", "--skipApiVersionCheck", "--location", str(directory / "azurite")),
        *("--blobPort", str(ports.azurite_blob), "--queuePort", str(ports.azurite_queue)),
        *("--tablePort", str(ports.azurite_table)),
    ]


def _python(name: str, port: int, *arguments: str) -> Sequence[str]:
    return [sys.executable, "-m", f"local.{name}", "--port", str(port), *arguments]


def _eventhubs(directory: Path, ports: Ports) -> Sequence[str]:
    data = str(directory / "eventhubs")
    return _python("eventhubs", ports.eventhubs, "--data", data, "--bus", str(ROOT / "bus.json"))


def _schemaregistry(directory: Path, ports: Ports) -> Sequence[str]:
    data = ("--data", str(directory / "schemaregistry"), "--bus", str(ROOT / "bus.json"))
    return _python("schemaregistry", ports.schemaregistry, *data)


def _capture(directory: Path, _: Ports) -> Sequence[str]:
    data = ("--data", str(directory / "eventhubs"), "--bus", str(ROOT / "bus.json"))
    return [sys.executable, "-m", "local.capture", *data]


def _host(_: Path, ports: Ports) -> Sequence[str]:
    # As `func start` does, every caller may do everything: the port is open to this machine only.
    return _python("host", ports.host, "--app", str(ROOT), "--no-auth")


PARTS: Mapping[str, Part] = {
    "azurite": Part(
        ("azurite_blob", "azurite_queue", "azurite_table"),
        _azurite,
        r"Table service is successfully listening",
    ),
    "eventhubs": Part(("eventhubs",), _eventhubs, r"(?m)^ready: "),
    "schemaregistry": Part(("schemaregistry",), _schemaregistry, r"(?m)^ready: "),
    CAPTURE: Part((), _capture, r"(?m)^ready: "),
    "host": Part(("host",), _host, r"(?m)^ready: ", patience=60.0, grace=35.0),
}


def server(name: str, directory: Path, ports: Ports, environment: Mapping[str, str]) -> Server:
    """The named server, not yet started."""
    part = PARTS[name]
    return Server(
        name=name,
        command=part.command(directory, ports),
        environment={**PACE, **environment},
        directory=ROOT,
        log=directory / "logs" / f"{name}.log",
        ready=part.ready,
    )
