"""NCRONTAB."""

from datetime import UTC, datetime

import pytest

from local.host.config import ConfigurationError
from local.host.schedule import parse

START = datetime(2026, 1, 31, 23, 59, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0 */5 * * * *", "2026-02-01T00:00:00"),
        ("*/15 * * * * *", "2026-01-31T23:59:45"),
        ("*/5 * * * *", "2026-02-01T00:00:00"),
        ("30 59 23 * * *", "2026-02-01T23:59:30"),
        ("0 0 9 * * MON-FRI", "2026-02-02T09:00:00"),
        ("0 0 0 29 2 *", "2028-02-29T00:00:00"),
        ("0 0 0 13 * 5", "2026-02-13T00:00:00"),
        ("0 30 8-10/2 1,15 * *", "2026-02-01T08:30:00"),
        ("00:00:45", "2026-02-01T00:00:15"),
    ],
)
def test_the_next_time(text: str, expected: str) -> None:
    assert parse(text, "f").after(START).replace(tzinfo=None).isoformat() == expected


@pytest.mark.parametrize("text", ["0 61 * * * *", "x", "* * *", "0 0 0 31 2 *", "00:00:00"])
def test_a_schedule_that_cannot_be_is_refused_with_the_function_named(text: str) -> None:
    with pytest.raises(ConfigurationError, match="tidy"):
        parse(text, "tidy")
