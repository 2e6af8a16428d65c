"""NCRONTAB: six fields with seconds first (five are accepted too), or a time span.

Day of month and day of week must both fit, as in NCrontab; classic cron would take either.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from local.host.config import ConfigurationError, timespan

_MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
_DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
_RANGES = ((0, 59), (0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
_HORIZON = 366 * 8


@dataclass(frozen=True, slots=True)
class Schedule:
    """Either the allowed values per field, or a constant interval."""

    fields: tuple[frozenset[int], ...] = ()
    interval: timedelta | None = None

    def after(self, moment: datetime) -> datetime:
        """The first occurrence later than `moment`, in its time zone."""
        if self.interval:
            return moment + self.interval
        seconds, minutes, hours, days, months, weekdays = self.fields
        start = moment.replace(microsecond=0) + timedelta(seconds=1)
        day = start.replace(hour=0, minute=0, second=0)
        for _ in range(_HORIZON):
            weekday = (day.weekday() + 1) % 7
            if day.month in months and day.day in days and weekday in weekdays:
                floor = max(start, day)
                for hour in sorted(h for h in hours if h >= floor.hour):
                    same_hour = hour == floor.hour
                    for minute in sorted(minutes):
                        if same_hour and minute < floor.minute:
                            continue
                        least = floor.second if same_hour and minute == floor.minute else 0
                        fitting = [second for second in seconds if second >= least]
                        if fitting:
                            return day.replace(hour=hour, minute=minute, second=min(fitting))
            day += timedelta(days=1)
        raise ConfigurationError("the schedule never occurs within eight years")

    def shortest(self, moment: datetime) -> timedelta:
        """The smallest gap among the next few occurrences; below a minute no status is kept."""
        times = [moment]
        for _ in range(5):
            times.append(self.after(times[-1]))
        return min(later - earlier for earlier, later in pairwise(times[1:]))


def parse(text: str, function: str) -> Schedule:
    """A schedule as written on the trigger, settings already resolved."""
    if ":" in text:
        interval = timespan(text.strip(), f"{function}: schedule")
        if interval <= timedelta(0):
            raise ConfigurationError(f"{function}: schedule {text!r} must be positive")
        return Schedule(interval=interval)
    parts = text.split()
    if len(parts) == 5:
        parts.insert(0, "0")
    if len(parts) != 6:
        raise ConfigurationError(
            f"{function}: schedule {text!r} needs six fields:"
            " second minute hour day month day-of-week"
        )
    try:
        fields = tuple(
            _values(part, low, high, _MONTHS if i == 4 else _DAYS if i == 5 else ())
            for i, (part, (low, high)) in enumerate(zip(parts, _RANGES, strict=True))
        )
        schedule = Schedule(fields)
        schedule.after(datetime(2024, 1, 1))  # noqa: DTZ001 - only whether it ever occurs
    except (ValueError, ConfigurationError) as error:
        raise ConfigurationError(f"{function}: schedule {text!r}: {error}") from error
    return schedule


def _values(part: str, low: int, high: int, names: Sequence[str]) -> frozenset[int]:
    chosen: set[int] = set()
    for piece in part.split(","):
        match = re.fullmatch(r"(\*|[A-Za-z\d]+)(?:-([A-Za-z\d]+))?(?:/(\d+))?", piece)
        if not match:
            raise ValueError(f"{piece!r} cannot be read")
        first, last, step = match.groups()
        if first == "*":
            start, end = low, high
        else:
            start = _number(first, low, names)
            end = _number(last, low, names) if last else high if step else start
        if not low <= start <= end <= high or step == "0":
            raise ValueError(f"{piece!r} is outside {low}-{high}")
        chosen.update(range(start, end + 1, int(step or 1)))
    return frozenset(chosen)


def _number(text: str, low: int, names: Sequence[str]) -> int:
    if text.isdigit():
        return int(text)
    known = text[:3].upper()
    if known not in names:
        raise ValueError(f"{text!r} is no number or name")
    return names.index(known) + low
