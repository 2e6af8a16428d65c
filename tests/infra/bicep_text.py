"""Just enough reading of Bicep for the tests: declarations and object literals."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

OPENING, CLOSING = "{[(", "}])"
DECLARATION = re.compile(
    r"^(resource|module|param|var|output)\s+(\w+)\s*('[^']*')?([^\n]*)", re.MULTILINE
)

type Literal = str | dict[str, Literal]


@dataclass(frozen=True, slots=True)
class Block:
    """A declaration: its kind, name, what it declares (type or file), and its whole text."""

    file: str
    kind: str
    name: str
    target: str
    text: str

    @property
    def existing(self) -> bool:
        return " existing " in self.text.split("\n", 1)[0]


def templates(folder: Path) -> dict[str, str]:
    """The text of every template below a folder, by path within it, comments cut."""
    return {
        path.relative_to(folder).as_posix(): without_comments(path.read_text())
        for path in sorted(folder.rglob("*.bicep"))
    }


def without_comments(text: str) -> str:
    """The text without `//` comments; a `//` inside a string stays."""
    return re.sub(r"('(?:\\.|[^'\\\n])*')|//[^\n]*", lambda found: found[1] or "", text)


def blocks(sources: Mapping[str, str]) -> Iterator[Block]:
    """Every declaration of every template."""
    for file, text in sources.items():
        for found in DECLARATION.finditer(text):
            start = found.start()
            body = text[start : _end(text, start)]
            yield Block(file, found[1], found[2], (found[3] or "").strip("'"), body)


def block(sources: Mapping[str, str], file: str, name: str) -> Block:
    """One declaration. Raises LookupError when the template has none of that name."""
    for each in blocks({file: sources[file]}):
        if each.name == name:
            return each
    raise LookupError(f"{file} declares no {name}")


def literal(text: str) -> dict[str, Literal]:
    """The object literal that starts at the first brace of the text."""
    return _members(text, text.index("{") + 1)[0]


def _end(text: str, start: int) -> int:
    """Where a declaration ends: at the first line break outside every bracket and string."""
    depth, at = 0, start
    while at < len(text):
        if text[at] == "'":
            at = _string_end(text, at)
            continue
        depth += (text[at] in OPENING) - (text[at] in CLOSING)
        if text[at] == "\n" and depth == 0:
            return at
        at += 1
    return at


def _string_end(text: str, at: int) -> int:
    at += 1
    while text[at] != "'":
        if text.startswith("${", at):
            at = _closing(text, at + 1)
        elif text[at] == "\\":
            at += 1
        at += 1
    return at + 1


def _closing(text: str, at: int) -> int:
    depth = 0
    while True:
        if text[at] == "'":
            at = _string_end(text, at)
            continue
        depth += (text[at] in OPENING) - (text[at] in CLOSING)
        if depth == 0:
            return at
        at += 1


def _members(text: str, at: int) -> tuple[dict[str, Literal], int]:
    members: dict[str, Literal] = {}
    while True:
        at = _after(text, at, " \n\t,")
        if text[at] == "}":
            return members, at + 1
        colon = text.index(":", at)
        key = text[at:colon].strip().strip("'")
        at = _after(text, colon + 1, " ")
        if text[at] == "{":
            members[key], at = _members(text, at + 1)
        else:
            end = _value_end(text, at)
            members[key], at = text[at:end].strip(), end


def _after(text: str, at: int, skipped: str) -> int:
    while text[at] in skipped:
        at += 1
    return at


def _value_end(text: str, at: int) -> int:
    depth = 0
    while depth or text[at] not in "\n,}":
        if text[at] == "'":
            at = _string_end(text, at)
            continue
        depth += (text[at] in OPENING) - (text[at] in CLOSING)
        at += 1
    return at
