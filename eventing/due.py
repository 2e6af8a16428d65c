"""timer → the aggregates whose time has come, in pages: found by a column, decided by a rule."""

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from eventing.decision import State
from eventing.event import BUCKETS, Cause, bucket_of, now
from eventing.handle import Rule, Work
from eventing.team import Team

log = logging.getLogger(__name__)

PER_RUN = 2000
"""Aggregates that one run takes at most; the next run goes on, for what is done is due no more."""

RUN_TIME = 120.0
"""Seconds that one run looks; well under `functionTimeout`, however large the table is."""


class Due:
    """What waits for a time in a team's aggregates of one kind."""

    def __init__(self, team: Team, kind: type[State]) -> None:
        self._team = team
        self._kind = kind

    async def run(
        self,
        rule: Rule,
        column: str,
        message: Callable[[Any, datetime], Any],
        after: timedelta = timedelta(),
    ) -> int:
        """Tell the rule of every aggregate whose `column` lies `after` or more in the past.

        Answers how many there were, PER_RUN at most and in RUN_TIME. Each run begins at another
        bucket, so that none waits for ever behind full ones. Raises Transient or Conflict; what was
        done by then stays done.
        """
        instant, until = now(), time.monotonic() + RUN_TIME
        name = rule.decide.__module__.rpartition(".")[2]
        cause = Cause(f"{name}/{instant.isoformat()}", instant, f"{name}/{instant.isoformat()}")
        left, begin = PER_RUN, bucket_of(instant.isoformat())
        for bucket in (*range(begin, BUCKETS), *range(begin)):
            found = await self._team.store.due(self._kind, column, instant - after, bucket, left)
            works = [Work(rule, message(held.state, instant), cause) for held in found]
            if works:
                await self._team.spine.settle(bucket, works)
            left -= len(works)
            if left <= 0 or time.monotonic() > until:
                log.warning("more is due than one run takes", extra={"rule": name})
                break
        if left < PER_RUN:
            log.info("due", extra={"rule": name, "aggregates": PER_RUN - left})
        return PER_RUN - left
