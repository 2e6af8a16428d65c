"""What connections to hubs share must be as strict as what the SDK would make for each."""

import ssl

from eventing.trust import authorities


def test_a_hub_must_show_a_certificate_of_its_own_name_by_a_known_authority() -> None:
    context = authorities()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.cert_store_stats()["x509_ca"] > 0


def test_the_authorities_are_read_once() -> None:
    assert authorities() is authorities()
