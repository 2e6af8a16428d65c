"""Retry policies: delays, limits, and what is refused."""

from datetime import timedelta
from itertools import islice

import pytest

from local.host.config import ConfigurationError
from local.host.protos import RpcRetryOptions
from local.host.retry import RetryPolicy, policy_of


def options(strategy: str, count: int = 3, **seconds: int) -> RpcRetryOptions:
    intervals = {name: timedelta(seconds=value) for name, value in seconds.items()}
    return RpcRetryOptions(max_retry_count=count, retry_strategy=strategy, **intervals)


def test_a_fixed_delay_is_the_same_every_time() -> None:
    policy = policy_of("f", options("fixed_delay", 3, delay_interval=5))
    assert policy is not None
    assert list(policy.delays()) == [5, 5, 5]


def test_an_exponential_delay_doubles_and_stays_at_the_maximum() -> None:
    policy = RetryPolicy(7, 1.0, 10.0, exponential=True)
    assert list(policy.delays(lambda _low, _high: 1.0)) == [1, 2, 3, 5, 9, 10, 10]


def test_minus_one_retries_for_ever() -> None:
    assert list(islice(RetryPolicy(-1, 2, 2).delays(), 1000)) == [2.0] * 1000


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (options("exponential"), "'exponential' is unknown"),
        (options("fixed_delay", -2, delay_interval=1), "-2"),
        (options("exponential_backoff", minimum_interval=9, maximum_interval=3), "not above"),
        (options("exponential_backoff", minimum_interval=0, maximum_interval=3), "positive"),
    ],
)
def test_a_policy_that_the_real_host_refuses_is_refused(wrong: RpcRetryOptions, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        policy_of("f", wrong)
