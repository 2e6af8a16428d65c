"""Unmodified clients find everything by their environment, at once and on this machine."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.local.schemaregistry.conftest import ROOT, Server

pytestmark = pytest.mark.stack
CLIENT = Path(__file__).with_name("environment_client.py")
VARIABLE = {"sync": "REQUESTS_CA_BUNDLE", "aio": "SSL_CERT_FILE"}
"""Which variable each transport (requests, aiohttp) takes its trust from."""


def run(server: Server, flavour: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(CLIENT), flavour, server.namespace],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **server.identity, **environment},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def touched(ended: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert ended.returncode == 0, ended.stderr
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


def on_this_machine(addresses: list[str]) -> bool:
    return "127.0.0.1" in addresses and set(addresses) <= {"localhost", "127.0.0.1", "::1"}


@pytest.mark.parametrize("flavour", VARIABLE)
@pytest.mark.parametrize("chosen", ["ManagedIdentityCredential", "prod", ""])
def test_the_default_credential_works_at_once_and_never_leaves_the_machine(
    server: Server, flavour: str, chosen: str
) -> None:
    trust = {VARIABLE[flavour]: server.ca}
    found = touched(run(server, flavour, AZURE_TOKEN_CREDENTIALS=chosen, **trust))
    assert on_this_machine(found["addresses"])
    assert found["programs"] == []
    assert found["seconds"] < 5


def test_only_the_named_credential_withstands_a_developers_own_settings(server: Server) -> None:
    # What another project may have left in the shell: with it, EnvironmentCredential comes first.
    theirs = {
        "AZURE_TENANT_ID": "00000000-0000-0000-0000-000000000001",
        "AZURE_CLIENT_SECRET": "theirs",
    }
    for flavour, variable in VARIABLE.items():
        trust = {variable: server.ca}
        named = {"AZURE_TOKEN_CREDENTIALS": "ManagedIdentityCredential"}
        found = touched(run(server, flavour, **theirs, **named, **trust))
        assert on_this_machine(found["addresses"])


def test_a_client_that_does_not_trust_the_authority_refuses_the_server(server: Server) -> None:
    # At the same time: each spends some seconds on retries.
    with ThreadPoolExecutor() as threads:
        for ended in threads.map(lambda flavour: run(server, flavour), VARIABLE):
            assert ended.returncode != 0
            assert "CERTIFICATE_VERIFY_FAILED" in ended.stderr
