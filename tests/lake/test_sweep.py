"""Every captured file comes into the lake once, in its partition's order, whatever fails when."""

import json
from typing import Any

import pytest

from domains.lake import sweep
from domains.lake.captured_file import captured_file
from domains.lake.sweep import Sweep
from eventing.errors import Transient
from eventing.team import Team
from local.capture.file import name as captured_name
from tests.eventing.memory import MemoryFiles
from tests.lake.captures import CODEC, an_event, content, record, rows
from tests.local.capture.test_file import FORM

SOLD = "conversions.sale.confirmed"


def lake(files: MemoryFiles) -> Sweep:
    team = Team("lake")
    team.files = files  # type: ignore[assignment]  # the files in memory
    team.codec = CODEC
    return Sweep(team)


async def capture(files: MemoryFiles, partition: str, *seconds: int, start: int = 0) -> None:
    """A file of two events for each second."""
    event = await an_event(SOLD)
    for number, second in enumerate(seconds):
        first = start + 2 * number
        file = content([record(event, first), record(event, first + 1)])
        name = f"bus/sale/{partition}/2026/05/01/12/30/{second:02d}.avro"
        await files.store("captured-events", name, file)


def numbers(files: MemoryFiles, partition: str) -> list[int]:
    found = []
    for (container, name), (file, _) in sorted(files.blobs.items()):
        if container == "lake" and f"/sale-{partition}-" in name:
            found += [row["eh_sequence_number"] for row in rows(file)]
    return found


async def test_what_is_new_is_sorted_in_order_and_what_is_done_is_left_alone() -> None:
    files = MemoryFiles()
    await capture(files, "0", 1, 2)
    await capture(files, "1", 1)
    sweeping = lake(files)
    await sweeping.run()
    assert (numbers(files, "0"), numbers(files, "1")) == ([0, 1, 2, 3], [0, 1])
    before = dict(files.blobs)
    await sweeping.run()
    assert files.blobs == before
    await capture(files, "0", 7, start=4)
    await lake(files).run()
    assert numbers(files, "0") == [0, 1, 2, 3, 4, 5]


async def test_without_its_cursors_the_lake_is_made_again_byte_for_byte() -> None:
    files = MemoryFiles()
    await capture(files, "0", 1, 2)
    await lake(files).run()
    made = {place: file for place, (file, _) in files.blobs.items()}
    for place in [place for place in files.blobs if place[0] == "lake"]:
        del files.blobs[place]
    await lake(files).run()
    assert {place: file for place, (file, _) in files.blobs.items()} == made


async def test_a_run_ends_and_the_next_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "PER_RUN", 2)
    files = MemoryFiles()
    await capture(files, "0", 1, 2, 3, 4, 5)
    await capture(files, "1", 1)
    sweeping = lake(files)
    counts = []
    for _ in range(3):
        await sweeping.run()
        counts.append((len(numbers(files, "0")), len(numbers(files, "1"))))
    assert counts == [(4, 2), (8, 2), (10, 2)]


class Failing(MemoryFiles):
    """Files that cannot be written where a text is in the name."""

    refused: str = ""

    async def store(self, container: str, name: str, content: bytes) -> str:
        if self.refused and self.refused in name:
            raise Transient("this one does not answer")
        return await super().store(container, name, content)


@pytest.mark.parametrize("refused", [f"{SOLD}/2026/05/01/sale-0-123002", "cursors/bus/sale/0"])
async def test_a_partition_in_trouble_keeps_no_other_waiting_and_loses_nothing(
    refused: str,
) -> None:
    files = Failing()
    await capture(files, "0", 1, 2)
    await capture(files, "1", 1)
    files.refused = refused
    sweeping = lake(files)
    for _ in range(2):
        with pytest.raises(Transient):
            await sweeping.run()
    assert numbers(files, "1") == [0, 1]
    files.refused = ""
    await sweeping.run()
    assert numbers(files, "0") == [0, 1, 2, 3]


async def test_events_that_were_never_captured_and_broken_files_are_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    files = MemoryFiles()
    await capture(files, "0", 1)
    await capture(files, "0", 2, start=5)
    await files.store("captured-events", "bus/sale/0/2026/05/01/12/30/03.avro", b"")
    await capture(files, "0", 4, start=7)
    await lake(files).run()
    told = [each.getMessage() for each in caplog.records if each.levelname == "ERROR"]
    assert len(told) == 2
    assert told[0].startswith("events 2 to 4 were not captured")
    assert told[1].startswith("captured file is broken: ")
    assert files.blobs["lake", "undecodable/2026/05/01/sale-0-123003.broken"][0] == b""
    cursor: dict[str, Any] = json.loads(files.blobs["lake", "cursors/bus/sale/0.json"][0])
    assert cursor == {"file": "bus/sale/0/2026/05/01/12/30/04.avro", "last": 8}


async def test_the_names_that_capture_gives_are_those_the_lake_knows() -> None:
    at = (await an_event(SOLD)).time
    found = captured_file(captured_name(FORM, "bus", "sale", "3", at))
    assert found
    assert (found.hub, found.partition, found.day, found.time) == (
        "sale",
        "3",
        "2026/05/01",
        "123015",
    )
