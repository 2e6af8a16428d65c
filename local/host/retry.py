"""Retry policies of functions: N retries in memory around the same payload, as the host does."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

from local.host.config import ConfigurationError

Random = Callable[[float, float], float]


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """`count` retries after the first attempt (-1 for ever); delays in seconds."""

    count: int
    minimum: float
    maximum: float
    exponential: bool = False

    def delays(self, uniform: Random = random.uniform) -> Iterator[float]:
        """Seconds to wait before each retry.

        Exponential: the minimum first, then minimum + (0.8 to 1.2) * 2^(k-2) * minimum,
        and the maximum for good once that is reached.
        """
        numbers = count(1) if self.count < 0 else range(1, self.count + 1)
        capped = False
        for k in numbers:
            if not self.exponential or k == 1:
                yield self.minimum
                continue
            if not capped:
                delay = self.minimum + uniform(0.8, 1.2) * 2.0 ** min(k - 2, 60) * self.minimum
                capped = delay >= self.maximum
            yield self.maximum if capped else delay


def policy_of(function: str, options: Any) -> RetryPolicy | None:
    """The validated policy of a function; the runtime itself accepts nonsense."""
    if options is None:
        return None
    retries = options.max_retry_count
    if retries < -1:
        raise ConfigurationError(f"{function}: max_retry_count is {retries}; use -1 or more")
    if options.retry_strategy == "fixed_delay":
        delay = options.delay_interval.total_seconds()
        return RetryPolicy(retries, delay, delay)
    if options.retry_strategy != "exponential_backoff":
        raise ConfigurationError(
            f"{function}: retry strategy {options.retry_strategy!r} is unknown;"
            " use fixed_delay or exponential_backoff"
        )
    minimum = options.minimum_interval.total_seconds()
    maximum = options.maximum_interval.total_seconds()
    if not 0 < minimum <= maximum or maximum >= 2**31 - 1:
        raise ConfigurationError(
            f"{function}: exponential_backoff needs minimum_interval and maximum_interval,"
            " and the minimum must be positive and not above the maximum"
        )
    return RetryPolicy(retries, minimum, maximum, exponential=True)
