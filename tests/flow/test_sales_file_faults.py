"""Sales files that bite: the faults of a file and of its rows, each under its number.

Real storage and a real broker; the team's own code reads, without a host round it.
"""

import asyncio
import csv
import io
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from azure.storage.blob.aio import BlobClient

from domains.conversions import files, sweep
from domains.conversions.intake import Intake
from domains.conversions.lead import Lead
from domains.conversions.reading import FileReading
from domains.conversions.sale import Sale, sale_id_of
from domains.conversions.sales_file import SalesFile
from domains.conversions.sweep import Sweep
from eventing import ingest
from eventing.clients import Clients
from eventing.codec import Codec
from eventing.rows import Key
from eventing.store import Change, Held
from eventing.team import Team
from local.stack import Stack
from tests.eventing.memory import MemoryRegistry

pytestmark = [pytest.mark.stack, pytest.mark.asyncio(loop_scope="module")]

DAY = "2026-05-01"
HEADER = b"lead_id,purchase_date\n"


@dataclass
class Partner:
    """A partner who drops files, and the team that reads them."""

    team: Team
    blobs: Any
    name: str
    intake: Intake

    async def lead(self, partner: str = "") -> UUID:
        lead = Lead(
            uuid4(), uuid4(), "home", partner or self.name, Decimal("19.90"), "EUR", 12,
            "generated", datetime(2026, 1, 1, tzinfo=UTC),
        )  # fmt: skip
        key = Key(Lead, str(lead.lead_id))
        await self.team.store.commit(key.bucket, [Change(key, Held(None), lead, 1)], [])
        return lead.lead_id

    async def row(self) -> bytes:
        return f"{await self.lead()},{DAY}".encode()

    def blob(self, name: str) -> BlobClient:
        found: BlobClient = self.blobs.get_blob_client("sales-files", f"{self.name}/{name}")
        return found

    async def drop(self, content: bytes, name: str = "a.csv") -> SalesFile:
        """What the ledger says of a file that is dropped, received and read."""
        await self.blob(name).upload_blob(content, overwrite=True)
        return await self.read(name)

    async def read(self, name: str = "a.csv", until: float = float("inf")) -> SalesFile:
        await self.intake.receive(f"{self.name}/{name}")
        file = await self.ledger(name)
        if file.status in ("received", "reading"):
            await self.intake.read(file, until)
        return await self.ledger(name)

    async def ledger(self, name: str = "a.csv") -> SalesFile:
        held = await self.team.store.load(SalesFile, f"{self.name}/{name}")
        assert held.state is not None
        return held.state  # type: ignore[no-any-return]

    async def rejects(self, name: str = "a.csv") -> list[tuple[int, str]]:
        """Line and code of each rejected row; nothing when there is no report."""
        return [(int(row["line"]), row["code"]) for row in await self.report(name)]

    async def report(self, name: str = "a.csv") -> list[dict[str, str]]:
        blob = self.blobs.get_blob_client("sales-rejects", f"{self.name}/{name}")
        if not await blob.exists():
            return []
        text = (await (await blob.download_blob()).readall()).decode()
        return list(csv.DictReader(io.StringIO(text, newline="")))

    async def sold(self, lead: UUID) -> Sale | None:
        held = await self.team.store.load(Sale, str(sale_id_of(lead)))
        return held.state


class Local(Clients):
    """The clients of a process that has not been started for the registry's certificate."""

    codec = cached_property(lambda _: Codec(MemoryRegistry()))


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def conversions(servers: Stack) -> AsyncIterator[tuple[Team, Clients]]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in servers.environment().items():
            patch.setenv(name, value)
        clients = Local()
        team = Team("conversions", clients)
        patch.setattr(files, "team", team)
        yield team, clients
        await clients.close()


@pytest.fixture
def partner(conversions: tuple[Team, Clients]) -> Partner:
    team, clients = conversions
    name = f"p{uuid4().hex[:12]}"
    return Partner(team, clients.blobs, name, Intake(team, files.SALES))


def ended(file: SalesFile) -> tuple[str, int, int]:
    return file.status, file.accepted, file.rejected


async def test_f60_a_byte_order_mark_is_no_part_of_the_header(partner: Partner) -> None:
    content = b"\xef\xbb\xbf" + HEADER + await partner.row()
    assert ended(await partner.drop(content)) == ("done", 1, 0)


@pytest.mark.parametrize(
    "content",
    [
        "lead_id,purchase_date\n".encode("utf-16"),
        "lead_id,purchase_date,größe\n".encode("cp1252"),
        b"\x80\x81\x82",
        b"\x00" * 4096,
    ],
)
async def test_f61_a_file_that_is_not_utf8_is_quarantined_with_a_reason(
    partner: Partner, content: bytes
) -> None:
    file = await partner.drop(content)
    assert ended(file) == ("quarantined", 0, 0)
    assert str(file.reason).startswith("not_text: ")


async def test_f61_bytes_that_are_not_utf8_reject_their_row_only(partner: Partner) -> None:
    content = HEADER + b"\xff\xfe,2026-05-01\n" + await partner.row()
    assert ended(await partner.drop(content)) == ("done", 1, 1)
    assert await partner.rejects() == [(2, "not_utf8")]


@pytest.mark.parametrize("delimiter", [b";", b"\t", b"|"])
async def test_f62_another_delimiter_quarantines_the_file(
    partner: Partner, delimiter: bytes
) -> None:
    file = await partner.drop((HEADER + await partner.row()).replace(b",", delimiter))
    assert ended(file) == ("quarantined", 0, 0)
    assert str(file.reason).startswith("wrong_delimiter: ")


async def test_f63_quotes_hold_anything_and_the_report_counts_physical_lines(
    partner: Partner,
) -> None:
    row = await partner.row() + b',"2 ""lines"",\r\nand a comma"'
    content = b"lead_id,purchase_date,reference\n" + row + b"\nbad,2026-05-01,\n"
    assert ended(await partner.drop(content)) == ("done", 1, 1)
    assert await partner.rejects() == [(4, "bad_lead_id")]


async def test_f65_f66_a_column_too_few_or_too_many_rejects_the_row(partner: Partner) -> None:
    content = HEADER + b"x\n" + await partner.row() + b",extra\n" + await partner.row()
    assert ended(await partner.drop(content)) == ("done", 1, 2)
    assert await partner.rejects() == [(2, "missing_column"), (3, "extra_column")]


async def test_f68_columns_are_known_by_name_in_any_order_and_case(partner: Partner) -> None:
    lead = await partner.lead()
    content = f"Purchase_Date , LEAD_ID\n {DAY} , {lead} \n".encode()
    assert ended(await partner.drop(content)) == ("done", 1, 0)


@pytest.mark.parametrize(
    ("content", "outcome"),
    [
        (b"", ("quarantined", 0, 0)),
        (b"\n\r\n  \n", ("quarantined", 0, 0)),
        (b"\xef\xbb\xbf", ("quarantined", 0, 0)),
        (HEADER, ("done", 0, 0)),
        (HEADER.strip(), ("done", 0, 0)),
        (b"\n\n" + HEADER + b"\n\n\n", ("done", 0, 0)),
    ],
)
async def test_f69_a_file_without_a_header_is_quarantined_and_one_without_rows_is_done(
    partner: Partner, content: bytes, outcome: tuple[str, int, int]
) -> None:
    assert ended(await partner.drop(content)) == outcome


async def test_f70_every_kind_of_line_end_ends_a_row_even_mixed(partner: Partner) -> None:
    rows = [await partner.row() for _ in range(4)]
    content = HEADER.strip() + b"\r" + rows[0] + b"\r\n" + rows[1] + b"\n" + b"\r".join(rows[2:])
    assert ended(await partner.drop(content)) == ("done", 4, 0)


async def test_f72_a_line_of_a_megabyte_costs_itself_only(partner: Partner) -> None:
    content = HEADER + b"x" * 1_000_000 + b"\n" + await partner.row()
    assert ended(await partner.drop(content)) == ("done", 1, 1)
    assert await partner.rejects() == [(2, "too_long")]


async def test_f72_a_header_of_a_megabyte_quarantines_the_file(partner: Partner) -> None:
    file = await partner.drop(b"lead_id," + b"x" * 1_000_000 + b"\n" + await partner.row())
    assert ended(file) == ("quarantined", 0, 0)
    assert len(str(file.reason)) < 500


async def test_f73_a_long_file_is_read_in_slices_each_of_bounded_bytes(
    partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "SLICE_BYTES", 20_000)
    reached = []
    note = FileReading.ended

    async def noted(reading: Any, part: ingest.Slice) -> bool:
        reached.append(part.offset - part.began)
        return bool(await note(reading, part))

    monkeypatch.setattr(FileReading, "ended", noted)
    rows = b"".join(b'x,"' + b"y" * 10_000 + b'"\n' for _ in range(30))
    file = await partner.drop(HEADER + rows)
    assert ended(file) == ("done", 0, 30)
    assert max(reached) < 40_000
    assert sum(reached) == file.size


async def test_f73_a_report_of_too_many_rejected_rows_ends_and_says_so(
    partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "SLICE", 10)
    monkeypatch.setattr("domains.conversions.reading.LARGEST", 3)
    monkeypatch.setattr("eventing.rejects.LARGEST", 3)
    assert ended(await partner.drop(HEADER + b"x,y\n" * 99)) == ("done", 0, 99)
    *rows, last = await partner.report()
    assert [row["line"] for row in rows] == [str(number) for number in range(2, 31)]
    assert (last["line"], last["code"]) == ("", "report_full")


@pytest.mark.parametrize("beginning", [b"PK\x03\x04", b"\x1f\x8b\x08", b"%PDF-1.7"])
async def test_f74_an_archive_is_not_unpacked(partner: Partner, beginning: bytes) -> None:
    assert ended(await partner.drop(beginning + bytes(1000))) == ("quarantined", 0, 0)


@pytest.mark.parametrize("name", ["..%2f..%2fetc.csv", "..b/c.csv", "ä ☂.csv", "=cmd.csv"])
async def test_f74_a_name_is_never_a_path(partner: Partner, name: str) -> None:
    content = HEADER + await partner.row() + b"\nx,y"
    assert ended(await partner.drop(content, name)) == ("done", 1, 1)
    assert await partner.rejects(name) == [(3, "bad_lead_id")]


@pytest.mark.parametrize("amount", ["-1", "0", "NaN", "Infinity", "1e400", "1_000", "+5", "\u0665"])
async def test_f75_an_amount_that_only_decimal_takes_rejects_its_row(
    partner: Partner, amount: str
) -> None:
    row = f"{await partner.lead()},{DAY},{amount},EUR\n"
    assert ended(await partner.drop(b"lead_id,purchase_date,amount,currency\n" + row.encode())) == (
        "done",
        0,
        1,
    )
    assert await partner.rejects() == [(2, "bad_amount")]


async def test_f76_a_day_that_is_none_or_is_to_come_rejects_its_row(partner: Partner) -> None:
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    days = ("2023-02-29", "31/12/2024", "2024-W01-1", "20240229", "0001-01-01", str(tomorrow))
    rows = "".join(f"{uuid4()},{day}\n" for day in days)
    await partner.drop(HEADER + rows.encode())
    assert [code for _, code in await partner.rejects()] == ["bad_date"] * len(days)


async def test_f77_a_row_told_twice_is_one_sale_in_a_file_and_across_files(
    partner: Partner,
) -> None:
    row = await partner.row()
    assert ended(await partner.drop(HEADER + row + b"\n" + row)) == ("done", 1, 1)
    assert await partner.rejects() == [(3, "already_sold")]
    assert ended(await partner.drop(HEADER + row + b"\n", "b.csv")) == ("done", 0, 1)


async def test_f78_the_same_file_again_changes_nothing(partner: Partner) -> None:
    content = HEADER + await partner.row() + b"\nbad,row\n"
    first = await partner.drop(content)
    again = await partner.drop(content)
    assert again.etag != first.etag
    assert (ended(again), again.received_at) == (ended(first), first.received_at)
    assert await partner.rejects() == [(3, "bad_lead_id")]


async def test_f79_a_new_version_emits_its_news_only_and_leaves_no_old_report(
    partner: Partner,
) -> None:
    row, more = await partner.row(), await partner.row()
    assert ended(await partner.drop(HEADER + row + b"\nbad,row\n")) == ("done", 1, 1)
    assert ended(await partner.drop(HEADER + row + b"\n" + more)) == ("done", 2, 0)
    assert await partner.rejects() == []


async def test_f82_a_blob_that_is_appended_to_is_read_again_as_it_grows(partner: Partner) -> None:
    rows = [await partner.row() for _ in range(2)]
    blob = partner.blob("a.csv")
    await blob.create_append_blob()
    await blob.append_block(HEADER + rows[0] + b"\n" + rows[1][:40])
    assert ended(await partner.read()) == ("done", 1, 1)
    await blob.append_block(rows[1][40:] + b"\n")
    assert ended(await partner.read()) == ("done", 2, 0)
    assert await partner.rejects() == []


async def test_f82_a_leased_blob_is_read(partner: Partner) -> None:
    await partner.blob("a.csv").upload_blob(HEADER + await partner.row())
    lease = await partner.blob("a.csv").acquire_lease()
    assert ended(await partner.read()) == ("done", 1, 0)
    await lease.release()


async def test_f83_a_file_announced_twice_or_by_nobody_is_read_once(
    partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "STALE", timedelta(0))
    await partner.blob("a.csv").upload_blob(HEADER + await partner.row())
    await asyncio.gather(*(partner.intake.receive(f"{partner.name}/a.csv") for _ in range(3)))
    await partner.blob("b.csv").upload_blob(HEADER + await partner.row())
    for _ in range(2):
        await Sweep(partner.intake).run()
    assert ended(await partner.ledger("a.csv")) == ("done", 1, 0)
    assert ended(await partner.ledger("b.csv")) == ("done", 1, 0)


async def test_f84_what_one_invocation_does_not_finish_the_next_one_goes_on_with(
    partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "SLICE", 3)
    rows = [await partner.row() for _ in range(8)]
    await partner.blob("a.csv").upload_blob(HEADER + b"\n".join(rows))
    seen = []
    file = await partner.read(until=time.monotonic())
    while file.status == "reading":
        seen.append((file.accepted, file.line))
        await partner.intake.read(file, until=time.monotonic())
        file = await partner.ledger()
    assert seen == [(2, 4), (5, 7), (8, 10)][: len(seen)]
    assert len(seen) > 1
    assert ended(file) == ("done", 8, 0)


async def test_f84_a_reader_that_stopped_is_followed_by_the_timer_and_no_sooner(
    partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "SLICE", 3)
    rows = [await partner.row() for _ in range(8)]
    await partner.blob("a.csv").upload_blob(HEADER + b"\n".join(rows))
    await partner.read(until=time.monotonic())
    await Sweep(partner.intake).run()
    assert (await partner.ledger()).status == "reading"
    monkeypatch.setattr(sweep, "STALE", timedelta(0))
    await Sweep(partner.intake).run()
    assert ended(await partner.ledger()) == ("done", 8, 0)


async def test_f84_two_readers_of_one_file_end_each_row_once(
    partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "SLICE", 5)
    rows = [await partner.row() for _ in range(30)] + [b"bad,row"] * 10
    await partner.blob("a.csv").upload_blob(HEADER + b"\n".join(rows))
    await partner.intake.receive(f"{partner.name}/a.csv")
    file = await partner.ledger()
    await asyncio.gather(*(partner.intake.read(file, float("inf")) for _ in range(2)))
    assert ended(await partner.ledger()) == ("done", 30, 10)
    assert await partner.rejects() == [(line, "bad_lead_id") for line in range(32, 42)]


@pytest.mark.parametrize("how", ["deleted", "overwritten"])
async def test_a_file_that_goes_away_while_it_is_read_is_told_as_replaced(
    partner: Partner, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(ingest, "SLICE", 3)
    rows = [await partner.row() for _ in range(8)]
    await partner.blob("a.csv").upload_blob(HEADER + b"\n".join(rows))
    file = await partner.read(until=time.monotonic())
    if how == "deleted":
        await partner.blob("a.csv").delete_blob()
    else:
        await partner.blob("a.csv").upload_blob(HEADER + b"\n".join(rows[::-1]), overwrite=True)
    await partner.intake.read(file, float("inf"))
    assert (await partner.ledger()).status == "replaced"
    again = await partner.drop(HEADER + b"\n".join(rows))
    assert ended(again) == ("done", 8, 0)


async def test_f85_a_formula_is_harmless_in_the_report_and_a_number_stays_one(
    partner: Partner,
) -> None:
    rows = ["=1+1,x", "+1,x", "-1,x", "@x,x", "\tx,x", '"=a\r\nb",x', "-12.5", "\x00=x,y"]
    await partner.drop(HEADER + "\n".join(rows).encode())
    told = [row["row"] for row in await partner.report()]
    assert told == [
        "'=1+1,x", "'+1,x", "'-1,x", "'@x,x", "'\tx,x", '"=a\r\nb",x', "-12.5", "\ufffd=x,y",
    ]  # fmt: skip


async def test_f86_a_lead_that_is_unknown_anothers_or_sold_rejects_its_row(
    partner: Partner,
) -> None:
    mine, foreign = await partner.lead(), await partner.lead("somebody-else")
    rows = [mine, uuid4(), foreign, mine]
    content = HEADER + "\n".join(f"{lead},{DAY}" for lead in rows).encode()
    assert ended(await partner.drop(content)) == ("done", 1, 3)
    assert await partner.rejects() == [
        (3, "unknown_lead"),
        (4, "foreign_lead"),
        (5, "already_sold"),
    ]
    assert await partner.sold(mine)
    assert not await partner.sold(foreign)
