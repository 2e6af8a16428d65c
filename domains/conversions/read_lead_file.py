"""rows of a file of leads have ended → its ledger says how far"""

from dataclasses import dataclass

from domains.conversions.lead_file import LeadFile
from domains.conversions.partner_file import Progress, progressed
from eventing.decision import Decision


@dataclass(frozen=True, slots=True)
class ReadLeadFile(Progress):
    """A part of a file of leads has ended."""


def decide(file: LeadFile | None, read: ReadLeadFile) -> Decision[LeadFile]:
    return Decision(progressed(file, read))
