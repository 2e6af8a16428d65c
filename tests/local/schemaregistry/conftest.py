"""A registry process for the tests of its clients."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from local.ports import free_ports

ROOT = Path(__file__).parents[3]


@dataclass
class Server:
    """`python -m local.schemaregistry` over one folder, started and stopped at will."""

    data: Path
    compatibility: str = "Backward"
    port: int = field(default_factory=lambda: free_ports(1)[0])
    header: str = "local-development"
    process: subprocess.Popen[str] | None = field(default=None, repr=False)

    def command(self) -> list[str]:
        """The command line, with a bus that has one group called events."""
        bus = self.data.with_suffix(".bus.json")
        group = {"name": "events", "compatibility": self.compatibility}
        bus.write_text(json.dumps({"schemaGroup": group}))
        return [
            *(sys.executable, "-m", "local.schemaregistry"),
            *("--port", str(self.port), "--data", str(self.data), "--bus", str(bus)),
            *("--identity-header", self.header),
        ]

    def start(self) -> "Server":
        """Start, and wait until it is ready."""
        with self.data.with_suffix(".log").open("a") as log:
            self.process = subprocess.Popen(
                self.command(), cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line == f"ready: schemaregistry on 127.0.0.1:{self.port}\n", self.log()
        return self

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and wait for the end. The exit code."""
        if self.process is None:
            return 0
        process, self.process = self.process, None
        process.send_signal(number)
        code = process.wait(30)
        assert process.stdout
        process.stdout.close()
        return code

    def log(self) -> str:
        """All it has written to stderr."""
        return self.data.with_suffix(".log").read_text()

    def read(self, name: str) -> bytes:
        """A file of its folder."""
        return (self.data / name).read_bytes()

    @property
    def namespace(self) -> str:
        return f"localhost:{self.port}"

    @property
    def ca(self) -> str:
        return str(self.data / "ca.pem")

    @property
    def identity(self) -> dict[str, str]:
        """The environment by which a client finds the identity endpoint."""
        endpoint = f"https://{self.namespace}/identity/token"
        return {"IDENTITY_ENDPOINT": endpoint, "IDENTITY_HEADER": self.header}


@pytest.fixture(scope="module")
def make_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Server]]:
    """Makes servers with folders of their own, and stops them after the module."""
    made: list[Server] = []

    def make(compatibility: str = "Backward") -> Server:
        made.append(Server(tmp_path_factory.mktemp("registry") / "data", compatibility))
        return made[-1]

    yield make
    for server in made:
        server.stop()


@pytest.fixture(scope="module")
def server(make_server: Callable[..., Server]) -> Server:
    """One running server for the tests of a module."""
    return make_server().start()


@pytest.fixture(autouse=True)
def nothing_of_the_developers_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep a shell's credentials and proxy out of the clients in this process."""
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "ManagedIdentityCredential")
    monkeypatch.setenv("NO_PROXY", "localhost,127.0.0.1")
    monkeypatch.delenv("AZURE_CLIENT_ID", raising=False)
