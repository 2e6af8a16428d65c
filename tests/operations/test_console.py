"""What hubs and tables told becomes true numbers, for machines and for people."""

import re
from datetime import UTC, datetime, timedelta

from domains.operations.console import page
from domains.operations.overview import Overview, Place, Waiting, overview
from eventing.bus import Bus, Hub
from eventing.watch import Kept

AT = datetime(2026, 5, 1, 12, tzinfo=UTC)
BUS = Bus(
    {"lead": Hub("lead", "conversions", ("lead",), 2, ("customer",))}, "events", ("customer",)
)
CUSTOMER = Kept(
    {("lead", "0"): 7, ("sale", "1"): 99},
    (AT - timedelta(seconds=90), AT - timedelta(seconds=5)),
    {"lead": 3, "sale": 0},
)


def seen(ends: dict[str, int] | None = None, kept: Kept | None = CUSTOMER) -> Overview:
    return overview(BUS, {"lead": ends or {"0": 9, "1": 4}}, {"customer": kept}, AT)


def test_a_reader_is_behind_by_what_follows_its_position() -> None:
    (reader,) = seen().readers
    assert (reader.hub, reader.group) == ("lead", "customer")
    assert reader.partitions == [Place("0", 9, 7, 2), Place("1", 4, -1, 5)]
    assert reader.lag == 7


def test_an_empty_partition_that_nobody_read_is_not_behind() -> None:
    assert seen({"0": 7, "1": -1}).readers[0].lag == 0


def test_a_hub_that_was_made_again_is_not_behind_by_less_than_nothing() -> None:
    assert seen({"0": 0, "1": -1}).readers[0].lag == 0


def test_a_team_waits_as_long_as_its_oldest_row() -> None:
    assert seen().teams == [Waiting("customer", 2, 90.0, {"lead": 3})]


def test_a_team_without_an_outbox_does_not_wait() -> None:
    assert seen(kept=Kept({}, (), {})).teams == [Waiting("customer", 0, 0.0, {})]


def test_what_does_not_answer_is_named_and_hides_nothing_else() -> None:
    found = overview(BUS, {"lead": None}, {"customer": CUSTOMER}, AT)
    assert (found.silent, found.readers) == (["hub lead"], [])
    assert found.teams == [Waiting("customer", 2, 90.0, {"lead": 3})]
    assert seen(kept=None).silent == ["table customer"]
    assert "<strong>hub lead does not answer.</strong>" in page(found)


def test_the_page_tells_each_number_and_what_should_be_nothing_stands_out() -> None:
    text = page(seen())
    rows = [re.findall(r"<td>(.*?)(?=<td>|<tr>|</table>)", row) for row in text.split("<tr>")]
    assert ["lead", "customer", "<strong>7 events</strong>", "0: 7 of 9 · 1: none of 4"] in rows
    assert ["customer", "<strong>2 rows</strong>", "90 s", "<strong>3 lead</strong>"] in rows
    assert "<strong>" not in page(seen({"0": 7, "1": -1}, Kept({("lead", "0"): 7}, (), {})))


def test_the_page_asks_again_by_itself_and_loads_nothing() -> None:
    text = page(seen())
    assert '<meta http-equiv="refresh" content="5">' in text
    assert not re.search(r"<script|<link|<img|src=|url\(|@import|https?://", text)


def test_a_name_that_is_markup_is_shown_as_text() -> None:
    assert "<b>" not in page(seen(kept=Kept({}, (), {"<b>": 1})))
