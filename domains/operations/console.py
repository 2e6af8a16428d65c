"""Overview → one page of HTML that asks again by itself: no script, nothing from elsewhere."""

from collections.abc import Iterable
from html import escape

from domains.operations.overview import Overview, Reader, Waiting
from eventing.api_page import STYLE

EACH_SECONDS = 5
READERS = ("Hub", "Read by", "Behind", "Partition: position of last")
TEAMS = ("Team", "Waiting to be published", "Oldest", "Parked")


def page(seen: Overview) -> str:
    """The console."""
    silent = "".join(f"<p><strong>{escape(each)} does not answer.</strong>" for each in seen.silent)
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" '
        f'content="width=device-width"><meta http-equiv="refresh" content="{EACH_SECONDS}">'
        f"<title>Console</title><style>{STYLE}</style><h1>Console</h1>"
        f"<p>As of {seen.at:%Y-%m-%d %H:%M:%S} UTC, asked again every {EACH_SECONDS} seconds. "
        '<a href="operations">The same for machines</a>. '
        f'<a href="docs">The API</a>.{silent}<section><h2>Readers</h2>'
        f"{_table(READERS, map(_reader, seen.readers))}"
        "</section><section><h2>Teams</h2>"
        f"{_table(TEAMS, map(_team, seen.teams))}"
        "</section>"
    )


def _table(names: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = "".join(f"<th>{escape(name)}" for name in names)
    body = "".join("<tr>" + "".join(f"<td>{cell}" for cell in row) for row in rows)
    return f"<table><tr>{head}{body}</table>"


def _reader(reader: Reader) -> tuple[str, ...]:
    places = " · ".join(
        f"{escape(each.partition)}: {_number(each.position)} of {_number(each.last)}"
        for each in reader.partitions
    )
    return escape(reader.hub), escape(reader.group), _loud(reader.lag, "events"), places


def _team(waiting: Waiting) -> tuple[str, ...]:
    parked = ", ".join(f"{_loud(count, escape(hub))}" for hub, count in waiting.parked.items())
    oldest = f"{waiting.oldest:,.0f} s" if waiting.outbox else ""
    return escape(waiting.team), _loud(waiting.outbox, "rows"), oldest, parked or "0"


def _number(sequence_number: int) -> str:
    return "none" if sequence_number < 0 else f"{sequence_number:,}"


def _loud(count: int, what: str) -> str:
    """What should be nothing stands out when it is not."""
    return f"<strong>{count:,} {what}</strong>" if count else "0"
