"""How long a purchase lasts, in calendar months.

A term of n months that is bought on a day ends at 00:00 UTC of the same day n months later, or of
that month's last day when the month is too short: bought on 31 January for a month, it ends on
28 February, or on 29 February in a leap year.
"""

from calendar import monthrange
from datetime import UTC, date, datetime, time


def term_end(purchased_on: date, months: int) -> date:
    """The day at whose beginning a term ends; at the latest the calendar's last."""
    years, month = divmod(purchased_on.month - 1 + months, 12)
    year, month = purchased_on.year + years, month + 1
    if year > date.max.year:
        return date.max
    return date(year, month, min(purchased_on.day, monthrange(year, month)[1]))


def beginning(day: date) -> datetime:
    """The instant at which a day begins, in UTC."""
    return datetime.combine(day, time(), UTC)
