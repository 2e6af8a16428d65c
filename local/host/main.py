"""Command line, start order, readiness, draining and exit codes of the host."""

import asyncio
import errno
import logging
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from aiohttp import web
from azure.core.exceptions import AzureError

from local.host.app import build
from local.host.config import ConfigurationError, lookup, read_host_json, read_settings
from local.host.host import Host
from local.host.options import parsed
from local.host.worker import IndexingError, current

log = logging.getLogger("host")

EXIT_INDEX, EXIT_CONFIGURATION, EXIT_STUCK, EXIT_PORT = 1, 2, 70, 98


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the host until it is told to stop; the process's exit code."""
    options = parsed(arguments)
    ready = sys.stdout
    sys.stdout = sys.stderr  # what the app prints; stdout carries the ready line only
    try:
        _log_to_stderr({})
        directory = Path(options.app).resolve()
        section = read_settings(directory / options.settings, os.environ)
        document = read_host_json(directory, os.environ)
        _log_to_stderr(lookup(document, "logging", "logLevel") or {})
        port = int(options.port or section.get("LocalHttpPort", 7071))
        code = asyncio.run(_serve(directory, document, port, not options.no_auth, ready))
    except IndexingError as error:
        print(f"error: {error}", file=sys.stderr)
        code = EXIT_INDEX
    except ConfigurationError as error:
        print(f"error: {error}", file=sys.stderr)
        code = EXIT_CONFIGURATION
    except AzureError as error:
        print(f"error: a service refused the host: {error}", file=sys.stderr)
        code = EXIT_INDEX
    sys.stderr.flush()
    # Threads of synchronous functions may still run; nothing waits for them.
    os._exit(code)


async def _serve(
    directory: Path, document: Mapping[str, Any], port: int, enforced: bool, ready: TextIO
) -> int:
    stop: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def end(code: int) -> None:
        if not stop.done():
            stop.set_result(code)

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, end, 0)
    host = await build(directory, document, enforced, lambda: end(EXIT_STUCK))
    runner = web.AppRunner(
        host.front.application(), access_log=None, shutdown_timeout=host.grace, handle_signals=False
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port, reuse_address=True).start()
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        print(f"error: port {port} is taken; choose another with --port", file=sys.stderr)
        return EXIT_PORT
    for line in host.banner():
        print(line, file=sys.stderr)
    return await _run(host, runner, stop, f"ready: host on 127.0.0.1:{port}", ready)


async def _run(
    host: Host, runner: web.AppRunner, stop: asyncio.Future[int], line: str, ready: TextIO
) -> int:
    starting = asyncio.create_task(host.start())
    either: set[asyncio.Future[Any]] = {starting, stop}
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    if starting.done():
        starting.result()
        print(line, file=ready, flush=True)
        log.info("%s", line)
        await stop
    else:
        starting.cancel()
    code = stop.result()
    log.info("stopping (exit code %d): running invocations may end within %g s", code, host.grace)
    grace = 0.5 if code == EXIT_STUCK else host.grace
    stopped, _ = await asyncio.gather(host.stop(grace), _close(runner, grace))
    if not stopped:
        log.warning("stopped with invocations still running; their triggers come again")
    return code


async def _close(runner: web.AppRunner, grace: float) -> None:
    try:
        await asyncio.wait_for(runner.cleanup(), grace + 1)
    except TimeoutError:
        log.warning("stopped with HTTP requests still open")


class _Lines(logging.Formatter):
    """Time, level, logger, text, and the running function for what the app logs."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        running = current.get()
        if running and record.name != "host":
            record.message = f"[{running}] {record.message}"
        return super().formatMessage(record)


def _log_to_stderr(levels: Mapping[str, str]) -> None:
    """Everything to stderr; levels of host.json apply to the app's lines by logger name."""
    names = {"trace": 10, "debug": 10, "information": 20, "warning": 30, "error": 40}
    names |= {"critical": 50, "none": 100}
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Lines("%(asctime)s %(levelname)s %(name)s %(message)s"))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(names.get(str(levels.get("default", "Information")).lower(), 20))
    # The SDKs log every request at INFO.
    logging.getLogger("azure").setLevel(logging.WARNING)
    logging.getLogger("azure.eventhub").setLevel(logging.ERROR)
    for name, level in levels.items():
        if name != "default" and str(level).lower() in names:
            logging.getLogger(name).setLevel(names[str(level).lower()])
