"""`make parked`: what the teams set aside, from the command line, over the app's HTTP API.

python -m local.parked                              the groups
python -m local.parked show <group or message>      a group's messages, or one message
python -m local.parked replay <group or message> [--dry-run]
python -m local.parked discard <group or message> --reason TEXT
"""

import argparse
import asyncio
import getpass
import json
import os
import sys
from collections import Counter
from collections.abc import Mapping
from typing import Any

import aiohttp
from rich.console import Console
from rich.table import Table

from local.ports import Ports
from local.settings import chosen

OUTCOMES = {"parked": "parked again", "already": "ended before"}


class Refused(Exception):
    """What the app answered instead."""


class App:
    """The parked messages of a running app."""

    def __init__(self, url: str, key: str, session: aiohttp.ClientSession) -> None:
        self._url, self._session = f"{url}/api/", session
        self._headers = {"x-functions-key": key} if key else {}

    async def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """The JSON of a 2xx answer; waits where it is told to. Raises Refused."""
        while True:
            async with self._session.request(
                method, self._url + path, json=body, headers=self._headers
            ) as answer:
                text = await answer.text()
                wait = answer.headers.get("Retry-After")
                if answer.status == 429 and wait:
                    await asyncio.sleep(float(wait))
                    continue
                if answer.status >= 300:
                    raise Refused(f"{method} {path} was answered {answer.status}: {text[:500]}")
                return json.loads(text)

    async def each(self, group: str, act: str, body: Mapping[str, Any]) -> list[Any]:
        """What became of every message of a group, slice by slice."""
        ended: list[Any] = []
        after: str | None = ""
        while after is not None:
            more = {"after": after} if after else {}
            told = await self.ask("POST", f"parked-groups/{group}/{act}", {**body, **more})
            ended += told["ended"]
            if "stopped" in told:
                raise Refused(f"stopped after {len(ended)}: {told['stopped']}")
            after = told.get("next")
        return ended


def main() -> int:
    """0; 1 for what the app refused, or no app."""
    asked = _options()
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)
    try:
        asyncio.run(_run(console, asked))
    except (Refused, aiohttp.ClientError, TimeoutError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _options() -> argparse.Namespace:
    usual = f"http://127.0.0.1:{Ports.from_environment(chosen()).host}"
    parser = argparse.ArgumentParser(
        prog="python -m local.parked",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--url", default=usual, help="the app's address")
    parser.add_argument("--key", default=os.environ.get("FUNCTIONS_KEY", ""), help="function key")
    parser.add_argument("--by", default=getpass.getuser(), help="who asks, for the record")
    commands = parser.add_subparsers(dest="act")
    for name in ("show", "replay", "discard"):
        command = commands.add_parser(name)
        command.add_argument("id")
        if name == "replay":
            command.add_argument("--dry-run", action="store_true")
        if name == "discard":
            command.add_argument("--reason", required=True)
    return parser.parse_args()


async def _run(console: Console, asked: argparse.Namespace) -> None:
    timeout = aiohttp.ClientTimeout(total=120)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        app = App(asked.url, asked.key, session)
        if asked.act is None:
            _groups(console, await app.ask("GET", "parked"))
        elif asked.act == "show":
            await _show(console, app, asked.id)
        else:
            await _act(console, app, asked)


async def _show(console: Console, app: App, name: str) -> None:
    if not _is_group(name):
        console.print_json(data=await app.ask("GET", f"parked/{name}"))
        return
    told = await app.ask("GET", f"parked-groups/{name}")
    table = Table("message", "parked at", "error", title=name, title_justify="left")
    for each in told["messages"]:
        table.add_row(each["id"], each["parked_at"], each["detail"])
    console.print(table)
    if "next" in told:
        console.print("the first of more")


async def _act(console: Console, app: App, asked: argparse.Namespace) -> None:
    if asked.act == "replay":
        body: dict[str, Any] = {"by": asked.by, "dry_run": asked.dry_run}
    else:
        body = {"by": asked.by, "reason": asked.reason}
    if _is_group(asked.id):
        ended = await app.each(asked.id, asked.act, body)
    else:
        ended = [await app.ask("POST", f"parked/{asked.id}/{asked.act}", body)]
    for each in ended[:20] if len(ended) > 1 else []:
        console.print(f"  {each['id']}  {_outcome(each)}  {each['detail']}", markup=False)
    if len(ended) == 1:
        console.print_json(data=ended[0])
    counts = Counter(_outcome(each) for each in ended)
    words = ", ".join(f"{count} {outcome}" for outcome, count in counts.items()) or "nothing parked"
    dry = getattr(asked, "dry_run", False)
    console.print(f"{words}{'; nothing was changed: this was a dry run' if dry else ''}")


def _outcome(ended: Mapping[str, Any]) -> str:
    return OUTCOMES.get(ended["outcome"], str(ended["outcome"]))


def _groups(console: Console, told: Mapping[str, Any]) -> None:
    if not told["groups"]:
        console.print(f"nothing is parked by {', '.join(told['teams'])}")
        return
    table = Table("group", "consumer", "type", "reason", "parked", "first seen", "last seen")
    for each in told["groups"]:
        seen = (each["first_seen"][:19], each["last_seen"][:19])
        names = [each[name] for name in ("id", "consumer", "type", "reason")]
        table.add_row(*names, str(each["parked"]), *seen)
    console.print(table)


def _is_group(name: str) -> bool:
    """A group's id is `<team>.<hash>`; a message's has where it stands."""
    return name.count(".") == 1


if __name__ == "__main__":
    sys.exit(main())
