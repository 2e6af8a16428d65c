"""A certificate authority for this machine only, and its certificate for localhost.

Clients trust `ca.pem`. Both certificates are made at first start and again within RENEW_BEFORE
of their expiry; the private keys are readable by their owner alone.
"""

import ipaddress
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from local.schemaregistry import files

RENEW_BEFORE = timedelta(days=30)
CA_LIFETIME = timedelta(days=3650)
SERVER_LIFETIME = timedelta(days=397)


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its private key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def ensure(folder: Path, now: datetime | None = None) -> ssl.SSLContext:
    """The server's TLS context, from the folder's certificates, made or renewed where needed."""
    now = now or datetime.now(UTC)
    ca = _load(folder, "ca", now)
    server = _load(folder, "server", now)
    if ca is None:
        ca, server = _make_ca(now), None
        _store(folder, "ca", ca)
    if server is None or not _issued_by(server.certificate, ca.certificate):
        _store(folder, "server", _make_server(ca, now))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(folder / "server.pem", folder / "server-key.pem")
    return context


def _load(folder: Path, name: str, now: datetime) -> Pair | None:
    """The stored pair, or none when it is absent, damaged or due for renewal."""
    try:
        certificate = x509.load_pem_x509_certificate((folder / f"{name}.pem").read_bytes())
        key = serialization.load_pem_private_key((folder / f"{name}-key.pem").read_bytes(), None)
    except (FileNotFoundError, ValueError):
        return None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        return None
    # A crash between writing the two files leaves a key that is not the certificate's.
    if key.public_key() != certificate.public_key():
        return None
    if certificate.not_valid_after_utc - now < RENEW_BEFORE:
        return None
    return Pair(certificate, key)


def _store(folder: Path, name: str, pair: Pair) -> None:
    key = pair.key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    files.write(folder / f"{name}-key.pem", key, mode=0o600)
    certificate = pair.certificate.public_bytes(serialization.Encoding.PEM)
    files.write(folder / f"{name}.pem", certificate)


def _issued_by(certificate: x509.Certificate, ca: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(ca)
    except (ValueError, TypeError, InvalidSignature):  # of another name, kind of key, or key
        return False
    return True


def _make_ca(now: datetime) -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(f"Local development CA {now:%Y-%m-%d %H:%M}")
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    certificate = (
        _builder(name, name, key, now, CA_LIFETIME)
        # No further authority below this one: it signs servers of this machine and nothing else.
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(identifier, critical=False)
        .add_extension(_only_this_machine(), critical=True)
        .sign(key, hashes.SHA256())
    )
    return Pair(certificate, key)


def _make_server(ca: Pair, now: datetime) -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(ca.key.public_key())
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    lifetime = min(SERVER_LIFETIME, ca.certificate.not_valid_after_utc - now)
    certificate = (
        _builder(_name("localhost"), ca.certificate.subject, key, now, lifetime)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(authority, critical=False)
        .sign(ca.key, hashes.SHA256())
    )
    return Pair(certificate, key)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    now: datetime,
    lifetime: timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # A client's clock may be a little behind.
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + lifetime)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _only_this_machine() -> x509.NameConstraints:
    """Whoever steals the key of a trusted authority must not gain the rest of the internet."""
    loopback = x509.IPAddress(ipaddress.ip_network("127.0.0.0/8"))
    return x509.NameConstraints([x509.DNSName("localhost"), loopback], None)


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
