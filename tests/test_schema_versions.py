"""No change of a contract breaks an old reader or record: every pair of versions is tried."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, event, given, settings

from eventing.bus import ROOT
from local.contracts.gate import broken, trouble
from local.contracts.released import Contract, contracts, faults, release, rewritten
from local.schemaregistry.avro import InvalidSchema, parse
from local.schemaregistry.compatibility import obstacles
from tests.local.schemaregistry.avro_pairs import pairs


@pytest.mark.parametrize("contract", contracts(ROOT), ids=lambda found: found.event_type)
def test_every_version_of_a_contract_reads_every_other(contract: Contract) -> None:
    assert faults(contract) == []


def test_no_released_version_was_changed_or_taken_away() -> None:
    assert rewritten(ROOT) == []


DECIMAL = {"type": "bytes", "logicalType": "decimal", "precision": 15, "scale": 2}
COLOUR = {"type": "enum", "name": "Colour", "symbols": ["red", "green"]}
FALLBACK = {**COLOUR, "symbols": ["red", "green", "other"], "default": "other"}
NOTE = {"name": "note", "type": ["null", "string"], "default": None}


def record(*fields: tuple[str, Any] | dict[str, Any]) -> dict[str, Any]:
    made = [f if isinstance(f, dict) else {"name": f[0], "type": f[1]} for f in fields]
    return {"type": "record", "name": "sold", "namespace": "shop.sale", "fields": made}


V1 = record(("id", "string"), ("amount", DECIMAL))

HARMLESS: dict[str, Any] = {
    "another wording": {**V1, "doc": "Better told."},
    "another order of fields": record(("amount", DECIMAL), ("id", "string")),
    "a field with a default": record(*V1["fields"], NOTE),
    "a logical type beside it with a default": record(
        *V1["fields"], {"name": "tax", "type": ["null", DECIMAL], "default": None}
    ),
}
HARMFUL: dict[str, tuple[Any, str]] = {
    "a field without a default": (record(*V1["fields"], ("partner", "string")), "partner"),
    "a field taken away": (record(("id", "string")), "amount"),
    "a field renamed": (record(("id", "string"), ("price", DECIMAL)), "price"),
    "a field renamed with an alias": (
        record(("id", "string"), {"name": "price", "type": DECIMAL, "aliases": ["amount"]}),
        "amount is not written and has no default",
    ),
    "a type widened": (record(("id", "string"), ("amount", "bytes")), "amount"),
    "text as bytes": (record(("id", "bytes"), ("amount", DECIMAL)), "is read as"),
    "text that may be missing": (record(("id", ["null", "string"]), V1["fields"][1]), "null"),
    "another scale": (
        record(("id", "string"), ("amount", {**DECIMAL, "scale": 3})),
        "amount is written as",
    ),
    "an id that is only text": (
        record(("id", {"type": "string", "logicalType": "uuid"}), V1["fields"][1]),
        "id is written as",
    ),
    "another name": ({**V1, "name": "bought"}, "shop.sale.sold is not shop.sale.bought"),
    "another team": ({**V1, "namespace": "other.sale"}, "is not other.sale.sold"),
}


@pytest.mark.parametrize("change", HARMLESS)
def test_a_change_that_breaks_nobody_passes(change: str) -> None:
    assert broken([V1, HARMLESS[change]]) == []


@pytest.mark.parametrize("change", HARMFUL)
def test_f34_a_change_that_breaks_somebody_is_refused(change: str) -> None:
    changed, why = HARMFUL[change]
    found = broken([V1, changed])
    assert found
    assert why in " ".join(found)


@pytest.mark.parametrize(
    ("old", "new", "passes"),
    [
        ("int", "long", False),
        (["null", "int"], ["int", "null"], True),
        (["null", "int", "string"], ["string", "int", "null"], True),
        (["null", "int"], ["null", "int", "string"], False),
        (COLOUR, {**COLOUR, "symbols": ["green", "red"]}, True),
        (COLOUR, {**COLOUR, "symbols": ["red", "green", "blue"]}, False),
        (FALLBACK, {**FALLBACK, "symbols": ["red", "green", "blue", "other"]}, True),
        ({"type": "array", "items": "int"}, {"type": "array", "items": "int"}, True),
        ({"type": "map", "values": "int"}, {"type": "map", "values": "string"}, False),
        (["null", DECIMAL], ["null", {**DECIMAL, "precision": 20}], False),
    ],
    ids=str,
)
def test_f34_a_type_changes_only_as_far_as_both_read_the_other(
    old: Any, new: Any, passes: bool
) -> None:
    assert (broken([record(("a", old)), record(("a", new))]) == []) is passes


def test_a_number_that_would_come_out_as_another_is_refused() -> None:
    assert trouble(record(("a", "int")), record(("a", "long"))) is None
    lossy = trouble(record(("a", "long")), record(("a", "float")))
    assert lossy
    assert "is read as" in lossy


def test_every_version_counts_and_not_only_the_last() -> None:
    """Each step is harmless; the first and the last are not (non-transitive registries miss it)."""
    first = record(("id", "string"), {**NOTE, "type": ["null", "string"]})
    second = record(("id", "string"))
    third = record(("id", "string"), {"name": "note", "type": "string", "default": ""})
    assert broken([first, second]) == broken([second, third]) == []
    assert "version 3 cannot read what version 1 wrote" in " ".join(broken([first, second, third]))


@settings(suppress_health_check=list(HealthCheck))
@given(pairs())
def test_the_registry_accepts_what_the_gate_lets_pass(pair: tuple[Any, Any]) -> None:
    writer, reader = pair
    try:
        one, other = parse(json.dumps(writer)), parse(json.dumps(reader))
    except InvalidSchema:
        assume(False)
    passes = trouble(writer, reader) is None
    event(f"passes: {passes}")
    if passes:
        found = obstacles(reader=other, writer=one)
        # Two sources for one field: fastavro takes one of them, the registry refuses to guess.
        assert [why for why in found if "could be each of" not in why] == []


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository in which the contracts of this one are released."""
    shutil.copytree(ROOT / "schemas", tmp_path / "schemas")
    git(tmp_path, "init", "--quiet")
    commit(tmp_path)
    return tmp_path


def git(folder: Path, *command: str) -> None:
    who = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.com"]
    off = ["-c", "commit.gpgsign=false", "-c", "core.hooksPath="]
    subprocess.run(["git", "-C", str(folder), *who, *off, *command], check=True)


def commit(folder: Path) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "one more")


def sale(root: Path) -> Contract:
    return next(c for c in contracts(root) if c.event_type == "conversions.sale.confirmed")


def change(root: Path, *fields: Any) -> None:
    present = sale(root).present
    schema = json.loads(present.read_text())
    present.write_text(json.dumps({**schema, "fields": [*schema["fields"], *fields]}))


def test_a_harmless_change_is_released_as_the_next_version(repository: Path) -> None:
    change(repository, NOTE)
    assert "run `make release-schemas`" in "".join(faults(sale(repository)))
    kept, refused = release(repository)
    assert ([path.name for path in kept], refused) == (["conversions.sale.confirmed.2.avsc"], [])
    assert faults(sale(repository)) == []
    assert release(repository) == ([], [])


def test_a_change_that_breaks_readers_is_not_released(repository: Path) -> None:
    change(repository, {"name": "channel", "type": "string"})
    kept, refused = release(repository)
    assert kept == []
    assert "version 2 cannot read what version 1 wrote: channel is not written" in refused[0]
    assert faults(sale(repository))[0] == refused[0]


def test_a_contract_that_was_released_does_not_vanish(repository: Path) -> None:
    sale(repository).present.unlink()
    assert "is gone" in "".join(faults(sale(repository)))


def test_a_gap_in_the_released_versions_is_noticed(repository: Path) -> None:
    change(repository, NOTE)
    release(repository)
    sale(repository).released[0].unlink()
    assert "released are [2]" in "".join(faults(sale(repository)))


def test_an_event_of_no_hub_is_refused(repository: Path) -> None:
    shutil.copy(sale(repository).present, repository / "schemas/conversions/conversions.x.y.avsc")
    (stray,) = [c for c in contracts(repository) if c.event_type == "conversions.x.y"]
    assert "no hub in bus.json carries" in "".join(faults(stray))


@pytest.mark.parametrize("committed", [True, False])
@pytest.mark.parametrize("how", ["changed", "gone"])
def test_the_history_tells_of_a_released_version_that_was(
    repository: Path, how: str, committed: bool
) -> None:
    (path,) = sale(repository).released
    assert rewritten(repository) == []
    if how == "gone":
        path.unlink()
    else:
        path.write_text(path.read_text().replace("EUR", "").replace("sale", "sales", 1))
    if committed:
        commit(repository)
    assert rewritten(repository) == [str(path.relative_to(repository))]


def test_without_a_history_the_pairs_are_tried_all_the_same(repository: Path) -> None:
    shutil.rmtree(repository / ".git")
    assert rewritten(repository) == []
    change(repository, {"name": "channel", "type": "string"})
    assert "cannot read what version 1 wrote" in "".join(faults(sale(repository)))
