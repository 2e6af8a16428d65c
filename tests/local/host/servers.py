"""Azurite and the host as the tests run them: own ports, own directories, ended by pid."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from local.ports import free_ports

ROOT = Path(__file__).resolve().parents[3]
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


def eventually[T](look: Callable[[], T], seconds: float = 60.0) -> T:
    """What `look` gives as soon as that is truthy."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, f"not within {seconds} s: {found!r}"
        time.sleep(0.05)


@contextlib.contextmanager
def azurite(directory: Path) -> Iterator[str]:
    """A running Azurite; the connection string that reaches it."""
    ports = dict(zip(("blob", "queue", "table"), free_ports(3), strict=True))
    command = [str(ROOT / "node_modules/.bin/azurite"), "--disableTelemetry", "--silent"]
    command += ["--skipApiVersionCheck", "--location", str(directory)]
    for name, port in ports.items():
        command += [f"--{name}Host", "127.0.0.1", f"--{name}Port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            for port in ports.values():
                eventually(partial(_answers, port), 30)
            yield (
                f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};"
                + "".join(
                    f"{name.title()}Endpoint=http://127.0.0.1:{port}/{ACCOUNT};"
                    for name, port in ports.items()
                )
            )
        finally:
            process.terminate()
            process.wait(30)


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


@dataclass(slots=True)
class Answer:
    """An HTTP answer, errors included."""

    status: int
    headers: Mapping[str, str]
    body: str


@dataclass(slots=True)
class RunningHost:
    """A host process, what it logged, and what its test app recorded."""

    process: subprocess.Popen[str]
    port: int
    record: Path
    out: list[str] = field(default_factory=list)
    log: list[str] = field(default_factory=list)

    def wait_ready(self, seconds: float = 60.0) -> None:
        eventually(lambda: self.out or self.process.poll() is not None, seconds)
        assert self.out == [f"ready: host on 127.0.0.1:{self.port}"], "\n".join(self.log)

    def records(self, function: str) -> list[dict[str, object]]:
        if not self.record.exists():
            return []
        lines = [json.loads(line) for line in self.record.read_text().splitlines()]
        return [line for line in lines if line["f"] == function]

    def logged(self, text: str) -> list[str]:
        return [line for line in list(self.log) if text in line]

    def call(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", body, dict(headers or {}), method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - our own
                return Answer(answer.status, dict(answer.headers), answer.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, dict(error.headers), error.read().decode())

    def stop(self, number: int = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(40)


@contextlib.contextmanager
def host(
    app: Path, record: Path, settings: Mapping[str, str], *options: str
) -> Iterator[RunningHost]:
    """`python -m local.host` on an app; not yet ready."""
    [port] = free_ports(1)
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment |= {"PYTHONPATH": str(ROOT), "RECORD": str(record)}
    environment |= {"LOCAL_HOST_MASTER_KEY": "master", "LOCAL_HOST_FUNCTION_KEY": "shared"}
    environment |= settings
    command = [sys.executable, "-m", "local.host", "--app", str(app), "--port", str(port), *options]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        running = RunningHost(process, port, record)
        threads = [
            threading.Thread(target=_collect, args=(process.stdout, running.out)),
            threading.Thread(target=_collect, args=(process.stderr, running.log)),
        ]
        for thread in threads:
            thread.start()
        try:
            yield running
        finally:
            if process.poll() is None:
                process.kill()
            process.wait(30)
            for thread in threads:
                thread.join(10)


def _collect(stream: object, lines: list[str]) -> None:
    for line in stream:  # type: ignore[attr-defined]
        lines.append(line.rstrip("\n"))
