"""The pinned runtime takes the shapes we send: it is private coupling, so it is held by a test."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, object]]:
    record = tmp_path_factory.mktemp("record") / "record.jsonl"
    environment = {**os.environ, "RECORD": str(record), "PYTHONPATH": str(HERE.parents[2])}
    command = [sys.executable, str(HERE / "contract_of_events.py"), str(HERE / "app_hub")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in record.read_text().splitlines()]


def test_a_batch_carries_bodies_properties_and_where_it_comes_from(
    records: list[dict[str, object]],
) -> None:
    batch = records[0]
    assert (batch["bodies"], batch["numbers"]) == (["a", ""], [1, 2])
    assert batch["properties"] == [
        {"cloudEvents_id": "e1", "count": 5},
        {"cloudEvents_id": "e2", "count": 5},
    ]
    assert batch["context"] == {
        "FullyQualifiedNamespace": "localhost",
        "EventHubName": "sale",
        "ConsumerGroup": "customer",
        "PartitionId": "3",
        "IsCheckpointingAfterInvocation": True,
    }
    system = batch["system"]
    assert isinstance(system, list)
    assert system[0]["content-type"] == "avro/binary+1"
    assert (system[0]["SequenceNumber"], system[0]["Offset"]) == (1, "100")
    assert (system[0]["PartitionKey"], system[0]["EnqueuedTimeUtc"][-1]) == ("key", "0")


def test_times_are_naive_by_default_and_aware_when_fast(records: list[dict[str, object]]) -> None:
    assert [r["enqueued"] for r in records[:2]] == [[None, None], ["UTC", "UTC"]]


def test_a_single_event_arrives_with_its_own_numbers(records: list[dict[str, object]]) -> None:
    event = next(record for record in records if record["f"] == "on_one")
    assert (event["body"], event["number"], event["offset"], event["key"]) == ("a", 1, "100", "key")


def test_a_failing_batch_is_retried_with_its_count_in_the_context(
    records: list[dict[str, object]],
) -> None:
    assert [r["retry"] for r in records if r.get("bodies") == ["fail"]] == [0, 1, 2]
