"""The certificates are made once, renewed in time, and serve this machine only."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from local.schemaregistry import certificates

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def pem(folder: Path) -> tuple[bytes, bytes]:
    return (folder / "ca.pem").read_bytes(), (folder / "server.pem").read_bytes()


def test_what_was_made_is_kept(tmp_path: Path) -> None:
    certificates.ensure(tmp_path, NOW)
    first = pem(tmp_path)
    certificates.ensure(tmp_path, NOW + 300 * DAY)
    assert pem(tmp_path) == first


def test_the_servers_certificate_is_renewed_and_the_trusted_one_stays(tmp_path: Path) -> None:
    certificates.ensure(tmp_path, NOW)
    ca, server = pem(tmp_path)
    certificates.ensure(tmp_path, NOW + certificates.SERVER_LIFETIME - 29 * DAY)
    assert pem(tmp_path)[0] == ca
    assert pem(tmp_path)[1] != server


def test_an_authority_about_to_expire_is_replaced_with_what_it_signed(tmp_path: Path) -> None:
    certificates.ensure(tmp_path, NOW)
    ca, server = pem(tmp_path)
    certificates.ensure(tmp_path, NOW + certificates.CA_LIFETIME - 29 * DAY)
    assert pem(tmp_path)[0] != ca
    assert pem(tmp_path)[1] != server


@pytest.mark.parametrize("name", ["ca.pem", "ca-key.pem", "server.pem", "server-key.pem"])
def test_a_damaged_or_missing_file_is_made_again(tmp_path: Path, name: str) -> None:
    certificates.ensure(tmp_path, NOW)
    (tmp_path / name).write_text("damaged")
    certificates.ensure(tmp_path, NOW)
    (tmp_path / name).unlink()
    certificates.ensure(tmp_path, NOW)
    ca, server = (x509.load_pem_x509_certificate(text) for text in pem(tmp_path))
    server.verify_directly_issued_by(ca)


def test_a_key_of_another_certificate_is_not_used(tmp_path: Path) -> None:
    certificates.ensure(tmp_path, NOW)
    other = tmp_path / "other"
    certificates.ensure(other, NOW)
    (other / "server-key.pem").replace(tmp_path / "server-key.pem")
    assert isinstance(certificates.ensure(tmp_path, NOW), ssl.SSLContext)


def handshake(folder: Path, server: ssl.SSLContext, hostname: str) -> None:
    """A whole handshake in memory, the client trusting the folder's authority. May raise."""
    client = ssl.create_default_context(cafile=str(folder / "ca.pem"))
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(to_client, to_server, server_hostname=hostname),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    while ends:
        for end in list(ends):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
            ends.remove(end)


@pytest.mark.parametrize("hostname", ["localhost", "127.0.0.1"])
def test_a_client_that_trusts_the_authority_accepts_this_machine(
    tmp_path: Path, hostname: str
) -> None:
    handshake(tmp_path, certificates.ensure(tmp_path), hostname)


def test_the_authority_cannot_vouch_for_any_other_host(tmp_path: Path) -> None:
    server = certificates.ensure(tmp_path)
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        handshake(tmp_path, server, "login.microsoftonline.com")
    ca = x509.load_pem_x509_certificate((tmp_path / "ca.pem").read_bytes())
    limits = ca.extensions.get_extension_for_class(x509.NameConstraints)
    assert limits.critical
    assert {str(name.value) for name in limits.value.permitted_subtrees or []} == {
        "localhost",
        "127.0.0.0/8",
    }
