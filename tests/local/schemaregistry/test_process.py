"""The process: its port, its folder, its signals, its settings."""

import signal
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.local.schemaregistry.conftest import ROOT, Server

pytestmark = pytest.mark.stack


def failed(server: Server) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        server.command(), cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_cleanly(
    make_server: Callable[..., Server], number: signal.Signals
) -> None:
    assert make_server().start().stop(number) == 0


def test_a_taken_port_is_named_with_the_option_that_moves_it(
    make_server: Callable[..., Server],
) -> None:
    server = make_server()
    with socket.create_server(("127.0.0.1", 0)) as other:
        server.port = other.getsockname()[1]
        ended = failed(server)
    assert ended.returncode == 98
    assert ended.stderr == f"port {server.port} is taken: choose another with --port\n"
    assert ended.stdout == ""


def test_a_second_server_on_the_same_folder_is_refused(make_server: Callable[..., Server]) -> None:
    server = make_server().start()
    second = Server(server.data)
    ended = failed(second)
    assert ended.returncode == 1
    assert f"{server.data} is in use by another server: choose --data" in ended.stderr


def test_a_bus_without_a_known_compatibility_is_refused_by_name(
    make_server: Callable[..., Server],
) -> None:
    ended = failed(make_server("Sideways"))
    assert ended.returncode == 1
    assert "declares no schema group" in ended.stderr
    assert "Sideways" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_private_keys_are_readable_by_their_owner_alone(server: Server) -> None:
    for name in ("ca-key.pem", "server-key.pem", "token-key"):
        assert (server.data / name).stat().st_mode & 0o777 == 0o600
    assert Path(server.ca).stat().st_mode & 0o777 == 0o644
