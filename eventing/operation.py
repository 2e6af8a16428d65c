"""One route of a team, as it is bound and as it is documented."""

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, field, fields, make_dataclass
from typing import Any, get_type_hints

from pydantic import ConfigDict

type Codes = frozenset[tuple[int, str]]
"""Status and code of problems that an operation can answer with."""

DOOR = frozenset({"occurred_at"})
"""Fields of a command that come from the door and never from the caller."""

ALWAYS: Codes = frozenset({(500, "defect"), (503, "unavailable")})
ABSENT: Codes = frozenset({(404, "not_found")})
PARAMETER: Codes = frozenset({(422, "invalid_parameter")})
HEADER: Codes = frozenset({(400, "malformed_header")})
BODY: Codes = frozenset(
    {(400, "malformed_json"), (413, "body_too_large"), (415, "not_json"), (422, "invalid_fields")}
)
FILE: Codes = frozenset({(400, "empty_body"), (413, "body_too_large")})
COMMAND: Codes = BODY | HEADER | {(409, "conflict"), (413, "too_large")}


@dataclass(frozen=True, slots=True)
class Operation:
    """One route. `path` are the types of the names in its braces."""

    name: str
    method: str
    route: str
    summary: str
    tag: str
    answers: Any = None
    """Type of the body of a success; None when it has none."""

    statuses: tuple[int, ...] = (200,)
    problems: Codes = ALWAYS
    path: Mapping[str, Any] = field(default_factory=dict)
    takes: Any = None
    """Type of the JSON object in the body."""

    uploads: bool = False
    """Whether the body is CSV, which is stored and not read here."""

    headers: tuple[str, ...] = ()
    """Request headers that mean something here."""

    query: Mapping[str, Any] = field(default_factory=dict)
    anonymous: bool = False

    @property
    def needs_body(self) -> bool:
        """Whether the body may not be absent."""
        return self.uploads or (self.takes is not None and needed(self.takes))


def path_of(route: str, kind: Any) -> dict[str, Any]:
    """The types of the names in a route's braces, which are fields of a state or a command."""
    names = [part.partition("}")[0] for part in route.split("{")[1:]]
    hints = get_type_hints(kind, include_extras=True) if names else {}
    return {name: hints[name] for name in names}


def body_of(command: type[Any], given: Iterable[str]) -> type[Any]:
    """The fields of a command that its body has: all but those that route and door give."""
    hints = get_type_hints(command, include_extras=True)
    absent = DOOR | set(given)
    own: list[Any] = [
        (each.name, hints[each.name], field(default=each.default))
        for each in fields(command)
        if each.name not in absent
    ]
    found: type[Any] = make_dataclass(command.__name__, own, kw_only=True)
    found.__doc__ = command.__doc__
    found.__pydantic_config__ = ConfigDict(extra="forbid")
    return found


def needed(takes: type[Any]) -> bool:
    """Whether a body has fields that must be there."""
    return any(each.default is MISSING for each in fields(takes))
