"""The routes of parked messages, as they are bound and documented."""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from eventing.operation import ABSENT, ALWAYS, BODY, Operation

PAGE, LARGEST_PAGE = 50, 200
AT_ONCE = 50
"""Messages of a group that one call replays or discards."""

Short = Annotated[str, Field(min_length=1, max_length=1000)]


@dataclass(frozen=True, slots=True)
class ReplayParked:
    """Who asks, unless signed in; with `dry_run` nothing is committed."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    by: Short | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class ReplayParkedGroup(ReplayParked):
    """Who asks, unless signed in, and after which message to go on."""

    after: str = ""


@dataclass(frozen=True, slots=True)
class DiscardParked:
    """Why, and who asks, unless signed in."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    reason: Short
    by: Short | None = None


@dataclass(frozen=True, slots=True)
class DiscardParkedGroup(DiscardParked):
    """Why, who asks, and after which message to go on."""

    after: str = ""


ONE = "parked/{id}"
GROUP = "parked-groups/{group}"
FIELDS = frozenset({(422, "invalid_fields")})
ACTING = ALWAYS | ABSENT | BODY | {(409, "conflict")}
REPLAYING = ACTING | {(409, "unplayable"), (429, "too_many_replays")}


def _limit(most: int) -> dict[str, Any]:
    return {"limit": Annotated[int, Field(ge=1, le=most)]}


def _operation(name: str, method: str, route: str, summary: str, **more: Any) -> Operation:
    path = {each: str for each in ("id", "group") if f"{{{each}}}" in route}
    return Operation(name, method, route, summary, "parked", dict[str, Any], path=path, **more)


PARKED = (
    _operation("get_parked_groups", "GET", "parked", "Groups of parked messages, with counts"),
    _operation(
        "get_parked_group", "GET", GROUP, "A page of a group's messages",
        problems=ALWAYS | ABSENT | FIELDS, query=_limit(LARGEST_PAGE) | {"after": str},
    ),
    _operation(
        "get_parked", "GET", ONE, "One parked message, redacted", problems=ALWAYS | ABSENT
    ),
    _operation(
        "replay_parked", "POST", f"{ONE}/replay", "Run a message's reaction again, or try it",
        problems=REPLAYING, takes=ReplayParked,
    ),
    _operation(
        "replay_parked_group", "POST", f"{GROUP}/replay", "Run a group's reactions again",
        problems=REPLAYING, takes=ReplayParkedGroup, query=_limit(AT_ONCE),
    ),
    _operation(
        "discard_parked", "POST", f"{ONE}/discard", "Set a message aside for good",
        problems=ACTING, takes=DiscardParked,
    ),
    _operation(
        "discard_parked_group", "POST", f"{GROUP}/discard", "Set a group's messages aside for good",
        problems=ACTING, takes=DiscardParkedGroup, query=_limit(AT_ONCE),
    ),
)  # fmt: skip
