"""Files in a container → received, and read."""

import logging
import time
from collections.abc import Awaitable
from typing import Any

from domains.conversions.partner_file import PartnerFile, file_id
from domains.conversions.reading import FileKind, FileReading
from eventing.errors import Conflict, Transient
from eventing.event import now
from eventing.files import Gone
from eventing.ingest import ingest
from eventing.rows import adapter
from eventing.team import Team
from eventing.values import Slug

READING_TIME = 90.0
"""Seconds that one invocation reads files; the timer goes on with what is left."""

log = logging.getLogger(__name__)


class Intake:
    """The files of one kind."""

    def __init__(self, team: Team, kind: FileKind) -> None:
        self.team = team
        self.kind = kind

    async def receive(self, place: str) -> Any:
        """Receive the file at a place of the container; its state, or None.

        A file in no partner's folder, or gone by now, is left alone.
        """
        partner, _, name = place.partition("/")
        try:
            adapter(Slug).validate_python(partner)
            claim = await self.team.files.claim(self.kind.container, place)
        except ValueError:
            log.warning("file %r is in no partner's folder: it is left alone", place)
            return None
        except Gone:
            return None
        at = now()
        arrival = self.kind.receive.message(
            partner, name, claim.url, claim.etag, claim.sha256, claim.size, at
        )
        cause = self.kind.cause(partner, name, claim.sha256, at)
        outcome = await self.team.command(self.kind.receive, arrival, cause)
        return outcome.state

    async def read(self, file: PartnerFile, until: float) -> bool:
        """Read a file's rows from where its ledger says; answers whether anything changed."""
        if file.status not in ("received", "reading"):
            return False
        reading = FileReading(self.team, self.kind, file)
        limit = min(until, time.monotonic() + READING_TIME)
        await ingest(self.team.spine, self.team.files, reading, limit)
        return reading.file != file

    async def receive_and_read(self, place: str) -> None:
        """Receive a file whose rows no event announces, and read them."""
        if file := await self.receive(place):
            await self.read(file, time.monotonic() + READING_TIME)

    async def announced(self, partner: str, name: str, sha256: str, until: float) -> bool:
        """Read the file that an event announced, unless it has been read or replaced since."""
        held = await self.team.store.load(self.kind.state, file_id(partner, name))
        if held.state is None or held.state.sha256 != sha256:
            return False
        return await self.read(held.state, until)


async def hinted(work: Awaitable[Any]) -> None:
    """Do what a trigger asks for, or leave it to the sweep, which sees every file.

    The host would try five times without a pause, and a short outage would end as a poison blob.
    """
    try:
        await work
    except (Transient, Conflict) as error:
        log.warning("a file is left to the sweep: %s", error)
