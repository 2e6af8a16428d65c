"""A blob in sales-files, and how far its rows have been read"""

from dataclasses import replace
from typing import Any

import pytest

from domains.conversions import read_sales_file, receive_sales_file
from domains.conversions.partner_file import REMEMBERED
from domains.conversions.read_sales_file import ReadSalesFile
from domains.conversions.receive_sales_file import ReceiveSalesFile
from domains.conversions.sales_file import SalesFileReceived
from eventing.decision import Decision, Rejected
from tests.rules.given import DAY, NOON, a_sales_file

URL = "https://files/sales-files/acme/may.csv"
DROPPED = ReceiveSalesFile("acme", "may.csv", URL, "0x1", "aa", 100, NOON)
RECEIVED = SalesFileReceived("acme", "may.csv", URL, "0x1", "aa", 100)
HALF: dict[str, Any] = {"status": "reading", "offset": 50, "line": 3, "accepted": 1, "rejected": 1}


def decide(file: Any, **changes: Any) -> Decision[Any]:
    return receive_sales_file.decide(file, replace(DROPPED, **changes))


def test_a_new_file_is_received() -> None:
    assert decide(None) == Decision(a_sales_file(), [RECEIVED])


@pytest.mark.parametrize("status", ["received", "reading", "done", "quarantined", "replaced"])
def test_the_same_upload_again_is_no_news(status: str) -> None:
    assert decide(a_sales_file(status=status)) == Decision(a_sales_file(status=status))


@pytest.mark.parametrize("status", ["received", "reading", "done", "quarantined"])
def test_the_same_content_uploaded_again_is_read_no_second_time(status: str) -> None:
    half = a_sales_file(**HALF | {"status": status})
    assert decide(half, etag="0x2") == Decision(replace(half, etag="0x2", earlier=("0x1",)))


def test_new_content_under_an_old_name_is_read_from_the_beginning() -> None:
    assert decide(a_sales_file(**HALF), etag="0x2", sha256="bb", occurred_at=NOON + DAY) == (
        Decision(
            a_sales_file(
                etag="0x2",
                sha256="bb",
                earlier=("0x1",),
                received_at=NOON + DAY,
                touched_at=NOON + DAY,
            ),
            [replace(RECEIVED, etag="0x2", sha256="bb")],
        )
    )


def test_a_late_word_on_an_earlier_upload_does_not_bring_it_back() -> None:
    newer = a_sales_file(etag="0x2", sha256="bb", earlier=("0x1",))
    assert decide(newer) == Decision(newer)


def test_a_file_that_vanished_half_read_goes_on_when_it_comes_back() -> None:
    gone = a_sales_file(**HALF | {"status": "replaced", "reason": "it is gone"})
    assert decide(gone, etag="0x2") == Decision(
        a_sales_file(**HALF | {"status": "received", "etag": "0x2", "earlier": ("0x1",)}),
        [replace(RECEIVED, etag="0x2")],
    )


def test_a_name_remembers_only_so_many_uploads() -> None:
    file = a_sales_file(earlier=tuple(str(number) for number in range(REMEMBERED)))
    kept = replace(file, etag="0x2", earlier=(*file.earlier[1:], "0x1"))
    assert decide(file, etag="0x2") == Decision(kept)


NOTE = ReadSalesFile(
    partner="acme",
    name="may.csv",
    etag="0x1",
    began=0,
    offset=50,
    line=3,
    columns=("lead_id", "purchase_date"),
    accepted=1,
    rejected=1,
    status="reading",
    reason=None,
    occurred_at=NOON + DAY,
)


def note(file: Any, **changes: Any) -> Decision[Any]:
    return read_sales_file.decide(file, replace(NOTE, **changes))


def test_rows_that_have_ended_are_counted() -> None:
    columns = ("lead_id", "purchase_date")
    first = a_sales_file(**HALF, columns=columns, blocks=1, touched_at=NOON + DAY)
    assert note(a_sales_file()) == Decision(first)
    assert note(first, began=50, offset=100, line=5, accepted=2, rejected=0, status="done") == (
        Decision(replace(first, offset=100, line=5, accepted=3, status="done"))
    )


def test_rows_are_counted_once() -> None:
    half = a_sales_file(**HALF)
    assert note(half) == Decision(half)


def test_a_file_is_quarantined_with_its_reason() -> None:
    refused: dict[str, Any] = {"status": "quarantined", "reason": "wrong_header: no column lead_id"}
    nothing: dict[str, Any] = {"offset": 0, "line": 1, "columns": (), "accepted": 0, "rejected": 0}
    assert note(a_sales_file(), **refused, **nothing) == Decision(
        a_sales_file(**refused, touched_at=NOON + DAY)
    )


@pytest.mark.parametrize("status", ["done", "quarantined", "replaced"])
def test_what_has_ended_stays_ended(status: str) -> None:
    ended = a_sales_file(status=status)
    assert note(ended) == Decision(ended)


@pytest.mark.parametrize("status", ["reading", "done", "replaced"])
def test_a_reader_of_an_earlier_upload_has_no_say_in_the_newer_one(status: str) -> None:
    newer = a_sales_file(etag="0x2", earlier=("0x1",))
    assert note(newer, status=status) == Decision(newer)


def test_a_file_that_was_never_received_cannot_be_read() -> None:
    with pytest.raises(Rejected, match=r"acme/may\.csv"):
        note(None)
