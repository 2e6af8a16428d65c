"""A partner's file's rows → decisions, by the team's rules; progress in the file's ledger."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from domains.conversions.partner_file import PartnerFile, file_id
from domains.conversions.records import Record, Splitter
from eventing.event import Cause, now
from eventing.files import Claim
from eventing.handle import Rule, Work
from eventing.ingest import Slice
from eventing.rejects import LARGEST, report
from eventing.team import Team


@dataclass(frozen=True, slots=True)
class FileKind:
    """One kind of file: where it lies, its ledger's rules, and what a row of it becomes."""

    container: str
    rejects: str
    receive: Rule
    note: Rule
    columns: Callable[[Record], tuple[str, ...]]
    work: Callable[[PartnerFile, Record, Sequence[str], Cause], Awaitable[Work]]

    @property
    def state(self) -> Any:
        return self.receive.state

    def cause(self, partner: str, name: str, sha256: str, received_at: datetime) -> Cause:
        """A file as a cause: the same content at the same place is the same cause."""
        place = f"{self.container}/{partner}/{name}/{sha256}"
        return Cause(place, received_at, place)


@dataclass
class FileReading:
    """One file on its way through the rules."""

    team: Team
    kind: FileKind
    file: PartnerFile

    @property
    def claim(self) -> Claim:
        file = self.file
        place = file_id(file.partner, file.name)
        return Claim(self.kind.container, place, file.url, file.etag, file.size)

    @property
    def began(self) -> tuple[int, int, tuple[str, ...]]:
        return self.file.offset, self.file.line, self.file.columns

    def splitter(self, offset: int, line: int) -> Splitter:
        return Splitter(offset, line)

    def columns(self, record: Record) -> tuple[str, ...]:
        return self.kind.columns(record)

    async def work(self, record: Record, columns: Sequence[str]) -> Work:
        return await self.kind.work(self.file, record, columns, self._cause(record.line))

    def _cause(self, line: int) -> Cause:
        file = self.file
        cause = self.kind.cause(file.partner, file.name, file.sha256, file.received_at)
        return replace(cause, id=f"{cause.id}/{line}")

    async def _reported(self, part: Slice) -> bool:
        """Write the refused rows down; answers False when another reader went ahead."""
        files, file, place = self.team.files, self.file, (self.kind.rejects, self.claim.name)
        refused = part.refusals and file.blocks < LARGEST
        if not refused and part.began:
            return True
        # The report's version is older than this look at the ledger: whoever goes ahead after it
        # changes the report first, and then we do not write.
        version = await files.version(*place)
        held = await self.team.store.load(self.kind.state, file_id(file.partner, file.name))
        ledger = held.state or file
        if (ledger.etag, ledger.offset) != (file.etag, file.offset):
            return False
        if refused:
            block = report(part.refusals, file.blocks)
            await files.append_report(*place, file.blocks, block, version)
        else:
            await files.forget_report(*place, version)
        return True

    async def ended(self, part: Slice) -> bool:
        if not await self._reported(part):
            return False
        file = self.file
        told = self.kind.note.message(
            partner=file.partner,
            name=file.name,
            etag=file.etag,
            began=part.began,
            offset=part.offset,
            line=part.line,
            columns=part.columns,
            accepted=part.accepted,
            rejected=len(part.refusals),
            status=part.status,
            reason=part.reason,
            occurred_at=now(),
        )
        outcome = await self.team.command(self.kind.note, told, self._cause(part.line))
        self.file = outcome.state
        return outcome.applied
