"""What a sales file may say: columns by name, values by strict grammars, refusals with a code."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domains.conversions.csv_rows import BadFile, BadRow
from domains.conversions.records import LONGEST, Record, Splitter
from domains.conversions.sales_rows import Fields, columns, parsed

LEAD = "0e8f1c2a-5f7d-4c59-9d0b-1a2b3c4d5e6f"
TODAY = date(2026, 5, 31)
ARABIC = "\u0661\u0662"
IMPOSSIBLE_DATES = f"""
    2023-02-29 2026-13-01 2026-06-01 9999-12-31 0001-01-01 1999-12-31 31/12/2024 20240229 24:00
    2024-W01-1 2024-1-1 2026-05-01T00:00 -026-05-01 20{ARABIC}-01-01
"""
IMPOSSIBLE_AMOUNTS = f"""
    0 0.00 -5 +5 NaN Infinity 1e3 1e400 1_000 {ARABIC} 5. .5 1.234 0x10 12345678901234 =1 19,90
"""
PLAIN = ("lead_id", "purchase_date")
FULL = ("lead_id", "purchase_date", "amount", "currency", "reference")


def record(content: str | bytes) -> Record:
    data = content.encode() if isinstance(content, str) else content
    return next(iter(Splitter().feed(data, final=True)))


def row(content: str | bytes, names: Sequence[str] = PLAIN) -> Fields:
    return parsed(record(content), names, TODAY)


def full(date: str = "2026-05-01", amount: str = "", currency: str = "", ref: str = "") -> Fields:
    return row(f"{LEAD},{date},{amount},{currency},{ref}", FULL)


def code_of(content: str | bytes, names: Sequence[str] = PLAIN) -> str:
    with pytest.raises(BadRow) as refused:
        row(content, names)
    return refused.value.code


@pytest.mark.parametrize(
    ("header", "names"),
    [
        ("lead_id,purchase_date", PLAIN),
        ("\ufefflead_id,purchase_date", PLAIN),
        ("Purchase_Date , LEAD_ID", ("purchase_date", "lead_id")),
        ('"lead_id","purchase_date"', PLAIN),
        ("lead_id,purchase_date,reference,currency,amount", (*PLAIN, *reversed(FULL[2:]))),
    ],
)
def test_f68_columns_are_found_by_name(header: str, names: tuple[str, ...]) -> None:
    assert columns(record(header + "\r\n")) == names


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("lead_id;purchase_date", "wrong_delimiter"),
        ("lead_id\tpurchase_date", "wrong_delimiter"),
        ("lead_id|purchase_date", "wrong_delimiter"),
        ("lead_id", "wrong_header"),
        ("hello, world", "wrong_header"),
        ("lead_id,purchase_date,amout", "wrong_header"),
        ("lead_id,purchase_date,lead_id", "wrong_header"),
        ("lead_id,purchase_date,", "wrong_header"),
        ('lead_id,"purchase_date', "wrong_header"),
        ("x" * (LONGEST + 1), "wrong_header"),
        ("lead_id,purchase_date".encode("utf-16"), "not_text"),
        ("lead_id,purchase_date".encode("utf-16-be"), "not_text"),
        ("lead_id,purchase_date,größe".encode("cp1252"), "not_text"),
        (b"PK\x03\x04\x14\x00\x06\x00", "not_text"),
        (b"\x1f\x8b\x08\x00", "not_text"),
        (b"\x00\x01\x02", "not_text"),
    ],
)
def test_f61_f62_a_file_that_is_no_sales_file_is_refused_whole(
    header: str | bytes, code: str
) -> None:
    with pytest.raises(BadFile) as refused:
        columns(record(header))
    assert refused.value.code == code


def test_a_good_row_says_what_was_sold() -> None:
    said = row(f' {LEAD.upper()} ,2026-05-31,19.9,EUR,"Order 7, north\r\n2nd line"\r\n', FULL)
    assert said == Fields(
        lead_id=UUID(LEAD),
        purchased_on=TODAY,
        amount=Decimal("19.90"),
        currency="EUR",
        reference="Order 7, north\r\n2nd line",
    )


def test_columns_that_are_left_out_and_cells_that_are_empty_say_nothing() -> None:
    nothing = Fields(UUID(LEAD), date(2026, 5, 1), None, None, None)
    assert row(f"{LEAD},2026-05-01") == nothing
    assert row(f"{LEAD},2026-05-01, ,,", FULL) == nothing


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (LEAD, "missing_column"),
        (f"{LEAD},2026-05-01,x", "extra_column"),
        (",2026-05-01", "bad_lead_id"),
        ("12,2026-05-01", "bad_lead_id"),
        (f"{{{LEAD}}},2026-05-01", "bad_lead_id"),
        (f"urn:uuid:{LEAD},2026-05-01", "bad_lead_id"),
        (LEAD.replace("-", "") + ",2026-05-01", "bad_lead_id"),
        (f"{LEAD},", "bad_date"),
        (f'{LEAD},"2026-05-01', "malformed"),
        (f"{LEAD},2026-05-01\x00", "malformed"),
        (LEAD.encode() + b",2026-05-\xff", "not_utf8"),
        (f"{LEAD}," + "x" * LONGEST, "too_long"),
    ],
)
def test_f65_f66_a_bad_row_is_refused_with_its_code(content: str | bytes, code: str) -> None:
    assert code_of(content) == code


@pytest.mark.parametrize("text", IMPOSSIBLE_DATES.split())
def test_f76_a_date_is_a_day_of_the_calendar_in_one_form_and_not_to_come(text: str) -> None:
    assert code_of(f"{LEAD},{text}") == "bad_date"


def test_f76_a_leap_day_is_a_day() -> None:
    assert full("2024-02-29").purchased_on == date(2024, 2, 29)


@pytest.mark.parametrize("text", ["1 000", *IMPOSSIBLE_AMOUNTS.split()])
def test_f75_an_amount_is_plain_digits_above_zero_with_at_most_two_decimals(text: str) -> None:
    assert code_of(f'{LEAD},2026-05-01,"{text}",EUR,', FULL) == "bad_amount"


@pytest.mark.parametrize("text", ["eur", "EURO", "€", "E1R"])
def test_f75_a_currency_is_three_capital_letters(text: str) -> None:
    assert code_of(f"{LEAD},2026-05-01,1,{text},", FULL) == "bad_currency"


def test_f75_the_largest_amount_fits() -> None:
    assert full(amount="9999999999999.99", currency="EUR").amount == Decimal("9999999999999.99")


@pytest.mark.parametrize("text", ["x" * 201, "bell\x07", "\x7f"])
def test_a_reference_is_short_and_can_be_printed(text: str) -> None:
    assert code_of(f"{LEAD},2026-05-01,,,{text}", FULL) == "bad_reference"


@pytest.mark.parametrize("text", ["=1+1", "@home", "-7", "Zoë ☂ שלום"])
def test_f85_a_reference_is_kept_as_it_is_told(text: str) -> None:
    assert full(ref=text).reference == text


def codes_of(content: bytes, names: Sequence[str] = ()) -> list[str]:
    """What becomes of a file: the code of each refusal; the first record is the header."""
    codes = []
    for each in Splitter().feed(content, final=True):
        try:
            if names:
                assert isinstance(parsed(each, names, TODAY), Fields)
            else:
                names = columns(each)
        except (BadFile, BadRow) as refused:
            codes.append(refused.code)
    return codes


@given(st.binary(max_size=300))
@example(b"lead_id,purchase_date\n" + LEAD.encode() + b',"2026-05-01"')
def test_any_bytes_give_rows_or_refusals_with_a_code(content: bytes) -> None:
    assert all(codes_of(content))


ROWS = st.text(st.sampled_from(f'{LEAD[:3]},"-0129 \r\n\x00\xe9'), max_size=40)


@given(st.one_of(ROWS, ROWS.map(lambda text: f"{LEAD},{text}")))
def test_any_row_is_read_or_refused_with_a_code(text: str) -> None:
    assert all(codes_of(text.encode(), PLAIN))
