"""Where the servers of the local stack listen, and who is in the way."""

import os
import random
import shutil
import socket
import subprocess
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from itertools import islice
from pathlib import Path

# Below what systems give to the near end of a connection (32768 and up on Linux, 49152 on macOS and
# Windows): else a client takes the port of a server that is down for a moment, or meets itself.
_CHOSEN = range(20_000, 32_768)


class PortTaken(Exception):
    """A port of the stack is in use; the text says by whom and how to move it."""


@dataclass(frozen=True, slots=True)
class Ports:
    """One port for each server, on 127.0.0.1. The variable `<FIELD>_PORT` moves one."""

    azurite_blob: int = 10000
    azurite_queue: int = 10001
    azurite_table: int = 10002
    eventhubs: int = 5672
    schemaregistry: int = 5443
    host: int = 7071

    @classmethod
    def free(cls) -> "Ports":
        """Ports that were free a moment ago, all different."""
        return cls(*free_ports(len(fields(cls))))

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Ports":
        """The ports that variables name, else the usual ones. Raises ValueError for no port."""
        chosen = {}
        for field in fields(cls):
            text = environment.get(variable(field.name))
            if not text:
                continue
            if not (text.isdecimal() and 0 < int(text) < 65536):
                raise ValueError(f"{variable(field.name)}={text!r} is no port: give 1 to 65535")
            chosen[field.name] = int(text)
        return cls(**chosen)

    @property
    def storage(self) -> tuple[int, int, int]:
        """Blob, queue and table."""
        return self.azurite_blob, self.azurite_queue, self.azurite_table


def variable(field: str) -> str:
    """The setting that moves a port."""
    return f"{field.upper()}_PORT"


def free_ports(count: int) -> list[int]:
    """Ports that were free a moment ago, all different."""
    tried = random.sample(_CHOSEN, len(_CHOSEN))
    found = list(islice(filter(_free, tried), count))
    if len(found) < count:
        raise PortTaken(f"fewer than {count} ports of {_CHOSEN[0]} to {_CHOSEN[-1]} are free")
    return found


def require_free(ports: Ports, names: tuple[str, ...], patience: float = 3.0) -> None:
    """Raise PortTaken if a named port is in use and stays so for `patience` seconds.

    A stack that was killed a moment ago may still be ending.
    """
    numbers = asdict(ports)
    deadline = time.monotonic() + patience
    for name in names:
        while not _free(numbers[name]):
            if time.monotonic() > deadline:
                raise PortTaken(_explanation(name, numbers[name]))
            time.sleep(0.1)


def _free(port: int) -> bool:
    with socket.socket() as probe:
        # As the servers do: a port whose last connections linger is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _explanation(name: str, port: int) -> str:
    holder = holder_of(port) or "another process"
    setting = variable(name)
    return f"port {port} ({name}) is taken by {holder}: stop that, or set {setting}=<a free port>"


def holder_of(port: int) -> str | None:
    """Process id and command line of who listens on a port, if it can be found out."""
    if Path("/proc/net/tcp").exists():
        pid = _listening_process(port)
        if pid is None:
            return None
        words = (Path("/proc") / pid / "cmdline").read_bytes().split(b"\0")
        return f"process {pid} ({b' '.join(words).decode(errors='replace').strip()[:120]})"
    if not shutil.which("lsof"):
        return None
    query = ["lsof", "-nP", f"-iTCP:{port}", "-sTCP:LISTEN", "-Fpc"]
    told = subprocess.run(query, capture_output=True, text=True, check=False).stdout.split("\n")
    found = {line[0]: line[1:] for line in told if line}
    return f"process {found['p']} ({found.get('c', '?')})" if "p" in found else None


def _listening_process(port: int) -> str | None:
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        if not Path(table).exists():
            continue
        for line in Path(table).read_text().splitlines()[1:]:
            words = line.split()
            # Columns: local address in hexadecimal, state (0A listens), inode.
            if words[3] == "0A" and int(words[1].rpartition(":")[2], 16) == port:
                inodes.add(f"socket:[{words[9]}]")
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if str(link.readlink()) in inodes:
                return link.parts[2]
        except OSError:
            continue  # the process ended, or is another user's
    return None
