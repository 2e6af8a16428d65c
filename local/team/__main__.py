"""`make team`: a small working producer and consumer for a new team.

make team name=billing aggregate=invoice event=issued
"""

import argparse
import json
import sys

from local.settings import ROOT
from local.team.refusals import refusals
from local.team.scaffold import Failed, made, place
from local.team.words import Words, command_of, in_the_past

USAGE = "say all three, as in: make team name=billing aggregate=invoice event=issued"


def main() -> int:
    """0; 1 when the team was refused or could not be made, and then nothing is changed."""
    asked = _asked()
    if not (asked.name and asked.aggregate and asked.event):
        return _refused([USAGE])
    command = asked.command or command_of(asked.aggregate, asked.event)
    words = Words(asked.name, asked.aggregate, asked.event, command)
    if found := refusals(ROOT, words):
        return _refused(found)
    try:
        files = made(ROOT, words)
        place(ROOT, files)
    except Failed as error:
        return _refused([f"{error}\nnothing was changed"])
    _tell(words, list(files))
    return 0


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.team", description=__doc__)
    parser.add_argument("--name", default="", help="the team, as in billing")
    parser.add_argument("--aggregate", default="", help="a noun, as in invoice")
    parser.add_argument("--event", default="", help="what happens to it, as in issued")
    parser.add_argument("--command", default="", help="as in issue_invoice, where the guess is bad")
    return parser.parse_args()


def _refused(reasons: list[str]) -> int:
    for reason in reasons:
        print(f"error: {reason}", file=sys.stderr)
    return 1


def _tell(words: Words, files: list[str]) -> None:
    for name in files:
        print(f"  wrote {name}")
    print(f"POST /api/{words.route} is the command {words.command}; it raises {words.type}.")
    print(f"{words.reaction} reads that; GET /api/latest-{words.route}/{{category}} shows it.")
    print("Next: make check")
    if not in_the_past(words.event):
        print(f"hint: an event is told in the past tense; is {words.event!r} that?")
    if words.team not in _started(words.team):
        print(f"hint: DOMAINS in local.settings.json leaves {words.team} out")


def _started(team: str) -> str:
    """The setting DOMAINS of this machine; the team, where it says nothing."""
    own = ROOT / "local.settings.json"
    values = json.loads(own.read_text())["Values"] if own.exists() else {}
    return str(values.get("DOMAINS") or team)


if __name__ == "__main__":
    sys.exit(main())
