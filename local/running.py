"""Which stack runs on a state directory: one at a time, and others can find it."""

import fcntl
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from local.ports import Ports
from local.settings import chosen, placed


class AlreadyRunning(Exception):
    """Another stack holds the state directory; the text says which process."""


@dataclass(frozen=True, slots=True)
class Running:
    """A stack that runs: its supervisor, its ports, and the parts that serve."""

    pid: int
    ports: Ports
    parts: tuple[str, ...]


class Claim:
    """The right to run a stack on a directory. The kernel gives it back when the holder ends."""

    def __init__(self, directory: Path) -> None:
        self._file = directory / "stack.json"
        directory.mkdir(parents=True, exist_ok=True)
        self._lock = (directory / "stack.lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._lock.close()
            by = running(directory)
            holder = f"process {by.pid}" if by else "a stack that is just starting or stopping"
            raise AlreadyRunning(
                f"{directory} is used by {holder}: stop that one, or wait for it"
            ) from error

    def publish(self, ports: Ports, parts: Sequence[str]) -> None:
        """Tell other processes what serves now."""
        text = json.dumps({"pid": os.getpid(), "ports": asdict(ports), "parts": list(parts)})
        written = self._file.with_suffix(".new")
        written.write_text(text)
        written.replace(self._file)

    def release(self) -> None:
        """Give the directory back."""
        self._file.unlink(missing_ok=True)
        self._lock.close()


def running(directory: Path) -> Running | None:
    """The stack that serves on a directory, or None."""
    try:
        with (directory / "stack.lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return None
    except FileNotFoundError:
        return None
    except BlockingIOError:
        pass
    try:
        told = json.loads((directory / "stack.json").read_text())
    except FileNotFoundError:
        return None
    return Running(told["pid"], Ports(**told["ports"]), tuple(told["parts"]))


def settings_of_running(directory: Path) -> dict[str, str]:
    """The settings of the stack that runs on a state directory. Exits, and says so, without one."""
    found = running(directory)
    if found is None:
        raise SystemExit("error: no stack runs; start one with `make start`")
    return placed(chosen(), directory, found.ports)
