"""Parked messages over HTTP, for every team of this app: look, try, replay, discard."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import azure.functions as func

from eventing import http, parked_view
from eventing.api import bind
from eventing.errors import Conflict, Transient
from eventing.parked import Item
from eventing.parked_operations import AT_ONCE, LARGEST_PAGE, PAGE, PARKED
from eventing.problem import Problem
from eventing.redact import scrubbed
from eventing.replay import Replay, Unplayable
from eventing.team import Team

PRINCIPAL = "x-ms-client-principal-name"
"""Who called, as App Service authentication tells it, which no caller can set then."""


def parked_blueprint(teams: Sequence[Team]) -> func.Blueprint:
    """The functions that answer for the parked messages of these teams."""
    blueprint = func.Blueprint()
    named = {team.name: team for team in teams}
    operations = {each.name: each for each in PARKED}

    def answering(name: str) -> Callable[[http.Handler], None]:
        return lambda handler: bind(blueprint, operations[name], handler)

    @answering("get_parked_groups")
    async def get_groups(req: func.HttpRequest) -> func.HttpResponse:
        """GET /api/parked: the groups, with counts."""
        groups = []
        for team in teams:
            tallies = await team.replay.parked.tallies()
            groups += [parked_view.tally(team.name, each) for each in tallies if each.open]
        groups.sort(key=lambda group: str(group["last_seen"]), reverse=True)
        return _json({"teams": list(named), "groups": groups})

    @answering("get_parked_group")
    async def get_group(req: func.HttpRequest) -> func.HttpResponse:
        """GET /api/parked-groups/{group}?after=&limit=: a page of its messages."""
        team, group = _named(named, req.route_params["group"])
        limit = _limit(req, PAGE, LARGEST_PAGE)
        after = req.params.get("after", "").removeprefix(f"{team.name}.")
        lines = await team.replay.parked.page(group, after, limit + 1)
        found = [parked_view.line(team.name, each) for each in lines[:limit]]
        more = {"next": found[-1]["id"]} if len(lines) > limit else {}
        return _json({"messages": found, **more})

    @answering("get_parked")
    async def get_item(req: func.HttpRequest) -> func.HttpResponse:
        """GET /api/parked/{id}: one message, redacted."""
        team, item = await _found(named, req)
        return _json(await parked_view.item(team.name, item, team.spine.codec))

    @answering("replay_parked")
    async def post_replay(req: func.HttpRequest) -> func.HttpResponse:
        """POST /api/parked/{id}/replay {"by", "dry_run"}: its reaction runs again, or is tried."""
        asked = _asked(req, "dry_run")
        team, item = await _found(named, req)
        _paced(team.replay, 1)
        return _json(await _replayed(team, item, _who(req, asked), _dry(asked)))

    @answering("replay_parked_group")
    async def post_replay_group(req: func.HttpRequest) -> func.HttpResponse:
        """POST /api/parked-groups/{group}/replay {"by", "dry_run", "after"}: some of it."""
        asked = _asked(req, "dry_run", "after")
        team, group = _named(named, req.route_params["group"])
        who, dry = _who(req, asked), _dry(asked)
        limit = _paced(team.replay, _limit(req, AT_ONCE, AT_ONCE))

        async def act(item: Item) -> dict[str, Any]:
            return await _replayed(team, item, who, dry)

        return _json(await _each(team, group, _after(asked, team), limit, act))

    @answering("discard_parked")
    async def post_discard(req: func.HttpRequest) -> func.HttpResponse:
        """POST /api/parked/{id}/discard {"by", "reason"}: set aside for good."""
        asked = _asked(req, "reason")
        who, why = _who(req, asked), _text(asked, "reason")
        team, item = await _found(named, req)
        return _json(parked_view.ending(team.name, await team.replay.discard(item, who, why)))

    @answering("discard_parked_group")
    async def post_discard_group(req: func.HttpRequest) -> func.HttpResponse:
        """POST /api/parked-groups/{group}/discard {"by", "reason", "after"}: some of it."""
        asked = _asked(req, "reason", "after")
        who, why = _who(req, asked), _text(asked, "reason")
        team, group = _named(named, req.route_params["group"])
        limit = _limit(req, AT_ONCE, AT_ONCE)

        async def act(item: Item) -> dict[str, Any]:
            return parked_view.ending(team.name, await team.replay.discard(item, who, why))

        return _json(await _each(team, group, _after(asked, team), limit, act))

    return blueprint


async def _replayed(team: Team, item: Item, who: str, dry: bool) -> dict[str, Any]:
    try:
        if dry:
            found = await team.replay.try_out(item)
            return await parked_view.trial(team.name, found, team.spine.codec)
        return parked_view.ending(team.name, await team.replay.replay(item, who))
    except Unplayable as error:
        raise Problem(409, "unplayable", str(error)) from error


async def _each(
    team: Team,
    group: str,
    after: str,
    limit: int,
    act: Callable[[Item], Awaitable[dict[str, Any]]],
) -> dict[str, Any]:
    """What became of the next messages of a group, and where to go on.

    Stops at the first that a service does not answer for: the others would fare no better.
    """
    ended: list[dict[str, Any]] = []
    lines = await team.replay.parked.page(group, after, limit + 1)
    for each in lines[:limit]:
        item = await team.replay.parked.item(each.id)
        if item is None:
            continue
        try:
            ended.append(await act(item))
        except (Transient, Conflict) as error:
            stopped = scrubbed(str(error))
            return {"ended": ended, "next": f"{team.name}.{after}", "stopped": stopped}
        after = each.id
    more = {"next": f"{team.name}.{after}"} if len(lines) > limit else {}
    return {"ended": ended, **more}


def _named(teams: Mapping[str, Team], text: str) -> tuple[Team, str]:
    """Whose `<team>.<rest>` it is, and the rest. Raises Problem 404."""
    name, _, rest = text.partition(".")
    if name not in teams or not rest:
        raise Problem(404, "not_found", f"{scrubbed(text)!r} is of no team of this app")
    return teams[name], rest


async def _found(teams: Mapping[str, Team], req: func.HttpRequest) -> tuple[Team, Item]:
    team, item_id = _named(teams, req.route_params["id"])
    item = await team.replay.parked.item(item_id) if _storable(item_id) else None
    if item is None:
        raise Problem(404, "not_found", "there is no such parked message")
    return team, item


def _storable(text: str) -> bool:
    return len(text) <= 200 and text.replace(".", "").replace("-", "").isalnum() and text.isascii()


def _paced(replay: Replay, wanted: int) -> int:
    given = replay.pace.take(wanted)
    if not given:
        detail = f"{replay.pace.per_second:g} replays a second are the most; try again"
        raise Problem(429, "too_many_replays", detail, headers={"Retry-After": "1"})
    return given


def _limit(req: func.HttpRequest, usual: int, most: int) -> int:
    text = req.params.get("limit", str(usual))
    if not (text.isascii() and text.isdecimal() and 0 < int(text[:6]) <= most):
        raise Problem(422, "invalid_fields", f"limit is a whole number from 1 to {most}")
    return int(text)


def _asked(req: func.HttpRequest, *names: str) -> dict[str, Any]:
    found = http.document(req) if req.get_body() else {}
    strange = sorted(set(found) - {"by", *names})
    if strange:
        raise Problem(422, "invalid_fields", f"not known: {', '.join(map(scrubbed, strange))}")
    return found


def _who(req: func.HttpRequest, asked: Mapping[str, Any]) -> str:
    """Who asks: the signed-in principal, else whom the body names; nobody is refused."""
    signed_in = req.headers.get(PRINCIPAL)
    return signed_in[:100] if signed_in else _text(asked, "by")[:100]


def _text(asked: Mapping[str, Any], name: str) -> str:
    value = asked.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > 1000:
        raise Problem(422, "invalid_fields", f"{name} is needed: who, or why, in 1000 characters")
    return value.strip()


def _after(asked: Mapping[str, Any], team: Team) -> str:
    return str(asked.get("after", "")).removeprefix(f"{team.name}.")


def _dry(asked: Mapping[str, Any]) -> bool:
    value = asked.get("dry_run", False)
    if not isinstance(value, bool):
        raise Problem(422, "invalid_fields", "dry_run is true or false")
    return value


def _json(found: Mapping[str, Any]) -> func.HttpResponse:
    return func.HttpResponse(json.dumps(found, default=str), mimetype="application/json")
