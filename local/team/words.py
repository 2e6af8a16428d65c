"""The words of a new team: the four that are asked for, and those that its files are made of."""

import re
from dataclasses import dataclass

DOUBLED = re.compile(r"\w\w(?:([bdgmnprt])\1|ell)$")
MUTE = re.compile(
    r"(?:[cguvz]|[^s]s|[^o]at|[^aeioul]l|[lp]et|[iou]d|ut|uot"
    r"|[^ae]ir|[^o]ur|[hp]ar|tor|[^aeo]in|[^aeiou]am|[^ai]il|ul)$"
)
"""How a verb ends that has an `e` at its end; not every one, but those of most events."""


@dataclass(frozen=True, slots=True)
class Words:
    """Who owns what, what happens to it, and the command that makes it happen."""

    team: str
    aggregate: str
    event: str
    command: str

    @property
    def type(self) -> str:
        """The event's type, by which its contract is filed."""
        return f"{self.team}.{self.aggregate}.{self.event}"

    @property
    def route(self) -> str:
        """Where the API has the aggregates."""
        return plural(self.aggregate).replace("_", "-")

    @property
    def reaction(self) -> str:
        """The module that reads the event."""
        return f"on_{self.aggregate}_{self.event}"

    @property
    def modules(self) -> tuple[str, ...]:
        """The team's modules, beside its triggers."""
        return (self.aggregate, self.command, f"latest_{self.aggregate}", self.reaction)

    def placeholders(self) -> dict[str, str]:
        """What the templates call them."""
        return {
            "team": self.team,
            "noun": self.aggregate,
            "Noun": camel(self.aggregate),
            "NOUN": self.aggregate.upper(),
            "words": self.aggregate.replace("_", " "),
            "event": self.event,
            "told": self.event.replace("_", " "),
            "type": self.type,
            "Fact": camel(f"{self.aggregate}_{self.event}"),
            "command": self.command,
            "Command": camel(self.command),
            "COMMAND": self.command.upper(),
            "route": self.route,
        }


def camel(name: str) -> str:
    """`sales_file` → `SalesFile`."""
    return "".join(part.capitalize() for part in name.split("_"))


def plural(noun: str) -> str:
    """`invoice` → `invoices`, `company` → `companies`, `box` → `boxes`."""
    if re.search(r"[^aeiou]y$", noun):
        return noun[:-1] + "ies"
    return noun + ("es" if re.search(r"(s|x|z|ch|sh)$", noun) else "s")


def command_of(aggregate: str, event: str) -> str:
    """The wish that an event be true: `issued` of an `invoice` → `issue_invoice`.

    A guess at English. Where there is nothing to guess, the wish is that it be recorded.
    """
    verb = re.fullmatch(r"[a-z]{2,}(?:ed)", event)
    return f"{imperative(event)}_{aggregate}" if verb else f"record_{aggregate}_{event}"


def imperative(past: str) -> str:
    """`issued` → `issue`, `planned` → `plan`, `verified` → `verify`."""
    if past.endswith("ied"):
        return past[:-3] + "y"
    stem = past.removesuffix("ed")
    if DOUBLED.search(stem):
        return stem[:-1]
    return stem + ("e" if MUTE.search(stem) else "")


def in_the_past(event: str) -> bool:
    """Whether a word of the event looks like a participle: `issued`, `sent`, `taken`."""
    return any(word.endswith(("d", "t", "n")) for word in event.split("_"))
