"""What connections to hubs share must be as strict as what the SDK would make for each."""

import ssl
from dataclasses import replace
from uuid import uuid4

import pytest

from eventing.clients import Clients
from eventing.trust import authorities
from local.stack import Stack
from tests.eventing.test_outside import EVENT


def test_a_hub_must_show_a_certificate_of_its_own_name_by_a_known_authority() -> None:
    context = authorities()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.cert_store_stats()["x509_ca"] > 0


@pytest.mark.stack
async def test_no_connection_to_a_hub_reads_the_authorities_again(
    servers: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVENTS", servers.environment()["EVENTS"])
    authorities()
    read: list[object] = []
    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", lambda *given: read.append(given))
    clients = Clients()
    try:
        await clients.hubs.publish([replace(EVENT, id=str(uuid4()))])
        ends = await clients.hubs.all_ends("product")
    finally:
        await clients.close()
    assert max(ends.values()) >= 0
    assert read == []
