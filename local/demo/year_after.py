"""What comes to pass after the sales, by command and by the clock, and what the clock implies."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from local.demo.scenario import Lead, Product, SalesFile

CLOCK_AHEAD_DAYS = 400
"""Past the end of a term of twelve months, and short of one of twenty-four."""

LONGEST_TERM_ENDED = 12
DECLINED = 10
CLOSED = 8
REOPENED = 3


@dataclass(frozen=True, slots=True)
class YearAfter:
    """Products as they are configured anew, what happens to leads and accounts, what time ends."""

    configured: tuple[Product, ...]
    declined: tuple[Lead, ...]
    closed: tuple[str, ...]
    reopened: tuple[str, ...]
    abandoned: tuple[Lead, ...]
    expired: tuple[Lead, ...]


def year_after(
    leads: Sequence[Lead], files: Sequence[SalesFile], offered: Sequence[Product]
) -> YearAfter:
    """A price rises, a product goes, one comes back; some decline, some leave, a few return."""
    terms = {product.product_id: product.term_months for product in offered}
    sold = [lead for file in files for lead in file.sold]
    ids = {lead.lead_id for lead in sold}
    quoted = [lead for lead in leads if lead.status == "generated" and lead.lead_id not in ids]
    declined, waiting = quoted[:DECLINED], quoted[DECLINED:]
    closed = tuple(lead.contact_id for lead in waiting[:CLOSED])
    first, *_, gone, back = offered
    return YearAfter(
        configured=(
            replace(first, price="44.90"),
            replace(gone, status="withdrawn"),
            replace(back, status="available"),
        ),
        declined=tuple(declined),
        closed=closed,
        reopened=closed[:REOPENED],
        # An account that closes leaves the quote as it is: only a sale, a failure or time ends it.
        abandoned=tuple(waiting),
        expired=tuple(lead for lead in sold if terms[lead.product_id] <= LONGEST_TERM_ENDED),
    )
