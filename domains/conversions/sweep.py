"""timer → files that no trigger announced are received, files that lost their reader read on"""

import logging
import time
from asyncio import gather
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from domains.conversions.intake import READING_TIME, Intake
from domains.conversions.partner_file import PartnerFile
from eventing import telemetry
from eventing.decision import Rejected
from eventing.errors import Conflict, Transient
from eventing.event import now
from eventing.files import Claim

PAGE, PER_RUN = 100, 2000
"""Files that are looked at together, and in one run at most."""

LOOKING_TIME = 60.0
"""Seconds after which a run leaves further pages to the next."""

STALE = timedelta(seconds=60)
"""A file whose ledger nobody touched for so long has no reader any more."""

log = logging.getLogger(__name__)


@dataclass
class Sweep:
    """One run over a container, from where the last one stopped; behind its end all begins anew.

    The trigger is a hint; this is the guarantee. One file's trouble keeps no other waiting.
    """

    intake: Intake
    looked_at: int = 0
    found: int = 0
    abandoned: list[PartnerFile] = field(default_factory=list)
    trouble: Exception | None = None

    async def run(self) -> None:
        """Look, then read. Raises in the end what kept a file from being received or read."""
        until, more = time.monotonic() + LOOKING_TIME, True
        try:
            while more and self.looked_at < PER_RUN and time.monotonic() < until:
                claims, more = await self._page()
                await self._look_at([each for each in claims if each.name.endswith(".csv")])
        finally:
            team, container = self.intake.team.name, self.intake.kind.container
            telemetry.looked(team, container, self.looked_at, self.found)
        await self._read(time.monotonic() + READING_TIME)
        if self.trouble:
            raise self.trouble

    async def _page(self) -> tuple[list[Claim], bool]:
        team, container = self.intake.team, self.intake.kind.container
        mark = await team.store.mark(container)
        claims, further = await team.files.page(container, mark, PAGE)
        self.looked_at += len(claims)
        if further != mark:
            # Before the page is looked at: no file that ends the process keeps the others waiting.
            await team.store.keep_mark(container, further)
        return claims, bool(further)

    async def _look_at(self, claims: Sequence[Claim]) -> None:
        store, state = self.intake.team.store, self.intake.kind.state
        ledgers = await gather(*(store.load(state, each.name) for each in claims))
        for claim, held in zip(claims, ledgers, strict=True):
            if held.state is None or held.state.etag != claim.etag:
                received = await self._noted(self.intake.receive(claim.name))
                self.found += received is not None
            elif _abandoned(held.state):
                self.abandoned.append(held.state)

    async def _read(self, until: float) -> None:
        for file in self.abandoned:
            if time.monotonic() < until:
                await self._noted(self.intake.read(file, until))

    async def _noted(self, work: Coroutine[Any, Any, Any]) -> Any:
        try:
            return await work
        except (Transient, Conflict, Rejected) as error:
            log.warning("a file is left to the next run: %s", error)
            self.trouble = error


def _abandoned(file: PartnerFile) -> bool:
    return file.status in ("received", "reading") and file.touched_at < now() - STALE
