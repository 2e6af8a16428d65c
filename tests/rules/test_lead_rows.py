"""What a row of a file of leads says, and whose lead it makes"""

from dataclasses import replace
from uuid import UUID

import pytest

from domains.conversions.csv_rows import BadFile, BadRow
from domains.conversions.lead_rows import Fields, columns, lead_id_of, parsed
from domains.conversions.records import Splitter
from tests.rules.given import ZOE

NAMES = ("contact_id", "product_id", "reference")
GOOD = Fields(ZOE, "home", "A-1")


def row(text: str) -> Fields:
    (record,) = Splitter(100, 2).feed(text.encode(), final=True)
    return parsed(record, NAMES)


def header(text: str) -> tuple[str, ...]:
    (record,) = Splitter().feed(text.encode(), final=True)
    return columns(record)


def test_columns_are_found_by_name_in_any_order() -> None:
    assert header("Product_ID, contact_id") == ("product_id", "contact_id")


@pytest.mark.parametrize(
    "text", ["contact_id", "contact_id,product_id,price", "contact_id;product_id"]
)
def test_a_header_of_something_else_refuses_the_file(text: str) -> None:
    with pytest.raises(BadFile):
        header(text)


def test_a_good_row_says_who_is_offered_what() -> None:
    assert row(f"{ZOE},home,A-1") == GOOD
    assert row(f"{ZOE}, home ,").reference is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("zoe,home,", "bad_contact_id"),
        (f"{ZOE},Home!,", "bad_product_id"),
        (f"{ZOE},{'x' * 64},", "bad_product_id"),
        (f"{ZOE},home", "missing_column"),
        (f"{ZOE},home,a,b", "extra_column"),
        (f"{ZOE},home,{'x' * 201}", "bad_reference"),
    ],
)
def test_a_bad_row_is_refused_by_a_code(text: str, code: str) -> None:
    with pytest.raises(BadRow) as refused:
        row(text)
    assert refused.value.code == code


def test_the_same_row_is_the_same_lead_and_another_reference_another_one() -> None:
    first = lead_id_of("acme/may.csv", GOOD)
    assert first == lead_id_of("acme/may.csv", replace(GOOD))
    others = [
        lead_id_of("acme/june.csv", GOOD),
        lead_id_of("acme/may.csv", replace(GOOD, reference="A-2")),
        lead_id_of("acme/may.csv", replace(GOOD, product_id="garden")),
        lead_id_of("acme/may.csv", replace(GOOD, contact_id=UUID(int=1))),
    ]
    assert len({first, *others}) == 5
