"""rows of a sales file have ended → its ledger says how far"""

from dataclasses import dataclass

from domains.conversions.partner_file import Progress, progressed
from domains.conversions.sales_file import SalesFile
from eventing.decision import Decision


@dataclass(frozen=True, slots=True)
class ReadSalesFile(Progress):
    """A part of a sales file has ended."""


def decide(file: SalesFile | None, read: ReadSalesFile) -> Decision[SalesFile]:
    return Decision(progressed(file, read))
