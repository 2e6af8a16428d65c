"""Versions that were released: schemas/<team>/released/<event type>.<number>.avsc, for good.

They lie in the tree, so that the gate is the same in a shallow clone and in an export. Where there
is a history, it also tells whether one was changed or taken away.
"""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eventing.bus import declared
from local.contracts.gate import broken

RELEASE = "run `make release-schemas` to promise it to its readers for good"


@dataclass(frozen=True, slots=True)
class Contract:
    """One event type: its versions as they were released, oldest first, and its present text."""

    event_type: str
    released: tuple[Path, ...]
    present: Path

    def versions(self) -> list[Any]:
        """All schemas, the present one last if it is none of them."""
        found = [_schema(path) for path in self.released]
        if self.present.exists() and not self.is_released():
            found.append(_schema(self.present))
        return found

    def is_released(self) -> bool:
        """Whether the present text is the last released version, wording aside."""
        return bool(self.released) and _worded_alike(self.released[-1], self.present)

    def next(self) -> Path:
        """Where the present version is kept when it is released."""
        name = f"{self.event_type}.{len(self.released) + 1}.avsc"
        return self.present.parent / "released" / name


def contracts(root: Path) -> list[Contract]:
    """Every event type that has a contract or once had one."""
    present = {path.stem: path for path in root.glob("schemas/*/*.avsc")}
    released: dict[str, dict[int, Path]] = {name: {} for name in present}
    for path in root.glob("schemas/*/released/*.avsc"):
        event_type, _, number = path.stem.rpartition(".")
        released.setdefault(event_type, {})[int(number)] = path
        present.setdefault(event_type, path.parents[1] / f"{event_type}.avsc")
    return [
        Contract(name, tuple(released[name][number] for number in sorted(released[name])), path)
        for name, path in sorted(present.items())
    ]


def faults(contract: Contract) -> list[str]:
    """Why the contract may not stay as it is; each says what to do or what would break."""
    found = [f"{contract.event_type}: {why}" for why in broken(contract.versions())]
    numbers = [int(path.stem.rpartition(".")[2]) for path in contract.released]
    if numbers != list(range(1, len(numbers) + 1)):
        found.append(f"{contract.event_type}: released are {numbers}, so some were taken away")
    if not contract.present.exists():
        found.append(f"{contract.event_type}: was released, but {contract.present.name} is gone")
    elif not contract.is_released():
        found.append(f"{contract.event_type}: this version is not released: {RELEASE}")
    try:
        declared().hub_of(contract.event_type)
    except LookupError as error:
        found.append(f"{contract.event_type}: {error}")
    return found


def release(root: Path) -> tuple[list[Path], list[str]]:
    """Keep the present versions that break nothing; the new files, and why others were not kept."""
    kept, refused = [], []
    for contract in contracts(root):
        if not contract.present.exists() or contract.is_released():
            continue
        if why := broken(contract.versions()):
            refused += [f"{contract.event_type}: {each}" for each in why]
            continue
        contract.next().parent.mkdir(exist_ok=True)
        contract.next().write_text(contract.present.read_text())
        kept.append(contract.next())
    return kept, refused


def rewritten(root: Path) -> list[str]:
    """Released versions that the history of the repository shows changed or gone; without a
    history, as in an export, there is nothing to tell by."""
    where = "schemas/*/released/*"
    options = ["--no-renames", "--diff-filter=DM", "--name-only"]
    told = _git(root, "log", "--format=", *options, "--", where)
    told += _git(root, "diff", "HEAD", *options, "--", where)
    return sorted(set(told))


def _git(root: Path, *command: str) -> list[str]:
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *command], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return []
    return done.stdout.split() if done.returncode == 0 else []


def _schema(path: Path) -> Any:
    return json.loads(path.read_text())


def _worded_alike(one: Path, other: Path) -> bool:
    return bool(_unworded(_schema(one)) == _unworded(_schema(other))) if other.exists() else False


def _unworded(schema: Any) -> Any:
    """The schema without its explanations, which change nothing for a reader."""
    if isinstance(schema, list):
        return [_unworded(each) for each in schema]
    if isinstance(schema, dict):
        return {name: _unworded(value) for name, value in schema.items() if name != "doc"}
    return schema
