"""State of one file of leads. It raises no event: each of its rows does."""

from dataclasses import dataclass
from typing import ClassVar

from domains.conversions.partner_file import PartnerFile


@dataclass(frozen=True, slots=True)
class LeadFile(PartnerFile):
    """A partner's leads, row by row."""

    kind: ClassVar[str] = "lead_file"
