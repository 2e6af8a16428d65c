"""What an operator and a log may see of a message: ids, codes, numbers and times."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from eventing.redact import scrubbed, shown

CANARIES = (
    "Ada Lovelace",
    "ada@example.com",
    "+44 20 7946 0018",
    "12 St James's Square",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2ln",
    "SharedAccessKey=Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4",
    "https://store.invalid/x?sv=2024&sig=abcdef",
    "Bearer abcdefgh",
    "\ud800",
)


@pytest.mark.parametrize("canary", CANARIES)
@pytest.mark.parametrize("name", ["subject", "anything", "name"])
def test_a_person_or_a_secret_is_shown_under_no_name(name: str, canary: str) -> None:
    assert shown(name, canary) == f"<redacted: {len(canary)} characters>"
    assert canary not in json.dumps(shown("outer", [{name: {"inner": canary}}]))


@pytest.mark.parametrize("name", ["name", "email", "reference", "sas_token", "AccountKey", "sig"])
def test_a_private_name_hides_even_what_looks_like_a_code(name: str) -> None:
    assert shown(name, "ada") == "<redacted: 3 characters>"


def test_ids_codes_numbers_and_times_are_shown() -> None:
    values = {
        "lead_id": UUID(int=7),
        "product_id": "fibre-500",
        "amount": Decimal("19.90"),
        "purchased_on": date(2026, 5, 1),
        "enqueued": datetime(2026, 5, 1, tzinfo=UTC),
        "term_months": 12,
        "sha256": "0f" * 32,
        "type": "conversions.sale.confirmed",
        "partitionkey": "07",
        "gone": None,
    }
    assert shown("data", values) == {
        "lead_id": "00000000-0000-0000-0000-000000000007",
        "product_id": "fibre-500",
        "amount": "19.90",
        "purchased_on": "2026-05-01",
        "enqueued": "2026-05-01T00:00:00+00:00",
        "term_months": 12,
        "sha256": "0f" * 32,
        "type": "conversions.sale.confirmed",
        "partitionkey": "07",
        "gone": None,
    }


def test_an_error_keeps_its_sense_without_addresses_and_secrets() -> None:
    text = (
        "event type 'ada@example.com' has no contract; AccountKey=abc123== for "
        "00000000-0000-4000-8000-000000000001"
    )
    assert scrubbed(text) == (
        "event type '<mail>' has no contract; <redacted> for 00000000-0000-4000-8000-000000000001"
    )
