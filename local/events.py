"""`make events`: the events on the hubs of the running stack, oldest first, decoded.

python -m local.events                every event
python -m local.events --of TEXT      those whose subject or data has the text, such as an id
"""

import argparse
import asyncio
import json
import os
import sys
from pathlib import Path

from local.command import STATE
from local.demo.readback import Read, ReadBack, Unread
from local.running import settings_of_running

PATIENCE = 60.0
"""Seconds of reading."""


def main() -> int:
    """0; 1 when no stack runs."""
    asked = _options()
    settings = settings_of_running(asked.directory)
    os.environ.update(settings)  # the SDKs' synchronous clients read them
    for event in asyncio.run(
        _read(settings["EVENTS"], settings["SCHEMAS__fullyQualifiedNamespace"])
    ):
        line = f"{event.time:%H:%M:%S} {event.type} {json.dumps(event.data, default=str)}"
        if asked.of in f"{event.subject} {line}":
            print(line)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m local.events",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--of", default="", help="only events that have this text")
    parser.add_argument("--directory", type=Path, default=STATE, help="state of the stack")
    return parser.parse_args()


async def _read(connection: str, namespace: str) -> list[Read]:
    """All events of all hubs; an event and its cause of one millisecond in that order."""
    async with ReadBack(connection, namespace) as hubs:
        try:
            await hubs.catch_up(PATIENCE)
        except Unread as error:
            print(f"warning: {error}", file=sys.stderr)
        causes = {event.cause for event in hubs.events}
        return sorted(hubs.events, key=lambda event: (event.enqueued, event.id not in causes))


if __name__ == "__main__":
    sys.exit(main())
