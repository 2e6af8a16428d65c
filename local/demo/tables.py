"""What came of it, as tables."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from rich.console import Console
from rich.table import Table

from local.demo.checks import PURCHASED, FileOutcome, expected_events
from local.demo.journey import Outcome
from local.demo.readback import Read


def show(console: Console, outcome: Outcome) -> None:
    """Print every table, and how long a file took to become purchases."""
    for table in (_by_type(outcome), _by_file(outcome.files), _rejects(outcome.files)):
        console.print()
        console.print(table)
    console.print()
    console.print(_story(outcome))
    waits = sorted(
        (event.enqueued - outcome.dropped).total_seconds()
        for event in outcome.events
        if event.type == PURCHASED
    )
    console.print()
    if waits:
        console.print(
            f"From the files dropped to purchases on the bus: the first after {waits[0]:.1f} s, "
            f"the last of {len(waits)} after {waits[-1]:.1f} s."
        )
    console.print(
        f"{outcome.retries} requests were asked to come again while a projection lagged; "
        f"{outcome.deliveries} messages were read for the {len(outcome.events)} events of this run."
    )


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", header_style="bold")
    for column in columns:
        table.add_column(column, justify="right" if column in _NUMBERS else "left", overflow="fold")
    return table


_NUMBERS = frozenset(("events", "implied", "rows", "accepted", "rejected"))


def _by_type(outcome: Outcome) -> Table:
    table = _table(
        "Events, as read back from the hubs with the official SDK", "type", "events", "implied", ""
    )
    found = Counter(event.type for event in outcome.events)
    files = [each.file for each in outcome.files]
    wanted = expected_events(files, outcome.leads, outcome.year)
    for name in {**wanted, **found}:
        same = found[name] == wanted.get(name, 0)
        mark = "[green]ok[/]" if same else "[red]differs[/]"
        table.add_row(name, str(found[name]), str(wanted.get(name, 0)), mark)
    return table


def _by_file(files: Sequence[FileOutcome]) -> Table:
    table = _table("Sales files", "file", "state", "accepted", "rejected", "reason")
    for each in files:
        told = [str(each.ledger.get(name, "?")) for name in ("status", "accepted", "rejected")]
        table.add_row(each.file.place, *told, str(each.ledger.get("reason") or ""))
    return table


def _rejects(files: Sequence[FileOutcome]) -> Table:
    table = _table("Rejected rows, from the reports in sales-rejects", "file", "code", "rows")
    for each in files:
        for code, rows in sorted(each.reject_codes.items()):
            table.add_row(each.file.place, code, str(rows))
    return table


def _story(outcome: Outcome) -> Table:
    account = outcome.customer
    bought = outcome.contact.get("purchases") or []
    what = ", ".join(f"{one['product_id']} for {one['amount']} {one['currency']}" for one in bought)
    table = _table(
        f"The story of {account['name']} ({account['account_id']}), who bought {what or 'nothing'}",
        "the app's clock",
        "after",
        "event",
        "event id",
        "caused by",
    )
    events = _of_contact(outcome.events, str(account["account_id"]))
    for event in events:
        after = f"+{(event.enqueued - events[0].enqueued).total_seconds():.3f} s"
        table.add_row(_clock(event.time), after, event.type, event.id[:8], _cause(event))
    return table


def _of_contact(events: Sequence[Read], contact_id: str) -> list[Read]:
    mine = [event for event in events if str(event.data.get("contact_id")) == contact_id]
    # Two hubs can take an event and its cause in one millisecond: what is a cause goes first.
    causes = {event.cause for event in mine}
    return sorted(mine, key=lambda event: (event.enqueued, event.id not in causes))


def _cause(event: Read) -> str:
    if "/" not in event.cause:
        return event.cause[:8]
    first, *_, last = event.cause.split("/")
    partner = event.data.get("partner")
    return f"line {last} of {partner}'s file" if partner else f"timer {first}"


def _clock(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%d %H:%M")
