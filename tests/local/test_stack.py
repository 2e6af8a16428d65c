"""The stack as one: started, provisioned, killed in part, started again, stopped."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from azure.data.tables import TableServiceClient
from azure.eventhub import EventData, EventHubProducerClient
from azure.storage.blob import BlobServiceClient

from local.parts import HOST, SERVERS
from local.ports import Ports, PortTaken, variable
from local.process import Died
from local.running import AlreadyRunning
from local.settings import ROOT
from local.stack import Stack

pytestmark = pytest.mark.stack
BUS = json.loads((ROOT / "bus.json").read_text())


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack for this module to break."""
    with Stack(tmp_path_factory.mktemp("own"), Ports.free()) as stack:
        stack.start()
        yield stack


def test_the_containers_and_tables_of_the_bus_exist(servers: Stack) -> None:
    settings = servers.environment()
    with BlobServiceClient.from_connection_string(settings["FILES"]) as blobs:
        assert BUS["containers"].keys() <= {found.name for found in blobs.list_containers()}
    with TableServiceClient.from_connection_string(settings["STATE"]) as tables:
        assert BUS["tables"].keys() <= {found.name for found in tables.list_tables()}


def test_every_contract_is_registered(servers: Stack) -> None:
    groups = servers.directory / "schemaregistry" / "groups" / BUS["schemaGroup"]["name"]
    contracts = list((ROOT / "schemas").glob("*/*.avsc"))
    assert contracts
    assert len(list(groups.rglob("*.avsc"))) == len(contracts)


def send(stack: Stack, hub: str) -> None:
    producer = EventHubProducerClient.from_connection_string(
        stack.environment()["EVENTS"], eventhub_name=hub, retry_total=0
    )
    with producer:
        producer.send_batch([EventData(b"a")], partition_id="0")


def last(stack: Stack, hub: str) -> int:
    client = EventHubProducerClient.from_connection_string(
        stack.environment()["EVENTS"], eventhub_name=hub
    )
    with client:
        return int(client.get_partition_properties("0")["last_enqueued_sequence_number"])


def test_a_killed_server_is_noticed_and_comes_back_with_its_data(own: Stack) -> None:
    send(own, "lead")
    before = last(own, "lead")
    own.kill("eventhubs")
    with pytest.raises(Died, match=r"eventhubs ended .*(?s:eventhubs\.log)"):
        own.check()
    own.restart("eventhubs")
    own.check()
    assert last(own, "lead") == before


def test_a_second_stack_on_the_directory_is_refused(own: Stack) -> None:
    with pytest.raises(AlreadyRunning, match=f"process {os.getpid()}"):
        Stack(own.directory, Ports.free()).start()


def test_a_taken_port_stops_the_start_before_anything_runs(own: Stack, tmp_path: Path) -> None:
    second = Stack(tmp_path, replace(Ports.free(), eventhubs=own.ports.eventhubs))
    with second, pytest.raises(PortTaken, match=r"local\.eventhubs.*EVENTHUBS_PORT"):
        second.start()
    assert not (tmp_path / "logs").exists()


@contextmanager
def supervisor(
    directory: Path, ports: Ports, ignored: str = "INT"
) -> Iterator[subprocess.Popen[str]]:
    """`python -m local.stack` when it has printed that all is ready.

    It begins with a signal ignored: SIGINT in a script's background, SIGHUP under nohup.
    """
    moved = {variable(name): str(getattr(ports, name)) for name in Ports.__slots__}
    ignoring = ["sh", "-c", f'trap "" {ignored}; exec "$@"', "sh"]
    process = subprocess.Popen(
        [*ignoring, sys.executable, "-m", "local.stack", "--directory", str(directory)],
        cwd=ROOT,
        env={**os.environ, **moved},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout
        try:
            for line in process.stdout:
                if "Ctrl-C" in line:
                    break
            yield process
        finally:
            process.kill()


def pids(directory: Path) -> Mapping[str, int]:
    """The servers of a supervisor, by the name of their module or script."""
    children = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().decode().split("\0")
        except OSError:
            continue
        if any(word.startswith(str(directory)) for word in words) and "local.stack" not in words:
            children[words[2] if words[1] == "-m" else "azurite"] = int(process.name)
    return children


def free(ports: Ports) -> bool:
    for number in (*ports.storage, ports.eventhubs, ports.schemaregistry):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", number)) == 0:
                return False
    return True


def gone(ports: Ports) -> bool:
    """Whether all have stopped listening, soon."""
    deadline = time.monotonic() + 60
    while not free(ports) and time.monotonic() < deadline:
        time.sleep(0.05)
    return free(ports)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_the_supervisor_and_all_its_servers(
    number: signal.Signals, tmp_path: Path
) -> None:
    ports = Ports.free()
    with supervisor(tmp_path, ports) as process:
        process.send_signal(number)
        assert process.wait(30) == 0
    assert free(ports)


def test_under_nohup_the_supervisor_outlives_its_terminal(tmp_path: Path) -> None:
    ports = Ports.free()
    with supervisor(tmp_path, ports, ignored="HUP") as process:
        process.send_signal(signal.SIGHUP)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(2)
        assert not free(ports)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere servers outlive a kill -9")
def test_servers_end_with_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    ports = Ports.free()
    with supervisor(tmp_path, ports) as process:
        process.kill()
        process.wait(10)
    assert gone(ports)


@pytest.mark.skipif(sys.platform != "linux", reason="servers are found in /proc")
def test_a_server_that_dies_brings_the_others_down_and_its_log_is_shown(tmp_path: Path) -> None:
    ports = Ports.free()
    with supervisor(tmp_path, ports) as process:
        os.kill(pids(tmp_path)["local.schemaregistry"], signal.SIGKILL)
        assert process.wait(30) == 1
        assert process.stderr
        told = process.stderr.read()
    assert "schemaregistry ended" in told
    assert "ready: schemaregistry" in told
    assert free(ports)


def test_the_app_answers_on_the_whole_stack_and_every_part_stops_cleanly(tmp_path: Path) -> None:
    with Stack(tmp_path, Ports.free()) as whole:
        whole.start(app=True)
        with urllib.request.urlopen(f"{whole.host_url}/admin/host/status", timeout=60) as answer:  # noqa: S310 - our own
            assert json.load(answer)["state"] == "Running"
        whole.check()
        codes = whole.stop()
    assert codes == dict.fromkeys((*SERVERS, HOST), 0)
    assert free(whole.ports)
