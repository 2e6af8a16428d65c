"""The settings that a client of the stack gets."""

from pathlib import Path

from local.ports import Ports
from local.settings import ROOT, example, placed

MOVED = Ports(21000, 21001, 21002, 25672, 25443, 27071)


def test_on_the_usual_ports_they_are_those_of_the_example_with_whole_paths() -> None:
    settings = placed(example(), ROOT / ".local", Ports())
    authority = str(ROOT / ".local" / "schemaregistry" / "ca.pem")
    whole = {"REQUESTS_CA_BUNDLE": authority, "SSL_CERT_FILE": authority}
    # `UseDevelopmentStorage=true` is the short form of the same connection.
    whole["AzureWebJobsStorage"] = example()["STATE"]
    assert settings == example() | whole


def test_on_other_ports_none_of_the_usual_ports_is_left(tmp_path: Path) -> None:
    values = placed(example(), tmp_path, MOVED)
    text = "\n".join(values.values())
    assert not [port for port in ("10000", "10001", "10002", "5443") if f":{port}" in text]
    assert "UseDevelopmentStorage" not in text
    assert "sb://localhost:25672;" in values["EVENTS"]


def test_a_value_of_ones_own_stays_but_not_an_address(tmp_path: Path) -> None:
    own = {**example(), "DOMAINS": "product", "STATE": "elsewhere"}
    values = placed(own, tmp_path, MOVED)
    assert values["DOMAINS"] == "product"
    assert "elsewhere" not in values.values()
