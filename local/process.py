"""One server as a child process: its log, its ready line, its end."""

import os
import re
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from local.ports import PortTaken

LEASH = Path(__file__).with_name("leash.py")
PORT_TAKEN = 98


class Died(Exception):
    """A server ended by itself, or never became ready; the text ends with the tail of its log."""


@dataclass
class Server:
    """A command that serves once its log says so.

    Start it from the main thread: on Linux the leash ties a child to the thread that made it.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    directory: Path
    log: Path
    ready: str
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    began: int = 0

    def start(self) -> None:
        """Start the command in a process group of its own, so that Ctrl-C is the supervisor's."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        leash = [sys.executable, "-I", "-S", str(LEASH), str(os.getpid())]
        with self.log.open("ab") as log:
            self.began = log.tell()
            self.process = subprocess.Popen(
                [*leash, *self.command],
                cwd=self.directory,
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait_ready(self, seconds: float) -> None:
        """Raises Died when it ends or is not ready in time, PortTaken when its port was lost."""
        deadline = time.monotonic() + seconds
        while not re.search(self.ready, self._told()):
            code = self.exit_code()
            if code == PORT_TAKEN:
                raise PortTaken(f"{self.name}: {self._tail(3)}")
            if code is not None:
                raise Died(self.obituary())
            if time.monotonic() > deadline:
                raise Died(f"{self.name} was not ready in {seconds:.0f} s; {self._log_tail()}")
            time.sleep(0.02)

    def exit_code(self) -> int | None:
        """None while it runs."""
        return self.process.poll() if self.process else None

    def obituary(self) -> str:
        """How it ended, with the tail of its log."""
        return f"{self.name} ended with exit code {self.exit_code()}; {self._log_tail()}"

    def stop(self, seconds: float) -> int:
        """SIGTERM, and SIGKILL when that is not obeyed in time. The exit code."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return self.kill()

    def kill(self) -> int:
        """SIGKILL to its whole group. The exit code."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        return self.process.wait()

    def freeze(self) -> None:
        """SIGSTOP to its whole group: it holds its connections and answers nothing."""
        if self.process:
            os.killpg(self.process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT to its whole group."""
        if self.process:
            os.killpg(self.process.pid, signal.SIGCONT)

    def _told(self) -> str:
        with self.log.open("rb") as log:
            log.seek(self.began)
            return log.read().decode(errors="replace")

    def _tail(self, lines: int) -> str:
        return "\n".join(deque(self._told().splitlines(), lines))

    def _log_tail(self) -> str:
        return f"its log {self.log} ends with:\n{self._tail(20)}"
