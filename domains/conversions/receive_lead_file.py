"""blob lead-files/{partner}/{name}.csv → the ledger of the file, whose rows are then read"""

from dataclasses import dataclass

from domains.conversions.lead_file import LeadFile
from domains.conversions.partner_file import Arrival, arrived
from eventing.decision import Decision


@dataclass(frozen=True, slots=True)
class ReceiveLeadFile(Arrival):
    """A file of leads as it lies in the container now."""


def decide(file: LeadFile | None, command: ReceiveLeadFile) -> Decision[LeadFile]:
    after, _ = arrived(LeadFile, file, command)
    return Decision(after)
