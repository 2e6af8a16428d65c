"""`python -m local.schemaregistry`: the registry as a process of its own."""

import argparse
import asyncio
import errno
import fcntl
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aiohttp import web

from local.schemaregistry import certificates
from local.schemaregistry.server import application

LOG = logging.getLogger("schemaregistry")
PORT_TAKEN = 98
DRAIN = 2.0
"""Seconds that running requests get after a signal to stop."""


def main() -> int:
    """Run until SIGTERM or SIGINT. The exit code: 0, 98 for a taken port, 1 for a bad start."""
    options = _options()
    logging.Formatter.converter = time.gmtime
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.INFO,
        format="%(asctime)sZ %(levelname)s %(message)s",
        datefmt="%Y-%m-%dT%H:%M:%S",
    )
    try:
        # The port first: a second server of the same project shall hear of the port, which it
        # can choose, before it hears of the folder.
        with _listening(options.port) as listener:
            options.data.mkdir(parents=True, exist_ok=True)
            with _alone_in(options.data):
                asyncio.run(_serve(options, listener))
        return 0
    except (ValueError, OSError) as error:
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            print(f"port {options.port} is taken: choose another with --port", file=sys.stderr)
            return PORT_TAKEN
        LOG.error("cannot start: %s", error)  # noqa: TRY400 - the message says all
        return 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.schemaregistry", description=__doc__)
    parser.add_argument("--port", type=int, default=5443)
    parser.add_argument("--data", type=Path, default=Path(".local/schemaregistry"))
    parser.add_argument("--bus", type=Path, default=Path("bus.json"))
    parser.add_argument(
        "--identity-header",
        default=os.environ.get("IDENTITY_HEADER") or "local-development",
        help="the secret that clients send for a token (default: IDENTITY_HEADER)",
    )
    return parser.parse_args()


async def _serve(options: argparse.Namespace, listener: socket.socket) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    tls = certificates.ensure(options.data)
    app = application(options.data, options.bus, options.identity_header)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=DRAIN)
    await runner.setup()
    try:
        await web.SockSite(runner, listener, ssl_context=tls).start()
        print(f"ready: schemaregistry on 127.0.0.1:{listener.getsockname()[1]}", flush=True)
        await stop.wait()
        LOG.info("stopping")
    finally:
        await runner.cleanup()


def _listening(port: int) -> socket.socket:
    return socket.create_server(("127.0.0.1", port))


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Hold the folder's lock: two servers on one store would give one version number twice."""
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ValueError(f"{folder} is in use by another server: choose --data") from error
        yield


if __name__ == "__main__":
    sys.exit(main())
