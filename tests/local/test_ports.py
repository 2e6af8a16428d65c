"""Which ports the stack takes, and what it says when it cannot."""

import os
import socket
from collections.abc import Iterator
from dataclasses import astuple, replace
from pathlib import Path

import pytest

from local.ports import Ports, PortTaken, require_free


def test_free_ports_differ() -> None:
    assert len(set(astuple(Ports.free()))) == 6


def test_no_free_port_is_one_that_a_client_could_be_given() -> None:
    assert max(astuple(Ports.free())) < 32_768


def test_a_variable_moves_its_port_and_no_other() -> None:
    moved = Ports.from_environment({"EVENTHUBS_PORT": "6672", "AZURITE_BLOB_PORT": "11000"})
    assert moved == Ports(eventhubs=6672, azurite_blob=11000)


@pytest.mark.parametrize("value", ["0", "65536", "-1", "amqp", "5672.0"])
def test_a_value_that_is_no_port_is_refused_by_variable_and_value(value: str) -> None:
    with pytest.raises(ValueError, match=f"HOST_PORT='{value}'"):
        Ports.from_environment({"HOST_PORT": value})


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_a_taken_port_is_told_with_the_variable_that_moves_it(taken: int) -> None:
    with pytest.raises(PortTaken, match=f"port {taken} .*EVENTHUBS_PORT="):
        require_free(replace(Ports.free(), eventhubs=taken), ("host", "eventhubs"), patience=0)


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="only Linux tells who listens")
def test_a_taken_port_is_told_with_the_process_that_holds_it(taken: int) -> None:
    with pytest.raises(PortTaken, match=rf"is taken by process {os.getpid()} \(.*python"):
        require_free(replace(Ports.free(), azurite_blob=taken), ("azurite_blob",), patience=0)


def test_a_taken_port_that_is_not_needed_does_not_matter(taken: int) -> None:
    require_free(replace(Ports.free(), host=taken), ("eventhubs", "schemaregistry"), patience=0)
