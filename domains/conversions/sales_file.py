"""State of one sales file, and the event it raises."""

from dataclasses import dataclass
from typing import ClassVar

from domains.conversions.partner_file import PartnerFile
from eventing.values import Slug, Text


@dataclass(frozen=True, slots=True)
class SalesFile(PartnerFile):
    """A partner's sales, row by row."""

    kind: ClassVar[str] = "sales_file"


@dataclass(frozen=True, slots=True)
class SalesFileReceived:
    """A partner's file lies in blob storage: its address and exact version, not its rows."""

    type: ClassVar[str] = "conversions.sales_file.received"

    partner: Slug
    name: Text
    url: str
    etag: str
    sha256: str
    size: int
