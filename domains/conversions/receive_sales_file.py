"""blob sales-files/{partner}/{name}.csv → conversions.sales_file.received"""

from dataclasses import dataclass

from domains.conversions.partner_file import Arrival, arrived
from domains.conversions.sales_file import SalesFile, SalesFileReceived
from eventing.decision import Decision


@dataclass(frozen=True, slots=True)
class ReceiveSalesFile(Arrival):
    """A sales file as it lies in the container now."""


def decide(file: SalesFile | None, command: ReceiveSalesFile) -> Decision[SalesFile]:
    after, news = arrived(SalesFile, file, command)
    return Decision(after, [_event(after)]) if news else Decision(after)


def _event(file: SalesFile) -> SalesFileReceived:
    return SalesFileReceived(
        partner=file.partner,
        name=file.name,
        url=file.url,
        etag=file.etag,
        sha256=file.sha256,
        size=file.size,
    )
