"""The generated documents: they say what is there, and AsyncAPI's own parser accepts theirs"""

import asyncio
import json
import subprocess
from pathlib import Path

import pytest

from eventing import schemas
from eventing.bus import ROOT, declared
from eventing.codec import Codec
from local.catalogue import documents, entries, main
from local.examples import WORDS, values
from tests.eventing.memory import MemoryRegistry
from tests.test_contracts import EVENTS

PARSER = Path(__file__).with_name("parse_asyncapi.cjs")


@pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.name))
def test_a_generated_document_is_as_the_code_says(path: Path) -> None:
    assert path.read_text() == documents()[path], "stale: run `make catalogue`"


def test_every_event_is_raised_by_a_rule_of_its_team() -> None:
    for entry in entries():
        assert {source.team for source in entry.raised_by} == {entry.type.split(".")[0]}


def test_readers_are_the_consumer_groups_that_the_bus_declares() -> None:
    reading = {(entry.hub, source.team) for entry in entries() for source in entry.read_by}
    declared_groups = {
        (hub.name, group) for hub in declared().hubs.values() for group in hub.consumer_groups
    }
    assert reading == declared_groups


@pytest.mark.parametrize("event_type", schemas.event_types())
def test_an_example_is_one_that_our_codec_writes_and_reads(event_type: str) -> None:
    codec, given = Codec(MemoryRegistry()), values(event_type)
    content_type, _, body = asyncio.run(codec.encode(EVENTS[event_type][1](**given)))
    assert asyncio.run(codec.decode(event_type, content_type, body)) == given


def test_a_field_without_an_example_is_named_with_the_file_that_needs_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["catalogue", "--check"])
    monkeypatch.delitem(WORDS, "partner")
    assert main() == 1
    told = "conversions.lead.failed has a new field partner: add a word to local/examples.py"
    assert capsys.readouterr().err == f"error: {told}\n"


@pytest.mark.stack
def test_the_parser_of_asyncapi_finds_no_fault() -> None:
    found = subprocess.run(
        ["node", str(PARSER), str(ROOT / "docs" / "asyncapi.json")],
        capture_output=True,
        check=True,
        text=True,
        timeout=180,
    )
    told = json.loads(found.stdout)
    assert [each for each in told["diagnostics"] if each["severity"] < 2] == []
    assert told["messages"] == len(schemas.event_types())
