"""The local stack: real servers on 127.0.0.1, started, watched and stopped together.

`python -m local.stack up [--app]` runs it in the foreground; tests and the demo use `Stack`.
"""

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from local.ground import make_containers_and_tables, register_schemas
from local.parts import CAPTURE, HOST, HOST_STUCK, PARTS, SERVERS, server
from local.ports import Ports, require_free
from local.process import Died, Server
from local.running import Claim
from local.settings import example, placed


class Stack:
    """Servers over one state directory. A context manager: leaving it stops them all.

    Use it from the main thread (see local/process.py).
    """

    def __init__(
        self,
        directory: Path,
        ports: Ports,
        values: Mapping[str, str] | None = None,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.directory = directory.resolve()
        self.ports = ports
        self._values = values if values is not None else example()
        self._say = say
        self._servers: dict[str, Server] = {}
        self._claim: Claim | None = None

    def environment(self) -> dict[str, str]:
        """Every setting of the app, with the addresses of this stack."""
        return placed(self._values, self.directory, self.ports)

    @property
    def host_url(self) -> str:
        """Where the app answers HTTP."""
        return f"http://127.0.0.1:{self.ports.host}"

    def start(self, app: bool = False, servers: Sequence[str] = SERVERS) -> None:
        """Start the servers; then containers, tables and schemas; then the app, if asked for.

        Raises PortTaken, AlreadyRunning, NotRegistered, or Died with the tail of a log.
        """
        self._claim = self._claim or Claim(self.directory)
        parts = (*servers, HOST) if app else servers
        require_free(self.ports, tuple(port for part in parts for port in PARTS[part].ports))
        first = [part for part in servers if part != CAPTURE]
        for part in first:
            self._launch(part, fresh=True)
        for part in first:
            self._await(part)
        if "azurite" in servers:
            make_containers_and_tables(self.environment())
        if CAPTURE in servers:
            self._launch(CAPTURE, fresh=True)  # it needs its container, and is ready meanwhile
        if "schemaregistry" in servers:
            register_schemas(self.environment())
            self._say("schemas registered")
        if CAPTURE in servers:
            self._await(CAPTURE)
        if app:
            self._launch(HOST, fresh=True)
            self._await(HOST)
        self._claim.publish(self.ports, list(self._servers))

    def _launch(self, name: str, *, fresh: bool) -> None:
        made = server(name, self.directory, self.ports, self.environment())
        if fresh:
            made.log.unlink(missing_ok=True)
        self._servers[name] = made
        made.start()

    def _await(self, name: str) -> None:
        began = time.monotonic()
        self._servers[name].wait_ready(PARTS[name].patience)
        self._say(f"{name} ready ({time.monotonic() - began:.1f} s)")

    def check(self) -> None:
        """Raise Died if a server ended by itself; a host that overran its timeout starts again."""
        for name, child in list(self._servers.items()):
            code = child.exit_code()
            if code is None:
                continue
            if name != HOST or code != HOST_STUCK:
                raise Died(child.obituary())
            self._say("the host stopped for an invocation that overran functionTimeout: again")
            self.restart(HOST)

    def kill(self, name: str) -> None:
        """SIGKILL to one server; `restart` brings it back."""
        self._servers[name].kill()

    def halt(self, name: str) -> int:
        """Stop one server as `stop` does; `restart` brings it back. Its exit code."""
        return self._servers[name].stop(PARTS[name].grace)

    def pid(self, name: str) -> int:
        """The process of a server that has been started."""
        process = self._servers[name].process
        assert process  # noqa: S101 - narrows the type
        return process.pid

    def freeze(self, name: str) -> None:
        """SIGSTOP to one server, until `thaw`."""
        self._servers[name].freeze()

    def thaw(self, name: str) -> None:
        """SIGCONT to one server."""
        self._servers[name].thaw()

    def restart(self, name: str) -> None:
        """Start a server again on its port and state, stopping it first if it runs."""
        self._servers[name].stop(PARTS[name].grace)
        self._launch(name, fresh=False)
        self._await(name)

    def stop(self) -> dict[str, int]:
        """Stop every server, the last started first; their exit codes."""
        codes = {}
        for name in reversed(list(self._servers)):
            codes[name] = self._servers.pop(name).stop(PARTS[name].grace)
            self._say(f"{name} stopped")
        if self._claim:
            self._claim.release()
            self._claim = None
        return codes

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


if __name__ == "__main__":
    from local.command import main

    sys.exit(main())
