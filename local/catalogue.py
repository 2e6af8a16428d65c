"""The event catalogue, from what is there: schemas, rules, bindings and bus.json.

`python -m local.catalogue` writes docs/events.md and docs/asyncapi.json; `--check` compares them.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from eventing import schemas
from eventing.bus import ROOT, declared
from local.asyncapi import document
from local.examples import NoExample, example


@dataclass(frozen=True, slots=True)
class Source:
    """A file of the repository, and what it says of itself in its first line."""

    path: str
    team: str
    says: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One event: its contract, who raises it and who reacts to it."""

    type: str
    hub: str
    schema: dict[str, Any]
    raised_by: tuple[Source, ...]
    read_by: tuple[Source, ...]

    @property
    def aggregate(self) -> str:
        return self.type.split(".")[1]


def _rules() -> Iterator[Source]:
    for path in sorted((ROOT / "domains").glob("*/*.py")):
        team = path.parent.name
        module = import_module(f"domains.{team}.{path.stem}")
        if hasattr(module, "decide"):
            words = " ".join(str(module.__doc__).split())
            yield Source(str(path.relative_to(ROOT)), team, words)


def _arrow(says: str) -> tuple[str, str]:
    reads, _, raises = says.partition("→")
    return reads.strip(), raises.strip()


def entries() -> list[Entry]:
    """Every event that has a contract, in the order of its name."""
    rules = [(source, *_arrow(source.says)) for source in _rules()]
    return [
        Entry(
            event_type,
            declared().hub_of(event_type).name,
            json.loads(schemas.definition(event_type)),
            tuple(source for source, _, raises in rules if event_type in raises),
            tuple(source for source, reads, _ in rules if reads.startswith(event_type)),
        )
        for event_type in schemas.event_types()
    ]


def markdown(found: list[Entry]) -> str:
    """The catalogue for people."""
    lines = [
        "# Events",
        "",
        "Written by `make catalogue` from schemas, rules and `bus.json`; a test fails when stale.",
        "",
        "An event's partition key is the bucket of its aggregate's id, so that an aggregate's",
        "events stay in their order. Every hub is also captured into the lake.",
        "",
        "| event | hub | raised by | read by |",
        "|---|---|---|---|",
        *(_row(entry) for entry in found),
        "",
    ]
    for entry in found:
        lines += _chapter(entry)
    return "\n".join(lines)


def _row(entry: Entry) -> str:
    raised = "<br>".join(_link(source) for source in entry.raised_by)
    read = "<br>".join(_link(source) for source in entry.read_by) or "the lake"
    return f"| [{entry.type}](#{entry.type.replace('.', '')}) | {entry.hub} | {raised} | {read} |"


def _link(source: Source) -> str:
    return f"[{source.team}: {Path(source.path).stem}](../{source.path})"


def _chapter(entry: Entry) -> list[str]:
    fields = entry.schema["fields"]
    contract = f"schemas/{entry.type.split('.')[0]}/{entry.type}.avsc"
    shown = json.dumps(example(entry.type), indent=2, ensure_ascii=False)
    return [
        f"## {entry.type}",
        entry.schema["doc"],
        "",
        *(f"- raised by {_link(source)}: {source.says}" for source in entry.raised_by),
        *(f"- read by {_link(source)}: {source.says}" for source in entry.read_by),
        f"- partition key: the bucket of the {entry.aggregate.replace('_', ' ')}'s id"
        f" · contract: [{contract}](../{contract})",
        "",
        "| field | type | what it says |",
        "|---|---|---|",
        *(f"| {field['name']} | {_type(field['type'])} | {field['doc']} |" for field in fields),
        "",
        "```json",
        shown,
        "```",
        "",
    ]


def _type(kind: Any) -> str:
    if isinstance(kind, list):
        return " or ".join(_type(each) for each in kind)
    if isinstance(kind, dict):
        logical = kind.get("logicalType")
        if logical == "decimal":
            return f"decimal({kind['precision']}, {kind['scale']})"
        return str(logical or kind["type"])
    return str(kind)


def documents() -> dict[Path, str]:
    """Every generated document and what it must say."""
    found = entries()
    teams = {entry.type: [source.team for source in entry.read_by] for entry in found}
    asyncapi = json.dumps(document(teams), indent=2, ensure_ascii=False) + "\n"
    return {
        ROOT / "docs" / "events.md": markdown(found),
        ROOT / "docs" / "asyncapi.json": asyncapi,
    }


def main() -> int:
    """The command: 0, or 1 when `--check` finds a stale document."""
    parser = argparse.ArgumentParser(prog="python -m local.catalogue", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when stale")
    check = parser.parse_args().check
    try:
        made = documents()
    except NoExample as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    stale = [path for path, text in made.items() if not _same(path, text)]
    for path in stale:
        where = path.relative_to(ROOT)
        if check:
            print(f"error: {where} is stale: run `make catalogue`", file=sys.stderr)
        else:
            path.write_text(made[path])
            print(f"wrote {where}")
    return 1 if check and stale else 0


def _same(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text() == text


if __name__ == "__main__":
    sys.exit(main())
