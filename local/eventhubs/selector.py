"""Where a receiver starts: the selector filter of its source, as the SDKs write it."""

import re
from dataclasses import dataclass

from local.eventhubs.codec import Described
from local.eventhubs.errors import Refusal
from local.eventhubs.log import PartitionLog

FILTER = "apache.org:selector-filter:string"
# .NET writes the value without quotes
_TEXT = re.compile(
    r"\s*amqp\.annotation\.x-opt-(offset|sequence-number|enqueued-time)\s*(>=|>)\s*"
    r"(?:'([^']*)'|([^'\s]+))\s*"
)
_KINDS = {"offset": "offset", "sequence-number": "sequence number", "enqueued-time": "time"}


@dataclass(frozen=True, slots=True)
class Selector:
    """A parsed filter: which annotation, whether the named event itself is included, its value."""

    annotation: str
    inclusive: bool
    value: str


START = Selector("offset", False, "-1")


def parse(text: str) -> Selector:
    """Raises Refusal when the text is no start position."""
    matched = _TEXT.fullmatch(text)
    if matched is None:
        raise _refused(f"The filter '{text}' is not a start position.")
    value = matched[3] if matched[3] is not None else matched[4]
    special = ("-1", "@latest") if matched[1] == "offset" else ()
    if value not in special and not re.fullmatch(r"-?\d{1,19}", value):
        raise _refused(f"The supplied {_KINDS[matched[1]]} '{value}' is invalid.")
    return Selector(matched[1], matched[2] == ">=", value)


def of_source(source: object) -> Selector:
    """The selector of an attach's source; without a filter, the start of the partition."""
    fields = source.value if isinstance(source, Described) else None
    filters = fields[7] if isinstance(fields, list) and len(fields) > 7 else None
    if not isinstance(filters, dict) or FILTER not in filters:
        return START
    text = filters[FILTER]
    if isinstance(text, Described):
        text = text.value
    if not isinstance(text, str):
        raise _refused(f"The filter {text!r} is not a start position.")
    return parse(text)


def start(selector: Selector, log: PartitionLog) -> int:
    """The sequence number to deliver first. A position beyond the end is refused: it comes from
    a checkpoint that outlived the events it points at, and waiting there would lose events."""
    if selector.annotation == "offset" and selector.value == "-1":
        return log.first_sequence
    if selector.value == "@latest":
        return log.next_sequence
    value = int(selector.value)
    if selector.annotation == "enqueued-time":
        return log.sequence_after_time(value, inclusive=selector.inclusive)
    if selector.annotation == "sequence-number":
        last = log.next_sequence - 1
        wanted = value if selector.inclusive else value + 1
        if wanted > last + 1:
            raise _beyond("sequence number", selector.value, last)
        return max(wanted, log.first_sequence)
    if value > log.last_offset:
        raise _beyond("offset", selector.value, log.last_offset)
    return log.sequence_after_offset(value, inclusive=selector.inclusive)


def _beyond(kind: str, value: str, last: int) -> Refusal:
    return _refused(f"The supplied {kind} '{value}' is invalid. The last {kind} is '{last}'.")


def _refused(description: str) -> Refusal:
    return Refusal("com.microsoft:argument-error", description)
