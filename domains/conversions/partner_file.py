"""State of a file that a partner sent: which version it is, and how far its rows have been read."""

from dataclasses import dataclass, replace
from typing import Literal, Protocol

from eventing.decision import Rejected
from eventing.values import Instant, Slug, Text

REMEMBERED = 100
"""Earlier ETags of one name that are told apart from news."""


def file_id(partner: str, name: str) -> str:
    """The id of a file: where it lies in its container."""
    return f"{partner}/{name}"


@dataclass(frozen=True, slots=True)
class PartnerFile:
    """A partner's file. Rows up to byte `offset` have ended, each accepted or rejected.

    `earlier` are the ETags that this name had before, newest last, so that old news is known.
    """

    partner: Slug
    name: Text
    url: str
    etag: str
    sha256: str
    size: int
    status: Literal["received", "reading", "done", "quarantined", "replaced"]
    received_at: Instant
    touched_at: Instant
    columns: tuple[str, ...] = ()
    offset: int = 0
    line: int = 1
    accepted: int = 0
    rejected: int = 0
    blocks: int = 0
    reason: str | None = None
    earlier: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file as it lies in its container now."""

    partner: Slug
    name: Text
    url: str
    etag: str
    sha256: str
    size: int
    occurred_at: Instant

    @property
    def key(self) -> str:
        return file_id(self.partner, self.name)


@dataclass(frozen=True, slots=True)
class Progress:
    """The rows from byte `began` to byte `offset` have ended, or the whole file is refused."""

    partner: Slug
    name: Text
    etag: str
    began: int
    offset: int
    line: int
    columns: tuple[str, ...]
    accepted: int
    rejected: int
    status: Literal["reading", "done", "quarantined", "replaced"]
    reason: str | None
    occurred_at: Instant

    @property
    def key(self) -> str:
        return file_id(self.partner, self.name)


class Made[F: PartnerFile](Protocol):
    """The class of a kind of file."""

    def __call__(
        self,
        partner: Slug,
        name: Text,
        url: str,
        etag: str,
        sha256: str,
        size: int,
        status: Literal["received"],
        received_at: Instant,
        touched_at: Instant,
        *,
        earlier: tuple[str, ...],
    ) -> F: ...


def arrived[F: PartnerFile](kind: Made[F], file: F | None, now: Arrival) -> tuple[F, bool]:
    """The file after its blob was seen, and whether there are rows to read."""
    if file is None:
        return _received(kind, now, ()), True
    if now.etag in (file.etag, *file.earlier):
        return file, False
    earlier = (*file.earlier, file.etag)[-REMEMBERED:]
    if file.sha256 != now.sha256:
        return _received(kind, now, earlier), True
    # Uploaded again, the same to the byte: what is left is read from the new version.
    again = replace(file, etag=now.etag, url=now.url, earlier=earlier)
    if file.status != "replaced":
        return again, False
    return replace(again, status="received", reason=None), True


def _received[F: PartnerFile](kind: Made[F], now: Arrival, earlier: tuple[str, ...]) -> F:
    return kind(
        now.partner,
        now.name,
        now.url,
        now.etag,
        now.sha256,
        now.size,
        "received",
        now.occurred_at,
        now.occurred_at,
        earlier=earlier,
    )


def progressed[F: PartnerFile](file: F | None, read: Progress) -> F:
    """The file with a further part read, unless that part was told before or is of another version.

    Raises Rejected for a file that nobody received.
    """
    if file is None:
        raise Rejected("unknown_file", f"there is no file {read.key}")
    over = file.status in ("done", "quarantined", "replaced")
    if over or file.etag != read.etag or file.offset != read.began:
        return file
    return replace(
        file,
        offset=read.offset,
        line=read.line,
        columns=read.columns,
        accepted=file.accepted + read.accepted,
        rejected=file.rejected + read.rejected,
        blocks=file.blocks + (1 if read.rejected else 0),
        status=read.status,
        reason=read.reason,
        touched_at=read.occurred_at,
    )
